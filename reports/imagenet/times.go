package imagenet

import (
	"fmt"
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

func Times(s chart.Source) chart.Figure {
	click, hover := s.Value("timing", "time_to_click.median"), s.Value("timing", "estimate_time.median")
	noClick, noHover := chart.Unless(s.Binned("timing", "time_to_click"), noTimes), chart.Unless(s.Binned("timing", "estimate_time"), noHovering)
	speed := chart.Unless(s.Binned("timing", "speed"), noSpeed)
	hits := s.Any("mouse_measures", "velocity_profile", "speed_hit") || s.Any("mouse_measures", "velocity_profile", "speed_miss")
	profile := chart.Unless(hits, chart.FirstLack(clicksOnBoxes(s, s.Value("click_accuracy", "accuracy").N), noSpeed))
	times := chart.FirstLack(noClick, noHover)
	caption := ""
	if noClick == "" {
		caption = fmt.Sprintf("time from the last entry to the click of %s selected showings (median %s).", chart.Grouped(float64(click.N)), chart.Milliseconds(float64(click.Value)))
		times = ""
	}
	if noHover == "" {
		caption = strings.TrimSpace(caption + fmt.Sprintf(" Time hovered over %s showings.", chart.Grouped(float64(hover.N))))
		times = ""
	}
	f := chart.Figure{Name: "imagenet-times", Title: "How long it takes, and how fast the pointer is", Width: 900, Height: 330, Statistics: []string{"timing", "mouse_measures"},
		Alt: "Histograms of times and speeds with one peak each, and a curve of speed that falls before the click."}
	f.Describe(
		chart.Part{Where: "Left", Caption: caption, Lack: times},
		chart.Part{Where: "Middle", Caption: "mean speed of the pointer from entering to the click.", Lack: speed},
		chart.Part{Where: "Right", Caption: "speed along the way, of clicks that hit and of those that miss, with 95 % intervals.", Lack: profile})
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		p := t.LogBars("Times", "", "ms", s, "timing", "time_to_click", t.Series[0])
		logSteps(t, p, s, "timing", "estimate_time", t.Series[1], "hovered")
		legendSwatch(t, p, t.Series[0], "to click")
		p.Legend.Top, p.Legend.Left = true, true
		p.Y.Max *= 1.2 // room for it
		q := t.LogBars("Speed", "display px a second", "", s, "timing", "speed", t.Series[2])
		chart.Place(c, chart.Panel{Plot: p, DX: 0.32, DY: 1, Lack: times}, chart.Panel{Plot: q, X: 0.345, DX: 0.3, DY: 1, Lack: speed}, chart.Panel{Plot: velocityPlot(t, s), X: 0.665, DX: 0.335, DY: 1, Lack: profile})
	}
	return f
}

// logSteps adds the outline of another histogram.
func logSteps(t *chart.Theme, p *plot.Plot, s chart.Source, statistic, table string, c color.NRGBA, name string) {
	from, to, n := s.Column(statistic, table, "from"), s.Column(statistic, table, "to"), s.Column(statistic, table, "n")
	total := max(chart.Sum(n), 1)
	var xs, ys []float64
	for i := range n {
		if from[i] >= p.X.Min && to[i] <= p.X.Max {
			xs, ys = append(xs, from[i], to[i]), append(ys, n[i]/total, n[i]/total)
		}
	}
	t.Line(p, xs, ys, c, chart.LineWidth, false, name)
}

type swatch struct{ color color.Color }

func (s swatch) Thumbnail(c *draw.Canvas) {
	c.FillPolygon(s.color, []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}})
}

func legendSwatch(t *chart.Theme, p *plot.Plot, c color.NRGBA, name string) {
	p.Legend.Add(name, swatch{chart.Fade(c, 200)})
}

func velocityPlot(t *chart.Theme, s chart.Source) *plot.Plot {
	p := t.Plot("Speed along the way", "tenth of the time", "px a second")
	p.X.Tick.Marker = tenths{}
	t.Grid(p, false, true)
	for i, side := range []string{"hit", "miss"} {
		t.Curve(p, chart.Points{X: s.Column("mouse_measures", "velocity_profile", "tenth"), Y: s.Column("mouse_measures", "velocity_profile", "speed_"+side), Low: s.Column("mouse_measures", "velocity_profile", side+"_low"), High: s.Column("mouse_measures", "velocity_profile", side+"_high")}, i, []string{"hits", "misses"}[i])
	}
	p.Y.Min = 0
	p.Y.Tick.Marker = chart.NiceTicks{}
	p.Legend.Top = true
	return p
}
