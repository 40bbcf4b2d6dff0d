package coco

import (
	"fmt"

	"abtool/analysis/result"
	"abtool/reports/chart"
)

// Examples says how traces on pages are drawn.
var Examples = chart.Traces{
	Set: "coco",
	Caption: "The way of the mouse on %s, time from pale to strong; no samples are taken while an icon is dragged. " +
		"Crosses: where icons were last added, with their class; outlines: ground-truth boxes of those classes. " +
		"Pages are taken by a hash of the image's id.",
	Alt: "%d pages with traces and icons.",
	Outcome: func(x *result.Example) string {
		return fmt.Sprintf("%d of %d icons on their object", x.Hits, x.Hits+x.Misses)
	},
	Heading: "Image %s: %s",
	Pause:   400,
	Lack:    noTracesOnPage,
}
