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
	page                       scan.Value // pageno
	uuid                       string
	started, ended             scan.Value
	slot                       int32 // index in annotations, -1 outside of one
}

var noWrapper = wrapper{slot: -1}

// imagenetScalar takes a scalar key of an ImageNet record.
func (b *Batch) imagenetScalar(k slot, key string, v scan.Value) {
	m, f := &b.show, Field{Name: key}
	switch k {
	case slotWorker:
		m.worker = b.Name(v, f)
	case slotAssignment:
		m.assign = b.Name(v, f)
	case slotHIT:
		m.hit = b.Name(v, f)
	case slotImageNetHIT:
		m.inHIT = b.Name(v, f)
	case slotImageID:
		m.idKind = v.Kind
		if v.Kind == scan.String {
			m.imageID = v.Text
		}
	case slotSubmit:
		m.submit = b.epoch(v, key)
	case slotPage, slotPageIdx:
		m.page = b.Whole(v, f)
	case slotImageIdx:
		m.slot = b.Whole(v, f)
	case slotSelected:
		m.chosen = b.boolean(v, f)
	case slotSelectedCount:
		m.nChosen = b.Whole(v, f)
	case slotHoveredCount:
		m.nHover = b.Whole(v, f)
	case slotWidth:
		m.width = b.pixels(v, key, true)
	case slotHeight:
		m.height = b.pixels(v, key, true)
	case slotOrigWidth:
		m.origW = b.Whole(v, f)
	case slotOrigHeight:
		m.origH = b.Whole(v, f)
	case slotEstimate:
		m.est = b.duration(v, key)
	}
}

// endImageNet makes the row and record of an ImageNet JSON record.
func (b *Batch) endImageNet(c *wrapper, raw []byte) *Fault {
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
	r.PageStarted, r.PageEnded = b.epoch(c.started, "startedAt"), b.epoch(c.ended, "endedAt")
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

// cocoScalar takes a scalar key of a COCO record.
func (b *Batch) cocoScalar(k slot, key string, v scan.Value) {
	p, f := &b.page, Field{Name: key}
	switch k {
	case slotImageID:
		p.id = v
	case slotImageURL:
		if v.Kind == scan.String {
			p.url = append(p.url[:0], v.Text...)
		}
	case slotWorker:
		p.row.WorkerID = b.Name(v, f)
	case slotAssignment:
		p.row.AssignmentID = b.Name(v, f)
	case slotHIT:
		p.row.HITID = b.Name(v, f)
	case slotPage:
		p.pageID = v
	case slotPageIdx:
		p.pageIdx = v
	case slotWidth:
		p.row.ImageWidth = b.pixels(v, key, true)
	case slotHeight:
		p.row.ImageHeight = b.pixels(v, key, true)
	case slotOrigWidth:
		p.row.OrigWidth = b.Whole(v, f)
	case slotOrigHeight:
		p.row.OrigHeight = b.Whole(v, f)
	case slotSpent:
		p.row.TimeSpent = b.duration(v, key)
	}
}

// endCOCO makes the row and record of a COCO record.
func (b *Batch) endCOCO(c *wrapper, raw []byte) *Fault {
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
		v    scan.Value
		name string
	}{{p.pageID, "page_id"}, {p.pageIdx, "page_idx"}, {c.page, "pageno"}} {
		if r.PageIdx == nil {
			r.PageIdx = b.Whole(page.v, Field{Name: page.name})
		}
	}
	r.PageUUID = c.uuid
	r.PageStarted, r.PageEnded = b.epoch(c.started, "startedAt"), b.epoch(c.ended, "endedAt")
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
func (b *Batch) add(k slot, e *rawEvent) *Fault {
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
		f := Field{"hoveredRecord", n, "time"}
		t := b.millis(e[partTime], true, f)
		f.Name = "action"
		b.show.hovers = append(b.show.hovers, hover{T: t, Action: b.common(e[partAction], f)})
	}
	if n >= b.Limits.List {
		return Faultf(schema.TooLong, "a list has more than %d entries", b.Limits.List)
	}
	return nil
}

// point applies the rules to the n-th point of a list, in one order however it was read: rejects are in it, too.
func (b *Batch) point(coco bool, list string, n int, t, x, y scan.Value) (p point) {
	if coco {
		p.T = b.pageTime(t, Field{list, n, "timeAt"})
	} else {
		p.T = b.millis(t, true, Field{list, n, "time"})
	}
	p.X = b.coord(x, Field{list, n, "x"})
	p.Y = b.coord(y, Field{list, n, "y"})
	return p
}

// addCOCO appends an entry to a list of a COCO record.
func (b *Batch) addCOCO(k slot, e *rawEvent) *Fault {
	p := &b.page
	n := 0
	switch k {
	case slotMouse:
		n = len(p.mouse)
		p.mouse = append(p.mouse, b.point(true, sampleList, n, e[partTime], e[partX], e[partY]))
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
