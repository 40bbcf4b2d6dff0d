package coco

import (
	"fmt"

	"abtool/analysis/result"
	"abtool/reports/chart"
)

// Figures lists the functions that draw the statistics of COCO-AB, in the order of a report. The Missing of
// a figure without data says what the store lacks.
var Figures = []func(chart.Source) chart.Figure{Maps, IconFrame, Sequences, SizeRecall, Times,
	Workers, HITs}

// Sentences returns sentences about the data set, made from its values.
func Sentences(s chart.Source) (out []string) {
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	v := s.Value
	number := func(x result.Value) string { return chart.Grouped(x.Value) }
	if records := v("counts", "records"); chart.Defined(records) {
		text := fmt.Sprintf("%s pages, one image each", number(records))
		if w := v("workers", "workers"); chart.Defined(w) {
			text += ", by " + number(w) + " annotators"
		}
		add("%s. %s icons on them have a point, and the ground truth has %s objects.",
			text, number(v("counts", "icons")), number(v("counts", "instances")))
	}
	if a := v("icon_precision", "on_mask"); chart.Defined(a) {
		add("%s of the icons lie on a mask of their class, and %s in a box of their class.",
			chart.WithInterval(a), chart.Percent(v("icon_precision", "on_box").Value))
	}
	if a := v("class_recall", "recall"); chart.Defined(a) {
		add("On average, annotators find %s of the classes on an image.", chart.WithInterval(a))
	}
	if a := v("sequences", "add_only"); chart.Defined(a) {
		add("%s of the icons that stay were added and never touched again; the longest sequence has %s actions.",
			chart.Percent(a.Value), number(v("sequences", "longest_actions")))
	}
	return append(out, chart.HITsSentence(s, "precision")...)
}

// Sections lists the statistics that each section of a report shows, in order.
var Sections = map[string][]string{
	"amount":       {"counts"},
	"localisation": {"icon_precision", "centre_bias", "icon_frame"},
	"recognition":  {"class_recall", "category_recall", "missed_classes"},
	"traces":       {"sequences", "browsing", "time"},
	"annotators":   {"workers", "hits"},
	"quality":      {"quality"},
}
