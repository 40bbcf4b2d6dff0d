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
// value that the fast scanner does not take. coco says which data set a value belongs to that
// does not tell by itself. Faults are noted in the batch.
func (b *Batch) slowJSON(data []byte, coco bool) {
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
		if !coco && !utf8.Valid(trimmed) {
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
			b.unpack(trimmed, coco)
			return
		}
		fail(schema.NotObject, jsonScalar(v).Kind.String()+" where a record should be")
		return
	}
	if isContainer(obj) {
		b.unpack(trimmed, coco)
		return
	}
	valid := utf8.Valid(trimmed)
	b.object(obj, noWrapper, jsonSource{coco: coco, valid: valid, raw: trimmed})
}

// jsonSource is what holds for all records of one JSON value.
type jsonSource struct {
	coco  bool // unless the record tells otherwise
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
		in.coco = true
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
	for _, k := range []struct {
		to    *string
		names [2]string
	}{
		{&c.worker, [2]string{"worker_id", "workerID"}}, {&c.assign, [2]string{"assignment_id", "assignmentID"}},
		{&c.hit, [2]string{"hit_id", "hitID"}}, {&c.inHIT, [2]string{"imagenet_hit_id", "imageNetHitID"}},
	} {
		for _, n := range k.names {
			if v, ok := o[n].(string); ok && v != "" {
				*k.to = b.text.keep([]byte(v))
				break
			}
		}
	}
}

// isHeader tells a HIT's header, which holds no annotation, from a record.
func isHeader(o map[string]any) bool {
	for k, v := range o {
		switch slotOf([]byte(k)) {
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
	coco := s.coco
	if is, known := dataSetOf(o); known {
		coco = is
	}
	m := b.Mark()
	var f *Fault
	switch {
	case coco:
		f = b.slowCOCO(o, &c, s.raw)
	case !s.valid:
		f = notUTF8(s.raw)
	default:
		f = b.slowImageNet(o, &c, s.raw)
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

// dataSetOf tells the data set from the keys that only one of them has.
func dataSetOf(o map[string]any) (coco, known bool) {
	for _, k := range []string{"actionHistories", "categoryHistories", "image_id", "imageURL", "timeSpent", "timeSpend"} {
		if _, ok := o[k]; ok {
			return true, true
		}
	}
	for _, k := range []string{"imageID", "selectedRecord", "selected", "hoveredRecord", "mousePoint", "imagePosition"} {
		if _, ok := o[k]; ok {
			return false, true
		}
	}
	return false, false
}

func (b *Batch) slowImageNet(o map[string]any, c *wrapper, raw []byte) *Fault {
	b.show.reset()
	for _, key := range imagenetKeys {
		v := o[key]
		if v == nil {
			continue
		}
		switch k := slotOf([]byte(key)); k {
		case slotClicks, slotMouse, slotHovers, slotOldClicks:
			if k == slotOldClicks {
				if o["selectedRecord"] != nil || b.show.nChosen == nil || *b.show.nChosen <= 0 {
					continue // an image that nobody clicked has the pointer's last position, or {0, 0}
				}
				if one, ok := v.(map[string]any); ok {
					v = []any{one}
				}
			}
			if f := b.slowList(k, key, v, (*Batch).add); f != nil {
				return f
			}
		case slotPosition:
			x, y := b.jsonPair(v, Field{Name: key})
			b.show.posX = b.pixels(x, "imagePosition.x", false)
			b.show.posY = b.pixels(y, "imagePosition.y", false)
		default:
			if k == slotPage {
				k = slotPageIdx
			}
			if !b.show.once(int(k)) { // the other spelling was there
				continue
			}
			b.imagenetScalar(k, key, jsonScalar(v))
		}
	}
	return b.endImageNet(c, raw)
}

// imagenetKeys and cocoKeys are the keys of a record; of two spellings the first one counts.
var imagenetKeys = []string{
	"imageID", "worker_id", "workerID", "assignment_id", "assignmentID", "hit_id", "hitID", "imagenet_hit_id", "imageNetHitID",
	"hit_submit_time", "page_idx", "pageno", "image_idx", "selected", "selectedCount", "hoveredCount", "imageWidth", "imageHeight",
	"originalImageWidth", "originalImageHeight", "estimateTime", "imagePosition", "selectedRecord", "mousePoint", "mouseTracking", "hoveredRecord",
}

var cocoKeys = []string{
	"image_id", "imageURL", "worker_id", "workerID", "assignment_id", "assignmentID", "hit_id", "hitID", "page_id", "pageno", "page_idx",
	"imageWidth", "imageHeight", "originalImageWidth", "originalImageHeight", "timeSpent", "timeSpend",
	"actionHistories", "categoryHistories", "mouseTracking", "categories",
}

func (b *Batch) slowCOCO(o map[string]any, c *wrapper, raw []byte) *Fault {
	b.page.reset()
	var seen uint64
	for _, key := range cocoKeys {
		v := o[key]
		if v == nil {
			continue
		}
		k := slotOf([]byte(key))
		if seen&(1<<k) != 0 {
			continue
		}
		seen |= 1 << k
		switch k {
		case slotActions, slotBrowsing, slotMouse:
			if f := b.slowList(k, key, v, (*Batch).addCOCO); f != nil {
				return f
			}
		case slotCategories:
			b.categories(v)
		default:
			b.cocoScalar(k, key, jsonScalar(v))
		}
	}
	return b.endCOCO(c, raw)
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
func (b *Batch) slowList(k slot, key string, v any, add func(*Batch, slot, *rawEvent) *Fault) *Fault {
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
		if f := add(b, k, &e); f != nil {
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
