package analysis

import (
	"fmt"

	"abtool/byproduct/plane"
	"abtool/store/columnar"
)

// A cocoImage is an image of the ground truth. It lives during the call that it is passed to.
type cocoImage struct {
	id            int64
	width, height int64 // px; 0 or less: unknown
	instances     []instance
}

// sized tells whether the image's size is known.
func (m *cocoImage) sized() bool { return m.width > 0 && m.height > 0 }

// An instance is an object of an image.
type instance struct {
	class      class // −1: its category has no name
	x, y, w, h float64
	hasBox     bool
	crowd      bool
	mask       plane.Mask
}

// share is the area of the bounding box over that of the image (C11); ok is false where one is
// unknown.
func (o *instance) share(m *cocoImage) (s float64, ok bool) {
	if !o.hasBox || !m.sized() {
		return 0, false
	}
	return o.w * o.h / (float64(m.width) * float64(m.height)), true
}

// relative is the bounding box in fractions of the image.
func (o *instance) relative(m *cocoImage) (b plane.Box, ok bool) {
	if !o.hasBox || !m.sized() {
		return plane.Box{}, false
	}
	return plane.PixelBox(o.x, o.y, o.x+o.w, o.y+o.h, float64(m.width), float64(m.height)), true
}

// holds tells whether a point, in fractions of the image, is in the bounding box, edges
// included (C6).
func (o *instance) holds(m *cocoImage, x, y float64) bool {
	px, py := x*float64(m.width), y*float64(m.height)
	return o.hasBox && px >= o.x && px <= o.x+o.w && py >= o.y && py <= o.y+o.h
}

// cocoImages are the columns of images that are read.
type cocoImages struct {
	id, width, height, category, x, y, w, h, crowd, polygon, rings, runHeight, runWidth, runs *columnar.Values
}

func (c *cocoImages) bind(t *columnar.Table) (*columnar.Reader, error) {
	return bind(t, map[string]**columnar.Values{
		"image_id": &c.id, "width": &c.width, "height": &c.height, "instances.category": &c.category, "instances.x": &c.x, "instances.y": &c.y,
		"instances.w": &c.w, "instances.h": &c.h, "instances.crowd": &c.crowd, "instances.polygon": &c.polygon, "instances.rings": &c.rings,
		"instances.rle_height": &c.runHeight, "instances.rle_width": &c.runWidth, "instances.rle_counts": &c.runs,
	})
}

// images takes a row group of the ground truth, each image with the page that annotated it.
func (w *cocoWorker) images(group int) error {
	if err := w.readImages.Read(group); err != nil {
		return err
	}
	var classes []class
	for _, s := range w.img.category.Dict {
		classes = append(classes, w.e.classOf(s))
	}
	for i := range w.readImages.Rows() {
		m := &w.image
		w.readImage(m, i, classes)
		if !w.sawImages || m.id < w.leastImage {
			w.leastImage, w.sawImages = m.id, true
		}
		for _, st := range w.stats {
			st.truth(m)
		}
		if p := w.e.pages[m.id]; p != nil {
			p.truth = m
			w.judge(p)
			w.page(p)
			p.found = nil
		}
	}
	return nil
}

func (w *cocoWorker) readImage(m *cocoImage, i int, classes []class) {
	c := &w.img
	*m = cocoImage{id: c.id.Ints[i], width: c.width.Ints[i], height: c.height.Ints[i], instances: m.instances[:0]}
	for k := c.x.Offsets[i]; k < c.x.Offsets[i+1]; k++ {
		o := instance{class: -1, x: c.x.Floats[k], y: c.y.Floats[k], w: c.w.Floats[k], h: c.h.Floats[k], crowd: c.crowd.Ints[k] == 1}
		o.hasBox = o.x == o.x && o.y == o.y && o.w == o.w && o.h == o.h
		if at := c.category.Index[k]; at >= 0 {
			o.class = classes[at]
		}
		o.mask = plane.Mask{
			Polygon: c.polygon.Floats[c.polygon.Inner[k]:c.polygon.Inner[k+1]], Rings: c.rings.Ints[c.rings.Inner[k]:c.rings.Inner[k+1]],
			Height: c.runHeight.Ints[k], Width: c.runWidth.Ints[k], Runs: c.runs.Ints[c.runs.Inner[k]:c.runs.Inner[k+1]],
		}
		m.instances = append(m.instances, o)
	}
}

// warnings returns a sentence if there are pages and ground truth, and no image has both.
func (e *cocoEngine) warnings(workers []*cocoWorker) []string {
	var page, image int64
	pages, images := false, false
	for id, p := range e.pages {
		if p.truth != nil {
			return nil
		}
		if !pages || id < page {
			page, pages = id, true
		}
	}
	for _, w := range workers {
		if w.sawImages && (!images || w.leastImage < image) {
			image, images = w.leastImage, true
		}
	}
	if !pages || !images {
		return nil
	}
	return []string{fmt.Sprintf("The records and the ground truth share no image: a record is of %d, an object's image is %d. "+
		"So nothing can be said of precision and recall. Ingest again with the instances of the images that were annotated: "+
		"--instances instances_train2014.json.", page, image)}
}

// judge holds a page's icons against the ground truth of its image.
func (w *cocoWorker) judge(p *page) {
	m := p.truth
	for i := range p.icons {
		p.icons[i].judge(m)
	}
	w.found = w.found[:0]
	for i := range m.instances {
		c := m.instances[i].class
		if c < 0 || m.before(i, c) {
			continue
		}
		f := found{class: c}
		for k := range p.icons {
			if p.icons[k].class == c {
				p.icons[k].present = true
				f.placed, f.anyAdd = p.icons[k].placed, p.icons[k].anyAdd
			}
		}
		p.retrieved += b2i(f.placed)
		p.retrieved2 += b2i(f.anyAdd)
		w.found = append(w.found, f)
	}
	p.classes, p.found = int64(len(w.found)), w.found
}

// before tells whether an instance before i has the class.
func (m *cocoImage) before(i int, c class) bool {
	for k := range m.instances[:i] {
		if m.instances[k].class == c {
			return true
		}
	}
	return false
}

// judge holds the icon's point, and where it ended, against the objects of its class.
func (k *icon) judge(m *cocoImage) {
	if k.has {
		k.onMask, k.onBox, k.continuous = m.judge(k.class, k.x, k.y)
		k.place(m)
	}
	switch {
	case !k.ends:
	case k.has && k.endX == k.x && k.endY == k.y: // as most icons, it was never moved
		k.endMask, k.endBox, k.endContinuous = k.onMask, k.onBox, k.continuous
	default:
		k.endMask, k.endBox, k.endContinuous = m.judge(k.class, k.endX, k.endY)
	}
}

// judge reports whether a point is on a mask of a class, in a bounding box of it, and itself in
// its polygons (C5, C6).
func (m *cocoImage) judge(c class, x, y float64) (onMask, onBox, continuous bool) {
	px, py, inside := plane.Pixel(x, y, m.width, m.height)
	for i := range m.instances {
		o := &m.instances[i]
		if o.class != c {
			continue
		}
		if inside && !onMask {
			onMask = o.mask.Has(px, py)
		}
		if inside && !continuous {
			continuous = o.mask.InPolygons(x*float64(m.width), y*float64(m.height)) || o.mask.InRuns(px, py)
		}
		onBox = onBox || m.sized() && o.holds(m, x, y)
	}
	return onMask, onBox, continuous
}

// place places the icon's point in the frame of the nearest box of its class (C12).
func (k *icon) place(m *cocoImage) {
	var best plane.Box
	boxes := 0
	for i := range m.instances {
		o := &m.instances[i]
		if o.class != k.class {
			continue
		}
		if b, ok := o.relative(m); ok && o.w > 0 && o.h > 0 {
			if boxes++; boxes == 1 || b.Nearer(best, k.x, k.y) {
				best = b
			}
		}
	}
	if boxes > 0 {
		k.nearest, k.single = true, boxes == 1
		k.u, k.v = best.Frame(k.x, k.y)
	}
}
