package analysis

import (
	"math"
	"slices"

	"abtool/internal/stat"
)

// Bins of a logHistogram: eight in a factor of ten, from 1 to 10⁶.
const (
	logBins      = 48
	logPerDecade = 8
)

// logEdges are the edges of the bins, rounded to three digits.
var logEdges = func() (edges [logBins + 1]float64) {
	for k := range edges {
		v := math.Pow(10, float64(k)/logPerDecade)
		unit := math.Pow(10, math.Floor(math.Log10(v)+1e-9)-2)
		edges[k] = math.Round(v/unit) * unit
	}
	return edges
}()

// A logHistogram counts positive values in bins that grow.
type logHistogram struct {
	counts       [logBins]int64
	below, above int64
}

func (h *logHistogram) add(v float64) {
	switch {
	case v < logEdges[0]:
		h.below++
	case v >= logEdges[logBins]:
		h.above++
	default:
		k, found := slices.BinarySearch(logEdges[:], v)
		if !found {
			k--
		}
		h.counts[k]++
	}
}

func (h *logHistogram) merge(o *logHistogram) {
	for k := range h.counts {
		h.counts[k] += o.counts[k]
	}
	h.below += o.below
	h.above += o.above
}

// logTable has the bins from the first to the last that is not empty; the outer ones also have what
// is beyond.
func logTable(h *logHistogram, name, title, unit, of string) Table {
	t := Table{Name: name, Title: title, Columns: Header{{"from", unit, "lower edge, included"}, {"to", unit, "upper edge"}, {"n", "count", of}}.Columns()}
	first, last := 0, logBins-1
	for first < logBins && h.counts[first] == 0 {
		first++
	}
	for last > first && h.counts[last] == 0 {
		last--
	}
	if h.below > 0 {
		t.Rows = append(t.Rows, []any{stat.Number(0), stat.Number(logEdges[0]), h.below})
		first = 0
	}
	if h.above > 0 {
		last = logBins - 1
	}
	for k := first; k <= last && k < logBins; k++ {
		t.Rows = append(t.Rows, []any{stat.Number(logEdges[k]), stat.Number(logEdges[k+1]), h.counts[k]})
	}
	if h.above > 0 {
		t.Rows = append(t.Rows, []any{stat.Number(logEdges[logBins]), nil, h.above})
	}
	return t
}
