package synth

import "math"

// point is a pointer sample or click: pixels of the displayed image, and a time.
type point struct {
	t    int64 // ms
	x, y int32
}

// mover makes pointer samples.
//
// A movement goes from A to B in duration T as
//
//	p(t) = A + (B-A) s + n c |B-A| sin(pi s) + tremor
//	s    = (m(u) - m(u0)) / (1 - m(u0)),  u = u0 + (1-u0) (0.85 t/T + 0.15 sqrt(t/T)),  m(u) = 10u³ - 15u⁴ + 6u⁵
//
// the minimum-jerk profile, skewed so that its peak comes early; u0 > 0 when the movement began
// outside the image. n is the normal of the path, c its curvature, the tremor normal with the given sd.
// Positions are whole pixels, as the browser gives them; a sample that did not move is left out.
type mover struct {
	every  float64 // mean interval of samples, ms
	least  float64 // smallest interval
	jitter float64 // mean of the exponential part of the interval, ms
	tremor float64 // sd, pixels
	w, h   int32   // of the displayed image
}

func minimumJerk(u float64) float64 { return u * u * u * (10 + u*(-15+6*u)) }

// move appends the samples of one movement and returns when the last one was.
func (m *mover) move(dst []point, from, to [2]float64, start int64, duration, u0, curve float64, d *dice) []point {
	s0 := minimumJerk(u0)
	dx, dy := to[0]-from[0], to[1]-from[1]
	for t := 0.0; t <= duration; {
		r := t / duration
		u := u0 + (1-u0)*(0.85*r+0.15*math.Sqrt(r))
		s := (minimumJerk(u) - s0) / (1 - s0)
		bow := curve * math.Sin(math.Pi*s)
		dst = m.sample(dst, from[0]+dx*s-dy*bow, from[1]+dy*s+dx*bow, start+int64(t), d)
		t += m.least + (m.every-m.least)*2*d.Float64()
		if m.jitter > 0 && d.chance(0.1) {
			t += m.jitter * d.ExpFloat64()
		}
	}
	return dst
}

// sample appends one sample unless the pointer stands where it stood.
func (m *mover) sample(dst []point, x, y float64, t int64, d *dice) []point {
	px := int32(math.Round(x + m.tremor*d.NormFloat64()))
	py := int32(math.Round(y + m.tremor*d.NormFloat64()))
	px, py = min(max(px, -1), m.w), min(max(py, -1), m.h)
	if n := len(dst); n > 0 && dst[n-1].x == px && dst[n-1].y == py && dst[n-1].t < t && d.chance(0.8) {
		return dst
	}
	return append(dst, point{t, px, py})
}

// fitts returns the time to reach a target of width w at distance a, both in pixels: ms.
func fitts(a, w float64) float64 { return 120 + 130*math.Log2(a/max(w, 1)+1) }

// side of an image.
type side uint8

const (
	left side = iota
	right
	top
	bottom
)

func (s side) opposite() side { return s ^ 1 }

// onEdge returns a point on a side; at is where along it, 0..1.
func onEdge(s side, at float64, w, h int) [2]float64 {
	fw, fh := float64(w), float64(h)
	switch s {
	case left:
		return [2]float64{0, at * fh}
	case right:
		return [2]float64{fw - 1, at * fh}
	case top:
		return [2]float64{at * fw, 0}
	}
	return [2]float64{at * fw, fh - 1}
}
