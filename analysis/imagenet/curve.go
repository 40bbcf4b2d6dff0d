package imagenet

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/stat"
)

// curve returns a table of n accuracies by a key that counts from 0.
func curve(s pass.Sampled, name, title, key, keyTitle string, id stat.RatioID, n int) result.Table {
	t := result.Table{Name: name, Title: title, Columns: result.Header{
		{key, "", keyTitle}, {"n", "count", "clicks or samples"}, {"hits", "count", "clicks or samples in a box"},
		{"accuracy", result.UnitShare, "hits / n"},
		{"low", result.UnitShare, "95 % interval (bootstrap)"},
		{"high", result.UnitShare, "95 % interval (bootstrap)"},
	}.Columns()}
	for k := range n {
		t.Rows = append(t.Rows, append([]any{int64(k)}, s.Cells(id+stat.RatioID(k))...))
	}
	return t
}
