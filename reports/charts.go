package reports

import (
	"image"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/internal/ui"
)

// down labels an axis whose numbers grow downwards: what is drawn at −v is v.
type down struct{ at []float64 }

func (d down) Ticks(_, _ float64) (ticks []plot.Tick) {
	for _, v := range d.at {
		ticks = append(ticks, plot.Tick{Value: -v, Label: short(v)})
	}
	return ticks
}

// fixed labels an axis at given values.
type fixed []float64

func (f fixed) Ticks(low, high float64) (ticks []plot.Tick) {
	for _, v := range f {
		if v >= low-1e-9 && v <= high+1e-9 {
			ticks = append(ticks, plot.Tick{Value: v, Label: short(v)})
		}
	}
	return ticks
}

// short writes a number without needless digits.
func short(v float64) string {
	if v = math.Round(v*1e4) / 1e4; v == 0 {
		v = 0 // and not −0
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// fixedText writes a number with so many digits after the point.
func fixedText(v float64, digits int) string { return strconv.FormatFloat(v, 'f', digits, 64) }

// grouped writes a whole number with its thousands apart.
func grouped(v float64) string {
	if v != math.Trunc(v) || math.Abs(v) < 1000 {
		return short(v)
	}
	text := ui.Grouped(strconv.FormatFloat(math.Abs(v), 'f', 0, 64))
	if v < 0 {
		return "−" + text
	}
	return text
}

// grid draws faint lines at the labelled ticks of an axis or both.
type grid struct {
	color color.Color
	x, y  bool
}

func (g grid) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	line := draw.LineStyle{Color: g.color, Width: vg.Points(0.6)}
	if g.x {
		for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
			if x := trX(t.Value); t.Label != "" && x >= c.Min.X && x <= c.Max.X {
				c.StrokeLine2(line, x, c.Min.Y, x, c.Max.Y)
			}
		}
	}
	if g.y {
		for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
			if y := trY(t.Value); t.Label != "" && y >= c.Min.Y && y <= c.Max.Y {
				c.StrokeLine2(line, c.Min.X, y, c.Max.X, y)
			}
		}
	}
}

func (t *theme) grid(p *plot.Plot, x, y bool) { p.Add(grid{t.faint, x, y}) }

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

// heat is a map of values 0…most; NaN is undefined.
func (t *theme) heat(title string, n int, x, y [2]float64, ticks []float64, value func(r, c int) float64, most float64) *plot.Plot {
	p := t.plot(title, "", "")
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
	p.X.Tick.Marker, p.Y.Tick.Marker = fixed(ticks), down{ticks}
	p.X.Padding, p.Y.Padding = 0, 0
	return p
}

// bar is a scale of the colours from 0 to most.
func (t *theme) scale(most float64, label func(float64) string) *plot.Plot {
	p := t.plot("", "", "")
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

// points are the places of a curve or scatter; NaN ends a line.
type points struct{ x, y, low, high []float64 }

// curve draws a line with marks and the band of its intervals.
func (t *theme) curve(p *plot.Plot, d points, series int, name string) {
	c := t.series[series%len(t.series)]
	var line plotter.XYs
	var band, back plotter.XYs
	for i := range d.x {
		if math.IsNaN(d.y[i]) {
			continue
		}
		line = append(line, plotter.XY{X: d.x[i], Y: d.y[i]})
		if d.low != nil && !math.IsNaN(d.low[i]) {
			band = append(band, plotter.XY{X: d.x[i], Y: d.low[i]})
			back = append(back, plotter.XY{X: d.x[i], Y: d.high[i]})
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
			area.Color, area.LineStyle.Width = fade(c, 56), 0
			p.Add(area)
		}
	}
	l, err := plotter.NewLine(line)
	if err != nil {
		return
	}
	l.Color, l.Width = c, vg.Points(lineWidth)
	s, err := plotter.NewScatter(line)
	if err != nil {
		return
	}
	s.GlyphStyle = draw.GlyphStyle{Color: c, Radius: vg.Points(3.5), Shape: marks[series%len(marks)]}
	p.Add(l, s)
	if name != "" {
		p.Legend.Add(name, l, s)
	}
}

// marks tell series apart without colour.
var marks = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.CrossGlyph{}, draw.PlusGlyph{}, draw.RingGlyph{}}

// level draws a dashed horizontal line with its name at the right end.
type level struct {
	y     float64
	name  string
	theme *theme
	color color.NRGBA
	above bool
}

func (l level) Plot(c draw.Canvas, p *plot.Plot) {
	_, trY := p.Transforms(&c)
	y := trY(l.y)
	if y < c.Min.Y || y > c.Max.Y {
		return
	}
	c.StrokeLine2(draw.LineStyle{Color: l.color, Width: vg.Points(1.2), Dashes: []vg.Length{vg.Points(5), vg.Points(4)}}, c.Min.X, y, c.Max.X, y)
	s := l.theme.text(tickSize, l.color)
	s.XAlign, s.YAlign = draw.XRight, draw.YBottom
	gap := vg.Points(2)
	if !l.above {
		s.YAlign, gap = draw.YTop, -gap
	}
	c.FillText(s, vg.Point{X: c.Max.X - vg.Points(2), Y: y + gap}, l.name)
}

// upright draws a dashed vertical line with its name at the top.
type upright struct {
	x     float64
	name  string
	theme *theme
	color color.NRGBA
}

func (l upright) Plot(c draw.Canvas, p *plot.Plot) {
	trX, _ := p.Transforms(&c)
	x := trX(l.x)
	if x < c.Min.X || x > c.Max.X {
		return
	}
	c.StrokeLine2(draw.LineStyle{Color: l.color, Width: vg.Points(1.2), Dashes: []vg.Length{vg.Points(5), vg.Points(4)}}, x, c.Min.Y, x, c.Max.Y)
	s := l.theme.text(tickSize, l.color)
	s.XAlign, s.YAlign = draw.XLeft, draw.YTop
	gap := vg.Points(4)
	if x > c.Min.X+0.6*(c.Max.X-c.Min.X) {
		s.XAlign, gap = draw.XRight, -gap
	}
	c.FillText(s, vg.Point{X: x + gap, Y: c.Max.Y - vg.Points(2)}, l.name)
}

// bars draws rectangles between edges, from 0 to their heights.
type bars struct {
	from, to, height []float64
	fill             func(i int) color.NRGBA
}

func (b bars) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	floor := max(trY(max(p.Y.Min, 0)), c.Min.Y)
	for i := range b.height {
		if math.IsNaN(b.height[i]) || b.height[i] <= 0 {
			continue
		}
		x0, x1, y := max(trX(b.from[i]), c.Min.X)+vg.Points(0.6), min(trX(b.to[i]), c.Max.X)-vg.Points(0.6), min(trY(b.height[i]), c.Max.Y)
		if x1 > x0 {
			c.FillPolygon(b.fill(i), []vg.Point{{X: x0, Y: floor}, {X: x1, Y: floor}, {X: x1, Y: y}, {X: x0, Y: y}})
		}
	}
}

func (b bars) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax = math.Inf(1), math.Inf(-1)
	for i := range b.height {
		if math.IsNaN(b.height[i]) {
			continue
		}
		xmin, xmax, ymax = min(xmin, b.from[i]), max(xmax, b.to[i]), max(ymax, b.height[i])
	}
	if xmin > xmax {
		return 0, 1, 0, 1
	}
	return xmin, xmax, 0, ymax
}

// rows draws horizontal bars with a name at the left, intervals and what they count at the right.
type rows struct {
	theme           *theme
	names, notes    []string
	values          []float64
	low, high       []float64 // nil: without intervals
	fill            func(i int) color.NRGBA
	base            float64 // where bars begin: 0, or the axis' lower end on a logarithmic scale
	reserveForNotes float64 // share of the width that notes take
	notesRight      bool    // notes stand at the right edge, not after the bars
}

func (b rows) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	ink := b.theme.text(tickSize, b.theme.ink)
	for i, v := range b.values {
		y := trY(-float64(i))
		half := (trY(0) - trY(-1)) * 0.36
		end := c.Min.X
		if !math.IsNaN(v) {
			x0, x1 := max(trX(b.base), c.Min.X), trX(v)
			c.FillPolygon(b.fill(i), []vg.Point{{X: x0, Y: y - half}, {X: x1, Y: y - half}, {X: x1, Y: y + half}, {X: x0, Y: y + half}})
			end = x1
			if b.low != nil && !math.IsNaN(b.low[i]) {
				line := draw.LineStyle{Color: b.theme.ink, Width: vg.Points(1.4)}
				c.StrokeLine2(line, trX(b.low[i]), y, trX(b.high[i]), y)
				for _, e := range []float64{b.low[i], b.high[i]} {
					c.StrokeLine2(line, trX(e), y-half/2, trX(e), y+half/2)
				}
				end = max(end, trX(b.high[i]))
			}
		}
		if b.notes != nil {
			at := vg.Point{X: end + vg.Points(5), Y: y}
			if b.notesRight {
				ink.XAlign, at.X = draw.XRight, c.Max.X
			}
			c.FillText(ink, at, b.notes[i])
		}
	}
}

func (b rows) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax = b.base, b.base
	for i, v := range b.values {
		if !math.IsNaN(v) {
			xmin, xmax = min(xmin, v), max(xmax, v)
		}
		if b.high != nil && !math.IsNaN(b.high[i]) {
			xmin, xmax = min(xmin, b.low[i]), max(xmax, b.high[i])
		}
	}
	return xmin, xmax, -float64(len(b.values)) + 0.4, 0.6
}

// bars in rows as a plot.
func (t *theme) rows(title, x string, b rows) *plot.Plot {
	p := t.plot(title, x, "")
	b.theme = t
	if b.fill == nil {
		b.fill = func(int) color.NRGBA { return t.series[0] }
	}
	p.Add(b)
	_, xmax, _, _ := b.DataRange()
	p.X.Max = b.base + (xmax-b.base)/(1-b.reserveForNotes)
	var ticks plot.ConstantTicks
	for i, n := range b.names {
		ticks = append(ticks, plot.Tick{Value: -float64(i), Label: n})
	}
	p.Y.Tick.Marker = ticks
	p.Y.Tick.LineStyle.Width, p.Y.LineStyle.Width = 0, 0
	p.Y.Padding = 0
	return p
}

// frameOf draws a rectangle, as the box in its frame; y points down.
type frameOf struct {
	x0, y0, x1, y1 float64
	line           draw.LineStyle
}

func (f frameOf) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	x0, x1, y0, y1 := trX(f.x0), trX(f.x1), trY(-f.y0), trY(-f.y1)
	c.StrokeLines(f.line, []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}, {X: x0, Y: y0}})
}

// label writes a text beside a point.
type label struct {
	x, y  float64
	text  string
	theme *theme
	color color.NRGBA
	right bool // to the right of the point, else to the left
}

func (l label) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	s := l.theme.text(tickSize, l.color)
	at := vg.Point{X: trX(l.x) + vg.Points(7), Y: trY(l.y)}
	if !l.right {
		s.XAlign = draw.XRight
		at.X = trX(l.x) - vg.Points(7)
	}
	r := s.Rectangle(l.text).Add(at)
	c.FillPolygon(fade(l.theme.paper, 190), []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}})
	c.FillText(s, at, l.text)
}

// dots draws a scatter.
func (t *theme) dots(p *plot.Plot, xs, ys []float64, c color.NRGBA, radius float64, shape draw.GlyphDrawer, name string) {
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

// line draws a plain line.
func (t *theme) line(p *plot.Plot, xs, ys []float64, c color.NRGBA, width float64, dashed bool, name string) {
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
