package stat

import (
	"math"
	"testing"
)

// The ends of Wilson's interval are the values of p that the score test just rejects.
func TestWilson(t *testing.T) {
	for _, c := range []struct{ k, n int64 }{{0, 10}, {10, 10}, {3, 17}, {829, 1000}, {1, 1}} {
		i := Wilson(c.k, c.n)
		p := float64(c.k) / float64(c.n)
		for _, end := range []float64{i.Low, i.High} {
			if end == 0 || end == 1 {
				continue
			}
			if z := math.Abs(p-end) / math.Sqrt(end*(1-end)/float64(c.n)); !close9(z, Z95) {
				t.Errorf("Wilson(%d, %d): the score test at its end %v has z = %v, want ±1.96", c.k, c.n, end, z)
			}
		}
		if c.k == 0 && i.Low != 0 || c.k == c.n && i.High != 1 {
			t.Errorf("%d of %d: %v", c.k, c.n, *i)
		}
	}
	if Wilson(0, 0) != nil {
		t.Error("Wilson(0, 0) is not nil")
	}
}
