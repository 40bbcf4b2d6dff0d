package result

import "abtool/internal/stat"

// LogTable returns a table of the bins from the first to the last that is not empty. Values beyond the bins
// have a row before the first or after the last.
func LogTable(h *stat.LogHistogram, name, title, unit, of string) Table {
	t := Table{Name: name, Title: title, Columns: Header{{"from", unit, "lower edge, included"},
		{"to", unit, "upper edge"}, {"n", "count", of}}.Columns()}
	first, last := 0, stat.LogBins-1
	for first < stat.LogBins && h.Counts[first] == 0 {
		first++
	}
	for last > first && h.Counts[last] == 0 {
		last--
	}
	if h.Below > 0 {
		t.Rows = append(t.Rows, []any{stat.Number(0), stat.Number(stat.LogEdges[0]), h.Below})
		first = 0
	}
	if h.Above > 0 {
		last = stat.LogBins - 1
	}
	for k := first; k <= last && k < stat.LogBins; k++ {
		t.Rows = append(t.Rows, []any{stat.Number(stat.LogEdges[k]), stat.Number(stat.LogEdges[k+1]), h.Counts[k]})
	}
	if h.Above > 0 {
		t.Rows = append(t.Rows, []any{stat.Number(stat.LogEdges[stat.LogBins]), nil, h.Above})
	}
	return t
}

// A Histogram counts points on a grid: Counts[row][column], row 0 on top.
type Histogram struct {
	Name    string     `json:"name"`
	Title   string     `json:"title"`
	X       [2]float64 `json:"x"` // left and right edge
	Y       [2]float64 `json:"y"` // upper and lower edge: y points down
	Counts  [][]int64  `json:"counts"`
	Outside int64      `json:"outside"` // points outside of all cells
	Of      string     `json:"of"`
}

// Total returns the number of points in cells.
func (h *Histogram) Total() (n int64) {
	for _, row := range h.Counts {
		for _, c := range row {
			n += c
		}
	}
	return n
}
