package reports

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

// A SweepPanel is a plot of what some settings give. The x of its series are places in Labels, from 0; their Low and High are drawn as bars.
type SweepPanel struct {
	Title     string
	Labels    []string // of the settings, from left to right
	Level     float64  // a dashed line; NaN: none
	LevelName string
	Series    []Series
}

// Sweep draws shares by settings, one panel beside the other, as the paper's figure L does accuracy by lambda. The y axes of the panels differ.
func Sweep(name, title, x, caption string, panels []SweepPanel) chart.Figure {
	f := chart.Figure{Name: name, Title: title, Width: 300 * float64(len(panels)), Height: 320, Caption: caption, Alt: fmt.Sprintf("%s: %d plots.", title, len(panels))}
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		n := float64(len(panels))
		for i, q := range panels {
			chart.Place(c, chart.Panel{Plot: sweepPlot(t, q, x, i == 0), X: float64(i)/n + 0.01, DX: 1/n - 0.02, DY: 1})
		}
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
		whiskers(t, p, s, k, 0.12*(float64(k)-float64(len(q.Series)-1)/2))
		if legend && len(s.X) > 0 {
			p.Legend.Add(s.Name, mark{t, k})
		}
	}
	if !math.IsNaN(q.Level) {
		p.Add(chart.Level{Y: q.Level, Name: q.LevelName, Theme: t, Color: t.Ink, Above: true})
		p.Y.Min, p.Y.Max = min(p.Y.Min, q.Level), max(p.Y.Max, q.Level)
	}
	p.X.Min, p.X.Max = -0.4, float64(len(q.Labels))-0.3 // room for the name of the level
	room := max(p.Y.Max-p.Y.Min, 0.01)
	p.Y.Min, p.Y.Max = p.Y.Min-0.05*room, p.Y.Max+0.25*room // for the legend
	p.Legend.Top, p.Legend.Left = true, true
	return p
}

// whiskers draws a series with the bars of its intervals, moved aside.
func whiskers(t *chart.Theme, p *plot.Plot, s Series, k int, aside float64) {
	var line plotter.XYs
	var bars whisked
	for i := range s.X {
		if math.IsNaN(s.Y[i]) {
			continue
		}
		line = append(line, plotter.XY{X: s.X[i] + aside, Y: s.Y[i]})
		bars.low, bars.high = append(bars.low, s.Y[i]), append(bars.high, s.Y[i])
		if s.Low != nil && !math.IsNaN(s.Low[i]) {
			bars.low[len(bars.low)-1], bars.high[len(bars.high)-1] = s.Low[i], s.High[i]
		}
	}
	if len(line) == 0 {
		return
	}
	color := t.Series[k%len(t.Series)]
	bars.XYs = line
	if e, err := plotter.NewYErrorBars(bars); err == nil {
		e.Color, e.Width, e.CapWidth = color, vg.Points(1.2), vg.Points(7)
		p.Add(e)
	}
	if l, err := plotter.NewLine(line); err == nil && len(line) > 1 {
		l.Color, l.Width = color, vg.Points(chart.LineWidth)
		p.Add(l)
	}
	if m, err := plotter.NewScatter(line); err == nil {
		m.GlyphStyle = glyph(t, k)
		p.Add(m)
	}
}

func glyph(t *chart.Theme, k int) draw.GlyphStyle {
	return draw.GlyphStyle{Color: t.Series[k%len(t.Series)], Radius: vg.Points(4), Shape: chart.Marks[k%len(chart.Marks)]}
}

// whisked are points with intervals.
type whisked struct {
	plotter.XYs
	low, high []float64
}

// YError is how far the interval goes below and above.
func (w whisked) YError(i int) (low, high float64) {
	return w.low[i] - w.XYs[i].Y, w.high[i] - w.XYs[i].Y
}

// A mark is a series in a legend.
type mark struct {
	t *chart.Theme
	k int
}

// Thumbnail draws it.
func (m mark) Thumbnail(c *draw.Canvas) {
	at := c.Center()
	c.StrokeLine2(draw.LineStyle{Color: m.t.Series[m.k%len(m.t.Series)], Width: vg.Points(chart.LineWidth)}, c.Min.X, at.Y, c.Max.X, at.Y)
	c.DrawGlyph(glyph(m.t, m.k), at)
}
