package coco

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/coco"
	"abtool/byproduct/plane"
)

// centreBias counts the places of box centres and of icons (I10, C12).
type centreBias struct {
	centres      plane.Grid
	icons, known pass.PointMap // all icons, and those on images of the ground truth
	noSize       int64
}

func newCentreBias(_ *engine, r *pass.Counts) *centreBias {
	a := &centreBias{icons: pass.NewPointMap(r), known: pass.NewPointMap(r)}
	pass.Merges(r, "gt_centres", &a.centres)
	pass.Merges(r, "icons icons_with_gt", &a.icons, &a.known)
	r.Excludes(&a.noSize, "no usable box, or the image's size is unknown", "instances")
	return a
}

func (a *centreBias) row(r *record) {
	for i := range r.page.icons {
		if k := &r.page.icons[i]; k.Added() {
			a.icons.Count(r.page.cluster, k.X, k.Y)
		}
	}
}

func (a *centreBias) page(p *page) {
	if p.truth == nil {
		return
	}
	for i := range p.icons {
		if k := &p.icons[i]; k.Added() {
			a.known.Count(p.cluster, k.X, k.Y)
		}
	}
}

func (a *centreBias) truth(m *coco.Image) {
	for i := range m.Instances {
		o := &m.Instances[i]
		if !o.HasBox || !m.Sized() {
			a.noSize++
			continue
		}
		a.centres.Add((o.X+o.W/2)/float64(m.Width), (o.Y+o.H/2)/float64(m.Height))
	}
}

func (a *centreBias) Result(e *engine, r *result.Statistic) {
	pass.AddGrid(r, "gt_centres", "centres of ground-truth boxes", "boxes", &a.centres)
	a.icons.Report(&e.Base, r, "icons", "icons, at their last add", "icons with a point")
	a.known.Report(&e.Base, r, "icons_with_gt", "variant: icons on images of the ground truth",
		"icons with a point on images of the ground truth")
	r.WarnFew(r.Values[0])
}
