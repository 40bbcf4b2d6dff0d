package coco

import (
	"math"
	"testing"

	"abtool/byproduct/plane"
)

// An icon's point is of the last add with a place, whatever follows (C3); it is retrieved if it is not
// removed (C7).
func TestIcon(t *testing.T) {
	nan := math.NaN()
	type step struct {
		kind Action
		x, y float64
	}
	for _, c := range []struct {
		name                       string
		steps                      []step
		placed, anyAdd, added, end bool
		x, endX                    float64
	}{
		{"added", []step{{Add, 0.1, 0.2}}, true, true, true, true, 0.1, 0.1},
		{"moved", []step{{Add, 0.1, 0.2}, {Move, 0.3, 0.4}}, true, true, true, true, 0.1, 0.3},
		{"removed", []step{{Add, 0.1, 0.2}, {Remove, nan, nan}}, false, true, true, false, 0.1, 0.1},
		{"added again", []step{{Add, 0.1, 0.2}, {Remove, nan, nan}, {Add, 0.5, 0.6}}, true, true,
			true, true, 0.5, 0.5},
		{"last add without a place", []step{{Add, 0.1, 0.2}, {Add, 0.7, nan}}, true, true, true, true, 0.1, 0.1},
		{"move alone", []step{{Move, 0.3, 0.4}}, true, false, false, true, nan, 0.3},
		{"nowhere", []step{{Add, nan, 0.4}}, true, true, false, false, nan, nan},
		{"nothing", nil, false, false, false, false, nan, nan},
	} {
		k := NewIcon(7)
		for _, s := range c.steps {
			k.Take(s.kind, s.x, s.y)
		}
		same := func(a, b float64) bool { return a == b || a != a && b != b }
		if k.Placed != c.placed || k.AnyAdd != c.anyAdd || k.Added() != c.added || k.Ends() != c.end ||
			!same(k.X, c.x) || !same(k.EndX, c.endX) || k.Class != 7 {
			t.Errorf("%s: the icon is %+v, want %+v", c.name, k, c)
		}
	}
}

// Two objects of class 1, the second a crowd, on a 100 × 50 image.
func madeImage() *Image {
	return &Image{Width: 100, Height: 50, Instances: []Instance{
		{Class: 1, X: 10, Y: 10, W: 20, H: 20, HasBox: true, Mask: plane.Mask{
			Polygon: []float64{10, 10, 30, 10, 10, 30}, Rings: []int64{6}, // a triangle: the upper left half of the box
		}},
		{Class: 2, X: 0, Y: 0, W: 50, H: 25, HasBox: true},
		{Class: 1, Crowd: true, X: 60, Y: 0, W: 40, H: 50, HasBox: true, Mask: plane.Mask{
			Height: 50, Width: 100, Runs: []int64{60 * 50, 40 * 50}, // the right of column 60
		}},
		{Class: 3, X: 1, Y: 1, W: math.NaN(), H: 1},
	}}
}

// OnMask looks at the pixel under a point, InPolygons at the point itself, and boxes include their edges (C5, C6).
func TestOn(t *testing.T) {
	m := madeImage()
	for _, c := range []struct {
		class               int32
		x, y                float64
		mask, polygons, box bool
	}{
		{1, 0.15, 0.3, true, true, true},
		{1, 0.295, 0.58, false, false, true},  // in the box's other half
		{1, 0.3, 0.6, false, false, true},     // its corner
		{1, 0.301, 0.6, false, false, false},  // beyond
		{1, 0.2005, 0.395, false, true, true}, // inside, the centre of its pixel (20, 19) on the long side
		{1, 0.209, 0.398, false, false, true}, // beyond the long side
		{1, 0.8, 0.9, true, true, true},       // in the crowd
		{1, 1, 1, true, true, true},           // the last pixel
		{1, 1.01, 0.5, false, false, false},
		{2, 0.2, 0.2, false, false, true}, // without a mask
		{3, 0.01, 0.02, false, false, false},
		{4, 0.15, 0.3, false, false, false}, // a class that the image does not have
	} {
		if mask, polygons, box := m.OnMask(c.class, c.x, c.y), m.InPolygons(c.class, c.x,
			c.y), m.InBox(c.class, c.x, c.y); mask != c.mask || polygons != c.polygons || box != c.box {
			t.Errorf("(%v, %v) of class %d: mask %v, polygons %v, box %v", c.x, c.y, c.class, mask, polygons, box)
		}
	}
	unsized := madeImage()
	unsized.Width = 0
	if unsized.OnMask(1, 0.15, 0.3) || unsized.InBox(1, 0.15, 0.3) || unsized.Sized() {
		t.Error("a point is on an image of unknown size")
	}
}

// The nearest box is of the class, and boxes without an extent do not count (C12); shares are of the
// image's area (C11).
func TestBoxes(t *testing.T) {
	m := madeImage()
	if b, n := m.Nearest(1, 0.5, 0.5); n != 2 || b != (plane.Box{X0: 0.6, X1: 1, Y1: 1}) {
		t.Errorf("the nearest of %d is %v", n, b)
	}
	if _, n := m.Nearest(3, 0.5, 0.5); n != 0 {
		t.Errorf("class 3 has %d boxes, want none: its box has no extent", n)
	}
	if s, ok := m.Instances[1].Share(m); !ok || s != 0.25 {
		t.Errorf("a quarter of the image is %v", s)
	}
	if _, ok := m.Instances[3].Share(m); ok || !m.Has(2, 2) || m.Has(2, 1) {
		t.Error("the size of no box is known")
	}
}

// Whole pixels are computed from the record's size, even if it is 0 (L2).
func TestPixel(t *testing.T) {
	if x, y := Pixel(0.999, 0.5, 640, 0); x != 639 || y != 0 {
		t.Errorf("pixel (%d, %d), want (639, 0): the record's height is 0", x, y)
	}
}
