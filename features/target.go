package features

import (
	"math"
	"slices"

	"abtool/store/columnar"
)

// A Target is one row: the point that a rule gives for an image (ImageNet), or for a class of an
// image (COCO), and whose it is.
type Target struct {
	Rule          string  // one of Rules
	Image         string  // id; of COCO the digits of its number
	File          string  // COCO: name of the image's file
	Width, Height int32   // of the image, px; 0: unknown
	Class         string  // WordNet id, or name of the category; "": unknown
	ClassIndex    int32   // ImageNet: place among the store's classes by name, from 0; COCO: category id, 1…90; −1: unknown
	X, Y          float64 // fractions of the image, y down; NaN: no point (Weight is 0)
	PixelX        int64   // COCO: the public loader's whole pixels; columnar.Null: size unknown
	PixelY        int64
	Weight        float64 // 1: learn from it; 0: outside of the image, or no point
	Annotation    int64   // seq of the row in the store that it comes from; −1: from none
	Worker        string  // the annotator; "": unknown or none
	Confidence    float64 // 0…1, that the point is on the object; NaN: unknown
	Points        int32   // recorded points that it is made of; 0: none
	Split         string  // "": no splits asked for
	Label         bool    // COCO: the image has the class, or, without ground truth, it was placed

	Signals

	rule, part int // places in Options: of the rule and the split (−1: none)
}

// Signals are what else the annotation of a Target carries: those asked for. They are of the
// final click, or final add, whatever the rule, and empty where it has no trace.
type Signals struct {
	ScribbleX, ScribbleY []float64 // last samples before the click
	ScribbleT            []int64   // ms relative to the click, ≤ 0
	StepX, StepY         []float64 // at fixed steps, the last at the click; NaN where StepMask is 0
	StepMask             []int64   // 1: since entering
	PathX, PathY         []float64 // at equal parts of the time since entering
	Attention            []float64 // S × S, row by row from the top; sums to 1
	Hull                 [4]float64
	HullArea             float64
	TimeToClick          int64 // ms; columnar.Null: unknown
	Difficulty           float64
	TrustN               int64
}

// reset takes everything but the signals, field by field: it is done for every row, and they are large.
func (t *Target) reset() {
	t.Rule, t.Image, t.File, t.Width, t.Height = "", "", "", 0, 0
	t.Class, t.ClassIndex, t.Label = "", -1, false
	t.X, t.Y, t.PixelX, t.PixelY, t.Weight = math.NaN(), math.NaN(), columnar.Null, columnar.Null, 0
	t.Annotation, t.Worker, t.Confidence, t.Points, t.Split = -1, "", math.NaN(), 0, ""
	t.rule, t.part = 0, 0
}

func (s *Signals) reset() {
	nan := math.NaN()
	s.ScribbleX, s.ScribbleY, s.ScribbleT = s.ScribbleX[:0], s.ScribbleY[:0], s.ScribbleT[:0]
	s.StepX, s.StepY, s.StepMask = s.StepX[:0], s.StepY[:0], s.StepMask[:0]
	s.PathX, s.PathY, s.Attention = s.PathX[:0], s.PathY[:0], s.Attention[:0]
	s.Hull, s.HullArea = [4]float64{nan, nan, nan, nan}, nan
	s.TimeToClick, s.Difficulty, s.TrustN = columnar.Null, nan, columnar.Null
}

// origin says what the row is counted as.
func (t *Target) origin() origin {
	return origin{image: t.Image, rule: t.rule, part: t.part, weighted: t.Weight > 0}
}

// targetTable makes the table of targets.
func targetTable(s dataSet, j *job) (rows, error) {
	targets, signals := targetFields(&j.Options), signalFields(&j.Options)
	return &table[Target]{
		source: s,
		cols:   slices.Concat(targets.columns(), signals.columns()),
		put:    func(to []values, t *Target) { signals.add(targets.add(to, t), &t.Signals) },
		origin: (*Target).origin,
	}, nil
}

// put sets the point and its weight.
func (t *Target) put(x, y float64) {
	t.X, t.Y, t.Weight = x, y, onImage(x, y)
}

// none takes the point away again.
func (t *Target) none() {
	t.X, t.Y, t.Weight, t.Points = math.NaN(), math.NaN(), 0, 0
	t.PixelX, t.PixelY = columnar.Null, columnar.Null
}
