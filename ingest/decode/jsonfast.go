package decode

import "abtool/ingest/scan"

// jsonReader reads JSON values: records, and what wraps them.
type jsonReader struct {
	out    *output
	show   *showing
	page   *page
	shapes shapes
	event  rawEvent
}

// record returns what takes the records of a data set.
func (r *jsonReader) record(s Set) record {
	if s == COCO {
		return r.page
	}
	return r.show
}

// fast reads bare records: an object of known keys in any order, strings of printable
// ASCII without escapes, every key once. It gives up (false) on everything else, wrappers and
// faults included; slow then reads the value. What it takes, slow would take with the
// same result: a fuzz test holds them together.
//
// It begins at s.p and leaves s.p after the object.
func (r *jsonReader) fast(s *scan.Scanner, set Set) (ok bool, f *Fault) {
	if r.out.limits.Depth < scan.MaxDepth+5 {
		return false, nil
	}
	start := s.Pos
	rec := r.record(set)
	rec.begin()
	to := rec.columns()
	if !s.Is('{') {
		return false, nil
	}
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
		if !k.sets.has(set) || !to.once(k) || k.rule == oldClicks {
			return false, nil
		}
		known = known || k.shows != nothing
		switch {
		case k.rule.isList():
			ok, f = r.fastList(s, k.rule, to)
		case k.rule == categories:
			ok = r.fastCategories(s)
		case k.rule == position:
			ok = r.fastPosition(s)
		default:
			var v scan.Value
			if v, ok = s.Value(); ok && !rec.hold(k, v) {
				to.put(k, v)
			}
		}
		if !ok || f != nil {
			return false, nil // a list too long: what follows it can be worse
		}
	}
	if !known {
		return false, nil // a header, perhaps
	}
	return true, rec.end(&noWrapper, s.Data[start:s.Pos])
}

func (r *jsonReader) fastList(s *scan.Scanner, k rule, to *sheet) (bool, *Fault) {
	if s.Pos >= len(s.Data) || s.Data[s.Pos] != '[' {
		return s.Literal("null"), nil
	}
	s.Pos++
	for first := true; ; first = false {
		more, ok := s.Next(']', first)
		if !ok || !more {
			return ok, nil
		}
		if k == mouse {
			if some, f := r.shapes.fastSamples(s, &to.mouse); f != nil {
				return true, f
			} else if some {
				continue
			}
		}
		e := r.shapes.read(s, k)
		if e == nil {
			e = &r.event
			*e = rawEvent{}
			if !r.shapes.event(s, e, k) {
				return false, nil
			}
		}
		if f := to.add(k, e); f != nil {
			return true, f
		}
	}
}

func (r *jsonReader) fastCategories(s *scan.Scanner) bool {
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
		r.page.names.AddText(r.out.text.keep(v.Text))
	}
}

func (r *jsonReader) fastPosition(s *scan.Scanner) bool {
	var e rawEvent
	if !r.shapes.pair(s, &e, partX) {
		return false
	}
	r.position(e[partX], e[partY])
	return true
}

func (r *jsonReader) position(x, y scan.Value) {
	r.out.put(offset, r.show.posX, x, Field{Name: "imagePosition.x"})
	r.out.put(offset, r.show.posY, y, Field{Name: "imagePosition.y"})
}

// wrapper is what a front-end page or dump says of all its records.
type wrapper struct {
	ids            map[string]string // by column
	page           scan.Value        // pageno
	uuid           string
	started, ended scan.Value
	slot           int32 // index in annotations, -1 outside of one
}

var noWrapper = wrapper{slot: -1}
