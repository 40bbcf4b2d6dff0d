package imagenet

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"

	"abtool/analysis/result"
	"abtool/reports/chart"
)

// Extent draws the overlap between the bounding box of the last samples and the object's box.
func Extent(s chart.Source) chart.Figure {
	whole := s.Value("extent", "whole_image")
	f := chart.Figure{Name: "imagenet-extent", Title: "Extent of the object from the samples before the click",
		Width: 640, Height: 300, Statistics: []string{"extent"},
		Alt: "Bars of the mean intersection over union for several numbers of samples, for a box of mean size " +
			"around the click, and for the whole image."}
	f.Describe(chart.Part{Caption: fmt.Sprintf("Mean intersection over union of the nearest box and the bounding box of "+
		"the click and the last samples, by the number of samples used. For comparison: %s for the whole image, %s for a "+
		"box of mean size around the click.", chart.Percent(whole.Value),
		chart.Percent(s.Value("extent", "mean_box").Value)),
		Lack: chart.Unless(whole.N > 0, chart.FirstLack(boxedClicks(s), noWay))})
	f.Draw = chart.Whole(func(t *chart.Theme) *plot.Plot { return extentBars(t, s) })
	return f
}

func extentBars(t *chart.Theme, s chart.Source) *plot.Plot {
	var bars []chart.Row
	add := func(name string, v result.Value) {
		bars = append(bars, chart.RowOf(name, chart.Percent(v.Value)+", n = "+chart.Grouped(v.N), v))
	}
	for _, w := range s.Texts("extent", "by_window", "samples") {
		name := "last " + w
		if w == "all" {
			name = "all since entering"
		}
		add(name, s.Value("extent", "box_iou."+w))
	}
	add("mean box at the click", s.Value("extent", "mean_box"))
	add("whole image", s.Value("extent", "whole_image"))
	fill := func(i int) color.NRGBA {
		if i >= len(bars)-2 {
			return t.Series[5]
		}
		return t.Series[0]
	}
	return t.Rows("", "mean intersection over union", chart.Rows{Bars: bars, Reserve: 0.3, Fill: fill})
}
