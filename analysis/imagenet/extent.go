package imagenet

import (
	"slices"
	"strconv"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
)

// extentWindows are the numbers of last samples before the click from which the extent of an object is
// estimated; 0 stands for all samples since entering.
var extentWindows = []int{8, 16, 32, 0}

// extent measures how well the samples before the click estimate the extent of the object: it compares the
// convex hull of the last samples and the click, and the bounding box of the same, with the nearest
// ground-truth box. The paper conjectures this in section 4.1. Only samples before the click can be used,
// because none are recorded while the image is selected.
type extent struct {
	r       *pass.Counts
	hull    stat.RatioID // by window: intersection over union of the hull and the box
	around  stat.RatioID // by window: intersection over union of the hull's bounding box and the box
	half    stat.RatioID // by window: images where that is 0.5 or more
	covered stat.RatioID // by window: share of the box that the hull's bounding box covers
	image   stat.RatioID // intersection over union of the whole image, for comparison
	clicks  []boxedClick // compared with a box of mean size, which is known when all images are
	noTrace int64
	sorted  []sample // samples and the click
	points  []plane.Point
	polygon []plane.Point
	clip    [2][]plane.Point
}

// typical returns the overlap of each nearest box with a box of mean size around the click.
func (a *extent) typical(e *engine) (own pass.Sampled, id stat.RatioID) {
	w, h := meanBox(e.images.AllBoxes())
	rs := &stat.Ratios{}
	id = rs.Declare(1)
	for _, c := range a.clicks {
		box := plane.Box{X0: c.x - w/2, Y0: c.y - h/2, X1: c.x + w/2, Y1: c.y + h/2}
		rs.Add(c.cluster, id, plane.Overlap(box, plane.Nearest(e.images.Boxes(c.image), c.x, c.y)))
	}
	return e.Sample(rs), id
}

// A sample is a point with its number in the trace.
type sample struct {
	plane.Point
	i int
}

func newExtent(_ *engine, r *pass.Counts) *extent {
	n := len(extentWindows)
	a := &extent{r: r, hull: r.Declare(n), around: r.Declare(n), half: r.Declare(n), covered: r.Declare(n),
		image: r.Declare(1)}
	pass.Rows(r, "clicks", &a.clicks, (*boxedClick).columns)
	r.Excludes(&a.noTrace, "no sample between enter and click, or one of their times is missing",
		"images with a box and a final click")
	return a
}

// meanBox returns the mean width and height of boxes, in fractions of the image.
func meanBox(boxes []plane.Box) (w, h float64) {
	var ws, hs stat.Sum
	for _, b := range boxes {
		ws.Add(b.X1 - b.X0)
		hs.Add(b.Y1 - b.Y0)
	}
	n := float64(max(len(boxes), 1))
	return ws.Float() / n, hs.Float() / n
}

func (a *extent) picture(p *picture) {
	if !p.clickedBoxed() {
		return
	}
	s := p.trace.Segment
	if s.Len() == 0 {
		a.noTrace++
		return
	}
	truth := plane.Nearest(p.boxes, p.x, p.y)
	cluster := p.final.cluster
	whole, _ := truth.Clipped()
	a.r.Add(cluster, a.image, max(0, whole.Area()))
	a.clicks = append(a.clicks, boxedClick{p.image, cluster, p.x, p.y})
	a.sorted = append(a.sorted[:0], sample{plane.Point{X: p.x, Y: p.y}, s.Len()})
	for i := range s.Len() {
		a.sorted = append(a.sorted, sample{plane.Point{X: s.X[i], Y: s.Y[i]}, i})
	}
	slices.SortFunc(a.sorted, func(a, b sample) int { return a.Compare(b.Point) })
	for k, window := range extentWindows {
		from := 0
		if window > 0 {
			if s.Len() < window {
				continue
			}
			from = s.Len() - window
		}
		a.points = a.points[:0]
		around := plane.PointBox(p.x, p.y)
		for _, v := range a.sorted {
			if v.i >= from {
				a.points = append(a.points, v.Point)
				around = around.With(v.X, v.Y)
			}
		}
		id := stat.RatioID(k)
		iou := plane.Overlap(around, truth)
		a.r.Add(cluster, a.around+id, iou)
		a.r.Count(cluster, a.half+id, iou >= 0.5)
		a.r.Add(cluster, a.covered+id, plane.Intersection(around, truth)/truth.Area())
		a.polygon = plane.ConvexHull(a.points, a.polygon)
		inside := plane.PolygonArea(plane.ClipToBox(a.polygon, truth, &a.clip))
		a.r.Add(cluster, a.hull+id, inside/(plane.PolygonArea(a.polygon)+truth.Area()-inside))
	}
}

func (a *extent) Result(e *engine, r *result.Statistic) {
	t := result.Table{Name: "by_window", Title: "Intersection over union with the nearest box, by the " +
		"number of samples used", Columns: result.Header{
		{"samples", "", "number of last samples before the click that are used with the click; all: those " +
			"since entering"}, {"n", "count", "images with as many samples"},
		{"hull_iou", result.UnitShare, "mean over images of the intersection over union of the convex hull " +
			"and the box"}, {"hull_low", result.UnitShare, "95 % interval (bootstrap)"},
		{"hull_high", result.UnitShare, "95 % interval (bootstrap)"},
		{"box_iou", result.UnitShare, "mean over images of the intersection over union of the samples' " +
			"bounding box and the box"}, {"box_low", result.UnitShare, "95 % interval (bootstrap)"},
		{"box_high", result.UnitShare, "95 % interval (bootstrap)"},
		{"box_iou_half", result.UnitShare, "share of images where box_iou is 0.5 or more"},
		{"covered", result.UnitShare, "mean over images of the share of the box that the samples' bounding box covers"},
	}.Columns()}
	for k, window := range extentWindows {
		name := "all"
		if window > 0 {
			name = strconv.Itoa(window)
		}
		id := stat.RatioID(k)
		hull, around := e.Ratios.Total(a.hull+id), e.Ratios.Total(a.around+id)
		hl, hh := result.Bounds(e.Boot.Interval(a.hull + id))
		al, ah := result.Bounds(e.Boot.Interval(a.around + id))
		t.Rows = append(t.Rows, []any{name, hull.Den, hull.Value(), hl, hh, around.Value(), al, ah,
			e.Ratios.Total(a.half + id).Value(), e.Ratios.Total(a.covered + id).Value()})
		r.Add(e.Mean("box_iou."+name, "mean intersection over union of the nearest box and the bounding "+
			"box of the last samples: "+name, "images with as many samples", a.around+id))
	}
	own, typical := a.typical(e)
	r.Add(e.Mean("whole_image", "for comparison: mean intersection over union of the nearest box and the whole image", "images with a sample", a.image),
		own.Mean("mean_box", "for comparison: mean intersection over union of the nearest box and a box of "+
			"mean size around the click", "images with a sample", typical))
	r.WarnFew(r.Values[0])
	r.Tables = append(r.Tables, t)
}
