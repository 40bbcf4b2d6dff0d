package imagenet

import (
	"math"

	"abtool/byproduct"
	"abtool/store/columnar"
)

// A path has the measures of mouse-tracking research for a trace, on a display of a given size. In documents
// and tables they have their names in mousetrap (MAD, AD, AUC, flips). Lengths are in px.
type path struct {
	n                 int     // samples
	length            float64 // length of the path; 0 for one sample
	direct            float64 // distance from the first sample to the last
	duration          int64   // ms from the earliest sample to the latest; columnar.Null without times
	speed             float64 // length / duration, in px/s; NaN without a duration
	mad, ad, auc      float64 // deviations from the direct path, positive above it; NaN if the first and last sample are in the same place
	xFlips, yFlips    int     // changes of direction
	initiation        int64   // ms until the first movement; columnar.Null without a movement
	peakSpeed, peakAt float64 // speed of the fastest step, px/s, and its end as a share of the duration; NaN without one
}

// measure returns the measures of samples with a place, on a display of width × height px.
func measure(p byproduct.Points, width, height float64) path {
	m := path{n: p.Len(), duration: columnar.Null, initiation: columnar.Null}
	nan := math.NaN()
	m.speed, m.mad, m.ad, m.auc, m.peakSpeed, m.peakAt = nan, nan, nan, nan, nan, nan
	if m.n == 0 {
		return m
	}
	first, last := p.T[0], p.T[0]
	for _, t := range p.T {
		first, last = min(first, t), max(last, t)
	}
	if first != columnar.Null {
		m.duration = last - first
	}
	x0, y0 := p.X[0], p.Y[0]
	dx, dy := (p.X[m.n-1]-x0)*width, (p.Y[m.n-1]-y0)*height
	m.direct = math.Sqrt(dx*dx + dy*dy)
	sign := -1.0
	if dx > 0 || dx == 0 && dy < 0 {
		sign = 1
	}
	var most, least, total, area float64
	xWay, yWay := 0, 0
	for i := range m.n {
		if m.direct > 0 {
			d := sign * (dy*(p.X[i]-x0)*width - dx*(p.Y[i]-y0)*height) / m.direct
			if i == 0 || d > most {
				most = d
			}
			if i == 0 || d < least {
				least = d
			}
			total += d
		}
		if i == 0 {
			continue
		}
		sx, sy := (p.X[i]-p.X[i-1])*width, (p.Y[i]-p.Y[i-1])*height
		step := math.Sqrt(sx*sx + sy*sy)
		m.length += step
		area += (p.X[i-1]-x0)*(p.Y[i]-y0) - (p.X[i]-x0)*(p.Y[i-1]-y0)
		flip(&xWay, &m.xFlips, p.X[i]-p.X[i-1])
		flip(&yWay, &m.yFlips, p.Y[i]-p.Y[i-1])
		if m.initiation == columnar.Null && p.T[0] != columnar.Null && p.T[i-1] != columnar.Null &&
			(p.X[i] != x0 || p.Y[i] != y0) {
			m.initiation = p.T[i-1] - p.T[0]
		}
		if first != columnar.Null && p.T[i] > p.T[i-1] {
			if v := 1000 * step / float64(p.T[i]-p.T[i-1]); !(v <= m.peakSpeed) {
				m.peakSpeed = v
				if m.duration > 0 {
					m.peakAt = float64(p.T[i]-p.T[0]) / float64(m.duration)
				}
			}
		}
	}
	if m.duration > 0 && first != columnar.Null {
		m.speed = 1000 * m.length / float64(m.duration)
	}
	if m.direct > 0 {
		m.mad = least
		if most >= -least {
			m.mad = most
		}
		m.ad = total / float64(m.n)
		m.auc = sign * 0.5 * width * height * area
	}
	return m
}

// flip adds 1 to flips if the direction of d differs from *way, the direction of the last step with a movement.
func flip(way, flips *int, d float64) {
	now := 0
	switch {
	case d > 0:
		now = 1
	case d < 0:
		now = -1
	default:
		return
	}
	if *way == -now {
		*flips++
	}
	*way = now
}
