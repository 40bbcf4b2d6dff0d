package stat

import (
	"math"
	"testing"
)

func TestQuantile(t *testing.T) {
	v := []float64{1, 2, 4, 8}
	for q, want := range map[float64]float64{0: 1, 1: 8, 0.5: 3, 0.25: 1.75, 0.9: 6.8} {
		if have := Quantile(v, q); !close9(have, want) {
			t.Errorf("the %v quantile is %v, want %v", q, have, want)
		}
	}
	if !math.IsNaN(Quantile([]int64(nil), 0.5)) {
		t.Error("the median of no values is not NaN")
	}
	mean, std, skew := Moments([]float64{0, 0, 0, 4})
	if mean != 1 || !close9(std, math.Sqrt(3)) || !close9(skew, 6/math.Pow(3, 1.5)) {
		t.Errorf("mean %v, std %v, skew %v", mean, std, skew)
	}
	// Added up, three tenths are not three times a tenth: equal values still have no spread.
	if mean, std, skew := Moments([]float64{0.1, 0.1, 0.1}); mean != 0.1 || std != 0 || !math.IsNaN(skew) {
		t.Errorf("of equal values: mean %v, std %v, skew %v", mean, std, skew)
	}
}
