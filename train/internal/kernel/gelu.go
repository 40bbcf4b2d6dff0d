package kernel

import "math"

// GELU and its derivative are tabulated at distances of 1/geluSteps in [-geluEdge, geluEdge] and
// interpolated by cubics that have the functions' values and slopes at these places. The error is at most
// 1e-8, and the tables are many times as fast as math.Erfc. Outside the interval GELU is 0 or x, to the
// precision of float32.
const (
	geluEdge  = 8
	geluSteps = 32
)

// cubic has the coefficients of a polynomial of the position within an interval, from 0 to 1, the constant
// first.
type cubic [4]float64

func (c *cubic) at(u float64) float32 { return float32(c[0] + u*(c[1]+u*(c[2]+u*c[3]))) }

// hermite returns the cubic with values p, q and slopes m, n at 0 and 1.
func hermite(p, q, m, n float64) cubic {
	d := q - p
	return cubic{p, m, 3*d - 2*m - n, m + n - 2*d}
}

// geluTable has the cubics of GELU and of its derivative for each interval.
var geluTable = func() *[2 * geluEdge * geluSteps]struct{ value, slope cubic } {
	var table [2 * geluEdge * geluSteps]struct{ value, slope cubic }
	for i := range table {
		f, g, h := geluAt(float64(i)/geluSteps - geluEdge)
		f1, g1, h1 := geluAt(float64(i+1)/geluSteps - geluEdge)
		table[i].value = hermite(f, f1, g/geluSteps, g1/geluSteps)
		table[i].slope = hermite(g, g1, h/geluSteps, h1/geluSteps)
	}
	return &table
}()

// geluAt returns x·Φ(x) and its first two derivatives.
func geluAt(x float64) (f, g, h float64) {
	normal := 0.5 * math.Erfc(-x/math.Sqrt2)
	density := math.Exp(-x*x/2) / math.Sqrt(2*math.Pi)
	return x * normal, normal + x*density, density * (2 - x*x)
}

// GELU computes x·Φ(x), where Φ is the normal distribution function.
func GELU(t *Team, x, y []float32) {
	t.Split(len(x), func(_, from, to int) {
		out := y[from:to]
		for i, v := range x[from:to] {
			at := (float64(v) + geluEdge) * geluSteps
			if !(at >= 0 && at < 2*geluEdge*geluSteps) {
				out[i] = max(v, 0)
				continue
			}
			k := int(at)
			out[i] = geluTable[k].value.at(at - float64(k))
		}
	})
}

// GELUBack computes dx = dy·(Φ(x) + x·φ(x)).
func GELUBack(t *Team, x, dy, dx []float32) {
	t.Split(len(x), func(_, from, to int) {
		out, d := dx[from:to], dy[from:to]
		for i, v := range x[from:to] {
			at := (float64(v) + geluEdge) * geluSteps
			if !(at >= 0 && at < 2*geluEdge*geluSteps) {
				out[i] = 0
				if !(v < 0) {
					out[i] = d[i]
				}
				continue
			}
			k := int(at)
			out[i] = d[i] * geluTable[k].slope.at(at-float64(k))
		}
	})
}
