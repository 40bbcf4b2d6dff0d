package reports

import (
	"fmt"
	"image"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

// A Series is a curve with a name.
type Series struct {
	Name string
	chart.Points
}

// A CurvePanel is a plot of curves by epoch or another count.
type CurvePanel struct {
	Title  string
	Shares bool     // whether the y axis has percentages
	Series []Series // the legend has their names if there are several
}

// Curves returns a figure of panels side by side; x is the title of their x axes.
func Curves(name, title, x string, panels []CurvePanel) chart.Figure {
	f := chart.Figure{Name: name, Title: title, Width: 330 * float64(len(panels)), Height: 320, Caption: title}
	titles := make([]string, len(panels))
	for i, q := range panels {
		titles[i] = q.Title
	}
	f.Alt = title + ": " + strings.Join(titles, "; ")
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		var plots []*plot.Plot
		for _, q := range panels {
			plots = append(plots, curvePlot(t, q, x))
		}
		chart.SideBySide(c, plots)
	}
	return f
}

func curvePlot(t *chart.Theme, q CurvePanel, x string) *plot.Plot {
	p := t.Plot(q.Title, x, "")
	p.X.Tick.Marker, p.Y.Tick.Marker = chart.NiceTicks{Whole: true}, chart.NiceTicks{}
	if q.Shares {
		p.Y.Tick.Marker = chart.Percents{}
	}
	t.Grid(p, false, true)
	for k, s := range q.Series {
		name := s.Name
		if len(q.Series) == 1 {
			name = "" // the title is enough
		}
		t.Curve(p, s.Points, k, name)
	}
	if p.X.Min >= p.X.Max {
		p.X.Min, p.X.Max = p.X.Min-1, p.X.Max+1
	}
	p.Legend.Top = true
	return p
}

// A Predicted is an image with the points that a network predicts and the targets of annotators.
type Predicted struct {
	Image   image.Image
	Title   string
	Points  [][2]float64 // predicted points, in fractions of the image; y points down
	Targets [][2]float64 // target points of annotators, in fractions of the image
}

// Predictions returns a figure of images with predicted points (crosses) and their targets (rings), four in
// a row, like the paper's figures M and N. A legend above the images explains the marks.
func Predictions(name string, list []Predicted) chart.Figure {
	const across, legend = 4, 24
	targets := slices.ContainsFunc(list, func(q Predicted) bool { return len(q.Targets) > 0 })
	f := chart.Figure{Name: name, Title: "Predicted points", Width: 900, Photos: len(list),
		Height:  legend + 240*float64(chart.Lines(len(list), across)),
		Caption: "Cross: the network's prediction. Ring: the annotator's target.",
		Alt:     fmt.Sprintf("%d images with predicted points.", len(list))}
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		drawLegend(t, c, targets)
		c.Max.Y -= vg.Points(legend)
		chart.Tiles(c, len(list), across, 5, func(i int, part draw.Canvas) { list[i].draw(t, part) })
	}
	return f
}

// drawLegend writes a line at the top of c that says which mark is the prediction and, if there are any
// targets, which is the target.
func drawLegend(t *chart.Theme, c draw.Canvas, targets bool) {
	s := t.Text(chart.TickSize, t.Ink)
	s.YAlign = draw.YCenter
	at := vg.Point{X: c.Min.X + vg.Points(13), Y: c.Max.Y - vg.Points(12)}
	entry := func(mark func(draw.Canvas, vg.Point), text string) {
		mark(c, at)
		at.X += vg.Points(13)
		c.FillText(s, at, text)
		at.X += s.Rectangle(text).Size().X + vg.Points(30)
	}
	entry(t.Target, "network's prediction")
	if targets {
		entry(t.Goal, "annotator's target")
	}
}

func (q Predicted) draw(t *chart.Theme, c draw.Canvas) {
	size := q.Image.Bounds().Size()
	area := t.Headed(c, q.Title, chart.TickSize-1, float64(size.X), float64(size.Y))
	c.DrawImage(area.Rectangle, q.Image)
	for _, p := range q.Targets {
		t.Goal(c, area.At(p[0], p[1]))
	}
	for _, p := range q.Points {
		t.Target(c, area.At(p[0], p[1]))
	}
}
