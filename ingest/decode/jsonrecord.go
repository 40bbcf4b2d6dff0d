package decode

import (
	"bytes"

	"abtool/ingest/scan"
	"abtool/schema"
)

// Name is the string in s; a number's digits will do for an identifier.
func (b *Batch) Name(s scan.Value, f Field) string {
	switch s.Kind {
	case scan.Null:
		return ""
	case scan.String, scan.Numeric:
		return b.text.keep(s.Text)
	}
	b.Drop(f.String(), schema.WrongType, s.Kind.String()+"; a string is wanted", s.Text)
	return ""
}

func (b *Batch) boolean(s scan.Value, f Field) *bool {
	switch {
	case s.Kind == scan.Null:
		return nil
	case s.Kind != scan.Bool:
		b.Drop(f.String(), schema.NotBoolean, s.Kind.String()+"; true or false is wanted", s.Text)
		return nil
	case s.Yes:
		return &yes
	}
	return &no
}

// wrapper is what a front-end page or dump says of all its records.
type wrapper struct {
	worker, assign, hit, inHIT string
	page                       scan.Value // pageno
	uuid                       string
	started, ended             scan.Value
	slot                       int32 // index in annotations, -1 outside of one
}

var noWrapper = wrapper{slot: -1}

// end makes the row and record of an ImageNet JSON record.
func (m *showing) end(b *Batch, c *wrapper, raw []byte) *Fault {
	id := imageIDIn(m.imageID)
	if len(id) == 0 {
		return m.noImageID()
	}
	set := func(s *string, from string) {
		if *s == "" {
			*s = from
		}
	}
	set(&m.worker, c.worker)
	set(&m.assign, c.assign)
	set(&m.hit, c.hit)
	set(&m.inHIT, c.inHIT)
	if m.page == nil {
		m.page = b.Whole(c.page, Field{Name: "pageno"})
	}
	if m.slot == nil && c.slot >= 0 {
		m.slot = b.i32.ref(c.slot)
	}
	class := classIn(m.imageID)
	if class == nil {
		class = prefixClass(id)
	}
	r := b.addRow(b.text.keep(id), b.text.keep(class))
	r.PageUUID = c.uuid
	r.PageStarted, r.PageEnded = b.epoch(c.started, Field{Name: "startedAt"}), b.epoch(c.ended, Field{Name: "endedAt"})
	fact := ImageFact{Class: r.Class, Shown: 1}
	if m.origW != nil && m.origH != nil && *m.origW > 0 && *m.origH > 0 {
		fact.ShownW, fact.OrigH = *m.origW, *m.origH
	}
	if f := b.flooded(); f != nil {
		return f
	}
	pair, slot := r.Pair()
	if pair == "" {
		pair = contentKey(raw)
	}
	b.Records = append(b.Records, Record{
		Kind: JSONRecord, ID: r.ImageID, Pair: pair, Slot: slot, First: len(b.ImageNet) - 1, End: len(b.ImageNet),
		Fact: fact, At: b.Count, Member: b.Member, Offset: b.Offset, Data: raw,
	})
	return nil
}

// noImageID says why the record has no image id.
func (m *showing) noImageID() *Fault {
	switch {
	case m.idKind == scan.Null:
		return Faultf(schema.NoImageID, "imageID is missing")
	case m.idKind != scan.String:
		return Faultf(schema.NoImageID, "imageID is %s, and has to be a string", m.idKind)
	}
	return Faultf(schema.NoImageID, "imageID %q names no image", scan.Snippet(m.imageID))
}

// cocoPage gathers one COCO record until its row is made.
type cocoPage struct {
	row      COCORow
	id       scan.Value
	url      []byte
	pageIdx  scan.Value
	pageID   scan.Value
	actions  []action
	browsing []browse
	mouse    []point
	names    []string
}

func (p *cocoPage) reset() {
	*p = cocoPage{actions: p.actions[:0], browsing: p.browsing[:0], mouse: p.mouse[:0], names: p.names[:0]}
}

// end makes the row and record of a COCO record.
func (p *cocoPage) end(b *Batch, c *wrapper, raw []byte) *Fault {
	id, f := p.imageID()
	if f != nil {
		return f
	}
	r := &p.row
	r.ImageID = id
	if r.WorkerID == "" {
		r.WorkerID = c.worker
	}
	if r.AssignmentID == "" {
		r.AssignmentID = c.assign
	}
	if r.HITID == "" {
		r.HITID = c.hit
	}
	if r.HITID == "" {
		r.HITID = r.AssignmentID
	}
	for _, page := range []struct {
		v    scan.Value
		name string
	}{{p.pageID, "page_id"}, {p.pageIdx, "page_idx"}, {c.page, "pageno"}} {
		if r.PageIdx == nil {
			r.PageIdx = b.Whole(page.v, Field{Name: page.name})
		}
	}
	r.PageUUID = c.uuid
	r.PageStarted, r.PageEnded = b.epoch(c.started, Field{Name: "startedAt"}), b.epoch(c.ended, Field{Name: "endedAt"})
	r.Actions, r.Browsing, r.Mouse = b.acts.keep(p.actions), b.steps.keep(p.browsing), b.points.keep(p.mouse)
	r.Categories = b.names.keep(p.names)
	if f := b.flooded(); f != nil {
		return f
	}
	b.COCO = append(b.COCO, *r)
	b.Records = append(b.Records, Record{
		Kind: COCORecord, Num: id, First: len(b.COCO) - 1, End: len(b.COCO),
		At: b.Count, Member: b.Member, Offset: b.Offset, Data: raw,
	})
	return nil
}

// imageID returns the integer image_id, or where there is none the number in imageURL.
func (p *cocoPage) imageID() (int64, *Fault) {
	id, lacks := scan.WholeID("image_id", p.id)
	if lacks == "" {
		return id, nil
	}
	if p.id.Kind == scan.Null && len(p.url) > 0 {
		if id, ok := numberIn(p.url); ok {
			return id, nil
		}
		lacks += ", and imageURL does not end in a number"
	}
	return 0, Faultf(schema.NoImageID, "%s", lacks)
}

// numberIn returns the number at the end of a file name: 459214 in …/COCO_train2014_000000459214.jpg.
func numberIn(url []byte) (id int64, ok bool) {
	if i := bytes.IndexAny(url, "?#"); i >= 0 {
		url = url[:i]
	}
	stem := url[bytes.LastIndexByte(url, '/')+1:]
	if i := bytes.LastIndexByte(stem, '.'); i >= 0 {
		stem = stem[:i]
	}
	start := len(stem)
	for start > 0 && stem[start-1]-'0' <= 9 {
		start--
	}
	id, wrong := scan.DigitsID(stem[start:])
	return id, wrong == ""
}

// pageTime is a time within a COCO page: 0 for null, zeroTime for a true zero.
func (b *Batch) pageTime(v scan.Value, f Field) int64 {
	switch t := b.millis(v, false, f); t {
	case noTime:
		return 0
	case 0:
		return zeroTime
	default:
		return t
	}
}

// add appends an entry to the list of slot k.
func (m *showing) add(b *Batch, k slot, e *rawEvent) *Fault {
	n := 0
	switch k {
	case slotClicks, slotOldClicks:
		n = len(m.clicks)
		m.clicks = append(m.clicks, b.point(m, "selectedRecord", n, e[partTime], e[partX], e[partY]))
	case slotMouse:
		n = len(m.mouse)
		m.mouse = append(m.mouse, b.point(m, sampleList, n, e[partTime], e[partX], e[partY]))
	case slotHovers:
		n = len(m.hovers)
		f := Field{"hoveredRecord", n, "time"}
		t := b.millis(e[partTime], true, f)
		f.Name = "action"
		m.hovers = append(m.hovers, hover{T: t, Action: b.common(e[partAction], f)})
	}
	if n >= b.Limits.List {
		return Faultf(schema.TooLong, "a list has more than %d entries", b.Limits.List)
	}
	return nil
}

// point applies the rules to the n-th point of a list, in one order however it was read: rejects are in it, too.
func (b *Batch) point(r gathered, list string, n int, t, x, y scan.Value) (p point) {
	p.T = r.time(b, t, list, n)
	p.X = b.coord(x, Field{list, n, "x"})
	p.Y = b.coord(y, Field{list, n, "y"})
	return p
}

// add appends an entry to the list of slot k.
func (p *cocoPage) add(b *Batch, k slot, e *rawEvent) *Fault {
	n := 0
	switch k {
	case slotMouse:
		n = len(p.mouse)
		p.mouse = append(p.mouse, b.point(p, sampleList, n, e[partTime], e[partX], e[partY]))
	case slotActions:
		n = len(p.actions)
		f := func(name string) Field { return Field{"actionHistories", n, name} }
		p.actions = append(p.actions, action{
			Type: b.common(e[partAction], f("actionType")), Icon: b.common(e[partIcon], f("iconType")),
			FromX: b.coord(e[partFromX], f("pointFrom.x")), FromY: b.coord(e[partFromY], f("pointFrom.y")),
			ToX: b.coord(e[partToX], f("pointTo.x")), ToY: b.coord(e[partToY], f("pointTo.y")),
			T: b.pageTime(e[partTime], f("timeAt")),
		})
	case slotBrowsing:
		n = len(p.browsing)
		index, keyboard := &e[partIndex], &e[partKeyboard]
		if t := plainTime(&e[partTime]); t > 0 && e[partName].Kind == scan.String && keyboard.Kind == scan.Bool &&
			index.Kind == scan.Numeric && index.Num >= 0 && index.Num == float64(int32(index.Num)) {
			on := &no
			if keyboard.Yes {
				on = &yes
			}
			p.browsing = append(p.browsing, browse{b.i32.ref(int32(index.Num)), b.text.common(e[partName].Text), on, t})
			break
		}
		f := func(name string) Field { return Field{"categoryHistories", n, name} }
		p.browsing = append(p.browsing, browse{
			CategoryIdx: b.Whole(e[partIndex], f("categoryIndex")), Category: b.common(e[partName], f("categoryName")),
			Keyboard: b.boolean(e[partKeyboard], f("usingKeyboard")), T: b.pageTime(e[partTime], f("timeAt")),
		})
	}
	if n >= b.Limits.List {
		return Faultf(schema.TooLong, "a list has more than %d entries", b.Limits.List)
	}
	return nil
}

// plainTime returns a time in whole ms to which no rule applies, else 0.
func plainTime(s *scan.Value) int64 {
	if t := int64(s.Num); s.Kind == scan.Numeric && float64(t) == s.Num && 0 < t && t < maxTime {
		return t
	}
	return 0
}

// common keeps a string of which a few recur: action types, icons, superclasses.
func (b *Batch) common(v scan.Value, f Field) string {
	if v.Kind == scan.String {
		return b.text.common(v.Text)
	}
	return b.Name(v, f)
}
