package imagenet

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/plane"
)

// centreBias counts the places of box centres and of final clicks (I10).
type centreBias struct {
	clicks, clicksBC pass.PointMap // all clicks, and those on images with a box
}

func newCentreBias(_ *engine, r *pass.Counts) *centreBias {
	a := &centreBias{pass.NewPointMap(r), pass.NewPointMap(r)}
	pass.Merges(r, "clicks clicks_bc", &a.clicks, &a.clicksBC)
	return a
}

func (a *centreBias) picture(p *picture) {
	if p.final == nil {
		return
	}
	a.clicks.Count(p.cluster, p.x, p.y)
	if len(p.boxes) > 0 {
		a.clicksBC.Count(p.cluster, p.x, p.y)
	}
}

func (a *centreBias) Result(e *engine, r *result.Statistic) {
	var centres plane.Grid
	for i, n := range e.images.Shown {
		if n < 0 {
			continue
		}
		for _, b := range e.images.Boxes(int32(i)) {
			centres.Add(b.Centre())
		}
	}
	pass.AddGrid(r, "gt_centres", "centres of ground-truth boxes", "boxes", &centres)
	a.clicks.Report(&e.Base, r, "clicks", "final clicks", "images with a final click")
	a.clicksBC.Report(&e.Base, r, "clicks_bc", "final clicks on images with a box",
		"images with a box and a final click")
}
