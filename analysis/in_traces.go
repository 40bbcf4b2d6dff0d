package analysis

import (
	"strconv"

	"abtool/byproduct"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// lastSamplesN is how far samples are counted back from the click.
const lastSamplesN = 8

// lastSamples is the accuracy of the N-th mouse sample before the click (I12).
type lastSamples struct {
	r              *stat.Ratios
	whole, segment stat.RatioID // N = 0…8
	noTime         int64
}

func newLastSamples(_ *imagenetEngine, r *stat.Ratios) *lastSamples {
	return &lastSamples{r: r, whole: r.Declare(lastSamplesN + 1), segment: r.Declare(lastSamplesN + 1)}
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

func (a *lastSamples) Merge(o *lastSamples) { a.noTime += o.noTime }

func (a *lastSamples) Result(e *imagenetEngine, r *Statistic) {
	for _, v := range []struct {
		name, title string
		id          stat.RatioID
	}{
		{"last_n", "The N-th sample before the click; N = 0 is the click", a.whole},
		{"last_n_segment", "Variant: only samples since the pointer last entered", a.segment},
	} {
		r.Tables = append(r.Tables, e.curve(v.name, v.title, "n_before", "samples before the click", v.id, lastSamplesN+1))
	}
	r.add(e.ratio("accuracy.0", "accuracy of the click", unitShare, "images with a box and a final click", a.whole),
		e.ratio("accuracy.8", "accuracy of the eighth sample before it", unitShare, "images with eight samples before the click", a.whole+lastSamplesN))
	r.exclude("the click has no time, so that no sample is known to be before it", "images with a box and a final click", a.noTime)
	for k, row := range r.Tables[0].Rows {
		if n := row[1].(int64); n > 0 && n < few {
			r.warn("last_n %d: %d images are few.", k, n)
		}
	}
}

// curve is a table of ratios that follow each other, by a number from 0.
func (e *imagenetEngine) curve(name, title, key, keyTitle string, id stat.RatioID, n int) Table {
	t := Table{Name: name, Title: title, Columns: curveColumns(key, keyTitle)}
	for k := range n {
		total := e.ratios.Total(id + stat.RatioID(k))
		low, high := bounds(e.boot.Interval(id + stat.RatioID(k)))
		t.Rows = append(t.Rows, []any{int64(k), total.Den, total.Count(), total.Value(), low, high})
	}
	return t
}

// curveColumns are those of a table of accuracies by a key.
func curveColumns(key, title string) []Column {
	return Header{
		{key, "", title}, {"n", "count", "units"}, {"hits", "count", "of them, in a box"}, {"accuracy", unitShare, "hits / n"},
		{"low", unitShare, "95 % interval (bootstrap)"}, {"high", unitShare, "95 % interval (bootstrap)"},
	}.Columns()
}

// quantileBins is the number of parts that a trace is divided into.
const quantileBins = 10

// quantiles is the accuracy along the way from entering the image to the click (I13, I14): by
// equal numbers of samples, or by equal times.
type quantiles struct {
	r                                *stat.Ratios
	byTime                           bool
	pooled, means                    stat.RatioID
	noTime, noEnter, noSamples, zero int64
}

func newTraceQuantiles(_ *imagenetEngine, r *stat.Ratios) *quantiles {
	return newQuantiles(r, false)
}

func newTimeQuantiles(_ *imagenetEngine, r *stat.Ratios) *quantiles {
	return newQuantiles(r, true)
}

func newQuantiles(r *stat.Ratios, byTime bool) *quantiles {
	return &quantiles{r: r, byTime: byTime, pooled: r.Declare(quantileBins), means: r.Declare(quantileBins)}
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
		bin := 10 * i / n
		if a.byTime {
			bin = int(min(quantileBins-1, 10*(tr.Segment.T[i]-tr.From)/(p.t-tr.From)))
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

func (a *quantiles) Merge(o *quantiles) {
	a.noTime += o.noTime
	a.noEnter += o.noEnter
	a.noSamples += o.noSamples
	a.zero += o.zero
}

func (a *quantiles) Result(e *imagenetEngine, r *Statistic) {
	t := e.curve("samples", "Accuracy of samples by the tenth of the way", "tenth", "0 begins with entering, 9 ends with the click", a.pooled, quantileBins)
	t.Columns = append(t.Columns, Column{"mean_of_images", unitShare, "variant: mean over images of the image's own accuracy"}, Column{"images", "count", "images with a sample there"})
	for k := range t.Rows {
		m := e.ratios.Total(a.means + stat.RatioID(k))
		t.Rows[k] = append(t.Rows[k], m.Value(), m.Den)
	}
	r.Tables = append(r.Tables, t)
	for _, k := range []int{0, quantileBins - 1} {
		v := e.ratio("accuracy."+strconv.Itoa(k), []string{"accuracy of samples in the first tenth", "accuracy of samples in the last tenth"}[k/(quantileBins-1)], unitShare, "samples", a.pooled+stat.RatioID(k))
		r.add(v)
		r.warnFew(v)
	}
	const of = "images with a box and a final click"
	r.exclude("the click has no time", of, a.noTime)
	r.exclude("no enter is recorded at or before the click", of, a.noEnter)
	r.exclude("no sample between enter and click", of, a.noSamples)
	if a.byTime {
		r.exclude("enter and click at the same time", of, a.zero)
	}
}

// boxFrame is where in its box the click lies (I15).
type boxFrame struct {
	r               *stat.Ratios
	nearest, single stat.Frame
	means           stat.RatioID // of u and v, nearest and single
}

func newBoxFrame(_ *imagenetEngine, r *stat.Ratios) *boxFrame {
	return &boxFrame{r: r, means: r.Declare(4)}
}

func (a *boxFrame) picture(p *picture) {
	if !p.clickedBoxed() {
		return
	}
	u, v := plane.Nearest(p.boxes, p.x, p.y).Frame(p.x, p.y)
	a.nearest.Add(u, v)
	a.r.AddPoint(p.final.cluster, a.means, u, v)
	if len(p.boxes) == 1 {
		a.single.Add(u, v)
		a.r.AddPoint(p.final.cluster, a.means+2, u, v)
	}
}

func (a *boxFrame) Merge(o *boxFrame) {
	a.nearest.Merge(&o.nearest)
	a.single.Merge(&o.single)
}

func (a *boxFrame) Result(e *imagenetEngine, r *Statistic) {
	r.addFrame("nearest_box", "in the frame of the nearest box", "images with a box and a final click", &a.nearest, e.boot, a.means)
	r.addFrame("single_box", "variant: images with one box", "such images", &a.single, e.boot, a.means+2)
}

// addFrame adds a map in the frame of boxes and its moments; the intervals of the means are
// those of the ratios mean and mean+1.
func (r *Statistic) addFrame(name, title, of string, f *stat.Frame, b *stat.Bootstrap, mean stat.RatioID) {
	n := int64(len(f.U))
	value := func(what, title string, v float64) Value {
		return Value{Name: name + "." + what, Title: title, Value: stat.Number(v), Unit: "fraction of the box", N: n, Of: of}
	}
	for i, axis := range []struct {
		name, title string
		values      []float64
	}{{"u", "across", f.U}, {"v", "down", f.V}} {
		average, std, skew := stat.Moments(axis.values)
		m := value("mean_"+axis.name, "mean "+axis.title+", "+title, average)
		m.Interval = b.Interval(mean + stat.RatioID(i))
		s := value("skew_"+axis.name, "skew m3/m2^1.5 "+axis.title, skew)
		s.Unit = unitNone
		r.add(m, value("median_"+axis.name, "median "+axis.title, stat.Quantile(axis.values, 0.5)),
			value("std_"+axis.name, "population standard deviation "+axis.title, std), s)
	}
	u, v, k := f.Mode()
	r.add(value("mode_u", "middle of the fullest cell of the map, across", u),
		value("mode_v", "middle of the fullest cell of the map, down", v),
		countOf(name+".mode_count", "points in that cell", of, k, n))
	r.Histograms = append(r.Histograms, frameHistogram(name+"_map", title, of, f))
}
