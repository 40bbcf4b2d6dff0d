package coco

import (
	"fmt"

	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

func Maps(s chart.Source) chart.Figure {
	boxes, icons := s.Value("centre_bias", "gt_centres.share"), s.Value("centre_bias", "icons.share")
	noBox, noIcon := chart.Unless(boxes.N > 0, chart.Unless(!s.None("counts", "images_gt"), noInstances)), chart.Unless(icons.N > 0, noIcons)
	if boxes.N == 0 && noBox == "" {
		noBox = noObjects
	}
	f := chart.Figure{Name: "coco-maps", Title: "Where objects and icons are", Width: 760, Height: 340, Statistics: []string{"centre_bias"},
		Caption: "11 × 11 cells of the image, colours by the square root of the share.",
		Alt:     "Two maps of the image; boxes and icons are spread widely around the middle."}
	f.Describe(
		chart.Part{Where: "Left", Caption: fmt.Sprintf("the centres of %s ground-truth boxes; the middle cell has %s.", chart.Grouped(float64(boxes.N)), chart.Percent(float64(boxes.Value))), Lack: noBox},
		chart.Part{Where: "Right", Caption: fmt.Sprintf("%s icons where they were last added; the middle cell has %s.", chart.Grouped(float64(icons.N)), chart.Percent(float64(icons.Value))), Lack: noIcon})
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		a, as := t.Counts("Centres of boxes", s.Histogram("centre_bias", "gt_centres"), chart.UnitTicks)
		b, bs := t.Counts("Icons", s.Histogram("centre_bias", "icons"), chart.UnitTicks)
		chart.Square(c, chart.Panel{Plot: a, DX: 0.5, DY: 1, Lack: noBox}, as)
		chart.Square(c, chart.Panel{Plot: b, X: 0.5, DX: 0.5, DY: 1, Lack: noIcon}, bs)
	}
	return f
}

func IconFrame(s chart.Source) chart.Figure {
	n := s.Value("icon_frame", "nearest_box.mean_u").N
	return chart.FrameFigure(s, "coco-box-frame", "Where in its box an icon lies", "icon_frame", "icons, in the frame of the nearest box of their class",
		chart.Unless(n > 0, chart.FirstLack(truth(s), placedIcons(s), noIconOnClass)))
}
