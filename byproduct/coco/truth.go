package coco

import (
	"fmt"
	"slices"

	"abtool/store"
)

// A Truth is the ground truth of some images of a store.
type Truth struct {
	images map[string]*Image // by id
	class  map[string]int32
}

// ReadTruth reads the ground truth of the images for which want returns true; masks are too large to read
// all. want is called with the id as text.
func ReadTruth(dir string, want func(image string) bool) (*Truth, error) {
	account, err := store.Read(dir)
	if err != nil {
		return nil, err
	}
	table, err := store.Open(dir, "coco", "images")
	if err != nil {
		return nil, err
	}
	defer table.Close()
	t := &Truth{images: map[string]*Image{}, class: map[string]int32{}}
	for i, c := range CategoriesOf(account.DataSet("coco")) {
		t.class[c.Name] = int32(i)
	}
	r, err := table.Reader(ImageColumns...)
	if err != nil {
		return nil, err
	}
	images := NewImages(r)
	for g := range table.Groups() {
		if err := r.Read(g); err != nil {
			return nil, err
		}
		images.Update(t.class)
		for i := range r.Rows() {
			if id := fmt.Sprint(images.ID(i)); want(id) {
				t.images[id] = images.clone(i)
			}
		}
	}
	return t, nil
}

// clone returns the image of row i with lists that stay valid.
func (c *Images) clone(i int) *Image {
	m := &Image{}
	c.Read(i, m)
	for k := range m.Instances {
		o := &m.Instances[k].Mask
		o.Polygon, o.Rings, o.Runs = slices.Clone(o.Polygon), slices.Clone(o.Rings), slices.Clone(o.Runs)
	}
	return m
}

// Image returns an image; it is nil if the image was not read.
func (t *Truth) Image(id string) *Image { return t.images[id] }

// Class returns the number of a class in the images' objects; it is -1 if the class is unknown.
func (t *Truth) Class(name string) int32 {
	if c, ok := t.class[name]; ok {
		return c
	}
	return -1
}

// On reports whether a point, in fractions of the image, lies on any mask of the class (C5,
// docs/design/definitions.md#c5). known is false for an image that was not read, has no size, or has no
// object of the class.
func (t *Truth) On(image, class string, x, y float64) (on, known bool) {
	m := t.images[image]
	c, ok := t.class[class]
	if m == nil || !ok || !m.Sized() || !m.Has(c, len(m.Instances)) {
		return false, false
	}
	return m.OnMask(c, x, y), true
}
