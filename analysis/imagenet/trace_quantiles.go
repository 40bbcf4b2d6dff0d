package imagenet

import (
	"strconv"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// quantileBins is the number of parts of a trace.
const quantileBins = 10

// quantiles counts hits of samples along the way from entering the image to the click (I13, I14), in tenths
// with equal numbers of samples or of equal time.
type quantiles struct {
	r                                *pass.Counts
	byTime                           bool
	pooled, means                    stat.RatioID
	noTime, noEnter, noSamples, zero int64
}

func newTraceQuantiles(_ *engine, r *pass.Counts) *quantiles {
	return newQuantiles(r, false)
}

func newTimeQuantiles(_ *engine, r *pass.Counts) *quantiles {
	return newQuantiles(r, true)
}

func newQuantiles(r *pass.Counts, byTime bool) *quantiles {
	a := &quantiles{r: r, byTime: byTime, pooled: r.Declare(quantileBins), means: r.Declare(quantileBins)}
	const of = "images with a box and a final click"
	r.Excludes(&a.noTime, "the click has no time", of)
	r.Excludes(&a.noEnter, "no enter is recorded at or before the click", of)
	r.Excludes(&a.noSamples, "no sample between enter and click", of)
	if byTime {
		r.Excludes(&a.zero, "enter and click at the same time", of)
	}
	return a
}

func (a *quantiles) picture(p *picture) {
	if !p.clickedBoxed() {
		return
	}
	tr := &p.trace
	n := tr.Segment.Len()
	switch {
	case p.t == columnar.Null:
		a.noTime++
		return
	case tr.From == columnar.Null:
		a.noEnter++
		return
	case n == 0:
		a.noSamples++
		return
	case a.byTime && p.t == tr.From:
		a.zero++
		return
	}
	var hits, total [quantileBins]int64
	for i := range n {
		bin := tr.Tenth(i)
		if a.byTime {
			bin = tr.TimeTenth(i)
		}
		hit := plane.InAny(p.boxes, tr.Segment.X[i], tr.Segment.Y[i])
		a.r.Count(p.final.cluster, a.pooled+stat.RatioID(bin), hit)
		total[bin]++
		if hit {
			hits[bin]++
		}
	}
	for bin := range total {
		if total[bin] > 0 {
			a.r.Add(p.final.cluster, a.means+stat.RatioID(bin), float64(hits[bin])/float64(total[bin]))
		}
	}
}

func (a *quantiles) Result(e *engine, r *result.Statistic) {
	t := curve(e.Sampled, "samples", "Accuracy of samples by the tenth of the trace", "tenth",
		"tenth of the trace: 0 begins with entering, 9 ends with the click", a.pooled, quantileBins)
	t.Columns = append(t.Columns, result.Column{Name: "mean_of_images", Unit: result.UnitShare,
		Title: "variant: mean over images of the accuracy of the image's samples"},
		result.Column{Name: "images", Unit: "count", Title: "images with a sample in that tenth"})
	for k := range t.Rows {
		m := e.Ratios.Total(a.means + stat.RatioID(k))
		t.Rows[k] = append(t.Rows[k], m.Value(), m.Den)
	}
	r.Tables = append(r.Tables, t)
	for _, k := range []int{0, quantileBins - 1} {
		v := e.Ratio("accuracy."+strconv.Itoa(k),
			[]string{"accuracy of samples in the first tenth",
				"accuracy of samples in the last tenth"}[k/(quantileBins-1)], result.UnitShare, "samples",
			a.pooled+stat.RatioID(k))
		r.Add(v)
		r.WarnFew(v)
	}
}
