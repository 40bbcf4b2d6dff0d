package plane

import "math"

// A Box is a rectangle in fractions of the image, edges included; y points down.
type Box struct{ X0, Y0, X1, Y1 float64 }

// PixelBox returns the box of a rectangle of pixels of a width × height image.
func PixelBox(x0, y0, x1, y1, width, height float64) Box {
	return Box{x0 / width, y0 / height, x1 / width, y1 / height}
}

// PointBox returns the empty box of a point.
func PointBox(x, y float64) Box { return Box{x, y, x, y} }

// With returns the smallest box that contains both the box and a point.
func (b Box) With(x, y float64) Box {
	return Box{min(b.X0, x), min(b.Y0, y), max(b.X1, x), max(b.Y1, y)}
}

// Contains reports whether a point lies in the box (I6, docs/design/definitions.md#i6).
func (b Box) Contains(x, y float64) bool {
	return x >= b.X0 && x <= b.X1 && y >= b.Y0 && y <= b.Y1
}

// Area returns the area of the box as a share of the image.
func (b Box) Area() float64 { return (b.X1 - b.X0) * (b.Y1 - b.Y0) }

// Centre returns the middle of the box.
func (b Box) Centre() (x, y float64) { return (b.X0 + b.X1) / 2, (b.Y0 + b.Y1) / 2 }

// Distance returns how far a point is from the box, 0 inside.
func (b Box) Distance(x, y float64) float64 {
	dx, dy := max(b.X0-x, 0, x-b.X1), max(b.Y0-y, 0, y-b.Y1)
	return math.Sqrt(dx*dx + dy*dy)
}

// Clipped returns the part of the box that is on the image; ok is false if the box is outside of the image.
func (b Box) Clipped() (c Box, ok bool) {
	c = Box{max(b.X0, 0), max(b.Y0, 0), min(b.X1, 1), min(b.Y1, 1)}
	return c, c.X1 > c.X0 && c.Y1 > c.Y0
}

// InAny reports whether a point lies in any of the boxes (I6).
func InAny(boxes []Box, x, y float64) bool {
	for i := range boxes {
		if boxes[i].Contains(x, y) {
			return true
		}
	}
	return false
}

// Nearer reports whether the box is nearer to a point than another: by distance, then by area (I15,
// docs/design/definitions.md#i15).
func (b Box) Nearer(other Box, x, y float64) bool {
	d, at := b.Distance(x, y), other.Distance(x, y)
	return d < at || d == at && b.Area() < other.Area()
}

// Nearest returns the box nearest to a point, the first of equals (I15). There must be one.
func Nearest(boxes []Box, x, y float64) Box {
	best := boxes[0]
	for _, b := range boxes[1:] {
		if b.Nearer(best, x, y) {
			best = b
		}
	}
	return best
}

// Frame returns a point in the frame of the box: 0…1 is the box, v points down (I15).
func (b Box) Frame(x, y float64) (u, v float64) {
	return (x - b.X0) / (b.X1 - b.X0), (y - b.Y0) / (b.Y1 - b.Y0)
}

// CentreDistance returns how far a point is from (0.5, 0.5), in fractions of the two axes (I19,
// docs/design/definitions.md#i19).
func CentreDistance(x, y float64) float64 { return math.Hypot(x-0.5, y-0.5) }

// Intersection returns the area that two boxes share.
func Intersection(a, b Box) float64 {
	w, h := min(a.X1, b.X1)-max(a.X0, b.X0), min(a.Y1, b.Y1)-max(a.Y0, b.Y0)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h
}

// Overlap returns the intersection over union of two boxes.
func Overlap(a, b Box) float64 {
	shared := Intersection(a, b)
	return shared / (a.Area() + b.Area() - shared)
}

// ToInfinity returns the box with the edges that reach the border of the image moved to infinity. It contains
// exactly the points that the box contains after they are moved to the border.
func (b Box) ToInfinity() Box {
	if b.X0 <= 0 {
		b.X0 = math.Inf(-1)
	}
	if b.Y0 <= 0 {
		b.Y0 = math.Inf(-1)
	}
	if b.X1 >= 1 {
		b.X1 = math.Inf(1)
	}
	if b.Y1 >= 1 {
		b.Y1 = math.Inf(1)
	}
	return b
}

// Largest returns the box of the largest area, the first of equals. There must be one.
func Largest(boxes []Box) Box {
	best := boxes[0]
	for _, b := range boxes[1:] {
		if b.Area() > best.Area() {
			best = b
		}
	}
	return best
}
