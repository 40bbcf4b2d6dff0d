package coco

import (
	"math"
	"slices"

	"abtool/analysis/internal/partial"
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/coco"
	"abtool/internal/stat"
)

// sizeEdges are the edges of the bins of relative size: 0, .2², .4², .6², .8², 1 (C11). They are computed,
// because .2² is a little above .04 in floating point.
var sizeEdges = func() (edges []float64) {
	for _, side := range []float64{0, 0.2, 0.4, 0.6, 0.8, 1} {
		edges = append(edges, side*side)
	}
	return edges
}()

// sizeBin returns the bin of a relative size. Lower edges are included; the last bin also has 1 and larger
// sizes.
func sizeBin(s float64) int {
	for k := len(sizeEdges) - 2; k > 0; k-- {
		if s >= sizeEdges[k] {
			return k
		}
	}
	return 0
}

// categoryRecall compares the recall of each class with the size of its objects (C11).
type categoryRecall struct {
	e                   *engine
	r                   *pass.Counts
	byClass, byBin      stat.RatioID
	size, allSize       []stat.Mean // by class, over annotated images and over the ground truth
	noSize, noSizeTruth int64
	largest             []float64 // by class, of the current page; −Inf without an object with a size
}

func newCategoryRecall(e *engine, r *pass.Counts) *categoryRecall {
	n := len(e.categories)
	a := &categoryRecall{
		e: e, r: r, byClass: r.Declare(n), byBin: r.Declare(len(sizeEdges) - 1),
		size: make([]stat.Mean, n), allSize: make([]stat.Mean, n), largest: make([]float64, n),
	}
	pass.Means(r, "sizes", partial.Classes, &a.size)
	pass.Means(r, "sizes_all", partial.Classes, &a.allSize)
	const reason = "no usable box, or the image's size is unknown"
	r.Excludes(&a.noSize, reason, "pairs of an image and a class")
	r.Excludes(&a.noSizeTruth, reason, "instances")
	return a
}

func (a *categoryRecall) row(*record) {}

func (a *categoryRecall) truth(m *coco.Image) {
	for i := range m.Instances {
		o := &m.Instances[i]
		if o.Class < 0 {
			continue
		}
		if s, ok := o.Share(m); ok {
			a.allSize[o.Class].Add(s)
		}
	}
}

func (a *categoryRecall) page(p *page) {
	if p.truth == nil {
		return
	}
	for _, f := range p.found {
		a.largest[f.Class] = math.Inf(-1)
	}
	for i := range p.truth.Instances {
		o := &p.truth.Instances[i]
		if o.Class < 0 {
			continue
		}
		s, ok := o.Share(p.truth)
		if !ok {
			a.noSizeTruth++
			continue
		}
		a.size[o.Class].Add(s)
		a.largest[o.Class] = max(a.largest[o.Class], s)
	}
	for _, f := range p.found {
		a.r.Count(p.cluster, a.byClass+stat.RatioID(f.Class), f.Placed)
		if math.IsInf(a.largest[f.Class], -1) {
			a.noSize++
			continue
		}
		a.r.Count(p.cluster, a.byBin+stat.RatioID(sizeBin(a.largest[f.Class])), f.Placed)
	}
}

func (a *categoryRecall) Result(e *engine, r *result.Statistic) {
	t := result.Table{Name: "by_category", Title: "Recall of each class against the size of its objects",
		Columns: result.Header{
			{"category", "", "the class"}, {"n", "count", "annotated images that have the class"},
			{"retrieved", "count", "annotated images that have the class and on which its icon stays"},
			{"recall", result.UnitShare, "retrieved / n"},
			{"low", result.UnitShare, "95 % interval (bootstrap)"},
			{"high", result.UnitShare, "95 % interval (bootstrap)"},
			{"size", result.UnitShare, "mean, over its objects on annotated images, of the area of the " +
				"bounding box / area of the image"},
			{"size_all", result.UnitShare,
				"variant: the same mean over its objects in the whole ground truth"},
			{"residual", result.UnitShare, "recall − the fitted line"},
		}.Columns()}
	var x, y []float64
	var fitted []stat.RatioID
	classBins := make([]stat.Mean, len(sizeEdges)-1)
	for c := range e.categories {
		id := a.byClass + stat.RatioID(c)
		total := e.Ratios.Total(id)
		if total.Den == 0 || a.size[c].N == 0 {
			continue
		}
		x, y, fitted = append(x, float64(a.size[c].Value())), append(y, float64(total.Value())), append(fitted, id)
		classBins[sizeBin(float64(a.size[c].Value()))].Add(float64(total.Value()))
	}
	intercept, slope, correlation := stat.FitLine(x, y)
	for c, name := range e.categories {
		id := a.byClass + stat.RatioID(c)
		total := e.Ratios.Total(id)
		if total.Den == 0 {
			continue
		}
		size := a.size[c].Value()
		residual := stat.Number(float64(total.Value()) - intercept - slope*float64(size))
		t.Rows = append(t.Rows, slices.Concat([]any{name}, e.Cells(id), []any{size, a.allSize[c].Value(), residual}))
	}
	r.Tables = append(r.Tables, t, a.instanceBins(e), a.classBins(classBins))
	roots := make([]float64, len(x))
	for i := range x {
		roots[i] = math.Sqrt(x[i])
	}
	add := func(name, title, unit string, v float64, x []float64, of func(x, y []float64) float64) {
		out := result.Value{Name: name, Title: title, Value: stat.Number(v), Unit: unit,
			N: int64(len(x)), Of: "classes"}
		out.Replicates = e.Boot.Replicate(fitted, x, of)
		out.Interval = stat.Percentiles(out.Replicates)
		r.Add(out)
	}
	add("slope", "slope of the line of recall over mean size, by least squares over classes", result.UnitNone,
		slope, x, stat.Slope)
	add("intercept", "recall at size 0 on that line", result.UnitShare, intercept, x, stat.Intercept)
	add("correlation", "Pearson correlation of recall and mean size over classes",
		result.UnitNone, correlation, x, stat.Correlation)
	add("correlation_root", "Pearson correlation of recall and the square root of mean size over classes",
		result.UnitNone, stat.Correlation(roots, y), roots, stat.Correlation)
	r.WarnFew(r.Values[0])
}

func binName(k int) string {
	side := []string{"0", "0.2²", "0.4²", "0.6²", "0.8²", "1"}
	return side[k] + "–" + side[k+1]
}

func (a *categoryRecall) instanceBins(e *engine) result.Table {
	t := result.Table{Name: "by_instance_bin", Title: "Recall of an image and class by the size of the " +
		"largest object of the class", Columns: result.Header{
		{"bin", "", "number of the bin"},
		{"size", "", "relative size of the largest object, lower edge included"},
		{"n", "count", "pairs of an annotated image and a class that it has"},
		{"retrieved", "count", "pairs where the icon stays"},
		{"recall", result.UnitShare, "retrieved / n"}, {"low", result.UnitShare, "95 % interval (bootstrap)"},
		{"high", result.UnitShare, "95 % interval (bootstrap)"},
	}.Columns()}
	for k := range len(sizeEdges) - 1 {
		id := a.byBin + stat.RatioID(k)
		t.Rows = append(t.Rows, append([]any{int64(k), binName(k)}, e.Cells(id)...))
	}
	return t
}

func (a *categoryRecall) classBins(bins []stat.Mean) result.Table {
	t := result.Table{Name: "by_class_bin", Title: "Recall of classes by their mean size", Columns: result.Header{
		{"bin", "", "number of the bin"},
		{"size", "", "mean relative size of the class, lower edge included"}, {"n", "count", "classes"},
		{"recall", result.UnitShare, "mean of the recalls of the classes"},
		{"low", result.UnitShare, "95 % interval (normal)"}, {"high", result.UnitShare, "95 % interval (normal)"},
	}.Columns()}
	for k := range bins {
		low, high := result.Bounds(bins[k].Interval())
		t.Rows = append(t.Rows, []any{int64(k), binName(k), bins[k].N, bins[k].Value(), low, high})
	}
	return t
}
