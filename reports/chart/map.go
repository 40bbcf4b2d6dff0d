package chart

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/analysis"
)

// raster draws cells of one colour each, row 0 on top.
type raster struct {
	rows, cols     int
	at             func(r, c int) color.NRGBA
	x0, x1, y0, y1 float64 // edges; y0 is the upper one, y points down
}

// cellPixels is the number of pixels of a cell's side: an SVG holds the map as a picture, in which
// browsers would blur smaller cells.
const cellPixels = 12

func (h raster) image() image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, h.cols*cellPixels, h.rows*cellPixels))
	for y := range h.rows * cellPixels {
		for x := range h.cols * cellPixels {
			m.SetNRGBA(x, y, h.at(y/cellPixels, x/cellPixels))
		}
	}
	return m
}

func (h raster) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	c.DrawImage(vg.Rectangle{Min: vg.Point{X: trX(h.x0), Y: trY(-h.y1)}, Max: vg.Point{X: trX(h.x1), Y: trY(-h.y0)}}, h.image())
}

func (h raster) DataRange() (xmin, xmax, ymin, ymax float64) { return h.x0, h.x1, -h.y1, -h.y0 }

// Heat is a map of values 0…most; NaN is undefined.
func (t *Theme) Heat(title string, n int, x, y [2]float64, ticks []float64, value func(r, c int) float64, most float64) *plot.Plot {
	p := t.Plot(title, "", "")
	p.Add(raster{n, n, func(r, c int) color.NRGBA {
		v := value(r, c)
		if math.IsNaN(v) {
			return t.undefined
		}
		if most <= 0 {
			return t.shade(0)
		}
		return t.shade(v / most)
	}, x[0], x[1], y[0], y[1]})
	p.X.Tick.Marker, p.Y.Tick.Marker = Fixed(ticks), down{ticks}
	p.X.Padding, p.Y.Padding = 0, 0
	return p
}

// bar is a scale of the colours from 0 to most.
func (t *Theme) Scale(most float64, label func(float64) string) *plot.Plot {
	p := t.Plot("", "", "")
	const steps = 60
	p.Add(raster{steps, 1, func(r, _ int) color.NRGBA { return t.shade(1 - (float64(r)+0.5)/steps) }, 0, 1, -most, 0})
	p.HideX()
	p.Y.Padding = 0
	var ticks plot.ConstantTicks
	for k := range 5 {
		v := most * float64(k) / 4
		ticks = append(ticks, plot.Tick{Value: v, Label: label(v)})
	}
	p.Y.Tick.Marker = ticks
	p.Y.LineStyle.Width = 0
	return p
}

// Counts is a map of counts as a plot with its scale.
func (t *Theme) Counts(title string, h *analysis.Histogram, ticks []float64) (p, scale *plot.Plot) {
	most := 0.0
	for _, row := range h.Counts {
		for _, n := range row {
			most = max(most, float64(n))
		}
	}
	total := max(float64(h.Total()), 1)
	p = t.Heat(title, len(h.Counts), h.X, h.Y, ticks, func(r, c int) float64 { return math.Sqrt(float64(h.Counts[r][c]) / total) }, math.Sqrt(most/total))
	return p, t.rootScale(most / total)
}

// rootScale is the scale of a map whose colours go by the square root, so that thin places show.
func (t *Theme) rootScale(most float64) *plot.Plot {
	return t.Scale(1, func(v float64) string { return PercentTick(v * v * most) })
}

var UnitTicks = []float64{0, 0.5, 1}

// down labels an axis whose numbers grow downwards: what is drawn at −v is v.
type down struct{ at []float64 }

func (d down) Ticks(_, _ float64) (ticks []plot.Tick) {
	for _, v := range d.at {
		ticks = append(ticks, plot.Tick{Value: -v, Label: short(v)})
	}
	return ticks
}

// FrameOf draws a rectangle, as the box in its frame; y points down.
type FrameOf struct {
	x0, y0, x1, y1 float64
	line           draw.LineStyle
}

func (f FrameOf) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	x0, x1, y0, y1 := trX(f.x0), trX(f.x1), trY(-f.y0), trY(-f.y1)
	c.StrokeLines(f.line, []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}, {X: x0, Y: y0}})
}

func (t *Theme) Box() FrameOf {
	return FrameOf{0, 0, 1, 1, draw.LineStyle{Color: t.Series[1], Width: vg.Points(1.8)}}
}

// crossAt marks a point; y points down.
type crossAt struct {
	x, y  float64
	color color.NRGBA
}

func (m crossAt) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	if x, y := trX(m.x), trY(-m.y); x >= c.Min.X && x <= c.Max.X && y >= c.Min.Y && y <= c.Max.Y {
		Cross(c, m.color, vg.Point{X: x, Y: y})
	}
}
