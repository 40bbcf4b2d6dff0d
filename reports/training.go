package reports

import (
	"fmt"
	"image"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

// A Series is a curve with a name.
type Series struct {
	Name string
	chart.Points
}

// A CurvePanel is a plot of curves by epoch, or by something else that is counted.
type CurvePanel struct {
	Title  string
	Shares bool     // the y axis has percentages
	Series []Series // of several, the legend has the names
}

// Curves draws panels side by side; x is the title of their axes.
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
			name = "" // the title says what it is
		}
		t.Curve(p, s.Points, k, name)
	}
	if p.X.Min >= p.X.Max {
		p.X.Min, p.X.Max = p.X.Min-1, p.X.Max+1
	}
	p.Legend.Top = true
	return p
}

// A Predicted image has the points that a network gives and those that it should.
type Predicted struct {
	Image   image.Image
	Title   string
	Points  [][2]float64 // predicted, fractions of the image; y points down
	Targets [][2]float64
}

// Predictions draws images with predicted points (crosses) and their targets (rings), four in a row, as the
// paper's figures M and N.
func Predictions(name string, list []Predicted) chart.Figure {
	const across = 4
	f := chart.Figure{Name: name, Title: "Predicted points", Width: 900, Photos: len(list),
		Height: 240 * float64(chart.Lines(len(list), across)), Caption: "Cross: the predicted point. Ring: the target.",
		Alt: fmt.Sprintf("%d images with predicted points.", len(list))}
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		chart.Tiles(c, len(list), across, 5, func(i int, part draw.Canvas) { list[i].draw(t, part) })
	}
	return f
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
