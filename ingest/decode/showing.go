package decode

import (
	"math"

	"abtool/ingest/scan"
	"abtool/schema"
	"abtool/store/columnar"
)

// showing reads showings of ImageNet-AB. A showing is one time that an image was shown to an annotator.
type showing struct {
	*sheet
	identity
	imageID []byte
	idKind  scan.Kind // of the JSON value of imageID

	id, class, count     *columnar.Cells
	t0, started, ended   *columnar.Cells
	posX, posY           *columnar.Cells
	originalW, originalH *columnar.Cells
	times                []*columnar.Cells // times of the events in each list
	from                 [4]int            // where the times of the row begin
}

func newShowing(o *output) *showing {
	s := newSheet(o, ImageNet,
		pointList(clicks, "clicks", "selectedRecord", "time", epoch),
		pointList(mouse, "mouse", sampleList, "time", epoch),
		&list{rule: hovers, column: "hovers", name: "hoveredRecord", entries: []entryField{
			{part: partTime, rule: epoch, column: "t", name: "time"},
			{part: partAction, rule: word, column: "action", name: "action"},
		}},
		pointList(deselects, "deselects", "deselectedRecord", "time", epoch), placeList())
	s.lists[oldClicks] = s.lists[clicks]
	to := s.rows.Column
	m := &showing{
		sheet: s, identity: identityIn(s.rows), id: to("image_id"), class: to("class"), count: to("selected_count"),
		t0: to("t0"), started: to("page_started"), ended: to("page_ended"),
		posX: to("position_x"), posY: to("position_y"),
		originalW: to("original_width"), originalH: to("original_height"),
		times: []*columnar.Cells{to("clicks.t"), to("mouse.t"), to("hovers.t")},
	}
	if s.studies {
		m.times = append(m.times, to("deselects.t"))
	}
	m.id.Late, m.class.Late = true, true
	return m
}

func (m *showing) begin() {
	m.seen, m.imageID, m.idKind = 0, nil, scan.Null
	for i, t := range m.times {
		m.from[i] = len(t.Numbers)
	}
}

// hold keeps the image id for end, which makes the image and the class of it.
func (m *showing) hold(k *key, v *scan.Value) bool {
	if k.rule != imageID {
		return false
	}
	if m.idKind = v.Kind; v.Kind == scan.String {
		m.imageID = v.Text
	}
	return true
}

// endRow completes the row except for its image and class. It makes the times relative to t0.
func (m *showing) endRow() {
	first := int64(math.MaxInt64)
	for i, t := range m.times {
		for _, v := range t.Numbers[m.from[i]:] {
			first = min(first, int64(v))
		}
	}
	if first != math.MaxInt64 {
		base := uint64(secondBefore(first))
		m.t0.Add(base)
		for i, t := range m.times {
			row := t.Numbers[m.from[i]:]
			for k := range row {
				row[k] -= base
			}
		}
	}
	m.rows.EndRow()
}

// secondBefore returns the last whole second before the time t, both in ms. The difference is at least 1.
func secondBefore(t int64) int64 {
	t--
	if t < 0 {
		t -= 999
	}
	return t / 1000 * 1000
}

// original returns the original size of the image in a row, or 0, 0 if a side is not positive.
func (m *showing) original(row int) (w, h int32) {
	a, _ := m.originalW.Number(row)
	b, _ := m.originalH.Number(row)
	if a == 0 || b == 0 {
		return 0, 0
	}
	return int32(a), int32(b)
}

// setClass adds the class of a row, which is null if class is empty.
func (m *showing) setClass(class string) {
	if class == "" {
		m.class.Null()
		return
	}
	m.class.AddText(class)
}

// end completes the row and the record of a showing that was read from JSON.
func (m *showing) end(c *wrapper, raw []byte) *Fault {
	id := imageIDIn(m.imageID)
	if len(id) == 0 {
		return m.noImageID()
	}
	o, row := m.out, m.rows.Len()
	m.fill(m.worker, c.ids["worker_id"])
	m.fill(m.assignment, c.ids["assignment_id"])
	m.fill(m.hit, c.ids["hit_id"])
	m.fill(m.imagenetHIT, c.ids["imagenet_hit_id"])
	if !m.has(m.page) {
		o.put(whole, m.page, &c.page, &Field{Name: "pageno"})
	}
	if !m.has(m.slot) && c.slot >= 0 {
		m.slot.Add(uint64(c.slot))
	}
	class := classIn(m.imageID)
	if class == nil {
		class = prefixClass(id)
	}
	m.id.AddText(o.text.keep(id))
	m.setClass(o.text.keep(class))
	m.fill(m.uuid, c.uuid)
	o.put(epoch, m.started, &c.started, &Field{Name: "startedAt"})
	o.put(epoch, m.ended, &c.ended, &Field{Name: "endedAt"})
	m.endRow()
	x := Record{Kind: JSONRecord, ID: m.id.Text(row), First: row, End: row + 1, Data: raw}
	x.Fact = ImageFact{Class: m.class.Text(row), Shown: 1}
	x.Fact.ShownW, x.Fact.OrigH = m.original(row)
	if x.Pair, x.Slot = m.pair(row); x.Pair == "" {
		x.Pair = contentKey(raw)
	}
	return o.Log.add(x)
}

// noImageID returns the fault of a record without an image id, with the cause.
func (m *showing) noImageID() *Fault {
	switch {
	case m.idKind == scan.Null:
		return Faultf(schema.NoImageID, "imageID is missing")
	case m.idKind != scan.String:
		return Faultf(schema.NoImageID, "imageID is %s, and has to be a string", m.idKind)
	}
	return Faultf(schema.NoImageID, "imageID %q does not name an image", scan.Snippet(m.imageID))
}
