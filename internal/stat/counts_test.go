package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

// likelihood returns the beta-binomial log-likelihood by the formula of textbooks.
func likelihood(all []Tally, a, b float64) (sum float64) {
	lbeta := func(a, b float64) float64 {
		x, _ := math.Lgamma(a)
		y, _ := math.Lgamma(b)
		z, _ := math.Lgamma(a + b)
		return x + y - z
	}
	for _, t := range all {
		sum += lbeta(a+float64(t.Hits), b+float64(t.N-t.Hits)) - lbeta(a, b)
	}
	return sum
}

// The fit maximises the likelihood, and is close to the distribution that the data were drawn from.
func TestFitBetaBinomial(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var all []Tally
	for range 400 {
		// Beta(8, 2) is the 8th of 9 uniform numbers in order.
		var u [9]float64
		for i := range u {
			u[i] = r.Float64()
		}
		high, second := 0.0, 0.0
		for _, v := range u {
			if v > high {
				high, second = v, high
			} else if v > second {
				second = v
			}
		}
		n := int64(20 + r.IntN(200))
		x := Tally{N: n}
		for range n {
			if r.Float64() < second {
				x.Hits++
			}
		}
		all = append(all, x)
	}
	f := FitCounts(all)
	best := likelihood(all, f.Alpha, f.Beta)
	for _, d := range [][2]float64{{1.02, 1}, {0.98, 1}, {1, 1.02}, {1, 0.98}, {1.02, 1.02},
		{0.98, 0.98}, {1.05, 0.95}} {
		if l := likelihood(all, f.Alpha*d[0], f.Beta*d[1]); l > best {
			t.Errorf("(%v, %v) has the likelihood %v, and %v is better by %v", f.Alpha, f.Beta, best, d, l-best)
		}
	}
	if math.Abs(f.Alpha-8) > 1.5 || math.Abs(f.Beta-2) > 0.4 {
		t.Errorf("fitted (%v, %v), drawn from (8, 2)", f.Alpha, f.Beta)
	}
	if m := f.Mean(Tally{3, 10}); math.Abs(m-(f.Alpha+3)/(f.Alpha+f.Beta+10)) > 1e-15 {
		t.Errorf("mean %v", m)
	}
	for _, none := range [][]Tally{nil, {{3, 4}}, {{0, 5}, {0, 9}}, {{5, 5}, {2, 2}}} {
		if f := FitCounts(none); f.Alpha == f.Alpha {
			t.Errorf("%v can be fitted: %v", none, f)
		}
	}
}
