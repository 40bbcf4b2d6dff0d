package ingest

import (
	"cmp"
	"slices"

	"abtool/store"
)

// tally counts rejects by field and reason.
type tally map[[2]string]int64

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

// column is the field without the place in its list: mouseTracking[3].x gives mouseTracking.x.
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
