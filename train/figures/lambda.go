package figures

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"abtool/reports"
	"abtool/reports/chart"
	"abtool/train/data"
	"abtool/train/experiment"
)

// Lambda returns the paper's figure L: the score by lambda for each supervision, with a panel for each
// evaluation of an experiment.
func Lambda(r *experiment.Result) chart.Figure {
	var lambdas []float64
	var evaluations, names []string
	for _, c := range r.Cells {
		if c.Lambda != 0 && !slices.Contains(lambdas, c.Lambda) {
			lambdas = append(lambdas, c.Lambda)
		}
		if name := c.Name(); c.Supervision != data.None && !slices.Contains(names, name) {
			names = append(names, name)
		}
		if !slices.Contains(evaluations, c.Evaluation) {
			evaluations = append(evaluations, c.Evaluation)
		}
	}
	slices.Sort(lambdas)
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(b, a) }) // luab before rand
	var panels []reports.SweepPanel
	for _, e := range evaluations {
		p := reports.SweepPanel{Title: e + ": " + r.Measure, Level: math.NaN(), LevelName: "none"}
		for _, l := range lambdas {
			p.Labels = append(p.Labels, strconv.FormatFloat(l, 'g', -1, 64))
		}
		for _, name := range names {
			series := reports.Series{Name: name}
			for _, c := range r.Cells {
				switch {
				case c.Evaluation != e:
				case c.Supervision == data.None:
					p.Level = float64(c.Score.Mean)
				case c.Name() == name:
					low, high := math.NaN(), math.NaN()
					if i := c.Score.Interval; i != nil {
						low, high = max(i.Low, 0), min(i.High, 1)
					}
					series.X = append(series.X, float64(slices.Index(lambdas, c.Lambda)))
					series.Y = append(series.Y, float64(c.Score.Mean))
					series.Low, series.High = append(series.Low, low), append(series.High, high)
				}
			}
			p.Series = append(p.Series, series)
		}
		panels = append(panels, p)
	}
	caption := fmt.Sprintf("Mean over %d seeds with 95 %% intervals (Student's t). Dashed: without points.", len(r.Seeds))
	return reports.Sweep("lambda", "Accuracy by lambda", "lambda", caption, panels)
}
