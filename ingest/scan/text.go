package scan

import "bytes"

// OpensJSON reports whether a file begins as JSON does, with brackets and what can follow them, so
// that nothing else needs to be looked for.
func OpensJSON(data []byte) bool {
	data = bytes.TrimLeft(bytes.TrimPrefix(data, BOM), " \t\r\n")
	inner := bytes.TrimLeft(data, "[{ \t\r\n")
	return len(inner) < len(data) && (len(inner) == 0 || bytes.IndexByte([]byte(`"]}-0123456789tfn`), inner[0]) >= 0)
}

var BOM = []byte("\xef\xbb\xbf")

// ValueEnd is the length of the value that d begins with, found by its brackets and quotes
// alone, so that a faulty value can be stepped over; -1 if it does not end in d. It is at
// least 1.
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

// stringEnd is the length of the rest of a string, its closing quote included.
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

// Skipper steps over a JSON value that comes in pieces, holding none of it.
type Skipper struct {
	Depth  int
	Quoted bool
	slash  bool // the last byte was a backslash within a string
}

// Skip tells where in p the value ends.
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

// Trim takes white space off both ends.
func Trim(t []byte) []byte {
	for len(t) > 0 && IsSpace(t[0]) {
		t = t[1:]
	}
	for len(t) > 0 && IsSpace(t[len(t)-1]) {
		t = t[:len(t)-1]
	}
	return t
}

func IsSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
