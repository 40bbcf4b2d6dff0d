// Package figures draws runs and experiments: curves by epoch, predicted points, and accuracy by lambda.
package figures

import (
	"math"

	"abtool/reports"
	"abtool/reports/chart"
	"abtool/train/data"
	"abtool/train/run"
)

// Curves draws the log of a run (as the paper's figures 8 and 9) into the folder of the run: curves.svg,
// curves.png and the same for a dark page. If the log is empty, it draws nothing.
func Curves(dir string) error {
	lines, err := run.ReadLog(dir)
	if err != nil || len(lines) == 0 {
		return err
	}
	f := curves(lines)
	return f.Save(dir)
}

// curves returns the figure of a log with at least one line.
func curves(lines []run.Line) chart.Figure {
	training := func(get func(run.Line) float64) reports.Series {
		s := reports.Series{Name: "training"}
		for _, l := range lines {
			s.X, s.Y = append(s.X, float64(l.Epoch)), append(s.Y, get(l))
		}
		return s
	}
	validation := func(get func(*run.Metrics) *run.Measure) reports.Series {
		s := reports.Series{Name: "validation"}
		for _, l := range lines {
			var m *run.Measure
			if l.Val != nil {
				m = get(l.Val)
			}
			v, low, high := math.NaN(), math.NaN(), math.NaN()
			if m != nil {
				v = float64(m.Value)
				if m.Interval != nil {
					low, high = m.Interval.Low, m.Interval.High
				}
			}
			s.X, s.Y = append(s.X, float64(l.Epoch)), append(s.Y, v)
			s.Low, s.High = append(s.Low, low), append(s.High, high)
		}
		return s
	}
	accuracy, name := func(m *run.Metrics) *run.Measure { return m.Top1 }, "top-1 accuracy"
	if v := lines[0].Val; v != nil && v.MAP != nil {
		accuracy, name = func(m *run.Metrics) *run.Measure { return m.MAP }, "mAP"
	}
	panels := []reports.CurvePanel{
		{Title: "Class loss", Series: []reports.Series{
			training(func(l run.Line) float64 { return float64(l.Class) }),
			validation(func(m *run.Metrics) *run.Measure { return &m.ClassLoss })}},
		{Title: "Validation: " + name, Shares: true, Series: []reports.Series{validation(accuracy)}},
		{Title: "Point loss", Series: []reports.Series{
			training(func(l run.Line) float64 { return float64(l.Point) }),
			validation(func(m *run.Metrics) *run.Measure { return &m.PointLoss })}},
	}
	if v := lines[0].Val; v != nil && v.Localised != nil {
		localised := validation(func(m *run.Metrics) *run.Measure { return m.Localised })
		panels = append(panels, reports.CurvePanel{Title: "Validation: points on objects", Shares: true,
			Series: []reports.Series{localised}})
	}
	return reports.Curves("curves", "Training by epoch", "epoch", panels)
}

// Predicted returns an image of a set, uncropped, with its targets and predicted points: of a single label
// the point of the most likely class, of several labels the points of the image's classes. ok is false if
// the image cannot be read.
func Predicted(set *data.Set, p run.Prediction) (d reports.Predicted, ok bool) {
	m, err := set.Picture(p.Image)
	if err != nil {
		return d, false
	}
	d = reports.Predicted{Image: m, Title: p.ID + ": " + set.Classes[p.Best()]}
	shown := []int{0}
	if set.Multi {
		shown = set.Images[p.Image].Labels
		d.Title = p.ID
	}
	for _, k := range shown {
		x, y := p.OnImage(k)
		d.Points = append(d.Points, [2]float64{x, y})
	}
	for _, t := range set.Images[p.Image].Points {
		d.Targets = append(d.Targets, [2]float64{t.X, t.Y})
	}
	return d, true
}
