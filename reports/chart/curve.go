package chart

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Points are the places of a curve or scatter; NaN ends a line.
type Points struct{ X, Y, Low, High []float64 }

// Curve draws a line with marks and the band of its intervals.
func (t *Theme) Curve(p *plot.Plot, d Points, series int, name string) {
	c := t.Series[series%len(t.Series)]
	var line plotter.XYs
	var band, back plotter.XYs
	for i := range d.X {
		if math.IsNaN(d.Y[i]) {
			continue
		}
		line = append(line, plotter.XY{X: d.X[i], Y: d.Y[i]})
		if d.Low != nil && !math.IsNaN(d.Low[i]) {
			band = append(band, plotter.XY{X: d.X[i], Y: d.Low[i]})
			back = append(back, plotter.XY{X: d.X[i], Y: d.High[i]})
		}
	}
	if len(line) == 0 {
		return
	}
	if len(band) > 1 {
		for i := len(back) - 1; i >= 0; i-- {
			band = append(band, back[i])
		}
		if area, err := plotter.NewPolygon(band); err == nil {
			area.Color, area.LineStyle.Width = Fade(c, 56), 0
			p.Add(area)
		}
	}
	l, err := plotter.NewLine(line)
	if err != nil {
		return
	}
	l.Color, l.Width = c, vg.Points(LineWidth)
	s, err := plotter.NewScatter(line)
	if err != nil {
		return
	}
	s.GlyphStyle = draw.GlyphStyle{Color: c, Radius: vg.Points(3.5), Shape: Marks[series%len(Marks)]}
	p.Add(l, s)
	if name != "" {
		p.Legend.Add(name, l, s)
	}
}

// Marks tell series apart without colour.
var Marks = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.CrossGlyph{}, draw.PlusGlyph{}, draw.RingGlyph{}}

// Level draws a dashed horizontal line with its name at the right end.
type Level struct {
	Y     float64
	Name  string
	Theme *Theme
	Color color.NRGBA
	Above bool
}

func (l Level) Plot(c draw.Canvas, p *plot.Plot) {
	_, trY := p.Transforms(&c)
	y := trY(l.Y)
	if y < c.Min.Y || y > c.Max.Y {
		return
	}
	c.StrokeLine2(draw.LineStyle{Color: l.Color, Width: vg.Points(1.2), Dashes: []vg.Length{vg.Points(5), vg.Points(4)}}, c.Min.X, y, c.Max.X, y)
	s := l.Theme.Text(TickSize, l.Color)
	s.XAlign, s.YAlign = draw.XRight, draw.YBottom
	gap := vg.Points(2)
	if !l.Above {
		s.YAlign, gap = draw.YTop, -gap
	}
	c.FillText(s, vg.Point{X: c.Max.X - vg.Points(2), Y: y + gap}, l.Name)
}

// Upright draws a dashed vertical line with its name at the top.
type Upright struct {
	X     float64
	Name  string
	Theme *Theme
	Color color.NRGBA
}

func (l Upright) Plot(c draw.Canvas, p *plot.Plot) {
	trX, _ := p.Transforms(&c)
	x := trX(l.X)
	if x < c.Min.X || x > c.Max.X {
		return
	}
	c.StrokeLine2(draw.LineStyle{Color: l.Color, Width: vg.Points(1.2), Dashes: []vg.Length{vg.Points(5), vg.Points(4)}}, x, c.Min.Y, x, c.Max.Y)
	s := l.Theme.Text(TickSize, l.Color)
	s.XAlign, s.YAlign = draw.XLeft, draw.YTop
	gap := vg.Points(4)
	if x > c.Min.X+0.6*(c.Max.X-c.Min.X) {
		s.XAlign, gap = draw.XRight, -gap
	}
	c.FillText(s, vg.Point{X: x + gap, Y: c.Max.Y - vg.Points(2)}, l.Name)
}

// Dots draws a scatter.
func (t *Theme) Dots(p *plot.Plot, xs, ys []float64, c color.NRGBA, radius float64, shape draw.GlyphDrawer, name string) {
	var at plotter.XYs
	for i := range xs {
		if !math.IsNaN(xs[i]) && !math.IsNaN(ys[i]) {
			at = append(at, plotter.XY{X: xs[i], Y: ys[i]})
		}
	}
	if len(at) == 0 {
		return
	}
	s, err := plotter.NewScatter(at)
	if err != nil {
		return
	}
	s.GlyphStyle = draw.GlyphStyle{Color: c, Radius: vg.Points(radius), Shape: shape}
	p.Add(s)
	if name != "" {
		p.Legend.Add(name, s)
	}
}

// Line draws a plain line.
func (t *Theme) Line(p *plot.Plot, xs, ys []float64, c color.NRGBA, width float64, dashed bool, name string) {
	var at plotter.XYs
	for i := range xs {
		if !math.IsNaN(ys[i]) {
			at = append(at, plotter.XY{X: xs[i], Y: ys[i]})
		}
	}
	l, err := plotter.NewLine(at)
	if err != nil || len(at) < 2 {
		return
	}
	l.Color, l.Width = c, vg.Points(width)
	if dashed {
		l.Dashes = []vg.Length{vg.Points(5), vg.Points(4)}
	}
	p.Add(l)
	if name != "" {
		p.Legend.Add(name, l)
	}
}
