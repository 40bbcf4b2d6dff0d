package ingest

// fastDepth is how deep values may be nested that are stepped over.
const fastDepth = 16

// jsonScan walks over JSON.
type jsonScan struct {
	d []byte
	p int
}

func (s *jsonScan) space() {
	p := s.p
	for p < len(s.d) && (s.d[p] == ' ' || s.d[p] == '\n' || s.d[p] == '\t' || s.d[p] == '\r') {
		p++
	}
	s.p = p
}

func (s *jsonScan) is(c byte) bool {
	if s.p < len(s.d) && s.d[s.p] == c {
		s.p++
		return true
	}
	return false
}

func (s *jsonScan) literal(lit string) bool {
	if len(s.d)-s.p < len(lit) || string(s.d[s.p:s.p+len(lit)]) != lit {
		return false
	}
	s.p += len(lit)
	return true
}

// next steps to the next member or element: more is false when the closing bracket was met.
func (s *jsonScan) next(closing byte, first bool) (more, ok bool) {
	s.space()
	if s.is(closing) {
		return false, true
	}
	if !first {
		if !s.is(',') {
			return false, false
		}
		s.space()
	}
	return true, s.p < len(s.d)
}

// str reads a string of printable ASCII without escapes.
func (s *jsonScan) str() ([]byte, bool) {
	if !s.is('"') {
		return nil, false
	}
	p := s.p
	for p < len(s.d) && simple[s.d[p]] {
		p++
	}
	if p == len(s.d) || s.d[p] != '"' {
		return nil, false
	}
	t := s.d[s.p:p:p]
	s.p = p + 1
	return t, true
}

var simple = func() (t [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		t[c] = true
	}
	t['"'], t['\\'] = false, false
	return t
}()

func (s *jsonScan) key() ([]byte, bool) {
	k, ok := s.str()
	if !ok {
		return nil, false
	}
	s.space()
	if !s.is(':') {
		return nil, false
	}
	s.space()
	return k, true
}

// What scalars without a text of their own show in the rejects.
var textTrue, textFalse, textObject, textArray = []byte("true"), []byte("false"), []byte("{…}"), []byte("[…]")

// scalar reads any value; arrays and objects are stepped over.
func (s *jsonScan) scalar() (scalar, bool) {
	if s.p >= len(s.d) {
		return scalar{}, false
	}
	switch c := s.d[s.p]; c {
	case '"':
		t, ok := s.str()
		return scalar{kind: jsonString, text: t}, ok
	case 'n':
		return scalar{}, s.literal("null")
	case 't':
		return scalar{kind: jsonBool, yes: true, text: textTrue}, s.literal("true")
	case 'f':
		return scalar{kind: jsonBool, text: textFalse}, s.literal("false")
	case '{':
		return scalar{kind: jsonObject, text: textObject}, s.skip(0)
	case '[':
		return scalar{kind: jsonArray, text: textArray}, s.skip(0)
	}
	v, n := number(s.d[s.p:], jsonNumber)
	if n == 0 {
		return scalar{}, false
	}
	t := s.d[s.p : s.p+n : s.p+n]
	s.p += n
	return scalar{kind: jsonNum, num: v, text: t}, true
}

// skip steps over an array or object.
func (s *jsonScan) skip(depth int) bool {
	if depth > fastDepth {
		return false
	}
	closing := s.d[s.p] + 2 // [ ] and { } are two apart
	isObject := s.d[s.p] == '{'
	s.p++
	for first := true; ; first = false {
		more, ok := s.next(closing, first)
		if !ok || !more {
			return ok
		}
		if isObject {
			if _, ok := s.key(); !ok {
				return false
			}
		}
		if c := s.d; s.p < len(c) && (c[s.p] == '{' || c[s.p] == '[') {
			if !s.skip(depth + 1) {
				return false
			}
		} else if _, ok := s.scalar(); !ok {
			return false
		}
	}
}

// numbers reads an array of finite numbers.
func (s *jsonScan) numbers(each func(i int, v float64)) (n int, ok bool) {
	if !s.is('[') {
		return 0, false
	}
	for ; ; n++ {
		more, ok := s.next(']', n == 0)
		if !ok || !more {
			return n, ok
		}
		v, size := number(s.d[s.p:], jsonNumber)
		if size == 0 || isInf(v) {
			return n, false
		}
		s.p += size
		each(n, v)
	}
}
