package imagenet

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

func Calibration(s chart.Source) chart.Figure {
	gain := s.Value("calibration", "accuracy_gain.shift")
	f := chart.Figure{Name: "imagenet-calibration", Title: "Taking the click's bias away", Width: 900, Height: 360, Statistics: []string{"calibration"},
		Alt: "Bars of accuracy before and after two calibrations, and two maps of clicks in the frame of the box, which hardly differ."}
	f.Describe(chart.Part{Caption: fmt.Sprintf("What is fitted on one half of the annotators is applied to the clicks of the other, %s clicks in all. Left: accuracy, of all images and of those whose centre is in no box. Right: clicks in the frame of the box as they are and less their median displacement; the square is the box. The shift changes accuracy by %s percentage points.", chart.Grouped(float64(gain.N)), chart.Signed(100*float64(gain.Value))),
		Lack: clicksOnBoxes(s, gain.N)})
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		chart.Place(c, chart.Panel{Plot: calibrationBars(t, s), DX: 0.36, DY: 1})
		a, as := t.Counts("before", s.Histogram("calibration", "frame_before"), []float64{-1, 0, 1, 2})
		b, bs := t.Counts("less the shift", s.Histogram("calibration", "frame_shift"), []float64{-1, 0, 1, 2})
		for _, p := range []*plot.Plot{a, b} {
			p.Add(t.Box())
		}
		chart.Square(c, chart.Panel{Plot: a, X: 0.38, DX: 0.31, DY: 1}, as)
		chart.Square(c, chart.Panel{Plot: b, X: 0.69, DX: 0.31, DY: 1}, bs)
	}
	return f
}

func calibrationBars(t *chart.Theme, s chart.Source) *plot.Plot {
	var names, notes []string
	var values, low, high []float64
	for _, group := range []struct{ name, title string }{{"accuracy", "all"}, {"off_centre", "off centre"}} {
		for _, model := range []string{"before", "shift", "linear"} {
			v := s.Value("calibration", group.name+"."+model)
			names = append(names, group.title+", "+model)
			values, notes = append(values, float64(v.Value)), append(notes, chart.Percent(float64(v.Value)))
			l, h := math.NaN(), math.NaN()
			if v.Interval != nil {
				l, h = v.Interval.Low, v.Interval.High
			}
			low, high = append(low, l), append(high, h)
		}
	}
	p := t.Rows("", "accuracy", chart.Rows{Names: names, Notes: notes, Values: values, Low: low, High: high, Reserve: 0.3, Fill: func(i int) color.NRGBA { return t.Series[i%3] }})
	p.X.Tick.Marker = chart.Percents{}
	return p
}
