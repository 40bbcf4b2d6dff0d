package chart

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Panel is a plot on a part of the canvas, from the left and from the top.
type Panel struct {
	Plot         *plot.Plot
	X, Y, DX, DY float64 // fractions of the canvas
	Lack         Lack    // where it has data: ""
}

func (q Panel) on(c draw.Canvas) draw.Canvas {
	size := c.Size()
	return draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
		Min: vg.Point{X: c.Min.X + size.X*vg.Length(q.X), Y: c.Max.Y - size.Y*vg.Length(q.Y+q.DY)},
		Max: vg.Point{X: c.Min.X + size.X*vg.Length(q.X+q.DX), Y: c.Max.Y - size.Y*vg.Length(q.Y)},
	}}
}

// Place draws plots, and says where one has no data.
func Place(c draw.Canvas, panels ...Panel) {
	for _, q := range panels {
		if q.Lack != "" {
			q.empty(q.on(c))
			continue
		}
		settle(q.Plot)
		q.Plot.Draw(q.on(c))
	}
}

// empty draws the title of a plot that has no data.
func (q Panel) empty(c draw.Canvas) {
	title := q.Plot.Title.TextStyle
	title.XAlign, title.YAlign = draw.XCenter, draw.YTop
	c.FillText(title, vg.Point{X: c.Center().X, Y: c.Max.Y}, q.Plot.Title.Text)
	note := q.Plot.X.Tick.Label
	note.XAlign, note.YAlign = draw.XCenter, draw.YCenter
	c.FillText(note, c.Center(), "no data")
}

// Square draws a map in the largest square that its part has, so that cells are square, with the
// scale of its colours at the right.
func Square(c draw.Canvas, q Panel, scale *plot.Plot) {
	if q.Lack != "" {
		q.empty(q.on(c))
		return
	}
	settle(q.Plot)
	settle(scale)
	part := q.on(c).Rectangle
	bar, gap := vg.Points(70), vg.Points(16)
	part.Max.X -= gap
	// The map's own ticks and title take some of its part: what is left is made square.
	const left, below, above = 30, 22, 30
	w, h := part.Max.X-part.Min.X-bar-vg.Points(left), part.Max.Y-part.Min.Y-vg.Points(below+above)
	side := min(w, h)
	part.Max.X = part.Min.X + side + vg.Points(left) + bar
	part.Min.Y = part.Max.Y - side - vg.Points(below+above)
	q.Plot.Draw(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: part.Min, Max: vg.Point{X: part.Max.X - bar, Y: part.Max.Y}}})
	scale.Draw(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: part.Max.X - bar + vg.Points(6), Y: part.Min.Y + vg.Points(below-8)}, Max: vg.Point{X: part.Max.X, Y: part.Max.Y - vg.Points(above-8)}}})
}
