package ingest

import (
	"math"
	"slices"
	"unsafe"

	"github.com/parquet-go/parquet-go"
)

// The rows again as plain Parquet values, column by column: the form in which a true zero and
// a null differ.

// rowValues builds one row. Its methods append one column each, in the order of the schema.
type rowValues struct {
	row parquet.Row
	col int
}

func (w *rowValues) add(v parquet.Value, def int) {
	w.row = append(w.row, v.Level(0, def, w.col))
	w.col++
}

func (w *rowValues) int64(v int64) { w.add(parquet.Int64Value(v), 0) }

func (w *rowValues) string(s string) { w.add(stringValue(s), 0) }

func (w *rowValues) null() { w.add(parquet.Value{}, 0) }

// opt appends an optional column; a value without kind is null.
func (w *rowValues) opt(v parquet.Value) {
	if v.IsNull() {
		w.null()
		return
	}
	w.add(v, 1)
}

// orNull is the value that p points to, or null.
func orNull[T any](p *T, value func(T) parquet.Value) parquet.Value {
	if p == nil {
		return parquet.Value{}
	}
	return value(*p)
}

// list appends one optional field of the n elements of a list; a value without kind is null.
func (w *rowValues) list(n int, field func(i int) parquet.Value) {
	if n == 0 {
		w.null()
		return
	}
	rep := 0
	for i := range n {
		w.row = append(w.row, leveled(field(i), rep, w.col))
		rep = 1
	}
	w.col++
}

// stringValue is s as a value that is valid as long as s is.
func stringValue(s string) parquet.Value {
	return parquet.ByteArrayValue(unsafe.Slice(unsafe.StringData(s), len(s)))
}

func stringOrNull(s string) parquet.Value {
	if s == "" {
		return parquet.Value{}
	}
	return stringValue(s)
}

// coordOrNull is a wire coordinate: zero bits are null, negative zero is zero.
func coordOrNull(v float64) parquet.Value {
	if math.Float64bits(v) == 0 {
		return parquet.Value{}
	}
	return parquet.DoubleValue(v + 0)
}

func timeOrNull(t int64) parquet.Value {
	switch t {
	case 0:
		return parquet.Value{}
	case zeroTime:
		t = 0
	}
	return parquet.Int64Value(t)
}

// points appends the three fields of a list of points.
func (w *rowValues) points(ps []point) {
	n := len(ps)
	if n == 0 {
		w.null()
		w.null()
		w.null()
		return
	}
	at := len(w.row)
	w.row = slices.Grow(w.row, 3*n)[:at+3*n]
	ts, xs, ys := w.row[at:at+n], w.row[at+n:at+2*n], w.row[at+2*n:at+3*n]
	rep := 0
	for i := range ps {
		p := &ps[i]
		ts[i] = leveled(timeOrNull(p.T), rep, w.col)
		xs[i] = leveled(coordOrNull(p.X), rep, w.col+1)
		ys[i] = leveled(coordOrNull(p.Y), rep, w.col+2)
		rep = 1
	}
	w.col += 3
}

// leveled is a field of a list's element, with its levels.
func leveled(v parquet.Value, rep, col int) parquet.Value {
	if v.IsNull() {
		return v.Level(rep, 1, col)
	}
	return v.Level(rep, 2, col)
}

func (r *imagenetRow) values(into parquet.Row) parquet.Row {
	w := rowValues{row: into[:0]}
	w.int64(r.Seq)
	w.string(r.Source)
	w.string(r.ImageID)
	for _, s := range [...]string{r.Class, r.WorkerID, r.AssignmentID, r.HITID, r.ImageNetHITID} {
		w.opt(stringOrNull(s))
	}
	w.opt(orNull(r.HITSubmitTime, parquet.Int64Value))
	w.opt(orNull(r.PageIdx, parquet.Int32Value))
	w.opt(orNull(r.ImageIdx, parquet.Int32Value))
	w.opt(stringOrNull(r.PageUUID))
	w.opt(orNull(r.PageStarted, parquet.Int64Value))
	w.opt(orNull(r.PageEnded, parquet.Int64Value))
	for _, p := range [...]*float64{r.PositionX, r.PositionY, r.ImageWidth, r.ImageHeight} {
		w.opt(orNull(p, parquet.DoubleValue))
	}
	w.opt(orNull(r.OrigWidth, parquet.Int32Value))
	w.opt(orNull(r.OrigHeight, parquet.Int32Value))
	w.opt(orNull(r.Selected, parquet.BooleanValue))
	w.opt(orNull(r.SelectedCount, parquet.Int32Value))
	w.opt(orNull(r.HoveredCount, parquet.Int32Value))
	w.opt(orNull(r.EstimateTime, parquet.Int64Value))
	w.opt(orNull(r.T0, parquet.Int64Value))
	w.points(r.Clicks)
	w.points(r.Mouse)
	h := r.Hovers
	w.list(len(h), func(i int) parquet.Value { return timeOrNull(h[i].T) })
	w.list(len(h), func(i int) parquet.Value { return stringOrNull(h[i].Action) })
	return w.row
}

func (r *cocoRow) values(into parquet.Row) parquet.Row {
	w := rowValues{row: into[:0]}
	w.int64(r.Seq)
	w.string(r.Source)
	w.int64(r.ImageID)
	for _, s := range [...]string{r.WorkerID, r.HITID, r.AssignmentID} {
		w.opt(stringOrNull(s))
	}
	w.opt(orNull(r.PageIdx, parquet.Int32Value))
	w.opt(stringOrNull(r.PageUUID))
	w.opt(orNull(r.PageStarted, parquet.Int64Value))
	w.opt(orNull(r.PageEnded, parquet.Int64Value))
	w.opt(orNull(r.ImageWidth, parquet.DoubleValue))
	w.opt(orNull(r.ImageHeight, parquet.DoubleValue))
	w.opt(orNull(r.OrigWidth, parquet.Int32Value))
	w.opt(orNull(r.OrigHeight, parquet.Int32Value))
	w.opt(orNull(r.TimeSpent, parquet.Int64Value))
	w.names(r.Categories)
	a := r.Actions
	w.list(len(a), func(i int) parquet.Value { return stringOrNull(a[i].Type) })
	w.list(len(a), func(i int) parquet.Value { return stringOrNull(a[i].Icon) })
	w.list(len(a), func(i int) parquet.Value { return orNull(a[i].FromX, parquet.DoubleValue) })
	w.list(len(a), func(i int) parquet.Value { return orNull(a[i].FromY, parquet.DoubleValue) })
	w.list(len(a), func(i int) parquet.Value { return orNull(a[i].ToX, parquet.DoubleValue) })
	w.list(len(a), func(i int) parquet.Value { return orNull(a[i].ToY, parquet.DoubleValue) })
	w.list(len(a), func(i int) parquet.Value { return timeOrNull(a[i].T) })
	b := r.Browsing
	w.list(len(b), func(i int) parquet.Value { return orNull(b[i].CategoryIdx, parquet.Int32Value) })
	w.list(len(b), func(i int) parquet.Value { return stringOrNull(b[i].Category) })
	w.list(len(b), func(i int) parquet.Value { return orNull(b[i].Keyboard, parquet.BooleanValue) })
	w.list(len(b), func(i int) parquet.Value { return timeOrNull(b[i].T) })
	w.points(r.Mouse)
	return w.row
}

// names is a list of strings that are never null.
func (w *rowValues) names(list []string) {
	if len(list) == 0 {
		w.null()
		return
	}
	for i, s := range list {
		w.row = append(w.row, stringValue(s).Level(min(i, 1), 1, w.col))
	}
	w.col++
}
