package decode

import (
	"abtool/ingest/scan"
)

// fastJSON reads bare records: an object of known keys in any order, strings of printable
// ASCII without escapes, every key once. It gives up (false) on everything else, wrappers and
// faults included; slowJSON then reads the value. What it takes, slowJSON would take with the
// same result: a fuzz test holds them together.
//
// It begins at s.p and leaves s.p behind the object.
func (b *Batch) fastJSON(s *scan.Scanner, coco bool) (ok bool, f *Fault) {
	if b.Limits.Depth < scan.MaxDepth+5 {
		return false, nil
	}
	start := s.Pos
	if coco {
		b.page.reset()
	} else {
		b.show.reset()
	}
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
		k := slotOf(key)
		if k == slotNone {
			if _, ok := s.Value(); !ok {
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
			var v scan.Value
			if v, ok = s.Value(); ok && coco {
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
		return true, b.endCOCO(&noWrapper, s.Data[start:s.Pos])
	}
	return true, b.endImageNet(&noWrapper, s.Data[start:s.Pos])
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

func (b *Batch) fastList(s *scan.Scanner, k slot, coco bool) (bool, *Fault) {
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
	b.show.posX = b.pixels(e[partX], "imagePosition.x", false)
	b.show.posY = b.pixels(e[partY], "imagePosition.y", false)
	return true
}
