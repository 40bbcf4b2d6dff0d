package features

import (
	"math"
	"slices"

	"abtool/features/targetfile"
	"abtool/store/columnar"
)

// A Target is a row of the table of targets: the point that a rule gives for an image (ImageNet), or for a
// class of an image (COCO), with its annotator and the signals of the annotation.
type Target struct {
	targetfile.Row
	Signals

	rule, part int // indices in Options of the rule and the split (−1: none)
}

// Signals are the signals of a Target that the options ask for. They always belong to the final click or the
// final add, whatever the rule, and are empty if it has no trace.
type Signals struct {
	ScribbleX, ScribbleY []float64 // last samples before the click
	ScribbleT            []int64   // ms relative to the click, ≤ 0
	StepX, StepY         []float64 // at fixed steps, the last at the click; NaN where StepMask is 0
	StepMask             []int64   // 1: at or after the first sample
	PathX, PathY         []float64 // at equal parts of the time since entering
	Attention            []float64 // S × S, row by row from the top; sums to 1
	Hull                 [4]float64
	HullArea             float64
	TimeToClick          int64 // ms; columnar.Null: unknown
	Difficulty           float64
	TrustN               int64
}

func (s *Signals) reset() {
	nan := math.NaN()
	s.ScribbleX, s.ScribbleY, s.ScribbleT = s.ScribbleX[:0], s.ScribbleY[:0], s.ScribbleT[:0]
	s.StepX, s.StepY, s.StepMask = s.StepX[:0], s.StepY[:0], s.StepMask[:0]
	s.PathX, s.PathY, s.Attention = s.PathX[:0], s.PathY[:0], s.Attention[:0]
	s.Hull, s.HullArea = [4]float64{nan, nan, nan, nan}, nan
	s.TimeToClick, s.Difficulty, s.TrustN = columnar.Null, nan, columnar.Null
}

// origin returns the image, rule and split that the row is counted under.
func (t *Target) origin() origin {
	return origin{image: t.Image, rule: t.rule, part: t.part, weighted: t.Weight > 0}
}

// targetTable makes the table of targets.
func targetTable(s dataSet, o *WriteOptions) (rows, error) {
	targets, signals := o.layout().Fields(), signalFields(&o.Options)
	return &table[Target]{
		source: s,
		cols:   slices.Concat(targets.Columns(), signals.Columns()),
		put:    func(to []targetfile.Values, t *Target) { signals.Add(targets.Add(to, &t.Row), &t.Signals) },
		origin: (*Target).origin,
	}, nil
}

// put sets the point and its weight.
func (t *Target) put(x, y float64) {
	t.X, t.Y, t.Weight = x, y, onImage(x, y)
}

// none removes the point.
func (t *Target) none() {
	t.X, t.Y, t.Weight, t.Points = math.NaN(), math.NaN(), 0, 0
	t.PixelX, t.PixelY = columnar.Null, columnar.Null
}
