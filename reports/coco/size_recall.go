package coco

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/analysis"
	"abtool/reports/chart"
)

func SizeRecall(s chart.Source) chart.Figure {
	f := chart.Figure{Name: "coco-size-recall", Title: "Recall of a class against the size of its objects", Width: 760, Height: 460, Statistics: []string{"category_recall"}, Alt: "A scatter of classes."}
	sizes, recalls := s.Column("category_recall", "by_category", "size"), s.Column("category_recall", "by_category", "recall")
	classes := 0
	for i := range sizes {
		if !math.IsNaN(sizes[i]) && !math.IsNaN(recalls[i]) {
			classes++
		}
	}
	caption := fmt.Sprintf("Each mark is one of %d classes: the share of annotated images with the class on which its icon stays, against the mean area of its objects' boxes over that of the image.", classes)
	if slope := s.Value("category_recall", "slope"); slope.Value.Defined() {
		caption += fmt.Sprintf(" Line: least squares, slope %s%s. Named: the classes farthest from the line, and the largest.", chart.Decimal(slope, 2), plainInterval(slope))
	}
	if r := s.Value("category_recall", "correlation"); r.Value.Defined() {
		f.Alt = fmt.Sprintf("A scatter of classes; recall grows with size, the correlation is %s.", chart.Decimal(r, 2))
	}
	f.Describe(chart.Part{Caption: caption, Lack: chart.Unless(classes > 0, chart.FirstLack(truth(s), noShownClasses))})
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		chart.Place(c, chart.Panel{Plot: sizeRecallPlot(t, s), DX: 1, DY: 1})
	}
	return f
}

// classesNamed is the number of classes whose names the figure of sizes has.
const classesNamed = 9

func sizeRecallPlot(t *chart.Theme, s chart.Source) *plot.Plot {
	const st, tab = "category_recall", "by_category"
	p := t.Plot("", "mean size of its objects, share of the image", "recall")
	p.X.Tick.Marker, p.Y.Tick.Marker = chart.Percents{}, chart.Percents{}
	names, x, y, residual := s.Texts(st, tab, "category"), s.Column(st, tab, "size"), s.Column(st, tab, "recall"), s.Column(st, tab, "residual")
	n := s.Column(st, tab, "n")
	low, high := s.Column(st, tab, "low"), s.Column(st, tab, "high")
	t.Grid(p, false, true)
	p.Add(errorBars{x, low, high, chart.Fade(t.Series[5], 120)})
	t.Dots(p, x, y, t.Series[0], 3.5, draw.CircleGlyph{}, "")
	p.Y.Min, p.Y.Max = 0, 1
	p.X.Min = 0
	if len(x) == 0 {
		p.X.Max = 1
	}
	for _, v := range x {
		if !math.IsNaN(v) {
			p.X.Max = max(p.X.Max, v*1.12)
		}
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
	// The farthest from the line, for the many images that they are seen on, are exceptions.
	order := make([]int, 0, len(x))
	for i := range x {
		if !math.IsNaN(residual[i]) && n[i] >= 10 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return int(math.Copysign(1, math.Abs(residual[j])-math.Abs(residual[i])))
	})
	var placed [][2]float64
	for _, i := range order {
		crowded := false
		for _, q := range placed {
			crowded = crowded || math.Abs(q[1]-y[i]) < 0.045 && math.Abs(q[0]-x[i]) < p.X.Max*0.22
		}
		if crowded {
			continue
		}
		p.Add(label{x[i], y[i], names[i], t, t.Ink, x[i] < 0.75*p.X.Max})
		if placed = append(placed, [2]float64{x[i], y[i]}); len(placed) >= classesNamed {
			break
		}
	}
	return p
}

// errorBars draws vertical intervals.
type errorBars struct {
	x, low, high []float64
	color        color.NRGBA
}

func (e errorBars) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	line := draw.LineStyle{Color: e.color, Width: 1}
	for i := range e.x {
		if !math.IsNaN(e.low[i]) && !math.IsNaN(e.x[i]) {
			c.StrokeLine2(line, trX(e.x[i]), trY(e.low[i]), trX(e.x[i]), trY(e.high[i]))
		}
	}
}

// label writes a text next to a point.
type label struct {
	x, y  float64
	text  string
	Theme *chart.Theme
	color color.NRGBA
	right bool // to the right of the point, else to the left
}

func (l label) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	s := l.Theme.Text(chart.TickSize, l.color)
	at := vg.Point{X: trX(l.x) + vg.Points(7), Y: trY(l.y)}
	if !l.right {
		s.XAlign = draw.XRight
		at.X = trX(l.x) - vg.Points(7)
	}
	r := s.Rectangle(l.text).Add(at)
	c.FillPolygon(chart.Fade(l.Theme.Paper, 190), []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}})
	c.FillText(s, at, l.text)
}

func plainInterval(v analysis.Value) string {
	if v.Interval == nil {
		return ""
	}
	return fmt.Sprintf(" (95 %% interval %.2f to %.2f)", v.Interval.Low, v.Interval.High)
}
