package reports

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg/draw"
)

// checks say what a figure of the recall of HITs, and of how many of them each check flags, shows.
type checks struct {
	name   string   // of the figure
	recall string   // what it is here
	lack   lack     // without HITs
	flags  []string // values of the statistic
}

// figure draws the checks of a data set.
func (q checks) figure(s source) Figure {
	n := s.value("hits", "hits")
	f := Figure{Name: q.name, Title: "HITs, and the checks of them", width: 820, height: 320, Statistics: []string{"hits"},
		Alt: fmt.Sprintf("A histogram of recall, and bars: %s of the HITs are flagged.", percent(float64(s.value("hits", "flagged").Value)))}
	f.describe(part{"", fmt.Sprintf("Left: %s of %s HITs. Right: HITs that each check flags; the release holds only what is left of a HIT, so that more are flagged than were rejected when it was collected.", q.recall, grouped(float64(n.Value))),
		unless(n.Value > 0, q.lack)})
	f.draw = func(t *theme, c draw.Canvas) {
		p := t.plot("", q.recall, "HITs")
		const bins = 25
		counts := make([]float64, bins)
		from, to := make([]float64, bins), make([]float64, bins)
		for _, v := range s.column("hits", "by_hit", "recall") {
			if !math.IsNaN(v) {
				counts[min(bins-1, int(v*bins))]++
			}
		}
		for i := range bins {
			from[i], to[i] = float64(i)/bins, float64(i+1)/bins
		}
		t.grid(p, false, true)
		p.Add(bars{from, to, counts, func(int) color.NRGBA { return t.series[0] }})
		p.X.Tick.Marker = percents{}
		p.Y.Tick.Marker = niceTicks{whole: true}
		var names, notes []string
		var values, low, high []float64
		for _, flag := range append(slices.Clone(q.flags), "flagged") {
			v := s.value("hits", flag)
			names = append(names, map[string]string{"low_recall": "low recall", "few_selected": "few selected", "few_pages": "few pages", "low_precision": "low precision", "flagged": "any"}[flag])
			values = append(values, float64(v.Value))
			k := int64(0)
			if v.K != nil {
				k = *v.K
			}
			notes = append(notes, grouped(float64(k)))
			l, h := math.NaN(), math.NaN()
			if v.Interval != nil {
				l, h = v.Interval.Low, v.Interval.High
			}
			low, high = append(low, l), append(high, h)
		}
		q := t.rows("", "share of HITs", rows{names: names, notes: notes, values: values, low: low, high: high, reserveForNotes: 0.16})
		q.X.Tick.Marker = percents{}
		place(c, panel{p, 0, 0, 0.5, 1, ""}, panel{q, 0.5, 0, 0.5, 1, ""})
	}
	return f
}

// hitsSentence says how many HITs there are, and how many of them are flagged; last names the check that the data set has alone.
func hitsSentence(s source, last string) []string {
	hits := s.value("hits", "hits")
	if !defined(hits) {
		return nil
	}
	text := fmt.Sprintf("%s HITs", grouped(float64(hits.Value)))
	if d := s.value("hits", "duration_median"); defined(d) && float64(d.Value) < impossibleHIT {
		text += fmt.Sprintf(" took %.1f minutes (median)", float64(d.Value)/60000)
	}
	return []string{fmt.Sprintf("%s; %s of them are flagged by the checks of recall, pages and %s.", text, percent(float64(s.value("hits", "flagged").Value)), last)}
}

// impossibleHIT is a median duration, ms, that says nothing but that times are damaged: more than a day.
const impossibleHIT = 24 * 60 * 60 * 1000
