package coco

import (
	"fmt"

	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

// Maps draws maps of box centres and of icons on the image.
func Maps(s chart.Source) chart.Figure {
	boxes, icons := s.Value("centre_bias", "gt_centres.share"), s.Value("centre_bias", "icons.share")
	noBox, noIcon := chart.Unless(boxes.N > 0, noObjects), chart.Unless(icons.N > 0, noIcons)
	if noBox != "" && s.None("counts", "images_gt") {
		noBox = noInstances
	}
	f := chart.Figure{Name: "coco-maps", Title: "Objects and icons on the image", Width: 760, Height: 340,
		Statistics: []string{"centre_bias"},
		Caption:    "The image is divided into 11 × 11 cells, coloured by the square root of the share.",
		Alt:        "Two maps of the image; boxes and icons are spread widely around the middle."}
	f.Describe(
		chart.Part{Where: "Left", Lack: noBox, Caption: fmt.Sprintf("the centres of %s ground-truth boxes; "+
			"%s of them are in the middle cell.", chart.Grouped(boxes.N), chart.Percent(boxes.Value))},
		chart.Part{Where: "Right", Lack: noIcon, Caption: fmt.Sprintf("%s icons at their last add; "+
			"%s of them are in the middle cell.", chart.Grouped(icons.N), chart.Percent(icons.Value))})
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		centres := t.Counts("Centres of boxes", s.Histogram("centre_bias", "gt_centres"), chart.UnitTicks)
		placed := t.Counts("Icons", s.Histogram("centre_bias", "icons"), chart.UnitTicks)
		chart.Place(c, centres.On(0, 0, 0.5, 1, noBox), placed.On(0.5, 0, 0.5, 1, noIcon))
	}
	return f
}

// IconFrame draws a map of icons in the frames of their boxes.
func IconFrame(s chart.Source) chart.Figure {
	n := s.Value("icon_frame", "nearest_box.mean_u").N
	return chart.FrameFigure(s, "coco-box-frame", "Position of the icon in its box", "icon_frame",
		"icons, relative to the nearest box of their class",
		chart.Unless(n > 0, chart.FirstLack(truth(s), placedIcons(s), noIconOnClass)))
}
