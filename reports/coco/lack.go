package coco

import "abtool/reports/chart"

// Sentences about data that a COCO store can lack.
const (
	noInstances    chart.Lack = "The store has no ground truth. Ingest it with --instances."
	otherInstances chart.Lack = "The ground truth has none of the images of the records. " +
		"Ingest the instances of these images with --instances."
	noObjects chart.Lack = "The ground truth has no object with a box on an image of known size."
	noIcons   chart.Lack = "No record has an icon with a point, which needs an add with a pointTo, of a class of " +
		"the ground truth."
	noIconOnClass  chart.Lack = "No icon with a point is on an image that has a box of its class."
	noStayingIcons chart.Lack = "No record has an icon that stays, which is one whose last action is add or move."
	noPageTime     chart.Lack = "No record has a timeSpent above 0."
	noSteps        chart.Lack = "No record has steps through the superclasses (categoryHistories)."
	noHITs         chart.Lack = "No record names its HIT. " +
		"Ingest records with a hit_id: dumps of the backend have it, pages of the front end do not."
	noShownClasses  chart.Lack = "No image of the records has an object of the ground truth whose size is known."
	noJudgedWorkers chart.Lack = "No annotator has an icon on an image of the ground truth."
)

// Sentences about data that a COCO store can lack for its examples.
const noTracesOnPage chart.Lack = "No page has a trace to draw, which needs two icons that stay and several mouse " +
	"samples with times."

// truth returns what the store lacks for a plot over images of the records with ground truth.
func truth(s chart.Source) chart.Lack {
	switch {
	case s.None("counts", "images_gt"):
		return noInstances
	case s.None("counts", "records_with_gt"):
		return otherInstances
	}
	return ""
}

// placedIcons returns what the store lacks for a plot of icons with points.
func placedIcons(s chart.Source) chart.Lack { return chart.Unless(!s.None("counts", "icons"), noIcons) }
