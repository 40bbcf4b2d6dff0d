package coco

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/analysis/result"
	"abtool/reports/chart"
)

// SizeRecall draws the recall of classes against the size of their objects.
func SizeRecall(s chart.Source) chart.Figure {
	f := chart.Figure{Name: "coco-size-recall", Title: "Recall of a class against the size of its objects",
		Width: 760, Height: 460, Statistics: []string{"category_recall"},
		Alt: "A scatter plot of classes by size and recall."}
	d := s.Points("category_recall", "by_category", "size", "recall", "", "")
	classes := 0
	for i := range d.X {
		if !math.IsNaN(d.X[i]) && !math.IsNaN(d.Y[i]) {
			classes++
		}
	}
	caption := fmt.Sprintf("Each mark is one of %d classes. Recall is the share of annotated images with the class on "+
		"which its icon stays; size is the mean, over its objects, of the area of the box as a share of "+
		"the image. Grey lines: 95 %% intervals.", classes)
	if slope := s.Value("category_recall", "slope"); slope.Value.Defined() {
		caption += fmt.Sprintf(" Line: least squares, slope %s%s. Names: the classes farthest from the line.",
			chart.Decimal(slope.Value, 2), plainInterval(slope))
	}
	if r := s.Value("category_recall", "correlation"); r.Value.Defined() {
		f.Alt = fmt.Sprintf("A scatter plot of classes by size and recall; the correlation is %s.",
			chart.Decimal(r.Value, 2))
	}
	f.Describe(chart.Part{Caption: caption,
		Lack: chart.Unless(classes > 0, chart.FirstLack(truth(s), noShownClasses))})
	f.Draw = chart.Whole(func(t *chart.Theme) *plot.Plot { return sizeRecallPlot(t, s) })
	return f
}

// classesNamed is the largest number of classes whose names the figure shows.
const classesNamed = 9

func sizeRecallPlot(t *chart.Theme, s chart.Source) *plot.Plot {
	const st, tab = "category_recall", "by_category"
	p := t.Plot("", "mean size of its objects, share of the image", "recall")
	p.X.Tick.Marker, p.Y.Tick.Marker = chart.Percents{}, chart.Percents{}
	d := s.Points(st, tab, "size", "recall", "low", "high")
	t.Grid(p, false, true)
	p.Add(chart.Intervals{Points: d, Line: draw.LineStyle{Color: chart.Fade(t.Series[5], 120), Width: 1}})
	t.Dots(p, d.X, d.Y, t.Series[0], 3.5, draw.CircleGlyph{}, "")
	p.Y.Min, p.Y.Max = 0, 1
	p.X.Min, p.X.Max = 0, 0
	for _, v := range d.X {
		if !math.IsNaN(v) {
			p.X.Max = max(p.X.Max, v*1.12)
		}
	}
	if len(d.X) == 0 {
		p.X.Max = 1
	}
	a, b := float64(s.Value(st, "intercept").Value), float64(s.Value(st, "slope").Value)
	if !math.IsNaN(a) {
		var xs, ys []float64
		for i := range 50 {
			v := p.X.Max * float64(i) / 49
			if at := a + b*v; at >= 0 && at <= 1 {
				xs, ys = append(xs, v), append(ys, at)
			}
		}
		t.Line(p, xs, ys, t.Series[1], chart.LineWidth, false, "")
	}
	nameClasses(t, p, s.Texts(st, tab, "category"), d, s.Column(st, tab, "residual"), s.Column(st, tab, "n"))
	return p
}

// nameClasses writes the names of the classes farthest from the line, among those on ten images or more,
// because the recall of rarer classes varies by chance. It leaves out a name that would overlap another.
func nameClasses(t *chart.Theme, p *plot.Plot, names []string, d chart.Points, residual, n []float64) {
	var order []int
	for i := range d.X {
		if !math.IsNaN(residual[i]) && n[i] >= 10 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Compare(math.Abs(residual[j]), math.Abs(residual[i]))
	})
	var placed []int
	for _, i := range order {
		if slices.ContainsFunc(placed, func(k int) bool {
			return math.Abs(d.Y[k]-d.Y[i]) < 0.045 && math.Abs(d.X[k]-d.X[i]) < p.X.Max*0.22
		}) {
			continue
		}
		p.Add(label{d.X[i], d.Y[i], names[i], t, d.X[i] < 0.75*p.X.Max})
		if placed = append(placed, i); len(placed) >= classesNamed {
			break
		}
	}
}

// A label draws a text next to a point.
type label struct {
	x, y  float64
	text  string
	theme *chart.Theme
	right bool // whether it is to the right of the point or to the left
}

func (l label) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	s := l.theme.Text(chart.TickSize, l.theme.Ink)
	at := vg.Point{X: trX(l.x) + vg.Points(7), Y: trY(l.y)}
	if !l.right {
		s.XAlign = draw.XRight
		at.X = trX(l.x) - vg.Points(7)
	}
	l.theme.Labelled(c, s, at, l.text)
}

func plainInterval(v result.Value) string {
	if v.Interval == nil {
		return ""
	}
	return fmt.Sprintf(" (95 %% interval %s to %s)", chart.Decimal(v.Interval.Low, 2),
		chart.Decimal(v.Interval.High, 2))
}
