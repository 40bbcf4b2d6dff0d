package synth

import (
	"context"
	"fmt"
	"strconv"
)

// hit writes a HIT as the front end sent it (pages), or as the back end dumps it: all 48
// images of each page, those that are not in the release too.
func (m *imagenetMaker) hit(ctx context.Context, c *chunk, number int) error {
	for take := range m.plan.takes(number) {
		p := m.plan
		h := m.page[0].hit
		p.hitInfo(h, number, take, m.d)
		if m.run.opt.Format == "dump" {
			m.dumpHead(c, h)
		} else if err := m.header(c, h); err != nil {
			return err
		}
		last := hitPages - 1
		for last >= 0 {
			if _, _, ok := p.pageAt(number, last); ok {
				break
			}
			last--
		}
		for at := 0; at <= last; at++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			round, n, _ := p.pageAt(number, at)
			m.openPage(round, n, take)
			if err := m.writePage(c, at == last); err != nil {
				return err
			}
		}
		if m.run.opt.Format == "dump" {
			c.main.plain = append(c.main.plain, "],\"isDone\":true}\n"...)
		}
	}
	return nil
}

// openPage lays out a page of the HIT.
func (m *imagenetMaker) openPage(round, number, take int) {
	p := m.plan
	var images []int
	class := 0
	if round == 0 {
		class = p.classOf(number)
		images = p.present(nil, number)
	} else {
		class = p.groups[number].class
		images = p.again(nil, p.groups[number])
	}
	m.name = p.name(class)
	m.page[0].name = m.name
	m.page[0].build(p, round, number, take, class, images, m.d)
}

// writePage writes the page as a file, or into the dump.
func (m *imagenetMaker) writePage(c *chunk, last bool) error {
	g := &m.page[0]
	h := g.hit
	b := c.main.plain
	dump := m.run.opt.Format == "dump"
	if !dump {
		b = append(b[:0], `{"page":`...)
	} else if g.at > 0 {
		b = append(b, ',')
	}
	id := hash(m.plan.seed, stageID, 1<<40|uint64(h.number*hitPages+g.at)<<1|uint64(h.take))
	b = append(append(b, `{"id":"`...), uuid(id)...)
	b = appendInt(append(b, `","pageno":`...), g.at)
	b = appendInt(append(b, `,"startedAt":`...), g.start)
	if dump {
		b = appendInt(append(b, `,"endedAt":`...), g.end)
	}
	c.main.plain = append(b, `,"annotations":[`...)
	name := pageName(h.number, h.take, g.at)
	for slot := range slots {
		if err := m.slot(c, slot, name); err != nil {
			return err
		}
	}
	b = append(c.main.plain[:len(c.main.plain)-1], ']')
	if dump {
		c.main.plain = append(b, '}')
		return nil
	}
	b = appendInt(append(b, `,"endedAt":`...), g.end)
	b = appendInt(append(b, `},"endedAt":`...), g.end)
	b = append(strconv.AppendBool(append(b, `,"isDone":`...), last), '}')
	c.main.plain = b[:0]
	return m.run.main.small(&c.main, name, b)
}

// slot simulates and writes one slot of the page.
func (m *imagenetMaker) slot(c *chunk, slot int, name string) error {
	g, s := &m.page[0], &m.shown[0]
	image := g.images[slot]
	seat := uint64(g.round)<<40 | uint64(g.number)<<8 | uint64(slot)
	key := 1<<50 | seat<<1 | uint64(g.hit.take)
	if image >= 0 {
		m.plan.fill(&m.image, image, g.class, m.name, m.d)
		key = uint64(image)<<3 | showingKey(g.round, g.hit.take)
	} else {
		m.plan.fillCandidate(&m.image, g.class, m.name, seat, m.d)
	}
	s.simulate(m.plan, g, slot, &m.image, m.d)
	c.showings++
	place := name + " annotations[" + strconv.Itoa(slot) + "]"
	return m.record(c, s, key, place, ',', appendWire)
}

func pageName(hit, take, at int) string {
	return fmt.Sprintf("hit_%06d_%d_page_%02d.json", hit, take+1, at)
}

// header returns what the front end sends when a HIT is opened.
func (m *imagenetMaker) header(c *chunk, h *hit) error {
	id := hash(m.plan.seed, stageID, 1<<41|uint64(h.number)<<1|uint64(h.take))
	b := fmt.Appendf(nil, `{"id":"%s","annotatorID":"","version":"NO_POINTER_NO_ORIGINAL","assignmentID":"%s","hitID":"%s","workerID":"%s","startedAt":%d}`,
		uuid(id), h.assignment, h.id, h.worker.ID, h.start)
	return m.run.main.small(&c.main, fmt.Sprintf("hit_%06d_%d_header.json", h.number, h.take+1), b)
}

// dumpHead begins a line of the dump.
func (m *imagenetMaker) dumpHead(c *chunk, h *hit) {
	id := hash(m.plan.seed, stageID, 1<<41|uint64(h.number)<<1|uint64(h.take))
	c.main.plain = fmt.Appendf(c.main.plain, `{"hitDatasetName":"imagenet","imageNetHitID":"%s","id":"%s","annotatorID":"","workerID":"%s","hitID":"%s",`+
		`"assignmentID":"%s","version":"NO_POINTER_NO_ORIGINAL","createdAt":%d,"pages":[`,
		h.dataset, uuid(id), h.worker.ID, h.id, h.assignment, h.start)
}
