package ingest

import (
	"math"

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
func wanted(v scalar) string {
	if v.kind == jsonNum || v.kind == xmlText {
		return ""
	}
	return v.kind.String() + "; a number is wanted"
}

// field is where a value stands: a scalar, or a field of a list's entry.
type field struct {
	list string // "" for a scalar
	i    int
	name string
}

func (f field) String() string {
	if f.list == "" {
		return f.name
	}
	return entry(f.list, f.i, f.name)
}

// coord is a relative coordinate: 0 for null, negative zero for a true zero.
func (b *batch) coord(v scalar, f field) float64 {
	switch {
	case v.kind == jsonNull:
		return 0
	case v.kind != jsonNum:
		b.drop(f.String(), schema.NotANumber, wanted(v), v.text)
		return 0
	case math.Abs(v.num) > maxCoord:
		b.null(f.String(), schema.OutOfRange, v.text)
		return 0
	case v.num == 0:
		return negZero
	}
	return v.num
}

// millis is a time or duration in whole ms, noTime for null. Epoch times may be in seconds.
func (b *batch) millis(v scalar, epoch bool, f field) int64 {
	if v.kind == jsonNull {
		return noTime
	}
	reason, ms := schema.Reason(""), v.num
	if epoch && ms < secondsEnd {
		ms *= 1000
	}
	ms = math.Round(ms)
	switch {
	case v.kind != jsonNum:
		reason = schema.NotANumber
	case v.num < 0:
		reason = schema.Negative
	case ms > maxTime, epoch && ms >= epochEnd:
		reason = schema.OutOfRange
	default:
		return int64(ms)
	}
	b.drop(f.String(), reason, wanted(v), v.text)
	return noTime
}

// duration and epoch are scalar columns of ms.
func (b *batch) duration(v scalar, name string) *int64 {
	return b.optTime(b.millis(v, false, field{name: name}))
}
func (b *batch) epoch(v scalar, name string) *int64 {
	return b.optTime(b.millis(v, true, field{name: name}))
}

func (b *batch) optTime(t int64) *int64 {
	if t == noTime {
		return nil
	}
	return b.i64.ref(t)
}

// whole is a scalar column of whole numbers from 0.
func (b *batch) whole(v scalar, f field) *int32 {
	reason := schema.Reason("")
	switch {
	case v.kind == jsonNull:
		return nil
	case v.kind != jsonNum:
		reason = schema.NotANumber
	case v.num < 0:
		reason = schema.Negative
	case v.num > math.MaxInt32:
		reason = schema.OutOfRange
	case v.num != math.Trunc(v.num):
		reason = schema.NotInteger
	default:
		return b.i32.ref(int32(v.num))
	}
	b.drop(f.String(), reason, wanted(v), v.text)
	return nil
}

// pixels is a scalar column of CSS pixels; sizes cannot be negative, positions can.
func (b *batch) pixels(v scalar, name string, size bool) *float64 {
	reason := schema.Reason("")
	switch {
	case v.kind == jsonNull:
		return nil
	case v.kind != jsonNum:
		reason = schema.NotANumber
	case size && v.num < 0:
		reason = schema.Negative
	case math.IsInf(v.num, 0):
		reason = schema.OutOfRange
	default:
		return b.f64.ref(v.num + 0)
	}
	b.drop(name, reason, wanted(v), v.text)
	return nil
}
