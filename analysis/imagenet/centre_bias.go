package imagenet

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
)

// centreBias is where the centres of boxes and the final clicks are (I10).
type centreBias struct {
	r                *stat.Ratios
	middle           stat.RatioID // of all clicks, of those on images with a box
	clicks, clicksBC plane.Grid
}

func newCentreBias(_ *engine, r *stat.Ratios) *centreBias {
	return &centreBias{r: r, middle: r.Declare(2)}
}

func (a *centreBias) picture(p *picture) {
	if p.final == nil {
		return
	}
	a.clicks.Add(p.x, p.y)
	pass.CountMiddle(a.r, p.cluster, a.middle, p.x, p.y)
	if len(p.boxes) > 0 {
		a.clicksBC.Add(p.x, p.y)
		pass.CountMiddle(a.r, p.cluster, a.middle+1, p.x, p.y)
	}
}

func (a *centreBias) Merge(o *centreBias) {
	a.clicks.Merge(&o.clicks)
	a.clicksBC.Merge(&o.clicksBC)
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
	for _, g := range []struct {
		name, title, of string
		grid            *plane.Grid
		middle          stat.RatioID
	}{
		{"gt_centres", "centres of ground-truth boxes", "boxes", &centres, -1},
		{"clicks", "final clicks", "images with a final click", &a.clicks, a.middle},
		{"clicks_bc", "final clicks on images with a box", "images with a box and a final click", &a.clicksBC, a.middle + 1},
	} {
		pass.AddGrid(r, g.name, g.title, g.of, g.grid, e.Boot, g.middle)
	}
}
