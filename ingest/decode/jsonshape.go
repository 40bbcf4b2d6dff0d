package decode

import (
	"abtool/ingest/scan"
)

// eventShape is how an entry of a list was spelled. Nearly all entries are spelled like one of the
// last few, but for their numbers, texts and booleans.
type eventShape struct {
	k     rule // the list; noRule: nothing was learnt
	n     int
	parts [maxParts]shapePart
	last  string   // what stands behind the last value
	event rawEvent // what read has read: no other values than those of the parts
}

const maxParts = 8

// shapePart is a value, and what stands before it.
type shapePart struct {
	before string
	kind   scan.Kind
	part   part
	at     [2]int // where it stood
}

// shapes are those of the last entries that were read in full.
type shapes struct {
	all  [8]eventShape
	next int // to be forgotten

	fresh eventShape // of the entry that is being read
	ok    bool       // as far as it was read, it can be learnt

	sample template // of the last mouse sample
}

// begin begins to learn: an entry is about to be read in full.
func (h *shapes) begin() { h.fresh.n, h.ok = 0, true }

// part notes a value that stands at s.d[at:s.p]. A null is a part of the spelling.
func (h *shapes) part(s *scan.Scanner, v scan.Value, part part, at int) {
	l := &h.fresh
	switch {
	case v.Kind == scan.Null:
	case l.n == maxParts || v.Kind > scan.Bool:
		h.ok = false
	default:
		l.parts[l.n] = shapePart{kind: v.Kind, part: part, at: [2]int{at, s.Pos}}
		l.n++
	}
}

// end learns the spelling of the entry of list k at s.d[start:s.p].
func (h *shapes) end(s *scan.Scanner, k rule, start int) {
	l := &h.fresh
	if !h.ok || l.n == 0 {
		return
	}
	l.k, l.event = k, rawEvent{}
	from := start
	for i := range l.parts[:l.n] {
		p := &l.parts[i]
		p.before = string(s.Data[from:p.at[0]])
		l.event[p.part].Kind = p.kind
		from = p.at[1]
	}
	l.last = string(s.Data[from:s.Pos])
	h.all[h.next] = *l
	h.next = (h.next + 1) % len(h.all)
}

// read reads an entry of list k that is spelled like one before; nil leaves the position.
func (h *shapes) read(s *scan.Scanner, k rule) *rawEvent {
	for i := range h.all {
		if l := &h.all[i]; l.k == k && l.read(s) {
			return &l.event
		}
	}
	return nil
}

func (l *eventShape) read(s *scan.Scanner) bool {
	d, p := s.Data, s.Pos
	for i := range l.parts[:l.n] {
		part := &l.parts[i]
		at := p + len(part.before)
		if at >= len(d) || string(d[p:at]) != part.before {
			return false
		}
		v := &l.event[part.part]
		end := at
		switch part.kind {
		case scan.Numeric:
			var n int
			if v.Num, n = scan.Number(d[at:], scan.JSON); n == 0 {
				return false
			}
			end += n
			v.Text = d[at:end:end]
		case scan.String:
			if d[at] != '"' {
				return false
			}
			for end++; end < len(d) && scan.Simple[d[end]]; end++ {
			}
			if end == len(d) || d[end] != '"' {
				return false
			}
			v.Text = d[at+1 : end : end]
			end++
		default: // a boolean
			text := scan.False
			if v.Yes = d[at] == 't'; v.Yes {
				text = scan.True
			}
			if end += len(text); end > len(d) || string(d[at:end]) != string(text) {
				return false
			}
			v.Text = text
		}
		p = end
	}
	if end := p + len(l.last); end <= len(d) && string(d[p:end]) == l.last {
		s.Pos = end
		return true
	}
	return false
}

// event reads an entry of a list, and learns how it is spelled.
func (h *shapes) event(s *scan.Scanner, e *rawEvent, k rule) bool {
	start := s.Pos
	if !s.Is('{') {
		return false
	}
	var seen uint16
	h.begin()
	for first := true; ; first = false {
		more, ok := s.Next('}', first)
		if !ok {
			return false
		}
		if !more {
			break
		}
		key, ok := s.Key()
		if !ok {
			return false
		}
		part, known := partOf(key)
		if known && seen&(1<<part) != 0 {
			return false
		}
		at := s.Pos
		switch {
		case !known:
			_, ok = s.Value()
			h.ok = false
		case part.isPoint():
			ok = h.pair(s, e, part)
			seen |= 1 << part
		default:
			e[part], ok = s.Value()
			h.part(s, e[part], part, at)
			seen |= 1 << part
		}
		if !ok {
			return false
		}
	}
	if k == mouse {
		h.learnSample(s, start)
	}
	h.end(s, k, start)
	return true
}

// pair reads a point, an object or null, into the parts x and the one behind it.
func (h *shapes) pair(s *scan.Scanner, e *rawEvent, x part) bool {
	if s.Pos >= len(s.Data) || s.Data[s.Pos] != '{' {
		return s.Literal("null")
	}
	s.Pos++
	var seen [2]bool
	for first := true; ; first = false {
		more, ok := s.Next('}', first)
		if !ok || !more {
			return ok
		}
		key, ok := s.Key()
		if !ok {
			return false
		}
		at := s.Pos
		v, ok := s.Value()
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
