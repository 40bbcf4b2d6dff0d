package chart

import (
	"fmt"

	"gonum.org/v1/plot/vg/draw"
)

// FrameFigure returns a figure with a map of points in the frames of their boxes, and their mean and median.
// It shows the histogram and the values nearest_box of the statistic. what describes the points, and without
// is what the store lacks.
func FrameFigure(s Source, name, title, statistic, what string, without Lack) Figure {
	h := s.Histogram(statistic, "nearest_box_map")
	u, v := s.Value(statistic, "nearest_box.mean_u"), s.Value(statistic, "nearest_box.mean_v")
	medianU, medianV := s.Value(statistic, "nearest_box.median_u"), s.Value(statistic, "nearest_box.median_v")
	f := Figure{Name: name, Title: title, Width: 520, Height: 440, Statistics: []string{statistic}}
	if h == nil {
		return f
	}
	f.Describe(Part{Lack: without, Caption: fmt.Sprintf("%s %s, which is the square from 0 to 1. "+
		"%s of them lie outside of the map. Cross: mean (%s, %s). Ring: median (%s, %s). "+
		"Cells are coloured by the square root of the share.", Grouped(u.N), what, Grouped(h.Outside),
		Decimal(u.Value, 3), Decimal(v.Value, 3), Decimal(medianU.Value, 3), Decimal(medianV.Value, 3))})
	f.Alt = fmt.Sprintf("A map of points around a square, which is the box; the median is at (%s, %s).",
		Decimal(medianU.Value, 2), Decimal(medianV.Value, 2))
	f.Draw = func(t *Theme, c draw.Canvas) {
		q := t.Counts("", h, BoxTicks)
		t.AddBox(q.Plot)
		q.Plot.Add(crossAt{float64(u.Value), float64(v.Value), t.Series[1]})
		x, y := []float64{float64(medianU.Value)}, []float64{-float64(medianV.Value)}
		t.Dots(q.Plot, x, y, t.Series[1], 6, Ring{1.4}, "")
		Place(c, q.On(0, 0, 1, 1, ""))
	}
	return f
}
