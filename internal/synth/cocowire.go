package synth

import "fmt"

// begin writes the bytes before the pages of a HIT.
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
		c.main.plain = fmt.Appendf(c.main.plain, `{"id":"%s","annotatorID":"","workerID":"%s","hitID":"%s",`+
			`"assignmentID":"%s","createdAt":%d,"pages":[`, id, w.ID, r.hit, assignment, r.opened)
		return nil
	}
	header := fmt.Appendf(nil, `{"id":"%s","annotatorID":"","assignmentID":"%s","hitID":"%s","workerID":"%s","startedAt":%d}`,
		id, assignment, r.hit, w.ID, r.opened)
	return m.run.main.small(&c.main, fmt.Sprintf("hit_%06d_header.json", hit), header)
}

// end closes the HIT.
func (m *cocoMaker) end(c *chunk) {
	if m.run.opt.Format == "dump" {
		c.main.plain = append(c.main.plain, "],\"isDone\":true}\n"...)
	}
}

// page writes a page as the front end sent it, or into the dump.
func (m *cocoMaker) page(c *chunk, hit, image int) error {
	r := &m.record
	name := fmt.Sprintf("hit_%06d_page_%02d.json", hit, r.page)
	opened, ended := r.opened, r.opened+r.spent
	last := r.page == cocoPages-1 || image == m.run.opt.Images-1
	return m.write(c, image, name, appendCOCOWire, func(data []byte, again bool) error {
		id := uuid(hash(m.run.opt.Seed, stageID, 1<<44|uint64(image)))
		if m.run.opt.Format == "dump" {
			if m.pages++; m.pages > 1 {
				c.main.plain = append(c.main.plain, ',')
			}
			c.main.plain = fmt.Appendf(c.main.plain, `{"id":"%s","annotation":%s,"pageno":%d,"startedAt":%d,"endedAt":%d}`,
				id, data, r.page, opened, ended)
			return nil
		}
		if again {
			name = fmt.Sprintf("hit_%06d_page_%02d_again.json", hit, r.page)
		}
		page := fmt.Appendf(nil, `{"page":{"id":"%s","annotation":%s,"pageno":%d,"startedAt":%d},"endedAt":%d,"isDone":%t}`,
			id, data, r.page, opened, ended, last)
		return m.run.main.small(&c.main, name, page)
	})
}
