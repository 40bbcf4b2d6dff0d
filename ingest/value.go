package ingest

import (
	"math"

	"abtool/schema"
)

// value is one scalar as it stands in the input, before a column gives it a meaning.
type value struct {
	num   float64
	state state
	kind  kind   // of a JSON value, jsonNull in XML
	raw   []byte // what stands there, for the rejects
}

type state uint8

const (
	absent  state = iota // missing, null, None
	numeric              // num holds it
	other                // something else
)

// detail says which type a JSON value has where a number is wanted.
func (v *value) detail() string {
	if v.state != other || v.kind == jsonNull {
		return ""
	}
	return v.kind.String() + "; a number is wanted"
}

// textValue reads the text of an XML element.
func textValue(t []byte) value {
	t = trim(t)
	if string(t) == "None" {
		return value{}
	}
	v, n := number(t, xmlNumber)
	if n == 0 || n != len(t) {
		return value{state: other, raw: t}
	}
	return value{num: v, state: numeric, raw: t}
}

// trim takes white space off both ends.
func trim(t []byte) []byte {
	for len(t) > 0 && isSpace(t[0]) {
		t = t[1:]
	}
	for len(t) > 0 && isSpace(t[len(t)-1]) {
		t = t[:len(t)-1]
	}
	return t
}

const (
	maxCoord   = 100               // R6
	maxTime    = 1 << 53           // ms; beyond, a float64 is no longer exact
	secondsEnd = 1e11              // R7: below, an epoch time is in seconds
	epochEnd   = 7_289_654_400_000 // ms, the end of the year 2200: later times are in another unit
	noTime     = math.MinInt64 + 1
)

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
func (b *batch) coord(v value, f field) float64 {
	switch {
	case v.state == absent:
		return 0
	case v.state == other:
		b.drop(f.String(), schema.NotANumber, v.detail(), v.raw)
		return 0
	case math.Abs(v.num) > maxCoord:
		b.null(f.String(), schema.OutOfRange, v.raw)
		return 0
	case v.num == 0:
		return negZero
	}
	return v.num
}

// millis is a time or duration in whole ms, noTime for null. Epoch times may be in seconds.
func (b *batch) millis(v value, epoch bool, f field) int64 {
	if v.state == absent {
		return noTime
	}
	reason, ms := schema.Reason(""), v.num
	if epoch && ms < secondsEnd {
		ms *= 1000
	}
	ms = math.Round(ms)
	switch {
	case v.state == other:
		reason = schema.NotANumber
	case v.num < 0:
		reason = schema.Negative
	case ms > maxTime, epoch && ms >= epochEnd:
		reason = schema.OutOfRange
	default:
		return int64(ms)
	}
	b.drop(f.String(), reason, v.detail(), v.raw)
	return noTime
}

// duration and epoch are scalar columns of ms.
func (b *batch) duration(v value, name string) *int64 {
	return b.optTime(b.millis(v, false, field{name: name}))
}
func (b *batch) epoch(v value, name string) *int64 {
	return b.optTime(b.millis(v, true, field{name: name}))
}

func (b *batch) optTime(t int64) *int64 {
	if t == noTime {
		return nil
	}
	return b.i64.ref(t)
}

// whole is a scalar column of whole numbers from 0.
func (b *batch) whole(v value, f field) *int32 {
	reason := schema.Reason("")
	switch {
	case v.state == absent:
		return nil
	case v.state == other:
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
	b.drop(f.String(), reason, v.detail(), v.raw)
	return nil
}

// pixels is a scalar column of CSS pixels; sizes cannot be negative, positions can.
func (b *batch) pixels(v value, name string, size bool) *float64 {
	reason := schema.Reason("")
	switch {
	case v.state == absent:
		return nil
	case v.state == other:
		reason = schema.NotANumber
	case size && v.num < 0:
		reason = schema.Negative
	case math.IsInf(v.num, 0):
		reason = schema.OutOfRange
	default:
		return b.f64.ref(v.num + 0)
	}
	b.drop(name, reason, v.detail(), v.raw)
	return nil
}
