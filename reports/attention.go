package reports

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/eval/cam"
	"abtool/reports/chart"
)

// MapSize is the height and width at which maps are drawn on images, in pixels.
const MapSize = 448

// A Looked is an image with the map of where a network looks, and ground truth. The image and the map show the same,
// in any number of pixels; boxes are in pixels of the map.
type Looked struct {
	Image        image.Image
	Aspect       float64 // width by height, as it is drawn; 0: that of Image
	Title        string
	Map          *cam.Map
	Found, Truth []cam.Box    // boxes of the map, and of the ground truth
	Mask         []cam.Pixel  // of the ground truth, with as many pixels as the map; may be nil
	Clicks       [][2]float64 // of annotators, in fractions of the image
}

// Attention returns a figure of images with maps, four in a row. what says in words what the maps are, such as "map of
// the class". A legend above them explains the colours and the boxes.
func Attention(name, what string, list []Looked) chart.Figure {
	const across, legend = 4, 24
	f := chart.Figure{Name: name, Title: "Where the network looks", Width: 900, Photos: len(list),
		Height:  legend + 240*float64(chart.Lines(len(list), across)),
		Caption: "Colour: " + what + ".",
		Alt:     fmt.Sprintf("%d images with maps and the ground truth.", len(list))}
	has := func(what func(q Looked) int) bool {
		return slices.ContainsFunc(list, func(q Looked) bool { return what(q) > 0 })
	}
	boxes, clicks := has(func(q Looked) int { return len(q.Found) }), has(func(q Looked) int { return len(q.Clicks) })
	if boxes {
		f.Caption += " Dashed: the box that the map gives."
	}
	f.Caption += " Solid: the ground truth."
	if clicks {
		f.Caption += " Ring: the annotator's click."
	}
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		attentionLegend(t, c, what, boxes, clicks)
		c.Max.Y -= vg.Points(legend)
		chart.Tiles(c, len(list), across, 5, func(i int, part draw.Canvas) { list[i].draw(t, part) })
	}
	return f
}

// attentionLegend writes a line at the top of c with the scale of the map and the marks that there are.
func attentionLegend(t *chart.Theme, c draw.Canvas, what string, boxes, clicks bool) {
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
	}, what+", from its least to its largest value")
	if boxes {
		entry(vg.Points(20), func(r vg.Rectangle) { outline(t, c, r, false) }, "box of the map")
	}
	entry(vg.Points(20), func(r vg.Rectangle) { outline(t, c, r, true) }, "ground truth")
	if clicks {
		entry(vg.Points(14), func(r vg.Rectangle) {
			t.Goal(c, vg.Point{X: (r.Min.X + r.Max.X) / 2, Y: (r.Min.Y + r.Max.Y) / 2})
		}, "click")
	}
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
	w, h := float64(q.Map.Width), float64(q.Map.Height)
	aspect := q.Aspect
	if size := q.Image.Bounds().Size(); aspect == 0 {
		aspect = float64(size.X) / float64(size.Y)
	}
	area := t.Headed(c, q.Title, chart.TickSize-1, aspect, 1)
	c.DrawImage(area.Rectangle, q.painted(t))
	boxes := func(list []cam.Box, truth bool) {
		for _, b := range list {
			// The right and lower edges of boxes may be beyond the last pixel.
			lower := area.At(float64(b.X0)/w, min(float64(b.Y1+1)/h, 1))
			upper := area.At(min(float64(b.X1+1)/w, 1), float64(b.Y0)/h)
			outline(t, c, vg.Rectangle{Min: lower, Max: upper}, truth)
		}
	}
	boxes(q.Truth, true)
	boxes(q.Found, false)
	for _, p := range q.Clicks {
		t.Goal(c, area.At(p[0], p[1]))
	}
}

// painted returns the image in grey with the map in colour and the border of the mask.
func (q Looked) painted(t *chart.Theme) image.Image {
	from := q.Image.Bounds()
	w, h := from.Dx(), from.Dy()
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			grey := color.GrayModel.Convert(q.Image.At(from.Min.X+x, from.Min.Y+y)).(color.Gray).Y
			m.SetNRGBA(x, y, heated(t, grey, at(q.Map, (float64(x)+0.5)/float64(w), (float64(y)+0.5)/float64(h))))
		}
	}
	if q.Mask == nil {
		return m
	}
	inside := func(x, y int) bool {
		x, y = min(max(x, 0), w-1)*q.Map.Width/w, min(max(y, 0), h-1)*q.Map.Height/h
		return q.Mask[y*q.Map.Width+x] == cam.Foreground
	}
	// near reports whether a pixel of the other kind is within r pixels.
	near := func(x, y, r int) bool {
		for dy := -r; dy <= r; dy++ {
			for dx := -r; dx <= r; dx++ {
				if dx*dx+dy*dy <= r*r && inside(x+dx, y+dy) != inside(x, y) {
					return true
				}
			}
		}
		return false
	}
	for y := range h {
		for x := range w {
			switch in := inside(x, y); {
			case in && near(x, y, 3):
				m.SetNRGBA(x, y, t.Series[0])
			case !in && near(x, y, 2):
				m.SetNRGBA(x, y, t.Paper)
			}
		}
	}
	return m
}

// at returns the value of a map at a point, in fractions of it, between the centres of its pixels.
func at(m *cam.Map, x, y float64) float64 {
	u, v := x*float64(m.Width)-0.5, y*float64(m.Height)-0.5
	i, j := int(math.Floor(u)), int(math.Floor(v))
	value := func(i, j int) float64 {
		return m.Values[min(max(j, 0), m.Height-1)*m.Width+min(max(i, 0), m.Width-1)]
	}
	du, dv := u-float64(i), v-float64(j)
	return (value(i, j)*(1-du)+value(i+1, j)*du)*(1-dv) + (value(i, j+1)*(1-du)+value(i+1, j+1)*du)*dv
}
