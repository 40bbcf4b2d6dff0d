package ingest

// eventPart is a value that an entry of a list can have.
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

	fresh eventShape // of the entry that is being read
	ok    bool       // as far as it was read, it can be learnt

	sample spelling // of the last mouse sample
}

// begin begins to learn: an entry is about to be read in full.
func (h *shapes) begin() { h.fresh.n, h.ok = 0, true }

// part notes a value that stands at s.d[at:s.p]. A null is a part of the spelling.
func (h *shapes) part(s *jsonScan, v scalar, part eventPart, at int) {
	l := &h.fresh
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
	l := &h.fresh
	if !h.ok || l.n == 0 {
		return
	}
	l.k, l.event = k, rawEvent{}
	from := start
	for i := range l.parts[:l.n] {
		p := &l.parts[i]
		p.before = string(s.d[from:p.at[0]])
		l.event[p.part].kind = p.kind
		from = p.at[1]
	}
	l.last = string(s.d[from:s.p])
	h.all[h.next] = *l
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
	d, p := s.d, s.p
	for i := range l.parts[:l.n] {
		part := &l.parts[i]
		at := p + len(part.before)
		if at >= len(d) || string(d[p:at]) != part.before {
			return false
		}
		v := &l.event[part.part]
		end := at
		switch part.kind {
		case jsonNum:
			var n int
			if v.num, n = number(d[at:], jsonNumber); n == 0 {
				return false
			}
			end += n
			v.text = d[at:end:end]
		case jsonString:
			if d[at] != '"' {
				return false
			}
			for end++; end < len(d) && simple[d[end]]; end++ {
			}
			if end == len(d) || d[end] != '"' {
				return false
			}
			v.text = d[at+1 : end : end]
			end++
		default: // a boolean
			text := textFalse
			if v.yes = d[at] == 't'; v.yes {
				text = textTrue
			}
			if end += len(text); end > len(d) || string(d[at:end]) != string(text) {
				return false
			}
			v.text = text
		}
		p = end
	}
	if end := p + len(l.last); end <= len(d) && string(d[p:end]) == l.last {
		s.p = end
		return true
	}
	return false
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
