package analysis

import "abtool/internal/stat"

// A check is one kind of doubt about the data: how many of which rows or points are affected.
type check struct {
	name, title string
	of          string // what is checked
	where       string // a query that lists what is affected, for abtool sql
	faults, n   int64
}

// checksTable is the table of checks.
func checksTable(checks []*check) Table {
	t := Table{Name: "checks", Title: "What is doubtful in the data, and where it is", Columns: Header{
		{"check", "", "name of the check"}, {"meaning", "", "what is doubtful"}, {"count", "count", "affected"}, {"n", "count", "checked"}, {"of", "", "what is counted"},
		{"share", unitShare, "count / n"}, {"where", "", "the query that lists them: abtool sql STORE \"…\""},
	}.Columns()}
	for _, c := range checks {
		t.Rows = append(t.Rows, []any{c.name, c.title, c.faults, c.n, c.of, stat.Share(c.faults, c.n), c.where})
	}
	return t
}

// values are the counts of checks.
func checkValues(checks []*check) (out []Value) {
	for _, c := range checks {
		out = append(out, countOf(c.name, c.title, c.of, c.faults, c.n))
	}
	return out
}

func mergeChecks(to, from []*check) {
	for i := range to {
		to[i].faults += from[i].faults
		to[i].n += from[i].n
	}
}
