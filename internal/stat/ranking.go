package stat

import (
	"cmp"
	"math"
	"slices"
)

// A Ranking has observations in decreasing order of their scores. Observations with equal scores are one step:
// no order among them is better than another.
type Ranking struct {
	order    []int32 // indices of observations
	positive []bool  // in the same order
	ends     []int32 // of the steps in order
}

// Rank ranks observations by their scores. positive has the same length.
func Rank(scores []float32, positive []bool) *Ranking {
	r := &Ranking{order: make([]int32, len(scores)), positive: make([]bool, len(scores))}
	for i := range r.order {
		r.order[i] = int32(i)
	}
	slices.SortFunc(r.order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(scores[b], scores[a]), cmp.Compare(a, b))
	})
	for i, at := range r.order {
		r.positive[i] = positive[at]
		if i+1 == len(r.order) || cmp.Compare(scores[r.order[i+1]], scores[at]) != 0 {
			r.ends = append(r.ends, int32(i+1))
		}
	}
	return r
}

// steps calls f for every step with the number of positive and negative observations in it. times says how often
// each observation counts; nil is once.
func (r *Ranking) steps(times []int32, f func(positive, negative float64)) {
	begin := int32(0)
	for _, end := range r.ends {
		var count [2]int64
		for k := begin; k < end; k++ {
			n := int64(1)
			if times != nil {
				n = int64(times[r.order[k]])
			}
			count[One(r.positive[k])] += n
		}
		f(float64(count[1]), float64(count[0]))
		begin = end
	}
}

// AveragePrecision returns Σ (R_n − R_{n−1}) P_n over the steps of the ranking, with recall R and precision P after
// each. This is average_precision_score of scikit-learn. It returns NaN without positive observations. times says
// how often each observation counts; nil is once.
func (r *Ranking) AveragePrecision(times []int32) float64 {
	positives, seen, sum, begin := int64(0), int64(0), 0.0, 0
	for _, end := range r.ends {
		before := positives
		for k := begin; k < int(end); k++ {
			n := int64(1)
			if times != nil {
				n = int64(times[r.order[k]])
			}
			seen += n
			if r.positive[k] {
				positives += n
			}
		}
		if positives > before {
			sum += float64(positives-before) * (float64(positives) / float64(seen))
		}
		begin = int(end)
	}
	return float64(Quotient(sum, float64(positives)))
}

// AUROC returns the probability that a positive observation has a higher score than a negative one, plus half the
// probability that the scores are equal. It returns NaN unless there are both. times says how often each observation
// counts; nil is once.
func (r *Ranking) AUROC(times []int32) float64 {
	positives, negatives, sum := 0.0, 0.0, 0.0
	r.steps(times, func(p, n float64) {
		sum += n * (positives + p/2)
		positives += p
		negatives += n
	})
	return float64(Quotient(sum, positives*negatives))
}

// FPR returns the share of negative observations at or above the highest score at which at least a share recall of
// the positive ones are. It returns NaN unless there are both. times says how often each observation counts; nil is
// once.
func (r *Ranking) FPR(recall float64, times []int32) float64 {
	all, negatives := 0.0, 0.0
	r.steps(times, func(p, n float64) { all += p; negatives += n })
	if all == 0 {
		return math.NaN()
	}
	need := math.Ceil(recall*all - 1e-9)
	positives, above, reached := 0.0, 0.0, false
	r.steps(times, func(p, n float64) {
		if reached {
			return
		}
		positives += p
		above += n
		reached = positives >= need
	})
	return float64(Quotient(above, negatives))
}

// Placements returns for every observation the share of observations of the other kind that it is ranked correctly
// against, where equal scores count half. Their means over either kind are the AUROC; DeLong's variance is computed
// from them.
func (r *Ranking) Placements() []float64 {
	all, negatives := 0.0, 0.0
	r.steps(nil, func(p, n float64) { all += p; negatives += n })
	out := make([]float64, len(r.order))
	begin, positivesAbove, negativesAbove := int32(0), 0.0, 0.0
	for _, end := range r.ends {
		p, n := 0.0, 0.0
		for _, positive := range r.positive[begin:end] {
			if positive {
				p++
			} else {
				n++
			}
		}
		for k, i := range r.order[begin:end] {
			if r.positive[int(begin)+k] {
				out[i] = (negatives - negativesAbove - n/2) / negatives
			} else {
				out[i] = (positivesAbove + p/2) / all
			}
		}
		positivesAbove += p
		negativesAbove += n
		begin = end
	}
	return out
}

// BinomialTest returns the probability that a fair coin shows heads min(b, c) times or less, or max(b, c) times or
// more, in b + c throws. For the numbers of images that only one of two networks has right it is McNemar's exact
// test. It returns 1 if both are 0.
func BinomialTest(b, c int64) float64 {
	n, k := b+c, min(b, c)
	if n == 0 || b == c {
		return 1
	}
	// Sum of the tail from k downwards, in units of its largest term, so that nothing underflows.
	logs := func(k int64) float64 {
		x, _ := math.Lgamma(float64(n + 1))
		y, _ := math.Lgamma(float64(k + 1))
		z, _ := math.Lgamma(float64(n - k + 1))
		return x - y - z - float64(n)*math.Ln2
	}
	sum, term := 0.0, 1.0
	for i := k; i >= 0 && term > 1e-17*sum; i-- {
		sum += term
		term *= float64(i) / float64(n-i+1)
	}
	return min(1, 2*math.Exp(logs(k))*sum)
}

// NormalTest returns the probability that a standard normal number is at least as far from 0 as z.
func NormalTest(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }
