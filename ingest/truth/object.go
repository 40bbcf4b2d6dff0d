package truth

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"abtool/ingest/decode"
	"abtool/ingest/scan"
	"abtool/schema"
)

// fields decodes the members of a JSON object.
func fields(raw []byte) (map[string]json.RawMessage, *decode.Fault) {
	if len(raw) == 0 || raw[0] != '{' {
		if json.Valid(raw) {
			return nil, decode.Faultf(schema.NotObject, "%s; wanted an object", kindOf(raw))
		}
		return nil, &decode.Fault{Reason: schema.Malformed}
	}
	var o map[string]json.RawMessage
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, decode.Faultf(schema.Malformed, "%v", err)
	}
	return o, nil
}

// scalarOf returns a raw value in the form that the rules of columns take.
func scalarOf(raw json.RawMessage) scan.Value {
	if len(raw) == 0 {
		return scan.Value{}
	}
	if raw[0] == '"' {
		var t string
		if json.Unmarshal(raw, &t) != nil {
			return scan.Value{}
		}
		return scan.Value{Kind: scan.String, Text: []byte(t)}
	}
	s := scan.Scanner{Data: raw}
	v, ok := s.Value()
	if !ok {
		return scan.Value{Kind: scan.Object, Text: raw}
	}
	return v
}

// kindOf returns the type of a JSON value by its first byte. It returns Numeric for a text that is not JSON.
func kindOf(raw []byte) scan.Kind {
	if len(raw) == 0 {
		return scan.Null
	}
	switch raw[0] {
	case 'n':
		return scan.Null
	case '"':
		return scan.String
	case 't', 'f':
		return scan.Bool
	case '[':
		return scan.Array
	case '{':
		return scan.Object
	}
	return scan.Numeric
}

// whatIs returns the type of a value in words, or "not JSON".
func whatIs(raw []byte) string {
	if !json.Valid(raw) {
		return "not JSON"
	}
	return kindOf(raw).String()
}

// object is an annotation of the ground truth.
type object struct {
	image, id, category scan.Value
	crowd, area         scan.Value
	bbox                [4]float64
	hasBox              bool
	badBox              string // why the box is dropped; "" where bbox is missing
	boxText             []byte // the text of the box that is dropped
	polygon             []float64
	rings               []int
	rleH, rleW          int32
	counts              []int64
	hasRLE              bool
	badMask             *decode.Fault // why the mask, or a part of it, is dropped
	maskText            []byte        // the text of that mask
}

// slow reads an annotation with encoding/json.
func (o *object) slow(raw []byte) *decode.Fault {
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

// setBox reads the bounding box, and sets badBox if it is not four numbers.
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

// dropUnusable sets unusable fields to null, each with a reject: a box without area, a mask with faults, an
// area below zero, and an iscrowd other than 0 or 1.
func (o *object) dropUnusable(b *decode.Batch, raw []byte) {
	if w, h := o.bbox[2], o.bbox[3]; o.hasBox {
		switch size := w * h; {
		case w <= 0 || h <= 0 || size == 0:
			o.badBox = fmt.Sprintf("bbox is %v wide and %v high: it has no area", w, h)
		case scan.IsInf(size) || scan.IsInf(o.bbox[0]+w) || scan.IsInf(o.bbox[1]+h):
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
		b.Drop("annotations.bbox", schema.BadBox, o.badBox, found)
	}
	if f := o.badMask; f != nil {
		b.Drop("annotations.segmentation", f.Reason, f.Detail, o.maskText)
	}
	o.dropBadArea(b)
	if c := o.crowd; c.Kind == scan.Numeric && c.Num != 0 && c.Num != 1 {
		b.Drop("annotations.iscrowd", schema.NotBoolean, "iscrowd is "+scan.Snippet(c.Text)+"; wanted 0 or 1", c.Text)
	} else if c.Kind != scan.Null && c.Kind != scan.Numeric && c.Kind != scan.Bool {
		b.Drop("annotations.iscrowd", schema.NotBoolean, "iscrowd is "+c.Kind.String()+"; wanted 0 or 1", c.Text)
	}
}

// dropBadArea sets an area that is not a finite number, 0 or more, to null.
func (o *object) dropBadArea(b *decode.Batch) {
	a := o.area
	reason, detail := schema.Reason(""), ""
	switch {
	case a.Kind == scan.Null:
		return
	case a.Kind != scan.Numeric:
		reason, detail = schema.NotANumber, "area is "+a.Kind.String()+"; wanted a number of pixels"
	case scan.IsInf(a.Num):
		reason, detail = schema.OutOfRange, "area is not finite"
	case a.Num < 0:
		reason, detail = schema.Negative, "area is below 0"
	default:
		return
	}
	b.Drop("annotations.area", reason, detail, a.Text)
	o.area = scan.Value{}
}

// fast reads an annotation of the usual form. For any other form it returns false, and slow reads it.
func (o *object) fast(raw []byte) bool {
	if !utf8.Valid(raw) {
		return false
	}
	s := scan.Scanner{Data: raw}
	if !s.Is('{') {
		return false
	}
	var seen [8]bool
	for first := true; ; first = false {
		more, ok := s.Next('}', first)
		if !ok {
			return false
		}
		if !more {
			s.Space()
			return s.Pos == len(raw)
		}
		key, ok := s.Key()
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
			var v scan.Value
			if v, ok = s.Value(); ok && to != nil {
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

// part returns the field for the value of a key, or nil for bbox and segmentation, and the number of the key, or
// -1 for a key that is not read.
func (o *object) part(key []byte) (*scan.Value, int) {
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

func (o *object) fastBox(s *scan.Scanner) bool {
	n, ok := s.Numbers(func(i int, v float64) {
		if i < 4 {
			o.bbox[i] = v
		}
	})
	o.hasBox = n == 4
	return ok && n == 4
}
