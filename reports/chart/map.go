package chart

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/analysis/result"
)

// A raster draws a grid of cells with one colour each, row 0 on top.
type raster struct {
	rows, cols     int
	at             func(r, c int) color.NRGBA
	x0, x1, y0, y1 float64 // edges; y0 is the upper one, y points down
}

// cellPixels is the side of a cell in pixels. An SVG has the map as a picture, in which browsers would blur
// smaller cells.
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
	lower, upper := vg.Point{X: trX(h.x0), Y: trY(-h.y1)}, vg.Point{X: trX(h.x1), Y: trY(-h.y0)}
	c.DrawImage(vg.Rectangle{Min: lower, Max: upper}, h.image())
}

func (h raster) DataRange() (xmin, xmax, ymin, ymax float64) { return h.x0, h.x1, -h.y1, -h.y0 }

// heat returns a map of a histogram's cells with values from 0 to most; NaN is an undefined value.
func (t *Theme) heat(title string, h *result.Histogram, ticks []float64,
	value func(r, c int) float64, most float64) *plot.Plot {
	p := t.Plot(title, "", "")
	n := len(h.Counts)
	p.Add(raster{n, n, func(r, c int) color.NRGBA {
		v := value(r, c)
		if math.IsNaN(v) {
			return t.undefined
		}
		if most <= 0 {
			return t.shade(0)
		}
		return t.shade(v / most)
	}, h.X[0], h.X[1], h.Y[0], h.Y[1]})
	p.X.Tick.Marker, p.Y.Tick.Marker = Fixed(ticks), down{ticks}
	p.X.Padding, p.Y.Padding = 0, 0
	return p
}

// scale returns a scale of the map's colours from 0 to most.
func (t *Theme) scale(most float64, label func(float64) string) *plot.Plot {
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

// Counts returns a map of counts with its scale. The colour of a cell depends on the square root of its share.
func (t *Theme) Counts(title string, h *result.Histogram, ticks []float64) Panel {
	most := 0.0
	for _, row := range h.Counts {
		for _, n := range row {
			most = max(most, float64(n))
		}
	}
	total := max(float64(h.Total()), 1)
	share := func(r, c int) float64 { return math.Sqrt(float64(h.Counts[r][c]) / total) }
	p := t.heat(title, h, ticks, share, math.Sqrt(most/total))
	return Panel{Plot: p, Scale: t.scale(1, func(v float64) string { return PercentTick(v * v * (most / total)) })}
}

// Ratios returns a map of hits / n with its scale from 0 to 1. Cells with n below least are undefined.
func (t *Theme) Ratios(title string, n, hits *result.Histogram, ticks []float64, least int64) Panel {
	p := t.heat(title, n, ticks, func(r, c int) float64 {
		if n.Counts[r][c] < least {
			return math.NaN()
		}
		return float64(hits.Counts[r][c]) / float64(n.Counts[r][c])
	}, 1)
	return Panel{Plot: p, Scale: t.scale(1, PercentTick)}
}

// UnitTicks label a map of the image.
var UnitTicks = []float64{0, 0.5, 1}

// down labels an axis whose numbers increase downwards: a number v is drawn at −v.
type down struct{ at []float64 }

func (d down) Ticks(_, _ float64) (ticks []plot.Tick) {
	for _, v := range d.at {
		ticks = append(ticks, plot.Tick{Value: -v, Label: short(v)})
	}
	return ticks
}

// BoxTicks label a map of the frame of a box, where the box is from 0 to 1.
var BoxTicks = []float64{-1, 0, 1, 2}

// AddBox draws the box in its frame: the square from 0 to 1.
func (t *Theme) AddBox(p *plot.Plot) {
	p.Add(unitBox{draw.LineStyle{Color: t.Series[1], Width: vg.Points(1.8)}})
}

type unitBox struct{ line draw.LineStyle }

func (b unitBox) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	outline(c, b.line, vg.Rectangle{Min: vg.Point{X: trX(0), Y: trY(0)}, Max: vg.Point{X: trX(1), Y: trY(-1)}})
}

// crossAt marks a point; y points down.
type crossAt struct {
	x, y  float64
	color color.NRGBA
}

func (m crossAt) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	if x, y := trX(m.x), trY(-m.y); x >= c.Min.X && x <= c.Max.X && y >= c.Min.Y && y <= c.Max.Y {
		cross(c, m.color, vg.Point{X: x, Y: y})
	}
}
