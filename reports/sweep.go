package reports

import (
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

// A SweepPanel is a plot of results by setting. The x values of its series are indices of Labels, from 0;
// Low and High are drawn as bars.
type SweepPanel struct {
	Title     string
	Labels    []string // labels of the settings, from left to right
	Level     float64  // height of a dashed line; NaN draws none
	LevelName string
	Series    []Series
}

// Sweep returns a figure of shares by setting, with panels side by side, like the paper's figure L of
// accuracy by lambda. Each panel has a separate y axis.
func Sweep(name, title, x, caption string, panels []SweepPanel) chart.Figure {
	f := chart.Figure{Name: name, Title: title, Width: 300 * float64(len(panels)), Height: 320, Caption: caption}
	titles := make([]string, len(panels))
	for i, q := range panels {
		titles[i] = q.Title
	}
	f.Alt = title + ": " + strings.Join(titles, "; ")
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		var plots []*plot.Plot
		for i, q := range panels {
			plots = append(plots, sweepPlot(t, q, x, i == 0))
		}
		chart.SideBySide(c, plots)
	}
	return f
}

func sweepPlot(t *chart.Theme, q SweepPanel, x string, legend bool) *plot.Plot {
	p := t.Plot(q.Title, x, "")
	t.Grid(p, false, true)
	var ticks plot.ConstantTicks
	for i, l := range q.Labels {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: l})
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks, chart.Percents{}
	for k, s := range q.Series {
		t.Whiskers(p, s.Points, k, 0.12*(float64(k)-float64(len(q.Series)-1)/2))
		if legend && len(s.X) > 0 {
			p.Legend.Add(s.Name, t.SeriesMark(k))
		}
	}
	if !math.IsNaN(q.Level) {
		t.Level(p, q.Level, q.LevelName, t.Ink, true)
		p.Y.Min, p.Y.Max = min(p.Y.Min, q.Level), max(p.Y.Max, q.Level)
	}
	p.X.Min, p.X.Max = -0.4, float64(len(q.Labels))-0.3 // room for the name of the level
	room := max(p.Y.Max-p.Y.Min, 0.01)
	p.Y.Min, p.Y.Max = p.Y.Min-0.05*room, p.Y.Max+0.25*room // for the legend
	p.Legend.Top, p.Legend.Left = true, true
	return p
}
