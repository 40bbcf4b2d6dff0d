package coco

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/coco"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
)

// centreBias is where the centres of boxes and the icons are (I10, C12).
type centreBias struct {
	r                     *stat.Ratios
	middle                stat.RatioID // of icons, of those with ground truth
	centres, icons, known plane.Grid
	noSize                int64
}

func newCentreBias(_ *engine, r *stat.Ratios) *centreBias {
	return &centreBias{r: r, middle: r.Declare(2)}
}

func (a *centreBias) row(r *record) {
	for i := range r.page.icons {
		if k := &r.page.icons[i]; k.Added() {
			a.icons.Add(k.X, k.Y)
			pass.CountMiddle(a.r, r.page.cluster, a.middle, k.X, k.Y)
		}
	}
}

func (a *centreBias) page(p *page) {
	if p.truth == nil {
		return
	}
	for i := range p.icons {
		if k := &p.icons[i]; k.Added() {
			a.known.Add(k.X, k.Y)
			pass.CountMiddle(a.r, p.cluster, a.middle+1, k.X, k.Y)
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

func (a *centreBias) Merge(o *centreBias) {
	a.centres.Merge(&o.centres)
	a.icons.Merge(&o.icons)
	a.known.Merge(&o.known)
	a.noSize += o.noSize
}

func (a *centreBias) Result(e *engine, r *result.Statistic) {
	for _, g := range []struct {
		name, title, of string
		grid            *plane.Grid
		middle          stat.RatioID
	}{
		{"gt_centres", "centres of ground-truth boxes", "boxes", &a.centres, -1},
		{"icons", "icons: the last add", "icons with a point", &a.icons, a.middle},
		{"icons_with_gt", "variant: icons on images of the ground truth", "such icons", &a.known, a.middle + 1},
	} {
		pass.AddGrid(r, g.name, g.title, g.of, g.grid, e.Boot, g.middle)
	}
	r.WarnFew(r.Values[0])
	r.Exclude("no usable box, or the image's size is unknown", "instances", a.noSize)
}
