package result

import (
	"slices"

	"abtool/internal/stat"
)

// tableQuantiles are the quantiles in tables of quantiles.
var tableQuantiles = []float64{0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1}

// Quantiles sorts values and returns their quantiles 0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99 and
// 1, which are undefined without values.
func Quantiles[T int64 | int32 | float64](values []T) []stat.Number {
	slices.Sort(values)
	var out []stat.Number
	for _, q := range tableQuantiles {
		out = append(out, stat.Number(stat.Quantile(values, q)))
	}
	return out
}

// QuantileTable returns a table of quantiles with a column for q, then one for each list of quantiles.
func QuantileTable(title string, columns []Column, lists ...[]stat.Number) Table {
	t := Table{Name: "quantile", Title: title,
		Columns: Header{{"q", UnitShare, "share of the units below the quantile"}}.Columns()}
	t.Columns = append(t.Columns, columns...)
	for i, q := range tableQuantiles {
		row := []any{stat.Number(q)}
		for _, list := range lists {
			row = append(row, list[i])
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
