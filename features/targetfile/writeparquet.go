package targetfile

import (
	"fmt"
	"io"
	"math"
	"reflect"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"abtool/store/columnar"
)

// A parquetWriter writes a table as Parquet, with a row group for each part.
type parquetWriter struct {
	cols   []Column
	schema *columnar.Schema
	file   *columnar.File
	mu     sync.Mutex
	free   []*parquetGroup // row groups to reuse; a sync.Pool would drop them at each garbage collection
}

// A parquetGroup is a row group with its columns.
type parquetGroup struct {
	*columnar.Group
	of   *parquetWriter
	cols []parquetColumn
}

// A parquetColumn is a column of a row group.
type parquetColumn struct {
	to       any            // *columnar.Texts, IDs, Ints, Numbers or Plain
	list     *columnar.List // nil: one value per row
	kind     Kind
	optional bool
}

var goTypes = [...]reflect.Type{KindText: reflect.TypeFor[string](), KindInt32: reflect.TypeFor[int32](), KindInt64: reflect.TypeFor[int64](), KindFloat64: reflect.TypeFor[float64](), KindFloat32: reflect.TypeFor[float32]()}

// parquetSchema returns the Parquet schema of the columns.
func parquetSchema(cols []Column) *parquet.Schema {
	var fields []reflect.StructField
	for i := range cols {
		c := &cols[i]
		typ, tag := goTypes[c.Kind], c.Name
		switch {
		case c.List:
			typ, tag = reflect.SliceOf(typ), tag+",list"
		case c.nullable():
			tag += ",optional"
		}
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: typ, Tag: reflect.StructTag(fmt.Sprintf(`parquet:"%s"`, tag))})
	}
	return parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface())
}

// NewParquet returns a writer of a table as Parquet, with a row group for each part.
func NewParquet(out io.Writer, a *About) (Writer, error) {
	s, err := columnar.SchemaOf(parquetSchema(a.Columns))
	if err != nil {
		return nil, err
	}
	return &parquetWriter{cols: a.Columns, schema: s, file: columnar.NewFile(out, s, "abtool", a.metadata())}, nil
}

// compression returns an encoder of zstd at its fastest level, with a window of the size of a page.
var compression = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(1<<19), zstd.WithZeroFrames(true), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err) // the options are constants
	}
	return e
})

// Begin returns an empty row group. It reuses one that was written, if there is one.
func (p *parquetWriter) Begin() Encoder {
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
		to := parquetColumn{kind: c.Kind, optional: c.nullable() && !c.List}
		if c.List {
			to.list = g.List()
		}
		alike := c.Name == "image_id" || c.Name == "file_name" || c.Name == "annotation" // neighbouring rows have the same or similar values
		switch {
		case c.Kind == KindText && alike:
			to.to = g.IDs(nil)
		case c.Kind == KindText:
			t := g.Texts(nil)
			t.Repeats, to.to = true, t // the rows of an image repeat the value, one for each rule
		case c.Kind == KindInt64 && alike:
			to.to = g.Ints(nil)
		case !c.List && (c.Kind == KindInt32 || c.Name == "weight"):
			n := g.Numbers(nil)
			n.Repeats, to.to = true, n
		default:
			to.to = g.Plain(to.list)
		}
		g.cols = append(g.cols, to)
	}
	return g
}

func (g *parquetGroup) Add(b *Batch) error {
	for i := range g.cols {
		g.cols[i].add(&b.Cols[i])
	}
	for range b.Rows {
		g.EndRow()
	}
	return nil
}

func (g *parquetGroup) Finish() error { return g.Encode() }

// add appends values to the column.
func (c *parquetColumn) add(v *Values) {
	if c.list != nil {
		from := int32(0)
		for _, end := range v.Ends {
			c.list.Add(int(end - from))
			from = end
		}
	}
	switch to := c.to.(type) {
	case *columnar.IDs:
		addTexts(to, v.Texts, c.optional)
	case *columnar.Texts:
		addTexts(to, v.Texts, c.optional)
	case *columnar.Ints:
		for _, n := range v.Ints {
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
}](to C, k Kind, v *Values, optional bool) {
	for _, n := range v.Ints {
		if n == columnar.Null && optional {
			to.Null()
		} else {
			to.Add(uint64(n))
		}
	}
	for _, f := range v.Floats {
		switch {
		case f != f && optional:
			to.Null()
		case k == KindFloat32:
			to.Add(uint64(math.Float32bits(float32(f))))
		default:
			to.Add(math.Float64bits(f))
		}
	}
}

func (g *parquetGroup) Write() error {
	p := g.of
	err := p.file.Append(g.Group)
	g.Reset()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, g)
	return err
}

func (p *parquetWriter) Close() error { return p.file.Close() }
