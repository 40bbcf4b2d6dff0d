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

// slow reads any JSON value with encoding/json, and decides whether it has records: it can be a record, a
// page or a dump of the front ends. set is the data set of records that do not show theirs. It logs faults.
// If the value is a container, slow reads nothing and returns true.
func (r *jsonReader) slow(trimmed []byte, set Set) (container bool) {
	v, f := r.parse(trimmed, set)
	if f != nil {
		r.out.refuse(f, trimmed)
		return false
	}
	o, ok := v.(map[string]any)
	switch {
	case ok && isContainer(o), !ok && holdsRecords(v):
		return true
	case !ok:
		r.out.refuse(&Fault{schema.NotObject, jsonScalar(v).Kind.String() + " where a record should be"}, trimmed)
		return false
	}
	read := len(r.out.Records)
	r.object(o, noWrapper, jsonSource{set: set, valid: utf8.Valid(trimmed), raw: trimmed})
	if len(r.out.Records) > read { // ImageNet's records with such bytes are rejected
		r.out.CountRepaired(trimmed)
	}
	return false
}

// parse decodes a JSON value within the limits.
func (r *jsonReader) parse(text []byte, set Set) (v any, f *Fault) {
	if len(text) == 0 {
		return nil, &Fault{Reason: schema.Empty}
	}
	depth, values := measure(text)
	if depth > r.out.limits.Depth {
		return nil, Faultf(schema.TooDeep, "%d levels", depth)
	}
	if values > maxValues {
		return nil, Faultf(schema.TooLong, "%d values; the limit is %d", values, maxValues)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		if set != COCO && !utf8.Valid(text) {
			return nil, &Fault{schema.NotUTF8, notUTF8(text).Detail}
		}
		return nil, &Fault{schema.Malformed, err.Error()}
	}
	if len(scan.Trim(text[dec.InputOffset():])) > 0 {
		return nil, &Fault{schema.Malformed, "more text after the value"}
	}
	return v, nil
}

// jsonSource has the facts about all records of a JSON value.
type jsonSource struct {
	set   Set  // of records that do not show theirs
	valid bool // the bytes are UTF-8
	raw   []byte
}

// object reads a record, or a page or dump with records. c has the values of the objects around it.
func (r *jsonReader) object(o map[string]any, c wrapper, s jsonSource) {
	c.take(&r.out.text, o)
	found := false
	if pages, ok := entriesOf(o["pages"]); ok {
		found = true
		r.countHeader(len(pages))
		for _, p := range pages {
			page, ok := p.(map[string]any)
			if !ok {
				r.fail(&Fault{schema.NotObject, "a page that is not an object"}, s)
				continue
			}
			r.readPage(page, c, s)
		}
	}
	if page, ok := o["page"].(map[string]any); ok {
		found = true
		in := c
		in.ended = jsonScalar(o["endedAt"])
		r.readPage(page, in, s)
	}
	_, many := o["annotations"]
	_, one := o["annotation"]
	switch {
	case many || one:
		r.readPage(o, c, s)
	case found:
	case isHeader(o):
		r.out.Headers++
	default:
		r.bare(o, c, s)
	}
}

// entriesOf returns the entries of a list, or the values of an object whose values are all objects. Values
// are in the order of the keys: shorter keys first, so that numbers are in their order.
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

// countHeader counts a page or dump without entries as a header.
func (r *jsonReader) countHeader(pages int) {
	if pages == 0 {
		r.out.Headers++
	}
}

// readPage reads a page: annotations (ImageNet) or annotation (COCO).
func (r *jsonReader) readPage(p map[string]any, c wrapper, s jsonSource) {
	c.take(&r.out.text, p)
	c.page = jsonScalar(p["pageno"])
	if id, ok := p["id"].(string); ok {
		c.uuid = r.out.text.keep([]byte(id))
	}
	c.started = jsonScalar(p["startedAt"])
	if e := jsonScalar(p["endedAt"]); e.Kind != scan.Null {
		c.ended = e
	}
	rec, single := p["annotation"].(map[string]any)
	if single {
		in := s
		in.set = COCO
		r.bare(rec, c, in)
	}
	list, ok := entriesOf(p["annotations"])
	switch {
	case ok:
	case p["annotations"] != nil:
		kind := jsonScalar(p["annotations"]).Kind
		r.fail(Faultf(schema.NotObject, "annotations is %s, and has to be a list of objects", kind), s)
		return
	case single:
		return
	case p["annotation"] != nil:
		r.fail(&Fault{schema.NotObject, "an annotation that is not an object"}, s)
		return
	default:
		r.out.Headers++ // a page on which nothing was done
		return
	}
	r.countHeader(len(list))
	for i, a := range list {
		rec, ok := a.(map[string]any)
		if !ok {
			r.fail(&Fault{schema.NotObject, "an annotation that is not an object"}, s)
			continue
		}
		c.slot = int32(i)
		r.bare(rec, c, s)
	}
}

// take adds the identifiers in o, which hold for all records in it. They go before identifiers of objects
// around o.
func (c *wrapper) take(t *text, o map[string]any) {
	ids := map[string]string{}
	for i := range keys {
		k := &keys[i]
		v, ok := o[k.name].(string)
		if k.rule != identifier || !ok || v == "" || ids[k.column] != "" {
			continue
		}
		ids[k.column] = t.keep([]byte(v))
	}
	for column, id := range c.ids {
		if ids[column] == "" {
			ids[column] = id
		}
	}
	c.ids = ids
}

// isHeader reports whether an object is the header of a HIT, which has no annotation.
func isHeader(o map[string]any) bool {
	for k, v := range o {
		key := keyOf([]byte(k))
		switch key.rule {
		case noRule, identifier:
		case wrapping: // null in a dump without pages
			if v != nil {
				return false
			}
		default:
			if key.sets&ofStudy == 0 { // which is not shown to be of a record
				return false
			}
		}
	}
	_, started := o["startedAt"]
	_, annotator := o["annotatorID"]
	return started || annotator
}

// bare reads a record that no object wraps, or the record in a page.
func (r *jsonReader) bare(o map[string]any, c wrapper, s jsonSource) {
	set := cmp.Or(dataSetOf(o), s.set)
	m := r.out.Mark()
	var f *Fault
	if set != COCO && !s.valid {
		f = notUTF8(s.raw)
	} else {
		f = r.slowRecord(o, &c, set, s.raw)
	}
	if f != nil {
		r.out.Rewind(m)
		r.fail(f, s)
		return
	}
	r.out.Count++
}

// fail rejects a record. The snippet is the beginning of the whole value.
func (r *jsonReader) fail(f *Fault, s jsonSource) { r.out.refuse(f, s.raw) }

// dataSetOf returns the data set that the keys of an object show, or zero.
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
func (r *jsonReader) slowRecord(o map[string]any, c *wrapper, set Set, raw []byte) *Fault {
	rec := r.record(set)
	rec.begin()
	to := rec.columns()
	for i := range keys {
		k := &keys[i]
		v := o[k.name]
		if v == nil || !k.sets.has(set) || to.lacks(k) || !to.once(k) {
			continue
		}
		if k.rule == oldClicks {
			if n, ok := r.show.count.Number(r.show.rows.Len()); !ok || n == 0 {
				continue // without clicks, mousePoint is the last position of the pointer, or {0, 0}
			}
			if one, ok := v.(map[string]any); ok {
				v = []any{one}
			}
		}
		switch {
		case k.rule.isList():
			if f := r.slowList(k, v, to); f != nil {
				return f
			}
		case k.rule == categories:
			r.categories(v)
		case k.rule == position:
			x, y := r.pair(v, Field{Name: k.name})
			r.position(&x, &y)
		default:
			if v := jsonScalar(v); !rec.hold(k, &v) {
				to.put(k, &v)
			}
		}
	}
	return rec.end(c, raw)
}

func (r *jsonReader) categories(v any) {
	list, ok := v.([]any)
	if !ok {
		r.out.Drop("categories", schema.WrongType, "", jsonScalar(v).Text)
		return
	}
	for i, n := range list {
		s, ok := n.(string)
		if !ok {
			r.out.Drop(fmt.Sprintf("categories[%d]", i), schema.WrongType, "", jsonScalar(n).Text)
			continue
		}
		r.page.names.AddText(r.out.text.keep([]byte(s)))
	}
}

// slowList reads a list of entries (R9). An entry that is not an object becomes an entry without values, so
// that the other entries keep their places and the list its length.
func (r *jsonReader) slowList(k *key, v any, to *sheet) *Fault {
	list, ok := v.([]any)
	if !ok {
		found := jsonScalar(v)
		r.out.Drop(k.name, schema.WrongType, wanted(&found, "a list"), found.Text)
		return nil
	}
	for i, x := range list {
		o, ok := x.(map[string]any)
		if !ok {
			found := jsonScalar(x)
			r.out.Drop(fmt.Sprintf("%s[%d]", k.name, i), schema.WrongType, wanted(&found, "an object"), found.Text)
		}
		var e rawEvent
		for _, p := range partKeys {
			v := o[p.name]
			switch {
			case v == nil:
			case !p.part.isPoint():
				e[p.part] = jsonScalar(v)
			case k.rule == actions || k.rule == drags:
				e[p.part], e[p.part+1] = r.pair(v, Field{k.name, i, p.name})
			}
		}
		if f := to.add(k.rule, &e); f != nil {
			return f
		}
	}
	return nil
}

// pair reads a point, which is an object or null.
func (r *jsonReader) pair(v any, f Field) (x, y scan.Value) {
	o, ok := v.(map[string]any)
	if !ok && v != nil {
		found := jsonScalar(v)
		r.out.Drop(f.String(), schema.WrongType, wanted(&found, "a point"), found.Text)
	}
	return jsonScalar(o["x"]), jsonScalar(o["y"])
}

// jsonScalar returns a decoded value in the form that the rules of columns take.
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

// maxValues is the largest number of values in a JSON value that slow reads, because encoding/json has all of
// them in memory at once.
const maxValues = 2_000_000

// measure returns the greatest depth of brackets outside of strings, and about the number of values.
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
