package imagenet

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"

	"abtool/analysis"
	"abtool/reports/chart"
)

var Figures = []func(chart.Source) chart.Figure{RandomClicks, Maps, AlongTrace, BoxFrame, Times, Workers,
	HITs, Hesitation, Calibration, Difficulty, Extent, Scanning}

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

// Sentences say what is true of the data set, from its values alone.
func Sentences(s chart.Source) (out []string) {
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	v := s.Value
	number := func(x analysis.Value) string { return chart.Grouped(float64(x.Value)) }
	if images, showings := v("counts", "images"), v("counts", "showings"); chart.Defined(images) {
		text := fmt.Sprintf("The byproducts speak of %s images, which were shown %s times", number(images), number(showings))
		if w := v("workers", "workers"); chart.Defined(w) {
			text += " to " + number(w) + " annotators"
		}
		add("%s. %s of the images were selected at least once, %s have a final click, and %s have a usable ground-truth box.", text, chart.Percent(float64(v("counts", "selected_images").Value)), chart.Percent(float64(v("counts", "final_clicks").Value)), chart.Percent(float64(v("counts", "boxed_images").Value)))
	}
	if a := v("click_accuracy", "accuracy"); chart.Defined(a) {
		centre := v("random_clicks", "centre.bc")
		add("The final click lies in a box in %s. Always clicking the centre would hit %s, clicking anywhere %s.", chart.WithInterval(a), chart.Percent(float64(centre.Value)), chart.Percent(float64(v("random_clicks", "uniform.bc").Value)))
		if off := v("off_centre", "accuracy"); chart.Defined(off) {
			add("Where the centre is in no box, on %s of the images, the click still hits %s: so much it says beyond the centre.", chart.Percent(float64(v("off_centre", "share").Value)), chart.WithInterval(off))
		}
	}
	if first, last := v("trace_quantiles", "accuracy.0"), v("trace_quantiles", "accuracy.9"); chart.Defined(first) && chart.Defined(last) {
		add("On the way from entering the image to the click, the share of mouse samples in a box goes from %s in the first tenth to %s in the last.", chart.Percent(float64(first.Value)), chart.Percent(float64(last.Value)))
	}
	return append(out, chart.HITsSentence(s, "selections")...)
}

var Sections = map[string][]string{
	"amount":       {"counts", "rounds"},
	"localisation": {"click_accuracy", "centre_bias", "random_clicks", "off_centre", "accuracy_maps", "box_frame"},
	"traces":       {"last_samples", "trace_quantiles", "time_quantiles", "trace_lengths", "timing", "mouse_measures", "scanning"},
	"beyond":       {"calibration", "extent", "difficulty"},
	"annotators":   {"workers", "hits"},
	"quality":      {"quality"},
}
