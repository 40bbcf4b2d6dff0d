package features

import (
	"math"
	"slices"

	"abtool/byproduct/plane"
	"abtool/store/columnar"
)

// A trace is the mouse's way to a click, or to an icon.
type trace struct {
	t      []int64 // valid samples at or before the click, in document order (I12)
	x, y   []float64
	since  []bool // since entering (I13); COCO: since the action before
	click  int64  // time of the click; columnar.Null: unknown, and no samples
	cx, cy float64

	way path // those since entering, by time
}

// A path is samples in order of time; of those at one time the last is kept.
type path struct {
	t    []int64 // relative to the click, so that fractions of a ms are exact to float64's last digits
	x, y []float64
}

func (p *path) len() int { return len(p.t) }

func (tr *trace) reset() {
	tr.t, tr.x, tr.y, tr.since = tr.t[:0], tr.x[:0], tr.y[:0], tr.since[:0]
	tr.click = columnar.Null
	tr.way.t, tr.way.x, tr.way.y = tr.way.t[:0], tr.way.x[:0], tr.way.y[:0]
}

// clickTimes are the time of the last click with a place of row i, and that of the last enter
// at or before it; columnar.Null: unknown.
func (tr *trace) clickTimes(r *columnar.Reader, i int) (click, enter int64) {
	click, enter = columnar.Null, columnar.Null
	x, y, t := r.Column("clicks.x"), r.Column("clicks.y").Floats, r.Column("clicks.t").Ints
	for k := x.Offsets[i+1] - 1; k >= x.Offsets[i]; k-- {
		if x.Floats[k] == x.Floats[k] && y[k] == y[k] {
			click, tr.cx, tr.cy = t[k], x.Floats[k], y[k]
			break
		}
	}
	if click == columnar.Null {
		return click, enter
	}
	h, action := r.Column("hovers.t"), r.Column("hovers.action")
	for k := h.Offsets[i]; k < h.Offsets[i+1]; k++ {
		if name, _ := action.Text(int(k)); name == "enter" && h.Ints[k] != columnar.Null && h.Ints[k] <= click {
			enter = max(enter, h.Ints[k])
		}
	}
	return click, enter
}

// imagenet fills the trace with that of row i.
func (tr *trace) imagenet(r *columnar.Reader, i int) {
	tr.reset()
	click, enter := tr.clickTimes(r, i)
	if click == columnar.Null {
		return
	}
	tr.samples(r, i, click, enter, enter != columnar.Null)
}

// samples takes the mouse samples of row i up to the click; those from time from on are since
// entering.
func (tr *trace) samples(r *columnar.Reader, i int, click, from int64, known bool) {
	tr.click = click
	t, x, y := r.Column("mouse.t"), r.Column("mouse.x").Floats, r.Column("mouse.y").Floats
	for k := t.Offsets[i]; k < t.Offsets[i+1]; k++ {
		if at := t.Ints[k]; at != columnar.Null && at <= click && x[k] == x[k] && y[k] == y[k] {
			tr.t, tr.x, tr.y = append(tr.t, at), append(tr.x, x[k]), append(tr.y, y[k])
			tr.since = append(tr.since, known && at >= from)
		}
	}
	w := &tr.way
	sorted := true
	for k, since := range tr.since {
		if since {
			sorted = sorted && (w.len() == 0 || w.t[w.len()-1] <= tr.t[k]-click)
			w.t, w.x, w.y = append(w.t, tr.t[k]-click), append(w.x, tr.x[k]), append(w.y, tr.y[k])
		}
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

// at is the place at a time relative to the click, on a straight line between the samples around it and, after the
// last, to the click; k is a sample that is not behind that time, or 0. Before the first sample
// ok is false.
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

// scribble is the last n samples before the click.
func (tr *trace) scribble(s *Signals, n int) {
	for k := max(0, len(tr.t)-n); k < len(tr.t); k++ {
		s.ScribbleX, s.ScribbleY, s.ScribbleT = append(s.ScribbleX, tr.x[k]), append(s.ScribbleY, tr.y[k]), append(s.ScribbleT, tr.t[k]-tr.click)
	}
}

// steps is the trace at n times, step ms apart, the last that of the click.
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

// normalised is the trace at n times, equal parts of the time from the first sample to the
// click.
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

// heat makes soft attention maps: a Gaussian for each sample since entering, integrated over the
// cells of a grid, weighted by the time until the next sample, or the click.
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
	if !(sum > 0) { // all of it is far outside of the image
		s.Attention = s.Attention[:0]
		return
	}
	for i := range s.Attention {
		s.Attention[i] /= sum
	}
}

// axis integrates the Gaussian over the cells of one axis.
func (h *heat) axis(to []float64, at float64) {
	scale := 1 / (h.sigma * math.Sqrt2)
	before := math.Erf((0 - at) * scale)
	for i := range to {
		after := math.Erf((float64(i+1)/float64(h.n) - at) * scale)
		to[i] = 0.5 * (after - before)
		before = after
	}
}

// hulls finds convex hulls. It keeps its memory.
type hulls struct{ points, polygon []plane.Point }

// add adds the bounding box and the area of the convex hull of the last n samples since entering,
// in document order and also those of one ms (0: all of them), and the click.
func (h *hulls) add(s *Signals, tr *trace, n int) {
	if tr.way.len() == 0 {
		return
	}
	points := append(h.points[:0], plane.Point{X: tr.cx, Y: tr.cy})
	b := plane.PointBox(tr.cx, tr.cy)
	for k := len(tr.since) - 1; k >= 0 && (n <= 0 || len(points) <= n); k-- {
		if !tr.since[k] {
			continue
		}
		x, y := tr.x[k], tr.y[k]
		points = append(points, plane.Point{X: x, Y: y})
		b = b.With(x, y)
	}
	slices.SortFunc(points, plane.Point.Compare)
	h.points, h.polygon = points, plane.ConvexHull(points, h.polygon)
	s.Hull, s.HullArea = [4]float64{b.X0, b.Y0, b.X1, b.Y1}, plane.PolygonArea(h.polygon)
}
