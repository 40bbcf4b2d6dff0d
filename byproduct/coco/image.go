package coco

import (
	"abtool/byproduct/plane"
	"abtool/store/columnar"
)

// An Image is an image of the ground truth. Its lists are valid until the next row group is read.
type Image struct {
	ID            int64
	Width, Height int64 // px; 0 or less: unknown
	Instances     []Instance
}

// An Instance is an object of an image.
type Instance struct {
	Class      int32   // −1: its category has no name
	X, Y, W, H float64 // bounding box, px
	HasBox     bool
	Crowd      bool
	Mask       plane.Mask
}

// Sized reports whether the image's size is known.
func (m *Image) Sized() bool { return m.Width > 0 && m.Height > 0 }

// Share returns the area of the bounding box as a share of the image (C11, docs/design/definitions.md#c11);
// ok is false if either is unknown.
func (o *Instance) Share(m *Image) (s float64, ok bool) {
	if !o.HasBox || !m.Sized() {
		return 0, false
	}
	return o.W * o.H / (float64(m.Width) * float64(m.Height)), true
}

// Box returns the bounding box in fractions of the image; ok is false if the box or the size
// of the image is unknown.
func (o *Instance) Box(m *Image) (b plane.Box, ok bool) {
	if !o.HasBox || !m.Sized() {
		return plane.Box{}, false
	}
	return plane.PixelBox(o.X, o.Y, o.X+o.W, o.Y+o.H, float64(m.Width), float64(m.Height)), true
}

// Has reports whether the image has an object of a class among the first n.
func (m *Image) Has(class int32, n int) bool {
	for i := range m.Instances[:n] {
		if m.Instances[i].Class == class {
			return true
		}
	}
	return false
}

// OnMask reports whether the pixel under a point, in fractions of the image, is set in a mask of a class,
// crowds included (C5, docs/design/definitions.md#c5).
func (m *Image) OnMask(class int32, x, y float64) bool {
	px, py, inside := plane.Pixel(x, y, m.Width, m.Height)
	if !inside {
		return false
	}
	for i := range m.Instances {
		if o := &m.Instances[i]; o.Class == class && o.Mask.Has(px, py) {
			return true
		}
	}
	return false
}

// Fill sets the pixels of the objects of a class, of its crowds or of its other objects, row by row. It leaves
// the other pixels as they are.
func (m *Image) Fill(r *plane.Raster, class int32, crowds bool, to []bool) {
	for i := range m.Instances {
		if o := &m.Instances[i]; o.Class == class && o.Crowd == crowds {
			r.Fill(&o.Mask, m.Width, m.Height, to)
		}
	}
}

// InPolygons reports whether a point itself is in a polygon of a class, or its pixel in the mask of a crowd.
// This is the variant of C5.
func (m *Image) InPolygons(class int32, x, y float64) bool {
	px, py, inside := plane.Pixel(x, y, m.Width, m.Height)
	if !inside {
		return false
	}
	for i := range m.Instances {
		o := &m.Instances[i]
		if o.Class == class && (o.Mask.InPolygons(x*float64(m.Width), y*float64(m.Height)) || o.Mask.InRuns(px, py)) {
			return true
		}
	}
	return false
}

// InBox reports whether a point is in a bounding box of a class, edges included (C6,
// docs/design/definitions.md#c6).
func (m *Image) InBox(class int32, x, y float64) bool {
	px, py := x*float64(m.Width), y*float64(m.Height)
	for i := range m.Instances {
		o := &m.Instances[i]
		if o.Class != class || !m.Sized() || !o.HasBox {
			continue
		}
		if px >= o.X && px <= o.X+o.W && py >= o.Y && py <= o.Y+o.H {
			return true
		}
	}
	return false
}

// Nearest returns the bounding box of a class that is nearest to a point, and how many boxes the class has
// (C12, docs/design/definitions.md#c12).
func (m *Image) Nearest(class int32, x, y float64) (best plane.Box, boxes int) {
	for i := range m.Instances {
		o := &m.Instances[i]
		if o.Class != class {
			continue
		}
		if b, ok := o.Box(m); ok && o.W > 0 && o.H > 0 {
			if boxes++; boxes == 1 || b.Nearer(best, x, y) {
				best = b
			}
		}
	}
	return best, boxes
}

// Images gives access to the table of images, a row group at a time.
type Images struct {
	id, width, height, category, x, y, w, h, crowd, polygon, rings, runHeight, runWidth, runs *columnar.Values

	classes []int32 // by place in category's Dict
}

// ImageColumns are the columns of images that Images reads.
var ImageColumns = []string{
	"image_id", "width", "height", "instances.category", "instances.x", "instances.y", "instances.w", "instances.h",
	"instances.crowd", "instances.polygon", "instances.rings",
	"instances.rle_height", "instances.rle_width", "instances.rle_counts",
}

// NewImages returns the images of a reader that reads ImageColumns.
func NewImages(r *columnar.Reader) *Images {
	return &Images{
		id: r.Column("image_id"), width: r.Column("width"), height: r.Column("height"),
		category: r.Column("instances.category"), crowd: r.Column("instances.crowd"),
		x: r.Column("instances.x"), y: r.Column("instances.y"), w: r.Column("instances.w"),
		h:       r.Column("instances.h"),
		polygon: r.Column("instances.polygon"), rings: r.Column("instances.rings"),
		runHeight: r.Column("instances.rle_height"), runWidth: r.Column("instances.rle_width"),
		runs: r.Column("instances.rle_counts"),
	}
}

// Update must be called after the reader has read another row group. class has the numbers of the known
// classes.
func (c *Images) Update(class map[string]int32) {
	c.classes = numbers(c.classes[:0], c.category.Dict, class)
}

// ID returns the id of the image of row i.
func (c *Images) ID(i int) int64 { return c.id.Ints[i] }

// First returns the index of the first instance of row i in the columns of instances.
func (c *Images) First(i int) int { return int(c.x.Offsets[i]) }

// Read sets m to the image of row i. It reuses the memory of m.
func (c *Images) Read(i int, m *Image) {
	*m = Image{ID: c.id.Ints[i], Width: c.width.Ints[i], Height: c.height.Ints[i], Instances: m.Instances[:0]}
	for k := c.x.Offsets[i]; k < c.x.Offsets[i+1]; k++ {
		o := Instance{
			Class: -1, Crowd: c.crowd.Ints[k] == 1,
			X: c.x.Floats[k], Y: c.y.Floats[k], W: c.w.Floats[k], H: c.h.Floats[k],
			Mask: plane.Mask{
				Polygon: c.polygon.Floats[c.polygon.Inner[k]:c.polygon.Inner[k+1]],
				Rings:   c.rings.Ints[c.rings.Inner[k]:c.rings.Inner[k+1]],
				Height:  c.runHeight.Ints[k], Width: c.runWidth.Ints[k],
				Runs: c.runs.Ints[c.runs.Inner[k]:c.runs.Inner[k+1]],
			},
		}
		o.HasBox = o.X == o.X && o.Y == o.Y && o.W == o.W && o.H == o.H
		if at := c.category.Index[k]; at >= 0 {
			o.Class = c.classes[at]
		}
		m.Instances = append(m.Instances, o)
	}
}
