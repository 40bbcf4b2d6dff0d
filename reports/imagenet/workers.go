package imagenet

import "abtool/reports/chart"

// Workers draws the accuracy of annotators against the number of their clicks.
func Workers(s chart.Source) chart.Figure {
	return chart.Funnel{
		Name: "imagenet-workers", Title: "Annotators: accuracy against the number of clicks",
		Units: "boxed", Share: "accuracy", Noun: "clicks", Of: "clicks on images with a box",
		Flags: " (clicks the centre, rushes, or has bot-like traces)", Lack: clicksOnBoxes(s, 0),
	}.Figure(s)
}

// HITs draws the recall of HITs and the share of them that each check flags.
func HITs(s chart.Source) chart.Figure {
	return chart.Checks{
		Name: "imagenet-hits", Recall: "selected / shown", Lack: noAssignments,
		Flags: []string{"low_recall", "few_selected", "few_pages"},
	}.Figure(s)
}
