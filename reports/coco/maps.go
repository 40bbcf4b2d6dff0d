package coco

import (
	"fmt"

	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

// Maps draws where the ground truth's boxes and the icons are on the image.
func Maps(s chart.Source) chart.Figure {
	boxes, icons := s.Value("centre_bias", "gt_centres.share"), s.Value("centre_bias", "icons.share")
	noBox, noIcon := chart.Unless(boxes.N > 0, noObjects), chart.Unless(icons.N > 0, noIcons)
	if noBox != "" && s.None("counts", "images_gt") {
		noBox = noInstances
	}
	f := chart.Figure{Name: "coco-maps", Title: "Where objects and icons are", Width: 760, Height: 340,
		Statistics: []string{"centre_bias"},
		Caption:    "11 × 11 cells of the image, colours by the square root of the share.",
		Alt:        "Two maps of the image; boxes and icons are spread widely around the middle."}
	f.Describe(
		chart.Part{Where: "Left", Lack: noBox, Caption: fmt.Sprintf("the centres of %s ground-truth boxes; "+
			"the middle cell has %s.", chart.Grouped(boxes.N), chart.Percent(boxes.Value))},
		chart.Part{Where: "Right", Lack: noIcon, Caption: fmt.Sprintf("%s icons where they were last added; "+
			"the middle cell has %s.", chart.Grouped(icons.N), chart.Percent(icons.Value))})
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		centres := t.Counts("Centres of boxes", s.Histogram("centre_bias", "gt_centres"), chart.UnitTicks)
		placed := t.Counts("Icons", s.Histogram("centre_bias", "icons"), chart.UnitTicks)
		chart.Place(c, centres.On(0, 0, 0.5, 1, noBox), placed.On(0.5, 0, 0.5, 1, noIcon))
	}
	return f
}

// IconFrame draws where in its box an icon lies.
func IconFrame(s chart.Source) chart.Figure {
	n := s.Value("icon_frame", "nearest_box.mean_u").N
	return chart.FrameFigure(s, "coco-box-frame", "Where in its box an icon lies", "icon_frame",
		"icons, in the frame of the nearest box of their class",
		chart.Unless(n > 0, chart.FirstLack(truth(s), placedIcons(s), noIconOnClass)))
}
