package shell

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/duckdb/duckdb-go/v2"

	"abtool/internal/replace"
	"abtool/internal/usage"
	"abtool/query"
	"abtool/store"
)

// formats has the formats of result files by extension, as options of DuckDB's COPY. This package writes
// Arrow itself.
var formats = map[string]string{".parquet": "FORMAT parquet, COMPRESSION zstd",
	".csv": "FORMAT csv, HEADER true", ".arrow": ""}

// Export is a result file that is being written. It gets its name when it is complete.
type Export struct {
	path, temp, format string
	scratch            string // path that DuckDB may write to, if it may not write to temp
}

// NewExport prepares a .parquet, .csv or .arrow file outside of the store. Without force the file must not
// exist. The caller must call Discard at the end.
func NewExport(path, place string, force bool) (*Export, error) {
	format, ok := formats[strings.ToLower(filepath.Ext(path))]
	if !ok {
		return nil, usage.Errorf("--out %s: give a name that ends in .parquet, .arrow or .csv", path)
	}
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("%s is a folder", path)
	case err == nil && !force:
		return nil, fmt.Errorf("%s already exists: give --force to replace it, or another --out", path)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return nil, err
	}
	dir, err := folderOf(path, place)
	if err != nil {
		return nil, err
	}
	temp := filepath.Join(dir, fmt.Sprintf(".%s.%d.partial", filepath.Base(path), os.Getpid()))
	return &Export{path: path, temp: temp, format: format}, nil
}

// folderOf returns the folder of a file, without symbolic links. It refuses the stores at a place, because a
// result could replace a store's tables.
func folderOf(path, place string) (string, error) {
	dir, err := filepath.Abs(filepath.Dir(path))
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return "", fmt.Errorf("the folder of %s: %w", path, err)
	}
	stores, err := store.Folders(place)
	if err != nil {
		return dir, nil // opening it will fail
	}
	for at := dir; ; at = filepath.Dir(at) {
		for _, one := range stores {
			here, err1 := os.Stat(at)
			own, err2 := os.Stat(one)
			if err1 == nil && err2 == nil && os.SameFile(here, own) {
				return "", fmt.Errorf("%s is in the store %s, which can only have its own tables: write "+
					"results elsewhere", path, one)
			}
		}
		if at == filepath.Dir(at) {
			return dir, nil
		}
	}
}

// Discard removes the temporary files of an incomplete result file.
func (e *Export) Discard() {
	os.Remove(e.temp)
	if e.scratch != "" {
		os.Remove(e.scratch)
	}
}

// Temp returns the path for query.Options.Outputs, which DuckDB must be allowed to write to.
func (e *Export) Temp() string { return e.temp }

// write writes the result of a query and returns its number of rows.
func (e *Export) write(ctx context.Context, s *query.Session, text string, params query.Params) (n int64, err error) {
	switch {
	case e.format == "":
		n, err = e.arrow(ctx, s, text, params)
	case e.scratch != "":
		if n, err = s.Export(ctx, text, params, e.scratch, e.format); err == nil {
			err = replace.Copy(e.scratch, e.temp)
		}
	default:
		n, err = s.Export(ctx, text, params, e.temp, e.format)
	}
	if err != nil {
		return 0, err
	}
	return n, replace.Move(e.temp, e.path)
}

func (e *Export) arrow(ctx context.Context, s *query.Session, text string, params query.Params) (n int64, err error) {
	rows, err := s.Result(ctx, text, params, query.Want{})
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	if !rows.Reads {
		return 0, query.ErrNoResult
	}
	f, err := os.Create(e.temp)
	if err != nil {
		return 0, fmt.Errorf("writing the result: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return writeArrow(f, rows)
}

const arrowBatch = 64 << 10 // rows

func writeArrow(w io.WriteSeeker, rows *query.Rows) (n int64, err error) {
	fields := make([]arrow.Field, len(rows.Columns))
	for i, c := range rows.Columns {
		fields[i] = arrow.Field{Name: c.Name, Type: arrowType(c.Type), Nullable: true}
	}
	s := arrow.NewSchema(fields, nil)
	file, err := ipc.NewFileWriter(w, ipc.WithSchema(s))
	if err != nil {
		return 0, err
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	defer b.Release()
	flush := func() error {
		rec := b.NewRecord()
		defer rec.Release()
		return file.Write(rec)
	}
	row := make([]driver.Value, len(fields))
	for {
		err := rows.Next(row)
		if err == io.EOF {
			break
		}
		if err != nil {
			return n, err
		}
		for i, v := range row {
			if err := appendArrow(b.Field(i), rows.Columns[i].Type, v); err != nil {
				return n, fmt.Errorf("column %s, row %d: %w", rows.Columns[i].Name, n, err)
			}
		}
		if n++; n%arrowBatch == 0 {
			if err := flush(); err != nil {
				return n, err
			}
		}
	}
	if n%arrowBatch != 0 || n == 0 {
		if err := flush(); err != nil {
			return n, err
		}
	}
	return n, file.Close()
}

var arrowTypes = map[string]arrow.DataType{
	"BOOLEAN": arrow.FixedWidthTypes.Boolean, "TINYINT": arrow.PrimitiveTypes.Int8,
	"SMALLINT": arrow.PrimitiveTypes.Int16,
	"INTEGER":  arrow.PrimitiveTypes.Int32, "BIGINT": arrow.PrimitiveTypes.Int64,
	"UTINYINT":  arrow.PrimitiveTypes.Uint8,
	"USMALLINT": arrow.PrimitiveTypes.Uint16, "UINTEGER": arrow.PrimitiveTypes.Uint32,
	"UBIGINT": arrow.PrimitiveTypes.Uint64,
	"FLOAT":   arrow.PrimitiveTypes.Float32, "DOUBLE": arrow.PrimitiveTypes.Float64,
	"DATE":         arrow.FixedWidthTypes.Date32,
	"TIMESTAMP":    &arrow.TimestampType{Unit: arrow.Microsecond},
	"TIMESTAMP_S":  &arrow.TimestampType{Unit: arrow.Second},
	"TIMESTAMP_MS": &arrow.TimestampType{Unit: arrow.Millisecond},
	"TIMESTAMP_NS": &arrow.TimestampType{Unit: arrow.Nanosecond},
	"TIMESTAMPTZ":  &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, "BLOB": arrow.BinaryTypes.Binary,
	"HUGEINT": &arrow.Decimal128Type{Precision: 38},
}

// arrowType returns the Arrow type for a type, or a string if Arrow does not have the type.
func arrowType(t query.Type) arrow.DataType {
	switch t.Name {
	case "LIST", "ARRAY":
		return arrow.ListOf(arrowType(*t.Elem))
	case "MAP":
		return arrow.MapOf(arrowType(*t.Key), arrowType(*t.Elem))
	case "STRUCT":
		fields := make([]arrow.Field, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = arrow.Field{Name: f.Name, Type: arrowType(f.Type), Nullable: true}
		}
		return arrow.StructOf(fields...)
	}
	var width, scale int32
	if n, _ := fmt.Sscanf(t.Name, "DECIMAL(%d,%d)", &width, &scale); n == 2 {
		return &arrow.Decimal128Type{Precision: width, Scale: scale}
	}
	if a, ok := arrowTypes[t.Name]; ok {
		return a
	}
	return arrow.BinaryTypes.String
}

func appendArrow(b array.Builder, t query.Type, v any) error {
	if v == nil {
		b.AppendNull()
		return nil
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(v.(bool))
	case *array.Int8Builder:
		b.Append(v.(int8))
	case *array.Int16Builder:
		b.Append(v.(int16))
	case *array.Int32Builder:
		b.Append(v.(int32))
	case *array.Int64Builder:
		b.Append(v.(int64))
	case *array.Uint8Builder:
		b.Append(v.(uint8))
	case *array.Uint16Builder:
		b.Append(v.(uint16))
	case *array.Uint32Builder:
		b.Append(v.(uint32))
	case *array.Uint64Builder:
		b.Append(v.(uint64))
	case *array.Float32Builder:
		b.Append(v.(float32))
	case *array.Float64Builder:
		b.Append(v.(float64))
	case *array.Date32Builder:
		b.Append(arrow.Date32FromTime(v.(time.Time)))
	case *array.TimestampBuilder:
		ts, err := arrow.TimestampFromTime(v.(time.Time), b.Type().(*arrow.TimestampType).Unit)
		if err != nil {
			return err
		}
		b.Append(ts)
	case *array.BinaryBuilder:
		b.Append(v.([]byte))
	case *array.Decimal128Builder:
		return appendDecimal(b, v)
	case *array.MapBuilder:
		return appendMap(b, t, v)
	case *array.ListBuilder:
		b.Append(true)
		for _, e := range v.([]any) {
			if err := appendArrow(b.ValueBuilder(), *t.Elem, e); err != nil {
				return err
			}
		}
	case *array.StructBuilder:
		b.Append(true)
		m := v.(map[string]any)
		for i, f := range t.Fields {
			if err := appendArrow(b.FieldBuilder(i), f.Type, m[f.Name]); err != nil {
				return err
			}
		}
	case *array.StringBuilder:
		b.Append(t.Text(v))
	default:
		return fmt.Errorf("the type %s cannot be written as Arrow", t)
	}
	return nil
}

// appendDecimal appends a decimal or a HUGEINT, which is the type of sums of whole numbers.
func appendDecimal(b *array.Decimal128Builder, v any) error {
	var n *big.Int
	switch v := v.(type) {
	case *big.Int:
		n = v
	case duckdb.Decimal:
		n = v.Value
	}
	if n == nil || n.BitLen() > 126 {
		return fmt.Errorf("%v has more than 38 digits", v)
	}
	b.Append(decimal128.FromBigInt(n))
	return nil
}

func appendMap(b *array.MapBuilder, t query.Type, v any) error {
	b.Append(true)
	m := v.(duckdb.OrderedMap)
	for i, k := range m.Keys() {
		if err := appendArrow(b.KeyBuilder(), *t.Key, k); err != nil {
			return err
		}
		if err := appendArrow(b.ItemBuilder(), *t.Elem, m.Values()[i]); err != nil {
			return err
		}
	}
	return nil
}
