package imagenet

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

// Calibration draws the accuracy before and after the bias of clicks is corrected, and maps of clicks in the
// frame of the box before and after.
func Calibration(s chart.Source) chart.Figure {
	gain := s.Value("calibration", "accuracy_gain.shift")
	f := chart.Figure{Name: "imagenet-calibration", Title: "Correcting the bias of clicks", Width: 900, Height: 360,
		Statistics: []string{"calibration"},
		Alt: "Bars of accuracy before and after two corrections, and two maps of clicks in the frame of the box, before " +
			"and after the shift."}
	f.Describe(chart.Part{Lack: clicksOnBoxes(s, gain.N), Caption: fmt.Sprintf("A correction is fitted on one half "+
		"of the annotators and applied to the clicks of the other half, %s clicks in all. The shift subtracts the median "+
		"displacement from the centre of the box; linear predicts the centre by least squares. Left: accuracy before and after, "+
		"over all images, and over images whose centre is in no box (off centre). Right: clicks relative to the box, which is the "+
		"square, before and after the shift. The shift changes accuracy by %s percentage points.",
		chart.Grouped(gain.N), chart.Signed(100*gain.Value))})
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		before := t.Counts("before", s.Histogram("calibration", "frame_before"), chart.BoxTicks)
		shifted := t.Counts("after the shift", s.Histogram("calibration", "frame_shift"), chart.BoxTicks)
		t.AddBox(before.Plot)
		t.AddBox(shifted.Plot)
		chart.Place(c, chart.Panel{Plot: calibrationBars(t, s), DX: 0.36, DY: 1},
			before.On(0.38, 0, 0.31, 1, ""), shifted.On(0.69, 0, 0.31, 1, ""))
	}
	return f
}

func calibrationBars(t *chart.Theme, s chart.Source) *plot.Plot {
	var bars []chart.Row
	for _, group := range []struct{ name, title string }{{"accuracy", "all"}, {"off_centre", "off centre"}} {
		for _, model := range []string{"before", "shift", "linear"} {
			v := s.Value("calibration", group.name+"."+model)
			bars = append(bars, chart.RowOf(group.title+", "+model, chart.Percent(v.Value), v))
		}
	}
	fill := func(i int) color.NRGBA { return t.Series[i%3] }
	return t.Rows("", "accuracy", chart.Rows{Bars: bars, Reserve: 0.3, Fill: fill})
}
