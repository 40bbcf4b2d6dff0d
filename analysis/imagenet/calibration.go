package imagenet

import (
	"hash/fnv"
	"math"

	"abtool/analysis/internal/partial"
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
)

// half returns the half, 0 or 1, that a cluster and thus its annotator is in, by a hash of its name.
func (e *engine) half(cluster int32) int {
	h := fnv.New32a()
	h.Write([]byte(e.Clusters.List[cluster]))
	h.Write([]byte{0xff}) // ends the name: the last byte decides the parity of FNV
	return int(h.Sum32()>>7) & 1
}

// calibration fits the systematic error of clicks on one half of the annotators and corrects the clicks of
// the other half by it.
type calibration struct{ clicks []boxedClick }

// A boxedClick is the final click of an image with a box.
type boxedClick struct {
	image, cluster int32
	x, y           float64
}

func (k *boxedClick) columns(c *partial.Columns) {
	c.Ref("image", partial.Images, &k.image)
	c.Ref("cluster", partial.Clusters, &k.cluster)
	c.Float("x", &k.x)
	c.Float("y", &k.y)
}

func newCalibration(_ *engine, r *pass.Counts) *calibration {
	a := &calibration{}
	pass.Rows(r, "clicks", &a.clicks, (*boxedClick).columns)
	return a
}

func (a *calibration) picture(p *picture) {
	if p.clickedBoxed() {
		a.clicks = append(a.clicks, boxedClick{p.image, p.final.cluster, p.x, p.y})
	}
}

// A line fits centre ≈ from + slope · click on one axis.
type line struct {
	n            int64
	x, y, xx, xy stat.Sum
	apart        []float64 // centre − click
	from, slope  float64
	shift        float64 // median of apart
}

func (l *line) add(x, y float64) {
	l.n++
	l.x.Add(x)
	l.y.Add(y)
	l.xx.Add(x * x)
	l.xy.Add(x * y)
	l.apart = append(l.apart, y-x)
}

// fit fits the line by least squares. Without two different clicks it is the identity.
func (l *line) fit() {
	l.from, l.slope, l.shift = 0, 1, 0
	if l.n == 0 {
		return
	}
	n := float64(l.n)
	mx, my := l.x.Float()/n, l.y.Float()/n
	l.shift = stat.Median(l.apart)
	if spread := l.xx.Float()/n - mx*mx; l.n > 1 && spread > 1e-12 {
		l.slope = (l.xy.Float()/n - mx*my) / spread
		l.from = my - l.slope*mx
	}
}

// Models of the correction.
const (
	modelNone = iota
	modelShift
	modelLinear
	models
)

var modelNames = [models]struct{ name, title string }{
	{"before", "clicks without correction"},
	{"shift", "clicks less their median displacement from the centre of the box"},
	{"linear", "clicks corrected by least squares of the centre on the click, on each axis"},
}

func (a *calibration) Result(e *engine, r *result.Statistic) {
	var axes [2][2]line // by half and axis
	for _, c := range a.clicks {
		boxes := e.images.Boxes(c.image)
		cx, cy := plane.Nearest(boxes, c.x, c.y).Centre()
		h := e.half(c.cluster)
		axes[h][0].add(c.x, cx)
		axes[h][1].add(c.y, cy)
	}
	for h := range axes {
		axes[h][0].fit()
		axes[h][1].fit()
	}
	rs := &stat.Ratios{}
	bias, hit, distance := rs.Declare(4), rs.Declare(models), rs.Declare(models)
	hitGain, distanceGain := rs.Declare(models), rs.Declare(models)
	offCentre := rs.Declare(models)
	var before, after plane.Frame
	for _, c := range a.clicks {
		boxes := e.images.Boxes(c.image)
		b := plane.Nearest(boxes, c.x, c.y)
		cx, cy := b.Centre()
		u, v := b.Frame(c.x, c.y)
		rs.AddPoint(c.cluster, bias, c.x-cx, c.y-cy)
		rs.AddPoint(c.cluster, bias+2, u-0.5, v-0.5)
		fit := &axes[1-e.half(c.cluster)]
		var hits [models]float64
		var far [models]float64
		for m := range models {
			x, y := c.x, c.y
			switch m {
			case modelShift:
				x, y = x+fit[0].shift, y+fit[1].shift
				before.Add(b.Frame(c.x, c.y))
				after.Add(b.Frame(x, y))
			case modelLinear:
				x, y = fit[0].from+fit[0].slope*x, fit[1].from+fit[1].slope*y
			}
			if plane.InAny(boxes, x, y) {
				hits[m] = 1
			}
			far[m] = math.Hypot(x-cx, y-cy)
			rs.Count(c.cluster, hit+stat.RatioID(m), hits[m] == 1)
			if !plane.InAny(boxes, 0.5, 0.5) {
				rs.Count(c.cluster, offCentre+stat.RatioID(m), hits[m] == 1)
			}
			rs.Add(c.cluster, distance+stat.RatioID(m), far[m])
			rs.Add(c.cluster, hitGain+stat.RatioID(m), hits[m]-hits[modelNone])
			rs.Add(c.cluster, distanceGain+stat.RatioID(m), far[m]-far[modelNone])
		}
	}
	own := e.Sample(rs)
	const of = "images with a box and a final click"
	value := func(name, title, unit string, id stat.RatioID) {
		v := own.Ratio(name, title, unit, of, id)
		if unit == result.UnitShare && v.Value < 0 {
			v.K = nil
		}
		r.Add(v)
	}
	value("bias_x", "mean of click − centre of the nearest box, across", "fraction of the image", bias)
	value("bias_y", "mean of click − centre of the nearest box, down", "fraction of the image", bias+1)
	value("bias_u", "mean of click − centre of the nearest box, across, in fractions of the box",
		"fraction of the box", bias+2)
	value("bias_v", "mean of click − centre of the nearest box, down, in fractions of the box",
		"fraction of the box", bias+3)
	for m, model := range modelNames {
		value("accuracy."+model.name, "accuracy of "+model.title, result.UnitShare, hit+stat.RatioID(m))
	}
	for m, model := range modelNames {
		r.Add(own.Ratio("off_centre."+model.name,
			"accuracy where the centre of the image is in no box, of "+model.title, result.UnitShare,
			"images with a box and a final click whose centre is in no box", offCentre+stat.RatioID(m)))
	}
	for m, model := range modelNames {
		value("distance."+model.name, "mean distance from the centre of the nearest box, of "+model.title,
			"fraction of the image", distance+stat.RatioID(m))
	}
	for m, model := range modelNames[modelShift:] {
		value("accuracy_gain."+model.name, "change in accuracy (after − before the correction), of "+model.title,
			result.UnitShare, hitGain+stat.RatioID(m+modelShift))
		r.Values[len(r.Values)-1].K = nil
		value("distance_gain."+model.name, "change in distance (after − before the correction; below 0 is better), of "+
			model.title, "fraction of the image", distanceGain+stat.RatioID(m+modelShift))
	}
	r.WarnFew(r.Values[0])
	t := result.Table{Name: "fits", Title: "Corrections fitted on each half of the annotators and applied " +
		"to the other half", Columns: result.Header{
		{"half", "", "half of the annotators that the correction is fitted on"},
		{"axis", "", "x is across, y is down"}, {"n", "count", "clicks"},
		{"shift", "fraction of the image", "median of centre − click"},
		{"intercept", "fraction of the image", "of centre = intercept + slope · click"},
		{"slope", "", "slope of the same line; below 1, it moves clicks towards the usual place of boxes"},
	}.Columns()}
	drawn := false
	for h := range axes {
		for axis, name := range []string{"x", "y"} {
			l := &axes[h][axis]
			drawn = drawn || l.n > 0 && l.slope < 0.5
			t.Rows = append(t.Rows, []any{string(rune('a' + h)), name, l.n, stat.Number(l.shift),
				stat.Number(l.from), stat.Number(l.slope)})
		}
	}
	r.Tables = append(r.Tables, t)
	r.Histograms = append(r.Histograms,
		pass.FrameHistogram("frame_before",
			"clicks without correction, in the frame of the nearest box", of, &before),
		pass.FrameHistogram("frame_shift",
			"clicks less their median displacement, in the frame of the nearest box", of, &after))
	if drawn {
		r.Warn("linear moves clicks towards one place (its slope is below 0.5): it gains accuracy from the " +
			"usual place of boxes, not from the clicks. off_centre shows how much it loses elsewhere.")
	}
}
