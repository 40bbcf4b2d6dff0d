package reports

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/analysis"
	"abtool/reports/chart"
)

// noShares says what two stores lack for a figure of differences.
const noShares chart.Lack = "No share has a value and an interval in both stores. " +
	"Compare stores that both have records and ground truth."

// Differences returns figures of the differences of shares between two stores, with their intervals: one
// figure for each data set that both stores have.
func Differences(c *analysis.Comparison) (out []chart.Figure) {
	for _, set := range c.DataSets {
		var list []analysis.Difference
		for _, s := range set.Statistics {
			if s.Name == "quality" || s.Name == "random_clicks" {
				continue
			}
			for _, d := range s.Differences {
				if d.Unit == "fraction" && d.Interval != nil && d.Difference.Defined() {
					d.Name = s.Name + "." + d.Name
					list = append(list, d)
				}
			}
		}
		f := chart.Figure{Name: set.Name + "-comparison", Set: set.Name, Title: "Differences between the stores",
			Width: 820, Height: 70 + 19*float64(len(list)),
			Alt: fmt.Sprintf("%d differences with their intervals, around a line at zero.", len(list))}
		f.Describe(chart.Part{Lack: chart.Unless(len(list) > 0, noShares), Caption: fmt.Sprintf("a − b with 95 %% "+
			"intervals, of all values that are shares. a: %s, b: %s. Filled marks: p is below 0.05 after adjustment for all "+
			"tests of the comparison (Holm).", c.A, c.B)})
		f.Draw = chart.Whole(func(t *chart.Theme) *plot.Plot { return forestPlot(t, list) })
		out = append(out, f)
	}
	return out
}

// forestPlot returns a plot of differences with their intervals, one below the other.
func forestPlot(t *chart.Theme, list []analysis.Difference) *plot.Plot {
	p := t.Plot("", "a − b", "")
	p.X.Tick.Marker = chart.Percents{}
	t.Grid(p, true, false)
	p.Add(forest{t, list})
	names := make([]string, len(list))
	for i, d := range list {
		names[i] = d.Name
	}
	chart.NameRows(p, names)
	return p
}

// A forest draws differences as marks with intervals.
type forest struct {
	theme *chart.Theme
	list  []analysis.Difference
}

func (f forest) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	zero := draw.LineStyle{Color: f.theme.Ink, Width: vg.Points(0.8)}
	c.StrokeLine2(zero, trX(0), c.Min.Y, trX(0), c.Max.Y)
	interval := draw.LineStyle{Color: f.theme.Series[0], Width: vg.Points(1.6)}
	for i, d := range f.list {
		y := trY(-float64(i))
		c.StrokeLine2(interval, trX(d.Interval.Low), y, trX(d.Interval.High), y)
		mark, at := draw.CircleGlyph{}, vg.Point{X: trX(float64(d.Difference)), Y: y}
		c.DrawGlyph(draw.GlyphStyle{Color: f.theme.Series[0], Radius: vg.Points(4), Shape: mark}, at)
		if d.Test == nil || d.Test.Holm >= 0.05 { // a hollow mark
			c.DrawGlyph(draw.GlyphStyle{Color: f.theme.Paper, Radius: vg.Points(2.6), Shape: mark}, at)
		}
	}
}

func (f forest) DataRange() (xmin, xmax, ymin, ymax float64) {
	for _, d := range f.list {
		xmin, xmax = min(xmin, d.Interval.Low), max(xmax, d.Interval.High)
	}
	if xmin == xmax {
		xmin, xmax = -0.01, 0.01
	}
	return xmin, xmax, -float64(len(f.list)) + 0.5, math.Nextafter(0.5, 1)
}
