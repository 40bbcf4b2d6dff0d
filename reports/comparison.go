package reports

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/analysis"
	"abtool/internal/stat"
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
	names := make([]string, len(list))
	marks := make([]mark, len(list))
	for i, d := range list {
		names[i] = d.Name
		marks[i] = mark{row: i, value: float64(d.Difference), interval: d.Interval, hollow: d.Test == nil || d.Test.Holm >= 0.05}
	}
	p.Add(forest{t, marks, len(list), true})
	chart.NameRows(p, names)
	return p
}

// A forest draws values as marks with intervals, in rows.
type forest struct {
	theme *chart.Theme
	marks []mark
	rows  int
	zero  bool // whether a line marks 0
}

// A mark is a value in a forest.
type mark struct {
	row      int
	below    float64 // by how much of a row the mark is below the row's middle
	value    float64
	interval *stat.Interval // nil: none is drawn
	series   int            // of colours
	hollow   bool
}

func (f forest) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	if f.zero {
		zero := draw.LineStyle{Color: f.theme.Ink, Width: vg.Points(0.8)}
		c.StrokeLine2(zero, trX(0), c.Min.Y, trX(0), c.Max.Y)
	}
	for _, m := range f.marks {
		color := f.theme.Series[m.series%len(f.theme.Series)]
		y := trY(-float64(m.row) - m.below)
		if m.interval != nil {
			c.StrokeLine2(draw.LineStyle{Color: color, Width: vg.Points(1.6)}, trX(m.interval.Low), y, trX(m.interval.High), y)
		}
		at := vg.Point{X: trX(m.value), Y: y}
		c.DrawGlyph(draw.GlyphStyle{Color: color, Radius: vg.Points(4), Shape: draw.CircleGlyph{}}, at)
		if m.hollow {
			c.DrawGlyph(draw.GlyphStyle{Color: f.theme.Paper, Radius: vg.Points(2.6), Shape: draw.CircleGlyph{}}, at)
		}
	}
}

func (f forest) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax = math.Inf(1), math.Inf(-1)
	if f.zero {
		xmin, xmax = 0, 0
	}
	for _, m := range f.marks {
		xmin, xmax = min(xmin, m.value), max(xmax, m.value)
		if m.interval != nil {
			xmin, xmax = min(xmin, m.interval.Low), max(xmax, m.interval.High)
		}
	}
	if !(xmin < xmax) {
		xmin, xmax = xmin-0.01, xmin+0.01
	}
	return xmin, xmax, -float64(f.rows) + 0.5, math.Nextafter(0.5, 1)
}
