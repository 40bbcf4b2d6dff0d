package pass

import (
	"fmt"
	"strings"

	"abtool/analysis/internal/partial"
	"abtool/analysis/result"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
)

// Counts has what one goroutine counts for a statistic: ratios over annotators, and the fields that the
// statistic registers when it is made. These are merged, written and read without the statistic's help.
type Counts struct {
	*stat.Ratios
	parts    []part
	fields   []func(*partial.Columns) // of the table sums, which has one row
	tables   []func(*partial.Visitor)
	excluded []exclusion
}

// A part is a pointer to a field, with the function that adds the same field of another goroutine.
type part struct {
	at    any
	merge func(from any)
}

// An exclusion is a number of units that a statistic leaves out.
type exclusion struct {
	n          *int64
	reason, of string
}

// Numbers registers numbers, which are merged by addition. names has a name for each.
func (c *Counts) Numbers(names string, numbers ...*int64) {
	for i, name := range split(names, len(numbers)) {
		c.number(name, numbers[i])
	}
}

func (c *Counts) number(name string, n *int64) {
	c.parts = append(c.parts, part{n, func(from any) { *n += *from.(*int64) }})
	c.fields = append(c.fields, func(to *partial.Columns) { to.Int(name, n) })
}

// split returns the n names that a text has.
func split(names string, n int) []string {
	list := strings.Fields(names)
	if len(list) != n {
		panic(fmt.Sprintf("analysis: %d names for %d parts: %s", len(list), n, names))
	}
	return list
}

// Excludes registers and reports a number of units that the statistic leaves out.
func (c *Counts) Excludes(n *int64, reason, of string) {
	c.number("excluded: "+reason+" ("+of+")", n)
	c.excluded = append(c.excluded, exclusion{n, reason, of})
}

// Lists registers lists of numbers whose order does not matter. names has a name for each.
func Lists[T ~int32 | ~int64 | ~float64](c *Counts, names string, lists ...*[]T) {
	for i, name := range split(names, len(lists)) {
		l := lists[i]
		c.joins(l, func(from any) { *l = append(*l, *from.(*[]T)...) })
		c.fields = append(c.fields, func(to *partial.Columns) { partial.Bag(to, name, l) })
	}
}

func (c *Counts) joins(at any, merge func(from any)) { c.parts = append(c.parts, part{at, merge}) }

// Tallies registers lists of numbers that are added up by their place. Lists may differ in length.
func (c *Counts) Tallies(names string, lists ...*[]int64) {
	for i, name := range split(names, len(lists)) {
		l := lists[i]
		c.joins(l, func(from any) {
			for k, n := range *from.(*[]int64) {
				*Place(l, k) += n
			}
		})
		c.fields = append(c.fields, func(to *partial.Columns) {
			n := len(*l)
			if partial.List(to, name, l); n > 0 {
				Place(l, n-1)
			}
		})
	}
}

// Place returns a place of a list, and makes the list longer if needed.
func Place[T any](list *[]T, i int) *T {
	for i >= len(*list) {
		var none T
		*list = append(*list, none)
	}
	return &(*list)[i]
}

// Rows registers a list of structs whose order does not matter. columns lists their fields.
func Rows[T any](c *Counts, name string, list *[]T, columns func(*T, *partial.Columns)) {
	c.joins(list, func(from any) { *list = append(*list, *from.(*[]T)...) })
	c.tables = append(c.tables, func(v *partial.Visitor) { partial.Rows(v, name, list, columns) })
}

// Keeps registers such a list that keep adds each element of another goroutine to, if it has to.
func Keeps[T any](c *Counts, name string, list *[]T, keep func(T), columns func(*T, *partial.Columns)) {
	c.joins(list, func(from any) {
		for _, x := range *from.(*[]T) {
			keep(x)
		}
	})
	c.tables = append(c.tables, func(v *partial.Visitor) { partial.Rows(v, name, list, columns) })
}

// Means registers means by the numbers of a kind.
func Means(c *Counts, name string, k partial.Kind, list *[]stat.Mean) {
	c.joins(list, func(from any) {
		for i, m := range *from.(*[]stat.Mean) {
			Place(list, i).Merge(&m)
		}
	})
	c.tables = append(c.tables, func(v *partial.Visitor) {
		partial.ByNumber(v, name, k, list, func(m *stat.Mean) bool { return m.N > 0 },
			func(m *stat.Mean, to *partial.Columns) { to.Mean("mean", m) })
	})
}

// Map registers a map. merge adds an entry of another goroutine, and columns lists the fields of a key and its value.
func Map[K comparable, V any](c *Counts, name string, m *map[K]V, merge func(to *V, from V), columns func(*K, *V, *partial.Columns)) {
	c.joins(m, func(from any) {
		for k, v := range *from.(*map[K]V) {
			to := (*m)[k]
			merge(&to, v)
			(*m)[k] = to
		}
	})
	c.tables = append(c.tables, func(v *partial.Visitor) { partial.Map(v, name, m, columns) })
}

// A mergeable part adds another one, and lists its columns.
type mergeable[T any] interface {
	Merge(T)
}

// Merges registers parts that have a Merge method. names has a name for each.
func Merges[T mergeable[T]](c *Counts, names string, parts ...T) {
	for i, name := range split(names, len(parts)) {
		p := parts[i]
		c.joins(p, func(from any) { p.Merge(from.(T)) })
		c.fields = append(c.fields, columnsOf(name, p))
	}
}

// columnsOf returns the function that visits a part. A part of another package is known here.
func columnsOf(name string, p any) func(*partial.Columns) {
	switch p := p.(type) {
	case interface {
		columns(string, *partial.Columns)
	}:
		return func(c *partial.Columns) { p.columns(name, c) }
	case *plane.Grid:
		return func(c *partial.Columns) { c.Grid(name, p) }
	case *stat.Mean:
		return func(c *partial.Columns) { c.Mean(name, p) }
	case *stat.LogHistogram:
		return func(c *partial.Columns) { c.LogHistogram(name, p) }
	}
	panic(fmt.Sprintf("analysis: %s of the type %T has no columns", name, p))
}

// merge adds the counts of another goroutine, except the ratios, which all statistics share.
func (c *Counts) merge(o *Counts) {
	for i, p := range c.parts {
		p.merge(o.parts[i].at)
	}
}

// visit visits what is registered, except the ratios.
func (c *Counts) visit(v *partial.Visitor) {
	if len(c.fields) > 0 {
		partial.One(v, "sums", func(to *partial.Columns) {
			for _, field := range c.fields {
				field(to)
			}
		})
	}
	for _, table := range c.tables {
		table(v)
	}
}

// report adds the exclusions to a result.
func (c *Counts) report(r *result.Statistic) {
	for _, x := range c.excluded {
		r.Exclude(x.reason, x.of, *x.n)
	}
}
