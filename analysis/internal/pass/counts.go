package pass

import (
	"abtool/analysis/result"
	"abtool/internal/stat"
)

// Counts has what one goroutine counts for a statistic: ratios over annotators, and the fields that the
// statistic registers when it is made. These are merged without the statistic's help.
type Counts struct {
	*stat.Ratios
	parts    []part
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

// Numbers registers numbers, which are merged by addition.
func (c *Counts) Numbers(numbers ...*int64) {
	for _, n := range numbers {
		c.parts = append(c.parts, part{n, func(from any) { *n += *from.(*int64) }})
	}
}

// Excludes registers and reports a number of units that the statistic leaves out.
func (c *Counts) Excludes(n *int64, reason, of string) {
	c.Numbers(n)
	c.excluded = append(c.excluded, exclusion{n, reason, of})
}

// Lists registers lists whose order does not matter.
func Lists[T any](c *Counts, lists ...*[]T) {
	for _, l := range lists {
		c.parts = append(c.parts, part{l, func(from any) { *l = append(*l, *from.(*[]T)...) }})
	}
}

// Merges registers parts that have a Merge method.
func Merges[T interface{ Merge(T) }](c *Counts, parts ...T) {
	for _, p := range parts {
		c.parts = append(c.parts, part{p, func(from any) { p.Merge(from.(T)) }})
	}
}

// merge adds the counts of another goroutine, except the ratios, which all statistics share.
func (c *Counts) merge(o *Counts) {
	for i, p := range c.parts {
		p.merge(o.parts[i].at)
	}
}

// report adds the exclusions to a result.
func (c *Counts) report(r *result.Statistic) {
	for _, x := range c.excluded {
		r.Exclude(x.reason, x.of, *x.n)
	}
}
