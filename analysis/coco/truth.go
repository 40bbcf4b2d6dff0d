package coco

import (
	"abtool/byproduct/coco"
)

// images reads a row group of the ground truth and joins each image with the pages that annotated it.
func (w *worker) images(group int) error {
	if err := w.readImages.Read(group); err != nil {
		return err
	}
	w.img.Update(w.e.class)
	for i := range w.readImages.Rows() {
		m := &w.image
		w.img.Read(i, m)
		w.truths = append(w.truths, m.ID)
		if w.e.travels {
			w.digest.add(w.readImages, i)
		}
		for _, st := range w.onTruth {
			st.truth(m)
		}
		for _, p := range w.e.pages[m.ID] {
			p.truth = m
			w.compare(p)
			w.page(p)
			p.found = nil
		}
	}
	return nil
}

// compare compares a page's icons with the ground truth of its image.
func (w *worker) compare(p *page) {
	m := p.truth
	for i := range p.icons {
		p.icons[i].compare(m)
	}
	w.found = m.Find(w.found[:0], p.icon)
	p.found, p.recall = w.found, coco.RecallOf(w.found)
}

// compare compares the icon's point, and the place where it ended, with the objects of its class.
func (k *icon) compare(m *coco.Image) {
	c := k.Class
	k.present = m.Has(c, len(m.Instances))
	if k.Added() {
		k.onMask, k.onBox, k.continuous = m.OnMask(c, k.X, k.Y), m.InBox(c, k.X, k.Y), m.InPolygons(c, k.X, k.Y)
		if b, n := m.Nearest(c, k.X, k.Y); n > 0 {
			k.nearest, k.single = true, n == 1
			k.u, k.v = b.Frame(k.X, k.Y)
		}
	}
	switch {
	case !k.Ends():
	case k.EndX == k.X && k.EndY == k.Y: // most icons are never moved
		k.endMask, k.endBox, k.endContinuous = k.onMask, k.onBox, k.continuous
	default:
		x, y := k.EndX, k.EndY
		k.endMask, k.endBox, k.endContinuous = m.OnMask(c, x, y), m.InBox(c, x, y), m.InPolygons(c, x, y)
	}
}
