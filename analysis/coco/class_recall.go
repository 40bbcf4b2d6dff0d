package coco

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/stat"
)

// classRecall computes the share of an image's classes that were found (C7, C8).
type classRecall struct {
	r                  *pass.Counts
	placed, anyAdd     stat.RatioID
	byPlaced, byAnyAdd stat.Mean
	noTruth, noClass   int64
}

func newClassRecall(_ *engine, r *pass.Counts) *classRecall {
	id := r.Declare(2)
	a := &classRecall{r: r, placed: id, anyAdd: id + 1}
	pass.Merges(r, "placed any_add", &a.byPlaced, &a.byAnyAdd)
	r.Excludes(&a.noTruth, "the image is not in the ground truth", "pages")
	r.Excludes(&a.noClass, "the image has no object", "pages")
	return a
}

func (a *classRecall) page(p *page) {
	if p.truth == nil {
		a.noTruth++
		return
	}
	v, ever, ok := p.recall.Share()
	if !ok {
		a.noClass++
		return
	}
	a.r.Add(p.cluster, a.placed, v)
	a.r.Add(p.cluster, a.anyAdd, ever)
	a.byPlaced.Add(v)
	a.byAnyAdd.Add(ever)
}

func (a *classRecall) Result(e *engine, r *result.Statistic) {
	const of = "pages whose image has a class"
	std := func(name string, m *stat.Mean) result.Value {
		v := result.MeanOf("", "", result.UnitShare, of, m)[1]
		v.Name = name
		return v
	}
	r.Add(e.Mean("recall", "mean over images of the share of its classes whose icon stays", of, a.placed),
		std("recall_std", &a.byPlaced),
		e.Mean("recall.any_add", "variant: mean over images of the share of its classes whose icon was ever added", of, a.anyAdd),
		std("recall_std.any_add", &a.byAnyAdd))
	r.WarnFew(r.Values[0])
}
