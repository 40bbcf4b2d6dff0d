package chart

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/analysis/result"
)

// A Row is a horizontal bar with its name on the left and a note on the right.
type Row struct {
	Name, Note string
	Value      float64 // NaN draws no bar
	Low, High  float64 // ends of the interval; NaN draws none
}

// RowOf returns a bar for a value, with the value's interval.
func RowOf(name, note string, v result.Value) Row {
	r := Row{name, note, float64(v.Value), math.NaN(), math.NaN()}
	if v.Interval != nil {
		r.Low, r.High = v.Interval.Low, v.Interval.High
	}
	return r
}

// Rows returns a bar for each row of a table. One column has the value, the columns low and high have the
// interval, and another column is formatted as the note.
func (s Source) Rows(statistic, table, value string, names []string, noted string, note func(float64) string) []Row {
	values, notes := s.Column(statistic, table, value), s.Column(statistic, table, noted)
	low, high := s.Column(statistic, table, "low"), s.Column(statistic, table, "high")
	list := make([]Row, min(len(names), len(values)))
	for i := range list {
		list[i] = Row{names[i], note(notes[i]), values[i], low[i], high[i]}
	}
	return list
}

// Rows are horizontal bars, one below the other.
type Rows struct {
	Bars       []Row
	Fill       func(i int) color.NRGBA // colour of a bar; nil gives the first colour of the theme
	Base       float64                 // start of the bars: 0, or the lower end of a logarithmic axis
	Reserve    float64                 // share of the width for notes
	NotesRight bool                    // whether notes are at the right edge instead of after the bars
}

// shareTicks labels percentages up to 100. The axis beyond is room for notes.
type shareTicks struct{}

func (shareTicks) Ticks(low, high float64) []plot.Tick {
	return slices.DeleteFunc(Percents{}.Ticks(low, high), func(t plot.Tick) bool { return t.Value > 1+1e-9 })
}

// Rows returns a plot of horizontal bars of shares, whose axis has percentages.
func (t *Theme) Rows(title, x string, b Rows) *plot.Plot {
	p := t.Plot(title, x, "")
	p.X.Tick.Marker = shareTicks{}
	if b.Fill == nil {
		b.Fill = func(int) color.NRGBA { return t.Series[0] }
	}
	p.Add(rows{t, b})
	_, xmax, _, _ := rows{t, b}.DataRange()
	p.X.Max = b.Base + (xmax-b.Base)/(1-b.Reserve)
	names := make([]string, len(b.Bars))
	for i, r := range b.Bars {
		names[i] = r.Name
	}
	NameRows(p, names)
	p.Y.Padding = 0
	return p
}

// NameRows labels the y axis with names from top to bottom, at 0, −1, −2, …
func NameRows(p *plot.Plot, names []string) {
	var ticks plot.ConstantTicks
	for i, n := range names {
		ticks = append(ticks, plot.Tick{Value: -float64(i), Label: n})
	}
	p.Y.Tick.Marker = ticks
	p.Y.Tick.LineStyle.Width, p.Y.LineStyle.Width = 0, 0
}

// rows draws Rows.
type rows struct {
	t *Theme
	Rows
}

func (b rows) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	ink := b.t.Text(TickSize, b.t.Ink)
	for i, r := range b.Bars {
		y := trY(-float64(i))
		half := (trY(0) - trY(-1)) * 0.36
		end := c.Min.X
		if !math.IsNaN(r.Value) {
			from := vg.Point{X: max(trX(b.Base), c.Min.X), Y: y - half}
			end = trX(r.Value)
			c.FillPolygon(b.Fill(i), corners(vg.Rectangle{Min: from, Max: vg.Point{X: end, Y: y + half}}))
			if !math.IsNaN(r.Low) {
				line := draw.LineStyle{Color: b.t.Ink, Width: vg.Points(1.4)}
				c.StrokeLine2(line, trX(r.Low), y, trX(r.High), y)
				for _, e := range []float64{r.Low, r.High} {
					c.StrokeLine2(line, trX(e), y-half/2, trX(e), y+half/2)
				}
				end = max(end, trX(r.High))
			}
		}
		if r.Note != "" {
			at := vg.Point{X: end + vg.Points(5), Y: y}
			if b.NotesRight {
				ink.XAlign, at.X = draw.XRight, c.Max.X
			}
			c.FillText(ink, at, r.Note)
		}
	}
}

func (b rows) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax = b.Base, b.Base
	for _, r := range b.Bars {
		for _, v := range []float64{r.Value, r.Low, r.High} {
			if !math.IsNaN(v) {
				xmin, xmax = min(xmin, v), max(xmax, v)
			}
		}
	}
	return xmin, xmax, -float64(len(b.Bars)) + 0.4, 0.6
}
