package pass

import (
	"abtool/analysis/internal/partial"
	"abtool/analysis/result"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
)

// An Aim summarises where the points of a profile (clicks or icons) lie on the image and in their boxes.
type Aim struct {
	N                        int64
	Judged                   stat.Tally // points that can be compared with ground truth, and how many of them hit
	centre, boxed            int64      // points near the centre of the image; points with a nearest box
	distance, dx, dy, du, dv stat.Sum
}

// centreRadius is the largest distance from (0.5, 0.5), in fractions of the axes, at which a point counts as
// in the centre.
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

// AddBox adds the place of a point in the frame of its nearest box.
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

// Columns visits the aim.
func (a *Aim) Columns(c *partial.Columns) {
	c.Int("points", &a.N)
	c.Tally("judged", &a.Judged)
	c.Int("centre", &a.centre)
	c.Int("boxed", &a.boxed)
	c.Sum("distance", &a.distance)
	c.Sum("dx", &a.dx)
	c.Sum("dy", &a.dy)
	c.Sum("du", &a.du)
	c.Sum("dv", &a.dv)
}

// Hits returns the cells for the number of judged points and the share of them that hit, with its interval.
func (a *Aim) Hits() []any { return append([]any{a.Judged.N}, Share(a.Judged.Hits, a.Judged.N)...) }

// Share returns the cells for a share k / n of independent units and the ends of Wilson's interval.
func Share(k, n int64) []any {
	low, high := result.Bounds(stat.Wilson(k, n))
	return []any{stat.Share(k, n), low, high}
}

// BiasHeader names the cells of Bias; what is "click" or "icon".
func BiasHeader(what, box string) result.Header {
	return result.Header{
		{"centre_distance", result.UnitShare, "mean distance of the " + what + " from (0.5, 0.5)"},
		{"centre_share", result.UnitShare, "share of " + what + "s within 0.05 of (0.5, 0.5)"},
		{"bias_x", result.UnitShare, "mean of x − 0.5 of " + what + "s"},
		{"bias_y", result.UnitShare, "mean of y − 0.5 of " + what + "s; y points down"},
		{"bias_u", "fraction of the box",
			"mean displacement of the " + what + " from the centre of " + box + ", across"},
		{"bias_v", "fraction of the box", "the same displacement, down"},
	}
}

// Bias returns the cells for the mean places of the points.
func (a *Aim) Bias() []any {
	mean := func(s stat.Sum, n int64) stat.Number { return stat.Quotient(s.Float(), float64(n)) }
	return []any{
		mean(a.distance, a.N), stat.Share(a.centre, a.N), mean(a.dx, a.N), mean(a.dy, a.N),
		mean(a.du, a.boxed), mean(a.dv, a.boxed),
	}
}
