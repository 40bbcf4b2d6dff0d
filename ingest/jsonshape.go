package ingest

// part is a value that an entry of a list can have.
type eventPart uint8

const (
	partX eventPart = iota
	partY
	partTime
	partAction
	partIcon
	partFromX
	partFromY
	partToX
	partToY
	partIndex
	partName
	partKeyboard
	eventParts
)

// rawEvent is an entry of any list of a record, before its columns are known. Time and action are
// ImageNet's time and action, and COCO's timeAt and actionType.
type rawEvent [eventParts]scalar

// eventShape is how an entry of a list was spelled. Nearly all entries are spelled like one of the
// last few, but for their numbers, texts and booleans.
type eventShape struct {
	k     slot // the list; slotNone: nothing was learnt
	n     int
	parts [maxParts]shapePart
	last  string   // what stands behind the last value
	event rawEvent // what read has read: no other values than those of the parts
}

const maxParts = 8

// shapePart is a value, and what stands before it.
type shapePart struct {
	before string
	kind   kind
	part   eventPart
	at     [2]int // where it stood
}

// shapes are those of the last entries that were read in full.
type shapes struct {
	all  [8]eventShape
	next int // to be forgotten
	ok   bool

	sample spelling // of the last mouse sample
}

// begin makes room: an entry is about to be read in full.
func (h *shapes) begin() *eventShape {
	l := &h.all[h.next]
	l.k, l.n = slotNone, 0
	h.ok = true
	return l
}

// part notes a value that stands at s.d[at:s.p]. A null is a part of the spelling.
func (h *shapes) part(s *jsonScan, v scalar, part eventPart, at int) {
	l := &h.all[h.next]
	switch {
	case v.kind == jsonNull:
	case l.n == maxParts || v.kind > jsonBool:
		h.ok = false
	default:
		l.parts[l.n] = shapePart{kind: v.kind, part: part, at: [2]int{at, s.p}}
		l.n++
	}
}

// end learns the spelling of the entry of list k at s.d[start:s.p].
func (h *shapes) end(s *jsonScan, k slot, start int) {
	l := &h.all[h.next]
	if !h.ok || l.n == 0 {
		return
	}
	l.k, l.event = k, rawEvent{}
	from := start
	for i := range l.parts[:l.n] {
		p := &l.parts[i]
		p.before = string(s.d[from:p.at[0]])
		from = p.at[1]
	}
	l.last = string(s.d[from:s.p])
	h.next = (h.next + 1) % len(h.all)
}

// read reads an entry of list k that is spelled like one before; nil leaves the position.
func (h *shapes) read(s *jsonScan, k slot) *rawEvent {
	for i := range h.all {
		if l := &h.all[i]; l.k == k && l.read(s) {
			return &l.event
		}
	}
	return nil
}

func (l *eventShape) read(s *jsonScan) bool {
	start := s.p
	for i := range l.parts[:l.n] {
		p := &l.parts[i]
		if !s.literal(p.before) || !s.like(&l.event[p.part], p.kind) {
			s.p = start
			return false
		}
	}
	if !s.literal(l.last) {
		s.p = start
		return false
	}
	return true
}

// like reads a number, text or boolean where there is one of this kind.
func (s *jsonScan) like(v *scalar, k kind) (ok bool) {
	v.kind = k
	switch k {
	case jsonNum:
		n := 0
		v.num, n = number(s.d[s.p:], jsonNumber)
		v.text = s.d[s.p : s.p+n : s.p+n]
		s.p += n
		return n > 0
	case jsonString:
		v.text, ok = s.str()
		return ok
	}
	*v, ok = s.scalar()
	return ok && v.kind == k
}

// event reads an entry of a list, and learns how it is spelled.
func (h *shapes) event(s *jsonScan, e *rawEvent, k slot) bool {
	start := s.p
	if !s.is('{') {
		return false
	}
	var seen uint16
	h.begin()
	for first := true; ; first = false {
		more, ok := s.next('}', first)
		if !ok {
			return false
		}
		if !more {
			break
		}
		key, ok := s.key()
		if !ok {
			return false
		}
		part, known := eventPartOf(key)
		if known && seen&(1<<part) != 0 {
			return false
		}
		at := s.p
		switch {
		case !known:
			_, ok = s.scalar()
			h.ok = false
		case part == partFromX || part == partToX:
			ok = h.pair(s, e, part)
			seen |= 1 << part
		default:
			e[part], ok = s.scalar()
			h.part(s, e[part], part, at)
			seen |= 1 << part
		}
		if !ok {
			return false
		}
	}
	if k == slotMouse {
		h.learnSample(s, start)
	}
	h.end(s, k, start)
	return true
}

// pair reads a point, an object or null, into the parts x and the one behind it.
func (h *shapes) pair(s *jsonScan, e *rawEvent, x eventPart) bool {
	if s.p >= len(s.d) || s.d[s.p] != '{' {
		return s.literal("null")
	}
	s.p++
	var seen [2]bool
	for first := true; ; first = false {
		more, ok := s.next('}', first)
		if !ok || !more {
			return ok
		}
		key, ok := s.key()
		if !ok {
			return false
		}
		at := s.p
		v, ok := s.scalar()
		if !ok {
			return false
		}
		y := len(key) == 1 && key[0] == 'y'
		if !y && string(key) != "x" {
			h.ok = false
			continue
		}
		part := x
		if y {
			part++
		}
		if seen[part-x] {
			return false
		}
		seen[part-x] = true
		e[part] = v
		h.part(s, v, part, at)
	}
}

// eventPartOf is where the value of a key goes; a point goes to its x and the part behind it.
func eventPartOf(key []byte) (part eventPart, known bool) {
	switch string(key) {
	case "x":
		return partX, true
	case "y":
		return partY, true
	case "time", "timeAt":
		return partTime, true
	case "action", "actionType":
		return partAction, true
	case "iconType":
		return partIcon, true
	case "pointFrom":
		return partFromX, true
	case "pointTo":
		return partToX, true
	case "categoryIndex":
		return partIndex, true
	case "categoryName":
		return partName, true
	case "usingKeyboard":
		return partKeyboard, true
	}
	return 0, false
}
