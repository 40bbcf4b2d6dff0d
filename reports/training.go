package reports

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

// A Series is a curve with the band of its intervals; NaN leaves a value out.
type Series struct {
	Name      string
	X, Y      []float64
	Low, High []float64 // nil: no band
}

// Curves draws series in one plot for each of the titles, side by side; shares says which of them have shares on their axis.
func Curves(name, title, x string, titles []string, shares []bool, series [][]Series) chart.Figure {
	f := chart.Figure{Name: name, Title: title, Width: 330 * float64(len(titles)), Height: 320, Caption: title, Alt: fmt.Sprintf("%d plots of curves.", len(titles))}
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		n := float64(len(titles))
		for i := range titles {
			p := t.Plot(titles[i], x, "")
			p.X.Tick.Marker, p.Y.Tick.Marker = chart.NiceTicks{Whole: true}, chart.NiceTicks{}
			if shares[i] {
				p.Y.Tick.Marker = chart.Percents{}
			}
			t.Grid(p, false, true)
			for k, s := range series[i] {
				name := s.Name
				if len(series[i]) == 1 {
					name = "" // the title says what it is
				}
				t.Curve(p, chart.Points{X: s.X, Y: s.Y, Low: s.Low, High: s.High}, k, name)
			}
			if p.X.Min >= p.X.Max {
				p.X.Min, p.X.Max = p.X.Min-1, p.X.Max+1
			}
			p.Legend.Top = true
			chart.Place(c, chart.Panel{Plot: p, X: float64(i)/n + 0.01, DX: 1/n - 0.02, DY: 1})
		}
	}
	return f
}

// A Predicted image has the points that a network gives and those that it should.
type Predicted struct {
	Image   image.Image
	Title   string
	Points  [][2]float64 // predicted, fractions of the image; y points down
	Targets [][2]float64
}

// Predictions draws images with predicted points (crosses) and their targets (rings), four in a row, as the paper's figures M and N.
func Predictions(name string, list []Predicted) chart.Figure {
	const across = 4
	lines := (len(list) + across - 1) / across
	f := chart.Figure{Name: name, Title: "Predicted points", Width: 900, Height: 240 * float64(max(lines, 1)), Photos: len(list), Caption: "Cross: the predicted point. Ring: the target.", Alt: fmt.Sprintf("%d images with predicted points.", len(list))}
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		w, h := c.Size().X/across, c.Size().Y/vg.Length(max(lines, 1))
		for i, q := range list {
			x, y := c.Min.X+w*vg.Length(i%across), c.Max.Y-h*vg.Length(i/across+1)
			drawPredicted(t, draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: x + 5, Y: y + 5}, Max: vg.Point{X: x + w - 5, Y: y + h - 5}}}, q)
		}
	}
	return f
}

func drawPredicted(t *chart.Theme, c draw.Canvas, q Predicted) {
	head := t.Text(chart.TickSize-1, t.Ink)
	head.YAlign = draw.YTop
	c.FillText(head, vg.Point{X: c.Min.X, Y: c.Max.Y}, q.Title)
	c.Max.Y -= vg.Points(16)
	b := q.Image.Bounds()
	w, h := c.Size().X, c.Size().Y
	if ratio := vg.Length(float64(b.Dy()) / float64(b.Dx())); h/w > ratio {
		h = w * ratio
	} else {
		w = h / ratio
	}
	area := vg.Rectangle{Min: vg.Point{X: c.Min.X, Y: c.Max.Y - h}, Max: vg.Point{X: c.Min.X + w, Y: c.Max.Y}}
	c.DrawImage(area, q.Image)
	at := func(p [2]float64) vg.Point {
		return vg.Point{X: area.Min.X + w*vg.Length(p[0]), Y: area.Max.Y - h*vg.Length(p[1])}
	}
	for _, p := range q.Targets {
		ring(c, t.Paper, at(p), 7, 4)
		ring(c, t.Series[2], at(p), 7, 2)
	}
	for _, p := range q.Points {
		c.DrawGlyph(draw.GlyphStyle{Color: t.Paper, Radius: vg.Points(6.5), Shape: draw.CircleGlyph{}}, at(p))
		chart.Cross(c, t.Series[1], at(p))
	}
}

// ring draws a circle.
func ring(c draw.Canvas, color color.NRGBA, p vg.Point, radius, width float64) {
	c.SetLineStyle(draw.LineStyle{Color: color, Width: vg.Points(width)})
	var path vg.Path
	path.Move(vg.Point{X: p.X + vg.Points(radius), Y: p.Y})
	path.Arc(p, vg.Points(radius), 0, 2*math.Pi)
	path.Close()
	c.Stroke(path)
}
