package imagenet

import "abtool/reports/chart"

// What ImageNet stores lack.
const (
	noBoxes chart.Lack = "No image of the records has a ground-truth box. " +
		"Ingest the boxes of these images with --boxes."
	noClicks      chart.Lack = "No image has a final click: a click with a place in a showing that ended selected."
	noBoxedClicks chart.Lack = "No image has both a ground-truth box and a final click. " +
		"Ingest the boxes of the clicked images with --boxes."
	noSamples chart.Lack = "No final click on an image with a box has mouse samples before it: both need times."
	noWay     chart.Lack = "No final click on an image with a box has an entry (hoveredRecord) and mouse " +
		"samples before it: all need times."
	noTimes    chart.Lack = "No selected showing has both a click and an entry (hoveredRecord) with times."
	noHovering chart.Lack = "No showing has an estimateTime above 0."
	noSpeed    chart.Lack = "No click has both a displayed size (imageWidth, imageHeight) and, since the last " +
		"entry, two mouse samples with times."
	noEntries chart.Lack = "No final click on an image with a box has an entry (hoveredRecord) before it: " +
		"both need times."
	noFewClicks chart.Lack = "No cell of the image has five clicks on images with a box, the fewest that an " +
		"accuracy is drawn of."
	noOrder chart.Lack = "No page has five clicks whose HIT, page, slot and time are known, the fewest " +
		"that an order is drawn of."
	noAssignments chart.Lack = "No record names its HIT. " +
		"Ingest records with an assignment_id: pages of the front end have none, dumps of its backend do."
)

// What traces of ImageNet lack.
const noTraces chart.Lack = "No image has a trace to draw: a box, a final click, and mouse samples with " +
	"times between entering the image and the click."

// clicksOnBoxes returns what a plot lacks that is over images with a box and a final click, of which n are
// known.
func clicksOnBoxes(s chart.Source, n int64) chart.Lack {
	switch {
	case n > 0:
		return ""
	case s.None("counts", "boxed_images"):
		return noBoxes
	case s.None("counts", "final_clicks"):
		return noClicks
	}
	return noBoxedClicks
}

// boxedClicks returns what a plot lacks that is over the images of the accuracy of clicks.
func boxedClicks(s chart.Source) chart.Lack {
	return clicksOnBoxes(s, s.Value("click_accuracy", "accuracy").N)
}

// boxCentres returns what a map of the centres of boxes lacks.
func boxCentres(s chart.Source) chart.Lack {
	return chart.Unless(s.Value("centre_bias", "gt_centres.share").N > 0, noBoxes)
}
