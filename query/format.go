package query

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// Text formats a value as DuckDB does, for example [1, 2] or {'t': 5, 'x': NULL}. A null that is not nested
// is "". A few values that the driver changes differ, for example TIME '24:00:00'; Want.Text gives DuckDB's
// text of them.
func (t Type) Text(v any) string {
	if v == nil {
		return ""
	}
	return string(t.appendText(nil, v, false))
}

func (t Type) appendText(b []byte, v any, nested bool) []byte {
	if v == nil {
		return append(b, "NULL"...)
	}
	switch v := v.(type) {
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = t.elem().appendText(b, e, true)
		}
		return append(b, ']')
	case map[string]any:
		b = append(b, '{')
		for i, f := range t.fields(v) {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = append(appendQuoted(b, f.Name), ": "...)
			b = f.Type.appendText(b, v[f.Name], true)
		}
		return append(b, '}')
	case duckdb.OrderedMap:
		b = append(b, '{')
		for i, k := range v.Keys() {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = t.key().appendText(b, k, true)
			b = append(b, '=')
			b = t.elem().appendText(b, v.Values()[i], true)
		}
		return append(b, '}')
	case string:
		if t.Name == "JSON" {
			return append(b, v...)
		}
		return appendNested(b, v, nested)
	case float64:
		return appendFloat(b, v, 64)
	case float32:
		return appendFloat(b, float64(v), 32)
	case time.Time:
		return appendNested(b, timeText(t.Name, v), nested)
	case []byte:
		if t.Name == "UUID" && len(v) == 16 {
			return fmt.Appendf(b, "%x-%x-%x-%x-%x", v[:4], v[4:6], v[6:8], v[8:10], v[10:])
		}
		return appendNested(b, blobText(v), nested)
	case duckdb.Interval:
		return appendNested(b, intervalText(v), nested)
	case duckdb.Decimal:
		return append(b, decimalText(v)...)
	case duckdb.Union:
		return append(b, Type{}.Text(v.Value)...)
	}
	return fmt.Append(b, v)
}

// appendNested appends a string. Within a list or struct it quotes a string that could be read as something
// different.
func appendNested(b []byte, s string, nested bool) []byte {
	if nested && (s == "" || strings.ContainsAny(s, "',{}[]()=:\"") || strings.Trim(s, " \t\n\v\f\r") != s ||
		strings.EqualFold(s, "null")) {
		return appendQuoted(b, s)
	}
	return append(b, s...)
}

func appendQuoted(b []byte, s string) []byte {
	return append(append(append(b, '\''), strings.NewReplacer(`'`, `\'`, `\`, `\\`).Replace(s)...), '\'')
}

// blobText returns printable ASCII characters unchanged and other bytes in the form \x00.
func blobText(v []byte) string {
	var b []byte
	for _, c := range v {
		if c < ' ' || c > '~' || strings.IndexByte(`\'"`, c) >= 0 {
			b = fmt.Appendf(b, `\x%02X`, c)
		} else {
			b = append(b, c)
		}
	}
	return string(b)
}

// decimalText formats a decimal with all digits of its type, for example 1.50.
func decimalText(d duckdb.Decimal) string {
	digits, sign := new(big.Int).Abs(d.Value).String(), ""
	if d.Value.Sign() < 0 {
		sign = "-"
	}
	if d.Scale == 0 {
		return sign + digits
	}
	if n := int(d.Scale) + 1 - len(digits); n > 0 {
		digits = strings.Repeat("0", n) + digits
	}
	at := len(digits) - int(d.Scale)
	return sign + digits[:at] + "." + digits[at:]
}

// appendFloat appends the shortest text that reads back as the same number; 1 is 1.0.
func appendFloat(b []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "nan"...)
	case math.IsInf(f, 1):
		return append(b, "inf"...)
	case math.IsInf(f, -1):
		return append(b, "-inf"...)
	}
	if a := math.Abs(f); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.AppendFloat(b, f, 'e', -1, bits)
	}
	n := len(b)
	b = strconv.AppendFloat(b, f, 'f', -1, bits)
	if !strings.ContainsRune(string(b[n:]), '.') {
		b = append(b, ".0"...)
	}
	return b
}

func timeText(name string, v time.Time) string {
	if end, ok := forever[name]; ok && v.Equal(end) {
		return "infinity"
	}
	if begin, ok := never[name]; ok && v.Equal(begin) {
		return "-infinity"
	}
	switch name {
	case "TIME":
		return v.UTC().Format("15:04:05.999999")
	case "TIMETZ":
		zone := "-07:00"
		if _, offset := v.Zone(); offset%3600 == 0 {
			zone = "-07"
		}
		return v.Format("15:04:05.999999" + zone)
	}
	v = v.UTC()
	era := ""
	if v.Year() <= 0 {
		era, v = " (BC)", time.Date(1-v.Year(), v.Month(), v.Day(), v.Hour(), v.Minute(), v.Second(),
			v.Nanosecond(), time.UTC)
	}
	switch name {
	case "DATE":
		return v.Format("2006-01-02") + era
	case "TIMESTAMPTZ":
		return v.Format("2006-01-02"+era+" 15:04:05.999999") + "+00"
	}
	return v.Format("2006-01-02" + era + " 15:04:05.999999999")
}

// forever and never are the times to which the driver converts DuckDB's infinities.
var (
	forever = map[string]time.Time{
		"DATE": date(math.MaxInt32), "TIMESTAMP": time.UnixMicro(math.MaxInt64),
		"TIMESTAMPTZ": time.UnixMicro(math.MaxInt64),
		"TIMESTAMP_S": time.Unix(math.MaxInt64, 0), "TIMESTAMP_MS": time.UnixMilli(math.MaxInt64),
		"TIMESTAMP_NS": time.Unix(0, math.MaxInt64),
	}
	never = map[string]time.Time{
		"DATE": date(-math.MaxInt32), "TIMESTAMP": time.UnixMicro(-math.MaxInt64),
		"TIMESTAMPTZ": time.UnixMicro(-math.MaxInt64),
		"TIMESTAMP_S": time.Unix(-math.MaxInt64, 0), "TIMESTAMP_MS": time.UnixMilli(-math.MaxInt64),
		"TIMESTAMP_NS": time.Unix(0, -math.MaxInt64),
	}
)

func date(days int) time.Time { return time.Date(1970, 1, 1+days, 0, 0, 0, 0, time.UTC) }

func intervalText(v duckdb.Interval) string {
	var parts []string
	for _, p := range []struct {
		n    int64
		unit string
	}{{int64(v.Months / 12), "year"}, {int64(v.Months % 12), "month"}, {int64(v.Days), "day"}} {
		if p.n != 0 {
			s := ""
			if p.n != 1 && p.n != -1 {
				s = "s"
			}
			parts = append(parts, fmt.Sprintf("%d %s%s", p.n, p.unit, s))
		}
	}
	if v.Micros != 0 || parts == nil {
		m, sign := v.Micros, ""
		if m < 0 {
			m, sign = -m, "-"
		}
		clock := fmt.Sprintf("%s%02d:%02d:%02d", sign, m/3600e6, m/60e6%60, m/1e6%60)
		if f := m % 1e6; f != 0 {
			clock += strings.TrimRight(fmt.Sprintf(".%06d", f), "0")
		}
		parts = append(parts, clock)
	}
	return strings.Join(parts, " ")
}

// AppendJSON appends a value as JSON. NaN and infinities become null, because JSON does not have them. The
// fields of structs keep their order.
func (t Type) AppendJSON(b []byte, v any) []byte {
	if text, ok := v.(string); ok && t.Name == "JSON" {
		return appendRaw(b, text)
	}
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = t.elem().AppendJSON(b, e)
		}
		return append(b, ']')
	case map[string]any:
		b = append(b, '{')
		for i, f := range t.fields(v) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(AppendString(b, f.Name), ':')
			b = f.Type.AppendJSON(b, v[f.Name])
		}
		return append(b, '}')
	case duckdb.OrderedMap:
		b = append(b, '{')
		for i, k := range v.Keys() {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(AppendString(b, t.key().Text(k)), ':')
			b = t.elem().AppendJSON(b, v.Values()[i])
		}
		return append(b, '}')
	case bool:
		return strconv.AppendBool(b, v)
	case float32:
		return appendJSONFloat(b, float64(v), 32)
	case float64:
		return appendJSONFloat(b, v, 64)
	case int, int8, int16, int32, int64, uint8, uint16, uint32, uint64:
		return fmt.Append(b, v)
	case *big.Int:
		return v.Append(b, 10)
	case duckdb.Decimal:
		return append(b, decimalText(v)...)
	}
	return AppendString(b, t.Text(v))
}

// appendRaw writes a JSON text without its white space. A text that Go cannot read, since DuckDB accepts
// NaN, becomes a string.
func appendRaw(b []byte, text string) []byte {
	var out bytes.Buffer
	if err := json.Compact(&out, []byte(text)); err != nil {
		return AppendString(b, text)
	}
	return append(b, out.Bytes()...)
}

func appendJSONFloat(b []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(b, "null"...)
	}
	return appendFloat(b, f, bits)
}

// AppendString appends a JSON string.
func AppendString(b []byte, s string) []byte {
	var w strings.Builder
	enc := json.NewEncoder(&w)
	enc.SetEscapeHTML(false)
	enc.Encode(s)
	return append(b, strings.TrimSuffix(w.String(), "\n")...)
}

// Numeric reports whether values of the type are numbers, which are right-aligned in tables.
func (t Type) Numeric() bool {
	switch t.Name {
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
		"UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE":
		return true
	}
	return strings.HasPrefix(t.Name, "DECIMAL")
}

func (t Type) elem() Type {
	if t.Elem != nil {
		return *t.Elem
	}
	return Type{}
}

func (t Type) key() Type {
	if t.Key != nil {
		return *t.Key
	}
	return Type{}
}

// fields returns the fields of a struct, in order if the type is known.
func (t Type) fields(v map[string]any) []Field {
	if len(t.Fields) == len(v) {
		return t.Fields
	}
	var out []Field
	for k := range v {
		out = append(out, Field{Name: k})
	}
	return out
}
