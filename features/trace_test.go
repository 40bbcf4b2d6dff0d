package features

import (
	"math"
	"testing"

	"abtool/byproduct"
)

// The hull is of all samples since entering, also where several have one time, as those of data in whole
// seconds do.
func TestHullOfOneTime(t *testing.T) {
	tr := trace{cx: 0.2, cy: 0.3}
	tr.of(byproduct.Points{T: []int64{4, 5, 5, 5}, X: []float64{0.9, 0.1, 0.3, 0.2}, Y: []float64{0.9, 0.2, 0.2, 0.6}}, 5, 5)
	for n, want := range map[int][4]float64{0: {0.1, 0.2, 0.3, 0.6}, 2: {0.2, 0.2, 0.3, 0.6}, 1: {0.2, 0.3, 0.2, 0.6}} {
		var s Signals
		var h hulls
		if h.add(&s, &tr, n); s.Hull != want {
			t.Errorf("of %d samples: %v, want %v", n, s.Hull, want)
		}
		if n == 0 && math.Abs(s.HullArea-0.04) > 1e-15 {
			t.Errorf("area %v", s.HullArea)
		}
	}
}
