package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// Checks describes a figure of the recall of HITs and of the share of them that each check flags.
type Checks struct {
	Name   string   // name of the figure
	Recall string   // title of the axis of recall
	Lack   Lack     // what the store lacks if there are no HITs
	Flags  []string // values of the statistic with the flags
}

// Figure draws the checks of a data set.
func (q Checks) Figure(s Source) Figure {
	n := s.Value("hits", "hits")
	f := Figure{Name: q.Name, Title: "HITs and their checks", Statistics: []string{"hits"}, Width: 820, Height: 320,
		Alt: fmt.Sprintf("A histogram of recall, and bars: %s of the HITs are flagged.",
			Percent(s.Value("hits", "flagged").Value))}
	f.Describe(Part{Lack: Unless(n.Value > 0, q.Lack),
		Caption: fmt.Sprintf("Left: %s HITs by their recall. Right: share of HITs that each check flags, with "+
			"95 %% intervals and the numbers of HITs. The release has only a part of each HIT, so more HITs are flagged than were "+
			"rejected during the collection.", Grouped(n.Value))})
	f.Draw = func(t *Theme, c draw.Canvas) {
		Place(c, Panel{Plot: q.recall(t, s), DX: 0.5, DY: 1}, Panel{Plot: q.flagged(t, s), X: 0.5, DX: 0.5, DY: 1})
	}
	return f
}

// recall returns a plot with a histogram of the recall of HITs.
func (q Checks) recall(t *Theme, s Source) *plot.Plot {
	p := t.Plot("", q.Recall, "HITs")
	const bins = 25
	b := Bars{make([]float64, bins), make([]float64, bins), make([]float64, bins),
		func(int) color.NRGBA { return t.Series[0] }}
	for _, v := range s.Column("hits", "by_hit", "recall") {
		if !math.IsNaN(v) {
			b.Height[min(bins-1, int(v*bins))]++
		}
	}
	for i := range bins {
		b.From[i], b.To[i] = float64(i)/bins, float64(i+1)/bins
	}
	t.Grid(p, false, true)
	p.Add(b)
	p.X.Tick.Marker, p.Y.Tick.Marker = Percents{}, NiceTicks{Whole: true}
	return p
}

// checkNames has names for the flags among the values of the statistic hits.
var checkNames = map[string]string{"low_recall": "low recall", "few_selected": "few selected",
	"few_pages": "few pages", "low_precision": "low precision", "flagged": "any"}

// flagged returns a plot with a bar for the share of HITs that each check flags.
func (q Checks) flagged(t *Theme, s Source) *plot.Plot {
	var bars []Row
	for _, flag := range append(slices.Clone(q.Flags), "flagged") {
		v, k := s.Value("hits", flag), int64(0)
		if v.K != nil {
			k = *v.K
		}
		bars = append(bars, RowOf(checkNames[flag], Grouped(k), v))
	}
	return t.Rows("", "share of HITs", Rows{Bars: bars, Reserve: 0.16})
}

// HITsSentence returns a sentence with the number of HITs and the share of them that are flagged; last names
// the check that only this data set has. Without HITs it returns no sentence.
func HITsSentence(s Source, last string) []string {
	hits := s.Value("hits", "hits")
	if !Defined(hits) {
		return nil
	}
	text := fmt.Sprintf("%s HITs", Grouped(hits.Value))
	if d := s.Value("hits", "duration_median"); Defined(d) && float64(d.Value) < impossibleHIT {
		text += fmt.Sprintf(" took %.1f minutes (median)", float64(d.Value)/60000)
	}
	return []string{fmt.Sprintf("%s; the checks of recall, pages and %s flag %s of them.",
		text, last, Percent(s.Value("hits", "flagged").Value))}
}

// impossibleHIT is a day in ms. A median duration above it only shows that times are damaged.
const impossibleHIT = 24 * 60 * 60 * 1000
