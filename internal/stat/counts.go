package stat

import "math"

// FitCounts returns the model with the greatest likelihood of the annotators' hits. It writes the
// log-likelihood as
//
//	Σ_j H(j) log(α + j) + M(j) log(β + j) − N(j) log(α + β + j)
//
// where H(j), M(j) and N(j) count the annotators with more than j hits, misses and trials. These are whole
// numbers, so that the fit does not depend on the order of annotators.
func FitCounts(all []Tally) BetaBinomial {
	sum, annotators := total(all)
	if !sum.fittable(annotators) {
		return BetaBinomial{math.NaN(), math.NaN(), annotators}
	}
	most := int64(0)
	for _, t := range all {
		most = max(most, t.N)
	}
	h, m, n := make(more, most+1), make(more, most+1), make(more, most+1)
	for _, t := range all {
		if t.N > 0 {
			h[t.Hits]++
			m[t.N-t.Hits]++
			n[t.N]++
		}
	}
	hs, ms, ns := h.runs(), m.runs(), n.runs()
	share := float64(sum.Hits) / float64(sum.N)
	return minimise(annotators, 20*share, 20*(1-share), func(start, a, b float64) float64 {
		return start - logs(hs, a) - logs(ms, b) + logs(ns, a+b)
	})
}

// more counts the annotators with more than j hits, misses or trials, for each j.
type more []int64

// A run is a range of j, from up to before to, for which the same number of annotators have more than j.
type run struct{ from, to, count int64 }

// runs returns the runs of equal counts.
func (c more) runs() (out []run) {
	above := int64(0)
	for j := int64(len(c)) - 1; j >= 0; j-- {
		if above > 0 {
			if k := len(out) - 1; k >= 0 && out[k].count == above {
				out[k].from = j
			} else {
				out = append(out, run{j, j + 1, above})
			}
		}
		above += c[j]
	}
	return out
}

// logs returns Σ count · log(a + j) over all j.
func logs(runs []run, a float64) (sum float64) {
	for _, r := range runs {
		part := 0.0
		if r.to-r.from < 8 {
			for j := r.from; j < r.to; j++ {
				part += math.Log(a + float64(j))
			}
		} else {
			upper, _ := math.Lgamma(a + float64(r.to))
			lower, _ := math.Lgamma(a + float64(r.from))
			part = upper - lower
		}
		sum += float64(float64(r.count) * part)
	}
	return sum
}
