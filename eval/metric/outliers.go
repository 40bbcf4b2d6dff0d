package metric

import (
	"math"

	"abtool/eval/sets"
	"abtool/internal/stat"
)

// outliers is a number of ImageNet-O: how well a network's confidence separates its images from the validation images
// of the same 200 classes.
type outliers struct {
	compute  func(r *stat.Ranking, times []int32) float64
	analytic bool // the AUROC, which has DeLong's variance
}

var (
	aupr  = outliers{compute: func(r *stat.Ranking, times []int32) float64 { return r.AveragePrecision(times) }}
	auroc = outliers{compute: func(r *stat.Ranking, times []int32) float64 { return r.AUROC(times) }, analytic: true}
	fpr95 = outliers{compute: func(r *stat.Ranking, times []int32) float64 { return r.FPR(0.95, times) }}
)

// outlierSamples is the number of bootstrap samples for an interval.
const outlierSamples = 500

// An outlierScores has the scores of a network: of the images of ImageNet-O first, then of validation images.
type outlierScores struct {
	scores   []float32
	positive []bool
	sizes    []int
}

func (s *outlierScores) add(score float32, positive bool) {
	s.scores = append(s.scores, score)
	s.positive = append(s.positive, positive)
	s.sizes[stat.One(!positive)]++
}

func (s *outlierScores) complete() bool { return s.sizes[0] > 0 && s.sizes[1] > 0 }

// outlierScores returns the scores of all images, in an order that does not depend on the order of rows.
func (n *Network) outlierScores() *outlierScores {
	s := &outlierScores{sizes: make([]int, 2)}
	out, in := n.of(sets.O), n.of(sets.ImageNet)
	if out == nil || in == nil {
		return s
	}
	for i := range out.records {
		s.add(out.records[i].score, true)
	}
	for i := range in.records {
		if r := &in.records[i]; r.is&ofO != 0 {
			s.add(r.score, false)
		}
	}
	return s
}

// pairedScores returns the scores of two networks for the images that both answered.
func pairedScores(a, b *Network) (x, y *outlierScores) {
	x, y = &outlierScores{sizes: make([]int, 2)}, &outlierScores{sizes: make([]int, 2)}
	pairs(a.of(sets.O), b.of(sets.O), func(p, q *record) {
		x.add(p.score, true)
		y.add(q.score, true)
	})
	pairs(a.of(sets.ImageNet), b.of(sets.ImageNet), func(p, q *record) {
		if p.is&q.is&ofO != 0 {
			x.add(p.score, false)
			y.add(q.score, false)
		}
	})
	return x, y
}

func (o *outliers) measure(n *Network, _ bool) measured {
	s := n.outlierScores()
	if !s.complete() {
		return measured{value: math.NaN(), se: math.NaN()}
	}
	r := stat.Rank(s.scores, s.positive)
	m := measured{value: o.compute(r, nil), n: int64(len(s.scores))}
	if o.analytic {
		m.se = math.Sqrt(deLong(r.Placements(), s.sizes))
		half := stat.Z95 * m.se
		m.interval = &stat.Interval{Low: max(0, m.value-half), High: min(1, m.value+half), Level: stat.Level,
			Method: MethodDeLong}
		return m
	}
	samples := stat.Resample(outlierSamples, s.sizes, func(times []int32) float64 { return o.compute(r, times) })
	m.se, m.interval = stat.StandardDeviation(samples), stat.Spread(m.value, samples, 0, 1)
	return m
}

// deLong returns the variance of the mean of placements of two kinds of images, or of their differences between two
// networks.
func deLong(placements []float64, sizes []int) float64 {
	sum, from := 0.0, 0
	for _, n := range sizes {
		part := placements[from : from+n]
		mean, squares := 0.0, 0.0
		for _, v := range part {
			mean += v / float64(n)
		}
		for _, v := range part {
			squares += (v - mean) * (v - mean)
		}
		if n > 1 {
			sum += squares / float64(n-1) / float64(n)
		}
		from += n
	}
	return sum
}

func (o *outliers) difference(c *comparison) compared {
	x, y := pairedScores(c.first, c.second)
	if !x.complete() {
		return undefined
	}
	rx, ry := stat.Rank(x.scores, x.positive), stat.Rank(y.scores, y.positive)
	d := compared{measured: measured{value: o.compute(ry, nil) - o.compute(rx, nil), n: int64(len(x.scores))},
		test: TestNormal}
	if o.analytic {
		px, py := rx.Placements(), ry.Placements()
		for i := range py {
			py[i] -= px[i]
		}
		d.se = math.Sqrt(deLong(py, x.sizes))
		half := stat.Z95 * d.se
		d.interval = &stat.Interval{Low: d.value - half, High: d.value + half, Level: stat.Level,
			Method: MethodDeLong}
	} else {
		// Both networks are measured on the same samples of images.
		samples := stat.Resample(outlierSamples, x.sizes, func(times []int32) float64 {
			return o.compute(ry, times) - o.compute(rx, times)
		})
		d.se, d.interval = stat.StandardDeviation(samples), stat.Spread(d.value, samples, -1, 1)
	}
	if d.p = 1; d.se > 0 {
		d.p = stat.NormalTest(d.value / d.se)
	}
	return d
}
