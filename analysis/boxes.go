package analysis

import (
	"math"
	"slices"
)

// A box is a rectangle in fractions of the image, edges included; y points down.
type box struct{ x0, y0, x1, y1 float64 }

// contains tells whether a point lies in the box (I6).
func (b box) contains(x, y float64) bool {
	return x >= b.x0 && x <= b.x1 && y >= b.y0 && y <= b.y1
}

func (b box) area() float64 { return (b.x1 - b.x0) * (b.y1 - b.y0) }

func (b box) centre() (x, y float64) { return (b.x0 + b.x1) / 2, (b.y0 + b.y1) / 2 }

// distance is from a point to the box, 0 inside.
func (b box) distance(x, y float64) float64 {
	dx, dy := max(b.x0-x, 0, x-b.x1), max(b.y0-y, 0, y-b.y1)
	return math.Sqrt(dx*dx + dy*dy)
}

// clipped is the part of the box on the image; ok is false where there is none.
func (b box) clipped() (c box, ok bool) {
	c = box{max(b.x0, 0), max(b.y0, 0), min(b.x1, 1), min(b.y1, 1)}
	return c, c.x1 > c.x0 && c.y1 > c.y0
}

// inAny tells whether a point lies in any of the boxes.
func inAny(boxes []box, x, y float64) bool {
	for i := range boxes {
		if boxes[i].contains(x, y) {
			return true
		}
	}
	return false
}

// nearest is the place of the box nearest to a point: by distance, then area, then order (I15).
// There must be one.
func nearest(boxes []box, x, y float64) int {
	best, at := 0, boxes[0].distance(x, y)
	for i := 1; i < len(boxes); i++ {
		if d := boxes[i].distance(x, y); d < at || d == at && boxes[i].area() < boxes[best].area() {
			best, at = i, d
		}
	}
	return best
}

// A union is the area that boxes cover, cut into rectangles that do not overlap.
type union struct {
	pieces []box
	edges  []float64
	spans  [][2]float64
}

// of cuts the union of the boxes into strips between neighbouring edges in x and, in each strip,
// the spans that are covered in y.
func (u *union) of(boxes []box) {
	u.pieces = u.pieces[:0]
	if len(boxes) == 1 {
		u.pieces = append(u.pieces, boxes[0])
		return
	}
	u.edges = u.edges[:0]
	for _, b := range boxes {
		u.edges = append(u.edges, b.x0, b.x1)
	}
	slices.Sort(u.edges)
	u.edges = slices.Compact(u.edges)
	for i := 1; i < len(u.edges); i++ {
		from, to := u.edges[i-1], u.edges[i]
		u.spans = u.spans[:0]
		for _, b := range boxes {
			if b.x0 <= from && b.x1 >= to {
				u.spans = append(u.spans, [2]float64{b.y0, b.y1})
			}
		}
		slices.SortFunc(u.spans, func(a, b [2]float64) int {
			switch {
			case a[0] < b[0]:
				return -1
			case a[0] > b[0]:
				return 1
			}
			return 0
		})
		for k := 0; k < len(u.spans); {
			y0, y1 := u.spans[k][0], u.spans[k][1]
			for k++; k < len(u.spans) && u.spans[k][0] <= y1; k++ {
				y1 = max(y1, u.spans[k][1])
			}
			u.pieces = append(u.pieces, box{from, y0, to, y1})
		}
	}
}

// area is that of the union.
func (u *union) area() (a float64) {
	for _, p := range u.pieces {
		a += p.area()
	}
	return a
}

// gaussian is the probability that a point drawn from N(0.5, σ²) on each axis, independently,
// lies in the union: Σ over pieces of (Φ(x₁) − Φ(x₀)) (Φ(y₁) − Φ(y₀)).
func (u *union) gaussian(sigma float64) (p float64) {
	for _, b := range u.pieces {
		p += normalMass(b.x0, b.x1, sigma) * normalMass(b.y0, b.y1, sigma)
	}
	return p
}

// normalMass is the probability of [a, b] under N(0.5, σ²).
func normalMass(a, b, sigma float64) float64 {
	scale := 1 / (sigma * math.Sqrt2)
	return 0.5 * (math.Erf((b-0.5)*scale) - math.Erf((a-0.5)*scale))
}
