package targetfile

import (
	"cmp"

	"abtool/schema"
	"abtool/store/columnar"
)

// Kind is the type of a column's values.
type Kind uint8

// Kinds of values.
const (
	KindText Kind = iota
	KindInt32
	KindInt64
	KindFloat64
	KindFloat32
)

// A Column is a column of a table: its description, and the type of its values in files.
type Column struct {
	schema.Column
	Kind  Kind
	List  bool
	Width int // of a list: the greatest length, which NPY pads to; 0: not a list
}

// A Field is a column with a function that returns its value for a row of type R. Only one of the functions
// is set.
type Field[R any] struct {
	Column
	text   func(*R) string
	int    func(*R) int64
	float  func(*R) float64
	ints   func(*R) []int64
	floats func(*R) []float64

	set func(*Target, cell) error // sets the value in a Target; nil for columns that Read ignores
}

// Fields are the columns of a table with rows of type R, in their order.
type Fields[R any] []Field[R]

// Columns returns the columns without the functions.
func (f Fields[R]) Columns() []Column {
	out := make([]Column, len(f))
	for i := range f {
		out[i] = f[i].Column
	}
	return out
}

// Add appends a row to the first columns of to, and returns the columns after them.
func (f Fields[R]) Add(to []Values, r *R) []Values {
	for i := range f {
		switch c, v := &f[i], &to[i]; {
		case c.text != nil:
			v.Texts = append(v.Texts, c.text(r))
		case c.int != nil:
			v.Ints = append(v.Ints, c.int(r))
		case c.float != nil:
			v.Floats = append(v.Floats, c.float(r))
		case c.ints != nil:
			v.Ints = append(v.Ints, c.ints(r)...)
			v.Ends = append(v.Ends, int32(len(v.Ints)))
		default:
			v.Floats = append(v.Floats, c.floats(r)...)
			v.Ends = append(v.Ends, int32(len(v.Floats)))
		}
	}
	return to[len(f):]
}

// Values are the values of a column for some rows. In a column of lists, the list of row i is from Ends[i−1]
// to before Ends[i]. Null is columnar.Null, NaN or the empty text.
type Values struct {
	Ints   []int64
	Floats []float64
	Texts  []string
	Ends   []int32
}

func (v *Values) reset() {
	v.Ints, v.Floats, v.Texts, v.Ends = v.Ints[:0], v.Floats[:0], v.Texts[:0], v.Ends[:0]
}

// List returns the range of the values of row i.
func (v *Values) List(i int) (from, to int) {
	if i > 0 {
		from = int(v.Ends[i-1])
	}
	return from, int(v.Ends[i])
}

// A Batch holds some rows of a table, by column.
type Batch struct {
	Rows int
	Cols []Values
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset(columns int) {
	if b.Cols == nil {
		b.Cols = make([]Values, columns)
	}
	b.Rows = 0
	for i := range b.Cols {
		b.Cols[i].reset()
	}
}

// TextField returns a column of texts; the empty text is null. Described adds its description.
func TextField[R any](name string, get func(*R) string) Field[R] {
	return Field[R]{Column: newColumn(KindText, name), text: get}
}

// IntField returns a column of whole numbers; columnar.Null is null.
func IntField[R any](k Kind, name string, get func(*R) int64) Field[R] {
	return Field[R]{Column: newColumn(k, name), int: get}
}

// FloatField returns a column of numbers; NaN is null.
func FloatField[R any](name string, get func(*R) float64) Field[R] {
	return Field[R]{Column: newColumn(KindFloat64, name), float: get}
}

// FloatsField returns a column of lists of at most width numbers.
func FloatsField[R any](k Kind, width int, name string, get func(*R) []float64) Field[R] {
	return Field[R]{Column: newColumn(k, name).listOf(width), floats: get}
}

// IntsField returns a column of lists of at most width whole numbers.
func IntsField[R any](width int, name string, get func(*R) []int64) Field[R] {
	return Field[R]{Column: newColumn(KindInt32, name).listOf(width), ints: get}
}

func newColumn(k Kind, name string) Column {
	return Column{Column: schema.Column{Name: name, Type: kindNames[k]}, Kind: k}
}

// listOf returns the column as a column of lists.
func (c Column) listOf(width int) Column {
	c.Type, c.List, c.Width = "list of "+c.Type, true, width
	return c
}

// Docs are the descriptions of columns, by name.
type Docs map[string]struct {
	schema.Column
	COCO map[string]string // replaces range, from or doc for COCO
}

// Described adds the descriptions to the columns. It panics for a column without a description.
func (f Fields[R]) Described(docs Docs, coco bool) Fields[R] {
	for i := range f {
		c := &f[i].Column
		d, ok := docs[c.Name]
		if !ok {
			panic("targetfile: no description of " + c.Name)
		}
		c.Unit, c.Range, c.Null, c.From, c.Doc = d.Unit, d.Range, cmp.Or(d.Null, Never), d.From, d.Doc
		if coco {
			for key, text := range d.COCO {
				*map[string]*string{"range": &c.Range, "from": &c.From, "doc": &c.Doc}[key] = text
			}
		}
	}
	return f
}

var kindNames = [...]string{KindText: "string", KindInt32: "int32", KindInt64: "int64", KindFloat64: "double", KindFloat32: "float"}

// Never is the Null of a column that has no null.
const Never = "never"

// nullable reports whether a value can be missing.
func (c *Column) nullable() bool { return c.Null != Never }

// OrNull returns v, or columnar.Null if v is null.
func OrNull(v, null int64) int64 {
	if v == null {
		return columnar.Null
	}
	return v
}
