package ingest

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"abtool/schema"
)

// fields decodes one object, whatever its order of keys.
func fields(raw []byte) (map[string]json.RawMessage, *fault) {
	if len(raw) == 0 || raw[0] != '{' {
		if json.Valid(raw) {
			return nil, faultf(schema.NotObject, "%s; wanted an object", kindOf(raw))
		}
		return nil, &fault{reason: schema.Malformed}
	}
	var o map[string]json.RawMessage
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, faultf(schema.Malformed, "%v", err)
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

// kindOf returns the type of a JSON value by its first byte. What is not JSON is a number.
func kindOf(raw []byte) kind {
	if len(raw) == 0 {
		return jsonNull
	}
	switch raw[0] {
	case 'n':
		return jsonNull
	case '"':
		return jsonString
	case 't', 'f':
		return jsonBool
	case '[':
		return jsonArray
	case '{':
		return jsonObject
	}
	return jsonNum
}

// whatIs says what a value is that may not be JSON.
func whatIs(raw []byte) string {
	if !json.Valid(raw) {
		return "not JSON"
	}
	return kindOf(raw).String()
}

// object is one annotation of the ground truth.
type object struct {
	image, id, category scalar
	crowd, area         scalar
	bbox                [4]float64
	hasBox              bool
	badBox              string // why there is none; "" where bbox is missing
	boxText             []byte // what stands there then
	polygon             []float64
	rings               []int
	rleH, rleW          int32
	counts              []int64
	hasRLE              bool
	badMask             *fault // why the mask, or a part of it, is dropped
	maskText            []byte // what stands there then
}

// slow reads an annotation with encoding/json.
func (o *object) slow(raw []byte) *fault {
	m, f := fields(raw)
	if f != nil {
		return f
	}
	o.image, o.id, o.category = scalarOf(m["image_id"]), scalarOf(m["id"]), scalarOf(m["category_id"])
	o.crowd, o.area = scalarOf(m["iscrowd"]), scalarOf(m["area"])
	if o.setBox(m["bbox"]); o.badBox != "" {
		o.boxText = m["bbox"]
	}
	if o.badMask = o.setMask(m["segmentation"]); o.badMask != nil {
		o.maskText = m["segmentation"]
	}
	return nil
}

// setBox reads the bounding box.
func (o *object) setBox(bbox json.RawMessage) {
	box, ok := numbersOf(bbox)
	switch {
	case len(bbox) == 0:
	case ok && len(box) == 4:
		o.bbox, o.hasBox = [4]float64(box), true
	case ok:
		o.badBox = fmt.Sprintf("bbox has %d numbers; wanted four", len(box))
	case bbox[0] == '[':
		o.badBox = "bbox " + whatHolds(bbox) + "; wanted four numbers"
	default:
		o.badBox = "bbox is " + kindOf(bbox).String() + "; wanted a list of four numbers"
	}
}

// judge drops what nothing can use, with its reason: a box without area, an area below zero.
func (o *object) judge(b *batch, raw []byte) {
	if w, h := o.bbox[2], o.bbox[3]; o.hasBox {
		switch size := w * h; {
		case w <= 0 || h <= 0 || size == 0:
			o.badBox = fmt.Sprintf("bbox is %v wide and %v high: it has no area", w, h)
		case isInf(size) || isInf(o.bbox[0]+w) || isInf(o.bbox[1]+h):
			o.badBox = "bbox is not finite"
		}
	} else if o.badBox == "" {
		o.badBox = "bbox is missing"
	}
	if o.badBox != "" {
		o.hasBox = false
		found := raw
		if o.boxText != nil {
			found = o.boxText
		}
		b.drop("annotations.bbox", schema.BadBox, o.badBox, found)
	}
	if f := o.badMask; f != nil {
		b.drop("annotations.segmentation", f.reason, f.detail, o.maskText)
	}
	o.judgeArea(b)
	if c := o.crowd; c.kind == jsonNum && c.num != 0 && c.num != 1 {
		b.drop("annotations.iscrowd", schema.NotBoolean, "iscrowd is "+snippet(c.text)+"; wanted 0 or 1", c.text)
	} else if c.kind != jsonNull && c.kind != jsonNum && c.kind != jsonBool {
		b.drop("annotations.iscrowd", schema.NotBoolean, "iscrowd is "+c.kind.String()+"; wanted 0 or 1", c.text)
	}
}

func (o *object) judgeArea(b *batch) {
	a := o.area
	reason, detail := schema.Reason(""), ""
	switch {
	case a.kind == jsonNull:
		return
	case a.kind != jsonNum:
		reason, detail = schema.NotANumber, "area is "+a.kind.String()+"; wanted a number of pixels"
	case isInf(a.num):
		reason, detail = schema.OutOfRange, "area is not finite"
	case a.num < 0:
		reason, detail = schema.Negative, "area is below 0"
	default:
		return
	}
	b.drop("annotations.area", reason, detail, a.text)
	o.area = scalar{}
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
		to, n := o.part(key)
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

// part returns where the value of a key goes, nil for bbox and segmentation, and its number, -1 for
// a key that is not read.
func (o *object) part(key []byte) (*scalar, int) {
	switch string(key) {
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
