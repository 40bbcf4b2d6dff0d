package decode

import (
	"abtool/ingest/scan"
)

// Nearly all entries of the lists in a source are spelled like one of the last few entries, except for their
// numbers, texts and booleans. shapes therefore remembers the spelling of entries that were read in full: the
// bytes before, between and after their values. If the next entry has the same bytes around its values, no
// key has to be looked up.
//
// What could go wrong: an entry that only looks alike. Numbers and texts are scanned as strictly as in full
// reading, texts have no escapes, and the bytes after the last value include the closing brace. A spelling
// with a key that is not known, with a key twice, or with a nested value that is not a point is not learnt.

// eventShape is the spelling of an entry of a list.
type eventShape struct {
	k     rule // of the list; noRule if nothing was learnt
	n     int  // number of parts
	parts [maxParts]shapePart
	last  string   // the text after the last value
	event rawEvent // the entry that read returns; it has values for the parts only
}

const maxParts = 8

// shapePart is a value with the text before it.
type shapePart struct {
	before string
	kind   scan.Kind
	part   part
	at     [2]int // its place when it was learnt
}

// shapes has the spellings of the last entries that were read in full.
type shapes struct {
	all  [8]eventShape
	next int // the shape that the next one replaces

	fresh eventShape // the spelling of the entry that is being read
	ok    bool       // fresh can be learnt, as far as the entry was read

	sample template // of the last mouse sample
}

// begin prepares to learn the entry that is read next.
func (h *shapes) begin() { h.fresh.n, h.ok = 0, true }

// part remembers a value at s.Data[at:s.Pos]. A null belongs to the text around the values.
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

// end learns the spelling of the entry of list k at s.Data[start:s.Pos].
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

// read reads an entry of list k that has a known spelling. If it has none, read returns nil and leaves the
// position.
func (h *shapes) read(s *scan.Scanner, k rule) *rawEvent {
	for i := range h.all {
		if l := &h.all[i]; l.k == k && l.read(s) {
			return &l.event
		}
	}
	return nil
}

// read reads an entry with this spelling into l.event. If the spelling differs, it returns false and leaves
// the position.
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

// event reads an entry of a list in full, and learns its spelling. It returns false for an entry that only
// the slow reader can read.
func (h *shapes) event(s *scan.Scanner, e *rawEvent, k rule) bool {
	start := s.Pos
	if !s.Is('{') {
		return false
	}
	var seen uint32
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

// pair reads a point, which is an object or null, into the part x and the part after it.
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
