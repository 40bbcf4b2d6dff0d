package coco

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

func Sequences(s chart.Source) chart.Figure {
	total := s.Value("sequences", "icons")
	f := chart.Figure{Name: "coco-sequences", Title: "What is done with icons that stay", Width: 760, Height: 420, Statistics: []string{"sequences"},
		Alt: fmt.Sprintf("Bars: %s of the icons were added and never touched again; all other sequences are rare.", chart.Percent(float64(s.Value("sequences", "add_only").Value)))}
	f.Describe(chart.Part{Caption: fmt.Sprintf("Sequences of actions with an icon whose last action is add or move, of %s icons; on a logarithmic scale, with the number and the share. Hollow marks: the paper's counts, of its own data.", chart.Grouped(float64(total.Value))),
		Lack: chart.Unless(total.Value > 0, noStayingIcons)})
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		chart.Place(c, chart.Panel{Plot: sequenceBars(t, s), DX: 1, DY: 1})
	}
	return f
}

// sequencesShown is the number of bars of the figure of sequences.
const sequencesShown = 14

func sequenceBars(t *chart.Theme, s chart.Source) *plot.Plot {
	names, n, share := s.Texts("sequences", "by_sequence", "sequence"), s.Column("sequences", "by_sequence", "n"), s.Column("sequences", "by_sequence", "share")
	published := s.Column("sequences", "by_sequence", "published")
	k := min(sequencesShown, len(n))
	names, n, share = slices.Clone(names[:k]), n[:k], share[:k]
	var notes []string
	for i := range n {
		notes = append(notes, chart.Grouped(n[i])+", "+chart.PercentTick(share[i]))
		if r := []rune(names[i]); len(r) > 34 {
			names[i] = string(r[:33]) + "…"
		}
	}
	p := t.Plot("", "icons", "")
	chart.Logarithmic(&p.X, "")
	b := chart.Rows{Theme: t, Names: names, Notes: notes, NotesRight: true, Values: n, Base: 0.5, Fill: func(int) color.NRGBA { return t.Series[0] }}
	p.Add(b)
	var xs, ys []float64
	for i := range k {
		if !math.IsNaN(published[i]) {
			xs, ys = append(xs, published[i]), append(ys, -float64(i))
		}
	}
	t.Dots(p, xs, ys, t.Series[1], 5, draw.RingGlyph{}, "")
	var ticks plot.ConstantTicks
	for i, name := range names {
		ticks = append(ticks, plot.Tick{Value: -float64(i), Label: name})
	}
	p.Y.Tick.Marker = ticks
	p.Y.Tick.LineStyle.Width, p.Y.LineStyle.Width, p.Y.Padding = 0, 0, 0
	p.X.Min = 0.5
	p.X.Max = max(p.X.Max, 10) * 12 // room for the notes
	if k == 0 {
		p.X.Max = 10
	}
	return p
}
