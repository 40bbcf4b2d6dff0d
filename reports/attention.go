package reports

import (
	"fmt"
	"image"
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/eval/cam"
	"abtool/reports/chart"
)

// A Looked is an image with the map of where a network looks, and boxes. Image is the view that the network
// sees, of the size of the map; boxes are in pixels of it.
type Looked struct {
	Image        image.Image
	Title        string
	Map          *cam.Map
	Found, Truth []cam.Box // boxes of the map, and of the ground truth
}

// Attention returns a figure of images with maps of a class, four in a row. A legend above them explains the
// colours and the boxes.
func Attention(name string, list []Looked) chart.Figure {
	const across, legend = 4, 24
	f := chart.Figure{Name: name, Title: "Where the network looks", Width: 900, Photos: len(list),
		Height:  legend + 240*float64(chart.Lines(len(list), across)),
		Caption: "Colour: the map of the class. Dashed: the box that the map gives. Solid: the ground truth.",
		Alt:     fmt.Sprintf("%d images with maps of a class and boxes.", len(list))}
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		attentionLegend(t, c)
		c.Max.Y -= vg.Points(legend)
		chart.Tiles(c, len(list), across, 5, func(i int, part draw.Canvas) { list[i].draw(t, part) })
	}
	return f
}

// attentionLegend writes a line at the top of c with the scale of the map and both kinds of boxes.
func attentionLegend(t *chart.Theme, c draw.Canvas) {
	s := t.Text(chart.TickSize, t.Ink)
	s.YAlign = draw.YCenter
	at := vg.Point{X: c.Min.X + vg.Points(4), Y: c.Max.Y - vg.Points(12)}
	entry := func(width vg.Length, mark func(vg.Rectangle), text string) {
		lower, upper := vg.Point{X: at.X, Y: at.Y - vg.Points(6)}, vg.Point{X: at.X + width, Y: at.Y + vg.Points(6)}
		mark(vg.Rectangle{Min: lower, Max: upper})
		at.X += width + vg.Points(7)
		c.FillText(s, at, text)
		at.X += s.Rectangle(text).Size().X + vg.Points(28)
	}
	entry(vg.Points(60), func(r vg.Rectangle) {
		scale := image.NewNRGBA(image.Rect(0, 0, 60, 1))
		for x := range 60 {
			scale.SetNRGBA(x, 0, heated(t, 150, float64(x)/59))
		}
		c.DrawImage(r, scale)
	}, "map of the class, from its least to its largest value")
	entry(vg.Points(20), func(r vg.Rectangle) { outline(t, c, r, false) }, "box of the map")
	entry(vg.Points(20), func(r vg.Rectangle) { outline(t, c, r, true) }, "ground truth")
}

// heated returns the colour of a pixel of a grey image where the map has a value from 0 to 1.
func heated(t *chart.Theme, grey uint8, value float64) color.NRGBA {
	share := 0.8 * max(0, min(1, value))
	mix := func(from, to uint8) uint8 { return uint8(float64(from)*(1-share) + float64(to)*share + 0.5) }
	hot := t.Series[1]
	return color.NRGBA{mix(grey, hot.R), mix(grey, hot.G), mix(grey, hot.B), 255}
}

// outline draws a box that is visible on any image: solid for ground truth, dashed for what was found.
func outline(t *chart.Theme, c draw.Canvas, r vg.Rectangle, truth bool) {
	line := []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}, r.Min}
	c.StrokeLines(draw.LineStyle{Color: t.Paper, Width: vg.Points(4)}, line)
	style := draw.LineStyle{Color: t.Series[0], Width: vg.Points(2)}
	if !truth {
		style.Color, style.Dashes = t.Ink, []vg.Length{vg.Points(5), vg.Points(3)}
	}
	c.StrokeLines(style, line)
}

func (q Looked) draw(t *chart.Theme, c draw.Canvas) {
	w, h := q.Map.Width, q.Map.Height
	area := t.Headed(c, q.Title, chart.TickSize-1, float64(w), float64(h))
	m, from := image.NewNRGBA(image.Rect(0, 0, w, h)), q.Image.Bounds().Min
	for y := range h {
		for x := range w {
			grey := color.GrayModel.Convert(q.Image.At(from.X+x, from.Y+y)).(color.Gray).Y
			m.SetNRGBA(x, y, heated(t, grey, q.Map.Values[y*w+x]))
		}
	}
	c.DrawImage(area.Rectangle, m)
	boxes := func(list []cam.Box, truth bool) {
		for _, b := range list {
			lower := area.At(float64(b.X0)/float64(w), float64(b.Y1+1)/float64(h))
			upper := area.At(float64(b.X1+1)/float64(w), float64(b.Y0)/float64(h))
			outline(t, c, vg.Rectangle{Min: lower, Max: upper}, truth)
		}
	}
	boxes(q.Truth, true)
	boxes(q.Found, false)
}
