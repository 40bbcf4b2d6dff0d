package chart

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// corners returns the corners of a rectangle, in order around it.
func corners(r vg.Rectangle) []vg.Point {
	return []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}}
}

// outline draws the border of a rectangle.
func outline(c draw.Canvas, line draw.LineStyle, r vg.Rectangle) {
	c.StrokeLines(line, append(corners(r), r.Min))
}

// Bars draws upright bars between edges on the x axis, from 0 to their heights. It draws nothing for a
// height that is NaN or not above 0.
type Bars struct {
	From, To, Height []float64 // all of the same length
	Fill             func(i int) color.NRGBA
}

// Plot draws the bars, cut at the edges of the plot.
func (b Bars) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	floor := max(trY(max(p.Y.Min, 0)), c.Min.Y)
	for i := range b.Height {
		if math.IsNaN(b.Height[i]) || b.Height[i] <= 0 {
			continue
		}
		from := vg.Point{X: max(trX(b.From[i]), c.Min.X) + vg.Points(0.6), Y: floor}
		to := vg.Point{X: min(trX(b.To[i]), c.Max.X) - vg.Points(0.6), Y: min(trY(b.Height[i]), c.Max.Y)}
		if to.X > from.X {
			c.FillPolygon(b.Fill(i), corners(vg.Rectangle{Min: from, Max: to}))
		}
	}
}

// DataRange returns the range of the edges and the range of the heights and 0.
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

// LogBars returns a plot of a histogram over logarithmic bins, from a table with the columns from, to and n.
// Heights are shares of all counts, including the counts of bins without an end. The x axis is logarithmic, in a
// unit: "ms" or "".
func (t *Theme) LogBars(title, x, unit string, s Source, statistic, table string, c color.NRGBA) *plot.Plot {
	p := t.Plot(title, x, "")
	from, to, share := s.bins(statistic, table)
	for i := range share {
		if from[i] <= 0 || math.IsNaN(to[i]) { // below the first bin or above the last
			share[i], from[i] = math.NaN(), 1
		}
	}
	// Bins at the ends with almost nothing in them are left out, because they would make the others narrow.
	first, last := 0, len(share)-1
	for first < last && !(share[first] >= 0.001) {
		first++
	}
	for last > first && !(share[last] >= 0.001) {
		last--
	}
	if len(share) > 0 {
		from, to, share = from[first:last+1], to[first:last+1], share[first:last+1]
	}
	Logarithmic(&p.X, unit)
	p.Y.Tick.Marker = Percents{}
	t.Grid(p, false, true)
	p.Add(Bars{from, to, share, func(int) color.NRGBA { return Fade(c, 200) }})
	if len(share) == 0 {
		p.X.Min, p.X.Max = 1, 10
	}
	return p
}

// LogOutline adds the outline of another histogram over logarithmic bins, within the range of the x axis.
func (t *Theme) LogOutline(p *plot.Plot, s Source, statistic, table string, c color.NRGBA, name string) {
	from, to, share := s.bins(statistic, table)
	var xs, ys []float64
	for i, v := range share {
		if from[i] >= p.X.Min && to[i] <= p.X.Max {
			xs, ys = append(xs, from[i], to[i]), append(ys, v, v)
		}
	}
	t.Line(p, xs, ys, c, LineWidth, false, name)
}

// A Swatch shows the colour of bars in a legend.
type Swatch color.NRGBA

// Thumbnail draws the swatch.
func (s Swatch) Thumbnail(c *draw.Canvas) {
	c.FillPolygon(Fade(color.NRGBA(s), 200), corners(c.Rectangle))
}
