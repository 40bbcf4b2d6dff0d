package imagenet

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"abtool/analysis/result"
	"abtool/reports/chart"
)

// AlongTrace draws the accuracy of mouse samples on the way to the click.
func AlongTrace(s chart.Source) chart.Figure {
	lackOf := func(statistic, table string, otherwise chart.Lack) chart.Lack {
		if s.Any(statistic, table, "accuracy") {
			return ""
		}
		return chart.FirstLack(boxedClicks(s), otherwise)
	}
	last := lackOf("last_samples", "last_n", noSamples)
	samples, times := lackOf("trace_quantiles", "samples", noWay), lackOf("time_quantiles", "samples", noWay)
	from := chart.Percent(s.Value("trace_quantiles", "accuracy.0").Value)
	to := chart.Percent(s.Value("trace_quantiles", "accuracy.9").Value)
	f := chart.Figure{Name: "imagenet-traces", Title: "Accuracy of mouse samples on the way to the click",
		Width: 900, Height: 340, Statistics: []string{"last_samples", "trace_quantiles", "time_quantiles"},
		Caption: "Share of mouse samples that lie in a box, over images with a box and a final click."}
	f.Describe(
		chart.Part{Where: "Left", Caption: "the N-th sample before the click, among all samples and among " +
			"those since the pointer entered the image.", Lack: last},
		chart.Part{Where: "Middle", Lack: samples,
			Caption: fmt.Sprintf("by tenth of the samples from entering the image "+
				"to the click; %s in the first tenth and %s in the last.", from, to)},
		chart.Part{Where: "Right", Caption: "by tenth of the time.", Lack: times})
	f.Caption += " Bands: 95 % intervals by resampling annotators."
	f.Alt = fmt.Sprintf("Curves of accuracy: by the number of samples before the click, by tenths of the samples "+
		"(from %s to %s), and by tenths of the time.", from, to)
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		p := accuracyPlot(t, "Last samples", "samples before the click")
		t.Curve(p, accuracies(s, "last_samples", "last_n", "n_before"), 0, "any")
		t.Curve(p, accuracies(s, "last_samples", "last_n_segment", "n_before"), 1, "since entering")
		q := accuracyPlot(t, "By samples", "tenth of the samples")
		t.Curve(q, accuracies(s, "trace_quantiles", "samples", "tenth"), 0, "")
		r := accuracyPlot(t, "By time", "tenth of the time")
		t.Curve(r, accuracies(s, "time_quantiles", "samples", "tenth"), 0, "")
		same(&p.Y, &q.Y, &r.Y)
		q.X.Tick.Marker, r.X.Tick.Marker = tenths{}, tenths{}
		chart.Place(c, chart.Panel{Plot: p, DX: 0.32, DY: 1, Lack: last},
			chart.Panel{Plot: q, X: 0.345, DX: 0.315, DY: 1, Lack: samples},
			chart.Panel{Plot: r, X: 0.685, DX: 0.315, DY: 1, Lack: times})
	}
	return f
}

// tenths labels the first and the last of the tenths 0 to 9.
type tenths struct{}

func (tenths) Ticks(_, _ float64) (ticks []plot.Tick) {
	for k := range 10 {
		name := ""
		switch k {
		case 0:
			name = "first"
		case 9:
			name = "last"
		}
		ticks = append(ticks, plot.Tick{Value: float64(k), Label: name})
	}
	return ticks
}

// accuracies returns the accuracies in a table by a key, with their intervals.
func accuracies(s chart.Source, statistic, table, key string) chart.Points {
	return s.Points(statistic, table, key, "accuracy", "low", "high")
}

func accuracyPlot(t *chart.Theme, title, x string) *plot.Plot {
	p := t.Plot(title, x, "")
	p.Y.Tick.Marker = chart.Percents{}
	t.Grid(p, false, true)
	return p
}

// Examples describes how traces on images are drawn.
var Examples = chart.Traces{
	Set: "imagenet",
	Caption: "The path of the mouse on %s from entering it to the final click, from pale to strong over time. Cross: the " +
		"final click. Outlines: ground-truth boxes. A hash of the ids selects the images; every third is a miss.",
	Alt: "%d traces that end in a click.",
	Outcome: func(x *result.Example) string {
		if x.Hits > 0 {
			return "hits"
		}
		return "misses"
	},
	Heading: "%s: the click %s",
	Lack:    noTraces,
}
