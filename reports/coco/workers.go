package coco

import "abtool/reports/chart"

// Workers draws the precision of annotators against the number of their icons.
func Workers(s chart.Source) chart.Figure {
	return chart.Funnel{
		Name: "coco-workers", Title: "Annotators: precision against the number of icons",
		Units: "judged", Share: "precision", Noun: "icons", Of: "icons on images of the ground truth",
		Lack: chart.FirstLack(truth(s), placedIcons(s), noJudgedWorkers),
	}.Figure(s)
}

// HITs draws the recall of HITs and the share of them that each check flags.
func HITs(s chart.Source) chart.Figure {
	return chart.Checks{
		Name: "coco-hits", Recall: "mean recall of pages", Lack: noHITs,
		Flags: []string{"low_recall", "low_precision", "few_pages"},
	}.Figure(s)
}
