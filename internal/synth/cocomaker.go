package synth

import (
	"context"
	"strconv"
)

// cocoMaker simulates HITs.
type cocoMaker struct {
	run    *cocoRun
	d      *dice
	scene  scene
	record cocoRecord
	text   []byte
	paint  *painter
	pages  int // of the HIT in the dump
	wounds *wounder
}

func (s *cocoRun) newMaker() maker {
	m := &cocoMaker{run: s, d: newDice(), wounds: newWounder(s.opt, cocoDefects)}
	if s.opt.ImagesOut != "" {
		m.paint = newPainter()
	}
	return m
}

// make fills a chunk with HITs.
func (m *cocoMaker) make(ctx context.Context, c *chunk) error {
	c.main.separator, c.boxes.separator = 0, len(", ")
	if m.run.opt.Format == "json" {
		c.main.separator = len(", ")
	}
	first := c.number * cocoChunk
	for h := first; h < min(first+cocoChunk, m.run.hits); h++ {
		if err := m.hit(ctx, c, h); err != nil {
			return err
		}
	}
	return nil
}

func (m *cocoMaker) hit(ctx context.Context, c *chunk, h int) error {
	seed := m.run.opt.Seed
	r := &m.record
	w := &m.run.workers[pick(seed, len(m.run.workers), h, 0)]
	r.hit = code(hash(seed, stageHIT, uint64(h)<<1), 32, lowerHex)
	r.opened = roundOne + m.d.set(seed, stageHIT, uint64(h)<<1|1).Int64N(roundSpan)
	if err := m.begin(c, h); err != nil {
		return err
	}
	for p := range cocoPages {
		if err := ctx.Err(); err != nil {
			return err
		}
		i := h*cocoPages + p
		if i >= m.run.opt.Images {
			break
		}
		r.page = p
		m.scene.fill(seed, i, m.run.imageID(i), m.d)
		m.d.set(seed, stageShowing, uint64(i))
		r.simulate(&m.scene, w, m.d)
		m.listInstances(c, i)
		c.truth.plain = appendSceneTruth(c.truth.plain, r)
		c.truth.records++
		c.images++
		if m.paint != nil {
			if err := m.paint.coco(seed, m.run.pictures.temp, i, &m.scene, &c.pictures); err != nil {
				return err
			}
		}
		if i%5000 == 4321 { // a page without record: seen, but not in the release
			continue
		}
		if m.run.nested() {
			if err := m.page(c, h, i); err != nil {
				return err
			}
		} else {
			m.release(c, i)
		}
		r.opened += r.spent + 400
	}
	m.end(c)
	return nil
}

// listInstances writes the ground truth. Annotation ids leave room for 128 instances an image.
func (m *cocoMaker) listInstances(c *chunk, image int) {
	for k := range m.scene.instances {
		c.boxes.plain = append(c.boxes.plain, ", "...)
		c.boxes.plain = appendInstance(c.boxes.plain, &m.scene.instances[k], &m.scene, int64(image)<<7+int64(k)+1)
		c.boxes.records++
	}
}

// write adds the record to the release's form, perhaps damaged.
func (m *cocoMaker) write(c *chunk, image int, place string, text func() []byte, put func(data []byte)) {
	c.showings++
	c.main.records++
	if !m.wounds.hits(uint64(image)) {
		put(text())
		return
	}
	i := injury{File: m.run.main.name, Member: place, Image: strconv.FormatInt(m.scene.id, 10)}
	data, twice := m.wounds.wound(&i, text, func(f *defect, i *injury) bool { return f.coco(&m.record, m.wounds.d, i) })
	put(data)
	if twice {
		c.showings++
		c.main.records++
		put(data)
	}
	i.Record = c.main.records
	c.damage = append(c.damage, i)
}

// release writes a record of the array or a line.
func (m *cocoMaker) release(c *chunk, image int) {
	array := m.run.opt.Format == "json"
	m.write(c, image, "", func() []byte {
		m.text = appendCOCO(m.text[:0], &m.record)
		return m.text
	}, func(data []byte) {
		if array {
			c.main.plain = append(c.main.plain, ", "...)
		}
		c.main.plain = append(c.main.plain, data...)
		if !array {
			c.main.plain = append(c.main.plain, '\n')
		}
	})
}

// appendSceneTruth writes a line of truth/images.jsonl.
func appendSceneTruth(b []byte, r *cocoRecord) []byte {
	s := r.scene
	b = appendInt(append(b, `{"image_id":`...), s.id)
	b = appendInt(append(b, `,"width":`...), s.w)
	b = appendInt(append(b, `,"height":`...), s.h)
	b = append(append(b, `,"worker_id":"`...), r.worker.ID...)
	b = append(b, `","classes":[`...)
	for i, k := range s.classes {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), categories[k].name...), '"')
	}
	b = append(b, `],"objects":[`...)
	for i := range s.instances {
		o := &s.instances[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, `{"class":"`...), categories[o.category].name...)
		b = append(append(append(b, `","shape":"`...), o.outline()...), '"')
		b = appendFloat(append(b, `,"cx":`...), o.cx/float64(s.w))
		b = appendFloat(append(b, `,"cy":`...), o.cy/float64(s.h))
		b = appendHundredths(append(b, `,"bbox":`...), o.bbox[:])
		b = append(appendBool(append(b, `,"crowd":`...), o.crowd), '}')
	}
	return append(b, "]}\n"...)
}
