package features

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"abtool/schema"
	"abtool/store/columnar"
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
	cols   []column
	schema *columnar.Schema
	file   *columnar.File
	mu     sync.Mutex
	free   []*parquetGroup // a sync.Pool would lose them whenever garbage is collected
}

// parquetGroup is a row group with its columns.
type parquetGroup struct {
	*columnar.Group
	of   *parquetWriter
	cols []parquetColumn
}

// parquetColumn is a column of a row group.
type parquetColumn struct {
	to       any            // *columnar.Texts, IDs, Ints, Numbers or Plain
	list     *columnar.List // nil: one value a row
	kind     kind
	optional bool
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
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: typ, Tag: reflect.StructTag(fmt.Sprintf(`parquet:"%s"`, tag))})
	}
	return parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface())
}

func newParquet(w io.Writer, cols []column, meta [][2]string) (*parquetWriter, error) {
	s, err := columnar.SchemaOf(parquetSchema(cols))
	if err != nil {
		return nil, err
	}
	return &parquetWriter{cols: cols, schema: s, file: columnar.NewFile(w, s, "abtool", meta)}, nil
}

// compression is zstd at its fastest, with a window of a page.
var compression = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(1<<19), zstd.WithZeroFrames(true), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err) // the options are constants
	}
	return e
})

// begin returns an empty row group: one that was written, or a new one.
func (p *parquetWriter) begin() encoder {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free) - 1; n >= 0 {
		g := p.free[n]
		p.free = p.free[:n]
		return g
	}
	zip := compression()
	g := &parquetGroup{of: p, Group: columnar.NewGroup(p.schema, 1, func(dst, src []byte) []byte { return zip.EncodeAll(src, dst) })}
	for i := range p.cols {
		c := &p.cols[i]
		to := parquetColumn{kind: c.kind, optional: c.nullable() && !c.list}
		if c.list {
			to.list = g.List()
		}
		alike := c.Name == "image_id" || c.Name == "file_name" || c.Name == "annotation" // values next to each other
		switch {
		case c.kind == kindText && alike:
			to.to = g.IDs(nil)
		case c.kind == kindText:
			t := g.Texts(nil)
			t.Repeats, to.to = true, t // by the rules of an image
		case c.kind == kindInt64 && alike:
			to.to = g.Ints(nil)
		case !c.list && (c.kind == kindInt32 || c.Name == "weight"):
			n := g.Numbers(nil)
			n.Repeats, to.to = true, n
		default:
			to.to = g.Plain(to.list)
		}
		g.cols = append(g.cols, to)
	}
	return g
}

func (g *parquetGroup) add(b *batch) error {
	for i := range g.cols {
		g.cols[i].add(&b.cols[i])
	}
	for range b.rows {
		g.EndRow()
	}
	return nil
}

func (g *parquetGroup) finish() error { return g.Encode() }

// add puts values into the column.
func (c *parquetColumn) add(v *values) {
	if c.list != nil {
		from := int32(0)
		for _, end := range v.ends {
			c.list.Add(int(end - from))
			from = end
		}
	}
	switch to := c.to.(type) {
	case *columnar.IDs:
		addTexts(to, v.texts, c.optional)
	case *columnar.Texts:
		addTexts(to, v.texts, c.optional)
	case *columnar.Ints:
		for _, n := range v.ints {
			if n == columnar.Null && c.optional {
				to.Null()
			} else {
				to.Add(n)
			}
		}
	case *columnar.Numbers:
		addNumbers(to, c.kind, v, c.optional)
	case *columnar.Plain:
		addNumbers(to, c.kind, v, c.optional)
	}
}

func addTexts[C interface {
	Add(string)
	Null()
}](to C, texts []string, optional bool) {
	for _, s := range texts {
		if s == "" && optional {
			to.Null()
		} else {
			to.Add(s)
		}
	}
}

func addNumbers[C interface {
	Add(uint64)
	Null()
}](to C, k kind, v *values, optional bool) {
	for _, n := range v.ints {
		if n == columnar.Null && optional {
			to.Null()
		} else {
			to.Add(uint64(n))
		}
	}
	for _, f := range v.floats {
		switch {
		case f != f && optional:
			to.Null()
		case k == kindFloat32:
			to.Add(uint64(math.Float32bits(float32(f))))
		default:
			to.Add(math.Float64bits(f))
		}
	}
}

func (g *parquetGroup) write() error {
	p := g.of
	err := p.file.Append(g.Group)
	g.Reset()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, g)
	return err
}

func (p *parquetWriter) close() error { return p.file.Close() }

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
