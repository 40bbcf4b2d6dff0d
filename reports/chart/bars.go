package chart

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Bars draws rectangles between edges, from 0 to their heights.
type Bars struct {
	From, To, Height []float64
	Fill             func(i int) color.NRGBA
}

func (b Bars) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	floor := max(trY(max(p.Y.Min, 0)), c.Min.Y)
	for i := range b.Height {
		if math.IsNaN(b.Height[i]) || b.Height[i] <= 0 {
			continue
		}
		x0, x1, y := max(trX(b.From[i]), c.Min.X)+vg.Points(0.6), min(trX(b.To[i]), c.Max.X)-vg.Points(0.6), min(trY(b.Height[i]), c.Max.Y)
		if x1 > x0 {
			c.FillPolygon(b.Fill(i), []vg.Point{{X: x0, Y: floor}, {X: x1, Y: floor}, {X: x1, Y: y}, {X: x0, Y: y}})
		}
	}
}

func (b Bars) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax = math.Inf(1), math.Inf(-1)
	for i := range b.Height {
		if math.IsNaN(b.Height[i]) {
			continue
		}
		xmin, xmax, ymax = min(xmin, b.From[i]), max(xmax, b.To[i]), max(ymax, b.Height[i])
	}
	if xmin > xmax {
		return 0, 1, 0, 1
	}
	return xmin, xmax, 0, ymax
}

// Rows draws horizontal bars with a name at the left, intervals and what they count at the right.
type Rows struct {
	Theme        *Theme
	Names, Notes []string
	Values       []float64
	Low, High    []float64 // nil: without intervals
	Fill         func(i int) color.NRGBA
	Base         float64 // where bars begin: 0, or the axis' lower end on a logarithmic scale
	Reserve      float64 // share of the width that notes take
	NotesRight   bool    // notes stand at the right edge, not after the bars
}

func (b Rows) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	ink := b.Theme.Text(TickSize, b.Theme.Ink)
	for i, v := range b.Values {
		y := trY(-float64(i))
		half := (trY(0) - trY(-1)) * 0.36
		end := c.Min.X
		if !math.IsNaN(v) {
			x0, x1 := max(trX(b.Base), c.Min.X), trX(v)
			c.FillPolygon(b.Fill(i), []vg.Point{{X: x0, Y: y - half}, {X: x1, Y: y - half}, {X: x1, Y: y + half}, {X: x0, Y: y + half}})
			end = x1
			if b.Low != nil && !math.IsNaN(b.Low[i]) {
				line := draw.LineStyle{Color: b.Theme.Ink, Width: vg.Points(1.4)}
				c.StrokeLine2(line, trX(b.Low[i]), y, trX(b.High[i]), y)
				for _, e := range []float64{b.Low[i], b.High[i]} {
					c.StrokeLine2(line, trX(e), y-half/2, trX(e), y+half/2)
				}
				end = max(end, trX(b.High[i]))
			}
		}
		if b.Notes != nil {
			at := vg.Point{X: end + vg.Points(5), Y: y}
			if b.NotesRight {
				ink.XAlign, at.X = draw.XRight, c.Max.X
			}
			c.FillText(ink, at, b.Notes[i])
		}
	}
}

func (b Rows) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax = b.Base, b.Base
	for i, v := range b.Values {
		if !math.IsNaN(v) {
			xmin, xmax = min(xmin, v), max(xmax, v)
		}
		if b.High != nil && !math.IsNaN(b.High[i]) {
			xmin, xmax = min(xmin, b.Low[i]), max(xmax, b.High[i])
		}
	}
	return xmin, xmax, -float64(len(b.Values)) + 0.4, 0.6
}

// bars in rows as a plot.
func (t *Theme) Rows(title, x string, b Rows) *plot.Plot {
	p := t.Plot(title, x, "")
	b.Theme = t
	if b.Fill == nil {
		b.Fill = func(int) color.NRGBA { return t.Series[0] }
	}
	p.Add(b)
	_, xmax, _, _ := b.DataRange()
	p.X.Max = b.Base + (xmax-b.Base)/(1-b.Reserve)
	var ticks plot.ConstantTicks
	for i, n := range b.Names {
		ticks = append(ticks, plot.Tick{Value: -float64(i), Label: n})
	}
	p.Y.Tick.Marker = ticks
	p.Y.Tick.LineStyle.Width, p.Y.LineStyle.Width = 0, 0
	p.Y.Padding = 0
	return p
}

// LogBars is a histogram over bins that grow.
func (t *Theme) LogBars(title, x, unit string, s Source, statistic, table string, c color.NRGBA) *plot.Plot {
	p := t.Plot(title, x, "")
	from, to, n := s.Column(statistic, table, "from"), s.Column(statistic, table, "to"), s.Column(statistic, table, "n")
	total := max(Sum(n), 1)
	for i := range n {
		n[i] /= total
		if from[i] <= 0 || math.IsNaN(to[i]) { // beyond the bins
			n[i], from[i] = math.NaN(), 1
		}
	}
	// Bins with next to nothing in them would only make the others narrow.
	first, last := 0, len(n)-1
	for first < last && !(n[first] >= 0.001) {
		first++
	}
	for last > first && !(n[last] >= 0.001) {
		last--
	}
	if len(n) > 0 {
		from, to, n = from[first:last+1], to[first:last+1], n[first:last+1]
	}
	Logarithmic(&p.X, unit)
	p.Y.Tick.Marker = Percents{}
	t.Grid(p, false, true)
	p.Add(Bars{from, to, n, func(int) color.NRGBA { return Fade(c, 200) }})
	if len(n) == 0 {
		p.X.Min, p.X.Max = 1, 10
	}
	return p
}
