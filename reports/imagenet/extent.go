package imagenet

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"abtool/analysis"
	"abtool/reports/chart"
)

func Extent(s chart.Source) chart.Figure {
	whole := s.Value("extent", "whole_image")
	f := chart.Figure{Name: "imagenet-extent", Title: "The object's extent from the samples before the click", Width: 640, Height: 300, Statistics: []string{"extent"},
		Alt: "Bars: samples tell little of the extent; a box of the mean size around the click tells more, the whole image most."}
	f.Describe(chart.Part{Caption: fmt.Sprintf("Mean intersection over union with the nearest box, of the bounding box of the last samples and the click, by how many samples are used. For comparison: the whole image %s, a box of the mean size around the click %s.", chart.Percent(float64(whole.Value)), chart.Percent(float64(s.Value("extent", "mean_box").Value))),
		Lack: chart.Unless(whole.N > 0, chart.FirstLack(clicksOnBoxes(s, s.Value("click_accuracy", "accuracy").N), noWay))})
	f.Draw = func(t *chart.Theme, c draw.Canvas) { chart.Place(c, chart.Panel{Plot: extentBars(t, s), DX: 1, DY: 1}) }
	return f
}

func extentBars(t *chart.Theme, s chart.Source) *plot.Plot {
	var names, notes []string
	var values, low, high []float64
	add := func(name string, v analysis.Value) {
		names, values, notes = append(names, name), append(values, float64(v.Value)), append(notes, chart.Percent(float64(v.Value))+", n = "+chart.Grouped(float64(v.N)))
		l, h := math.NaN(), math.NaN()
		if v.Interval != nil {
			l, h = v.Interval.Low, v.Interval.High
		}
		low, high = append(low, l), append(high, h)
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
	p := t.Rows("", "mean intersection over union", chart.Rows{Names: names, Notes: notes, Values: values, Low: low, High: high, Reserve: 0.3, Fill: func(i int) color.NRGBA {
		if i >= len(names)-2 {
			return t.Series[5]
		}
		return t.Series[0]
	}})
	p.X.Tick.Marker = chart.Percents{}
	return p
}
