package pass

import (
	"abtool/analysis/result"
	"abtool/byproduct"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// A Check is one kind of doubt about the data: how many of which rows or points are affected.
type Check struct {
	Name, Title string
	Of          string // what is checked
	Where       string // a query that lists what is affected, for abtool sql
	faults, n   int64
}

// See counts a row or point to which the check applies.
func (c *Check) See(fails bool) { c.SeeAll(stat.One(fails), 1) }

// SeeAll counts n of them, of which some fail.
func (c *Check) SeeAll(faults, n int64) {
	c.faults += faults
	c.n += n
}

// SeePoints counts the points outside of the image, of those with a place, those without a place, and those
// without a time.
func SeePoints(p byproduct.Points, outside, nowhere, timeless *Check) {
	for i, t := range p.T {
		placed := p.Valid(i)
		timeless.See(t == columnar.Null)
		nowhere.See(!placed)
		if placed {
			outside.See(!(p.X[i] >= 0 && p.X[i] <= 1 && p.Y[i] >= 0 && p.Y[i] <= 1))
		}
	}
}

// Checks are the checks of a data set, whose rows are of type T.
type Checks[T any] struct {
	all   []*Check
	tests []func(row T)
}

// Add adds a check that the caller counts for.
func (c *Checks[T]) Add(check Check) *Check {
	c.all = append(c.all, &check)
	return &check
}

// Each adds what is done for each row.
func (c *Checks[T]) Each(test func(row T)) { c.tests = append(c.tests, test) }

// Row adds a check of each row: whether it applies, and whether it fails.
func (c *Checks[T]) Row(check Check, test func(row T) (applies, fails bool)) {
	at := c.Add(check)
	c.Each(func(row T) {
		if applies, fails := test(row); applies {
			at.See(fails)
		}
	})
}

// See makes the checks of each row.
func (c *Checks[T]) See(row T) {
	for _, test := range c.tests {
		test(row)
	}
}

// Merge adds what another goroutine counted.
func (c *Checks[T]) Merge(o *Checks[T]) {
	for i, from := range o.all {
		c.all[i].SeeAll(from.faults, from.n)
	}
}

// Report adds a value for each check, and the table of all.
func (c *Checks[T]) Report(r *result.Statistic) {
	t := result.Table{Name: "checks", Title: "What is doubtful in the data, and where it is", Columns: result.Header{
		{"check", "", "name of the check"}, {"meaning", "", "what is doubtful"}, {"count", "count", "affected"},
		{"n", "count", "checked"}, {"of", "", "what is counted"}, {"share", result.UnitShare, "count / n"},
		{"where", "", "the query that lists them: abtool sql STORE \"…\""},
	}.Columns()}
	for _, x := range c.all {
		r.Add(result.CountOf(x.Name, x.Title, x.Of, x.faults, x.n))
		t.Rows = append(t.Rows, []any{x.Name, x.Title, x.faults, x.n, x.Of, stat.Share(x.faults, x.n), x.Where})
	}
	r.Tables = append(r.Tables, t)
}
