package stat

import (
	"math"
	"testing"
)

// Resample draws each group as often as it has observations, and the same for the same sizes.
func TestResample(t *testing.T) {
	sizes := []int{3, 5}
	sums := func() (first []float64) {
		return Resample(50, sizes, func(times []int32) float64 {
			a, b := int32(0), int32(0)
			for i, n := range times {
				if i < 3 {
					a += n
				} else {
					b += n
				}
			}
			if a != 3 || b != 5 {
				t.Errorf("drew %d and %d, want 3 and 5", a, b)
			}
			return float64(times[0])
		})
	}
	a, b := sums(), sums()
	different := false
	for i := range a {
		if a[i] != b[i] {
			t.Fatal("two calls draw differently")
		}
		different = different || a[i] != a[0]
	}
	if !different {
		t.Error("every sample draws the same")
	}
}

// The bootstrap of a mean has its standard error, and an interval of 1.96 of them around the value.
func TestSpread(t *testing.T) {
	const n = 400
	samples := Resample(2000, []int{n}, func(times []int32) float64 {
		sum := 0.0
		for i, k := range times {
			sum += float64(k) * float64(i%2)
		}
		return sum / n
	})
	se := math.Sqrt(0.25 / n)
	if got := StandardDeviation(samples); math.Abs(got-se) > 0.05*se {
		t.Errorf("standard error %v, want %v", got, se)
	}
	i := Spread(0.6, samples, 0, 1)
	if math.Abs(i.Low-(0.6-Z95*se)) > 0.2*se || math.Abs(i.High-(0.6+Z95*se)) > 0.2*se {
		t.Errorf("interval %v, want 0.6 ± %v", *i, Z95*se)
	}
	if i := Spread(1, samples, 0, 1); i.High != 1 {
		t.Errorf("interval %v goes beyond 1", *i)
	}
	if Spread(1, []float64{math.NaN(), 1}, 0, 1) != nil {
		t.Error("one sample has an interval")
	}
}

func TestMeanAveragePrecision(t *testing.T) {
	positive := []bool{true, false, true, false}
	a := Rank([]float32{.9, .8, .7, .6}, positive)
	none := Rank([]float32{1, 2, 3, 4}, make([]bool, 4))
	all := Rank([]float32{1, 1, 1, 1}, positive)
	if got, want := MeanAveragePrecision([]*Ranking{a, none, all}, nil), (5./6+0.5)/2; math.Abs(got-want) > 1e-15 {
		t.Errorf("%v, want %v", got, want)
	}
	if got := MeanAveragePrecision([]*Ranking{none}, nil); !math.IsNaN(got) {
		t.Errorf("without positive observations: %v", got)
	}
}

// Samples that are all equal have no spread, whatever the rounding of their sum.
func TestSpreadOfEqual(t *testing.T) {
	s := Sampled{Value: 0.1, Samples: make([]float64, 1000)}
	for i := range s.Samples {
		s.Samples[i] = 0.1
	}
	if i := s.Interval(0, 1); s.SE() != 0 || i.Low != 0.1 || i.High != 0.1 {
		t.Errorf("standard error %v, interval %+v", s.SE(), i)
	}
	if d := s.Minus(s); d.Value != 0 || d.SE() != 0 || len(d.Samples) != 1000 {
		t.Errorf("minus itself: %v, %v", d.Value, d.SE())
	}
	if none := (Sampled{Value: 1}); none.Interval(0, 1) != nil || !math.IsNaN(none.SE()) {
		t.Errorf("without samples, an interval of %+v and a standard error of %v", none.Interval(0, 1), none.SE())
	}
}
