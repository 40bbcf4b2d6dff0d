package plane

import "slices"

// A Point is a point in fractions of the image.
type Point struct{ X, Y float64 }

// Compare orders points by x, then y.
func (a Point) Compare(b Point) int {
	switch {
	case a.X < b.X || a.X == b.X && a.Y < b.Y:
		return -1
	case a == b:
		return 0
	}
	return 1
}

// ConvexHull returns the smallest convex polygon around points that are sorted by x, then y (Andrew's
// monotone chain). It builds the polygon in to.
func ConvexHull(points, to []Point) []Point {
	points = slices.Compact(points)
	to = to[:0]
	if len(points) < 3 {
		return append(to, points...)
	}
	turn := func(a, b, c Point) float64 {
		// The conversions round each product separately, so that the hull is the same on every processor.
		return float64((b.X-a.X)*(c.Y-a.Y)) - float64((b.Y-a.Y)*(c.X-a.X))
	}
	chain := func(p Point, from int) {
		for len(to) >= from+2 && turn(to[len(to)-2], to[len(to)-1], p) <= 0 {
			to = to[:len(to)-1]
		}
		to = append(to, p)
	}
	for _, p := range points {
		chain(p, 0)
	}
	lower := len(to) - 1
	for i := len(points) - 2; i >= 0; i-- {
		chain(points[i], lower)
	}
	return to[:len(to)-1]
}

// PolygonArea returns the area of a simple polygon (the shoelace formula).
func PolygonArea(p []Point) float64 {
	a := 0.0
	for i := range p {
		j := (i + 1) % len(p)
		a += float64(p[i].X*p[j].Y) - float64(p[j].X*p[i].Y)
	}
	return max(a, -a) / 2
}

// ClipToBox returns the part of a convex polygon in a box (Sutherland and Hodgman 1974).
func ClipToBox(p []Point, b Box, work *[2][]Point) []Point {
	inside := [4]func(Point) float64{
		func(v Point) float64 { return v.X - b.X0 }, func(v Point) float64 { return b.X1 - v.X },
		func(v Point) float64 { return v.Y - b.Y0 }, func(v Point) float64 { return b.Y1 - v.Y },
	}
	for side, depth := range inside {
		out := work[side%2][:0]
		for i, v := range p {
			w := p[(i+1)%len(p)]
			dv, dw := depth(v), depth(w)
			if dv >= 0 {
				out = append(out, v)
			}
			if dv > 0 && dw < 0 || dv < 0 && dw > 0 {
				t := dv / (dv - dw)
				out = append(out, Point{v.X + t*(w.X-v.X), v.Y + t*(w.Y-v.Y)})
			}
		}
		work[side%2] = out
		p = out
	}
	return p
}
