package imagenet

import (
	"slices"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// timing measures how long images take, how fast the pointer moves, and how often it returns before the click.
type timing struct {
	r               *pass.Counts
	visits          stat.RatioID // accuracy by the number of entries
	toClick, hover  stat.LogHistogram
	speed           stat.LogHistogram
	clicks, hovered []int64
	tr              byproduct.Trace
	noTime          int64
}

// mostVisits is the number of entries from which all numbers share a bin.
const mostVisits = 5

func newTiming(_ *engine, r *pass.Counts) *timing {
	a := &timing{r: r, visits: r.Declare(mostVisits)}
	pass.Merges(r, "to_click hover speed", &a.toClick, &a.hover, &a.speed)
	pass.Lists(r, "times_to_click hover_times", &a.clicks, &a.hovered)
	r.Excludes(&a.noTime, "the time of the click or of entering is unknown", "selected showings with a click")
	return a
}

func (a *timing) showing(s *showing) {
	if s.estimate != columnar.Null && s.estimate > 0 {
		a.hover.Add(float64(s.estimate))
		a.hovered = append(a.hovered, s.estimate)
	}
	if !s.clicked() {
		return
	}
	w := s.way(&a.tr)
	if !w.timed {
		a.noTime++
		return
	}
	a.toClick.Add(float64(w.toClick))
	a.clicks = append(a.clicks, w.toClick)
	if w.speed == w.speed {
		a.speed.Add(w.speed)
	}
	if len(s.boxes) > 0 && w.visits > 0 {
		a.r.Count(s.cluster, a.visits+stat.RatioID(min(w.visits, mostVisits)-1), s.hit)
	}
}

func (a *timing) Result(e *engine, r *result.Statistic) {
	for _, l := range []struct {
		name, title, of string
		values          []int64
	}{
		{"time_to_click", "time from the last entry to the click", "selected showings with known times", a.clicks},
		{"estimate_time", "estimate_time where it is above 0", "showings", a.hovered},
	} {
		slices.Sort(l.values)
		n := int64(len(l.values))
		at := func(name, title string, q float64) result.Value {
			return result.Value{Name: l.name + "." + name, Title: title + l.title,
				Value: stat.Number(stat.Quantile(l.values, q)), Unit: result.UnitMS, N: n, Of: l.of}
		}
		m := at("median", "median ", 0.5)
		m.Interval = stat.MedianInterval(l.values)
		r.Add(m, at("p10", "10 % quantile of the ", 0.1), at("p90", "90 % quantile of the ", 0.9))
		r.WarnFew(m)
	}
	t := curve(e.Sampled, "by_visits", "Accuracy of the last click of a showing by the number of entries",
		"entries", "entries at or before the click; 5 stands for five or more", a.visits, mostVisits)
	for k := range t.Rows {
		t.Rows[k][0] = int64(k + 1)
	}
	r.Tables = append(r.Tables, result.LogTable(&a.toClick, "time_to_click",
		"Time from the last entry to the click", result.UnitMS, "selected showings"),
		result.LogTable(&a.hover, "estimate_time", "estimate_time where it is above 0", result.UnitMS,
			"showings"), result.LogTable(&a.speed, "speed", "Mean speed of the pointer on the display, "+
			"from entering to the click", "px/s", "selected showings"), t)
}
