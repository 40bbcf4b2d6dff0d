package scan

// MaxDepth is the depth of nested values that a Scanner can skip.
const MaxDepth = 16

// Scanner reads JSON from Data, beginning at Pos.
type Scanner struct {
	Data []byte
	Pos  int
}

func (s *Scanner) Space() {
	p := s.Pos
	for p < len(s.Data) && (s.Data[p] == ' ' || s.Data[p] == '\n' || s.Data[p] == '\t' || s.Data[p] == '\r') {
		p++
	}
	s.Pos = p
}

func (s *Scanner) Is(c byte) bool {
	if s.Pos < len(s.Data) && s.Data[s.Pos] == c {
		s.Pos++
		return true
	}
	return false
}

func (s *Scanner) Literal(lit string) bool {
	if len(s.Data)-s.Pos < len(lit) || string(s.Data[s.Pos:s.Pos+len(lit)]) != lit {
		return false
	}
	s.Pos += len(lit)
	return true
}

// Next moves to the next member or element. more is false at the closing bracket.
func (s *Scanner) Next(closing byte, first bool) (more, ok bool) {
	s.Space()
	if s.Is(closing) {
		return false, true
	}
	if !first {
		if !s.Is(',') {
			return false, false
		}
		s.Space()
	}
	return true, s.Pos < len(s.Data)
}

// Str reads a string of printable ASCII without escapes.
func (s *Scanner) Str() ([]byte, bool) {
	if !s.Is('"') {
		return nil, false
	}
	p := s.Pos
	for p < len(s.Data) && Simple[s.Data[p]] {
		p++
	}
	if p == len(s.Data) || s.Data[p] != '"' {
		return nil, false
	}
	t := s.Data[s.Pos:p:p]
	s.Pos = p + 1
	return t, true
}

var Simple = func() (t [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		t[c] = true
	}
	t['"'], t['\\'] = false, false
	return t
}()

func (s *Scanner) Key() ([]byte, bool) {
	k, ok := s.Str()
	if !ok {
		return nil, false
	}
	s.Space()
	if !s.Is(':') {
		return nil, false
	}
	s.Space()
	return k, true
}

// Texts of values that have no separate text. They appear in the rejects.
var True, False, textObject, textArray = []byte("true"), []byte("false"), []byte("{…}"), []byte("[…]")

// Value reads any value. It skips the content of arrays and objects.
func (s *Scanner) Value() (Value, bool) {
	if s.Pos >= len(s.Data) {
		return Value{}, false
	}
	switch c := s.Data[s.Pos]; c {
	case '"':
		t, ok := s.Str()
		return Value{Kind: String, Text: t}, ok
	case 'n':
		return Value{}, s.Literal("null")
	case 't':
		return Value{Kind: Bool, Yes: true, Text: True}, s.Literal("true")
	case 'f':
		return Value{Kind: Bool, Text: False}, s.Literal("false")
	case '{':
		return Value{Kind: Object, Text: textObject}, s.skip(0)
	case '[':
		return Value{Kind: Array, Text: textArray}, s.skip(0)
	}
	v, n := Number(s.Data[s.Pos:], JSON)
	if n == 0 {
		return Value{}, false
	}
	t := s.Data[s.Pos : s.Pos+n : s.Pos+n]
	s.Pos += n
	return Value{Kind: Numeric, Num: v, Text: t}, true
}

// skip skips an array or object.
func (s *Scanner) skip(depth int) bool {
	if depth > MaxDepth {
		return false
	}
	closing := s.Data[s.Pos] + 2 // [ ] and { } are two apart
	isObject := s.Data[s.Pos] == '{'
	s.Pos++
	for first := true; ; first = false {
		more, ok := s.Next(closing, first)
		if !ok || !more {
			return ok
		}
		if isObject {
			if _, ok := s.Key(); !ok {
				return false
			}
		}
		if c := s.Data; s.Pos < len(c) && (c[s.Pos] == '{' || c[s.Pos] == '[') {
			if !s.skip(depth + 1) {
				return false
			}
		} else if _, ok := s.Value(); !ok {
			return false
		}
	}
}

// Numbers reads an array of finite numbers.
func (s *Scanner) Numbers(each func(i int, v float64)) (n int, ok bool) {
	if !s.Is('[') {
		return 0, false
	}
	for ; ; n++ {
		more, ok := s.Next(']', n == 0)
		if !ok || !more {
			return n, ok
		}
		v, size := Number(s.Data[s.Pos:], JSON)
		if size == 0 || IsInf(v) {
			return n, false
		}
		s.Pos += size
		each(n, v)
	}
}
