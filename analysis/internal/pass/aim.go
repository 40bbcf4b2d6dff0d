package pass

import (
	"abtool/analysis/result"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
)

// An Aim is where the points of a profile lie, clicks or icons: on the image, and in their boxes.
type Aim struct {
	N                        int64
	Judged                   stat.Tally // those that can be held against ground truth; of them, those that hit
	centre, boxed            int64      // near the centre of the image; with a nearest box
	distance, dx, dy, du, dv stat.Sum
}

// centreRadius is how near a point is to (0.5, 0.5) to count as on the centre, in fractions of the axes.
const centreRadius = 0.05

// Add adds a point of the image.
func (a *Aim) Add(x, y float64) {
	a.N++
	d := plane.CentreDistance(x, y)
	a.distance.Add(d)
	a.dx.Add(x - 0.5)
	a.dy.Add(y - 0.5)
	if d <= centreRadius {
		a.centre++
	}
}

// AddBox adds a point in the frame of its nearest box.
func (a *Aim) AddBox(u, v float64) {
	a.boxed++
	a.du.Add(u - 0.5)
	a.dv.Add(v - 0.5)
}

// Merge adds the points of another aim.
func (a *Aim) Merge(o *Aim) {
	a.N += o.N
	a.Judged = a.Judged.Plus(o.Judged)
	a.centre += o.centre
	a.boxed += o.boxed
	a.distance.Merge(o.distance)
	a.dx.Merge(o.dx)
	a.dy.Merge(o.dy)
	a.du.Merge(o.du)
	a.dv.Merge(o.dv)
}

// Hits returns the cells of how many were judged, and of the share that hit.
func (a *Aim) Hits() []any { return append([]any{a.Judged.N}, Share(a.Judged.Hits, a.Judged.N)...) }

// Share returns the cells of a share of independent units and its ends by Wilson.
func Share(k, n int64) []any {
	low, high := result.Bounds(stat.Wilson(k, n))
	return []any{stat.Share(k, n), low, high}
}

// BiasHeader names the cells of Bias. what is click or icon.
func BiasHeader(what, box string) result.Header {
	return result.Header{
		{"centre_distance", result.UnitShare, "mean distance of the " + what + " from (0.5, 0.5)"},
		{"centre_share", result.UnitShare, what + "s within 0.05 of it"},
		{"bias_x", result.UnitShare, "mean of x − 0.5 of " + what + "s"},
		{"bias_y", result.UnitShare, "mean of y − 0.5 of " + what + "s; y points down"},
		{"bias_u", "fraction of the box", "mean displacement of the " + what + " from the centre of " + box + ", across"},
		{"bias_v", "fraction of the box", "the same, down"},
	}
}

// Bias returns the cells of where points lie.
func (a *Aim) Bias() []any {
	mean := func(s stat.Sum, n int64) stat.Number { return stat.Quotient(s.Float(), float64(n)) }
	return []any{
		mean(a.distance, a.N), stat.Share(a.centre, a.N), mean(a.dx, a.N), mean(a.dy, a.N),
		mean(a.du, a.boxed), mean(a.dv, a.boxed),
	}
}
