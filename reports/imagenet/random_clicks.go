package imagenet

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"abtool/analysis"
	"abtool/reports/chart"
)

func RandomClicks(s chart.Source) chart.Figure {
	bc, centre := s.Value("click_accuracy", "accuracy"), s.Value("centre_bias", "gt_centres.share")
	boxes, clicks := boxCentres(s), clicksOnBoxes(s, bc.N)
	always, anywhere := chart.Percent(float64(s.Value("random_clicks", "centre.bc").Value)), chart.Percent(float64(s.Value("random_clicks", "uniform.bc").Value))
	f := chart.Figure{Name: "imagenet-random-clicks", Title: "Random clicks around the centre", Width: 820, Height: 360, Statistics: []string{"centre_bias", "random_clicks", "click_accuracy"}}
	f.Describe(
		chart.Part{Where: "Left", Caption: fmt.Sprintf("centres of %s ground-truth boxes; the middle cell, 0.82 %% of the area, has %s of them.", chart.Grouped(float64(centre.N)), chart.Percent(float64(centre.Value))), Lack: boxes},
		chart.Part{Where: "Right", Caption: fmt.Sprintf("the exact probability that a click drawn from N(0.5, σ²) hits a box, mean over %s images with a box and a final click: always the centre %s, anywhere %s. The click itself hits in %s.",
			chart.Grouped(float64(bc.N)), always, anywhere, chart.WithInterval(bc)), Lack: clicks})
	f.Alt = "A map with its maximum in the middle cell."
	if clicks == "" {
		f.Alt = fmt.Sprintf("A map with its maximum in the middle cell, and a curve that falls from %s to %s as random clicks spread.", always, anywhere)
	}
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		p, scale := t.Counts("Centres of boxes", s.Histogram("centre_bias", "gt_centres"), chart.UnitTicks)
		chart.Square(c, chart.Panel{Plot: p, DX: 0.46, DY: 1, Lack: boxes}, scale)
		chart.Place(c, chart.Panel{Plot: randomClicksPlot(t, s), X: 0.46, DX: 0.54, DY: 1, Lack: clicks})
	}
	return f
}

func randomClicksPlot(t *chart.Theme, s chart.Source) *plot.Plot {
	p := t.Plot("Accuracy of random clicks", "σ, fraction of the image", "")
	chart.Logarithmic(&p.X, "")
	p.Y.Tick.Marker = chart.Percents{}
	t.Grid(p, false, true)
	x := s.Column("random_clicks", "by_sigma", "sigma")
	t.Curve(p, chart.Points{X: x, Y: s.Column("random_clicks", "by_sigma", "truncated_bc"), Low: s.Column("random_clicks", "by_sigma", "low"), High: s.Column("random_clicks", "by_sigma", "high")}, 0, "on the image")
	t.Curve(p, chart.Points{X: x, Y: s.Column("random_clicks", "by_sigma", "unclipped_bc")}, 1, "outside misses")
	t.Curve(p, chart.Points{X: x, Y: s.Column("random_clicks", "by_sigma", "clamped_bc")}, 2, "moved to the border")
	for _, l := range []struct {
		v     analysis.Value
		name  string
		above bool
	}{{s.Value("click_accuracy", "accuracy"), "annotators", true}, {s.Value("random_clicks", "centre.bc"), "always the centre", true}, {s.Value("random_clicks", "uniform.bc"), "anywhere", false}} {
		if l.v.Value.Defined() {
			p.Add(chart.Level{Y: float64(l.v.Value), Name: l.name, Theme: t, Color: t.Series[5], Above: l.above})
			p.Y.Max, p.Y.Min = max(p.Y.Max, float64(l.v.Value)+0.04), min(p.Y.Min, float64(l.v.Value)-0.04)
		}
	}
	p.Y.Min = max(0, p.Y.Min)
	p.Legend.Left = true
	return p
}
