package byproduct

import (
	"slices"

	"abtool/store/columnar"
)

// Points are clicks or mouse samples. Times are ms since the row's t0 (columnar.Null: unknown), places are
// fractions of the displayed image (NaN: unknown).
type Points struct {
	T    []int64
	X, Y []float64
}

// PointsAt returns the points of row i of three columns. They are valid until the next row group is read.
func PointsAt(t, x, y *columnar.Values, i int) Points {
	from, to := t.Offsets[i], t.Offsets[i+1]
	return Points{t.Ints[from:to:to], x.Floats[from:to:to], y.Floats[from:to:to]}
}

// Len returns the number of points.
func (p Points) Len() int { return len(p.T) }

// Placed reports whether a point has a place, which means that x and y are known (not NaN; R6,
// docs/design/definitions.md#r6).
func Placed(x, y float64) bool { return x == x && y == y }

// Valid reports whether point i has a place (R6).
func (p Points) Valid(i int) bool { return Placed(p.X[i], p.Y[i]) }

// Clone returns a copy.
func (p Points) Clone() Points {
	return Points{slices.Clone(p.T), slices.Clone(p.X), slices.Clone(p.Y)}
}

// Reset removes the points and keeps their memory.
func (p *Points) Reset() { p.T, p.X, p.Y = p.T[:0], p.X[:0], p.Y[:0] }

// Push adds a point.
func (p *Points) Push(t int64, x, y float64) {
	p.T, p.X, p.Y = append(p.T, t), append(p.X, x), append(p.Y, y)
}

// A Trace is the path of the mouse to a click, or to the add of an icon: the valid samples with a time, in
// document order (I12, docs/design/definitions.md#i12).
type Trace struct {
	Click   int64  // time of the click; columnar.Null: unknown, and the trace is empty
	From    int64  // time of the last 'enter' at or before the click (I13), in COCO of the preceding action; columnar.Null: none
	Before  Points // samples at or before the click
	Segment Points // samples of Before at or after From
}

// Reset empties the trace and keeps its memory.
func (tr *Trace) Reset() {
	tr.Before.Reset()
	tr.Segment.Reset()
	tr.Click, tr.From = columnar.Null, columnar.Null
}

// Tenth returns the tenth of the segment that sample i is in, if tenths have equal numbers of samples (I14,
// docs/design/definitions.md#i14). Tenth 0 begins with entering, and tenth 9 ends with the click.
func (tr *Trace) Tenth(i int) int { return 10 * i / tr.Segment.Len() }

// TimeTenth returns the tenth that sample i is in, if tenths have equal durations (I14). From and Click must
// differ.
func (tr *Trace) TimeTenth(i int) int {
	return int(min(9, 10*(tr.Segment.T[i]-tr.From)/(tr.Click-tr.From)))
}

// Of sets tr to the trace to a click, from the mouse samples of its row.
func (tr *Trace) Of(mouse Points, click, from int64) {
	tr.Reset()
	tr.Click, tr.From = click, from
	if click == columnar.Null {
		return
	}
	for i, t := range mouse.T {
		if t == columnar.Null || t > click || !mouse.Valid(i) {
			continue
		}
		tr.Before.Push(t, mouse.X[i], mouse.Y[i])
		if from != columnar.Null && t >= from {
			tr.Segment.Push(t, mouse.X[i], mouse.Y[i])
		}
	}
}
