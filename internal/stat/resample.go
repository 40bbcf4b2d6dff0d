package stat

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"abtool/internal/parallel"
)

// MeanAveragePrecision returns the mean of the average precisions of rankings of the same observations, one for each
// class, over the classes with a positive observation. times says how often each observation counts; nil is once.
func MeanAveragePrecision(rankings []*Ranking, times []int32) float64 {
	total, classes := 0.0, 0.0
	for _, r := range rankings {
		if ap := r.AveragePrecision(times); !math.IsNaN(ap) {
			total += ap
			classes++
		}
	}
	return float64(Quotient(total, classes))
}

// Resample draws groups of observations with replacement, each group as often as it has observations, and returns f
// for a number of samples. sizes has the number of observations in each group: the first of them are in the first
// group, and so on. times[i] says how often observation i was drawn; f must not keep it. Several
// goroutines call f. The draws depend on sizes only, so that numbers of the same observations can be compared sample
// by sample.
func Resample(samples int, sizes []int, f func(times []int32) float64) []float64 {
	return ResampleAll(samples, sizes, 1, func(times []int32, to []float64) { to[0] = f(times) })[0]
}

// ResampleAll is Resample for several numbers of the same samples, which f writes. It returns the samples of each.
func ResampleAll(samples int, sizes []int, numbers int, f func(times []int32, to []float64)) [][]float64 {
	n := 0
	for _, s := range sizes {
		n += s
	}
	out, times := make([][]float64, numbers), make([][]int32, parallel.Workers(0))
	for i := range out {
		out[i] = make([]float64, samples)
	}
	parallel.Each(context.Background(), len(times), samples, func(worker, k int) error {
		if times[worker] == nil {
			times[worker] = make([]int32, n)
		}
		drawn := times[worker]
		clear(drawn)
		rng, from := rand.New(rand.NewPCG(1, uint64(k))), 0
		for _, s := range sizes {
			for range s {
				drawn[from+rng.IntN(s)]++
			}
			from += s
		}
		to := make([]float64, numbers)
		f(drawn, to)
		for i, v := range to {
			out[i][k] = v
		}
		return nil
	})
	return out
}

// A Sampled is a number, and what it is in bootstrap samples of its observations.
type Sampled struct {
	Value   float64
	Samples []float64 // none: there are too few observations
}

// Minus returns the difference of two numbers of the same observations, sample by sample.
func (s Sampled) Minus(o Sampled) Sampled {
	d := Sampled{Value: s.Value - o.Value}
	for i := range s.Samples {
		d.Samples = append(d.Samples, s.Samples[i]-o.Samples[i])
	}
	return d
}

// SE returns the standard error: the standard deviation of the samples.
func (s Sampled) SE() float64 { return StandardDeviation(s.Samples) }

// Interval returns the interval of the number, as Spread computes it.
func (s Sampled) Interval(least, most float64) *Interval {
	return Spread(s.Value, s.Samples, least, most)
}

// Spread returns the interval of a value from the spread of bootstrap samples about their mean, within some bounds,
// or nil if fewer than two samples are defined. Observations that are drawn twice, and classes that are not drawn, move
// the mean of the samples of an average precision away from its value, so that the samples' percentiles would not
// be around it.
func Spread(value float64, samples []float64, least, most float64) *Interval {
	v := defined(samples)
	if len(v) < 2 {
		return nil
	}
	mean := meanOf(v)
	at := func(q float64) float64 { return min(max(value+Quantile(v, q)-mean, least), most) }
	return &Interval{at((1 - Level) / 2), at((1 + Level) / 2), Level, MethodBootstrap}
}

// StandardDeviation returns the standard deviation of samples, without those that are NaN. It is NaN if fewer than two
// are left.
func StandardDeviation(samples []float64) float64 {
	v := defined(samples)
	if len(v) < 2 {
		return math.NaN()
	}
	mean, squares := meanOf(v), 0.0
	for _, x := range v {
		squares += (x - mean) * (x - mean)
	}
	return math.Sqrt(float64(Quotient(squares, float64(len(v)-1))))
}

// meanOf returns the mean of samples in order, which is exact if they are all equal.
func meanOf(v []float64) float64 {
	if len(v) > 0 && v[0] == v[len(v)-1] {
		return v[0]
	}
	mean := 0.0
	for _, x := range v {
		mean += x / float64(len(v))
	}
	return mean
}

// defined returns the samples that are not NaN, in order.
func defined(samples []float64) []float64 {
	var v []float64
	for _, x := range samples {
		if !math.IsNaN(x) {
			v = append(v, x)
		}
	}
	slices.Sort(v)
	return v
}
