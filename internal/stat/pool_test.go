package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The beta-binomial fit finds the distribution that annotators were drawn from.
func TestPool(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const alpha, beta = 24.0, 6.0
	gamma := func(shape int) (g float64) {
		for range shape {
			g -= math.Log(rng.Float64())
		}
		return g
	}
	var all []Tally
	for range 3000 {
		x, y := gamma(alpha), gamma(beta)
		p := x / (x + y)
		tr := Tally{N: int64(5 + rng.IntN(60))}
		for range tr.N {
			if rng.Float64() < p {
				tr.Hits++
			}
		}
		all = append(all, tr)
	}
	fit := FitPool(all)
	if math.Abs(fit.Alpha/(fit.Alpha+fit.Beta)-0.8) > 0.01 || math.Abs(fit.Alpha+fit.Beta-30) > 6 {
		t.Errorf("the fit is α %v, β %v", fit.Alpha, fit.Beta)
	}
	lucky, good := Tally{5, 5}, Tally{190, 200}
	ranks := fit.Ranks([]Tally{lucky, good, {}, good})
	if !slices.Equal(ranks, []int64{3, 1, 0, 1}) {
		t.Errorf("ranks %v: an annotator with five hits of five must not be the best", ranks)
	}
	post := fit.Posterior(lucky)
	if !(post.Mean > 0.8 && post.Mean < 0.9 && post.Low < post.Mean && post.Mean < post.High) {
		t.Errorf("the posterior of five hits of five is %v, want a mean between 0.8 and 0.9, inside its interval", post)
	}
	if f := FitPool([]Tally{{3, 3}, {4, 4}}); !math.IsNaN(f.Alpha) || f.Ranks([]Tally{{3, 3}})[0] != 0 {
		t.Error("FitPool fits annotators who have only hits")
	}
}
