package coco_test

import (
	"testing"

	"abtool/analysis/result"
	"abtool/reports/chart"
	"abtool/reports/coco"
	"abtool/reports/internal/golden"
)

// madeUp returns statistics as analysis.Run computes them of a store, with made-up numbers.
func madeUp() chart.Source {
	unit, around := [2]float64{0, 1}, [2]float64{-1, 2} // of the image, of the frame of a box
	return chart.NewSource(&result.DataSet{Name: "coco", Statistics: []result.Statistic{
		{Name: "centre_bias", Values: []result.Value{golden.Share("gt_centres.share", 0.05, 700), golden.Share("icons.share", 0.04, 500)},
			Histograms: []result.Histogram{golden.Map("gt_centres", unit, 5, 5, 90), golden.Map("icons", unit, 5, 6, 60)}},
		{Name: "icon_frame", Values: []result.Value{golden.Value("nearest_box.mean_u", 0.49, 480), golden.Value("nearest_box.mean_v", 0.52, 480),
			golden.Value("nearest_box.median_u", 0.5, 480), golden.Value("nearest_box.median_v", 0.51, 480)},
			Histograms: []result.Histogram{golden.Map("nearest_box_map", around, 5, 5, 60)}},
		{Name: "sequences", Values: []result.Value{golden.Value("icons", 500, 500), golden.Share("add_only", 0.9, 500)},
			Tables: []result.Table{golden.Table("by_sequence", []string{"sequence", "n", "share", "published"},
				[]any{"add", 450, 0.9, 300.0}, []any{"add, move", 30, 0.06, 40.0}, []any{"add, remove, add", 20, 0.04, nil})}},
		{Name: "category_recall", Values: []result.Value{golden.Value("intercept", 0.6, 4), golden.Share("slope", 0.8, 4), golden.Value("correlation", 0.45, 4)},
			Tables: []result.Table{golden.Table("by_category", []string{"category", "size", "recall", "residual", "n", "low", "high"},
				[]any{"dog", 0.2, 0.9, 0.14, 40, 0.8, 0.96}, []any{"fork", 0.02, 0.4, -0.216, 30, 0.25, 0.57},
				[]any{"bed", 0.4, 0.95, 0.03, 25, 0.8, 1.0}, []any{"book", 0.05, 0.7, 0.06, 12, 0.4, 0.9})}},
		{Name: "time", Values: []result.Value{golden.Value("mean", 41000, 90), golden.Value("median", 36000, 90)},
			Tables: []result.Table{golden.Bins("time_spent", 8000, 5, 30, 40, 12, 3)}},
		{Name: "browsing", Values: []result.Value{golden.Share("keyboard_share", 0.35, 900), golden.Value("events_mean", 10, 90)},
			Tables: []result.Table{golden.Table("by_superclass", []string{"category_idx", "events"},
				[]any{0, 60}, []any{1, 110}, []any{5, 90}, []any{10, 95})}},
		{Name: "workers", Values: []result.Value{golden.Value("workers", 3, 3)},
			Tables: []result.Table{golden.Table("by_worker", []string{"judged", "precision", "flag_centre", "flag_rush", "flag_bot"},
				[]any{30, 0.95, false, false, false}, []any{120, 0.6, false, true, false}, []any{350, 0.9, false, false, false})}},
		{Name: "hits", Values: []result.Value{golden.Value("hits", 18, 18), golden.Share("low_recall", 0.1, 18),
			golden.Share("low_precision", 0.05, 18), golden.Share("few_pages", 0.2, 18), golden.Share("flagged", 0.3, 18)},
			Tables: []result.Table{golden.Table("by_hit", []string{"recall"}, []any{0.5}, []any{0.7}, []any{0.72}, []any{0.9}, []any{1.0})}},
	}})
}

// Every figure looks as it did, of made-up statistics.
func TestGolden(t *testing.T) {
	for _, figure := range coco.Figures {
		golden.Check(t, figure(madeUp()))
	}
}

func ExampleMaps() {
	golden.Show(coco.Maps(madeUp()))
	// Output:
	// Objects and icons on the image
	// The image is divided into 11 × 11 cells, coloured by the square root of the share. Left: the centres of 700 ground-truth boxes; 5 % of them are in the middle cell. Right: 500 icons at their last add; 4 % of them are in the middle cell.
}

func ExampleIconFrame() {
	golden.Show(coco.IconFrame(madeUp()))
	// Output:
	// Position of the icon in its box
	// 480 icons, relative to the nearest box of their class, which is the square from 0 to 1. 0 of them lie outside of the map. Cross: mean (0.490, 0.520). Ring: median (0.500, 0.510). Cells are coloured by the square root of the share.
}

func ExampleSequences() {
	golden.Show(coco.Sequences(madeUp()))
	// Output:
	// Actions with icons that stay
	// Sequences of actions of the 500 icons whose last action is add or move, on a logarithmic scale, with their number and share. Rings: the paper's counts for its own data.
}

func ExampleSizeRecall() {
	golden.Show(coco.SizeRecall(madeUp()))
	// Output:
	// Recall of a class against the size of its objects
	// Each mark is one of 4 classes. Recall is the share of annotated images with the class on which its icon stays; size is the mean, over its objects, of the area of the box as a share of the image. Grey lines: 95 % intervals. Line: least squares, slope 0.80 (95 % interval 0.78 to 0.82). Names: the classes farthest from the line.
}

func ExampleTimes() {
	golden.Show(coco.Times(madeUp()))
	// Output:
	// Time on a page, and steps through the superclasses
	// Left: time on 90 pages, median 36 s. Right: mean number of steps to each superclass on a page, from the first (0) to the last (10); 35 % (95 % interval 33 % to 37 %) of the steps were by the keyboard.
}

func ExampleWorkers() {
	golden.Show(coco.Workers(madeUp()))
	// Output:
	// Annotators: precision against the number of icons
	// Each mark is one of 3 annotators with icons on images of the ground truth. Lines: the mean of all, and the limits between which 95 % and 99.8 % of annotators would lie if they differed only by chance (normal approximation to the binomial). Triangles: annotators with a flag.
}

func ExampleHITs() {
	golden.Show(coco.HITs(madeUp()))
	// Output:
	// HITs and their checks
	// Left: 18 HITs by their recall. Right: share of HITs that each check flags, with 95 % intervals and the numbers of HITs. The release has only a part of each HIT, so more HITs are flagged than were rejected during the collection.
}
