package imagenet

import (
	"testing"

	"abtool/byproduct/plane"
)

// Four images: with two boxes, without any, never spoken of, and one without a box that was shown.
func madeImages() *Images {
	m := NewImages()
	for _, x := range []struct {
		id    string
		shown int32
		boxes []plane.Box
	}{
		{"a", 2, []plane.Box{plane.PixelBox(10, 20, 60, 40, 100, 200), {X1: 1, Y1: 1}}},
		{"b", 0, nil},
		{"c", -1, []plane.Box{{X1: 0.5, Y1: 0.5}}},
		{"d", 1, nil},
	} {
		m.meet(x.shown >= 0, len(x.boxes) > 0)
		m.Append(Image{ID: x.id, Shown: x.shown, Boxes: x.boxes})
	}
	return m
}

// The universe has every image that occurs in the byproducts, even if it was never shown (I1).
func TestUniverse(t *testing.T) {
	m := madeImages()
	if images, boxed, boxes := m.Universe(); images != 3 || boxed != 1 || boxes != 2 {
		t.Errorf("the universe has %d images, %d of them with %d boxes; want 3, 1 and 2", images, boxed, boxes)
	}
	if b := m.Boxes(0); len(b) != 2 || b[0] != (plane.Box{X0: 0.1, Y0: 0.1, X1: 0.6, Y1: 0.2}) {
		t.Errorf("the first image has the boxes %v", b)
	}
	if n := len(m.Boxes(1)) + len(m.Boxes(3)); n != 0 || m.Len() != 4 || len(m.AllBoxes()) != 3 {
		t.Errorf("images without boxes have %d boxes; in all, %d images have %d boxes, want 4 and 3", n,
			m.Len(), len(m.AllBoxes()))
	}
}

// A point is compared with all boxes of an image, borders included (I6).
func TestOn(t *testing.T) {
	m := madeImages()
	for _, c := range []struct {
		id        string
		x, y      float64
		on, known bool
	}{
		{"a", 0.6, 0.2, true, true}, {"a", 1, 1, true, true}, {"a", 1.01, 0.5, false, true},
		{"c", 0.6, 0.2, false, true}, {"b", 0.5, 0.5, false, false}, {"e", 0.5, 0.5, false, false},
	} {
		if on, known := m.On(c.id, c.x, c.y); on != c.on || known != c.known {
			t.Errorf("(%v, %v) of %s: on %v, known %v", c.x, c.y, c.id, on, known)
		}
	}
}

func TestApart(t *testing.T) {
	if _, _, apart := madeImages().Apart(); apart {
		t.Error("an image has both a record and a box")
	}
	m := madeImages()
	m.Shared = false
	if record, box, apart := m.Apart(); !apart || record != "a" || box != "c" {
		t.Errorf("no image has both a record and a box: apart is %v, with the examples %s and %s; want a and c", apart, record, box)
	}
}
