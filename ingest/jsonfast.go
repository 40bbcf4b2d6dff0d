package ingest

// fastJSON reads bare records: an object of known keys in any order, strings of printable
// ASCII without escapes, every key once. It gives up (false) on everything else, wrappers and
// faults included; slowJSON then reads the value. What it takes, slowJSON would take with the
// same result: a fuzz test holds them together.
//
// It begins at s.p and leaves s.p behind the object.
func (b *batch) fastJSON(s *jsonScan, coco bool) (ok bool, f *fault) {
	if b.limits.Depth < fastDepth+5 {
		return false, nil
	}
	start := s.p
	if coco {
		b.page.reset()
	} else {
		b.show.reset()
	}
	if !s.is('{') {
		return false, nil
	}
	var seen uint64
	known := false // a key was met that only this data set has
	for first := true; ; first = false {
		more, ok := s.next('}', first)
		if !ok {
			return false, nil
		}
		if !more {
			break
		}
		key, ok := s.key()
		if !ok {
			return false, nil
		}
		k := slotOf(key)
		if k == slotNone {
			if _, ok := s.scalar(); !ok {
				return false, nil
			}
			continue
		}
		if seen&(1<<k) != 0 || k == slotWrapper || k == slotOldClicks || !belongs(k, key, coco) {
			return false, nil
		}
		if k == slotPage && !coco {
			k = slotPageIdx
			if seen&(1<<k) != 0 {
				return false, nil
			}
		}
		seen |= 1 << k
		known = known || !shared(k)
		switch k {
		case slotClicks, slotMouse, slotHovers, slotActions, slotBrowsing:
			ok, f = b.fastList(s, k, coco)
		case slotCategories:
			ok = b.fastCategories(s)
		case slotPosition:
			ok = b.fastPosition(s)
		default:
			var v scalar
			if v, ok = s.scalar(); ok && coco {
				b.cocoScalar(k, view(key), v)
			} else if ok {
				b.imagenetScalar(k, view(key), v)
			}
		}
		if !ok || f != nil {
			return false, nil // a list too long: what follows it can be worse
		}
	}
	if !known {
		return false, nil // a header, perhaps
	}
	if coco {
		return true, b.endCOCO(&noWrapper, s.d[start:s.p])
	}
	return true, b.endImageNet(&noWrapper, s.d[start:s.p])
}

// belongs tells whether a key is one of the data set's records; where it is not, slowJSON
// finds out what the record is.
func belongs(k slot, key []byte, coco bool) bool {
	switch k {
	case slotImageID:
		return coco == (string(key) == "image_id")
	case slotActions, slotBrowsing, slotCategories, slotImageURL, slotSpent:
		return coco
	case slotClicks, slotHovers, slotPosition, slotSelected, slotSelectedCount, slotHoveredCount, slotEstimate,
		slotImageNetHIT, slotSubmit, slotImageIdx:
		return !coco
	case slotPage:
		return coco || string(key) == "pageno"
	}
	return true
}

// shared tells the keys that records of both data sets, or headers, have.
func shared(k slot) bool {
	switch k {
	case slotWorker, slotAssignment, slotHIT, slotImageNetHIT, slotPage, slotPageIdx, slotWidth, slotHeight,
		slotOrigWidth, slotOrigHeight, slotMouse, slotCategories:
		return true
	}
	return false
}

func (b *batch) fastList(s *jsonScan, k slot, coco bool) (bool, *fault) {
	if s.p >= len(s.d) || s.d[s.p] != '[' {
		return s.literal("null"), nil
	}
	s.p++
	for first := true; ; first = false {
		more, ok := s.next(']', first)
		if !ok || !more {
			return ok, nil
		}
		if k == slotMouse {
			if any, f := b.fastSamples(s, coco); f != nil {
				return true, f
			} else if any {
				continue
			}
		}
		e := b.shapes.read(s, k)
		if e == nil {
			e = &b.event
			*e = rawEvent{}
			if !b.shapes.event(s, e, k) {
				return false, nil
			}
		}
		add := b.add
		if coco {
			add = b.addCOCO
		}
		if f := add(k, e); f != nil {
			return true, f
		}
	}
}

func (b *batch) fastCategories(s *jsonScan) bool {
	if s.p >= len(s.d) || s.d[s.p] != '[' {
		return s.literal("null")
	}
	s.p++
	for first := true; ; first = false {
		more, ok := s.next(']', first)
		if !ok || !more {
			return ok
		}
		v, ok := s.scalar()
		if !ok || v.kind != jsonString {
			return false
		}
		b.page.names = append(b.page.names, b.text.keep(v.text))
	}
}

func (b *batch) fastPosition(s *jsonScan) bool {
	var e rawEvent
	if !b.shapes.pair(s, &e, partX) {
		return false
	}
	b.show.posX = b.pixels(e[partX].value(), "imagePosition.x", false)
	b.show.posY = b.pixels(e[partY].value(), "imagePosition.y", false)
	return true
}

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
