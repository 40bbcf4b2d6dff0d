package imagenet

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/plane"
)

// boxFrame counts the places of clicks in the frames of their boxes (I15).
type boxFrame struct{ nearest, single pass.FrameMap }

func newBoxFrame(_ *engine, r *pass.Counts) *boxFrame {
	a := &boxFrame{pass.NewFrameMap(r), pass.NewFrameMap(r)}
	pass.Merges(r, "nearest single", &a.nearest, &a.single)
	return a
}

func (a *boxFrame) picture(p *picture) {
	if !p.clickedBoxed() {
		return
	}
	u, v := plane.Nearest(p.boxes, p.x, p.y).Frame(p.x, p.y)
	a.nearest.Count(p.final.cluster, u, v)
	if len(p.boxes) == 1 {
		a.single.Count(p.final.cluster, u, v)
	}
}

func (a *boxFrame) Result(e *engine, r *result.Statistic) {
	a.nearest.Report(&e.Base, r, "nearest_box", "in the frame of the nearest box",
		"images with a box and a final click")
	a.single.Report(&e.Base, r, "single_box", "variant: images with one box", "images with one box and a final click")
}
