package imagenet

import "abtool/reports/chart"

// Sentences about data that an ImageNet store can lack.
const (
	noBoxes chart.Lack = "No image of the records has a ground-truth box. " +
		"Ingest the boxes of these images with --boxes."
	noClicks chart.Lack = "No image has a final click, which is a click with a place in a showing " +
		"that ended selected."
	noBoxedClicks chart.Lack = "No image has both a ground-truth box and a final click. " +
		"Ingest the boxes of the clicked images with --boxes."
	noSamples chart.Lack = "No final click on an image with a box has mouse samples before it; click and " +
		"samples need times."
	noWay chart.Lack = "No final click on an image with a box has an entry (hoveredRecord) and mouse " +
		"samples before it; click, entry and samples need times."
	noTimes    chart.Lack = "No selected showing has both a click and an entry (hoveredRecord) with times."
	noHovering chart.Lack = "No showing has an estimateTime above 0."
	noSpeed    chart.Lack = "No click has both a displayed size (imageWidth, imageHeight) and two mouse samples " +
		"with times since the last entry."
	noEntries chart.Lack = "No final click on an image with a box has an entry (hoveredRecord) before it; " +
		"click and entry need times."
	noFewClicks chart.Lack = "No cell of the image has five clicks on images with a box, the least number for " +
		"which an accuracy is drawn."
	noOrder chart.Lack = "No page has five clicks whose HIT, page, slot and time are known, the least number " +
		"for which an order is drawn."
	noAssignments chart.Lack = "No record names its HIT. " +
		"Ingest records with an assignment_id: dumps of the backend have it, pages of the front end do not."
)

// Sentences about data that an ImageNet store can lack for its examples.
const noTraces chart.Lack = "No image has a trace to draw, which needs a box, a final click, and mouse samples " +
	"with times between entering the image and the click."

// clicksOnBoxes returns what the store lacks for a plot over images with a box and a final click, if there
// are n such images.
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

// boxedClicks returns what the store lacks for a plot over the images of the statistic click_accuracy.
func boxedClicks(s chart.Source) chart.Lack {
	return clicksOnBoxes(s, s.Value("click_accuracy", "accuracy").N)
}

// boxCentres returns what the store lacks for a map of box centres.
func boxCentres(s chart.Source) chart.Lack {
	return chart.Unless(s.Value("centre_bias", "gt_centres.share").N > 0, noBoxes)
}
