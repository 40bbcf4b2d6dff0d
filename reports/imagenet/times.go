package imagenet

import (
	"fmt"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"abtool/reports/chart"
)

// Times draws histograms of the time to the click and of the speed of the pointer, and the speed along the way.
func Times(s chart.Source) chart.Figure {
	click, hover := s.Value("timing", "time_to_click.median"), s.Value("timing", "estimate_time.median")
	noClick := chart.Unless(s.Binned("timing", "time_to_click"), noTimes)
	noHover := chart.Unless(s.Binned("timing", "estimate_time"), noHovering)
	speed := chart.Unless(s.Binned("timing", "speed"), noSpeed)
	hits := s.Any("mouse_measures", "velocity_profile", "speed_hit") ||
		s.Any("mouse_measures", "velocity_profile", "speed_miss")
	profile := chart.Unless(hits, chart.FirstLack(boxedClicks(s), noSpeed))
	times := chart.FirstLack(noClick, noHover)
	caption := ""
	if noClick == "" {
		caption = fmt.Sprintf("time from the last entry to the click of %s selected showings (median %s).",
			chart.Grouped(click.N), chart.Milliseconds(click.Value))
		times = ""
	}
	if noHover == "" {
		caption = strings.TrimSpace(caption + fmt.Sprintf(" Outline: time that the pointer was over the "+
			"image, of %s showings.", chart.Grouped(hover.N)))
		times = ""
	}
	f := chart.Figure{Name: "imagenet-times", Title: "Time to the click, and speed of the pointer",
		Width: 900, Height: 330, Statistics: []string{"timing", "mouse_measures"},
		Alt: "Histograms of times and speeds, and curves of speed along the way to the click."}
	f.Describe(
		chart.Part{Where: "Left", Caption: caption, Lack: times},
		chart.Part{Where: "Middle", Caption: "mean speed of the pointer from entering to the click.", Lack: speed},
		chart.Part{Where: "Right", Lack: profile,
			Caption: "speed along the way, of clicks that hit and clicks that miss, with 95 % intervals."})
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		p := t.LogBars("Times", "", "ms", s, "timing", "time_to_click", t.Series[0])
		t.LogOutline(p, s, "timing", "estimate_time", t.Series[1], "hovered")
		p.Legend.Add("to click", chart.Swatch(t.Series[0]))
		p.Legend.Top, p.Legend.Left = true, true
		p.Y.Max *= 1.2 // room for the legend
		q := t.LogBars("Speed", "display px per second", "", s, "timing", "speed", t.Series[2])
		chart.Place(c, chart.Panel{Plot: p, DX: 0.32, DY: 1, Lack: times},
			chart.Panel{Plot: q, X: 0.345, DX: 0.3, DY: 1, Lack: speed},
			chart.Panel{Plot: velocityPlot(t, s), X: 0.665, DX: 0.335, DY: 1, Lack: profile})
	}
	return f
}

func velocityPlot(t *chart.Theme, s chart.Source) *plot.Plot {
	p := t.Plot("Speed along the way", "tenth of the time", "px per second")
	p.X.Tick.Marker = tenths{}
	t.Grid(p, false, true)
	for i, side := range []struct{ column, name string }{{"hit", "hits"}, {"miss", "misses"}} {
		speeds := s.Points("mouse_measures", "velocity_profile", "tenth", "speed_"+side.column,
			side.column+"_low", side.column+"_high")
		t.Curve(p, speeds, i, side.name)
	}
	p.Y.Min = 0
	p.Y.Tick.Marker = chart.NiceTicks{}
	p.Legend.Top = true
	return p
}
