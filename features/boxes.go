package features

import "math"

// A box is a rectangle in fractions of the image, edges included; y points down.
type box struct{ x0, y0, x1, y1 float64 }

// contains tells whether a point lies in the box (I6).
func (b box) contains(x, y float64) bool { return x >= b.x0 && x <= b.x1 && y >= b.y0 && y <= b.y1 }

func (b box) area() float64 { return (b.x1 - b.x0) * (b.y1 - b.y0) }

func (b box) centre() (x, y float64) { return (b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2 }

// distance is from a point to the box, 0 inside.
func (b box) distance(x, y float64) float64 {
	dx, dy := max(b.x0-x, 0, x-b.x1), max(b.y0-y, 0, y-b.y1)
	return math.Sqrt(dx*dx + dy*dy)
}

func inAny(boxes []box, x, y float64) bool {
	for i := range boxes {
		if boxes[i].contains(x, y) {
			return true
		}
	}
	return false
}

// nearest is the box nearest to a point: by distance, then area, then order (I15). There must be
// one.
func nearest(boxes []box, x, y float64) box {
	best, at := boxes[0], boxes[0].distance(x, y)
	for _, b := range boxes[1:] {
		if d := b.distance(x, y); d < at || d == at && b.area() < best.area() {
			best, at = b, d
		}
	}
	return best
}

// largest is the box of the largest area, the first of equals. There must be one.
func largest(boxes []box) box {
	best := boxes[0]
	for _, b := range boxes[1:] {
		if b.area() > best.area() {
			best = b
		}
	}
	return best
}
