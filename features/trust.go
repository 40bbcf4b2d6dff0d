package features

import (
	"math"

	"gonum.org/v1/gonum/optimize"
)

// tally counts how often an annotator could be judged, and was right.
type tally struct{ hits, n int32 }

// betaBinomial is the spread of accuracy between annotators: each has one of its own, drawn from
// Beta(alpha, beta). NaN: it cannot be fitted.
type betaBinomial struct{ alpha, beta float64 }

// mean is the expected accuracy of an annotator of whom so much is known: (α + k) / (α + β + n).
func (b betaBinomial) mean(t tally) float64 {
	return (b.alpha + float64(t.hits)) / (b.alpha + b.beta + float64(t.n))
}

// fitBetaBinomial maximises the likelihood of annotators' hits. The log-likelihood is taken as
//
//	Σ_j H(j) log(α + j) + M(j) log(β + j) − N(j) log(α + β + j)
//
// where H(j), M(j) and N(j) count the annotators with more than j hits, misses and trials: whole
// numbers, so that the fit does not depend on the order of annotators.
func fitBetaBinomial(all []tally) betaBinomial {
	none := betaBinomial{math.NaN(), math.NaN()}
	var hits, total, who, most int64
	for _, t := range all {
		if t.n > 0 {
			who++
			hits, total, most = hits+int64(t.hits), total+int64(t.n), max(most, int64(t.n))
		}
	}
	if who < 2 || hits == 0 || hits == total {
		return none
	}
	h, m, n := make(more, most+1), make(more, most+1), make(more, most+1)
	for _, t := range all {
		if t.n > 0 {
			h[t.hits]++
			m[t.n-t.hits]++
			n[t.n]++
		}
	}
	hs, ms, ns := h.runs(), m.runs(), n.runs()
	minus := func(at []float64) float64 {
		a, b := math.Exp(at[0]), math.Exp(at[1])
		// Beyond 1e6 annotators do not differ, and the likelihood is flat.
		flat := max(0, at[0]+at[1]-2*math.Log(1e6))
		return flat - logs(hs, a) - logs(ms, b) + logs(ns, a+b)
	}
	share := float64(hits) / float64(total)
	fit, err := optimize.Minimize(optimize.Problem{Func: minus}, []float64{math.Log(20 * share), math.Log(20 * (1 - share))}, nil, &optimize.NelderMead{})
	if err != nil || fit == nil {
		return none
	}
	return betaBinomial{math.Exp(fit.X[0]), math.Exp(fit.X[1])}
}

// more counts annotators by how many hits, misses or trials they have.
type more []int64

// A run is a range of j, from up to before to, in which as many annotators have more than j.
type run struct{ from, to, count int64 }

// runs are those of the count of annotators with more than j.
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

// logs is Σ count · log(a + j) over all j.
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

// trustFolds is the number of parts that images are divided into, by a hash of their id: the
// beta distribution that judges an image is fitted on the other parts.
const trustFolds = 5

// trust is how far annotators are to be believed, for one image at a time without that image.
type trust struct {
	all   []tally // by annotator
	folds [trustFolds]betaBinomial
}

// newTrust fits trust to the tallies of annotators in each part of the images.
func newTrust(parts *[trustFolds][]tally, workers, jobs int) *trust {
	t := &trust{all: make([]tally, workers)}
	for _, p := range parts {
		for w, c := range p {
			t.all[w].hits += c.hits
			t.all[w].n += c.n
		}
	}
	parallel(jobs, trustFolds, func(f int) {
		rest := make([]tally, workers)
		copy(rest, t.all)
		for w, c := range parts[f] {
			rest[w].hits -= c.hits
			rest[w].n -= c.n
		}
		t.folds[f] = fitBetaBinomial(rest)
	})
	return t
}

// of is the expected accuracy of an annotator, without own, which is what is known from the
// image at hand, and the number of other points it is judged by. NaN: unknown annotator, or
// nothing to fit.
func (t *trust) of(worker int32, fold int, own tally) (mean float64, n int32) {
	if worker < 0 {
		return math.NaN(), 0
	}
	rest := t.all[worker]
	rest.hits -= own.hits
	rest.n -= own.n
	return t.folds[fold].mean(rest), rest.n
}

// trustFold is the part of the images that an image is in.
func trustFold(image string) int {
	h := uint32(2166136261) // FNV-1a
	for i := range len(image) {
		h = (h ^ uint32(image[i])) * 16777619
	}
	return int((h>>16 ^ h) % trustFolds)
}
