package decode

import "abtool/ingest/scan"

// jsonReader reads JSON values: records, and the pages and dumps that have records.
type jsonReader struct {
	out    *output
	show   *showing
	page   *page
	shapes shapes
	event  rawEvent
	value  scan.Value
}

// record returns the reader of records of a data set.
func (r *jsonReader) record(s Set) record {
	if s == COCO {
		return r.page
	}
	return r.show
}

// fast reads the record at s.Pos, and leaves s.Pos after it. The record is an object with its keys in any
// order, each once, and its strings are printable ASCII without escapes. For anything else, such as pages and
// faulty records, it returns false, and slow reads the value. It must never read a value that slow rejects,
// or read it with another result. Faults of syntax are therefore left to slow. A
// fuzz test compares the two readers.
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
	known := false // a key was read that only this data set has
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
		if k == &unknown || to.lacks(k) {
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
			v := &r.value
			if *v, ok = s.Value(); ok && !rec.hold(k, v) {
				to.put(k, v)
			}
		}
		if !ok || f != nil {
			return false, nil // a list is too long, but slow may find a worse fault after it
		}
	}
	if !known {
		return false, nil // it may be a header
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
	r.position(&e[partX], &e[partY])
	return true
}

func (r *jsonReader) position(x, y *scan.Value) {
	r.out.put(offset, r.show.posX, x, &Field{Name: "imagePosition.x"})
	r.out.put(offset, r.show.posY, y, &Field{Name: "imagePosition.y"})
}

// wrapper has the values in a page or dump of the front ends that hold for all its records.
type wrapper struct {
	ids            map[string]string // by column
	page           scan.Value        // pageno
	uuid           string
	started, ended scan.Value
	slot           int32 // index in the list annotations, or -1
}

var noWrapper = wrapper{slot: -1}
