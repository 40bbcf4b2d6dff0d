package imagenet

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"

	"abtool/analysis/result"
	"abtool/reports/chart"
)

// Figures lists the functions that draw the statistics of ImageNet-AB, in the order of a report. The Missing
// of a figure without data says what the store lacks.
var Figures = []func(chart.Source) chart.Figure{RandomClicks, Maps, AlongTrace, BoxFrame, Times, Workers,
	HITs, Hesitation, Calibration, Difficulty, Extent, Scanning}

// same gives all axes the range that covers all of their ranges.
func same(axes ...*plot.Axis) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, a := range axes {
		low, high = min(low, a.Min), max(high, a.Max)
	}
	for _, a := range axes {
		a.Min, a.Max = low, high
	}
}

// Sentences returns sentences about the data set, made from its values.
func Sentences(s chart.Source) (out []string) {
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	v := s.Value
	number := func(x result.Value) string { return chart.Grouped(x.Value) }
	share := func(statistic, name string) string { return chart.Percent(v(statistic, name).Value) }
	if images, showings := v("counts", "images"), v("counts", "showings"); chart.Defined(images) {
		text := fmt.Sprintf("The data have %s images, which were shown %s times", number(images), number(showings))
		if w := v("workers", "workers"); chart.Defined(w) {
			text += " to " + number(w) + " annotators"
		}
		add("%s. %s of the images were selected at least once, %s have a final click, and %s have a usable "+
			"ground-truth box.",
			text, share("counts", "selected_images"), share("counts", "final_clicks"),
			share("counts", "boxed_images"))
	}
	if a := v("click_accuracy", "accuracy"); chart.Defined(a) {
		add("%s of the final clicks lie in a box. Always clicking the centre would hit %s, clicking anywhere %s.",
			chart.WithInterval(a), share("random_clicks", "centre.bc"), share("random_clicks", "uniform.bc"))
		if off := v("off_centre", "accuracy"); chart.Defined(off) {
			add("On %s of the images the centre is in no box. There, %s of the clicks still hit, which "+
				"clicks on the centre never would.",
				share("off_centre", "share"), chart.WithInterval(off))
		}
	}
	if chart.Defined(v("trace_quantiles", "accuracy.0")) && chart.Defined(v("trace_quantiles", "accuracy.9")) {
		add("On the way from entering the image to the click, the share of mouse samples in a box changes from %s in the "+
			"first tenth to %s in the last.", share("trace_quantiles", "accuracy.0"),
			share("trace_quantiles", "accuracy.9"))
	}
	return append(out, chart.HITsSentence(s, "selections")...)
}

// Sections lists the statistics that each section of a report shows, in order.
var Sections = map[string][]string{
	"amount":       {"counts", "rounds"},
	"localisation": {"click_accuracy", "centre_bias", "random_clicks", "off_centre", "accuracy_maps", "box_frame"},
	"traces": {"last_samples", "trace_quantiles", "time_quantiles", "trace_lengths", "timing",
		"mouse_measures", "scanning"},
	"beyond":     {"calibration", "extent", "difficulty"},
	"annotators": {"workers", "hits"},
	"quality":    {"quality"},
}
