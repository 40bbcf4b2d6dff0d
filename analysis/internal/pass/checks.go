package pass

import (
	"abtool/analysis/internal/partial"
	"abtool/analysis/result"
	"abtool/byproduct"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// A Check counts the rows or points that have one kind of problem.
type Check struct {
	Name, Title string
	Of          string // the units that are checked
	Where       string // a query for abtool sql that lists the affected units
	faults, n   int64
}

// See counts a row or point to which the check applies.
func (c *Check) See(fails bool) { c.SeeAll(stat.One(fails), 1) }

// SeeAll counts n rows or points, of which faults fail.
func (c *Check) SeeAll(faults, n int64) {
	c.faults += faults
	c.n += n
}

// SeePoints counts the points without a place, the points without a time, and, among those with a place, the
// points outside of the image.
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

// Add adds a check, whose units the caller counts.
func (c *Checks[T]) Add(check Check) *Check {
	c.all = append(c.all, &check)
	return &check
}

// Each adds a function that is called for each row.
func (c *Checks[T]) Each(test func(row T)) { c.tests = append(c.tests, test) }

// Row adds a check of each row. test reports whether the check applies to the row, and whether the row fails.
func (c *Checks[T]) Row(check Check, test func(row T) (applies, fails bool)) {
	at := c.Add(check)
	c.Each(func(row T) {
		if applies, fails := test(row); applies {
			at.See(fails)
		}
	})
}

// See runs the checks of a row.
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

func (c *Checks[T]) columns(_ string, to *partial.Columns) {
	for _, x := range c.all {
		to.Int(x.Name+".faults", &x.faults)
		to.Int(x.Name+".n", &x.n)
	}
}

// Report adds a value for each check, and a table of all checks.
func (c *Checks[T]) Report(r *result.Statistic) {
	t := result.Table{Name: "checks", Title: "Checks of the data, with a query for each", Columns: result.Header{
		{"check", "", "name of the check"}, {"meaning", "", "the problem that it looks for"},
		{"count", "count", "units with the problem"},
		{"n", "count", "units checked"}, {"of", "", "the units"}, {"share", result.UnitShare, "count / n"},
		{"where", "", "query that lists the affected units: abtool sql STORE \"…\""},
	}.Columns()}
	for _, x := range c.all {
		r.Add(result.CountOf(x.Name, x.Title, x.Of, x.faults, x.n))
		t.Rows = append(t.Rows, []any{x.Name, x.Title, x.faults, x.n, x.Of, stat.Share(x.faults, x.n), x.Where})
	}
	r.Tables = append(r.Tables, t)
}
