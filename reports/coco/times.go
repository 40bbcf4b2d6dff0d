package coco

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

// Times draws histograms of the time on a page and of the steps through the superclasses.
func Times(s chart.Source) chart.Figure {
	mean, median := s.Value("time", "mean"), s.Value("time", "median")
	noTime := chart.Unless(s.Binned("time", "time_spent"), noPageTime)
	noStep := chart.Unless(s.Counted("browsing", "by_superclass", "events"), noSteps)
	f := chart.Figure{Name: "coco-times", Title: "Time on a page, and steps through the superclasses",
		Width: 820, Height: 320, Statistics: []string{"time", "browsing"},
		Alt: "A histogram of the time on a page, and bars of the steps to each superclass."}
	f.Describe(
		chart.Part{Where: "Left", Lack: noTime, Caption: fmt.Sprintf("time on %s pages, median %s.",
			chart.Grouped(mean.N), chart.Milliseconds(math.Round(float64(median.Value)/100)*100))},
		chart.Part{Where: "Right", Lack: noStep,
			Caption: fmt.Sprintf("mean number of steps to each superclass on a page, "+
				"from the first (0) to the last (10); %s of the steps were by the keyboard.",
				chart.WithInterval(s.Value("browsing", "keyboard_share")))})
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		p := t.LogBars("", "", "ms", s, "time", "time_spent", t.Series[0])
		chart.Place(c, chart.Panel{Plot: p, DX: 0.5, DY: 1, Lack: noTime},
			chart.Panel{Plot: stepBars(t, s), X: 0.5, DX: 0.5, DY: 1, Lack: noStep})
	}
	return f
}

// stepBars returns bars of the steps to each superclass.
func stepBars(t *chart.Theme, s chart.Source) *plot.Plot {
	q := t.Plot("", "superclass", "steps per page")
	idx, n := s.Column("browsing", "by_superclass", "category_idx"), s.Column("browsing", "by_superclass", "events")
	pages := max(float64(s.Value("browsing", "events_mean").N), 1)
	var from, to []float64
	for i := range n {
		n[i] /= pages
		from, to = append(from, idx[i]-0.4), append(to, idx[i]+0.4)
	}
	t.Grid(q, false, true)
	q.Add(chart.Bars{From: from, To: to, Height: n, Fill: func(int) color.NRGBA { return t.Series[2] }})
	q.X.Tick.Marker = chart.Fixed{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	q.X.Min, q.X.Max = -0.5, 10.5
	return q
}
