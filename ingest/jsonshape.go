package ingest

// eventShape is how the last entry of a list was spelled, but for its values: most entries of a
// list are spelled alike, and comparing with that is the quickest way to read one.
type eventShape struct {
	k     slot // the list; slotNone: nothing was learnt
	n     int
	plain bool // as far as it was read, the entry can be learnt
	parts [maxParts]shapePart
	last  string   // what stands behind the last value
	event rawEvent // what read has read: no other values than those of the parts
}

const maxParts = 6

// shapePart is a value, and what stands before it.
type shapePart struct {
	before string
	kind   kind
	bit    uint16  // which value it is
	to     *scalar // where it goes
	at     [2]int  // where it stood
}

// begin forgets what was learnt: an entry is about to be read in full.
func (h *eventShape) begin() { h.k, h.n, h.plain = slotNone, 0, true }

// part notes a value that stands at s.d[at:s.p].
func (h *eventShape) part(s *jsonScan, v scalar, bit uint16, at int) {
	if h.n == maxParts || v.kind != jsonNum && v.kind != jsonString && v.kind != jsonBool || bit == 0 {
		h.plain = false
		return
	}
	h.parts[h.n] = shapePart{kind: v.kind, bit: bit, at: [2]int{at, s.p}}
	h.n++
}

// end learns the spelling of the entry of list k at s.d[start:s.p]. Points within entries are not
// learnt.
func (h *eventShape) end(s *jsonScan, k slot, start int) {
	if !h.plain || h.n == 0 || k == slotActions {
		return
	}
	h.k = k
	h.event = rawEvent{}
	from := start
	for i := range h.parts[:h.n] {
		p := &h.parts[i]
		p.before = string(s.d[from:p.at[0]])
		p.to = h.event.place(p.bit)
		from = p.at[1]
	}
	h.last = string(s.d[from:s.p])
}

// read reads an entry that is spelled like the last one; false leaves the position.
func (h *eventShape) read(s *jsonScan) bool {
	start := s.p
	for i := range h.parts[:h.n] {
		p := &h.parts[i]
		v, ok := scalar{}, s.literal(p.before)
		if ok {
			v, ok = s.scalar()
		}
		if !ok || v.kind != p.kind {
			s.p = start
			return false
		}
		*p.to = v
	}
	if !s.literal(h.last) {
		s.p = start
		return false
	}
	return true
}

// place is where the value of a bit goes.
func (e *rawEvent) place(bit uint16) *scalar {
	switch bit {
	case bitX:
		return &e.x
	case bitY:
		return &e.y
	case bitTime:
		return &e.time
	case bitAction:
		return &e.action
	case bitIcon:
		return &e.icon
	case bitIndex:
		return &e.index
	case bitName:
		return &e.name
	case bitKeyboard:
		return &e.keyboard
	}
	return nil
}
