package stat

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/optimize"
)

// A BetaBinomial is a model of annotators: each has a separate accuracy, drawn from a beta
// distribution that is fitted to all of them. An annotator with 5 images is then not the best of
// 1,700 for having hit them all: its accuracy is drawn towards that of the others (partial pooling).
type BetaBinomial struct {
	Alpha, Beta float64 // of the beta distribution; NaN: it cannot be fitted
	N           int64   // annotators that it is fitted to
}

// A Tally is how often an annotator could be judged, and was right.
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

// Minus returns a tally without a part of it.
func (t Tally) Minus(part Tally) Tally { return Tally{t.Hits - part.Hits, t.N - part.N} }

// total returns the sum of the tallies and how many of them are not empty.
func total(all []Tally) (sum Tally, annotators int64) {
	for _, t := range all {
		if t.N > 0 {
			sum = sum.Plus(t)
			annotators++
		}
	}
	return sum, annotators
}

// fittable reports whether the annotators of a sum of tallies can differ as far as it shows.
func (t Tally) fittable(annotators int64) bool { return annotators >= 2 && t.Hits > 0 && t.Hits < t.N }

// FitPool returns the model of the greatest likelihood of the annotators' hits. Its sums are taken
// annotator by annotator, so their last digits depend on the order of all; FitCounts has the same
// model from sums that do not.
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

// minimise returns the model with the least −log likelihood, from a first guess of α and β. minus
// adds the −log likelihood of α and β to a start.
func minimise(annotators int64, alpha, beta float64, minus func(start, a, b float64) float64) BetaBinomial {
	fit, err := optimize.Minimize(optimize.Problem{Func: func(at []float64) float64 {
		// Beyond 1e6 the annotators do not differ, and the likelihood is flat.
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

// Mean returns the expected accuracy of an annotator of whom so much is known: (α + k) / (α + β + n).
func (p BetaBinomial) Mean(t Tally) float64 {
	return (p.Alpha + float64(t.Hits)) / (p.Alpha + p.Beta + float64(t.N))
}

// A Posterior is an annotator's accuracy in the model, and its central 95 % interval.
type Posterior struct{ Mean, Low, High Number }

// Posterior returns Beta(α + k, β + n − k). It is NaN without a fit.
func (p BetaBinomial) Posterior(t Tally) Posterior {
	if math.IsNaN(p.Alpha) {
		nan := Number(math.NaN())
		return Posterior{nan, nan, nan}
	}
	a, b := p.Alpha+float64(t.Hits), p.Beta+float64(t.N-t.Hits)
	low, high := mathext.InvRegIncBeta(a, b, (1-Level)/2), mathext.InvRegIncBeta(a, b, (1+Level)/2)
	return Posterior{Number(a / (a + b)), Number(low), Number(high)}
}

// Ranks returns the places of annotators by posterior mean, 1 the best, 0 for those without a click
// that can be judged. Equal means share a place.
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
