package imagenet

import (
	"fmt"

	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

// Scanning draws how well the order of clicks on a page follows its layout.
func Scanning(s chart.Source) chart.Figure {
	pages := s.Value("scanning", "pages")
	f := chart.Figure{Name: "imagenet-scanning", Title: "The order of clicks on a page", Width: 820, Height: 300,
		Statistics: []string{"scanning"},
		Alt: fmt.Sprintf("Bars of the share of pairs of clicks that follow each order (serpentine: %s), "+
			"and of the kinds of steps.",
			chart.Percent(s.Value("scanning", "pairs_in_order.serpentine").Value))}
	f.Describe(chart.Part{Caption: fmt.Sprintf("%s pages with five or more clicks. Left: share of pairs of "+
		"clicks whose order follows the layout; by chance it is one half. Right: where the next click is, seen from "+
		"the last one (near: at most one column aside). Lines: 95 %% intervals.", chart.Grouped(pages.Value)),
		Lack: chart.Unless(pages.Value > 0, noOrder)})
	f.Draw = func(t *chart.Theme, c draw.Canvas) { drawScanning(t, c, s) }
	return f
}

func drawScanning(t *chart.Theme, c draw.Canvas, s chart.Source) {
	var orders []chart.Row
	for _, o := range []struct{ name, title string }{
		{"serpentine", "serpentine"}, {"rows", "row by row"}, {"columns", "column by column"},
	} {
		v := s.Value("scanning", "pairs_in_order."+o.name)
		orders = append(orders, chart.RowOf(o.title, chart.Percent(v.Value), v))
	}
	p := t.Rows("", "pairs in that order", chart.Rows{Bars: orders, Reserve: 0.2})
	t.Upright(p, 0.5, "chance", t.Series[5])
	steps := s.Rows("scanning", "by_step", "share", []string{"along the row", "back in the row", "next row, near",
		"next row, far", "elsewhere"}, "share", chart.Percent[float64])
	q := t.Rows("", "share of steps", chart.Rows{Bars: steps, Reserve: 0.2})
	chart.Place(c, chart.Panel{Plot: p, DX: 0.5, DY: 1}, chart.Panel{Plot: q, X: 0.5, DX: 0.5, DY: 1})
}
