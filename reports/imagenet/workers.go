package imagenet

import "abtool/reports/chart"

// Workers draws annotators' accuracy against the number of their clicks.
func Workers(s chart.Source) chart.Figure {
	return chart.Funnel{
		Name: "imagenet-workers", Title: "Annotators: accuracy against the number of clicks",
		Units: "boxed", Share: "accuracy", Noun: "clicks", Of: "clicks on images with a box",
		Flags: " (clicks the centre, rushes, bot-like trace)", Lack: clicksOnBoxes(s, 0),
	}.Figure(s)
}

// HITs draws the recall of HITs, and how many of them each check flags.
func HITs(s chart.Source) chart.Figure {
	return chart.Checks{
		Name: "imagenet-hits", Recall: "selected / shown", Lack: noAssignments,
		Flags: []string{"low_recall", "few_selected", "few_pages"},
	}.Figure(s)
}
