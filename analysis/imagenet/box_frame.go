package imagenet

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
)

// boxFrame is where in its box the click lies (I15).
type boxFrame struct {
	r               *stat.Ratios
	nearest, single plane.Frame
	means           stat.RatioID // of u and v, nearest and single
}

func newBoxFrame(_ *engine, r *stat.Ratios) *boxFrame {
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

func (a *boxFrame) Result(e *engine, r *result.Statistic) {
	pass.AddFrame(r, "nearest_box", "in the frame of the nearest box", "images with a box and a final click", &a.nearest, e.Boot, a.means)
	pass.AddFrame(r, "single_box", "variant: images with one box", "such images", &a.single, e.Boot, a.means+2)
}
