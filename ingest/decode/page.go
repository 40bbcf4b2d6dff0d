package decode

import (
	"bytes"

	"abtool/ingest/scan"
	"abtool/schema"
	"abtool/store/columnar"
)

// page reads records of COCO-AB. A record is one image annotated by one annotator.
type page struct {
	*sheet
	id, url           scan.Value
	number, index     scan.Value // page_id and page_idx
	image, page, uuid *columnar.Cells
	worker            *columnar.Cells
	assignment, hit   *columnar.Cells
	started, ended    *columnar.Cells
	names             *columnar.Cells // names of categories
}

func newPage(o *output) *page {
	s := newSheet(o, COCO,
		&list{rule: actions, column: "actions", name: "actionHistories", entries: []entryField{
			{part: partAction, rule: word, column: "type", name: "actionType"},
			{part: partIcon, rule: word, column: "icon", name: "iconType"},
			{part: partFromX, rule: fraction, column: "from_x", name: "pointFrom.x"},
			{part: partFromY, rule: fraction, column: "from_y", name: "pointFrom.y"},
			{part: partToX, rule: fraction, column: "to_x", name: "pointTo.x"},
			{part: partToY, rule: fraction, column: "to_y", name: "pointTo.y"},
			{part: partTime, rule: duration, column: "t", name: "timeAt"},
			{part: partVia, rule: word, column: "via", name: "via"},
		}},
		&list{rule: browsing, column: "browsing", name: "categoryHistories", entries: []entryField{
			{part: partIndex, rule: whole, column: "category_idx", name: "categoryIndex"},
			{part: partName, rule: word, column: "category", name: "categoryName"},
			{part: partKeyboard, rule: boolean, column: "keyboard", name: "usingKeyboard"},
			{part: partTime, rule: duration, column: "t", name: "timeAt"},
			{part: partVia, rule: word, column: "via", name: "via"},
		}},
		pointList(mouse, "mouse", sampleList, "timeAt", duration),
		&list{rule: drags, column: "drags", name: "drags", entries: []entryField{
			{part: partIcon, rule: word, column: "icon", name: "iconType"},
			{part: partOrigin, rule: word, column: "origin", name: "origin"},
			{part: partOutcome, rule: word, column: "outcome", name: "outcome"},
			{part: partTime, rule: duration, column: "t", name: "timeAt"},
			{part: partTimeEnd, rule: duration, column: "t_end", name: "timeEnd"},
			{part: partFromX, rule: fraction, column: "from_x", name: "pointFrom.x"},
			{part: partFromY, rule: fraction, column: "from_y", name: "pointFrom.y"},
			{part: partToX, rule: fraction, column: "to_x", name: "pointTo.x"},
			{part: partToY, rule: fraction, column: "to_y", name: "pointTo.y"},
		}}, placeList())
	to := s.rows.Column
	return &page{
		sheet: s, image: to("image_id"), page: to("page_idx"), uuid: to("page_uuid"), worker: to("worker_id"),
		assignment: to("assignment_id"), hit: to("hit_id"), started: to("page_started"), ended: to("page_ended"),
		names: to("categories"),
	}
}

func (p *page) begin() {
	p.seen, p.id, p.url, p.number, p.index = 0, scan.Value{}, scan.Value{}, scan.Value{}, scan.Value{}
}

// hold keeps the values that end needs in another order than the record's.
func (p *page) hold(k *key, v *scan.Value) bool {
	switch k.rule {
	case imageID:
		p.id = *v
	case imageURL:
		p.url = *v
	case pageNumber:
		p.number = *v
	case pageIndex:
		p.index = *v
	default:
		return false
	}
	return true
}

// end completes the row and the record.
func (p *page) end(c *wrapper, raw []byte) *Fault {
	id, f := p.imageID()
	if f != nil {
		return f
	}
	o, row := p.out, p.rows.Len()
	p.image.Add(uint64(id))
	p.fill(p.worker, c.ids["worker_id"])
	p.fill(p.assignment, c.ids["assignment_id"])
	p.fill(p.hit, c.ids["hit_id"])
	if p.has(p.assignment) {
		p.fill(p.hit, p.assignment.Text(row))
	}
	for _, n := range [...]struct {
		v    scan.Value
		name string
	}{{p.number, "page_id"}, {p.index, "page_idx"}, {c.page, "pageno"}} {
		if !p.has(p.page) {
			o.put(whole, p.page, &n.v, &Field{Name: n.name})
		}
	}
	p.fill(p.uuid, c.uuid)
	o.put(epoch, p.started, &c.started, &Field{Name: "startedAt"})
	o.put(epoch, p.ended, &c.ended, &Field{Name: "endedAt"})
	p.rows.EndRow()
	return o.Log.add(Record{Kind: COCORecord, Num: id, Pair: p.uuid.Text(row), First: row, End: row + 1, Data: raw})
}

// imageID returns the integer image_id, or the number in imageURL if image_id is missing.
func (p *page) imageID() (int64, *Fault) {
	id, lacks := scan.WholeID("image_id", p.id)
	if lacks == "" {
		return id, nil
	}
	if p.id.Kind == scan.Null && p.url.Kind == scan.String && len(p.url.Text) > 0 {
		if id, ok := numberIn(p.url.Text); ok {
			return id, nil
		}
		lacks += ", and imageURL does not end in a number"
	}
	return 0, Faultf(schema.NoImageID, "%s", lacks)
}

// numberIn returns the number at the end of a file name, for example 459214 for
// …/COCO_train2014_000000459214.jpg.
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
