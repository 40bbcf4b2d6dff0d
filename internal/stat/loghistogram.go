package stat

import (
	"math"
	"slices"
)

// Bins of a LogHistogram: eight for each factor of ten, from 1 to 10⁶.
const (
	LogBins      = 48
	logPerDecade = 8
)

// LogEdges has the edges of the bins, rounded to three digits.
var LogEdges = func() (edges [LogBins + 1]float64) {
	for k := range edges {
		v := math.Pow(10, float64(k)/logPerDecade)
		unit := math.Pow(10, math.Floor(math.Log10(v)+1e-9)-2)
		edges[k] = math.Round(v/unit) * unit
	}
	return edges
}()

// A LogHistogram counts positive values in bins whose width grows with the value.
type LogHistogram struct {
	Counts       [LogBins]int64
	Below, Above int64
}

// Add counts a value.
func (h *LogHistogram) Add(v float64) {
	switch {
	case v < LogEdges[0]:
		h.Below++
	case v >= LogEdges[LogBins]:
		h.Above++
	default:
		k, found := slices.BinarySearch(LogEdges[:], v)
		if !found {
			k--
		}
		h.Counts[k]++
	}
}

// Merge adds the counts of another histogram.
func (h *LogHistogram) Merge(o *LogHistogram) {
	for k := range h.Counts {
		h.Counts[k] += o.Counts[k]
	}
	h.Below += o.Below
	h.Above += o.Above
}
