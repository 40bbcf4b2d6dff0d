package features

import (
	"math"
	"slices"

	"abtool/byproduct"
	"abtool/byproduct/plane"
)

// A trace is the path of the mouse to a click, or to the add of an icon, at (cx, cy).
type trace struct {
	byproduct.Trace
	cx, cy float64
	way    path // its segment since entering, in order of time
}

// A path is a list of samples in order of time. Of several samples at the same time only the last is kept.
type path struct {
	t    []int64 // ms relative to the click: small numbers, so that fractions of a ms are precise in a float64
	x, y []float64
}

func (p *path) len() int { return len(p.t) }

// of sets tr to the trace to a click at time click, which begins at time from.
func (tr *trace) of(mouse byproduct.Points, click, from int64) {
	tr.Trace.Of(mouse, click, from)
	w := &tr.way
	w.t, w.x, w.y = w.t[:0], append(w.x[:0], tr.Segment.X...), append(w.y[:0], tr.Segment.Y...)
	sorted := true
	for _, t := range tr.Segment.T {
		sorted = sorted && (len(w.t) == 0 || w.t[len(w.t)-1] <= t-click)
		w.t = append(w.t, t-click)
	}
	if !sorted {
		w.sort()
	}
	w.compact()
}

func (p *path) sort() {
	order := make([]int, p.len())
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(p.t[a] - p.t[b]) })
	t, x, y := slices.Clone(p.t), slices.Clone(p.x), slices.Clone(p.y)
	for i, k := range order {
		p.t[i], p.x[i], p.y[i] = t[k], x[k], y[k]
	}
}

func (p *path) compact() {
	n := 0
	for i := range p.t {
		if n > 0 && p.t[n-1] == p.t[i] {
			n--
		}
		p.t[n], p.x[n], p.y[n] = p.t[i], p.x[i], p.y[i]
		n++
	}
	p.t, p.x, p.y = p.t[:n], p.x[:n], p.y[:n]
}

// at returns the place of the mouse at a time relative to the click. It interpolates linearly between the
// samples around that time, or between the last sample and the click. The search starts at sample k, which
// must be 0 or not after the time; near is the sample to start from for a later time. ok is false before the
// first sample.
func (tr *trace) at(time float64, k int) (x, y float64, near int, ok bool) {
	w := &tr.way
	if w.len() == 0 || time < float64(w.t[0]) {
		return nan, nan, 0, false
	}
	for k+1 < w.len() && float64(w.t[k+1]) <= time {
		k++
	}
	t1, x1, y1 := int64(0), tr.cx, tr.cy
	if k+1 < w.len() {
		t1, x1, y1 = w.t[k+1], w.x[k+1], w.y[k+1]
	}
	if t1 == w.t[k] || time >= float64(t1) {
		return x1, y1, k, true
	}
	part := (time - float64(w.t[k])) / float64(t1-w.t[k])
	return w.x[k] + float64(part*(x1-w.x[k])), w.y[k] + float64(part*(y1-w.y[k])), k, true
}

// scribble adds the last n samples before the click.
func (tr *trace) scribble(s *Signals, n int) {
	p := &tr.Before
	for k := max(0, p.Len()-n); k < p.Len(); k++ {
		s.ScribbleX, s.ScribbleY = append(s.ScribbleX, p.X[k]), append(s.ScribbleY, p.Y[k])
		s.ScribbleT = append(s.ScribbleT, p.T[k]-tr.Click)
	}
}

// steps adds the places of the mouse at n times, step ms apart; the last is the click.
func (tr *trace) steps(s *Signals, n int, step int64) {
	if tr.way.len() == 0 {
		return
	}
	near := 0
	for i := range n {
		x, y, k, ok := tr.at(float64(-int64(n-1-i)*step), near)
		near = k
		if i == n-1 {
			x, y, ok = tr.cx, tr.cy, true
		}
		s.StepX, s.StepY = append(s.StepX, x), append(s.StepY, y)
		mask := int64(0)
		if ok {
			mask = 1
		}
		s.StepMask = append(s.StepMask, mask)
	}
}

// normalised adds the places of the mouse at n equally spaced times, from the first sample to the click.
func (tr *trace) normalised(s *Signals, n int) {
	w := &tr.way
	if w.len() == 0 {
		return
	}
	near := 0
	from := float64(w.t[0])
	for i := range n {
		x, y := tr.cx, tr.cy
		if i < n-1 {
			x, y, near, _ = tr.at(from-from*float64(i)/float64(n-1), near)
		}
		s.PathX, s.PathY = append(s.PathX, x), append(s.PathY, y)
	}
}

// A heat computes soft attention maps: the sum of a Gaussian for each sample since entering, integrated over
// the cells of an n × n grid, and weighted by the time until the next sample or the click.
type heat struct {
	n      int
	sigma  float64
	gx, gy []float64
}

func newHeat(n int, sigma float64) *heat {
	return &heat{n, sigma, make([]float64, n), make([]float64, n)}
}

func (h *heat) add(s *Signals, tr *trace) {
	w := &tr.way
	if w.len() == 0 {
		return
	}
	total := -w.t[0]
	s.Attention = append(s.Attention, make([]float64, h.n*h.n)...)
	sum := 0.0
	for k := range w.len() {
		until := int64(0)
		if k+1 < w.len() {
			until = w.t[k+1]
		}
		weight := float64(until - w.t[k])
		if total == 0 {
			weight = 1
		}
		if weight == 0 {
			continue
		}
		h.axis(h.gx, w.x[k])
		h.axis(h.gy, w.y[k])
		for row, gy := range h.gy {
			if gy = gy * weight; gy == 0 {
				continue
			}
			cells := s.Attention[row*h.n : (row+1)*h.n]
			for c, gx := range h.gx {
				v := float64(gy * gx)
				cells[c] += v
				sum += v
			}
		}
	}
	if !(sum > 0) { // every sample is far outside of the image
		s.Attention = s.Attention[:0]
		return
	}
	for i := range s.Attention {
		s.Attention[i] /= sum
	}
}

// axis sets to[i] to the integral of a Gaussian around at over cell i of one axis.
func (h *heat) axis(to []float64, at float64) {
	scale := 1 / (h.sigma * math.Sqrt2)
	before := math.Erf((0 - at) * scale)
	for i := range to {
		after := math.Erf((float64(i+1)/float64(h.n) - at) * scale)
		to[i] = 0.5 * (after - before)
		before = after
	}
}

// hulls computes convex hulls. It reuses its memory.
type hulls struct{ points, polygon []plane.Point }

// add adds the bounding box and the area of the convex hull of the click and the last n samples since entering
// (0: all of them). Samples are counted in document order, several in the same ms included.
func (h *hulls) add(s *Signals, tr *trace, n int) {
	if tr.way.len() == 0 {
		return
	}
	points := append(h.points[:0], plane.Point{X: tr.cx, Y: tr.cy})
	b := plane.PointBox(tr.cx, tr.cy)
	for k := tr.Segment.Len() - 1; k >= 0 && (n <= 0 || len(points) <= n); k-- {
		x, y := tr.Segment.X[k], tr.Segment.Y[k]
		points = append(points, plane.Point{X: x, Y: y})
		b = b.With(x, y)
	}
	slices.SortFunc(points, plane.Point.Compare)
	h.points, h.polygon = points, plane.ConvexHull(points, h.polygon)
	s.Hull, s.HullArea = [4]float64{b.X0, b.Y0, b.X1, b.Y1}, plane.PolygonArea(h.polygon)
}
