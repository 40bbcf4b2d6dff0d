package imagenet_test

import (
	"testing"

	"abtool/analysis/result"
	"abtool/reports/chart"
	"abtool/reports/imagenet"
	"abtool/reports/internal/golden"
)

// madeUp returns statistics as analysis.Run computes them of a store, with made-up numbers.
func madeUp() chart.Source {
	return chart.NewSource(&result.DataSet{Name: "imagenet", Statistics: []result.Statistic{
		{Name: "click_accuracy", Values: []result.Value{golden.Share("accuracy", 0.8, 1200)}},
		{Name: "centre_bias", Values: []result.Value{golden.Share("gt_centres.share", 0.12, 900), golden.Share("clicks.share", 0.1, 1200)},
			Histograms: []result.Histogram{golden.Map("gt_centres", unit, 5, 5, 90), golden.Map("clicks", unit, 5, 4, 80)}},
		{Name: "random_clicks", Values: []result.Value{golden.Share("centre.bc", 0.7, 1200), golden.Share("uniform.bc", 0.3, 1200)},
			Tables: []result.Table{golden.Table("by_sigma", []string{"sigma", "truncated_bc", "low", "high", "unclipped_bc", "clamped_bc"},
				[]any{0.1, 0.68, 0.66, 0.7, 0.67, 0.65}, []any{0.3, 0.52, 0.5, 0.54, 0.4, 0.45}, []any{1.0, 0.35, 0.33, 0.37, 0.15, 0.2})}},
		{Name: "accuracy_maps", Histograms: []result.Histogram{
			golden.Map("by_gt_cell_n", unit, 5, 5, 90), golden.Map("by_gt_cell_hits", unit, 5, 5, 70),
			golden.Map("by_click_cell_n", unit, 5, 4, 80), golden.Map("by_click_cell_hits", unit, 5, 5, 60)}},
		{Name: "last_samples", Tables: []result.Table{
			golden.Accuracies("last_n", "n_before", 1, 0.78, 0.72, 0.61, 0.5), golden.Accuracies("last_n_segment", "n_before", 1, 0.79, 0.75, 0.66)}},
		{Name: "trace_quantiles", Values: []result.Value{golden.Share("accuracy.0", 0.2, 800), golden.Share("accuracy.9", 0.77, 800)},
			Tables: []result.Table{golden.Accuracies("samples", "tenth", 0, way...)}},
		{Name: "time_quantiles", Tables: []result.Table{golden.Accuracies("samples", "tenth", 0, way...)}},
		{Name: "box_frame", Values: frame, Histograms: []result.Histogram{golden.Map("nearest_box_map", around, 5, 5, 60)}},
		{Name: "timing", Values: []result.Value{golden.Value("time_to_click.median", 850, 1000), golden.Value("estimate_time.median", 400, 1500)},
			Tables: []result.Table{golden.Bins("time_to_click", 100, 10, 60, 200, 120, 20), golden.Bins("estimate_time", 100, 90, 150, 60, 20, 5),
				golden.Bins("speed", 50, 5, 40, 90, 30), golden.Accuracies("by_visits", "visits", 1, 0.82, 0.78, 0.7, 0.64, 0.6)}},
		{Name: "mouse_measures", Tables: []result.Table{golden.Table("velocity_profile",
			[]string{"tenth", "speed_hit", "hit_low", "hit_high", "speed_miss", "miss_low", "miss_high"},
			[]any{0, 300.0, 280.0, 320.0, 340.0, 300.0, 380.0}, []any{4, 420.0, 400.0, 440.0, 460.0, 420.0, 500.0},
			[]any{9, 90.0, 80.0, 100.0, 140.0, 110.0, 170.0})}},
		{Name: "workers", Values: []result.Value{golden.Value("workers", 4, 4)},
			Tables: []result.Table{golden.Table("by_worker", []string{"boxed", "accuracy", "flag_centre", "flag_rush", "flag_bot"},
				[]any{20, 0.9, false, false, false}, []any{150, 0.82, false, false, false},
				[]any{400, 0.45, true, false, false}, []any{900, 0.79, false, false, false})}},
		{Name: "hits", Values: []result.Value{golden.Value("hits", 40, 40), golden.Share("low_recall", 0.1, 40),
			golden.Share("few_selected", 0.05, 40), golden.Share("few_pages", 0.2, 40), golden.Share("flagged", 0.3, 40)},
			Tables: []result.Table{golden.Table("by_hit", []string{"recall"}, []any{0.5}, []any{0.7}, []any{0.72}, []any{0.9}, []any{1.0})}},
		{Name: "calibration", Values: []result.Value{golden.Share("accuracy_gain.shift", 0.0123, 1100),
			golden.Share("accuracy.before", 0.8, 1100), golden.Share("accuracy.shift", 0.81, 1100), golden.Share("accuracy.linear", 0.82, 1100),
			golden.Share("off_centre.before", 0.6, 300), golden.Share("off_centre.shift", 0.61, 300), golden.Share("off_centre.linear", 0.58, 300)},
			Histograms: []result.Histogram{golden.Map("frame_before", around, 5, 5, 60), golden.Map("frame_shift", around, 5, 6, 60)}},
		{Name: "difficulty", Values: []result.Value{golden.Share("auc_within", 0.57, 700)},
			Tables: []result.Table{golden.Table("by_time", []string{"from", "accuracy", "low", "high", "n"},
				[]any{0.0, 0.75, 0.7, 0.8, 200}, []any{500.0, 0.85, 0.8, 0.9, 600}, []any{2000.0, 0.7, 0.6, 0.8, 100}),
				golden.Accuracies("by_fifth", "fifth", 1, 0.84, 0.82, 0.8, 0.78, 0.7)}},
		{Name: "extent", Values: []result.Value{golden.Share("whole_image", 0.38, 1000), golden.Share("mean_box", 0.31, 1000),
			golden.Share("box_iou.5", 0.05, 900), golden.Share("box_iou.all", 0.15, 900)},
			Tables: []result.Table{golden.Table("by_window", []string{"samples"}, []any{"5"}, []any{"all"})}},
		{Name: "scanning", Values: []result.Value{golden.Value("pages", 60, 60), golden.Share("pairs_in_order.serpentine", 0.74, 900),
			golden.Share("pairs_in_order.rows", 0.66, 900), golden.Share("pairs_in_order.columns", 0.52, 900)},
			Tables: []result.Table{golden.Table("by_step", []string{"share", "low", "high"}, []any{0.45, 0.43, 0.47}, []any{0.1, 0.08, 0.12},
				[]any{0.2, 0.18, 0.22}, []any{0.15, 0.13, 0.17}, []any{0.1, 0.08, 0.12})}},
	}})
}

var (
	unit, around = [2]float64{0, 1}, [2]float64{-1, 2} // of the image, of the frame of a box
	way          = []float64{0.2, 0.22, 0.26, 0.32, 0.4, 0.5, 0.6, 0.68, 0.74, 0.77}
	frame        = []result.Value{golden.Value("nearest_box.mean_u", 0.49, 1100), golden.Value("nearest_box.mean_v", 0.52, 1100),
		golden.Value("nearest_box.median_u", 0.5, 1100), golden.Value("nearest_box.median_v", 0.51, 1100)}
)

// Every figure looks as it did, of made-up statistics.
func TestGolden(t *testing.T) {
	for _, figure := range imagenet.Figures {
		golden.Check(t, figure(madeUp()))
	}
}

func ExampleRandomClicks() {
	golden.Show(imagenet.RandomClicks(madeUp()))
	// Output:
	// Random clicks around the centre
	// Left: centres of 900 ground-truth boxes; 12 % of them are in the middle cell, which is 0.82 % of the area. Right: the probability that a random click hits a box, as a mean over 1,200 images with a box and a final click. The clicks are normally distributed around the centre, with standard deviation σ. Those that would fall outside of the image are drawn again, miss, or are moved to the border. Always clicking the centre hits 70 %, clicking anywhere 30 %, the final click 80 % (95 % interval 78 % to 82 %).
}

func ExampleMaps() {
	golden.Show(imagenet.Maps(madeUp()))
	// Output:
	// Boxes and clicks on the image, and the accuracy of clicks by place
	// The image is divided into 11 × 11 cells. Above, left: share of the centres of 900 boxes (coloured by the square root of the share). Above, right: share of 1,200 final clicks. Below, left: accuracy of the click by the cell of the box's centre; grey cells have fewer than 5. Below, right: accuracy by the cell of the click.
}

func ExampleAlongTrace() {
	golden.Show(imagenet.AlongTrace(madeUp()))
	// Output:
	// Accuracy of mouse samples on the way to the click
	// Share of mouse samples that lie in a box, over images with a box and a final click. Left: the N-th sample before the click, among all samples and among those since the pointer entered the image. Middle: by tenth of the samples from entering the image to the click; 20 % in the first tenth and 77 % in the last. Right: by tenth of the time. Bands: 95 % intervals by resampling annotators.
}

func ExampleBoxFrame() {
	golden.Show(imagenet.BoxFrame(madeUp()))
	// Output:
	// Position of the click in its box
	// 1,100 final clicks, relative to the nearest box, which is the square from 0 to 1. 0 of them lie outside of the map. Cross: mean (0.490, 0.520). Ring: median (0.500, 0.510). Cells are coloured by the square root of the share.
}

func ExampleTimes() {
	golden.Show(imagenet.Times(madeUp()))
	// Output:
	// Time to the click, and speed of the pointer
	// Left: time from the last entry to the click of 1,000 selected showings (median 850 ms). Outline: time that the pointer was over the image, of 1,500 showings. Middle: mean speed of the pointer from entering to the click. Right: speed along the way, of clicks that hit and clicks that miss, with 95 % intervals.
}

func ExampleWorkers() {
	golden.Show(imagenet.Workers(madeUp()))
	// Output:
	// Annotators: accuracy against the number of clicks
	// Each mark is one of 4 annotators with clicks on images with a box. Lines: the mean of all, and the limits between which 95 % and 99.8 % of annotators would lie if they differed only by chance (normal approximation to the binomial). Triangles: annotators with a flag (clicks the centre, rushes, or has bot-like traces).
}

func ExampleHITs() {
	golden.Show(imagenet.HITs(madeUp()))
	// Output:
	// HITs and their checks
	// Left: 40 HITs by their recall. Right: share of HITs that each check flags, with 95 % intervals and the numbers of HITs. The release has only a part of each HIT, so more HITs are flagged than were rejected during the collection.
}

func ExampleHesitation() {
	golden.Show(imagenet.Hesitation(madeUp()))
	// Output:
	// Hesitation: number of times the pointer entered the image before the click
	// Accuracy of the last click of a showing by the number of entries at or before it, with the number of clicks. Lines: 95 % intervals by resampling annotators.
}

func ExampleCalibration() {
	golden.Show(imagenet.Calibration(madeUp()))
	// Output:
	// Correcting the bias of clicks
	// A correction is fitted on one half of the annotators and applied to the clicks of the other half, 1,100 clicks in all. The shift subtracts the median displacement from the centre of the box; linear predicts the centre by least squares. Left: accuracy before and after, over all images, and over images whose centre is in no box (off centre). Right: clicks relative to the box, which is the square, before and after the shift. The shift changes accuracy by +1.23 percentage points.
}

func ExampleDifficulty() {
	golden.Show(imagenet.Difficulty(madeUp()))
	// Output:
	// Difficulty: accuracy against the time to the click
	// Left: accuracy by the time from entering to the click. Right: accuracy by fifths of each annotator's clicks, from the quickest to the slowest. This removes differences between annotators, some of whom are slow and careful. The miss took longer in 57 % (95 % interval 55 % to 59 %) of the pairs of a miss and a hit of one annotator.
}

func ExampleExtent() {
	golden.Show(imagenet.Extent(madeUp()))
	// Output:
	// Extent of the object from the samples before the click
	// Mean intersection over union of the nearest box and the bounding box of the click and the last samples, by the number of samples used. For comparison: 38 % for the whole image, 31 % for a box of mean size around the click.
}

func ExampleScanning() {
	golden.Show(imagenet.Scanning(madeUp()))
	// Output:
	// The order of clicks on a page
	// 60 pages with five or more clicks. Left: share of pairs of clicks whose order follows the layout; by chance it is one half. Right: where the next click is, seen from the last one (near: at most one column aside). Lines: 95 % intervals.
}
