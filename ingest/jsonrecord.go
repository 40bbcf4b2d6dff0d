package ingest

import (
	"bytes"

	"abtool/schema"
)

// name is the string in s; a number's digits will do for an identifier.
func (b *batch) name(s scalar, f field) string {
	switch s.kind {
	case jsonNull:
		return ""
	case jsonString, jsonNum:
		return b.text.keep(s.text)
	}
	b.drop(f.String(), schema.WrongType, s.kind.String()+"; a string is wanted", s.text)
	return ""
}

func (b *batch) boolean(s scalar, f field) *bool {
	switch {
	case s.kind == jsonNull:
		return nil
	case s.kind != jsonBool:
		b.drop(f.String(), schema.NotBoolean, s.kind.String()+"; true or false is wanted", s.text)
		return nil
	case s.yes:
		return &yes
	}
	return &no
}

// slot numbers the keys of a record, so that both spellings of one are the same.
type slot uint8

const (
	slotNone slot = iota
	slotImageID
	slotImageURL
	slotWorker
	slotAssignment
	slotHIT
	slotImageNetHIT
	slotSubmit
	slotPage    // page_id, pageno
	slotPageIdx // page_idx
	slotImageIdx
	slotSelected
	slotSelectedCount
	slotHoveredCount
	slotWidth
	slotHeight
	slotOrigWidth
	slotOrigHeight
	slotEstimate
	slotSpent
	slotPosition
	slotClicks
	slotOldClicks // mousePoint
	slotMouse
	slotHovers
	slotActions
	slotBrowsing
	slotCategories
	slotWrapper // page, pages, annotation, annotations
	slots
)

func slotOf(key []byte) slot {
	switch string(key) {
	case "imageID", "image_id":
		return slotImageID
	case "imageURL":
		return slotImageURL
	case "worker_id", "workerID":
		return slotWorker
	case "assignment_id", "assignmentID":
		return slotAssignment
	case "hit_id", "hitID":
		return slotHIT
	case "imagenet_hit_id", "imageNetHitID":
		return slotImageNetHIT
	case "hit_submit_time":
		return slotSubmit
	case "page_id", "pageno":
		return slotPage
	case "page_idx":
		return slotPageIdx
	case "image_idx":
		return slotImageIdx
	case "selected":
		return slotSelected
	case "selectedCount":
		return slotSelectedCount
	case "hoveredCount":
		return slotHoveredCount
	case "imageWidth":
		return slotWidth
	case "imageHeight":
		return slotHeight
	case "originalImageWidth":
		return slotOrigWidth
	case "originalImageHeight":
		return slotOrigHeight
	case "estimateTime":
		return slotEstimate
	case "timeSpent", "timeSpend":
		return slotSpent
	case "imagePosition":
		return slotPosition
	case "selectedRecord":
		return slotClicks
	case "mousePoint":
		return slotOldClicks
	case "mouseTracking":
		return slotMouse
	case "hoveredRecord":
		return slotHovers
	case "actionHistories":
		return slotActions
	case "categoryHistories":
		return slotBrowsing
	case "categories":
		return slotCategories
	case "page", "pages", "annotation", "annotations":
		return slotWrapper
	}
	return slotNone
}

// wrapper is what a front-end page or dump says of all its records.
type wrapper struct {
	worker, assign, hit, inHIT string
	page                       scalar // pageno
	uuid                       string
	started, ended             scalar
	slot                       int32 // index in annotations, -1 outside of one
}

var noWrapper = wrapper{slot: -1}

// imagenetScalar takes a scalar key of an ImageNet record.
func (b *batch) imagenetScalar(k slot, key string, v scalar) {
	m, f := &b.show, field{name: key}
	switch k {
	case slotWorker:
		m.worker = b.name(v, f)
	case slotAssignment:
		m.assign = b.name(v, f)
	case slotHIT:
		m.hit = b.name(v, f)
	case slotImageNetHIT:
		m.inHIT = b.name(v, f)
	case slotImageID:
		m.idKind = v.kind
		if v.kind == jsonString {
			m.imageID = v.text
		}
	case slotSubmit:
		m.submit = b.epoch(v, key)
	case slotPage, slotPageIdx:
		m.page = b.whole(v, f)
	case slotImageIdx:
		m.slot = b.whole(v, f)
	case slotSelected:
		m.chosen = b.boolean(v, f)
	case slotSelectedCount:
		m.nChosen = b.whole(v, f)
	case slotHoveredCount:
		m.nHover = b.whole(v, f)
	case slotWidth:
		m.width = b.pixels(v, key, true)
	case slotHeight:
		m.height = b.pixels(v, key, true)
	case slotOrigWidth:
		m.origW = b.whole(v, f)
	case slotOrigHeight:
		m.origH = b.whole(v, f)
	case slotEstimate:
		m.est = b.duration(v, key)
	}
}

// endImageNet makes the row and record of an ImageNet JSON record.
func (b *batch) endImageNet(c *wrapper, raw []byte) *fault {
	m := &b.show
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
		m.page = b.whole(c.page, field{name: "pageno"})
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
	r.PageStarted, r.PageEnded = b.epoch(c.started, "startedAt"), b.epoch(c.ended, "endedAt")
	fact := imageFact{class: r.Class, shown: 1}
	if m.origW != nil && m.origH != nil && *m.origW > 0 && *m.origH > 0 {
		fact.shownW, fact.origH = *m.origW, *m.origH
	}
	if f := b.flooded(); f != nil {
		return f
	}
	pair, slot := r.pair()
	if pair == "" {
		pair = contentKey(raw)
	}
	b.records = append(b.records, record{
		kind: jsonRecord, id: r.ImageID, pair: pair, slot: slot, first: len(b.in) - 1, end: len(b.in),
		fact: fact, at: b.count, member: b.member, offset: b.offset, data: raw,
	})
	return nil
}

// noImageID says why the record has no image id.
func (m *showing) noImageID() *fault {
	switch {
	case m.idKind == jsonNull:
		return faultf(schema.NoImageID, "imageID is missing")
	case m.idKind != jsonString:
		return faultf(schema.NoImageID, "imageID is %s, and has to be a string", m.idKind)
	}
	return faultf(schema.NoImageID, "imageID %q names no image", snippet(m.imageID))
}

// cocoPage gathers one COCO record until its row is made.
type cocoPage struct {
	row      cocoRow
	id       scalar
	url      []byte
	pageIdx  scalar
	pageID   scalar
	actions  []action
	browsing []browse
	mouse    []point
	names    []string
}

func (p *cocoPage) reset() {
	*p = cocoPage{actions: p.actions[:0], browsing: p.browsing[:0], mouse: p.mouse[:0], names: p.names[:0]}
}

// cocoScalar takes a scalar key of a COCO record.
func (b *batch) cocoScalar(k slot, key string, v scalar) {
	p, f := &b.page, field{name: key}
	switch k {
	case slotImageID:
		p.id = v
	case slotImageURL:
		if v.kind == jsonString {
			p.url = append(p.url[:0], v.text...)
		}
	case slotWorker:
		p.row.WorkerID = b.name(v, f)
	case slotAssignment:
		p.row.AssignmentID = b.name(v, f)
	case slotHIT:
		p.row.HITID = b.name(v, f)
	case slotPage:
		p.pageID = v
	case slotPageIdx:
		p.pageIdx = v
	case slotWidth:
		p.row.ImageWidth = b.pixels(v, key, true)
	case slotHeight:
		p.row.ImageHeight = b.pixels(v, key, true)
	case slotOrigWidth:
		p.row.OrigWidth = b.whole(v, f)
	case slotOrigHeight:
		p.row.OrigHeight = b.whole(v, f)
	case slotSpent:
		p.row.TimeSpent = b.duration(v, key)
	}
}

// endCOCO makes the row and record of a COCO record.
func (b *batch) endCOCO(c *wrapper, raw []byte) *fault {
	p := &b.page
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
		v    scalar
		name string
	}{{p.pageID, "page_id"}, {p.pageIdx, "page_idx"}, {c.page, "pageno"}} {
		if r.PageIdx == nil {
			r.PageIdx = b.whole(page.v, field{name: page.name})
		}
	}
	r.PageUUID = c.uuid
	r.PageStarted, r.PageEnded = b.epoch(c.started, "startedAt"), b.epoch(c.ended, "endedAt")
	r.Actions, r.Browsing, r.Mouse = b.acts.keep(p.actions), b.steps.keep(p.browsing), b.points.keep(p.mouse)
	r.Categories = b.names.keep(p.names)
	if f := b.flooded(); f != nil {
		return f
	}
	b.co = append(b.co, *r)
	b.records = append(b.records, record{
		kind: cocoRecord, num: id, first: len(b.co) - 1, end: len(b.co),
		at: b.count, member: b.member, offset: b.offset, data: raw,
	})
	return nil
}

// imageID returns the integer image_id, or where there is none the number in imageURL.
func (p *cocoPage) imageID() (int64, *fault) {
	id, lacks := wholeID("image_id", p.id)
	if lacks == "" {
		return id, nil
	}
	if p.id.kind == jsonNull && len(p.url) > 0 {
		if id, ok := numberIn(p.url); ok {
			return id, nil
		}
		lacks += ", and imageURL does not end in a number"
	}
	return 0, faultf(schema.NoImageID, "%s", lacks)
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
	id, wrong := digitsID(stem[start:])
	return id, wrong == ""
}

// pageTime is a time within a COCO page: 0 for null, zeroTime for a true zero.
func (b *batch) pageTime(v scalar, f field) int64 {
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
func (b *batch) add(k slot, e *rawEvent) *fault {
	n := 0
	switch k {
	case slotClicks, slotOldClicks:
		m := &b.show
		n = len(m.clicks)
		m.clicks = append(m.clicks, b.point(false, "selectedRecord", n, e[partTime], e[partX], e[partY]))
	case slotMouse:
		n = len(b.show.mouse)
		b.show.mouse = append(b.show.mouse, b.point(false, sampleList, n, e[partTime], e[partX], e[partY]))
	case slotHovers:
		n = len(b.show.hovers)
		f := field{"hoveredRecord", n, "time"}
		t := b.millis(e[partTime], true, f)
		f.name = "action"
		b.show.hovers = append(b.show.hovers, hover{T: t, Action: b.common(e[partAction], f)})
	}
	if n >= b.limits.List {
		return faultf(schema.TooLong, "a list has more than %d entries", b.limits.List)
	}
	return nil
}

// point applies the rules to the n-th point of a list, in one order however it was read: rejects are in it, too.
func (b *batch) point(coco bool, list string, n int, t, x, y scalar) (p point) {
	if coco {
		p.T = b.pageTime(t, field{list, n, "timeAt"})
	} else {
		p.T = b.millis(t, true, field{list, n, "time"})
	}
	p.X = b.coord(x, field{list, n, "x"})
	p.Y = b.coord(y, field{list, n, "y"})
	return p
}

// addCOCO appends an entry to a list of a COCO record.
func (b *batch) addCOCO(k slot, e *rawEvent) *fault {
	p := &b.page
	n := 0
	switch k {
	case slotMouse:
		n = len(p.mouse)
		p.mouse = append(p.mouse, b.point(true, sampleList, n, e[partTime], e[partX], e[partY]))
	case slotActions:
		n = len(p.actions)
		f := func(name string) field { return field{"actionHistories", n, name} }
		p.actions = append(p.actions, action{
			Type: b.common(e[partAction], f("actionType")), Icon: b.common(e[partIcon], f("iconType")),
			FromX: b.coord(e[partFromX], f("pointFrom.x")), FromY: b.coord(e[partFromY], f("pointFrom.y")),
			ToX: b.coord(e[partToX], f("pointTo.x")), ToY: b.coord(e[partToY], f("pointTo.y")),
			T: b.pageTime(e[partTime], f("timeAt")),
		})
	case slotBrowsing:
		n = len(p.browsing)
		index, keyboard := &e[partIndex], &e[partKeyboard]
		if t := plainTime(&e[partTime]); t > 0 && e[partName].kind == jsonString && keyboard.kind == jsonBool &&
			index.kind == jsonNum && index.num >= 0 && index.num == float64(int32(index.num)) {
			on := &no
			if keyboard.yes {
				on = &yes
			}
			p.browsing = append(p.browsing, browse{b.i32.ref(int32(index.num)), b.text.common(e[partName].text), on, t})
			break
		}
		f := func(name string) field { return field{"categoryHistories", n, name} }
		p.browsing = append(p.browsing, browse{
			CategoryIdx: b.whole(e[partIndex], f("categoryIndex")), Category: b.common(e[partName], f("categoryName")),
			Keyboard: b.boolean(e[partKeyboard], f("usingKeyboard")), T: b.pageTime(e[partTime], f("timeAt")),
		})
	}
	if n >= b.limits.List {
		return faultf(schema.TooLong, "a list has more than %d entries", b.limits.List)
	}
	return nil
}

// plainTime returns a time in whole ms to which no rule applies, else 0.
func plainTime(s *scalar) int64 {
	if t := int64(s.num); s.kind == jsonNum && float64(t) == s.num && 0 < t && t < maxTime {
		return t
	}
	return 0
}

// common keeps a string of which a few recur: action types, icons, superclasses.
func (b *batch) common(v scalar, f field) string {
	if v.kind == jsonString {
		return b.text.common(v.text)
	}
	return b.name(v, f)
}
