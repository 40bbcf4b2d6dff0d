package targetfile

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"abtool/store/columnar"
)

// appendNumber appends a value in digits that parse to the same value; for null it appends nothing.
func (v *Values) appendNumber(to []byte, k Kind, at int) []byte {
	switch k {
	case KindInt32, KindInt64:
		if n := v.Ints[at]; n != columnar.Null {
			return strconv.AppendInt(to, n, 10)
		}
		return to
	case KindFloat32:
		return AppendFloat(to, v.Floats[at], 32)
	default:
		return AppendFloat(to, v.Floats[at], 64)
	}
}

// AppendFloat appends a number in digits that parse to the same number. It appends nothing for NaN and
// infinities.
func AppendFloat(to []byte, f float64, bits int) []byte {
	if f != f || math.IsInf(f, 0) {
		return to
	}
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(to, f, format, -1, bits)
}

// AppendJSON appends the value of a row as JSON.
func (c *Column) AppendJSON(to []byte, v *Values, row int) []byte {
	if !c.List {
		return v.appendJSON(to, c.Kind, row)
	}
	to = append(to, '[')
	from, until := v.List(row)
	for k := from; k < until; k++ {
		if k > from {
			to = append(to, ',')
		}
		to = v.appendJSON(to, c.Kind, k)
	}
	return append(to, ']')
}

func (v *Values) appendJSON(to []byte, k Kind, at int) []byte {
	before := len(to)
	if k == KindText {
		if v.Texts[at] != "" {
			return AppendJSONText(to, v.Texts[at])
		}
	} else {
		to = v.appendNumber(to, k, at)
	}
	if len(to) == before {
		return append(to, "null"...)
	}
	return to
}

// AppendJSONText appends a text as a JSON string.
func AppendJSONText(to []byte, s string) []byte {
	to = append(to, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			to = append(to, '\\', byte(r))
		case r < 0x20 || r == 0x7f || r == '\u2028' || r == '\u2029':
			to = append(to, `\u`...)
			h := strconv.FormatInt(int64(r), 16)
			to = append(append(to, strings.Repeat("0", 4-len(h))...), h...)
		default:
			to = utf8.AppendRune(to, r)
		}
	}
	return append(to, '"')
}

// JSON returns a plain value as JSON.
func JSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("targetfile: " + err.Error()) // plain values only
	}
	return string(b)
}
