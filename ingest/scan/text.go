package scan

import (
	"bytes"
	"unicode/utf8"
)

// OpensJSON reports whether a file begins like JSON: with brackets and a character that can follow them.
func OpensJSON(data []byte) bool {
	data = bytes.TrimLeft(bytes.TrimPrefix(data, BOM), " \t\r\n")
	inner := bytes.TrimLeft(data, "[{ \t\r\n")
	return len(inner) < len(data) && (len(inner) == 0 || bytes.IndexByte([]byte(`"]}-0123456789tfn`), inner[0]) >= 0)
}

// BOM is the byte order mark of UTF-8.
var BOM = []byte("\xef\xbb\xbf")

// ValueEnd returns the length of the value that d begins with, at least 1, or -1 if the value does not end
// in d. It looks only at brackets and quotes, so that faulty values can be skipped too.
func ValueEnd(d []byte) int {
	depth := 0
	for i := 0; i < len(d); i++ {
		switch d[i] {
		case '"':
			n := stringEnd(d[i+1:])
			if n < 0 {
				return -1
			}
			i += n
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return max(i, 1)
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', '\n':
			if depth == 0 {
				return max(i, 1)
			}
		}
	}
	return -1
}

// BadStrings returns the number of strings in a JSON text that have bytes that are not UTF-8.
func BadStrings(d []byte) (n int) {
	for {
		start := bytes.IndexByte(d, '"')
		if start < 0 {
			return n
		}
		d = d[start+1:]
		size := stringEnd(d)
		if size < 0 {
			return n
		}
		if !utf8.Valid(d[:size]) {
			n++
		}
		d = d[size:]
	}
}

// stringEnd returns the length of the rest of a string, including its closing quote.
func stringEnd(d []byte) int {
	for i := 0; ; {
		n := bytes.IndexByte(d[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		back := 0
		for back < i && d[i-1-back] == '\\' {
			back++
		}
		i++
		if back%2 == 0 {
			return i
		}
	}
}

// Skipper skips a JSON value that arrives in pieces, without keeping any of it.
type Skipper struct {
	Depth  int
	Quoted bool
	slash  bool // the last byte was a backslash within a string
}

// Skip returns the number of bytes of p up to the end of the value, and whether the value ends in p.
func (s *Skipper) Skip(p []byte) (n int, done bool) {
	for i, c := range p {
		switch {
		case s.slash:
			s.slash = false
		case s.Quoted:
			s.slash, s.Quoted = c == '\\', c != '"'
		case c == '"':
			s.Quoted = true
		case c == '{' || c == '[':
			s.Depth++
		case c == '}' || c == ']':
			if s.Depth--; s.Depth <= 0 {
				return i + 1, true
			}
		case c == ',' && s.Depth == 0:
			return i, true
		}
	}
	return len(p), false
}

// Trim returns t without white space at both ends.
func Trim(t []byte) []byte {
	for len(t) > 0 && IsSpace(t[0]) {
		t = t[1:]
	}
	for len(t) > 0 && IsSpace(t[len(t)-1]) {
		t = t[:len(t)-1]
	}
	return t
}

// IsSpace reports whether c is white space in JSON and XML.
func IsSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
