package imagenet

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

// fewInCell is the least number of units for which a cell of a map of accuracies is drawn.
const fewInCell = 5

// Maps draws maps of box centres and clicks on the image, and of the accuracy by cell.
func Maps(s chart.Source) chart.Figure {
	boxes, shown := boxCentres(s), s.Value("centre_bias", "clicks.share")
	clicks := chart.Unless(shown.N > 0, noClicks)
	byBox, byClick := fewClicks(s, "by_gt_cell_n"), fewClicks(s, "by_click_cell_n")
	f := chart.Figure{Name: "imagenet-maps", Title: "Boxes and clicks on the image, and the accuracy of " +
		"clicks by place",
		Width: 760, Height: 640, Statistics: []string{"centre_bias", "accuracy_maps"},
		Caption: "The image is divided into 11 × 11 cells.",
		Alt: "Four maps of the image: box centres, clicks, accuracy by the box's centre, and accuracy by the " +
			"click."}
	f.Describe(
		chart.Part{Where: "Above, left", Lack: boxes, Caption: fmt.Sprintf("share of the centres of %s boxes "+
			"(coloured by the square root of the share).",
			chart.Grouped(s.Value("centre_bias", "gt_centres.share").N))},
		chart.Part{Where: "Above, right", Lack: clicks,
			Caption: fmt.Sprintf("share of %s final clicks.", chart.Grouped(shown.N))},
		chart.Part{Where: "Below, left", Lack: byBox,
			Caption: fmt.Sprintf("accuracy of the click by the cell of the "+
				"box's centre; grey cells have fewer than %d.", fewInCell)},
		chart.Part{Where: "Below, right", Lack: byClick, Caption: "accuracy by the cell of the click."})
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		counts := func(title, name string) chart.Panel {
			return t.Counts(title, s.Histogram("centre_bias", name), chart.UnitTicks)
		}
		ratios := func(title, cell string) chart.Panel {
			n, hits := s.Histogram("accuracy_maps", cell+"_n"), s.Histogram("accuracy_maps", cell+"_hits")
			return t.Ratios(title, n, hits, chart.UnitTicks, fewInCell)
		}
		chart.Place(c, counts("Centres of boxes", "gt_centres").On(0, 0, 0.5, 0.5, boxes),
			counts("Final clicks", "clicks").On(0.5, 0, 0.5, 0.5, clicks),
			ratios("Accuracy by the box's centre", "by_gt_cell").On(0, 0.5, 0.5, 0.5, byBox),
			ratios("Accuracy by the click", "by_click_cell").On(0.5, 0.5, 0.5, 0.5, byClick))
	}
	return f
}

// fewClicks returns what the store lacks for a map of accuracies whose clicks the named histogram counts.
func fewClicks(s chart.Source, name string) chart.Lack {
	n := int64(0)
	if h := s.Histogram("accuracy_maps", name); h != nil {
		for _, row := range h.Counts {
			n = max(n, slices.Max(row))
		}
	}
	switch {
	case n >= fewInCell:
		return ""
	case n > 0:
		return noFewClicks
	}
	return clicksOnBoxes(s, 0)
}

// BoxFrame draws a map of final clicks in the frames of their boxes.
func BoxFrame(s chart.Source) chart.Figure {
	n := s.Value("box_frame", "nearest_box.mean_u").N
	return chart.FrameFigure(s, "imagenet-box-frame", "Position of the click in its box", "box_frame",
		"final clicks, relative to the nearest box", clicksOnBoxes(s, n))
}
