package coco

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
)

// iconFrame counts the places of icons in the frames of their boxes (C12, I15).
type iconFrame struct {
	nearest, single pass.FrameMap
	noBox           int64
}

func newIconFrame(_ *engine, r *pass.Counts) *iconFrame {
	a := &iconFrame{nearest: pass.NewFrameMap(r), single: pass.NewFrameMap(r)}
	pass.Merges(r, "nearest single", &a.nearest, &a.single)
	r.Excludes(&a.noBox, "the image has no box of the class", "icons with a point")
	return a
}

func (a *iconFrame) page(p *page) {
	if p.truth == nil {
		return
	}
	for i := range p.icons {
		k := &p.icons[i]
		switch {
		case !k.Added():
		case !k.nearest:
			a.noBox++
		default:
			a.nearest.Count(p.cluster, k.u, k.v)
			if k.single {
				a.single.Count(p.cluster, k.u, k.v)
			}
		}
	}
}

func (a *iconFrame) Result(e *engine, r *result.Statistic) {
	a.nearest.Report(&e.Base, r, "nearest_box", "in the frame of the nearest box of the class",
		"icons on images that have a box of the class")
	a.single.Report(&e.Base, r, "single_box", "variant: images with one box of the class",
		"icons on images that have one box of the class")
	r.WarnFew(r.Values[0])
}
