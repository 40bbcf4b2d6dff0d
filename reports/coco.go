package reports

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"abtool/analysis"
)

var cocoFigures = []func(source) Figure{cocoMapsFigure, iconFrameFigure, sequencesFigure, sizeRecallFigure, cocoTimesFigure,
	cocoWorkersFigure, cocoHITsFigure}

func cocoMapsFigure(s source) Figure {
	boxes, icons := s.value("centre_bias", "gt_centres.share"), s.value("centre_bias", "icons.share")
	noBox, noIcon := unless(boxes.N > 0, unless(!s.none("counts", "images_gt"), noInstances)), unless(icons.N > 0, noIcons)
	if boxes.N == 0 && noBox == "" {
		noBox = noObjects
	}
	f := Figure{Name: "coco-maps", Title: "Where objects and icons are", width: 760, height: 340, Statistics: []string{"centre_bias"},
		Caption: "11 × 11 cells of the image, colours by the square root of the share.",
		Alt:     "Two maps of the image; boxes and icons are spread widely around the middle."}
	f.describe(
		part{"Left", fmt.Sprintf("the centres of %s ground-truth boxes; the middle cell has %s.", grouped(float64(boxes.N)), percent(float64(boxes.Value))), noBox},
		part{"Right", fmt.Sprintf("%s icons where they were last added; the middle cell has %s.", grouped(float64(icons.N)), percent(float64(icons.Value))), noIcon})
	f.draw = func(t *theme, c draw.Canvas) {
		a, as := t.counts("Centres of boxes", s.histogram("centre_bias", "gt_centres"), unitTicks)
		b, bs := t.counts("Icons", s.histogram("centre_bias", "icons"), unitTicks)
		square(c, panel{a, 0, 0, 0.5, 1, noBox}, as)
		square(c, panel{b, 0.5, 0, 0.5, 1, noIcon}, bs)
	}
	return f
}

func iconFrameFigure(s source) Figure {
	n := s.value("icon_frame", "nearest_box.mean_u").N
	return frameFigure(s, "coco-box-frame", "Where in its box an icon lies", "icon_frame", "icons, in the frame of the nearest box of their class",
		unless(n > 0, first(truth(s), placedIcons(s), noIconOnClass)))
}

// placedIcons is what a plot of icons with places lacks.
func placedIcons(s source) lack { return unless(!s.none("counts", "icons"), noIcons) }

func sequencesFigure(s source) Figure {
	total := s.value("sequences", "icons")
	f := Figure{Name: "coco-sequences", Title: "What is done with icons that stay", width: 760, height: 420, Statistics: []string{"sequences"},
		Alt: fmt.Sprintf("Bars: %s of the icons were added and never touched again; all other sequences are rare.", percent(float64(s.value("sequences", "add_only").Value)))}
	f.describe(part{"", fmt.Sprintf("Sequences of actions with an icon whose last action is add or move, of %s icons; on a logarithmic scale, with the number and the share. Hollow marks: the paper's counts, of its own data.", grouped(float64(total.Value))),
		unless(total.Value > 0, noStayingIcons)})
	f.draw = func(t *theme, c draw.Canvas) { place(c, panel{sequenceBars(t, s), 0, 0, 1, 1, ""}) }
	return f
}

func sizeRecallFigure(s source) Figure {
	f := Figure{Name: "coco-size-recall", Title: "Recall of a class against the size of its objects", width: 760, height: 460, Statistics: []string{"category_recall"}, Alt: "A scatter of classes."}
	sizes, recalls := s.column("category_recall", "by_category", "size"), s.column("category_recall", "by_category", "recall")
	classes := 0
	for i := range sizes {
		classes += b2i(!math.IsNaN(sizes[i]) && !math.IsNaN(recalls[i]))
	}
	caption := fmt.Sprintf("Each mark is one of %d classes: the share of annotated images with the class on which its icon stays, against the mean area of its objects' boxes over that of the image.", classes)
	if slope := s.value("category_recall", "slope"); slope.Value.Defined() {
		caption += fmt.Sprintf(" Line: least squares, slope %s%s. Named: the classes farthest from the line, and the largest.", decimal(slope, 2), plainInterval(slope))
	}
	if r := s.value("category_recall", "correlation"); r.Value.Defined() {
		f.Alt = fmt.Sprintf("A scatter of classes; recall grows with size, the correlation is %s.", decimal(r, 2))
	}
	f.describe(part{"", caption, unless(classes > 0, first(truth(s), noShownClasses))})
	f.draw = func(t *theme, c draw.Canvas) { place(c, panel{sizeRecallPlot(t, s), 0, 0, 1, 1, ""}) }
	return f
}

func cocoTimesFigure(s source) Figure {
	mean, median := s.value("time", "mean"), s.value("time", "median")
	noTime, noStep := unless(s.binned("time", "time_spent"), noPageTime), unless(s.counted("browsing", "by_superclass", "events"), noSteps)
	f := Figure{Name: "coco-times", Title: "Time on a page, and stepping through the superclasses", width: 820, height: 320, Statistics: []string{"time", "browsing"},
		Alt: "A histogram of the time on a page with one peak, and bars of steps by superclass."}
	f.describe(
		part{"Left", fmt.Sprintf("time on %s pages, median %s.", grouped(float64(mean.N)), msText(math.Round(float64(median.Value)/100)*100)), noTime},
		part{"Right", fmt.Sprintf("mean steps to each superclass on a page, from the opening one (0) to the last (10); %s of the steps were made by the keyboard.", interval(s.value("browsing", "keyboard_share"))), noStep})
	f.draw = func(t *theme, c draw.Canvas) {
		p := t.logBars("", "", "ms", s, "time", "time_spent", t.series[0])
		place(c, panel{p, 0, 0, 0.5, 1, noTime}, panel{stepBars(t, s), 0.5, 0, 0.5, 1, noStep})
	}
	return f
}

// stepBars are bars of the steps to each superclass.
func stepBars(t *theme, s source) *plot.Plot {
	q := t.plot("", "superclass", "steps a page")
	idx, n := s.column("browsing", "by_superclass", "category_idx"), s.column("browsing", "by_superclass", "events")
	pages := max(float64(s.value("browsing", "events_mean").N), 1)
	var from, to []float64
	for i := range n {
		n[i] /= pages
		from, to = append(from, idx[i]-0.4), append(to, idx[i]+0.4)
	}
	t.grid(q, false, true)
	q.Add(bars{from, to, n, func(int) color.NRGBA { return t.series[2] }})
	q.X.Tick.Marker = fixed{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	q.X.Min, q.X.Max = -0.5, 10.5
	return q
}

func plainInterval(v analysis.Value) string {
	if v.Interval == nil {
		return ""
	}
	return fmt.Sprintf(" (95 %% interval %.2f to %.2f)", v.Interval.Low, v.Interval.High)
}

// sequencesShown is the number of bars of the figure of sequences.
const sequencesShown = 14

func sequenceBars(t *theme, s source) *plot.Plot {
	names, n, share := s.texts("sequences", "by_sequence", "sequence"), s.column("sequences", "by_sequence", "n"), s.column("sequences", "by_sequence", "share")
	published := s.column("sequences", "by_sequence", "published")
	k := min(sequencesShown, len(n))
	names, n, share = slices.Clone(names[:k]), n[:k], share[:k]
	var notes []string
	for i := range n {
		notes = append(notes, grouped(n[i])+", "+percentTick(share[i]))
		if r := []rune(names[i]); len(r) > 34 {
			names[i] = string(r[:33]) + "…"
		}
	}
	p := t.plot("", "icons", "")
	logarithmic(&p.X, "")
	b := rows{theme: t, names: names, notes: notes, notesRight: true, values: n, base: 0.5, fill: func(int) color.NRGBA { return t.series[0] }}
	p.Add(b)
	var xs, ys []float64
	for i := range k {
		if !math.IsNaN(published[i]) {
			xs, ys = append(xs, published[i]), append(ys, -float64(i))
		}
	}
	t.dots(p, xs, ys, t.series[1], 5, draw.RingGlyph{}, "")
	var ticks plot.ConstantTicks
	for i, name := range names {
		ticks = append(ticks, plot.Tick{Value: -float64(i), Label: name})
	}
	p.Y.Tick.Marker = ticks
	p.Y.Tick.LineStyle.Width, p.Y.LineStyle.Width, p.Y.Padding = 0, 0, 0
	p.X.Min = 0.5
	p.X.Max = max(p.X.Max, 10) * 12 // room for the notes
	if k == 0 {
		p.X.Max = 10
	}
	return p
}

// classesNamed is the number of classes whose names the figure of sizes has.
const classesNamed = 9

func sizeRecallPlot(t *theme, s source) *plot.Plot {
	const st, tab = "category_recall", "by_category"
	p := t.plot("", "mean size of its objects, share of the image", "recall")
	p.X.Tick.Marker, p.Y.Tick.Marker = percents{}, percents{}
	names, x, y, residual := s.texts(st, tab, "category"), s.column(st, tab, "size"), s.column(st, tab, "recall"), s.column(st, tab, "residual")
	n := s.column(st, tab, "n")
	low, high := s.column(st, tab, "low"), s.column(st, tab, "high")
	t.grid(p, false, true)
	p.Add(errorBars{x, low, high, fade(t.series[5], 120)})
	t.dots(p, x, y, t.series[0], 3.5, draw.CircleGlyph{}, "")
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
	a, b := float64(s.value(st, "intercept").Value), float64(s.value(st, "slope").Value)
	if !math.IsNaN(a) {
		var xs, ys []float64
		for i := range 50 {
			v := p.X.Max * float64(i) / 49
			if at := a + b*v; at >= 0 && at <= 1 {
				xs, ys = append(xs, v), append(ys, at)
			}
		}
		t.line(p, xs, ys, t.series[1], lineWidth, false, "")
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
		p.Add(label{x[i], y[i], names[i], t, t.ink, x[i] < 0.75*p.X.Max})
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

func cocoWorkersFigure(s source) Figure {
	return funnel{
		name: "coco-workers", title: "Annotators: precision against the number of icons", units: "judged", share: "precision",
		noun: "icons", of: "icons on images of the ground truth", lack: first(truth(s), placedIcons(s), noJudgedWorkers),
	}.figure(s)
}

func cocoHITsFigure(s source) Figure {
	return checks{"coco-hits", "mean recall of pages", noHITs, []string{"low_recall", "low_precision", "few_pages"}}.figure(s)
}

// cocoSentences say what is true of the data set, from its values alone.
func cocoSentences(s source) (out []string) {
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	v := s.value
	number := func(x analysis.Value) string { return grouped(float64(x.Value)) }
	if records := v("counts", "records"); defined(records) {
		text := fmt.Sprintf("%s pages, one image each", number(records))
		if w := v("workers", "workers"); defined(w) {
			text += ", by " + number(w) + " annotators"
		}
		add("%s. On them %s icons have a point, and the ground truth has %s objects.", text, number(v("counts", "icons")), number(v("counts", "instances")))
	}
	if a := v("icon_precision", "on_mask"); defined(a) {
		add("An icon lies on a mask of its class in %s, in a box of it in %s.", interval(a), percent(float64(v("icon_precision", "on_box").Value)))
	}
	if a := v("class_recall", "recall"); defined(a) {
		add("Of the classes on an image, %s are found on average.", interval(a))
	}
	if a := v("sequences", "add_only"); defined(a) {
		add("%s of the icons that stay were added and never touched again; the longest sequence has %s actions.", percent(float64(a.Value)), number(v("sequences", "longest_actions")))
	}
	return append(out, hitsSentence(s, "precision")...)
}

var cocoTraces = traces{
	set:     "coco",
	caption: "The way of the mouse on %s, time from pale to strong; no samples are taken while an icon is dragged. Crosses: where icons were last added, with their class; outlines: ground-truth boxes of those classes. Pages are taken by a hash of the image's id.",
	alt:     "%d pages with traces and icons.",
	outcome: func(x *analysis.Example) string {
		return fmt.Sprintf("%d of %d icons on their object", x.Hits, x.Hits+x.Misses)
	},
	heading: "Image %s: %s",
	pause:   400,
	lack:    noTracesOnPage,
}

var cocoSections = map[string][]string{
	"amount":       {"counts"},
	"localisation": {"icon_precision", "centre_bias", "icon_frame"},
	"recognition":  {"class_recall", "category_recall", "missed_classes"},
	"traces":       {"sequences", "browsing", "time"},
	"annotators":   {"workers", "hits"},
	"quality":      {"quality"},
}
