package analysis

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/optimize"
)

// A pool is a beta-binomial model of annotators: each has an accuracy of its own, drawn from a
// beta distribution, which is fitted to all of them. An annotator with 5 images is then not the
// best of 1,700 for having hit them all: its accuracy is drawn towards that of the others
// (partial pooling).
type pool struct {
	alpha, beta float64 // of the beta distribution; NaN: it cannot be fitted
	n           int64   // annotators that it is fitted to
}

// A trial is the hits of an annotator among n clicks that can be judged.
type trial struct{ hits, n int64 }

// fitPool maximises the likelihood of the hits of annotators over α and β. Those without a click
// that can be judged are left out.
func fitPool(all []trial) pool {
	var k, n []float64
	var hits, total float64
	for _, p := range all {
		if p.n > 0 {
			k, n = append(k, float64(p.hits)), append(n, float64(p.n))
			hits, total = hits+float64(p.hits), total+float64(p.n)
		}
	}
	out := pool{math.NaN(), math.NaN(), int64(len(k))}
	if len(k) < 2 || hits == 0 || hits == total {
		return out
	}
	fit, err := optimize.Minimize(optimize.Problem{Func: func(at []float64) float64 {
		a, b := math.Exp(at[0]), math.Exp(at[1])
		// Beyond 1e6 the annotators do not differ, and the likelihood is flat.
		minus := math.Max(0, at[0]+at[1]-2*math.Log(1e6))
		for i := range k {
			minus -= logBeta(k[i]+a, n[i]-k[i]+b) - logBeta(a, b)
		}
		return minus
	}}, []float64{math.Log(20 * hits / total), math.Log(20 * (1 - hits/total))}, nil, &optimize.NelderMead{})
	if err == nil {
		out.alpha, out.beta = math.Exp(fit.X[0]), math.Exp(fit.X[1])
	}
	return out
}

func logBeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}

// pooled is an annotator's accuracy in the model.
type pooled struct{ mean, low, high Number }

// posterior is Beta(α + k, β + n − k): its mean and central 95 % interval.
func (p pool) posterior(t trial) pooled {
	if math.IsNaN(p.alpha) {
		nan := Number(math.NaN())
		return pooled{nan, nan, nan}
	}
	a, b := p.alpha+float64(t.hits), p.beta+float64(t.n-t.hits)
	return pooled{Number(a / (a + b)), Number(mathext.InvRegIncBeta(a, b, (1-Level)/2)), Number(mathext.InvRegIncBeta(a, b, (1+Level)/2))}
}

// ranks are the places of annotators by posterior mean, 1 the best, 0 for those without a click
// that can be judged. Equal means share a place.
func (p pool) ranks(all []trial) []int64 {
	ranks := make([]int64, len(all))
	var order []int
	for i, q := range all {
		if q.n > 0 && !math.IsNaN(p.alpha) {
			order = append(order, i)
		}
	}
	mean := func(i int) float64 {
		return (p.alpha + float64(all[i].hits)) / (p.alpha + p.beta + float64(all[i].n))
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch a, b := mean(i), mean(j); {
		case a > b:
			return -1
		case a < b:
			return 1
		}
		return 0
	})
	for place, i := range order {
		ranks[i] = int64(place + 1)
		if place > 0 && mean(order[place-1]) == mean(i) {
			ranks[i] = ranks[order[place-1]]
		}
	}
	return ranks
}

// poolValues describe the model; what is the measure, accuracy or precision.
func poolValues(p pool, what, of string) []Value {
	total := p.alpha + p.beta
	average := p.alpha / total
	return []Value{
		{Name: "pool_mean", Title: "mean " + what + " of annotators in the beta-binomial model", Value: Number(average), Unit: unitShare, N: p.n, Of: of},
		{Name: "pool_sd", Title: "standard deviation of " + what + " between annotators, chance taken out", Value: Number(math.Sqrt(average * (1 - average) / (total + 1))), Unit: unitShare, N: p.n, Of: of},
		{Name: "pool_size", Title: "α + β: how many units weigh as much as the others' " + what, Value: Number(total), Unit: "count", N: p.n, Of: of},
	}
}
