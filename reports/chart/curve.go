package chart

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Points are the points of a curve with the ends of their intervals. A point whose Y is NaN is left out, and
// so is an interval whose Low is NaN. Low and High are nil without intervals.
type Points struct{ X, Y, Low, High []float64 }

// Points returns points from columns of a table; low and high are "" without intervals.
func (s Source) Points(statistic, table, x, y, low, high string) Points {
	p := Points{X: s.Column(statistic, table, x), Y: s.Column(statistic, table, y)}
	if low != "" {
		p.Low, p.High = s.Column(statistic, table, low), s.Column(statistic, table, high)
	}
	return p
}

// places returns the points whose coordinates are not NaN.
func places(xs, ys []float64) (at plotter.XYs) {
	for i := range xs {
		if !math.IsNaN(xs[i]) && !math.IsNaN(ys[i]) {
			at = append(at, plotter.XY{X: xs[i], Y: ys[i]})
		}
	}
	return at
}

// Curve draws a line with marks and a band of its intervals, in the colour and with the mark of a series. It
// adds the curve to the legend unless the name is "".
func (t *Theme) Curve(p *plot.Plot, d Points, series int, name string) {
	c := t.seriesColor(series)
	l, s, err := plotter.NewLinePoints(places(d.X, d.Y))
	if err != nil || len(l.XYs) == 0 {
		return
	}
	var band, back plotter.XYs
	for i := range d.Low {
		if !math.IsNaN(d.Y[i]) && !math.IsNaN(d.Low[i]) {
			band = append(band, plotter.XY{X: d.X[i], Y: d.Low[i]})
			back = append(back, plotter.XY{X: d.X[i], Y: d.High[i]})
		}
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
	l.Color, l.Width = c, vg.Points(LineWidth)
	s.GlyphStyle = t.seriesGlyph(series, 3.5)
	p.Add(l, s)
	if name != "" {
		p.Legend.Add(name, l, s)
	}
}

// A Ring is a hollow mark with a line of a width.
type Ring struct{ Width vg.Length }

// DrawGlyph draws the ring.
func (r Ring) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, p vg.Point) {
	c.SetLineStyle(draw.LineStyle{Color: s.Color, Width: r.Width})
	var path vg.Path
	path.Move(vg.Point{X: p.X + s.Radius, Y: p.Y})
	path.Arc(p, s.Radius, 0, 2*math.Pi)
	path.Close()
	c.Stroke(path)
}

// marks are the marks of the series, which differ so that colour is not needed.
var marks = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.CrossGlyph{},
	draw.PlusGlyph{}, Ring{1.4}}

func (t *Theme) seriesColor(series int) color.NRGBA { return t.Series[series%len(t.Series)] }

func (t *Theme) seriesGlyph(series int, radius float64) draw.GlyphStyle {
	shape := marks[series%len(marks)]
	return draw.GlyphStyle{Color: t.seriesColor(series), Radius: vg.Points(radius), Shape: shape}
}

// Whiskers draws a line with marks and a bar for each interval, shifted on the x axis, in the colour and
// with the mark of a series.
func (t *Theme) Whiskers(p *plot.Plot, d Points, series int, aside float64) {
	moved := Points{Low: d.Low, High: d.High}
	for i := range d.X {
		moved.X, moved.Y = append(moved.X, d.X[i]+aside), append(moved.Y, d.Y[i])
	}
	l, m, err := plotter.NewLinePoints(places(moved.X, moved.Y))
	if err != nil || len(l.XYs) == 0 {
		return
	}
	p.Add(Intervals{moved, draw.LineStyle{Color: t.seriesColor(series), Width: vg.Points(1.2)}, vg.Points(7)})
	l.Color, l.Width = t.seriesColor(series), vg.Points(LineWidth)
	m.GlyphStyle = t.seriesGlyph(series, 4)
	if len(l.XYs) > 1 {
		p.Add(l)
	}
	p.Add(m)
}

// SeriesMark returns the legend's picture of a series: its line with its mark.
func (t *Theme) SeriesMark(series int) plot.Thumbnailer { return seriesMark{t, series} }

type seriesMark struct {
	t      *Theme
	series int
}

func (m seriesMark) Thumbnail(c *draw.Canvas) {
	at := c.Center()
	line := draw.LineStyle{Color: m.t.seriesColor(m.series), Width: vg.Points(LineWidth)}
	c.StrokeLine2(line, c.Min.X, at.Y, c.Max.X, at.Y)
	c.DrawGlyph(m.t.seriesGlyph(m.series, 4), at)
}

// Intervals draws the intervals of points as upright lines with caps at both ends.
type Intervals struct {
	Points
	Line draw.LineStyle
	Cap  vg.Length // width of the caps; 0 draws none
}

// Plot draws the lines.
func (e Intervals) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	for i := range e.Low {
		if math.IsNaN(e.X[i]) || math.IsNaN(e.Y[i]) || math.IsNaN(e.Low[i]) {
			continue
		}
		x, low, high := trX(e.X[i]), trY(e.Low[i]), trY(e.High[i])
		c.StrokeLine2(e.Line, x, low, x, high)
		if e.Cap > 0 {
			c.StrokeLine2(e.Line, x-e.Cap/2, low, x+e.Cap/2, low)
			c.StrokeLine2(e.Line, x-e.Cap/2, high, x+e.Cap/2, high)
		}
	}
}

// DataRange returns the range of the intervals.
func (e Intervals) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax, ymin, ymax = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for i := range e.Low {
		if !math.IsNaN(e.X[i]) && !math.IsNaN(e.Y[i]) && !math.IsNaN(e.Low[i]) {
			xmin, xmax = min(xmin, e.X[i]), max(xmax, e.X[i])
			ymin, ymax = min(ymin, e.Low[i]), max(ymax, e.High[i])
		}
	}
	return xmin, xmax, ymin, ymax
}

// dashes are the lengths of a dashed line and of its gaps.
var dashes = []vg.Length{vg.Points(5), vg.Points(4)}

// Level adds a dashed horizontal line, with its name above or below it at the right end. It does not extend
// the axis.
func (t *Theme) Level(p *plot.Plot, y float64, name string, c color.NRGBA, above bool) {
	p.Add(level{y, name, t.Text(TickSize, c), above})
}

// Upright adds a dashed vertical line with its name at the top.
func (t *Theme) Upright(p *plot.Plot, x float64, name string, c color.NRGBA) {
	p.Add(upright{x, name, t.Text(TickSize, c)})
}

type level struct {
	y     float64
	name  string
	style draw.TextStyle
	above bool
}

func (l level) Plot(c draw.Canvas, p *plot.Plot) {
	_, trY := p.Transforms(&c)
	y := trY(l.y)
	if y < c.Min.Y || y > c.Max.Y {
		return
	}
	line := draw.LineStyle{Color: l.style.Color, Width: vg.Points(1.2), Dashes: dashes}
	c.StrokeLine2(line, c.Min.X, y, c.Max.X, y)
	s, gap := l.style, vg.Points(2)
	s.XAlign, s.YAlign = draw.XRight, draw.YBottom
	if !l.above {
		s.YAlign, gap = draw.YTop, -gap
	}
	c.FillText(s, vg.Point{X: c.Max.X - vg.Points(2), Y: y + gap}, l.name)
}

type upright struct {
	x     float64
	name  string
	style draw.TextStyle
}

func (l upright) Plot(c draw.Canvas, p *plot.Plot) {
	trX, _ := p.Transforms(&c)
	x := trX(l.x)
	if x < c.Min.X || x > c.Max.X {
		return
	}
	line := draw.LineStyle{Color: l.style.Color, Width: vg.Points(1.2), Dashes: dashes}
	c.StrokeLine2(line, x, c.Min.Y, x, c.Max.Y)
	s, gap := l.style, vg.Points(4)
	s.XAlign, s.YAlign = draw.XLeft, draw.YTop
	if x > c.Min.X+0.6*(c.Max.X-c.Min.X) {
		s.XAlign, gap = draw.XRight, -gap
	}
	c.FillText(s, vg.Point{X: x + gap, Y: c.Max.Y - vg.Points(2)}, l.name)
}

// Dots draws a scatter plot and leaves out points with NaN. It adds the points to the legend unless the name
// is "".
func (t *Theme) Dots(p *plot.Plot, xs, ys []float64, c color.NRGBA, radius float64, shape draw.GlyphDrawer,
	name string) {
	s, err := plotter.NewScatter(places(xs, ys))
	if err != nil || len(s.XYs) == 0 {
		return
	}
	s.GlyphStyle = draw.GlyphStyle{Color: c, Radius: vg.Points(radius), Shape: shape}
	p.Add(s)
	if name != "" {
		p.Legend.Add(name, s)
	}
}

// Line draws a line without marks, of a width in points, and adds it to the legend unless the name is "".
func (t *Theme) Line(p *plot.Plot, xs, ys []float64, c color.NRGBA, width float64, dashed bool, name string) {
	l, err := plotter.NewLine(places(xs, ys))
	if err != nil || len(l.XYs) < 2 {
		return
	}
	l.Color, l.Width = c, vg.Points(width)
	if dashed {
		l.Dashes = dashes
	}
	p.Add(l)
	if name != "" {
		p.Legend.Add(name, l)
	}
}
