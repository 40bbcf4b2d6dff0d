package features

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"abtool/store/columnar"
)

// appendNumber writes a value as it reads back exactly; nothing for null.
func (v *values) appendNumber(to []byte, k kind, at int) []byte {
	switch k {
	case kindInt32, kindInt64:
		if n := v.ints[at]; n != columnar.Null {
			return strconv.AppendInt(to, n, 10)
		}
		return to
	case kindFloat32:
		return appendFloat(to, v.floats[at], 32)
	default:
		return appendFloat(to, v.floats[at], 64)
	}
}

func appendFloat(to []byte, f float64, bits int) []byte {
	if f != f || math.IsInf(f, 0) {
		return to
	}
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(to, f, format, -1, bits)
}

// appendJSON writes the value of a row as JSON.
func (c *column) appendJSON(to []byte, v *values, row int) []byte {
	if !c.list {
		return v.appendJSON(to, c.kind, row)
	}
	to = append(to, '[')
	from, until := v.list(row)
	for k := from; k < until; k++ {
		if k > from {
			to = append(to, ',')
		}
		to = v.appendJSON(to, c.kind, k)
	}
	return append(to, ']')
}

func (v *values) appendJSON(to []byte, k kind, at int) []byte {
	before := len(to)
	if k == kindText {
		if v.texts[at] != "" {
			return appendJSONText(to, v.texts[at])
		}
	} else {
		to = v.appendNumber(to, k, at)
	}
	if len(to) == before {
		return append(to, "null"...)
	}
	return to
}

// appendJSONText quotes a text.
func appendJSONText(to []byte, s string) []byte {
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

// csvWriter writes a table as CSV (RFC 4180, lines end in \n).
type csvWriter struct {
	cols []column
	out  *outputFile
}

func openCSV(o *output, j *job) (writer, error) {
	f, err := o.create("")
	if err != nil {
		return nil, err
	}
	for i := range j.cols {
		if i > 0 {
			f.WriteByte(',')
		}
		f.WriteString(j.cols[i].Name)
	}
	return &csvWriter{j.cols, f}, f.WriteByte('\n')
}

func (w *csvWriter) begin() encoder { return &pieces[[]byte]{encode: w.encode, append: w.append} }

func (w *csvWriter) close() error { return nil }

func (w *csvWriter) encode(b *batch) ([]byte, error) {
	out := make([]byte, 0, 128*b.rows)
	var list []byte
	for row := range b.rows {
		for i := range w.cols {
			if i > 0 {
				out = append(out, ',')
			}
			c, v := &w.cols[i], &b.cols[i]
			switch {
			case c.list:
				list = c.appendJSON(list[:0], v, row)
				out = append(append(append(out, '"'), list...), '"')
			case c.kind == kindText:
				out = appendCSVText(out, v.texts[row])
			default:
				out = v.appendNumber(out, c.kind, row)
			}
		}
		out = append(out, '\n')
	}
	return out, nil
}

func (w *csvWriter) append(text []byte) error {
	_, err := w.out.Write(text)
	return err
}

func appendCSVText(to []byte, s string) []byte {
	if !strings.ContainsAny(s, ",\"\r\n") && !strings.HasPrefix(s, " ") {
		return append(to, s...)
	}
	return append(append(append(to, '"'), strings.ReplaceAll(s, `"`, `""`)...), '"')
}
