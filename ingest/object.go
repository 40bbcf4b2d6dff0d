package ingest

import (
	"encoding/json"
	"unicode/utf8"
)

// fields decodes one object, whatever its order of keys.
func fields(raw []byte) (map[string]json.RawMessage, *fault) {
	if len(raw) == 0 || raw[0] != '{' {
		if json.Valid(raw) {
			return nil, &fault{reason: NotObject}
		}
		return nil, &fault{reason: Malformed}
	}
	var o map[string]json.RawMessage
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, faultf(Malformed, "%v", err)
	}
	return o, nil
}

// scalarOf reads a raw value as a column does.
func scalarOf(raw json.RawMessage) scalar {
	if len(raw) == 0 {
		return scalar{}
	}
	if raw[0] == '"' {
		var t string
		if json.Unmarshal(raw, &t) != nil {
			return scalar{}
		}
		return scalar{kind: jsonString, text: []byte(t)}
	}
	s := jsonScan{d: raw}
	v, ok := s.scalar()
	if !ok {
		return scalar{kind: jsonObject, text: raw}
	}
	return v
}

// object is one annotation of the ground truth.
type object struct {
	image, id, category scalar
	crowd, area         scalar
	bbox                [4]float64
	hasBox              bool
	polygon             []float64
	rings               []int
	rleH, rleW          float64
	counts              []int64
	hasRLE              bool
}

// slow reads an annotation with encoding/json.
func (o *object) slow(raw []byte, b *batch) *fault {
	m, f := fields(raw)
	if f != nil {
		return f
	}
	o.image, o.id, o.category = scalarOf(m["image_id"]), scalarOf(m["id"]), scalarOf(m["category_id"])
	o.crowd, o.area = scalarOf(m["iscrowd"]), scalarOf(m["area"])
	if box, ok := numbersOf(m["bbox"]); ok && len(box) == 4 {
		o.bbox, o.hasBox = [4]float64(box), true
	}
	seg := m["segmentation"]
	var polygons []json.RawMessage
	switch {
	case len(seg) == 0 || string(seg) == "null":
	case seg[0] == '{' && o.setRLE(seg):
	case seg[0] == '[' && json.Unmarshal(seg, &polygons) == nil:
		for _, p := range polygons {
			ring, ok := numbersOf(p)
			if !ok || len(ring)%2 != 0 {
				b.null("annotations.segmentation", WrongType, p)
				continue
			}
			o.rings = append(o.rings, len(ring))
			o.polygon = append(o.polygon, ring...)
		}
	default:
		b.null("annotations.segmentation", WrongType, seg)
	}
	return nil
}

// fast reads an annotation of the usual form; false leaves it to slow.
func (o *object) fast(raw []byte) bool {
	if !utf8.Valid(raw) {
		return false
	}
	s := jsonScan{d: raw}
	if !s.is('{') {
		return false
	}
	var seen [8]bool
	for first := true; ; first = false {
		more, ok := s.next('}', first)
		if !ok {
			return false
		}
		if !more {
			s.space()
			return s.p == len(raw)
		}
		key, ok := s.key()
		if !ok {
			return false
		}
		to, n := o.place(key)
		if n >= 0 {
			if seen[n] {
				return false
			}
			seen[n] = true
		}
		switch {
		case to != nil || n < 0:
			var v scalar
			if v, ok = s.scalar(); ok && to != nil {
				*to = v
			}
		case n == 5:
			ok = o.fastBox(&s)
		default:
			ok = o.fastPolygons(&s)
		}
		if !ok {
			return false
		}
	}
}

func (o *object) place(key []byte) (*scalar, int) {
	switch view(key) {
	case "image_id":
		return &o.image, 0
	case "id":
		return &o.id, 1
	case "category_id":
		return &o.category, 2
	case "iscrowd":
		return &o.crowd, 3
	case "area":
		return &o.area, 4
	case "bbox":
		return nil, 5
	case "segmentation":
		return nil, 6
	}
	return nil, -1
}

func (o *object) fastBox(s *jsonScan) bool {
	n, ok := s.numbers(func(i int, v float64) {
		if i < 4 {
			o.bbox[i] = v
		}
	})
	o.hasBox = n == 4
	return ok && n == 4
}
