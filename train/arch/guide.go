package arch

import "math"

// Around writes the Gaussian of Sigma cells alone, the weights of Guide with an Alpha of 1. There must be a point.
func (l Layer) Around(x, y float64, rows, columns int, to []float32) {
	l.Alpha = 1
	l.Guide(x, y, true, rows, columns, to)
}

// Guide writes the weights of the positions of a guided average to to, row by row: Alpha times a Gaussian of
// Sigma cells around the point (x, y), in fractions of the map, which is cut off at its borders and scaled to
// the sum 1, plus the rest in equal parts. Without a point all weights are equal. They sum to 1.
func (l Layer) Guide(x, y float64, point bool, rows, columns int, to []float32) {
	equal := 1 / float64(rows*columns)
	if !point || l.Alpha == 0 {
		for i := range to {
			to[i] = float32(equal)
		}
		return
	}
	// In units of cells, whose centres have whole numbers. The nearest one has the exponent 0, so that a small
	// Sigma gives no zeros only.
	x, y = x*float64(columns)-0.5, y*float64(rows)-0.5
	distance := func(i int) float64 {
		dx, dy := float64(i%columns)-x, float64(i/columns)-y
		return float64(dx*dx) + float64(dy*dy)
	}
	nearest := math.Inf(1)
	for i := range to {
		nearest = min(nearest, distance(i))
	}
	sum := 0.0
	for i := range to {
		sum += math.Exp((nearest - distance(i)) / (2 * l.Sigma * l.Sigma))
	}
	for i := range to {
		g := math.Exp((nearest-distance(i))/(2*l.Sigma*l.Sigma)) / sum
		to[i] = float32((1-l.Alpha)*equal + l.Alpha*g)
	}
}
