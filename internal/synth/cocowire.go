package synth

import (
	"fmt"
	"path/filepath"
)

// begin writes what stands before the pages of a HIT.
func (m *cocoMaker) begin(c *chunk, hit int) error {
	if !m.run.nested() {
		return nil
	}
	r := &m.record
	w := &m.run.workers[pick(m.run.opt.Seed, len(m.run.workers), hit, 0)]
	id := uuid(hash(m.run.opt.Seed, stageID, 1<<42|uint64(hit)))
	assignment := turkID(hash(m.run.opt.Seed, stageID, 1<<43|uint64(hit)))
	if m.run.opt.Format == "dump" {
		m.pages = 0
		c.main.plain = fmt.Appendf(c.main.plain, `{"id":"%s","annotatorID":"","workerID":"%s","hitID":"%s","assignmentID":"%s","createdAt":%d,"pages":[`,
			id, w.ID, r.hit, assignment, r.opened)
		return nil
	}
	return m.small(c, fmt.Sprintf("hit_%06d_header.json", hit),
		fmt.Appendf(nil, `{"id":"%s","annotatorID":"","assignmentID":"%s","hitID":"%s","workerID":"%s","startedAt":%d}`, id, assignment, r.hit, w.ID, r.opened))
}

// end closes the HIT.
func (m *cocoMaker) end(c *chunk) {
	if m.run.opt.Format == "dump" {
		c.main.plain = append(c.main.plain, "],\"isDone\":true}\n"...)
	}
}

func (m *cocoMaker) small(c *chunk, name string, b []byte) error {
	c.main.written += int64(len(b))
	return writeFile(filepath.Join(m.run.main.temp, name), b)
}

// page writes a page as the front end sent it, or into the dump.
func (m *cocoMaker) page(c *chunk, hit, image int) (err error) {
	r := &m.record
	name := fmt.Sprintf("hit_%06d_page_%02d.json", hit, r.page)
	opened, ended := r.opened, r.opened+r.spent
	last := r.page == cocoPages-1 || image == m.run.opt.Images-1
	copies := 0
	m.write(c, image, name, func() []byte {
		m.text = appendCOCOWire(m.text[:0], r)
		return m.text
	}, func(data []byte) {
		id := uuid(hash(m.run.opt.Seed, stageID, 1<<44|uint64(image)))
		if m.run.opt.Format == "dump" {
			if m.pages++; m.pages > 1 {
				c.main.plain = append(c.main.plain, ',')
			}
			c.main.plain = fmt.Appendf(c.main.plain, `{"id":"%s","annotation":%s,"pageno":%d,"startedAt":%d,"endedAt":%d}`, id, data, r.page, opened, ended)
			return
		}
		if copies++; copies > 1 {
			name = fmt.Sprintf("hit_%06d_page_%02d_again.json", hit, r.page)
		}
		e := m.small(c, name, fmt.Appendf(nil, `{"page":{"id":"%s","annotation":%s,"pageno":%d,"startedAt":%d},"endedAt":%d,"isDone":%t}`,
			id, data, r.page, opened, ended, last))
		if err == nil {
			err = e
		}
	})
	return err
}

// appendCOCOWire writes a record as the front end does.
func appendCOCOWire(b []byte, r *cocoRecord) []byte {
	s := r.scene
	b = append(b, `{"actionHistories":[`...)
	for i := range r.actions {
		a := &r.actions[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, `{"actionType":"`...), a.kind...), '"')
		if a.kind != "add" {
			b = r.wirePoint(append(b, `,"pointFrom":`...), a.from)
		}
		if a.kind != "remove" {
			b = r.wirePoint(append(b, `,"pointTo":`...), a.to)
		}
		b = append(append(b, `,"iconType":"`...), categories[a.category].name...)
		b = append(appendInt(append(b, `","timeAt":`...), a.t), '}')
	}
	b = append(b, `],"categoryHistories":[`...)
	for i, p := range r.steps {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendInt(append(b, `{"categoryIndex":`...), p.shelf)
		b = append(append(b, `,"categoryName":"`...), shelves[p.shelf]...)
		b = appendBool(append(b, `","usingKeyboard":`...), p.keyboard)
		b = append(appendInt(append(b, `,"timeAt":`...), p.t), '}')
	}
	b = appendInt(append(b, `],"imageHeight":`...), r.h)
	b = appendInt(append(b, `,"imageWidth":`...), r.w)
	b = appendInt(append(b, `,"originalImageWidth":`...), s.w)
	b = appendInt(append(b, `,"originalImageHeight":`...), s.h)
	b = append(b, `,"imageURL":"http://127.0.0.1:18080/img/train2014/`...)
	b = append(appendImageName(b, s.id), `","mouseTracking":[`...)
	for i, p := range r.mouse {
		if i > 0 {
			b = append(b, ',')
		}
		b = r.coordinate(append(b, `{"x":`...), p.x, r.w)
		b = r.coordinate(append(b, `,"y":`...), p.y, r.h)
		b = append(appendInt(append(b, `,"timeAt":`...), p.t), '}')
	}
	return append(appendInt(append(b, `],"timeSpend":`...), r.spent), '}')
}

func (r *cocoRecord) wirePoint(b []byte, p [2]int32) []byte {
	b = appendRatio(append(b, `{"x":`...), p[0], r.w)
	return append(appendRatio(append(b, `,"y":`...), p[1], r.h), '}')
}
