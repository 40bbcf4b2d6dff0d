// Package figures draws what runs and experiments leave: curves by epoch, predicted points, accuracy by
// lambda.
package figures

import (
	"math"

	"abtool/reports"
	"abtool/train/data"
	"abtool/train/run"
)

// Curves draws what the log of a run has (the paper's figures 8 and 9) into the folder of the run.
func Curves(dir string) error {
	lines, err := run.ReadLog(dir)
	if err != nil || len(lines) == 0 {
		return err
	}
	curve := func(name string, get func(run.Line) (v, low, high float64)) reports.Series {
		s := reports.Series{Name: name}
		band := false
		for _, l := range lines {
			v, low, high := get(l)
			s.X, s.Y, s.Low, s.High = append(s.X, float64(l.Epoch)), append(s.Y, v), append(s.Low, low), append(s.High, high)
			band = band || !math.IsNaN(low)
		}
		if !band {
			s.Low, s.High = nil, nil
		}
		return s
	}
	nan := math.NaN()
	plain := func(get func(run.Line) float64) func(run.Line) (float64, float64, float64) {
		return func(l run.Line) (float64, float64, float64) { return get(l), nan, nan }
	}
	val := func(get func(*run.Metrics) *run.Measure) func(run.Line) (float64, float64, float64) {
		return func(l run.Line) (float64, float64, float64) {
			if l.Val == nil {
				return nan, nan, nan
			}
			m := get(l.Val)
			switch {
			case m == nil:
				return nan, nan, nan
			case m.Interval == nil:
				return float64(m.Value), nan, nan
			}
			return float64(m.Value), m.Interval.Low, m.Interval.High
		}
	}
	accuracy, name := func(m *run.Metrics) *run.Measure { return m.Top1 }, "top-1 accuracy"
	if v := lines[0].Val; v != nil && v.MAP != nil {
		accuracy, name = func(m *run.Metrics) *run.Measure { return m.MAP }, "mAP"
	}
	titles, shares := []string{"Class loss", "Validation: " + name, "Point loss"}, []bool{false, true, false}
	series := [][]reports.Series{
		{curve("training", plain(func(l run.Line) float64 { return float64(l.Class) })), curve("validation", val(func(m *run.Metrics) *run.Measure { return &m.ClassLoss }))},
		{curve("validation", val(accuracy))},
		{curve("training", plain(func(l run.Line) float64 { return float64(l.Point) })), curve("validation", val(func(m *run.Metrics) *run.Measure { return &m.PointLoss }))},
	}
	if v := lines[0].Val; v != nil && v.Localised != nil {
		titles, shares = append(titles, "Validation: points on objects"), append(shares, true)
		series = append(series, []reports.Series{curve("validation", val(func(m *run.Metrics) *run.Measure { return m.Localised }))})
	}
	f := reports.Curves("curves", "Training by epoch", "epoch", titles, shares, series)
	return f.Save(dir)
}

// Predicted is an image of a set with its points, on the whole image; ok is false if the image cannot be
// read.
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
