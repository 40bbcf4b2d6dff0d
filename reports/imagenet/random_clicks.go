package imagenet

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

// RandomClicks draws a map of box centres and the accuracy of random clicks around the centre of the image.
func RandomClicks(s chart.Source) chart.Figure {
	bc, centre := s.Value("click_accuracy", "accuracy"), s.Value("centre_bias", "gt_centres.share")
	boxes, clicks := boxCentres(s), clicksOnBoxes(s, bc.N)
	always := chart.Percent(s.Value("random_clicks", "centre.bc").Value)
	anywhere := chart.Percent(s.Value("random_clicks", "uniform.bc").Value)
	f := chart.Figure{Name: "imagenet-random-clicks", Title: "Random clicks around the centre",
		Width: 820, Height: 360,
		Statistics: []string{"centre_bias", "random_clicks", "click_accuracy"}}
	f.Describe(
		chart.Part{Where: "Left", Lack: boxes,
			Caption: fmt.Sprintf("centres of %s ground-truth boxes; %s of them are in the middle "+
				"cell, which is 0.82 %% of the area.", chart.Grouped(centre.N), chart.Percent(centre.Value))},
		chart.Part{Where: "Right", Lack: clicks, Caption: fmt.Sprintf("the probability that a random click "+
			"hits a box, as a mean over %s images with a box and a final click. The clicks are normally distributed around the "+
			"centre, with standard deviation σ. Those that would fall outside of the image are drawn "+
			"again, miss, or are moved to "+
			"the border. Always clicking the centre hits %s, clicking anywhere %s, the final click %s.",
			chart.Grouped(bc.N), always, anywhere, chart.WithInterval(bc))})
	f.Alt = "A map of box centres on the image."
	if clicks == "" {
		f.Alt = fmt.Sprintf("A map of box centres on the image, and curves of accuracy from %s to %s as random "+
			"clicks spread.", always, anywhere)
	}
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		centres := t.Counts("Centres of boxes", s.Histogram("centre_bias", "gt_centres"), chart.UnitTicks)
		chart.Place(c, centres.On(0, 0, 0.46, 1, boxes),
			chart.Panel{Plot: randomClicksPlot(t, s), X: 0.46, DX: 0.54, DY: 1, Lack: clicks})
	}
	return f
}

func randomClicksPlot(t *chart.Theme, s chart.Source) *plot.Plot {
	p := t.Plot("Accuracy of random clicks", "σ, fraction of the image", "")
	chart.Logarithmic(&p.X, "")
	p.Y.Tick.Marker = chart.Percents{}
	t.Grid(p, false, true)
	curve := func(y, low, high string) chart.Points {
		return s.Points("random_clicks", "by_sigma", "sigma", y, low, high)
	}
	t.Curve(p, curve("truncated_bc", "low", "high"), 0, "on the image")
	t.Curve(p, curve("unclipped_bc", "", ""), 1, "outside misses")
	t.Curve(p, curve("clamped_bc", "", ""), 2, "moved to the border")
	for _, l := range []struct {
		statistic, value, name string
		above                  bool
	}{
		{"click_accuracy", "accuracy", "annotators", true},
		{"random_clicks", "centre.bc", "always the centre", true},
		{"random_clicks", "uniform.bc", "anywhere", false},
	} {
		if v := s.Value(l.statistic, l.value).Value; v.Defined() {
			t.Level(p, float64(v), l.name, t.Series[5], l.above)
			p.Y.Max, p.Y.Min = max(p.Y.Max, float64(v)+0.04), min(p.Y.Min, float64(v)-0.04)
		}
	}
	p.Y.Min = max(0, p.Y.Min)
	p.Legend.Left = true
	return p
}
