package chart

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Panel is a plot on a part of the canvas.
type Panel struct {
	Plot         *plot.Plot
	Scale        *plot.Plot // scale of a map's colours, on its right; nil for other plots
	X, Y, DX, DY float64    // left and upper edge, width and height, in fractions of the canvas
	Lack         Lack       // what the store lacks; "" if the plot has data
}

// On returns the panel on a part of the canvas: left and upper edge, width and height, in fractions of the
// canvas.
func (q Panel) On(x, y, dx, dy float64, lack Lack) Panel {
	return Panel{q.Plot, q.Scale, x, y, dx, dy, lack}
}

func (q Panel) part(c draw.Canvas) draw.Canvas {
	size := c.Size()
	c.Rectangle = vg.Rectangle{
		Min: vg.Point{X: c.Min.X + size.X*vg.Length(q.X), Y: c.Max.Y - size.Y*vg.Length(q.Y+q.DY)},
		Max: vg.Point{X: c.Min.X + size.X*vg.Length(q.X+q.DX), Y: c.Max.Y - size.Y*vg.Length(q.Y)},
	}
	return c
}

// Place draws panels. A panel without data has only its title and a note.
func Place(c draw.Canvas, panels ...Panel) {
	for _, q := range panels {
		part := q.part(c)
		switch {
		case q.Lack != "":
			q.empty(part)
		case q.Scale != nil:
			q.square(part)
		default:
			settle(q.Plot)
			q.Plot.Draw(part)
		}
	}
}

// Whole returns a function that draws one plot on the whole canvas.
func Whole(plotOf func(t *Theme) *plot.Plot) func(*Theme, draw.Canvas) {
	return func(t *Theme, c draw.Canvas) { Place(c, Panel{Plot: plotOf(t), DX: 1, DY: 1}) }
}

// SideBySide draws plots side by side, with equal widths.
func SideBySide(c draw.Canvas, plots []*plot.Plot) {
	n := float64(len(plots))
	for i, p := range plots {
		Place(c, Panel{Plot: p, X: float64(i)/n + 0.01, DX: 1/n - 0.02, DY: 1})
	}
}

// empty draws the title of a plot without data, and a note.
func (q Panel) empty(c draw.Canvas) {
	title := q.Plot.Title.TextStyle
	title.XAlign, title.YAlign = draw.XCenter, draw.YTop
	c.FillText(title, vg.Point{X: c.Center().X, Y: c.Max.Y}, q.Plot.Title.Text)
	note := q.Plot.X.Tick.Label
	note.XAlign, note.YAlign = draw.XCenter, draw.YCenter
	c.FillText(note, c.Center(), "no data")
}

// square draws a map in the largest square within its part of the canvas, so that cells are square, with the
// scale of its colours on the right.
func (q Panel) square(c draw.Canvas) {
	settle(q.Plot)
	settle(q.Scale)
	part := c.Rectangle
	bar, gap := vg.Points(70), vg.Points(16)
	part.Max.X -= gap
	// The ticks and the title of the map take some of the space; the rest is made square.
	const left, below, above = 30, 22, 30
	w, h := part.Max.X-part.Min.X-bar-vg.Points(left), part.Max.Y-part.Min.Y-vg.Points(below+above)
	side := min(w, h)
	part.Max.X = part.Min.X + side + vg.Points(left) + bar
	part.Min.Y = part.Max.Y - side - vg.Points(below+above)
	c.Rectangle = part
	q.Plot.Draw(draw.Crop(c, 0, -bar, 0, 0))
	scale := vg.Rectangle{
		Min: vg.Point{X: part.Max.X - bar + vg.Points(6), Y: part.Min.Y + vg.Points(below-8)},
		Max: vg.Point{X: part.Max.X, Y: part.Max.Y - vg.Points(above-8)},
	}
	q.Scale.Draw(draw.Canvas{Canvas: c.Canvas, Rectangle: scale})
}

// Tiles calls picture with the part of the canvas of each of n pictures, without the gap around it. A line
// has across pictures.
func Tiles(c draw.Canvas, n, across int, gap vg.Length, picture func(i int, part draw.Canvas)) {
	w, h := c.Size().X/vg.Length(across), c.Size().Y/vg.Length(Lines(n, across))
	for i := range n {
		x, y := c.Min.X+w*vg.Length(i%across), c.Max.Y-h*vg.Length(i/across+1)
		part := c
		part.Min, part.Max = vg.Point{X: x + gap, Y: y + gap}, vg.Point{X: x + w - gap, Y: y + h - gap}
		picture(i, part)
	}
}

// Lines returns the number of lines of n tiles, at least 1.
func Lines(n, across int) int { return max((n+across-1)/across, 1) }

// An Area is the part of a canvas on which an image is drawn.
type Area struct {
	vg.Rectangle
	w, h vg.Length
}

// Headed draws a title and returns the largest area below it with the aspect ratio of an image.
func (t *Theme) Headed(c draw.Canvas, title string, size, width, height float64) Area {
	head := t.Text(size, t.Ink)
	head.YAlign = draw.YTop
	c.FillText(head, vg.Point{X: c.Min.X, Y: c.Max.Y}, title)
	c.Max.Y -= vg.Points(1.5 * size)
	w, h := c.Size().X, c.Size().Y
	if ratio := vg.Length(height / width); h/w > ratio {
		h = w * ratio
	} else {
		w = h / ratio
	}
	lower, upper := vg.Point{X: c.Min.X, Y: c.Max.Y - h}, vg.Point{X: c.Min.X + w, Y: c.Max.Y}
	return Area{vg.Rectangle{Min: lower, Max: upper}, w, h}
}

// At returns the place on the canvas of a point of the image, in fractions of the image; y points down.
func (a Area) At(x, y float64) vg.Point {
	return vg.Point{X: a.Min.X + a.w*vg.Length(x), Y: a.Max.Y - a.h*vg.Length(y)}
}
