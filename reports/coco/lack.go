package coco

import "abtool/reports/chart"

// What COCO stores lack.
const (
	noInstances    chart.Lack = "The store has no ground truth. Ingest it with --instances."
	otherInstances chart.Lack = "The ground truth has no image of the records. " +
		"Ingest the instances of these images with --instances."
	noObjects chart.Lack = "The ground truth has no object with a box on an image of known size."
	noIcons   chart.Lack = "No record has an icon with a place: an add of a class of the ground truth with " +
		"a pointTo."
	noIconOnClass  chart.Lack = "No icon is on an image that has a box of its class."
	noStayingIcons chart.Lack = "No record has an icon that stays: one whose last action is add or move."
	noPageTime     chart.Lack = "No record has a timeSpent above 0."
	noSteps        chart.Lack = "No record has steps through the superclasses (categoryHistories)."
	noHITs         chart.Lack = "No record names its HIT. " +
		"Ingest records with a hit_id: pages of the front end have none, dumps of its backend do."
	noShownClasses  chart.Lack = "No image of the records has an object of the ground truth whose size is known."
	noJudgedWorkers chart.Lack = "No annotator has an icon on an image of the ground truth."
)

// What traces of COCO lack.
const noTracesOnPage chart.Lack = "No page has a trace to draw: two icons that stay, and several mouse samples " +
	"with times."

// truth returns what a plot lacks that is over images of the records with ground truth.
func truth(s chart.Source) chart.Lack {
	switch {
	case s.None("counts", "images_gt"):
		return noInstances
	case s.None("counts", "records_with_gt"):
		return otherInstances
	}
	return ""
}

// placedIcons returns what a plot of icons with places lacks.
func placedIcons(s chart.Source) chart.Lack { return chart.Unless(!s.None("counts", "icons"), noIcons) }
