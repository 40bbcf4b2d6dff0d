package analysis

import (
	"context"
	"fmt"
	"slices"

	"abtool/byproduct/coco"
	"abtool/byproduct/imagenet"
	"abtool/byproduct/plane"
	"abtool/store/columnar"
)

// A Truth tells whether points lie on objects, by a store's ground truth: boxes of ImageNet, masks of COCO.
type Truth struct {
	images *imagenet.Images
	coco   map[string]*coco.Image
	class  map[string]class
}

// OpenTruth reads the ground truth of a data set of a store, imagenet or coco; of COCO, whose masks are large, that of the images that
// want wants.
func OpenTruth(store, set string, want func(image string) bool) (*Truth, error) {
	if set != "coco" {
		images, err := imagenet.ReadImages(context.Background(), store, 0)
		return &Truth{images: images}, err
	}
	e, err := newCOCOEngine(store, Options{})
	if err != nil {
		return nil, err
	}
	t, err := columnar.Open(store, "coco", "images")
	if err != nil {
		return nil, err
	}
	defer t.Close()
	r, err := t.Reader(coco.ImageColumns...)
	if err != nil {
		return nil, err
	}
	images := coco.NewImages(r)
	out := &Truth{coco: map[string]*coco.Image{}, class: e.class}
	for g := range t.Groups() {
		if err := r.Read(g); err != nil {
			return nil, err
		}
		images.Update(e.class)
		for i := range r.Rows() {
			id := fmt.Sprint(images.ID(i))
			if !want(id) {
				continue
			}
			m := &coco.Image{}
			images.Read(i, m)
			for k := range m.Instances {
				o := &m.Instances[k].Mask
				o.Polygon, o.Rings, o.Runs = slices.Clone(o.Polygon), slices.Clone(o.Rings), slices.Clone(o.Runs)
			}
			out.coco[id] = m
		}
	}
	return out, nil
}

// On tells whether a point, in fractions of the image, lies in any box of the image (ImageNet, I6), or on any mask of the class (COCO,
// C5). known is false for images without usable ground truth.
func (t *Truth) On(image, className string, x, y float64) (on, known bool) {
	if t.images != nil {
		i, ok := t.images.IDs.Find(image, 0)
		if !ok {
			return false, false
		}
		boxes := t.images.Boxes(i)
		return plane.InAny(boxes, x, y), len(boxes) > 0
	}
	m := t.coco[image]
	if m == nil || !m.Sized() {
		return false, false
	}
	c, ok := t.class[className]
	if !ok {
		return false, false
	}
	if !m.Has(c, len(m.Instances)) {
		return false, false
	}
	return m.OnMask(c, x, y), true
}
