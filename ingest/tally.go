package ingest

import (
	"cmp"
	"slices"

	"abtool/store"
)

// tally counts rejects by field and reason.
type tally map[[2]string]int64

// counts returns the counts, the largest first.
func (t tally) counts() []store.Count {
	out := make([]store.Count, 0, len(t))
	for k, n := range t {
		out = append(out, store.Count{Field: k[0], Reason: k[1], Count: n})
	}
	slices.SortFunc(out, func(a, b store.Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Field, b.Field), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}

// column returns a field without the index in its list, for example mouseTracking.x for mouseTracking[3].x.
func column(field string) string {
	var b []byte
	in := false
	for i := range len(field) {
		switch field[i] {
		case '[':
			in = true
		case ']':
			in = false
		default:
			if !in {
				b = append(b, field[i])
			}
		}
	}
	return string(b)
}
