package decode

import (
	"math"

	"abtool/ingest/scan"
	"abtool/schema"
)

const (
	maxCoord   = 100               // R6
	maxTime    = 1 << 53           // ms; beyond, a float64 is no longer exact
	secondsEnd = 1e11              // R7: below, an epoch time is in seconds
	epochEnd   = 7_289_654_400_000 // ms, the end of the year 2200: later times are in another unit
	noTime     = math.MinInt64 + 1
)

// wanted says which type a JSON value has where a number is wanted.
func wanted(v scan.Value) string {
	if v.Kind == scan.Numeric || v.Kind == scan.Other {
		return ""
	}
	return v.Kind.String() + "; a number is wanted"
}

// Field is where a value stands: a scalar, or a field of a list's entry.
type Field struct {
	list string // "" for a scalar
	i    int
	Name string
}

func (f Field) String() string {
	if f.list == "" {
		return f.Name
	}
	return entry(f.list, f.i, f.Name)
}

// coord is a relative coordinate: 0 for null, negative zero for a true zero.
func (b *Batch) coord(v scan.Value, f Field) float64 {
	switch {
	case v.Kind == scan.Null:
		return 0
	case v.Kind != scan.Numeric:
		b.Drop(f.String(), schema.NotANumber, wanted(v), v.Text)
		return 0
	case math.Abs(v.Num) > maxCoord:
		b.null(f.String(), schema.OutOfRange, v.Text)
		return 0
	case v.Num == 0:
		return negZero
	}
	return v.Num
}

// millis is a time or duration in whole ms, noTime for null. Epoch times may be in seconds.
func (b *Batch) millis(v scan.Value, epoch bool, f Field) int64 {
	if v.Kind == scan.Null {
		return noTime
	}
	reason, ms := schema.Reason(""), v.Num
	if epoch && ms < secondsEnd {
		ms *= 1000
	}
	ms = math.Round(ms)
	switch {
	case v.Kind != scan.Numeric:
		reason = schema.NotANumber
	case v.Num < 0:
		reason = schema.Negative
	case ms > maxTime, epoch && ms >= epochEnd:
		reason = schema.OutOfRange
	default:
		return int64(ms)
	}
	b.Drop(f.String(), reason, wanted(v), v.Text)
	return noTime
}

// duration and epoch are scalar columns of ms.
func (b *Batch) duration(v scan.Value, f Field) *int64 { return b.optTime(b.millis(v, false, f)) }
func (b *Batch) epoch(v scan.Value, f Field) *int64    { return b.optTime(b.millis(v, true, f)) }

func (b *Batch) optTime(t int64) *int64 {
	if t == noTime {
		return nil
	}
	return b.i64.ref(t)
}

// Whole is a scalar column of whole numbers from 0.
func (b *Batch) Whole(v scan.Value, f Field) *int32 {
	reason := schema.Reason("")
	switch {
	case v.Kind == scan.Null:
		return nil
	case v.Kind != scan.Numeric:
		reason = schema.NotANumber
	case v.Num < 0:
		reason = schema.Negative
	case v.Num > math.MaxInt32:
		reason = schema.OutOfRange
	case v.Num != math.Trunc(v.Num):
		reason = schema.NotInteger
	default:
		return b.i32.ref(int32(v.Num))
	}
	b.Drop(f.String(), reason, wanted(v), v.Text)
	return nil
}

// size and position are scalar columns of CSS pixels; sizes cannot be negative, positions can.
func (b *Batch) size(v scan.Value, f Field) *float64     { return b.pixels(v, f, true) }
func (b *Batch) position(v scan.Value, f Field) *float64 { return b.pixels(v, f, false) }

func (b *Batch) pixels(v scan.Value, f Field, size bool) *float64 {
	reason := schema.Reason("")
	switch {
	case v.Kind == scan.Null:
		return nil
	case v.Kind != scan.Numeric:
		reason = schema.NotANumber
	case size && v.Num < 0:
		reason = schema.Negative
	case math.IsInf(v.Num, 0):
		reason = schema.OutOfRange
	default:
		return b.f64.ref(v.Num + 0)
	}
	b.Drop(f.String(), reason, wanted(v), v.Text)
	return nil
}
