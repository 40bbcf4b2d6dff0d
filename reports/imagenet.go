package reports

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/analysis"
)

var unitTicks = []float64{0, 0.5, 1}

// counts is a map of counts as a plot with its scale.
func (t *theme) counts(title string, h *analysis.Histogram, ticks []float64) (p, scale *plot.Plot) {
	most := 0.0
	for _, row := range h.Counts {
		for _, n := range row {
			most = max(most, float64(n))
		}
	}
	total := max(float64(h.Total()), 1)
	p = t.heat(title, len(h.Counts), h.X, h.Y, ticks, func(r, c int) float64 { return math.Sqrt(float64(h.Counts[r][c]) / total) }, math.Sqrt(most/total))
	return p, t.rootScale(most / total)
}

// rootScale is the scale of a map whose colours go by the square root, so that thin places show.
func (t *theme) rootScale(most float64) *plot.Plot {
	return t.scale(1, func(v float64) string { return percentTick(v * v * most) })
}

func percentTick(v float64) string {
	switch v *= 100; {
	case v == 0:
		return "0 %"
	case v < 0.1:
		return fmt.Sprintf("%.2g %%", v)
	case v < 10:
		return fmt.Sprintf("%.1f %%", v)
	}
	return fmt.Sprintf("%.0f %%", v)
}

// ratioMap is a map of hits / n by cell; cells with few units are undefined.
func ratioMap(t *theme, title string, n, hits *analysis.Histogram) (p, scale *plot.Plot) {
	p = t.heat(title, len(n.Counts), n.X, n.Y, unitTicks, func(r, c int) float64 {
		if n.Counts[r][c] < fewInCell {
			return math.NaN()
		}
		return float64(hits.Counts[r][c]) / float64(n.Counts[r][c])
	}, 1)
	return p, t.scale(1, percentTick)
}

// fewInCell is the number of units below which a cell of a map of accuracies is left empty.
const fewInCell = 5

var imagenetFigures = []func(source) Figure{randomClicksFigure, mapsFigure, tracesFigure, boxFrameFigure, timesFigure, workersFigure,
	hitsOfAssignments, hesitationFigure, calibrationFigure, difficultyFigure, extentFigure, scanningFigure}

// boxCentres is what a map of the centres of boxes lacks.
func boxCentres(s source) lack {
	return unless(s.value("centre_bias", "gt_centres.share").N > 0, noBoxes)
}

func randomClicksFigure(s source) Figure {
	bc, centre := s.value("click_accuracy", "accuracy"), s.value("centre_bias", "gt_centres.share")
	boxes, clicks := boxCentres(s), clicksOnBoxes(s, bc.N)
	always, anywhere := percent(float64(s.value("random_clicks", "centre.bc").Value)), percent(float64(s.value("random_clicks", "uniform.bc").Value))
	f := Figure{Name: "imagenet-random-clicks", Title: "Random clicks around the centre", width: 820, height: 360, Statistics: []string{"centre_bias", "random_clicks", "click_accuracy"}}
	f.describe(
		part{"Left", fmt.Sprintf("centres of %s ground-truth boxes; the middle cell, 0.82 %% of the area, has %s of them.", grouped(float64(centre.N)), percent(float64(centre.Value))), boxes},
		part{"Right", fmt.Sprintf("the exact probability that a click drawn from N(0.5, σ²) hits a box, mean over %s images with a box and a final click: always the centre %s, anywhere %s. The click itself hits in %s.",
			grouped(float64(bc.N)), always, anywhere, interval(bc)), clicks})
	f.Alt = "A map with its maximum in the middle cell."
	if clicks == "" {
		f.Alt = fmt.Sprintf("A map with its maximum in the middle cell, and a curve that falls from %s to %s as random clicks spread.", always, anywhere)
	}
	f.draw = func(t *theme, c draw.Canvas) {
		p, scale := t.counts("Centres of boxes", s.histogram("centre_bias", "gt_centres"), unitTicks)
		square(c, panel{p, 0, 0, 0.46, 1, boxes}, scale)
		place(c, panel{randomClicksPlot(t, s), 0.46, 0, 0.54, 1, clicks})
	}
	return f
}

func mapsFigure(s source) Figure {
	boxes, shown := boxCentres(s), s.value("centre_bias", "clicks.share")
	clicks := unless(shown.N > 0, noClicks)
	few := func(name string) lack {
		n := int64(0)
		if h := s.histogram("accuracy_maps", name); h != nil {
			for _, row := range h.Counts {
				n = max(n, slices.Max(row))
			}
		}
		switch {
		case n >= fewInCell:
			return ""
		case n > 0:
			return noFewClicks
		}
		return clicksOnBoxes(s, 0)
	}
	byBox, byClick := few("by_gt_cell_n"), few("by_click_cell_n")
	f := Figure{Name: "imagenet-maps", Title: "Where boxes and clicks are, and how accurate clicks are there", width: 760, height: 640, Statistics: []string{"centre_bias", "accuracy_maps"},
		Caption: "11 × 11 cells of the image.",
		Alt:     "Four maps of the image: boxes and clicks gather in the middle; accuracy is high in the middle and falls towards the border."}
	f.describe(
		part{"Above, left", fmt.Sprintf("share of the centres of %s boxes (colours by the square root).", grouped(float64(s.value("centre_bias", "gt_centres.share").N))), boxes},
		part{"Above, right", fmt.Sprintf("share of %s final clicks.", grouped(float64(shown.N))), clicks},
		part{"Below, left", fmt.Sprintf("accuracy of the click by the cell of the box's centre; grey cells have fewer than %d.", fewInCell), byBox},
		part{"Below, right", "accuracy by the cell of the click.", byClick})
	f.draw = func(t *theme, c draw.Canvas) {
		a, as := t.counts("Centres of boxes", s.histogram("centre_bias", "gt_centres"), unitTicks)
		b, bs := t.counts("Final clicks", s.histogram("centre_bias", "clicks"), unitTicks)
		d, ds := ratioMap(t, "Accuracy by the box's centre", s.histogram("accuracy_maps", "by_gt_cell_n"), s.histogram("accuracy_maps", "by_gt_cell_hits"))
		e, es := ratioMap(t, "Accuracy by the click", s.histogram("accuracy_maps", "by_click_cell_n"), s.histogram("accuracy_maps", "by_click_cell_hits"))
		square(c, panel{a, 0, 0, 0.5, 0.5, boxes}, as)
		square(c, panel{b, 0.5, 0, 0.5, 0.5, clicks}, bs)
		square(c, panel{d, 0, 0.5, 0.5, 0.5, byBox}, ds)
		square(c, panel{e, 0.5, 0.5, 0.5, 0.5, byClick}, es)
	}
	return f
}

func tracesFigure(s source) Figure {
	bc := s.value("click_accuracy", "accuracy").N
	lackOf := func(statistic, table string, otherwise lack) lack {
		if s.any(statistic, table, "accuracy") {
			return ""
		}
		return first(clicksOnBoxes(s, bc), otherwise)
	}
	last, samples, times := lackOf("last_samples", "last_n", noSamples), lackOf("trace_quantiles", "samples", noWay), lackOf("time_quantiles", "samples", noWay)
	from, to := percent(float64(s.value("trace_quantiles", "accuracy.0").Value)), percent(float64(s.value("trace_quantiles", "accuracy.9").Value))
	f := Figure{Name: "imagenet-traces", Title: "Accuracy of mouse samples on the way to the click", width: 900, height: 340, Statistics: []string{"last_samples", "trace_quantiles", "time_quantiles"},
		Caption: "Share of samples that lie in a box, over images with a box and a final click."}
	f.describe(
		part{"Left", "the N-th sample before the click.", last},
		part{"Middle", fmt.Sprintf("tenths of the samples from entering the image to the click, %s in the first and %s in the last.", from, to), samples},
		part{"Right", "tenths of the time.", times})
	f.Caption += " Bands: 95 % intervals over samples of the annotators."
	f.Alt = fmt.Sprintf("Three curves: accuracy falls with every sample that is counted back from the click, and grows from %s to %s along the way.", from, to)
	f.draw = func(t *theme, c draw.Canvas) {
		p := accuracyCurves(t, "Last samples", "samples before the click", curveOf(s, "last_samples", "last_n", "n_before"), "any", curveOf(s, "last_samples", "last_n_segment", "n_before"), "since entering")
		q := accuracyCurves(t, "By samples", "tenth of the samples", curveOf(s, "trace_quantiles", "samples", "tenth"), "", points{}, "")
		r := accuracyCurves(t, "By time", "tenth of the time", curveOf(s, "time_quantiles", "samples", "tenth"), "", points{}, "")
		same(&p.Y, &q.Y, &r.Y)
		q.X.Tick.Marker, r.X.Tick.Marker = tenths{}, tenths{}
		place(c, panel{p, 0, 0, 0.32, 1, last}, panel{q, 0.345, 0, 0.315, 1, samples}, panel{r, 0.685, 0, 0.315, 1, times})
	}
	return f
}

func boxFrameFigure(s source) Figure {
	n := s.value("box_frame", "nearest_box.mean_u").N
	return frameFigure(s, "imagenet-box-frame", "Where in its box the click lies", "box_frame", "final clicks, in the frame of the nearest box", clicksOnBoxes(s, n))
}

func timesFigure(s source) Figure {
	click, hover := s.value("timing", "time_to_click.median"), s.value("timing", "estimate_time.median")
	noClick, noHover := unless(s.binned("timing", "time_to_click"), noTimes), unless(s.binned("timing", "estimate_time"), noHovering)
	speed := unless(s.binned("timing", "speed"), noSpeed)
	hits := s.any("mouse_measures", "velocity_profile", "speed_hit") || s.any("mouse_measures", "velocity_profile", "speed_miss")
	profile := unless(hits, first(clicksOnBoxes(s, s.value("click_accuracy", "accuracy").N), noSpeed))
	times := first(noClick, noHover)
	caption := ""
	if noClick == "" {
		caption = fmt.Sprintf("time from the last entry to the click of %s selected showings (median %s).", grouped(float64(click.N)), msText(float64(click.Value)))
		times = ""
	}
	if noHover == "" {
		caption = strings.TrimSpace(caption + fmt.Sprintf(" Time hovered over %s showings.", grouped(float64(hover.N))))
		times = ""
	}
	f := Figure{Name: "imagenet-times", Title: "How long it takes, and how fast the pointer is", width: 900, height: 330, Statistics: []string{"timing", "mouse_measures"},
		Alt: "Histograms of times and speeds with one peak each, and a curve of speed that falls before the click."}
	f.describe(
		part{"Left", caption, times},
		part{"Middle", "mean speed of the pointer from entering to the click.", speed},
		part{"Right", "speed along the way, of clicks that hit and of those that miss, with 95 % intervals.", profile})
	f.draw = func(t *theme, c draw.Canvas) {
		p := t.logBars("Times", "", "ms", s, "timing", "time_to_click", t.series[0])
		logSteps(t, p, s, "timing", "estimate_time", t.series[1], "hovered")
		legendSwatch(t, p, t.series[0], "to click")
		p.Legend.Top, p.Legend.Left = true, true
		p.Y.Max *= 1.2 // room for it
		q := t.logBars("Speed", "display px a second", "", s, "timing", "speed", t.series[2])
		place(c, panel{p, 0, 0, 0.32, 1, times}, panel{q, 0.345, 0, 0.3, 1, speed}, panel{velocityPlot(t, s), 0.665, 0, 0.335, 1, profile})
	}
	return f
}

func hesitationFigure(s source) Figure {
	f := Figure{Name: "imagenet-hesitation", Title: "Hesitation: how often the pointer came to the image before the click", width: 640, height: 300, Statistics: []string{"timing"},
		Alt: "Bars of accuracy for one, two, three, four, and five or more entries."}
	f.describe(part{"", "Accuracy of the last click of a showing by the number of entries at or before it, with the number of clicks; lines are 95 % intervals over samples of the annotators.",
		unless(s.counted("timing", "by_visits", "n"), first(clicksOnBoxes(s, s.value("click_accuracy", "accuracy").N), noEntries))})
	f.draw = func(t *theme, c draw.Canvas) {
		p := accuracyBars(t, "", "accuracy", s, "timing", "by_visits", "n", []string{"1 entry", "2 entries", "3 entries", "4 entries", "5 or more"}, "accuracy")
		place(c, panel{p, 0, 0, 1, 1, ""})
	}
	return f
}

func calibrationFigure(s source) Figure {
	gain := s.value("calibration", "accuracy_gain.shift")
	f := Figure{Name: "imagenet-calibration", Title: "Taking the click's bias away", width: 900, height: 360, Statistics: []string{"calibration"},
		Alt: "Bars of accuracy before and after two calibrations, and two maps of clicks in the frame of the box, which hardly differ."}
	f.describe(part{"", fmt.Sprintf("What is fitted on one half of the annotators is applied to the clicks of the other, %s clicks in all. Left: accuracy, of all images and of those whose centre is in no box. Right: clicks in the frame of the box as they are and less their median displacement; the square is the box. The shift changes accuracy by %s percentage points.", grouped(float64(gain.N)), signed(100*float64(gain.Value))),
		clicksOnBoxes(s, gain.N)})
	f.draw = func(t *theme, c draw.Canvas) {
		place(c, panel{calibrationBars(t, s), 0, 0, 0.36, 1, ""})
		a, as := t.counts("before", s.histogram("calibration", "frame_before"), []float64{-1, 0, 1, 2})
		b, bs := t.counts("less the shift", s.histogram("calibration", "frame_shift"), []float64{-1, 0, 1, 2})
		for _, p := range []*plot.Plot{a, b} {
			p.Add(t.box())
		}
		square(c, panel{a, 0.38, 0, 0.31, 1, ""}, as)
		square(c, panel{b, 0.69, 0, 0.31, 1, ""}, bs)
	}
	return f
}

func difficultyFigure(s source) Figure {
	clicks := unless(s.counted("difficulty", "by_time", "n"), first(clicksOnBoxes(s, s.value("click_accuracy", "accuracy").N), noEntries))
	f := Figure{Name: "imagenet-difficulty", Title: "Difficulty: time against accuracy", width: 820, height: 320, Statistics: []string{"difficulty"},
		Alt: "Accuracy by time, and by the fifth of an annotator's clicks."}
	f.describe(
		part{"Left", "accuracy by the time from entering to the click.", clicks},
		part{"Right", "by the fifth of the annotator's own clicks, from the quickest to the slowest, which leaves out that some are slow and careful.", clicks})
	if auc := s.value("difficulty", "auc_within"); auc.Value.Defined() {
		f.Caption += fmt.Sprintf(" Of pairs of a miss and a hit of one annotator, the miss took longer in %s.", interval(auc))
	}
	f.draw = func(t *theme, c draw.Canvas) {
		d := curveOf(s, "difficulty", "by_time", "from")
		var names []string
		for i, v := range d.x {
			to := "more"
			if i+1 < len(d.x) {
				to = msText(d.x[i+1])
			}
			names = append(names, msText(v)+" – "+to)
		}
		p := accuracyBars(t, "", "accuracy", s, "difficulty", "by_time", "n", names, "accuracy")
		q := accuracyBars(t, "", "accuracy", s, "difficulty", "by_fifth", "n", []string{"quickest fifth", "second", "third", "fourth", "slowest fifth"}, "accuracy")
		same(&p.X, &q.X)
		place(c, panel{p, 0, 0, 0.52, 1, clicks}, panel{q, 0.52, 0, 0.48, 1, clicks})
	}
	return f
}

func extentFigure(s source) Figure {
	whole := s.value("extent", "whole_image")
	f := Figure{Name: "imagenet-extent", Title: "The object's extent from the samples before the click", width: 640, height: 300, Statistics: []string{"extent"},
		Alt: "Bars: samples tell little of the extent; a box of the mean size around the click tells more, the whole image most."}
	f.describe(part{"", fmt.Sprintf("Mean intersection over union with the nearest box, of the bounding box of the last samples and the click, by how many samples are used. For comparison: the whole image %s, a box of the mean size around the click %s.", percent(float64(whole.Value)), percent(float64(s.value("extent", "mean_box").Value))),
		unless(whole.N > 0, first(clicksOnBoxes(s, s.value("click_accuracy", "accuracy").N), noWay))})
	f.draw = func(t *theme, c draw.Canvas) { place(c, panel{extentBars(t, s), 0, 0, 1, 1, ""}) }
	return f
}

func scanningFigure(s source) Figure {
	pages := s.value("scanning", "pages")
	f := Figure{Name: "imagenet-scanning", Title: "The order of clicks on a page", width: 820, height: 300, Statistics: []string{"scanning"},
		Alt: fmt.Sprintf("Bars: %s of the pairs follow a serpentine.", percent(float64(s.value("scanning", "pairs_in_order.serpentine").Value)))}
	f.describe(part{"", fmt.Sprintf("%s pages with five or more clicks. Left: pairs of clicks whose order follows the layout; half of them would by chance. Right: where the next click is.", grouped(float64(pages.Value))),
		unless(pages.Value > 0, noOrder)})
	f.draw = func(t *theme, c draw.Canvas) { drawScanning(t, c, s) }
	return f
}

func signed(v float64) string {
	if math.IsNaN(v) {
		return "undefined"
	}
	text := fixedText(math.Abs(v), 2)
	if v < 0 {
		return "−" + text
	}
	return "+" + text
}

// same gives axes the widest of their ranges.
func same(axes ...*plot.Axis) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, a := range axes {
		low, high = min(low, a.Min), max(high, a.Max)
	}
	for _, a := range axes {
		a.Min, a.Max = low, high
	}
}

// tenths labels the tenths of a way, which are 0 to 9, by how far one is.
type tenths struct{}

func (tenths) Ticks(_, _ float64) (ticks []plot.Tick) {
	for k := range 10 {
		name := ""
		switch k {
		case 0:
			name = "first"
		case 9:
			name = "last"
		}
		ticks = append(ticks, plot.Tick{Value: float64(k), Label: name})
	}
	return ticks
}

// curveOf has the accuracies of a table, with their intervals.
func curveOf(s source, statistic, table, key string) points {
	return points{s.column(statistic, table, key), s.column(statistic, table, "accuracy"), s.column(statistic, table, "low"), s.column(statistic, table, "high")}
}

func accuracyCurves(t *theme, title, x string, a points, nameA string, b points, nameB string) *plot.Plot {
	p := t.plot(title, x, "")
	p.Y.Tick.Marker = percents{}
	t.grid(p, false, true)
	t.curve(p, a, 0, nameA)
	t.curve(p, b, 1, nameB)
	return p
}

func randomClicksPlot(t *theme, s source) *plot.Plot {
	p := t.plot("Accuracy of random clicks", "σ, fraction of the image", "")
	logarithmic(&p.X, "")
	p.Y.Tick.Marker = percents{}
	t.grid(p, false, true)
	x := s.column("random_clicks", "by_sigma", "sigma")
	t.curve(p, points{x, s.column("random_clicks", "by_sigma", "truncated_bc"), s.column("random_clicks", "by_sigma", "low"), s.column("random_clicks", "by_sigma", "high")}, 0, "on the image")
	t.curve(p, points{x: x, y: s.column("random_clicks", "by_sigma", "unclipped_bc")}, 1, "outside misses")
	t.curve(p, points{x: x, y: s.column("random_clicks", "by_sigma", "clamped_bc")}, 2, "moved to the border")
	for _, l := range []struct {
		v     analysis.Value
		name  string
		above bool
	}{{s.value("click_accuracy", "accuracy"), "annotators", true}, {s.value("random_clicks", "centre.bc"), "always the centre", true}, {s.value("random_clicks", "uniform.bc"), "anywhere", false}} {
		if l.v.Value.Defined() {
			p.Add(level{float64(l.v.Value), l.name, t, t.series[5], l.above})
			p.Y.Max, p.Y.Min = max(p.Y.Max, float64(l.v.Value)+0.04), min(p.Y.Min, float64(l.v.Value)-0.04)
		}
	}
	p.Y.Min = max(0, p.Y.Min)
	p.Legend.Left = true
	return p
}

// frameFigure is a map of points in the frame of their boxes.
func frameFigure(s source, name, title, statistic, what string, without lack) Figure {
	h := s.histogram(statistic, "nearest_box_map")
	u, v := s.value(statistic, "nearest_box.mean_u"), s.value(statistic, "nearest_box.mean_v")
	medianU, medianV := s.value(statistic, "nearest_box.median_u"), s.value(statistic, "nearest_box.median_v")
	f := Figure{Name: name, Title: title, width: 520, height: 440, Statistics: []string{statistic}}
	if h == nil {
		return f
	}
	f.describe(part{"", fmt.Sprintf("%s %s; the square is the box, v points down. %s lie outside of the map. Cross: mean (%s, %s); ring: median (%s, %s). Colours by the square root of the share.",
		grouped(float64(u.N)), what, grouped(float64(h.Outside)), decimal(u, 3), decimal(v, 3), decimal(medianU, 3), decimal(medianV, 3)), without})
	f.Alt = fmt.Sprintf("A map around a square; the points gather in the square, their median is at (%s, %s).", decimal(medianU, 2), decimal(medianV, 2))
	f.draw = func(t *theme, c draw.Canvas) {
		p, scale := t.counts("", h, []float64{-1, 0, 1, 2})
		p.Add(t.box())
		p.Add(crossAt{float64(u.Value), float64(v.Value), t.series[1]})
		t.dots(p, []float64{float64(medianU.Value)}, []float64{-float64(medianV.Value)}, t.series[1], 6, draw.RingGlyph{}, "")
		square(c, panel{p, 0, 0, 1, 1, ""}, scale)
	}
	return f
}

func (t *theme) box() frameOf {
	return frameOf{0, 0, 1, 1, draw.LineStyle{Color: t.series[1], Width: vg.Points(1.8)}}
}

// logBars is a histogram over bins that grow.
func (t *theme) logBars(title, x, unit string, s source, statistic, table string, c color.NRGBA) *plot.Plot {
	p := t.plot(title, x, "")
	from, to, n := s.column(statistic, table, "from"), s.column(statistic, table, "to"), s.column(statistic, table, "n")
	total := max(sum(n), 1)
	for i := range n {
		n[i] /= total
		if from[i] <= 0 || math.IsNaN(to[i]) { // beyond the bins
			n[i], from[i] = math.NaN(), 1
		}
	}
	// Bins with next to nothing in them would only make the others narrow.
	first, last := 0, len(n)-1
	for first < last && !(n[first] >= 0.001) {
		first++
	}
	for last > first && !(n[last] >= 0.001) {
		last--
	}
	if len(n) > 0 {
		from, to, n = from[first:last+1], to[first:last+1], n[first:last+1]
	}
	logarithmic(&p.X, unit)
	p.Y.Tick.Marker = percents{}
	t.grid(p, false, true)
	p.Add(bars{from, to, n, func(int) color.NRGBA { return fade(c, 200) }})
	if len(n) == 0 {
		p.X.Min, p.X.Max = 1, 10
	}
	return p
}

// logSteps adds the outline of another histogram.
func logSteps(t *theme, p *plot.Plot, s source, statistic, table string, c color.NRGBA, name string) {
	from, to, n := s.column(statistic, table, "from"), s.column(statistic, table, "to"), s.column(statistic, table, "n")
	total := max(sum(n), 1)
	var xs, ys []float64
	for i := range n {
		if from[i] >= p.X.Min && to[i] <= p.X.Max {
			xs, ys = append(xs, from[i], to[i]), append(ys, n[i]/total, n[i]/total)
		}
	}
	t.line(p, xs, ys, c, lineWidth, false, name)
}

type swatch struct{ color color.Color }

func (s swatch) Thumbnail(c *draw.Canvas) {
	c.FillPolygon(s.color, []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}})
}

func legendSwatch(t *theme, p *plot.Plot, c color.NRGBA, name string) {
	p.Legend.Add(name, swatch{fade(c, 200)})
}

func velocityPlot(t *theme, s source) *plot.Plot {
	p := t.plot("Speed along the way", "tenth of the time", "px a second")
	p.X.Tick.Marker = tenths{}
	t.grid(p, false, true)
	for i, side := range []string{"hit", "miss"} {
		t.curve(p, points{s.column("mouse_measures", "velocity_profile", "tenth"), s.column("mouse_measures", "velocity_profile", "speed_"+side), s.column("mouse_measures", "velocity_profile", side+"_low"), s.column("mouse_measures", "velocity_profile", side+"_high")}, i, []string{"hits", "misses"}[i])
	}
	p.Y.Min = 0
	p.Y.Tick.Marker = niceTicks{}
	p.Legend.Top = true
	return p
}

// accuracyBars draws a table of accuracies as bars with their intervals and numbers of units.
func accuracyBars(t *theme, title, x string, s source, statistic, table, n string, names []string, value string) *plot.Plot {
	var notes []string
	for _, v := range s.column(statistic, table, n) {
		notes = append(notes, "n = "+grouped(v))
	}
	values := s.column(statistic, table, value)
	low, high := s.column(statistic, table, "low"), s.column(statistic, table, "high")
	p := t.rows(title, x, rows{names: names[:min(len(names), len(values))], notes: notes, values: values, low: low, high: high, reserveForNotes: 0.24})
	p.X.Tick.Marker = percents{}
	return p
}

func calibrationBars(t *theme, s source) *plot.Plot {
	var names, notes []string
	var values, low, high []float64
	for _, group := range []struct{ name, title string }{{"accuracy", "all"}, {"off_centre", "off centre"}} {
		for _, model := range []string{"before", "shift", "linear"} {
			v := s.value("calibration", group.name+"."+model)
			names = append(names, group.title+", "+model)
			values, notes = append(values, float64(v.Value)), append(notes, percent(float64(v.Value)))
			l, h := math.NaN(), math.NaN()
			if v.Interval != nil {
				l, h = v.Interval.Low, v.Interval.High
			}
			low, high = append(low, l), append(high, h)
		}
	}
	p := t.rows("", "accuracy", rows{names: names, notes: notes, values: values, low: low, high: high, reserveForNotes: 0.3, fill: func(i int) color.NRGBA { return t.series[i%3] }})
	p.X.Tick.Marker = percents{}
	return p
}

func extentBars(t *theme, s source) *plot.Plot {
	var names, notes []string
	var values, low, high []float64
	add := func(name string, v analysis.Value) {
		names, values, notes = append(names, name), append(values, float64(v.Value)), append(notes, percent(float64(v.Value))+", n = "+grouped(float64(v.N)))
		l, h := math.NaN(), math.NaN()
		if v.Interval != nil {
			l, h = v.Interval.Low, v.Interval.High
		}
		low, high = append(low, l), append(high, h)
	}
	for _, w := range s.texts("extent", "by_window", "samples") {
		name := "last " + w
		if w == "all" {
			name = "all since entering"
		}
		add(name, s.value("extent", "box_iou."+w))
	}
	add("mean box at the click", s.value("extent", "mean_box"))
	add("whole image", s.value("extent", "whole_image"))
	p := t.rows("", "mean intersection over union", rows{names: names, notes: notes, values: values, low: low, high: high, reserveForNotes: 0.3, fill: func(i int) color.NRGBA {
		if i >= len(names)-2 {
			return t.series[5]
		}
		return t.series[0]
	}})
	p.X.Tick.Marker = percents{}
	return p
}

func drawScanning(t *theme, c draw.Canvas, s source) {
	var names, notes []string
	var values, low, high []float64
	for _, o := range []struct{ name, title string }{{"serpentine", "serpentine"}, {"rows", "row by row"}, {"columns", "column by column"}} {
		v := s.value("scanning", "pairs_in_order."+o.name)
		names, values, notes = append(names, o.title), append(values, float64(v.Value)), append(notes, percent(float64(v.Value)))
		l, h := math.NaN(), math.NaN()
		if v.Interval != nil {
			l, h = v.Interval.Low, v.Interval.High
		}
		low, high = append(low, l), append(high, h)
	}
	p := t.rows("", "pairs in that order", rows{names: names, notes: notes, values: values, low: low, high: high, reserveForNotes: 0.2})
	p.X.Tick.Marker = percents{}
	p.Add(upright{0.5, "chance", t, t.series[5]})
	q := t.rows("", "share of steps", rows{names: []string{"along the row", "back in the row", "next row, near", "next row, far", "elsewhere"}, notes: percentsOf(s.column("scanning", "by_step", "share")),
		values: s.column("scanning", "by_step", "share"), low: s.column("scanning", "by_step", "low"), high: s.column("scanning", "by_step", "high"), reserveForNotes: 0.2})
	q.X.Tick.Marker = percents{}
	place(c, panel{p, 0, 0, 0.5, 1, ""}, panel{q, 0.5, 0, 0.5, 1, ""})
}

func percentsOf(v []float64) (out []string) {
	for _, x := range v {
		out = append(out, percent(x))
	}
	return out
}

func workersFigure(s source) Figure {
	return funnel{
		name: "imagenet-workers", title: "Annotators: accuracy against the number of clicks", units: "boxed", share: "accuracy",
		noun: "clicks", of: "clicks on images with a box", flags: " (clicks the centre, rushes, bot-like trace)", lack: clicksOnBoxes(s, 0),
	}.figure(s)
}

func hitsOfAssignments(s source) Figure {
	return checks{"imagenet-hits", "selected / shown", noAssignments, []string{"low_recall", "few_selected", "few_pages"}}.figure(s)
}

// imagenetSentences say what is true of the data set, from its values alone.
func imagenetSentences(s source) (out []string) {
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	v := s.value
	number := func(x analysis.Value) string { return grouped(float64(x.Value)) }
	if images, showings := v("counts", "images"), v("counts", "showings"); defined(images) {
		text := fmt.Sprintf("The byproducts speak of %s images, which were shown %s times", number(images), number(showings))
		if w := v("workers", "workers"); defined(w) {
			text += " to " + number(w) + " annotators"
		}
		add("%s. %s of the images were selected at least once, %s have a final click, and %s have a usable ground-truth box.", text, percent(float64(v("counts", "selected_images").Value)), percent(float64(v("counts", "final_clicks").Value)), percent(float64(v("counts", "boxed_images").Value)))
	}
	if a := v("click_accuracy", "accuracy"); defined(a) {
		centre := v("random_clicks", "centre.bc")
		add("The final click lies in a box in %s. Always clicking the centre would hit %s, clicking anywhere %s.", interval(a), percent(float64(centre.Value)), percent(float64(v("random_clicks", "uniform.bc").Value)))
		if off := v("off_centre", "accuracy"); defined(off) {
			add("Where the centre is in no box, on %s of the images, the click still hits %s: so much it says beyond the centre.", percent(float64(v("off_centre", "share").Value)), interval(off))
		}
	}
	if first, last := v("trace_quantiles", "accuracy.0"), v("trace_quantiles", "accuracy.9"); defined(first) && defined(last) {
		add("On the way from entering the image to the click, the share of mouse samples in a box goes from %s in the first tenth to %s in the last.", percent(float64(first.Value)), percent(float64(last.Value)))
	}
	return append(out, hitsSentence(s, "selections")...)
}

var imagenetTraces = traces{
	set:     "imagenet",
	caption: "The way of the mouse on %s from entering it to the final click, time from pale to strong; cross: the final click; outlines: ground-truth boxes. Images are taken by a hash of their ids, every third of them a miss.",
	alt:     "%d traces that end in a click.",
	outcome: func(x *analysis.Example) string {
		if x.Hits > 0 {
			return "hits"
		}
		return "misses"
	},
	heading: "%s: the click %s",
	lack:    noTraces,
}

var imagenetSections = map[string][]string{
	"amount":       {"counts", "rounds"},
	"localisation": {"click_accuracy", "centre_bias", "random_clicks", "off_centre", "accuracy_maps", "box_frame"},
	"traces":       {"last_samples", "trace_quantiles", "time_quantiles", "trace_lengths", "timing", "mouse_measures", "scanning"},
	"beyond":       {"calibration", "extent", "difficulty"},
	"annotators":   {"workers", "hits"},
	"quality":      {"quality"},
}
