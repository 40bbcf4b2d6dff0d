package stat

import (
	"math"
	"math/rand/v2"
)

// A Bootstrap has the values of every ratio in bootstrap samples of the clusters.
type Bootstrap struct {
	clusters int
	values   [][]float64 // by ratio and sample; NaN if the sample has no unit of the ratio
}

// flatten returns numerators and denominators with a row for each cluster.
func flatten(rows [][]Ratio, width int) (num, den []float64) {
	num, den = make([]float64, len(rows)*width), make([]float64, len(rows)*width)
	for i, row := range rows {
		for k := range row {
			num[i*width+k], den[i*width+k] = row[k].Num.Float(), float64(row[k].Den)
		}
	}
	return num, den
}

func sampleOnce(num, den []float64, width, clusters int, rng *rand.Rand, put func(id int, v float64)) {
	weights := make([]float64, clusters)
	for range clusters {
		weights[rng.IntN(clusters)]++
	}
	n, d := make([]float64, width), make([]float64, width)
	for c, w := range weights {
		if w == 0 {
			continue
		}
		rowN, rowD := num[c*width:][:width], den[c*width:][:width]
		for k := range n {
			n[k] += w * rowN[k]
			d[k] += w * rowD[k]
		}
	}
	for k := range n {
		v := math.NaN()
		if d[k] > 0 {
			v = n[k] / d[k]
		}
		put(k, v)
	}
}

// Interval returns the percentile interval of a ratio, or nil if there are too few clusters.
func (b *Bootstrap) Interval(id RatioID) *Interval {
	if b == nil || b.clusters < 2 {
		return nil
	}
	return Percentiles(b.values[id])
}

// Samples returns the values of a ratio by sample, or nil without a bootstrap.
func (b *Bootstrap) Samples(id RatioID) []float64 {
	if b == nil {
		return nil
	}
	return b.values[id]
}

// Difference returns x − y for every sample.
func (b *Bootstrap) Difference(x, y RatioID) []float64 {
	if b == nil || b.clusters < 2 {
		return nil
	}
	out := make([]float64, len(b.values[x]))
	for k := range out {
		out[k] = b.values[x][k] - b.values[y][k]
	}
	return out
}

// Replicate returns f for every sample, with the values of some ratios as y.
func (b *Bootstrap) Replicate(ids []RatioID, x []float64, f func(x, y []float64) float64) []float64 {
	if b == nil || b.clusters < 2 || len(ids) == 0 {
		return nil
	}
	out := make([]float64, len(b.values[ids[0]]))
	var xs, ys []float64
	for k := range out {
		xs, ys = xs[:0], ys[:0]
		for i, id := range ids {
			if v := b.values[id][k]; !math.IsNaN(v) {
				xs, ys = append(xs, x[i]), append(ys, v)
			}
		}
		out[k] = f(xs, ys)
	}
	return out
}

// Percentiles returns the percentile interval of samples, without those that are NaN.
func Percentiles(samples []float64) *Interval {
	v := defined(samples)
	if len(v) < 2 {
		return nil
	}
	return &Interval{Quantile(v, (1-Level)/2), Quantile(v, (1+Level)/2), Level, MethodBootstrap}
}
