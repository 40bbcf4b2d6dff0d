package decode

import (
	"math"

	"abtool/ingest/scan"
	"abtool/schema"
	"abtool/store/columnar"
)

// A rule says how a value of the input becomes a value of its column, or null (R5 to R9).
type rule uint8

const (
	noRule   rule = iota // the value is not read
	wrapping             // the value is a record or has records

	// Rules of one value.
	identifier // a string, or the digits of a number
	word       // an identifier with few different values
	whole      // a whole number, 0 or more
	epoch      // a time in ms since 1970; the input may have seconds
	duration   // a time in ms
	size       // CSS pixels, 0 or more
	offset     // CSS pixels
	fraction   // a coordinate, as a fraction of the image
	boolean

	// Values that are kept for the end of their record.
	imageID
	imageURL
	pageNumber
	pageIndex

	position   // a point: position_x and position_y
	categories // a list of strings

	// Lists of objects.
	clicks
	oldClicks // a click, or a list of clicks
	mouse
	hovers
	actions
	browsing
	deselects
	layout
	drags
	rules
)

// isList reports whether the values are lists of objects.
func (r rule) isList() bool { return r >= clicks }

// read reads the text of an XML element as a value for the rule, and sets v, which is the zero value.
func (r rule) read(t []byte, v *scan.Value) {
	switch r {
	case identifier, word, imageID:
		v.Kind, v.Text = scan.String, scan.Trim(t)
	case boolean: // R8's spellings
		switch t = scan.Trim(t); string(t) {
		case "True", "true":
			v.Kind, v.Yes = scan.Bool, true
		case "False", "false":
			v.Kind = scan.Bool
		default:
			v.Kind, v.Text = scan.Other, t
		}
	default:
		*v = scan.TextValue(t)
	}
}

// put applies a rule to a value and adds the result to a column. If the result is null, it adds nothing and
// returns false: the caller adds the null.
func (o *output) put(r rule, to *columnar.Cells, v *scan.Value, f *Field) bool {
	var n uint64
	ok := false
	switch r {
	case identifier, word:
		var t []byte
		if t = Name(&o.Log, v, f); len(t) == 0 {
			return false
		}
		if r == word {
			to.AddText(o.text.common(t))
		} else {
			to.AddText(o.text.keep(t))
		}
		return true
	case whole, pageNumber, pageIndex:
		var i int32
		i, ok = Whole(&o.Log, v, f)
		n = uint64(i)
	case epoch, duration:
		n, ok = millis(&o.Log, v, r == epoch, f)
	case size, offset:
		n, ok = pixels(&o.Log, v, f, r == size)
	case fraction:
		n, ok = coordinate(&o.Log, v, f)
	case boolean:
		n, ok = truth(&o.Log, v, f)
	}
	if ok {
		to.Add(n)
	}
	return ok
}

const (
	maxCoord   = 100               // R6
	maxTime    = 1 << 53           // ms; above this a float64 is not exact
	secondsEnd = 1e11              // R7: an epoch time below this is in seconds
	epochEnd   = 7_289_654_400_000 // ms, the end of the year 2200: later times must be in another unit
)

// wanted returns the detail of a reject: the type of a JSON value, and the type that it should have.
func wanted(v *scan.Value, other string) string {
	if v.Kind == scan.Other {
		return ""
	}
	return v.Kind.String() + "; " + other + " is wanted"
}

// drop adds a reject of a number that is not usable.
func drop(l *Log, v *scan.Value, r schema.Reason, f *Field) {
	detail := ""
	if v.Kind != scan.Numeric {
		detail = wanted(v, "a number")
	}
	l.Drop(f.String(), r, detail, v.Text)
}

// Name returns a string, or the digits of a number. It returns nil for null and for any other value, which it
// rejects.
func Name(l *Log, v *scan.Value, f *Field) []byte {
	switch v.Kind {
	case scan.Null:
		return nil
	case scan.String, scan.Numeric:
		return v.Text
	}
	l.Drop(f.String(), schema.WrongType, wanted(v, "a string"), v.Text)
	return nil
}

// truth returns 1 for true and 0 for false (R8).
func truth(l *Log, v *scan.Value, f *Field) (yes uint64, ok bool) {
	switch {
	case v.Kind == scan.Null:
		return 0, false
	case v.Kind != scan.Bool:
		l.Drop(f.String(), schema.NotBoolean, wanted(v, "true or false"), v.Text)
		return 0, false
	case v.Yes:
		return 1, true
	}
	return 0, true
}

// coordinate returns the bits of a coordinate, as a float64 (R6).
func coordinate(l *Log, v *scan.Value, f *Field) (bits uint64, ok bool) {
	switch {
	case v.Kind == scan.Null:
		return 0, false
	case v.Kind != scan.Numeric:
		drop(l, v, schema.NotANumber, f)
		return 0, false
	case math.Abs(v.Num) > maxCoord:
		drop(l, v, schema.OutOfRange, f)
		return 0, false
	}
	return math.Float64bits(v.Num + 0), true
}

// millis returns a time or duration in whole ms (R7). An epoch time may be in seconds.
func millis(l *Log, v *scan.Value, epoch bool, f *Field) (t uint64, ok bool) {
	if v.Kind == scan.Null {
		return 0, false
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
		return uint64(int64(ms)), true
	}
	drop(l, v, reason, f)
	return 0, false
}

// Whole returns a whole number, 0 or more. ok is false for null and for any other value, which it rejects.
func Whole(l *Log, v *scan.Value, f *Field) (n int32, ok bool) {
	reason := schema.Reason("")
	switch {
	case v.Kind == scan.Null:
		return 0, false
	case v.Kind != scan.Numeric:
		reason = schema.NotANumber
	case v.Num < 0:
		reason = schema.Negative
	case v.Num > math.MaxInt32:
		reason = schema.OutOfRange
	case v.Num != math.Trunc(v.Num):
		reason = schema.NotInteger
	default:
		return int32(v.Num), true
	}
	drop(l, v, reason, f)
	return 0, false
}

// pixels returns the bits of a number of CSS pixels, as a float64. A size must not be negative.
func pixels(l *Log, v *scan.Value, f *Field, size bool) (bits uint64, ok bool) {
	reason := schema.Reason("")
	switch {
	case v.Kind == scan.Null:
		return 0, false
	case v.Kind != scan.Numeric:
		reason = schema.NotANumber
	case size && v.Num < 0:
		reason = schema.Negative
	case math.IsInf(v.Num, 0):
		reason = schema.OutOfRange
	default:
		return math.Float64bits(v.Num + 0), true
	}
	drop(l, v, reason, f)
	return 0, false
}
