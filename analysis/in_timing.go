package analysis

import (
	"math"
	"slices"

	"abtool/byproduct"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// timing is how long images take, how fast the pointer moves and how often people come back
// before they click.
type timing struct {
	r               *stat.Ratios
	visits          stat.RatioID // accuracy by the number of entries
	toClick, hover  logHistogram
	speed           logHistogram
	clicks, hovered []int64
	tr              byproduct.Trace
	noTime          int64
}

// mostVisits is the number of entries from which they are taken together.
const mostVisits = 5

func newTiming(_ *imagenetEngine, r *stat.Ratios) *timing {
	return &timing{r: r, visits: r.Declare(mostVisits)}
}

func (a *timing) showing(s *showing) {
	if s.estimate != columnar.Null && s.estimate > 0 {
		a.hover.add(float64(s.estimate))
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
	a.toClick.add(float64(w.toClick))
	a.clicks = append(a.clicks, w.toClick)
	if w.speed == w.speed {
		a.speed.add(w.speed)
	}
	if len(s.boxes) > 0 && w.visits > 0 {
		a.r.Count(s.cluster, a.visits+stat.RatioID(min(w.visits, mostVisits)-1), s.hit)
	}
}

func (a *timing) Merge(o *timing) {
	a.toClick.merge(&o.toClick)
	a.hover.merge(&o.hover)
	a.speed.merge(&o.speed)
	a.clicks, a.hovered = append(a.clicks, o.clicks...), append(a.hovered, o.hovered...)
	a.noTime += o.noTime
}

func (a *timing) Result(e *imagenetEngine, r *Statistic) {
	for _, l := range []struct {
		name, title, of string
		values          []int64
	}{
		{"time_to_click", "time from the last entry to the click", "selected showings with known times", a.clicks},
		{"estimate_time", "time hovered, where it is above 0", "showings", a.hovered},
	} {
		slices.Sort(l.values)
		n := int64(len(l.values))
		at := func(name, title string, q float64) Value {
			return Value{Name: l.name + "." + name, Title: title + l.title, Value: stat.Number(stat.Quantile(l.values, q)), Unit: unitMS, N: n, Of: l.of}
		}
		m := at("median", "median ", 0.5)
		m.Interval = stat.MedianInterval(l.values)
		r.add(m, at("p10", "10 % quantile of the ", 0.1), at("p90", "90 % quantile of the ", 0.9))
		r.warnFew(m)
	}
	t := e.curve("by_visits", "Accuracy of the last click of a showing by how often the pointer had entered the image", "entries", "entries at or before the click; 5: five or more", a.visits, mostVisits)
	for k := range t.Rows {
		t.Rows[k][0] = int64(k + 1)
	}
	r.Tables = append(r.Tables, a.toClick.table("time_to_click", "Time from the last entry to the click", unitMS, "selected showings"),
		a.hover.table("estimate_time", "Time hovered, where it is above 0", unitMS, "showings"), a.speed.table("speed", "Mean speed of the pointer from entering to the click, on the display", "px/s", "selected showings"), t)
	r.exclude("the time of the click or of entering is unknown", "selected showings with a click", a.noTime)
}

// Bins of a logHistogram: eight in a factor of ten, from 1 to 10⁶.
const (
	logBins      = 48
	logPerDecade = 8
)

// logEdges are the edges of the bins, rounded to three digits.
var logEdges = func() (edges [logBins + 1]float64) {
	for k := range edges {
		v := math.Pow(10, float64(k)/logPerDecade)
		unit := math.Pow(10, math.Floor(math.Log10(v)+1e-9)-2)
		edges[k] = math.Round(v/unit) * unit
	}
	return edges
}()

// A logHistogram counts positive values in bins that grow.
type logHistogram struct {
	counts       [logBins]int64
	below, above int64
}

func (h *logHistogram) add(v float64) {
	switch {
	case v < logEdges[0]:
		h.below++
	case v >= logEdges[logBins]:
		h.above++
	default:
		k, found := slices.BinarySearch(logEdges[:], v)
		if !found {
			k--
		}
		h.counts[k]++
	}
}

func (h *logHistogram) merge(o *logHistogram) {
	for k := range h.counts {
		h.counts[k] += o.counts[k]
	}
	h.below += o.below
	h.above += o.above
}

// table has the bins from the first to the last that is not empty; the outer ones also have what
// is beyond.
func (h *logHistogram) table(name, title, unit, of string) Table {
	t := Table{Name: name, Title: title, Columns: []Column{{"from", unit, "lower edge, included"}, {"to", unit, "upper edge"}, {"n", "count", of}}}
	first, last := 0, logBins-1
	for first < logBins && h.counts[first] == 0 {
		first++
	}
	for last > first && h.counts[last] == 0 {
		last--
	}
	if h.below > 0 {
		t.Rows = append(t.Rows, []any{stat.Number(0), stat.Number(logEdges[0]), h.below})
		first = 0
	}
	if h.above > 0 {
		last = logBins - 1
	}
	for k := first; k <= last && k < logBins; k++ {
		t.Rows = append(t.Rows, []any{stat.Number(logEdges[k]), stat.Number(logEdges[k+1]), h.counts[k]})
	}
	if h.above > 0 {
		t.Rows = append(t.Rows, []any{stat.Number(logEdges[logBins]), nil, h.above})
	}
	return t
}
