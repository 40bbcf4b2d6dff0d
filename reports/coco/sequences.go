package coco

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"

	"abtool/reports/chart"
)

// Sequences draws the number of icons with each sequence of actions.
func Sequences(s chart.Source) chart.Figure {
	total := s.Value("sequences", "icons")
	f := chart.Figure{Name: "coco-sequences", Title: "Actions with icons that stay", Width: 760, Height: 420,
		Statistics: []string{"sequences"},
		Alt: fmt.Sprintf("Bars: %s of the icons were added and never touched again; all other sequences are rare.",
			chart.Percent(s.Value("sequences", "add_only").Value))}
	f.Describe(chart.Part{Caption: fmt.Sprintf("Sequences of actions of the %s icons whose last action is add or move, on a "+
		"logarithmic scale, with their number and share. Rings: the paper's counts for its own data.",
		chart.Grouped(total.Value)), Lack: chart.Unless(total.Value > 0, noStayingIcons)})
	f.Draw = chart.Whole(func(t *chart.Theme) *plot.Plot { return sequenceBars(t, s) })
	return f
}

const (
	sequencesShown = 14 // bars of the figure of sequences
	longestName    = 34 // most letters of the name of a bar
)

func sequenceBars(t *chart.Theme, s chart.Source) *plot.Plot {
	names, n := s.Texts("sequences", "by_sequence", "sequence"), s.Column("sequences", "by_sequence", "n")
	share, published := s.Column("sequences", "by_sequence", "share"), s.Column("sequences",
		"by_sequence", "published")
	k := min(sequencesShown, len(n))
	var bars []chart.Row
	var ys []float64
	for i := range k {
		if r := []rune(names[i]); len(r) > longestName {
			names[i] = string(r[:longestName-1]) + "…"
		}
		note := chart.Grouped(n[i]) + ", " + chart.PercentTick(share[i])
		bars = append(bars, chart.Row{Name: names[i], Note: note, Value: n[i], Low: math.NaN(), High: math.NaN()})
		ys = append(ys, -float64(i))
	}
	p := t.Rows("", "icons", chart.Rows{Bars: bars, Base: 0.5, NotesRight: true})
	chart.Logarithmic(&p.X, "")
	t.Dots(p, published[:k], ys, t.Series[1], 5, chart.Ring{Width: 1.4}, "")
	p.X.Min = 0.5
	p.X.Max = max(p.X.Max, 10) * 12 // room for the notes
	if k == 0 {
		p.X.Max = 10
	}
	return p
}
