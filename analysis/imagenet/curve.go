package imagenet

import (
	"abtool/analysis/result"
	"abtool/internal/stat"
)

// curve is a table of ratios that follow each other, by a number from 0.
func (e *engine) curve(name, title, key, keyTitle string, id stat.RatioID, n int) result.Table {
	t := result.Table{Name: name, Title: title, Columns: curveColumns(key, keyTitle)}
	for k := range n {
		total := e.Ratios.Total(id + stat.RatioID(k))
		low, high := result.Bounds(e.Boot.Interval(id + stat.RatioID(k)))
		t.Rows = append(t.Rows, []any{int64(k), total.Den, total.Count(), total.Value(), low, high})
	}
	return t
}

// curveColumns are those of a table of accuracies by a key.
func curveColumns(key, title string) []result.Column {
	return result.Header{
		{key, "", title}, {"n", "count", "units"}, {"hits", "count", "of them, in a box"}, {"accuracy", result.UnitShare, "hits / n"},
		{"low", result.UnitShare, "95 % interval (bootstrap)"}, {"high", result.UnitShare, "95 % interval (bootstrap)"},
	}.Columns()
}
