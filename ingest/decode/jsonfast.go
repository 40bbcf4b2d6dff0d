package decode

import (
	"abtool/ingest/scan"
)

// fastJSON reads bare records: an object of known keys in any order, strings of printable
// ASCII without escapes, every key once. It gives up (false) on everything else, wrappers and
// faults included; slowJSON then reads the value. What it takes, slowJSON would take with the
// same result: a fuzz test holds them together.
//
// It begins at s.p and leaves s.p after the object.
func (b *Batch) fastJSON(s *scan.Scanner, set Set) (ok bool, f *Fault) {
	if b.Limits.Depth < scan.MaxDepth+5 {
		return false, nil
	}
	start := s.Pos
	r := b.gather(set)
	r.reset()
	columns := r.columns()
	if !s.Is('{') {
		return false, nil
	}
	var seen uint64
	known := false // a key was met that only this data set has
	for first := true; ; first = false {
		more, ok := s.Next('}', first)
		if !ok {
			return false, nil
		}
		if !more {
			break
		}
		key, ok := s.Key()
		if !ok {
			return false, nil
		}
		k := keyOf(key)
		if k == &unknown {
			if _, ok := s.Value(); !ok {
				return false, nil
			}
			continue
		}
		slot := set.slotOf(k)
		if seen&(1<<slot) != 0 || slot == slotOldClicks || !k.sets.has(set) {
			return false, nil
		}
		seen |= 1 << slot
		known = known || k.shows != nothing
		switch slot {
		case slotClicks, slotMouse, slotHovers, slotActions, slotBrowsing:
			ok, f = b.fastList(s, slot, r)
		case slotCategories:
			ok = b.fastCategories(s)
		case slotPosition:
			ok = b.fastPosition(s)
		default:
			var v scan.Value
			if v, ok = s.Value(); ok {
				columns[slot].json(b, v, Field{Name: k.name})
			}
		}
		if !ok || f != nil {
			return false, nil // a list too long: what follows it can be worse
		}
	}
	if !known {
		return false, nil // a header, perhaps
	}
	return true, r.end(b, &noWrapper, s.Data[start:s.Pos])
}

func (b *Batch) fastList(s *scan.Scanner, k slot, r gathered) (bool, *Fault) {
	if s.Pos >= len(s.Data) || s.Data[s.Pos] != '[' {
		return s.Literal("null"), nil
	}
	s.Pos++
	for first := true; ; first = false {
		more, ok := s.Next(']', first)
		if !ok || !more {
			return ok, nil
		}
		if k == slotMouse {
			if any, f := b.fastSamples(s, r); f != nil {
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
		if f := r.add(b, k, e); f != nil {
			return true, f
		}
	}
}

func (b *Batch) fastCategories(s *scan.Scanner) bool {
	if s.Pos >= len(s.Data) || s.Data[s.Pos] != '[' {
		return s.Literal("null")
	}
	s.Pos++
	for first := true; ; first = false {
		more, ok := s.Next(']', first)
		if !ok || !more {
			return ok
		}
		v, ok := s.Value()
		if !ok || v.Kind != scan.String {
			return false
		}
		b.page.names = append(b.page.names, b.text.keep(v.Text))
	}
}

func (b *Batch) fastPosition(s *scan.Scanner) bool {
	var e rawEvent
	if !b.shapes.pair(s, &e, partX) {
		return false
	}
	b.show.posX = b.position(e[partX], Field{Name: "imagePosition.x"})
	b.show.posY = b.position(e[partY], Field{Name: "imagePosition.y"})
	return true
}
