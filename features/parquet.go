package features

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
	"unsafe"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"abtool/internal/scan"
	"abtool/schema"
)

// Keys of the key-value metadata of Parquet files of targets.
const (
	VersionKey = "abtool.targets_version" // Version as decimal digits
	ColumnsKey = "abtool.columns"         // JSON: the columns, as abtool schema --json prints them
	OptionsKey = "abtool.options"         // JSON: Options
	RulesKey   = "abtool.rules"           // JSON: the Rules that the rows follow
	SourcesKey = schema.SourcesKey
)

// Version is that of the files' columns: names and meanings do not change within one.
const Version = 1

// parquetWriter writes a table as Parquet, a row group for each batch.
type parquetWriter struct {
	cols  []column
	out   *parquet.GenericWriter[any]
	leafs []parquetLeaf
	free  sync.Pool // of *parquet.ConcurrentRowGroupWriter
}

type parquetLeaf struct {
	optional bool
	list     bool
}

var goTypes = [...]reflect.Type{kindText: reflect.TypeFor[string](), kindInt32: reflect.TypeFor[int32](), kindInt64: reflect.TypeFor[int64](), kindFloat64: reflect.TypeFor[float64](), kindFloat32: reflect.TypeFor[float32]()}

// parquetSchema is a row type with the columns, in their order.
func parquetSchema(cols []column) *parquet.Schema {
	var fields []reflect.StructField
	for i := range cols {
		c := &cols[i]
		typ, tag := goTypes[c.kind], c.Name
		switch {
		case c.list:
			typ, tag = reflect.SliceOf(typ), tag+",list"
		case c.nullable():
			tag += ",optional"
		}
		if !c.list {
			switch {
			case c.Name == "image_id" || c.Name == "file_name" || c.Name == "annotation":
				tag += ",delta"
			case c.kind == kindText || c.kind == kindInt32 || c.Name == "weight":
				tag += ",dict"
			}
		}
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: typ, Tag: reflect.StructTag(fmt.Sprintf(`parquet:"%s"`, tag))})
	}
	return parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface())
}

func newParquet(w io.Writer, cols []column, meta [][2]string) *parquetWriter {
	options := []parquet.WriterOption{parquetSchema(cols), parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.CreatedBy("abtool", "", ""), parquet.PageBufferSize(256 << 10)}
	for i := range cols { // of which nobody asks for a range, and every row group has all
		if name := cols[i].Name; name == "rule" || name == "worker_id" || name == "split" {
			options = append(options, parquet.SkipPageBounds(name))
		}
	}
	for _, kv := range meta {
		options = append(options, parquet.KeyValueMetadata(kv[0], kv[1]))
	}
	p := &parquetWriter{cols: cols, out: parquet.NewGenericWriter[any](w, options...)}
	for i := range cols {
		p.leafs = append(p.leafs, parquetLeaf{cols[i].nullable() && !cols[i].list, cols[i].list})
	}
	p.free.New = func() any { return p.out.BeginRowGroup() }
	return p
}

// encode makes a row group. It can be called from several goroutines.
func (p *parquetWriter) encode(b *batch) (any, error) {
	if b.rows == 0 {
		return nil, nil
	}
	g := p.free.Get().(*parquet.ConcurrentRowGroupWriter)
	w := g.ColumnWriters()
	room := make([]parquet.Value, 0, blockSize)
	for i := range p.cols {
		if err := p.column(w[i], i, &b.cols[i], b.rows, room); err != nil {
			return nil, fmt.Errorf("column %s: %w", p.cols[i].Name, err)
		}
	}
	return g, g.Flush()
}

// blockSize is how many values are handed over at a time.
const blockSize = 1024

func (p *parquetWriter) column(w *parquet.ColumnWriter, i int, v *values, rows int, out []parquet.Value) error {
	if p.leafs[i].list {
		return p.lists(w, i, v, rows, out)
	}
	leaf := p.leafs[i]
	kind := p.cols[i].kind
	level := 0
	if leaf.optional {
		level = 1
	}
	null := parquet.NullValue().Level(0, 0, i)
	for from := 0; from < rows; from += blockSize {
		to := min(from+blockSize, rows)
		out = out[:0]
		// The rules of an image have most of their values in common: what the row before has is
		// not made anew.
		var last parquet.Value
		switch kind {
		case kindText:
			for k, s := range v.texts[from:to] {
				if k == 0 || s != v.texts[from+k-1] {
					if last = null; s != "" || !leaf.optional {
						last = parquet.ByteArrayValue(unsafe.Slice(unsafe.StringData(s), len(s))).Level(0, level, i)
					}
				}
				out = append(out, last)
			}
		case kindInt32, kindInt64:
			for k, n := range v.ints[from:to] {
				if k == 0 || n != v.ints[from+k-1] {
					switch {
					case n == scan.Null && leaf.optional:
						last = null
					case kind == kindInt32:
						last = parquet.Int32Value(int32(n)).Level(0, level, i)
					default:
						last = parquet.Int64Value(n).Level(0, level, i)
					}
				}
				out = append(out, last)
			}
		case kindFloat64:
			for k, f := range v.floats[from:to] {
				if k == 0 || f != v.floats[from+k-1] || f == 0 {
					if last = parquet.DoubleValue(f); leaf.optional {
						if last = null; f == f {
							last = parquet.DoubleValue(f).Level(0, 1, i)
						}
					}
				}
				out = append(out, last)
			}
		default:
			for _, f := range v.floats[from:to] {
				out = append(out, parquet.FloatValue(float32(f)).Level(0, level, i))
			}
		}
		if _, err := w.WriteRowValues(out); err != nil {
			return err
		}
	}
	return nil
}

// lists writes a column of lists, none of which it cuts.
func (p *parquetWriter) lists(w *parquet.ColumnWriter, i int, v *values, rows int, out []parquet.Value) error {
	kind := p.cols[i].kind
	empty := parquet.NullValue().Level(0, 0, i)
	for row := range rows {
		from, to := v.list(row)
		if from == to {
			out = append(out, empty)
		}
		for k := from; k < to; k++ {
			var value parquet.Value
			switch kind {
			case kindInt32:
				value = parquet.Int32Value(int32(v.ints[k]))
			case kindFloat32:
				value = parquet.FloatValue(float32(v.floats[k]))
			default:
				value = parquet.DoubleValue(v.floats[k])
			}
			repeated := 1
			if k == from {
				repeated = 0
			}
			out = append(out, value.Level(repeated, 1, i))
		}
		if len(out) >= blockSize || row == rows-1 {
			if _, err := w.WriteRowValues(out); err != nil {
				return err
			}
			out = out[:0]
		}
	}
	return nil
}

// append adds a row group to the file.
func (p *parquetWriter) append(group any) error {
	if group == nil {
		return nil
	}
	g := group.(*parquet.ConcurrentRowGroupWriter)
	_, err := g.Commit()
	p.free.Put(g)
	return err
}

func (p *parquetWriter) close() error { return p.out.Close() }

// parquetMetadata describes a file of targets.
func parquetMetadata(j *job) [][2]string {
	return [][2]string{{VersionKey, fmt.Sprint(Version)}, {ColumnsKey, asJSON(described(j.cols))}, {OptionsKey, asJSON(j.settings())}, {RulesKey, asJSON(j.rules)}, {SourcesKey, strings.Join(j.sources, "\n")}}
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("features: " + err.Error()) // plain values only
	}
	return string(b)
}
