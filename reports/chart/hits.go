package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg/draw"
)

// Checks say what a figure of the recall of HITs, and of how many of them each check flags, shows.
type Checks struct {
	Name   string   // of the figure
	Recall string   // what it is here
	Lack   Lack     // without HITs
	Flags  []string // values of the statistic
}

// Figure draws the checks of a data set.
func (q Checks) Figure(s Source) Figure {
	n := s.Value("hits", "hits")
	f := Figure{Name: q.Name, Title: "HITs, and the checks of them", Width: 820, Height: 320, Statistics: []string{"hits"},
		Alt: fmt.Sprintf("A histogram of recall, and bars: %s of the HITs are flagged.", Percent(float64(s.Value("hits", "flagged").Value)))}
	f.Describe(Part{"", fmt.Sprintf("Left: %s of %s HITs. Right: HITs that each check flags; the release holds only what is left of a HIT, so that more are flagged than were rejected when it was collected.", q.Recall, Grouped(float64(n.Value))),
		Unless(n.Value > 0, q.Lack)})
	f.Draw = func(t *Theme, c draw.Canvas) {
		p := t.Plot("", q.Recall, "HITs")
		const bins = 25
		counts := make([]float64, bins)
		from, to := make([]float64, bins), make([]float64, bins)
		for _, v := range s.Column("hits", "by_hit", "recall") {
			if !math.IsNaN(v) {
				counts[min(bins-1, int(v*bins))]++
			}
		}
		for i := range bins {
			from[i], to[i] = float64(i)/bins, float64(i+1)/bins
		}
		t.Grid(p, false, true)
		p.Add(Bars{from, to, counts, func(int) color.NRGBA { return t.Series[0] }})
		p.X.Tick.Marker = Percents{}
		p.Y.Tick.Marker = NiceTicks{Whole: true}
		var names, notes []string
		var values, low, high []float64
		for _, flag := range append(slices.Clone(q.Flags), "flagged") {
			v := s.Value("hits", flag)
			names = append(names, map[string]string{"low_recall": "low recall", "few_selected": "few selected", "few_pages": "few pages", "low_precision": "low precision", "flagged": "any"}[flag])
			values = append(values, float64(v.Value))
			k := int64(0)
			if v.K != nil {
				k = *v.K
			}
			notes = append(notes, Grouped(float64(k)))
			l, h := math.NaN(), math.NaN()
			if v.Interval != nil {
				l, h = v.Interval.Low, v.Interval.High
			}
			low, high = append(low, l), append(high, h)
		}
		q := t.Rows("", "share of HITs", Rows{Names: names, Notes: notes, Values: values, Low: low, High: high, Reserve: 0.16})
		q.X.Tick.Marker = Percents{}
		Place(c, Panel{p, 0, 0, 0.5, 1, ""}, Panel{q, 0.5, 0, 0.5, 1, ""})
	}
	return f
}

// HITsSentence says how many HITs there are, and how many of them are flagged; last names the check that the data set has alone.
func HITsSentence(s Source, last string) []string {
	hits := s.Value("hits", "hits")
	if !Defined(hits) {
		return nil
	}
	text := fmt.Sprintf("%s HITs", Grouped(float64(hits.Value)))
	if d := s.Value("hits", "duration_median"); Defined(d) && float64(d.Value) < impossibleHIT {
		text += fmt.Sprintf(" took %.1f minutes (median)", float64(d.Value)/60000)
	}
	return []string{fmt.Sprintf("%s; %s of them are flagged by the checks of recall, pages and %s.", text, Percent(float64(s.Value("hits", "flagged").Value)), last)}
}

// impossibleHIT is a median duration, ms, that says nothing but that times are damaged: more than a day.
const impossibleHIT = 24 * 60 * 60 * 1000
