package coco

import (
	"math"
	"testing"
)

// Classes are binned by size.
func TestSizeBin(t *testing.T) {
	// Edges are the doubles of .2², a little above .04, and so on.
	for edge, want := range map[float64]int{0: 0, 0.04: 0, 0.16: 1, 0.36: 3, 0.64: 3, 1: 4, 1.5: 4} {
		if have := sizeBin(edge); have != want {
			t.Errorf("size %v is in bin %d, want %d", edge, have, want)
		}
	}
	for k, e := range sizeEdges[:5] {
		if sizeBin(e) != k || k > 0 && sizeBin(math.Nextafter(e, 0)) != k-1 {
			t.Errorf("the edge %v of bin %d", e, k)
		}
	}
}
