package pass

import (
	"abtool/analysis/result"
	"abtool/internal/stat"
)

// A Check is one kind of doubt about the data: how many of which rows or points are affected.
type Check struct {
	Name, Title string
	Of          string // what is checked
	Where       string // a query that lists what is affected, for abtool sql
	Faults, N   int64
}

// See counts a row or point to which the check applies.
func (c *Check) See(fails bool) {
	c.N++
	if fails {
		c.Faults++
	}
}

// ChecksTable returns the table of checks.
func ChecksTable(checks []*Check) result.Table {
	t := result.Table{Name: "checks", Title: "What is doubtful in the data, and where it is", Columns: result.Header{
		{"check", "", "name of the check"}, {"meaning", "", "what is doubtful"}, {"count", "count", "affected"}, {"n", "count", "checked"}, {"of", "", "what is counted"},
		{"share", result.UnitShare, "count / n"}, {"where", "", "the query that lists them: abtool sql STORE \"…\""},
	}.Columns()}
	for _, c := range checks {
		t.Rows = append(t.Rows, []any{c.Name, c.Title, c.Faults, c.N, c.Of, stat.Share(c.Faults, c.N), c.Where})
	}
	return t
}

// CheckValues returns the counts of checks.
func CheckValues(checks []*Check) (out []result.Value) {
	for _, c := range checks {
		out = append(out, result.CountOf(c.Name, c.Title, c.Of, c.Faults, c.N))
	}
	return out
}

// MergeChecks adds what another goroutine counted.
func MergeChecks(to, from []*Check) {
	for i := range to {
		to[i].Faults += from[i].Faults
		to[i].N += from[i].N
	}
}
