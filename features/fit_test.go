package features

import (
	"math"
	"math/rand/v2"
	"testing"
)

// likelihood is the beta-binomial log-likelihood as textbooks write it.
func likelihood(all []tally, a, b float64) (sum float64) {
	lbeta := func(a, b float64) float64 {
		x, _ := math.Lgamma(a)
		y, _ := math.Lgamma(b)
		z, _ := math.Lgamma(a + b)
		return x + y - z
	}
	for _, t := range all {
		sum += lbeta(a+float64(t.hits), b+float64(t.n-t.hits)) - lbeta(a, b)
	}
	return sum
}

// The fit is a maximum of the likelihood, and near what the data were drawn from.
func TestFitBetaBinomial(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var all []tally
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
		n := int32(20 + r.IntN(200))
		x := tally{n: n}
		for range n {
			if r.Float64() < second {
				x.hits++
			}
		}
		all = append(all, x)
	}
	f := fitBetaBinomial(all)
	best := likelihood(all, f.alpha, f.beta)
	for _, d := range [][2]float64{{1.02, 1}, {0.98, 1}, {1, 1.02}, {1, 0.98}, {1.02, 1.02}, {0.98, 0.98}, {1.05, 0.95}} {
		if l := likelihood(all, f.alpha*d[0], f.beta*d[1]); l > best {
			t.Errorf("(%v, %v) has the likelihood %v, and %v is better by %v", f.alpha, f.beta, best, d, l-best)
		}
	}
	if math.Abs(f.alpha-8) > 1.5 || math.Abs(f.beta-2) > 0.4 {
		t.Errorf("fitted (%v, %v), drawn from (8, 2)", f.alpha, f.beta)
	}
	if m := f.mean(tally{3, 10}); math.Abs(m-(f.alpha+3)/(f.alpha+f.beta+10)) > 1e-15 {
		t.Errorf("mean %v", m)
	}
	for _, none := range [][]tally{nil, {{3, 4}}, {{0, 5}, {0, 9}}, {{5, 5}, {2, 2}}} {
		if f := fitBetaBinomial(none); f.alpha == f.alpha {
			t.Errorf("%v can be fitted: %v", none, f)
		}
	}
}
