package coco

import (
	"fmt"

	"abtool/analysis/result"
	"abtool/reports/chart"
)

// Examples describes how traces on pages are drawn.
var Examples = chart.Traces{
	Set: "coco",
	Caption: "The path of the mouse on %s, from pale to strong over time; no samples are recorded while an icon is " +
		"dragged. Crosses: the last adds of icons, with their class. Outlines: ground-truth boxes of those classes. " +
		"A hash of the image's id selects the pages.",
	Alt: "%d pages with traces and icons.",
	Outcome: func(x *result.Example) string {
		return fmt.Sprintf("%d of %d icons on their object", x.Hits, x.Hits+x.Misses)
	},
	Heading: "Image %s: %s",
	Pause:   400,
	Lack:    noTracesOnPage,
}
