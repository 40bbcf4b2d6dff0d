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
	wounds *wounder[*cocoRecord]
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
	c.main.separator, c.ground.separator = 0, len(", ")
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
		var err error
		if m.run.nested() {
			err = m.page(c, h, i)
		} else {
			err = m.release(c, i)
		}
		if err != nil {
			return err
		}
		r.opened += r.spent + 400
	}
	m.end(c)
	return nil
}

// listInstances writes the ground truth. Annotation ids leave room for 128 instances an image.
func (m *cocoMaker) listInstances(c *chunk, image int) {
	for k := range m.scene.instances {
		c.ground.plain = append(c.ground.plain, ", "...)
		c.ground.plain = appendInstance(c.ground.plain, &m.scene.instances[k], &m.scene, int64(image)<<7+int64(k)+1)
		c.ground.records++
	}
}

// write adds the record in a form to the output, perhaps damaged.
func (m *cocoMaker) write(c *chunk, image int, place string, form func(b []byte, r *cocoRecord) []byte,
	put func(data []byte, again bool) error) error {
	i := injury{File: m.run.main.name, Member: place, Image: strconv.FormatInt(m.scene.id, 10)}
	text := func() []byte {
		m.text = form(m.text[:0], &m.record)
		return m.text
	}
	pick := func() (*cocoRecord, bool) { return &m.record, true }
	return m.wounds.record(c, uint64(image), i, text, pick, func(data []byte, again bool) error {
		c.showings++
		return put(data, again)
	})
}

// release writes a record of the array or a line.
func (m *cocoMaker) release(c *chunk, image int) error {
	return m.write(c, image, "", appendCOCO, func(data []byte, _ bool) error {
		if m.run.opt.Format == "json" {
			c.main.plain = append(append(c.main.plain, ", "...), data...)
		} else {
			c.main.plain = append(append(c.main.plain, data...), '\n')
		}
		return nil
	})
}
