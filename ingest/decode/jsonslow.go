package decode

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"abtool/ingest/scan"
	"abtool/schema"
)

// slowJSON reads one JSON value, whatever it wraps, with encoding/json: the judge for every
// value that the fast scanner does not take. set says which data set a value belongs to that
// does not tell by itself. Faults are noted in the batch.
func (b *Batch) slowJSON(data []byte, set Set) {
	trimmed := scan.Trim(data)
	fail := func(r schema.Reason, detail string) {
		b.RejectRecord(r, detail, trimmed)
		b.Count++
	}
	if len(trimmed) == 0 {
		fail(schema.Empty, "")
		return
	}
	depth, values := measure(trimmed)
	if depth > b.Limits.Depth {
		fail(schema.TooDeep, fmt.Sprintf("%d levels", depth))
		return
	}
	if values > maxValues {
		fail(schema.TooLong, fmt.Sprintf("%d values; the limit is %d", values, maxValues))
		return
	}
	dec := json.NewDecoder(bytes.NewReader(trimmed))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		if set != COCO && !utf8.Valid(trimmed) {
			fail(schema.NotUTF8, notUTF8(trimmed).Detail)
			return
		}
		fail(schema.Malformed, err.Error())
		return
	}
	if len(scan.Trim(trimmed[dec.InputOffset():])) > 0 {
		fail(schema.Malformed, "more text behind the value")
		return
	}
	obj, ok := v.(map[string]any)
	if !ok {
		if holdsRecords(v) {
			b.unpack(trimmed, set)
			return
		}
		fail(schema.NotObject, jsonScalar(v).Kind.String()+" where a record should be")
		return
	}
	if isContainer(obj) {
		b.unpack(trimmed, set)
		return
	}
	valid := utf8.Valid(trimmed)
	b.object(obj, noWrapper, jsonSource{set: set, valid: valid, raw: trimmed})
}

// jsonSource is what holds for all records of one JSON value.
type jsonSource struct {
	set   Set  // unless the record tells otherwise
	valid bool // the bytes are UTF-8
	raw   []byte
}

// object reads a record, or what wraps records.
func (b *Batch) object(o map[string]any, c wrapper, s jsonSource) {
	c.take(b, o)
	found := false
	if pages, ok := entriesOf(o["pages"]); ok {
		found = true
		b.countHeader(len(pages))
		for _, p := range pages {
			page, ok := p.(map[string]any)
			if !ok {
				b.fail(&Fault{schema.NotObject, "a page that is not an object"}, s)
				continue
			}
			b.readPage(page, c, s)
		}
	}
	if page, ok := o["page"].(map[string]any); ok {
		found = true
		in := c
		in.ended = jsonScalar(o["endedAt"])
		b.readPage(page, in, s)
	}
	_, many := o["annotations"]
	_, one := o["annotation"]
	switch {
	case many || one:
		b.readPage(o, c, s)
	case found:
	case isHeader(o):
		b.Headers++
	default:
		b.bare(o, c, s)
	}
}

// entriesOf returns the entries of a list, or of an object that holds one object under each key, in the
// order of the keys as numbers or texts.
func entriesOf(v any) ([]any, bool) {
	if list, ok := v.([]any); ok {
		return list, true
	}
	keyed, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	keys := slices.SortedFunc(maps.Keys(keyed), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	list := make([]any, len(keys))
	for i, k := range keys {
		if list[i], ok = keyed[k].(map[string]any); !ok {
			return nil, false
		}
	}
	return list, true
}

func (b *Batch) countHeader(pages int) {
	if pages == 0 {
		b.Headers++
	}
}

// readPage reads a page: annotations (ImageNet) or annotation (COCO).
func (b *Batch) readPage(p map[string]any, c wrapper, s jsonSource) {
	c.take(b, p)
	c.page = jsonScalar(p["pageno"])
	if id, ok := p["id"].(string); ok {
		c.uuid = b.text.keep([]byte(id))
	}
	c.started = jsonScalar(p["startedAt"])
	if e := jsonScalar(p["endedAt"]); e.Kind != scan.Null {
		c.ended = e
	}
	rec, single := p["annotation"].(map[string]any)
	if single {
		in := s
		in.set = COCO
		b.bare(rec, c, in)
	}
	list, ok := entriesOf(p["annotations"])
	switch {
	case ok:
	case p["annotations"] != nil:
		b.fail(Faultf(schema.NotObject, "annotations is %s, and has to be a list of objects", jsonScalar(p["annotations"]).Kind), s)
		return
	case single:
		return
	case p["annotation"] != nil:
		b.fail(&Fault{schema.NotObject, "an annotation that is not an object"}, s)
		return
	default:
		b.Headers++ // a page that nothing was done on
		return
	}
	b.countHeader(len(list))
	for i, a := range list {
		rec, ok := a.(map[string]any)
		if !ok {
			b.fail(&Fault{schema.NotObject, "an annotation that is not an object"}, s)
			continue
		}
		c.slot = int32(i)
		b.bare(rec, c, s)
	}
}

// take adds the identifiers that o gives for all its records.
func (c *wrapper) take(b *Batch, o map[string]any) {
	var seen uint64
	for i := range keys {
		k := &keys[i]
		to := c.identifier(k.slot)
		if to == nil || seen&(1<<k.slot) != 0 {
			continue
		}
		if v, ok := o[k.name].(string); ok && v != "" {
			*to = b.text.keep([]byte(v))
			seen |= 1 << k.slot
		}
	}
}

// identifier returns where the identifier of a slot goes, nil for other slots.
func (c *wrapper) identifier(k slot) *string {
	switch k {
	case slotWorker:
		return &c.worker
	case slotAssignment:
		return &c.assign
	case slotHIT:
		return &c.hit
	case slotImageNetHIT:
		return &c.inHIT
	}
	return nil
}

// isHeader tells a HIT's header, which holds no annotation, from a record.
func isHeader(o map[string]any) bool {
	for k, v := range o {
		switch keyOf([]byte(k)).slot {
		case slotNone, slotWorker, slotAssignment, slotHIT, slotImageNetHIT:
		case slotWrapper: // a dump without pages
			if v != nil {
				return false
			}
		default:
			return false
		}
	}
	_, started := o["startedAt"]
	_, annotator := o["annotatorID"]
	return started || annotator
}

// bare reads a record.
func (b *Batch) bare(o map[string]any, c wrapper, s jsonSource) {
	set := cmp.Or(dataSetOf(o), s.set)
	m := b.Mark()
	var f *Fault
	if set != COCO && !s.valid {
		f = notUTF8(s.raw)
	} else {
		f = b.slowRecord(o, &c, set, s.raw)
	}
	if f != nil {
		b.Rewind(m)
		b.fail(f, s)
		return
	}
	b.Count++
}

func (b *Batch) fail(f *Fault, s jsonSource) {
	b.RejectRecord(f.Reason, f.Detail, s.raw)
	b.Count++
}

// dataSetOf returns the data set that the keys of an object show, zero if none does.
func dataSetOf(o map[string]any) Set {
	for _, set := range [...]Set{COCO, ImageNet} {
		for i := range keys {
			if k := &keys[i]; k.showsIn(inObject) && k.sets.has(set) {
				if _, ok := o[k.name]; ok {
					return set
				}
			}
		}
	}
	return 0
}

// slowRecord reads a record of a data set.
func (b *Batch) slowRecord(o map[string]any, c *wrapper, set Set, raw []byte) *Fault {
	r := b.gather(set)
	r.reset()
	var seen uint64
	for i := range keys {
		k := &keys[i]
		v, slot := o[k.name], set.slotOf(k)
		if v == nil || !k.sets.has(set) || seen&(1<<slot) != 0 {
			continue
		}
		seen |= 1 << slot
		switch slot {
		case slotOldClicks:
			if o["selectedRecord"] != nil || b.show.nChosen == nil || *b.show.nChosen <= 0 {
				continue // an image that nobody clicked has the pointer's last position, or {0, 0}
			}
			if one, ok := v.(map[string]any); ok {
				v = []any{one}
			}
			fallthrough
		case slotClicks, slotMouse, slotHovers, slotActions, slotBrowsing:
			if f := b.slowList(slot, k.name, v, r); f != nil {
				return f
			}
		case slotCategories:
			b.categories(v)
		case slotPosition:
			x, y := b.jsonPair(v, Field{Name: k.name})
			b.show.posX = b.position(x, Field{Name: "imagePosition.x"})
			b.show.posY = b.position(y, Field{Name: "imagePosition.y"})
		default:
			r.columns()[slot].json(b, jsonScalar(v), Field{Name: k.name})
		}
	}
	return r.end(b, c, raw)
}

func (b *Batch) categories(v any) {
	list, ok := v.([]any)
	if !ok {
		b.null("categories", schema.WrongType, jsonScalar(v).Text)
		return
	}
	for i, n := range list {
		s, ok := n.(string)
		if !ok {
			b.null(fmt.Sprintf("categories[%d]", i), schema.WrongType, jsonScalar(n).Text)
			continue
		}
		b.page.names = append(b.page.names, b.text.keep([]byte(s)))
	}
}

// slowList reads a list of entries (R9). An entry that is no object stays as one without
// values, so that the others keep their places and the list its length.
func (b *Batch) slowList(k slot, key string, v any, r gathered) *Fault {
	list, ok := v.([]any)
	if !ok {
		b.Drop(key, schema.WrongType, jsonScalar(v).Kind.String()+"; a list is wanted", jsonScalar(v).Text)
		return nil
	}
	for i, x := range list {
		o, ok := x.(map[string]any)
		if !ok {
			b.Drop(fmt.Sprintf("%s[%d]", key, i), schema.WrongType, jsonScalar(x).Kind.String()+"; an object is wanted", jsonScalar(x).Text)
		}
		e := rawEvent{
			partX: jsonScalar(o["x"]), partY: jsonScalar(o["y"]), partTime: jsonScalar(o["time"]), partAction: jsonScalar(o["action"]),
			partIcon: jsonScalar(o["iconType"]), partIndex: jsonScalar(o["categoryIndex"]), partName: jsonScalar(o["categoryName"]),
			partKeyboard: jsonScalar(o["usingKeyboard"]),
		}
		if k == slotActions {
			e[partFromX], e[partFromY] = b.jsonPair(o["pointFrom"], Field{key, i, "pointFrom"})
			e[partToX], e[partToY] = b.jsonPair(o["pointTo"], Field{key, i, "pointTo"})
		}
		if t := o["timeAt"]; t != nil {
			e[partTime] = jsonScalar(t)
		}
		if t := o["actionType"]; t != nil {
			e[partAction] = jsonScalar(t)
		}
		if f := r.add(b, k, &e); f != nil {
			return f
		}
	}
	return nil
}

// jsonPair reads a point: an object or null.
func (b *Batch) jsonPair(v any, f Field) (x, y scan.Value) {
	o, ok := v.(map[string]any)
	if !ok && v != nil {
		b.Drop(f.String(), schema.WrongType, jsonScalar(v).Kind.String()+"; a point is wanted", jsonScalar(v).Text)
	}
	return jsonScalar(o["x"]), jsonScalar(o["y"])
}

// jsonScalar sees a decoded value as a column does.
func jsonScalar(v any) scan.Value {
	switch v := v.(type) {
	case nil:
		return scan.Value{}
	case json.Number:
		n, _ := scan.Number([]byte(v), scan.JSON)
		return scan.Value{Kind: scan.Numeric, Num: n, Text: []byte(v)}
	case string:
		return scan.Value{Kind: scan.String, Text: []byte(v)}
	case bool:
		return scan.Value{Kind: scan.Bool, Yes: v, Text: fmt.Append(nil, v)}
	case []any:
		return scan.Value{Kind: scan.Array, Text: []byte("[…]")}
	default:
		return scan.Value{Kind: scan.Object, Text: []byte("{…}")}
	}
}

// maxValues is how many values one JSON value may hold that the fast scanner does not take:
// encoding/json holds them all at once.
const maxValues = 2_000_000

// measure is the greatest depth of brackets outside of strings, and about how many values there
// are.
func measure(data []byte) (deepest, values int) {
	depth, inString := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
			values++
		case c == '}' || c == ']':
			depth--
		case c == ',':
			values++
		}
	}
	return deepest, values
}
