package partial

import (
	"cmp"
	"math"
	"slices"

	"abtool/byproduct/plane"
	"abtool/internal/stat"
)

// A Kind is what numbers of names number.
type Kind string

// Kinds of numbers.
const (
	Workers   Kind = "workers"
	HITs      Kind = "hits"
	Clusters  Kind = "clusters"
	Weeks     Kind = "weeks"
	Arms      Kind = "arms"
	Classes   Kind = "classes"
	Sequences Kind = "sequences"
	Images    Kind = "images"
)

// Numbers are the new numbers, by the old ones, of what an accumulator numbers. Kinds that it lacks keep theirs.
type Numbers struct {
	Of   map[Kind][]int32
	Rows int64 // is added to numbers of rows
}

// A Visitor writes an accumulator to a file, reads it from a file into an empty one, or renumbers it.
type Visitor struct {
	Err error // the first error of reading or writing

	w       *Writer
	r       *Reader
	numbers *Numbers
	limits  map[Kind]int
	place   string
}

// Write returns a visitor that writes.
func Write(w *Writer) *Visitor { return &Visitor{w: w} }

// Read returns a visitor that reads.
func Read(r *Reader) *Visitor { return &Visitor{r: r, limits: map[Kind]int{}} }

// Renumber returns a visitor that gives numbers their new values.
func Renumber(n *Numbers) *Visitor { return &Visitor{numbers: n} }

// Reads reports whether the visitor reads.
func (v *Visitor) Reads() bool { return v.r != nil }

// Changes reports whether the visitor changes what it visits.
func (v *Visitor) Changes() bool { return v.w == nil }

// NewNumbers returns the new numbers of a kind, by the old ones, or nil if they stay.
func (v *Visitor) NewNumbers(k Kind) []int32 {
	if v.numbers == nil {
		return nil
	}
	return v.numbers.Of[k]
}

// Limit says how many numbers of a kind there are. Reading checks it.
func (v *Visitor) Limit(k Kind, n int) {
	if v.limits != nil {
		v.limits[k] = n
	}
}

// In sets the place of the tables that follow, such as imagenet/hits.
func (v *Visitor) In(place string) { v.place = place + "/" }

// Fail records an error of what was read.
func (v *Visitor) Fail(format string, args ...any) {
	if v.Err == nil {
		v.Err = damaged(format, args...)
	}
}

// Table visits a table of n rows. Reading calls make with the number of rows first. Unordered tables are sorted in the
// file.
func (v *Visitor) Table(name string, n int, ordered bool, make func(n int), row func(i int, c *Columns)) {
	if v.Err != nil {
		return
	}
	c := &Columns{v: v}
	if v.r != nil {
		h, err := v.r.table(v.place + name)
		if err != nil {
			v.Err = err
			return
		}
		c.all, n = h.Columns, h.Rows
		make(n)
	}
	for i := range n {
		c.row, c.next = i, 0
		row(i, c)
		if v.Err != nil {
			return
		}
		if i == 0 && v.r != nil && c.next != len(c.all) {
			v.Fail("the table %s has %d columns, not %d", v.place+name, len(c.all), c.next)
			return
		}
	}
	if v.w != nil {
		if !ordered {
			sortRows(c.all, n)
		}
		v.Err = v.w.table(v.place+name, n, c.all)
	}
}

// Rows visits a table with a row for each element of a list, whose order does not matter.
func Rows[T any](v *Visitor, name string, list *[]T, columns func(*T, *Columns)) {
	v.Table(name, len(*list), false, func(n int) { *list = make([]T, n) }, func(i int, c *Columns) { columns(&(*list)[i], c) })
}

// One visits a table with a single row.
func One(v *Visitor, name string, columns func(*Columns)) {
	v.Table(name, 1, true, func(n int) {
		if n != 1 {
			v.Fail("the table %s has %d rows", v.place+name, n)
		}
	}, func(_ int, c *Columns) { columns(c) })
}

// ByNumber visits a table with a row for each element of a list by numbers of a kind. Elements for which has returns false
// are left out.
func ByNumber[T any](v *Visitor, name string, k Kind, list *[]T, has func(*T) bool, columns func(*T, *Columns)) {
	var ids []int32
	for i := range *list {
		if has(&(*list)[i]) {
			ids = append(ids, int32(i))
		}
	}
	v.Table(name, len(ids), true, func(n int) { ids = make([]int32, n) }, func(i int, c *Columns) {
		id := ids[i]
		c.Ref(string(k), k, &id)
		if v.r != nil {
			if id < 0 || i > 0 && id <= ids[i-1] {
				v.Fail("the table %s is not in the order of %s", v.place+name, k)
				return
			}
			for int(id) >= len(*list) {
				var none T
				*list = append(*list, none)
			}
		}
		from := ids[i]
		if v.r != nil {
			from = id
		}
		columns(&(*list)[from], c)
		if v.r != nil {
			ids[i] = id
		}
	})
	if v.numbers != nil {
		*list = Move(*list, v.numbers.Of[k])
	}
}

// Move returns a list by new numbers. Without numbers it stays as it is.
func Move[T any](list []T, to []int32) []T {
	if to == nil {
		return list
	}
	var out []T
	for i := range list {
		for int(to[i]) >= len(out) {
			var none T
			out = append(out, none)
		}
		out[to[i]] = list[i]
	}
	return out
}

// Map visits a table with a row for each entry of a map.
func Map[K comparable, T any](v *Visitor, name string, m *map[K]T, columns func(*K, *T, *Columns)) {
	type entry struct {
		key   K
		value T
	}
	var list []entry
	for k, x := range *m {
		list = append(list, entry{k, x})
	}
	Rows(v, name, &list, func(e *entry, c *Columns) { columns(&e.key, &e.value, c) })
	if v.Changes() {
		*m = make(map[K]T, len(list))
		for _, e := range list {
			(*m)[e.key] = e.value
		}
	}
}

// sortRows sorts the rows of a table by its columns from left to right, apart from lists.
func sortRows(all []*column, n int) {
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		for _, c := range all {
			if d := c.compare(int(a), int(b)); d != 0 {
				return d
			}
		}
		return 0
	})
	for _, c := range all {
		if !c.List {
			c.ints, c.floats, c.texts = pick(c.ints, order), pick(c.floats, order), pick(c.texts, order)
			continue
		}
		lists := column{List: true}
		for _, i := range order {
			from, to := c.list(int(i))
			switch c.Type {
			case typeInt:
				lists.ints = append(lists.ints, c.ints[from:to]...)
			case typeFloat:
				lists.floats = append(lists.floats, c.floats[from:to]...)
			default:
				lists.texts = append(lists.texts, c.texts[from:to]...)
			}
			lists.end()
		}
		c.ends, c.ints, c.floats, c.texts = lists.ends, lists.ints, lists.floats, lists.texts
	}
}

func pick[T any](from []T, order []int32) []T {
	if from == nil {
		return nil
	}
	out := make([]T, len(order))
	for i, k := range order {
		out[i] = from[k]
	}
	return out
}

func (c *column) compare(a, b int) int {
	switch {
	case c.List:
		return 0
	case c.Type == typeInt:
		return cmp.Compare(c.ints[a], c.ints[b])
	case c.Type == typeFloat:
		return cmp.Compare(math.Float64bits(c.floats[a]), math.Float64bits(c.floats[b]))
	}
	return cmp.Compare(c.texts[a], c.texts[b])
}

// list returns the range of a row's values.
func (c *column) list(row int) (from, to int) {
	if row > 0 {
		from = c.ends[row-1]
	}
	return from, c.ends[row]
}

func (c *column) end() { c.ends = append(c.ends, len(c.ints)+len(c.floats)+len(c.texts)) }

// Columns visits the fields of a row. Every row has the same fields in the same order.
type Columns struct {
	v    *Visitor
	all  []*column
	next int
	row  int
}

// column returns the next column, or nil after an error.
func (c *Columns) column(name, kind string, of Kind, list bool) *column {
	i := c.next
	c.next++
	if i < len(c.all) {
		x := c.all[i]
		if c.row > 0 {
			return x
		}
		if x.Name == name && x.Type == kind && x.List == list && x.Of == string(of) {
			return x
		}
		c.v.Fail("it has the column %q of the type %s in the place of %q", x.Name, x.Type, name)
		return nil
	}
	if c.v.r != nil {
		c.v.Fail("it lacks the column %q", name)
		return nil
	}
	x := &column{Name: name, Type: kind, Of: string(of), List: list}
	c.all = append(c.all, x)
	return x
}

// Int visits a whole number.
func (c *Columns) Int(name string, x *int64) {
	if c.v.numbers != nil {
		return
	}
	switch to := c.column(name, typeInt, "", false); {
	case to == nil:
	case c.v.r != nil:
		*x = to.ints[c.row]
	default:
		to.ints = append(to.ints, *x)
	}
}

// Ints visits several whole numbers.
func (c *Columns) Ints(names []string, x ...*int64) {
	for i, name := range names {
		c.Int(name, x[i])
	}
}

// Small visits a whole number that fits into T.
func Small[T ~int | ~int32 | ~int8](c *Columns, name string, x *T) {
	v := int64(*x)
	c.Int(name, &v)
	if *x = T(v); int64(*x) != v {
		c.v.Fail("the column %q has the number %d", name, v)
	}
}

// Bool visits 0 or 1.
func (c *Columns) Bool(name string, x *bool) {
	v := stat.One(*x)
	c.Int(name, &v)
	*x = v != 0
}

// Float visits a real number.
func (c *Columns) Float(name string, x *float64) {
	if c.v.numbers != nil {
		return
	}
	switch to := c.column(name, typeFloat, "", false); {
	case to == nil:
	case c.v.r != nil:
		*x = to.floats[c.row]
	default:
		to.floats = append(to.floats, *x)
	}
}

// Text visits a text.
func (c *Columns) Text(name string, x *string) {
	if c.v.numbers != nil {
		return
	}
	switch to := c.column(name, typeText, "", false); {
	case to == nil:
	case c.v.r != nil:
		*x = to.texts[c.row]
	default:
		to.texts = append(to.texts, *x)
	}
}

// Seq visits the number of a row of annotations.
func (c *Columns) Seq(name string, x *int64) {
	if c.v.numbers != nil {
		*x += c.v.numbers.Rows
		return
	}
	c.Int(name, x)
}

// Ref visits the number of a name; −1 stands for no name.
func (c *Columns) Ref(name string, k Kind, x *int32) {
	if c.v.numbers != nil {
		*x = c.v.numbers.move(k, *x)
		return
	}
	switch to := c.column(name, typeInt, k, false); {
	case to == nil:
	case c.v.r != nil:
		*x = c.number(k, to.ints[c.row])
	default:
		to.ints = append(to.ints, int64(*x))
	}
}

// Refs visits a list of numbers of names, whose order does not matter.
func (c *Columns) Refs(name string, k Kind, x *[]int32) {
	if c.v.numbers != nil {
		for i, n := range *x {
			(*x)[i] = c.v.numbers.move(k, n)
		}
		return
	}
	switch to := c.column(name, typeInt, k, true); {
	case to == nil:
	case c.v.r != nil:
		from, end := to.list(c.row)
		*x = nil
		for _, n := range to.ints[from:end] {
			*x = append(*x, c.number(k, n))
		}
	default:
		slices.Sort(*x)
		for _, n := range *x {
			to.ints = append(to.ints, int64(n))
		}
		to.end()
	}
}

func (n *Numbers) move(k Kind, x int32) int32 {
	if of := n.Of[k]; of != nil && x >= 0 {
		return of[x]
	}
	return x
}

// number returns a number of a kind that was read.
func (c *Columns) number(k Kind, n int64) int32 {
	if n < -1 || n >= int64(c.v.limits[k]) {
		c.v.Fail("it has the number %d of %d %s", n, c.v.limits[k], k)
		return -1
	}
	return int32(n)
}

// List visits a list of numbers.
func List[T ~int32 | ~int64 | ~float64](c *Columns, name string, x *[]T) {
	if c.v.numbers != nil {
		return
	}
	kind := typeInt
	if _, ok := any(*x).([]float64); ok {
		kind = typeFloat
	}
	to := c.column(name, kind, "", true)
	switch {
	case to == nil:
	case c.v.r == nil:
		for _, v := range *x {
			if kind == typeFloat {
				to.floats = append(to.floats, float64(v))
			} else {
				to.ints = append(to.ints, int64(v))
			}
		}
		to.end()
	default:
		from, end := to.list(c.row)
		*x = make([]T, end-from)
		for i := range *x {
			if kind == typeFloat {
				(*x)[i] = T(to.floats[from+i])
			} else if (*x)[i] = T(to.ints[from+i]); int64((*x)[i]) != to.ints[from+i] {
				c.v.Fail("the column %q has the number %d", name, to.ints[from+i])
			}
		}
	}
}

// Bag visits a list whose order does not matter. Writing sorts it.
func Bag[T ~int32 | ~int64 | ~float64](c *Columns, name string, x *[]T) {
	if c.v.w != nil {
		slices.Sort(*x)
	}
	List(c, name, x)
}

// Cells visits a list of a fixed length.
func (c *Columns) Cells(name string, cells []int64) {
	list := cells
	List(c, name, &list)
	if c.v.r == nil {
		return
	}
	if len(list) != len(cells) {
		c.v.Fail("the column %q has %d numbers, not %d", name, len(list), len(cells))
		return
	}
	copy(cells, list)
}

// Sum visits an exact sum: hi + lo · 2⁻⁶⁴, where the 64 bits of lo are stored as a number with a sign.
func (c *Columns) Sum(name string, s *stat.Sum) {
	hi, low := s.Words()
	lo := int64(low)
	c.Int(name+".hi", &hi)
	c.Int(name+".lo", &lo)
	*s = stat.SumOf(hi, uint64(lo))
}

// Mean visits a mean.
func (c *Columns) Mean(name string, m *stat.Mean) {
	c.Int(name+".n", &m.N)
	c.Sum(name+".sum", &m.Sum)
	c.Sum(name+".squares", &m.Squares)
}

// Tally visits hits and trials.
func (c *Columns) Tally(name string, t *stat.Tally) {
	c.Int(name+".hits", &t.Hits)
	c.Int(name+".n", &t.N)
}

// Grid visits a map of the image.
func (c *Columns) Grid(name string, g *plane.Grid) {
	c.cells(name+".cells", len(g.Cells), func(row int) []int64 { return g.Cells[row][:] })
	c.Int(name+".outside", &g.Outside)
}

// Frame visits a map in the frame of boxes.
func (c *Columns) Frame(name string, f *plane.Frame) {
	c.cells(name+".cells", len(f.Cells), func(row int) []int64 { return f.Cells[row][:] })
	c.Int(name+".outside", &f.Outside)
	Bag(c, name+".u", &f.U)
	Bag(c, name+".v", &f.V)
}

func (c *Columns) cells(name string, n int, row func(int) []int64) {
	var all []int64
	for i := range n {
		all = append(all, row(i)...)
	}
	c.Cells(name, all)
	for i := range n {
		to := row(i)
		copy(to, all[i*len(to):])
	}
}

// LogHistogram visits a histogram.
func (c *Columns) LogHistogram(name string, h *stat.LogHistogram) {
	c.Cells(name+".counts", h.Counts[:])
	c.Int(name+".below", &h.Below)
	c.Int(name+".above", &h.Above)
}
