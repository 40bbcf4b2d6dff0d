package imagenet

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// lastSamplesN is the largest N of the N-th sample before the click.
const lastSamplesN = 8

// lastSamples counts the hits of the N-th mouse sample before the click (I12).
type lastSamples struct {
	r              *pass.Counts
	whole, segment stat.RatioID // N = 0…8
	noTime         int64
}

func newLastSamples(_ *engine, r *pass.Counts) *lastSamples {
	a := &lastSamples{r: r, whole: r.Declare(lastSamplesN + 1), segment: r.Declare(lastSamplesN + 1)}
	r.Excludes(&a.noTime, "the click has no time, so that no sample is known to be before it",
		"images with a box and a final click")
	return a
}

func (a *lastSamples) picture(p *picture) {
	if !p.clickedBoxed() {
		return
	}
	if p.t == columnar.Null {
		a.noTime++
	}
	a.back(p, a.whole, p.trace.Before)
	a.back(p, a.segment, p.trace.Segment)
}

func (a *lastSamples) back(p *picture, id stat.RatioID, samples byproduct.Points) {
	a.r.Count(p.final.cluster, id, p.hit)
	for k := 1; k <= lastSamplesN && k <= samples.Len(); k++ {
		i := samples.Len() - k
		a.r.Count(p.final.cluster, id+stat.RatioID(k), plane.InAny(p.boxes, samples.X[i], samples.Y[i]))
	}
}

func (a *lastSamples) Result(e *engine, r *result.Statistic) {
	for _, v := range []struct {
		name, title string
		id          stat.RatioID
	}{
		{"last_n", "Accuracy of the N-th sample before the click; N = 0 is the click", a.whole},
		{"last_n_segment", "Variant: the same, with only the samples since the last entry", a.segment},
	} {
		r.Tables = append(r.Tables, curve(e.Sampled, v.name, v.title, "n_before",
			"N: number of samples before the click", v.id, lastSamplesN+1))
	}
	r.Add(e.Ratio("accuracy.0", "accuracy of the click", result.UnitShare,
		"images with a box and a final click", a.whole),
		e.Ratio("accuracy.8", "accuracy of the eighth sample before the click", result.UnitShare,
			"images with eight samples before the click", a.whole+lastSamplesN))
	for k, row := range r.Tables[0].Rows {
		if n := row[1].(int64); n > 0 && n < result.Few {
			r.Warn("last_n %d: only %d images.", k, n)
		}
	}
}
