package imagenet

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"abtool/analysis"
	"abtool/reports/chart"
)

func Maps(s chart.Source) chart.Figure {
	boxes, shown := boxCentres(s), s.Value("centre_bias", "clicks.share")
	clicks := chart.Unless(shown.N > 0, noClicks)
	few := func(name string) chart.Lack {
		n := int64(0)
		if h := s.Histogram("accuracy_maps", name); h != nil {
			for _, row := range h.Counts {
				n = max(n, slices.Max(row))
			}
		}
		switch {
		case n >= fewInCell:
			return ""
		case n > 0:
			return noFewClicks
		}
		return clicksOnBoxes(s, 0)
	}
	byBox, byClick := few("by_gt_cell_n"), few("by_click_cell_n")
	f := chart.Figure{Name: "imagenet-maps", Title: "Where boxes and clicks are, and how accurate clicks are there", Width: 760, Height: 640, Statistics: []string{"centre_bias", "accuracy_maps"},
		Caption: "11 × 11 cells of the image.",
		Alt:     "Four maps of the image: boxes and clicks gather in the middle; accuracy is high in the middle and falls towards the border."}
	f.Describe(
		chart.Part{Where: "Above, left", Caption: fmt.Sprintf("share of the centres of %s boxes (colours by the square root).", chart.Grouped(float64(s.Value("centre_bias", "gt_centres.share").N))), Lack: boxes},
		chart.Part{Where: "Above, right", Caption: fmt.Sprintf("share of %s final clicks.", chart.Grouped(float64(shown.N))), Lack: clicks},
		chart.Part{Where: "Below, left", Caption: fmt.Sprintf("accuracy of the click by the cell of the box's centre; grey cells have fewer than %d.", fewInCell), Lack: byBox},
		chart.Part{Where: "Below, right", Caption: "accuracy by the cell of the click.", Lack: byClick})
	f.Draw = func(t *chart.Theme, c draw.Canvas) {
		a, as := t.Counts("Centres of boxes", s.Histogram("centre_bias", "gt_centres"), chart.UnitTicks)
		b, bs := t.Counts("Final clicks", s.Histogram("centre_bias", "clicks"), chart.UnitTicks)
		d, ds := ratioMap(t, "Accuracy by the box's centre", s.Histogram("accuracy_maps", "by_gt_cell_n"), s.Histogram("accuracy_maps", "by_gt_cell_hits"))
		e, es := ratioMap(t, "Accuracy by the click", s.Histogram("accuracy_maps", "by_click_cell_n"), s.Histogram("accuracy_maps", "by_click_cell_hits"))
		chart.Square(c, chart.Panel{Plot: a, DX: 0.5, DY: 0.5, Lack: boxes}, as)
		chart.Square(c, chart.Panel{Plot: b, X: 0.5, DX: 0.5, DY: 0.5, Lack: clicks}, bs)
		chart.Square(c, chart.Panel{Plot: d, Y: 0.5, DX: 0.5, DY: 0.5, Lack: byBox}, ds)
		chart.Square(c, chart.Panel{Plot: e, X: 0.5, Y: 0.5, DX: 0.5, DY: 0.5, Lack: byClick}, es)
	}
	return f
}

// ratioMap is a map of hits / n by cell; cells with few units are undefined.
func ratioMap(t *chart.Theme, title string, n, hits *analysis.Histogram) (p, scale *plot.Plot) {
	p = t.Heat(title, len(n.Counts), n.X, n.Y, chart.UnitTicks, func(r, c int) float64 {
		if n.Counts[r][c] < fewInCell {
			return math.NaN()
		}
		return float64(hits.Counts[r][c]) / float64(n.Counts[r][c])
	}, 1)
	return p, t.Scale(1, chart.PercentTick)
}

// fewInCell is the number of units below which a cell of a map of accuracies is left empty.
const fewInCell = 5

func BoxFrame(s chart.Source) chart.Figure {
	n := s.Value("box_frame", "nearest_box.mean_u").N
	return chart.FrameFigure(s, "imagenet-box-frame", "Where in its box the click lies", "box_frame", "final clicks, in the frame of the nearest box", clicksOnBoxes(s, n))
}
