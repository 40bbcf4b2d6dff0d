package analysis

import (
	"slices"
	"strconv"

	"abtool/internal/stat"
)

// extentWindows are how many of the last samples before the click an object's extent is
// estimated from; 0 stands for all since entering.
var extentWindows = []int{8, 16, 32, 0}

// extent is how well the samples around the click tell the extent of the object: the convex hull
// of the last samples and the click, and the box around it, against the nearest ground-truth
// box. (The paper's conjecture in section 4.1. No sample is taken after a click, while the image
// is selected, so that only those before it can be used.)
type extent struct {
	r       *stat.Ratios
	hull    stat.RatioID // by window: mean intersection over union of hull and box
	around  stat.RatioID // by window: of the hull's bounding box
	half    stat.RatioID // by window: share above one half
	covered stat.RatioID // by window: share of the box that the hull's bounding box covers
	image   stat.RatioID // of the whole image, for comparison
	typical stat.RatioID // of a box of mean size around the click
	w, h    float64      // that size
	noTrace int64
	sorted  []sample // and the click
	points  []vertex
	polygon []vertex
	clip    [2][]vertex
}

// A vertex is a point in fractions of the image.
type vertex struct{ x, y float64 }

// A sample is a vertex with its place in the trace.
type sample struct {
	vertex
	i int
}

func (a vertex) compare(b vertex) int {
	switch {
	case a.x < b.x || a.x == b.x && a.y < b.y:
		return -1
	case a == b:
		return 0
	}
	return 1
}

func newExtent(e *imagenetEngine, r *stat.Ratios) imagenetStatistic {
	n := len(extentWindows)
	a := &extent{r: r, hull: r.Declare(n), around: r.Declare(n), half: r.Declare(n), covered: r.Declare(n), image: r.Declare(1), typical: r.Declare(1)}
	a.w, a.h = e.truth.meanBox()
	return a
}

// meanBox is the mean width and height of boxes, in fractions of the image.
func (t *imagenetTruth) meanBox() (w, h float64) {
	var ws, hs stat.Sum
	for _, b := range t.boxes {
		ws.Add(b.x1 - b.x0)
		hs.Add(b.y1 - b.y0)
	}
	n := float64(max(len(t.boxes), 1))
	return ws.Float() / n, hs.Float() / n
}

func (a *extent) showing(*showing) {}

func (a *extent) picture(p *picture) {
	if !p.clickedBoxed() {
		return
	}
	s := p.trace.segment
	if s.len() == 0 {
		a.noTrace++
		return
	}
	truth := p.boxes[nearest(p.boxes, p.x, p.y)]
	cluster := p.final.cluster
	whole, _ := truth.clipped()
	a.r.Add(cluster, a.image, max(0, whole.area()))
	a.r.Add(cluster, a.typical, overlap(box{p.x - a.w/2, p.y - a.h/2, p.x + a.w/2, p.y + a.h/2}, truth))
	a.sorted = append(a.sorted[:0], sample{vertex{p.x, p.y}, s.len()})
	for i := range s.len() {
		a.sorted = append(a.sorted, sample{vertex{s.x[i], s.y[i]}, i})
	}
	slices.SortFunc(a.sorted, func(a, b sample) int { return a.compare(b.vertex) })
	for k, window := range extentWindows {
		from := 0
		if window > 0 {
			if s.len() < window {
				continue
			}
			from = s.len() - window
		}
		a.points = a.points[:0]
		around := box{p.x, p.y, p.x, p.y}
		for _, v := range a.sorted {
			if v.i >= from {
				a.points = append(a.points, v.vertex)
				around = box{min(around.x0, v.x), min(around.y0, v.y), max(around.x1, v.x), max(around.y1, v.y)}
			}
		}
		id := stat.RatioID(k)
		iou := overlap(around, truth)
		a.r.Add(cluster, a.around+id, iou)
		a.r.Count(cluster, a.half+id, iou >= 0.5)
		a.r.Add(cluster, a.covered+id, intersection(around, truth)/truth.area())
		a.polygon = convexHull(a.points, a.polygon)
		inside := polygonArea(clipToBox(a.polygon, truth, &a.clip))
		a.r.Add(cluster, a.hull+id, inside/(polygonArea(a.polygon)+truth.area()-inside))
	}
}

func (a *extent) merge(other imagenetStatistic) { a.noTrace += other.(*extent).noTrace }

func (a *extent) result(e *imagenetEngine, r *Statistic) {
	t := Table{Name: "by_window", Title: "Intersection over union with the nearest box, by how many samples are used", Columns: []Column{
		{"samples", "", "last samples before the click, and the click; all: since entering"}, {"n", "count", "images with as many"},
		{"hull_iou", unitShare, "mean over images, of the convex hull"}, {"hull_low", unitShare, "95 % interval (bootstrap)"}, {"hull_high", unitShare, "95 % interval (bootstrap)"},
		{"box_iou", unitShare, "mean over images, of the bounding box of the samples"}, {"box_low", unitShare, "95 % interval (bootstrap)"}, {"box_high", unitShare, "95 % interval (bootstrap)"},
		{"box_iou_half", unitShare, "images where it is 0.5 or more"}, {"covered", unitShare, "mean share of the box that the samples' bounding box covers"},
	}}
	for k, window := range extentWindows {
		name := "all"
		if window > 0 {
			name = strconv.Itoa(window)
		}
		id := stat.RatioID(k)
		hull, around := e.ratios.Total(a.hull+id), e.ratios.Total(a.around+id)
		hl, hh := bounds(e.boot.Interval(a.hull + id))
		al, ah := bounds(e.boot.Interval(a.around + id))
		t.Rows = append(t.Rows, []any{name, hull.Den, hull.Value(), hl, hh, around.Value(), al, ah, e.ratios.Total(a.half + id).Value(), e.ratios.Total(a.covered + id).Value()})
		r.add(iouValue(e, "box_iou."+name, "mean intersection over union of the bounding box of the last "+name+" samples and the nearest box", "images with as many samples", a.around+id))
	}
	r.add(iouValue(e, "whole_image", "for comparison: of the whole image", "images with a sample", a.image),
		iouValue(e, "mean_box", "for comparison: of a box of the mean size of boxes, around the click", "images with a sample", a.typical))
	r.warnFew(r.Values[0])
	r.exclude("no sample between enter and click, or one of their times is missing", "images with a box and a final click", a.noTrace)
	r.Tables = append(r.Tables, t)
}

func iouValue(e *imagenetEngine, name, title, of string, id stat.RatioID) Value {
	v := e.ratio(name, title, unitShare, of, id)
	v.K = nil
	return v
}

// intersection is the area that two boxes share.
func intersection(a, b box) float64 {
	w, h := min(a.x1, b.x1)-max(a.x0, b.x0), min(a.y1, b.y1)-max(a.y0, b.y0)
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h
}

// overlap is the intersection over union of two boxes.
func overlap(a, b box) float64 {
	shared := intersection(a, b)
	return shared / (a.area() + b.area() - shared)
}

// convexHull is the smallest convex polygon around points that are sorted by x, then y (Andrew's
// monotone chain). It builds the polygon in to.
func convexHull(points, to []vertex) []vertex {
	points = slices.Compact(points)
	to = to[:0]
	if len(points) < 3 {
		return append(to, points...)
	}
	turn := func(a, b, c vertex) float64 { return (b.x-a.x)*(c.y-a.y) - (b.y-a.y)*(c.x-a.x) }
	chain := func(p vertex, from int) {
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

// polygonArea is that of a simple polygon (the shoelace formula).
func polygonArea(p []vertex) float64 {
	a := 0.0
	for i := range p {
		j := (i + 1) % len(p)
		a += p[i].x*p[j].y - p[j].x*p[i].y
	}
	return max(a, -a) / 2
}

// clipToBox is the part of a convex polygon in a box (Sutherland and Hodgman 1974).
func clipToBox(p []vertex, b box, work *[2][]vertex) []vertex {
	inside := [4]func(vertex) float64{
		func(v vertex) float64 { return v.x - b.x0 }, func(v vertex) float64 { return b.x1 - v.x },
		func(v vertex) float64 { return v.y - b.y0 }, func(v vertex) float64 { return b.y1 - v.y },
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
				out = append(out, vertex{v.x + t*(w.x-v.x), v.y + t*(w.y-v.y)})
			}
		}
		work[side%2] = out
		p = out
	}
	return p
}
