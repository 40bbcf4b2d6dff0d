package plane

import (
	"cmp"
	"math"
	"slices"
)

// A Union is the area that boxes cover, cut into rectangles that do not overlap.
type Union struct {
	pieces []Box
	edges  []float64
	spans  [][2]float64
}

// Of cuts the union of the boxes into strips between neighbouring edges in x and, in each strip,
// the spans that are covered in y.
func (u *Union) Of(boxes []Box) {
	u.pieces = u.pieces[:0]
	if len(boxes) == 1 {
		u.pieces = append(u.pieces, boxes[0])
		return
	}
	u.edges = u.edges[:0]
	for _, b := range boxes {
		u.edges = append(u.edges, b.X0, b.X1)
	}
	slices.Sort(u.edges)
	u.edges = slices.Compact(u.edges)
	for i := 1; i < len(u.edges); i++ {
		from, to := u.edges[i-1], u.edges[i]
		u.spans = u.spans[:0]
		for _, b := range boxes {
			if b.X0 <= from && b.X1 >= to {
				u.spans = append(u.spans, [2]float64{b.Y0, b.Y1})
			}
		}
		slices.SortFunc(u.spans, func(a, b [2]float64) int { return cmp.Compare(a[0], b[0]) })
		for k := 0; k < len(u.spans); {
			y0, y1 := u.spans[k][0], u.spans[k][1]
			for k++; k < len(u.spans) && u.spans[k][0] <= y1; k++ {
				y1 = max(y1, u.spans[k][1])
			}
			u.pieces = append(u.pieces, Box{from, y0, to, y1})
		}
	}
}

// Area returns the area of the union (I7, docs/design/definitions.md#i7).
func (u *Union) Area() (a float64) {
	for _, p := range u.pieces {
		a += p.Area()
	}
	return a
}

// Gaussian returns the probability that a point drawn from N(0.5, σ²) on each axis, independently,
// lies in the union: Σ over pieces of (Φ(x₁) − Φ(x₀)) (Φ(y₁) − Φ(y₀)).
func (u *Union) Gaussian(sigma float64) (p float64) {
	for _, b := range u.pieces {
		p += NormalMass(b.X0, b.X1, sigma) * NormalMass(b.Y0, b.Y1, sigma)
	}
	return p
}

// NormalMass returns the probability of [a, b] under N(0.5, σ²).
func NormalMass(a, b, sigma float64) float64 {
	scale := 1 / (sigma * math.Sqrt2)
	return 0.5 * (math.Erf((b-0.5)*scale) - math.Erf((a-0.5)*scale))
}
