package coco

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/stat"
)

// iconPrecision counts the icons that lie on an object of their class (C3–C6).
type iconPrecision struct {
	r        *pass.Counts
	of       [precisionVariants]stat.RatioID
	absent   stat.RatioID // icons on images that do not have the class
	unplaced stat.RatioID // icons that do not stay
	noPoint  int64        // icons without a point, on images of the ground truth
	noTruth  int64        // icons with a point, on other images
}

const (
	onMask = iota
	onMaskPresent
	onMaskPlaced
	onMaskFinal
	onMaskContinuous
	onBox
	onBoxPresent
	onMaskPresentFinal
	onMaskContinuousFinal
	onBoxFinal
	onBoxPresentFinal
	precisionVariants
)

var precisionNames = [precisionVariants]struct{ name, title, of string }{
	{"on_mask", "the last add lies on a mask of its class", "icons with a point"},
	{"on_mask.class_present", "variant: icons of classes that the image has", "icons of classes that the image has"},
	{"on_mask.placed", "variant: icons that stay on the image", "icons with a point that stay"},
	{"on_mask.final", "variant: icons that stay, at their last add or move", "icons that stay"},
	{"on_mask.continuous", "variant: the point itself lies in the polygons, not its pixel", "icons with a point"},
	{"on_box", "the last add lies in a bounding box of its class", "icons with a point"},
	{"on_box.class_present", "variant: icons of classes that the image has", "icons of classes that the image has"},
	{"on_mask.class_present_final", "variant: icons that stay, at their last add or move, of classes that " +
		"the image has", "icons that stay, of classes that the image has"},
	{"on_mask.continuous_final", "variant: icons that stay, at their last add or move; the point itself " +
		"lies in the polygons", "icons that stay"},
	{"on_box.final", "variant: icons that stay, at their last add or move", "icons that stay"},
	{"on_box.class_present_final", "variant: icons that stay, at their last add or move, of classes that " +
		"the image has", "icons that stay, of classes that the image has"},
}

func newIconPrecision(_ *engine, r *pass.Counts) *iconPrecision {
	a := &iconPrecision{r: r, absent: r.Declare(1), unplaced: r.Declare(1)}
	r.Excludes(&a.noPoint, "no add with a place", "icons")
	r.Excludes(&a.noTruth, "the image is not in the ground truth", "icons with a point")
	id := r.Declare(precisionVariants)
	for i := range a.of {
		a.of[i] = id + stat.RatioID(i)
	}
	return a
}

func (a *iconPrecision) page(p *page) {
	for i := range p.icons {
		k := &p.icons[i]
		switch {
		case p.truth == nil:
			if k.Added() {
				a.noTruth++
			}
			continue
		case !k.Added():
			a.noPoint++
		default:
			a.r.Count(p.cluster, a.of[onMask], k.onMask)
			a.r.Count(p.cluster, a.of[onMaskContinuous], k.continuous)
			a.r.Count(p.cluster, a.of[onBox], k.onBox)
			a.r.Count(p.cluster, a.absent, !k.present)
			a.r.Count(p.cluster, a.unplaced, !k.Placed)
			if k.present {
				a.r.Count(p.cluster, a.of[onMaskPresent], k.onMask)
				a.r.Count(p.cluster, a.of[onBoxPresent], k.onBox)
			}
			if k.Placed {
				a.r.Count(p.cluster, a.of[onMaskPlaced], k.onMask)
			}
		}
		if k.Ends() {
			a.final(p.cluster, k)
		}
	}
}

// final counts an icon that stays, at its last add or move.
func (a *iconPrecision) final(cluster int32, k *icon) {
	a.r.Count(cluster, a.of[onMaskFinal], k.endMask)
	a.r.Count(cluster, a.of[onMaskContinuousFinal], k.endContinuous)
	a.r.Count(cluster, a.of[onBoxFinal], k.endBox)
	if k.present {
		a.r.Count(cluster, a.of[onMaskPresentFinal], k.endMask)
		a.r.Count(cluster, a.of[onBoxPresentFinal], k.endBox)
	}
}

func (a *iconPrecision) Result(e *engine, r *result.Statistic) {
	for i, v := range precisionNames {
		r.Add(e.Ratio(v.name, v.title, result.UnitShare, v.of, a.of[i]))
	}
	r.Add(e.Ratio("absent", "icons of classes that the image does not have, which are misses",
		result.UnitShare, "icons with a point", a.absent),
		e.Ratio("removed", "icons with a point that do not stay on the image", result.UnitShare,
			"icons with a point", a.unplaced))
	r.WarnFew(r.Values[0])
}
