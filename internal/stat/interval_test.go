package stat

import (
	"math"
	"testing"
)

// Wilson's interval by hand: its ends are where the score test of p just rejects.
func TestWilson(t *testing.T) {
	for _, c := range []struct{ k, n int64 }{{0, 10}, {10, 10}, {3, 17}, {829, 1000}, {1, 1}} {
		i := Wilson(c.k, c.n)
		p := float64(c.k) / float64(c.n)
		for _, end := range []float64{i.Low, i.High} {
			if end == 0 || end == 1 {
				continue
			}
			if z := math.Abs(p-end) / math.Sqrt(end*(1-end)/float64(c.n)); !close9(z, Z95) {
				t.Errorf("%d of %d: z of the end %v is %v", c.k, c.n, end, z)
			}
		}
		if c.k == 0 && i.Low != 0 || c.k == c.n && i.High != 1 {
			t.Errorf("%d of %d: %v", c.k, c.n, *i)
		}
	}
	if Wilson(0, 0) != nil {
		t.Error("an interval of nothing")
	}
}
