package stat

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/optimize"
)

// A BetaBinomial is a model of annotators. Each annotator has a separate accuracy, drawn from a beta
// distribution that is fitted to all annotators. An annotator who hit all of 5 images is then not ranked as
// the best of 1,700, because the estimate of such an annotator's accuracy is drawn towards the others'
// (partial pooling).
type BetaBinomial struct {
	Alpha, Beta float64 // parameters of the beta distribution; NaN if it cannot be fitted
	N           int64   // number of annotators that it is fitted to
}

// A Tally counts the images on which an annotator's click could be judged, and those on which it hit.
type Tally struct{ Hits, N int64 }

// Add counts a judgement.
func (t *Tally) Add(hit bool) {
	t.N++
	if hit {
		t.Hits++
	}
}

// Plus returns the sum of two tallies.
func (t Tally) Plus(o Tally) Tally { return Tally{t.Hits + o.Hits, t.N + o.N} }

// Minus returns a tally without one of its parts.
func (t Tally) Minus(part Tally) Tally { return Tally{t.Hits - part.Hits, t.N - part.N} }

// total returns the sum of the tallies and the number of tallies that are not empty.
func total(all []Tally) (sum Tally, annotators int64) {
	for _, t := range all {
		if t.N > 0 {
			sum = sum.Plus(t)
			annotators++
		}
	}
	return sum, annotators
}

// fittable reports whether a sum of tallies allows a fit: at least two annotators, and both hits and
// misses.
func (t Tally) fittable(annotators int64) bool { return annotators >= 2 && t.Hits > 0 && t.Hits < t.N }

// FitPool returns the model with the greatest likelihood of the annotators' hits. It sums annotator by
// annotator, so that the last digits depend on their order; FitCounts returns the same model from sums that
// do not.
func FitPool(all []Tally) BetaBinomial {
	sum, annotators := total(all)
	var k, n []float64
	for _, t := range all {
		if t.N > 0 {
			k, n = append(k, float64(t.Hits)), append(n, float64(t.N))
		}
	}
	if !sum.fittable(annotators) {
		return BetaBinomial{math.NaN(), math.NaN(), annotators}
	}
	hits, trials := float64(sum.Hits), float64(sum.N)
	return minimise(annotators, 20*hits/trials, 20*(1-hits/trials), func(minus, a, b float64) float64 {
		for i := range k {
			minus -= logBeta(k[i]+a, n[i]-k[i]+b) - logBeta(a, b)
		}
		return minus
	})
}

// minimise returns the model with the least −log likelihood, beginning with a first guess of α and β. minus
// returns start plus the −log likelihood of α and β.
func minimise(annotators int64, alpha, beta float64, minus func(start, a, b float64) float64) BetaBinomial {
	fit, err := optimize.Minimize(optimize.Problem{Func: func(at []float64) float64 {
		// Beyond α + β = 1e6 the annotators do not differ, and the likelihood is flat.
		return minus(max(0, at[0]+at[1]-2*math.Log(1e6)), math.Exp(at[0]), math.Exp(at[1]))
	}}, []float64{math.Log(alpha), math.Log(beta)}, nil, &optimize.NelderMead{})
	if err != nil {
		return BetaBinomial{math.NaN(), math.NaN(), annotators}
	}
	return BetaBinomial{math.Exp(fit.X[0]), math.Exp(fit.X[1]), annotators}
}

// logBeta returns log B(a, b).
func logBeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}

// Mean returns the expected accuracy (α + k) / (α + β + n) of an annotator with a tally of k hits in n.
func (p BetaBinomial) Mean(t Tally) float64 {
	return (p.Alpha + float64(t.Hits)) / (p.Alpha + p.Beta + float64(t.N))
}

// A Posterior is the accuracy of an annotator in the model, with its central 95 % interval.
type Posterior struct{ Mean, Low, High Number }

// Posterior returns the posterior Beta(α + k, β + n − k). It is NaN if the model could not be fitted.
func (p BetaBinomial) Posterior(t Tally) Posterior {
	if math.IsNaN(p.Alpha) {
		nan := Number(math.NaN())
		return Posterior{nan, nan, nan}
	}
	a, b := p.Alpha+float64(t.Hits), p.Beta+float64(t.N-t.Hits)
	low, high := mathext.InvRegIncBeta(a, b, (1-Level)/2), mathext.InvRegIncBeta(a, b, (1+Level)/2)
	return Posterior{Number(a / (a + b)), Number(low), Number(high)}
}

// Ranks returns the ranks of annotators by posterior mean: 1 is the best, and 0 means no click that can be
// judged. Annotators with equal means have the same rank.
func (p BetaBinomial) Ranks(all []Tally) []int64 {
	ranks := make([]int64, len(all))
	var order []int
	for i, q := range all {
		if q.N > 0 && !math.IsNaN(p.Alpha) {
			order = append(order, i)
		}
	}
	mean := func(i int) float64 { return p.Mean(all[i]) }
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(mean(j), mean(i)) })
	for place, i := range order {
		ranks[i] = int64(place + 1)
		if place > 0 && mean(order[place-1]) == mean(i) {
			ranks[i] = ranks[order[place-1]]
		}
	}
	return ranks
}
