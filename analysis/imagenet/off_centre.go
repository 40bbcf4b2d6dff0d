package imagenet

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
)

// offCentre counts hits of clicks on images whose centre is in no box (I9).
type offCentre struct {
	r        *pass.Counts
	accuracy stat.RatioID
	images   int64 // of BC
	bc       int64
}

func newOffCentre(_ *engine, r *pass.Counts) *offCentre {
	a := &offCentre{r: r, accuracy: r.Declare(1)}
	r.Numbers("images bc", &a.images, &a.bc)
	return a
}

func (a *offCentre) picture(p *picture) {
	if !p.clickedBoxed() {
		return
	}
	a.bc++
	if !p.centre {
		a.images++
		a.r.Count(p.final.cluster, a.accuracy, p.hit)
	}
}

func (a *offCentre) Result(e *engine, r *result.Statistic) {
	r.Add(result.Proportion("share", "images whose centre is in no box",
		"images with a box and a final click", a.images, a.bc))
	v := e.Ratio("accuracy", "the final click is in a box, on images whose centre is in no box",
		result.UnitShare, "images with a box and a final click whose centre is in no box", a.accuracy)
	r.Add(v)
	r.WarnFew(v)
	var off, boxed int64
	for i, n := range e.images.Shown {
		if b := e.images.Boxes(int32(i)); n >= 0 && len(b) > 0 {
			boxed++
			if !plane.InAny(b, 0.5, 0.5) {
				off++
			}
		}
	}
	r.Add(result.Proportion("share.all_boxed",
		"variant: images whose centre is in no box, over all images with a box", "images with a box", off, boxed))
}
