package chart

import (
	"fmt"

	"gonum.org/v1/plot/vg/draw"
)

// FrameFigure is a map of points in the frame of their boxes.
func FrameFigure(s Source, name, title, statistic, what string, without Lack) Figure {
	h := s.Histogram(statistic, "nearest_box_map")
	u, v := s.Value(statistic, "nearest_box.mean_u"), s.Value(statistic, "nearest_box.mean_v")
	medianU, medianV := s.Value(statistic, "nearest_box.median_u"), s.Value(statistic, "nearest_box.median_v")
	f := Figure{Name: name, Title: title, Width: 520, Height: 440, Statistics: []string{statistic}}
	if h == nil {
		return f
	}
	f.Describe(Part{"", fmt.Sprintf("%s %s; the square is the box, v points down. %s lie outside of the map. Cross: mean (%s, %s); ring: median (%s, %s). Colours by the square root of the share.",
		Grouped(float64(u.N)), what, Grouped(float64(h.Outside)), Decimal(u, 3), Decimal(v, 3), Decimal(medianU, 3), Decimal(medianV, 3)), without})
	f.Alt = fmt.Sprintf("A map around a square; the points gather in the square, their median is at (%s, %s).", Decimal(medianU, 2), Decimal(medianV, 2))
	f.Draw = func(t *Theme, c draw.Canvas) {
		p, scale := t.Counts("", h, []float64{-1, 0, 1, 2})
		p.Add(t.Box())
		p.Add(crossAt{float64(u.Value), float64(v.Value), t.Series[1]})
		t.Dots(p, []float64{float64(medianU.Value)}, []float64{-float64(medianV.Value)}, t.Series[1], 6, draw.RingGlyph{}, "")
		Square(c, Panel{p, 0, 0, 1, 1, ""}, scale)
	}
	return f
}
