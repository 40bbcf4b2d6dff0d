package columnar

import (
	"math"
	"slices"

	"github.com/parquet-go/parquet-go/format"
)

// Rows has rows by column before they are encoded. Add the values of a row to its columns in any order,
// then end the row; a column without a value becomes null. Rows are reused.
type Rows struct {
	schema *Schema
	cells  []Cells // in the order of the schema
	ends   []*ends
	n      int // number of complete rows
}

// Cells has the values of one column of Rows; for a list, the values of all its entries. Nulls take no
// space among the values.
type Cells struct {
	Numbers []uint64 // bits of doubles, integers, or 0 and 1
	Texts   []string // for a column of strings; their memory must not change
	nulls   []int32  // indexes of the nulls
	list    *ends    // nil for a column with one value per row
	// Late says that the values are added after their rows are complete.
	Late bool
}

// ends has the end of the list of each row: the number of entries in the rows up to it.
type ends []int32

// before returns the number of entries in the rows before row i.
func (e ends) before(i int) int {
	if i == 0 {
		return 0
	}
	return int(e[i-1])
}

// NewRows returns empty Rows with the columns of a schema.
func NewRows(s *Schema) *Rows {
	r := &Rows{schema: s, cells: make([]Cells, len(s.leaves))}
	for i, l := range s.leaves {
		switch {
		case l.rep == 0:
		case i > 0 && s.leaves[i-1].path[0] == l.path[0]:
			r.cells[i].list = r.cells[i-1].list
		default:
			r.cells[i].list = new(ends)
			r.ends = append(r.ends, r.cells[i].list)
		}
	}
	return r
}

// Column returns a column by its name, such as clicks.x for the field of a list, or nil if the schema does
// not have it.
func (r *Rows) Column(name string) *Cells {
	i := slices.IndexFunc(r.schema.leaves, func(l leaf) bool { return l.name == name })
	if i < 0 {
		return nil
	}
	return &r.cells[i]
}

// Len returns the number of complete rows.
func (r *Rows) Len() int { return r.n }

// EndRow ends a row.
func (r *Rows) EndRow() {
	for i := range r.cells {
		c := &r.cells[i]
		switch {
		case c.list == nil:
			if !c.Late && c.Len() == r.n {
				c.Null()
			}
		case len(*c.list) == r.n:
			*c.list = append(*c.list, int32(c.Len()))
		}
	}
	r.n++
}

// Cut removes everything after the first n rows.
func (r *Rows) Cut(n int) {
	for i := range r.cells {
		c := &r.cells[i]
		k := n
		if c.list != nil {
			k = c.list.before(n)
		}
		nulls, _ := slices.BinarySearch(c.nulls, int32(k))
		c.nulls = c.nulls[:nulls]
		c.Numbers = c.Numbers[:min(len(c.Numbers), k-nulls)]
		c.Texts = c.Texts[:min(len(c.Texts), k-nulls)]
	}
	for _, e := range r.ends {
		*e = (*e)[:n]
	}
	r.n = n
}

// Len returns the number of values, including nulls.
func (c *Cells) Len() int { return len(c.Numbers) + len(c.Texts) + len(c.nulls) }

// Add adds a number.
func (c *Cells) Add(v uint64) { c.Numbers = append(c.Numbers, v) }

// AddText adds a string.
func (c *Cells) AddText(s string) { c.Texts = append(c.Texts, s) }

// Null adds a null.
func (c *Cells) Null() { c.nulls = append(c.nulls, int32(c.Len())) }

// place returns the index of the i-th value among those that are not null, and whether it is one of them.
func (c *Cells) place(i int) (int, bool) {
	if len(c.nulls) == 0 {
		return i, true
	}
	before, null := slices.BinarySearch(c.nulls, int32(i))
	return i - before, !null
}

// Number returns the i-th value; ok is false if it is null.
func (c *Cells) Number(i int) (v uint64, ok bool) {
	if i, ok = c.place(i); ok && i < len(c.Numbers) {
		return c.Numbers[i], true
	}
	return 0, false
}

// Text returns the i-th value, or "" if it is null.
func (c *Cells) Text(i int) string {
	if i, ok := c.place(i); ok && i < len(c.Texts) {
		return c.Texts[i]
	}
	return ""
}

// Entries returns the number of entries that the column's list has in the row that is not complete yet.
func (c *Cells) Entries() int { return c.Len() - c.list.before(len(*c.list)) }

// List returns the range of a row's entries in a column of a list.
func (c *Cells) List(row int) (from, to int) { return c.list.before(row), c.list.before(row + 1) }

// Span is a range of rows.
type Span struct {
	Rows     *Rows
	From, To int
}

// Len returns the number of rows.
func (s Span) Len() int { return s.To - s.From }

// Cut returns the rows from the i-th to before the j-th of the span.
func (s Span) Cut(i, j int) Span { return Span{s.Rows, s.From + i, s.From + j} }

// Weight returns the number of entries in the lists of the i-th row.
func (s Span) Weight(i int) (n int) {
	for _, e := range s.Rows.ends {
		n += e.before(s.From+i+1) - e.before(s.From+i)
	}
	return n
}

// Layout says which columns of a group have no dictionary, and what is known about doubles.
type Layout struct {
	Deltas    []string          // Ints and IDs
	Steady    []string          // Ints that are Steady
	Fractions map[string]string // doubles of a list that are mostly k/n, and the column with n
}

// Lay adds all columns of the schema to the group, encoded as l says. The group then accepts rows of the
// schema.
func (g *Group) Lay(l *Layout) {
	var list *List
	for i, leaf := range g.schema.leaves {
		switch {
		case leaf.rep == 0:
			list = nil
		case list == nil || g.schema.leaves[i-1].path[0] != leaf.path[0]:
			list = g.List()
		}
		delta := slices.Contains(l.Deltas, leaf.name)
		switch {
		case slices.Contains(l.Steady, leaf.name):
			g.Ints(list).Steady = true
		case leaf.kind == format.ByteArray && delta:
			g.IDs(list)
		case leaf.kind == format.ByteArray:
			g.Texts(list)
		case leaf.kind == format.Boolean:
			g.Bools(list)
		case leaf.kind == format.Float:
			g.Plain(list)
		case delta:
			g.Ints(list)
		default:
			g.Numbers(list).of = l.Fractions[leaf.name]
		}
	}
}

// Add adds rows of the group's schema.
func (g *Group) Add(s Span) {
	for i, l := range g.lists {
		ends := s.Rows.ends[i]
		for row := s.From; row < s.To; row++ {
			l.Add(ends.before(row+1) - ends.before(row))
		}
	}
	for i, c := range g.columns {
		cells, b := &s.Rows.cells[i], c.frame()
		from, to := s.From, s.To
		if cells.list != nil {
			from, to = cells.list.before(from), cells.list.before(to)
		}
		first, _ := slices.BinarySearch(cells.nulls, int32(from))
		last, _ := slices.BinarySearch(cells.nulls, int32(to))
		for _, k := range cells.nulls[first:last] {
			b.nulls = append(b.nulls, k-int32(from-b.n))
		}
		b.n += to - from
		c.take(cells, s, from-first, to-last)
	}
	g.rows += s.Len()
}

func (c *Numbers) take(cells *Cells, s Span, i, j int) {
	if c.of != "" {
		c.takeFractions(cells, s, i)
		return
	}
	for _, v := range cells.Numbers[i:j] {
		c.put(v)
	}
}

// takeFractions takes the doubles of lists, list by list, beginning with value i.
func (c *Numbers) takeFractions(cells *Cells, s Span, i int) {
	of := s.Rows.Column(c.of)
	nulls := cells.nulls[cells.list.before(s.From)-i:]
	for row := s.From; row < s.To; row++ {
		from, to := cells.List(row)
		if from == to {
			continue
		}
		n := to - from
		for ; len(nulls) > 0 && int(nulls[0]) < to; nulls = nulls[1:] {
			n--
		}
		size, _ := of.Number(row)
		c.setWhole(math.Float64frombits(size))
		for _, v := range cells.Numbers[i : i+n] {
			c.putFraction(math.Float64frombits(v))
		}
		i += n
	}
}

func (c *Plain) take(cells *Cells, _ Span, i, j int) {
	c.values = append(c.values, cells.Numbers[i:j]...)
}

func (c *Ints) take(cells *Cells, _ Span, i, j int) {
	for _, v := range cells.Numbers[i:j] {
		c.values = append(c.values, int64(v))
	}
}

func (c *Texts) take(cells *Cells, _ Span, i, j int) {
	for _, v := range cells.Texts[i:j] {
		c.put(v)
	}
}

func (c *IDs) take(cells *Cells, _ Span, i, j int) {
	for _, v := range cells.Texts[i:j] {
		c.put(v)
	}
}

func (c *Bools) take(cells *Cells, _ Span, i, j int) {
	for _, v := range cells.Numbers[i:j] {
		c.values = append(c.values, v != 0)
	}
}
