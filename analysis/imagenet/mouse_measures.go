package imagenet

import (
	"math"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// mouseMeasures compares the measures of mouse-tracking research between traces of clicks that hit and that
// miss.
type mouseMeasures struct {
	r       *pass.Counts
	of      stat.RatioID // by measure: mean of clicks that hit, mean of clicks that miss
	profile stat.RatioID // by tenth of the time: speed of hits, speed of misses
	noTrace int64
	noSize  int64
}

var measureNames = []struct{ name, title, unit string }{
	{"MAD", "largest absolute deviation from the straight path", "px"},
	{"AD", "absolute value of the mean deviation from the straight path", "px"},
	{"AUC", "absolute value of the area between the path and the straight path", "px²"},
	{"x_flips", "changes of direction across", "count"},
	{"y_flips", "changes of direction down", "count"},
	{"initiation_time", "time until the first movement", result.UnitMS},
	{"RT", "time from the first sample to the last", result.UnitMS},
	{"length", "length of the path", "px"},
	{"straightness", "straight distance / length of the path", result.UnitShare},
	{"speed", "mean speed", "px/s"},
	{"peak_speed", "speed of the fastest step", "px/s"},
	{"peak_at", "end of the fastest step, as a share of the time", result.UnitShare},
	{"samples", "mouse samples", "count"},
}

// profileBins is the number of parts of the time in the velocity profile.
const profileBins = 10

func newMouseMeasures(_ *engine, r *pass.Counts) *mouseMeasures {
	a := &mouseMeasures{r: r, of: r.Declare(2 * len(measureNames)), profile: r.Declare(2 * profileBins)}
	const of = "images with a box and a final click"
	r.Excludes(&a.noTrace, "fewer than two samples between enter and click", of)
	r.Excludes(&a.noSize, "the displayed size is unknown", of)
	return a
}

func (a *mouseMeasures) picture(p *picture) {
	if !p.clickedBoxed() {
		return
	}
	s := p.trace.Segment
	switch {
	case s.Len() < 2:
		a.noTrace++
		return
	case !(p.final.width > 0 && p.final.height > 0):
		a.noSize++
		return
	}
	m := measure(s, p.final.width, p.final.height)
	miss := stat.RatioID(1 - stat.One(p.hit))
	ms := func(t int64) float64 {
		if t == columnar.Null {
			return math.NaN()
		}
		return float64(t)
	}
	straight := math.NaN()
	if m.length > 0 {
		straight = m.direct / m.length
	}
	for k, v := range [...]float64{
		math.Abs(m.mad), math.Abs(m.ad), math.Abs(m.auc), float64(m.xFlips), float64(m.yFlips),
		ms(m.initiation), ms(m.duration), m.length, straight,
		m.speed, m.peakSpeed, m.peakAt, float64(m.n),
	} {
		if !math.IsNaN(v) {
			a.r.Add(p.final.cluster, a.of+2*stat.RatioID(k)+miss, v)
		}
	}
	a.speeds(p, s, miss)
}

// speeds adds the speed of each step to the tenth of the time in which the middle of the step lies.
func (a *mouseMeasures) speeds(p *picture, s byproduct.Points, miss stat.RatioID) {
	first, last := s.T[0], s.T[s.Len()-1]
	if last <= first {
		return
	}
	for i := 1; i < s.Len(); i++ {
		t := s.T[i] - s.T[i-1]
		middle := s.T[i] + s.T[i-1] - 2*first
		if t <= 0 || middle < 0 || middle > 2*(last-first) {
			continue
		}
		bin := min(profileBins-1, int(profileBins*middle/(2*(last-first))))
		v := 1000 * math.Hypot((s.X[i]-s.X[i-1])*p.final.width, (s.Y[i]-s.Y[i-1])*p.final.height) / float64(t)
		a.r.Add(p.final.cluster, a.profile+2*stat.RatioID(bin)+miss, v)
	}
}

func (a *mouseMeasures) Result(e *engine, r *result.Statistic) {
	t := result.Table{Name: "by_measure", Title: "Measures of the trace from entering to the click, for " +
		"clicks that hit and clicks that miss", Columns: result.Header{
		{"measure", "", "name of the measure, as in mousetrap"}, {"meaning", "", "meaning of the measure"},
		{"unit", "", "unit of the means"},
		{"hits", "count", "clicks that hit and have the measure"},
		{"mean_hit", "", "mean over clicks that hit"},
		{"misses", "count", "clicks that miss and have the measure"}, {"mean_miss", "", "mean over clicks that miss"},
		{"difference", "", "mean_miss − mean_hit"}, {"low", "", "95 % interval (bootstrap)"},
		{"high", "", "95 % interval (bootstrap)"},
	}.Columns()}
	for k, m := range measureNames {
		hit, miss := a.of+2*stat.RatioID(k), a.of+2*stat.RatioID(k)+1
		x, y := e.Ratios.Total(hit), e.Ratios.Total(miss)
		low, high := result.Bounds(stat.Percentiles(e.Boot.Difference(miss, hit)))
		t.Rows = append(t.Rows, []any{m.name, m.title, m.unit, x.Den, x.Value(), y.Den, y.Value(),
			y.Value() - x.Value(), low, high})
	}
	speed := result.Table{Name: "velocity_profile", Title: "Speed by the tenth of the time from the first " +
		"sample to the last", Columns: result.Header{
		{"tenth", "", "tenth of the time; 0 begins with the first sample"},
		{"steps_hit", "count", "steps of clicks that hit"},
		{"speed_hit", "px/s", "mean speed of these steps"}, {"hit_low", "px/s", "95 % interval (bootstrap)"},
		{"hit_high", "px/s", "95 % interval (bootstrap)"},
		{"steps_miss", "count", "steps of clicks that miss"},
		{"speed_miss", "px/s", "mean speed of these steps"},
		{"miss_low", "px/s", "95 % interval (bootstrap)"}, {"miss_high", "px/s", "95 % interval (bootstrap)"},
	}.Columns()}
	for k := range profileBins {
		row := []any{int64(k)}
		for side := range stat.RatioID(2) {
			id := a.profile + 2*stat.RatioID(k) + side
			total := e.Ratios.Total(id)
			low, high := result.Bounds(e.Boot.Interval(id))
			row = append(row, total.Den, total.Value(), low, high)
		}
		speed.Rows = append(speed.Rows, row)
	}
	r.Tables = append(r.Tables, t, speed)
	for _, k := range []int{0, 2, 3, 8, 9} {
		m := measureNames[k]
		r.Add(e.Difference("difference."+m.name,
			"mean over clicks that miss − mean over clicks that hit: "+m.title, m.unit,
			"clicks that miss or clicks that hit, whichever are fewer", a.of+2*stat.RatioID(k)+1,
			a.of+2*stat.RatioID(k)))
	}
	r.WarnFew(r.Values[0])
}
