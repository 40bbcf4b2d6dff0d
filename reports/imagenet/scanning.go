package imagenet

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

func Scanning(s chart.Source) chart.Figure {
	pages := s.Value("scanning", "pages")
	f := chart.Figure{Name: "imagenet-scanning", Title: "The order of clicks on a page", Width: 820, Height: 300, Statistics: []string{"scanning"},
		Alt: fmt.Sprintf("Bars: %s of the pairs follow a serpentine.", chart.Percent(float64(s.Value("scanning", "pairs_in_order.serpentine").Value)))}
	f.Describe(chart.Part{Caption: fmt.Sprintf("%s pages with five or more clicks. Left: pairs of clicks whose order follows the layout; half of them would by chance. Right: where the next click is.", chart.Grouped(float64(pages.Value))),
		Lack: chart.Unless(pages.Value > 0, noOrder)})
	f.Draw = func(t *chart.Theme, c draw.Canvas) { drawScanning(t, c, s) }
	return f
}

func drawScanning(t *chart.Theme, c draw.Canvas, s chart.Source) {
	var names, notes []string
	var values, low, high []float64
	for _, o := range []struct{ name, title string }{{"serpentine", "serpentine"}, {"rows", "row by row"}, {"columns", "column by column"}} {
		v := s.Value("scanning", "pairs_in_order."+o.name)
		names, values, notes = append(names, o.title), append(values, float64(v.Value)), append(notes, chart.Percent(float64(v.Value)))
		l, h := math.NaN(), math.NaN()
		if v.Interval != nil {
			l, h = v.Interval.Low, v.Interval.High
		}
		low, high = append(low, l), append(high, h)
	}
	p := t.Rows("", "pairs in that order", chart.Rows{Names: names, Notes: notes, Values: values, Low: low, High: high, Reserve: 0.2})
	p.X.Tick.Marker = chart.Percents{}
	p.Add(chart.Upright{X: 0.5, Name: "chance", Theme: t, Color: t.Series[5]})
	q := t.Rows("", "share of steps", chart.Rows{Names: []string{"along the row", "back in the row", "next row, near", "next row, far", "elsewhere"}, Notes: chart.PercentsOf(s.Column("scanning", "by_step", "share")),
		Values: s.Column("scanning", "by_step", "share"), Low: s.Column("scanning", "by_step", "low"), High: s.Column("scanning", "by_step", "high"), Reserve: 0.2})
	q.X.Tick.Marker = chart.Percents{}
	chart.Place(c, chart.Panel{Plot: p, DX: 0.5, DY: 1}, chart.Panel{Plot: q, X: 0.5, DX: 0.5, DY: 1})
}
