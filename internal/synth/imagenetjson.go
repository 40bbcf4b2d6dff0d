package synth

// lines writes the image's showings as JSON Lines, the names of the XML in its order.
func (m *imagenetMaker) lines(c *chunk, shown []showing) {
	for k := range shown {
		s := &shown[k]
		key := uint64(m.image.index)<<3 | showingKey(s.page.round, s.page.hit.take)
		m.record(c, s, key, "", func(b []byte) []byte { return append(b, '\n') }, func() []byte {
			m.text = appendShowing(m.text[:0], s)
			return m.text
		})
	}
}

// record writes a showing as JSON, perhaps damaged. end appends what closes a record.
func (m *imagenetMaker) record(c *chunk, s *showing, key uint64, place string, end func([]byte) []byte, write func() []byte) {
	c.main.records++
	if !m.wounds.hits(key) {
		c.main.plain = end(append(c.main.plain, write()...))
		return
	}
	i := injury{File: m.run.main.name, Member: place, Image: string(s.content.id)}
	data, twice := m.wounds.wound(&i, write, func(f *defect, i *injury) bool { return f.edit(s, m.wounds.d, i) })
	c.main.plain = end(append(c.main.plain, data...))
	if twice {
		c.main.records++
		c.showings++
		c.main.plain = end(append(c.main.plain, data...))
	}
	i.Record = c.main.records
	c.damage = append(c.damage, i)
}

// appendShowing writes a showing with all its identifiers.
func appendShowing(b []byte, s *showing) []byte {
	h := s.page.hit
	b = append(append(b, `{"assignment_id": "`...), h.assignment...)
	b = appendInt(append(b, `", "estimateTime": `...), s.estimate)
	b = append(append(b, `, "hit_id": "`...), h.id...)
	b = appendInt(append(b, `", "hit_submit_time": `...), s.submit)
	b = appendInt(append(b, `, "hoveredCount": `...), s.hoveredCount)
	b = appendHovers(append(b, `, "hoveredRecord": `...), s.hovers)
	b = appendInt(append(b, `, "imageHeight": `...), s.h)
	b = append(append(b, `, "imageID": "`...), s.content.wnid...)
	b = append(append(b, '/'), s.content.id...)
	b = appendInt(append(b, `", "imagePosition": {"x": `...), s.x)
	b = appendInt(append(b, `, "y": `...), s.y)
	b = appendInt(append(b, `}, "imageWidth": `...), s.w)
	b = appendInt(append(b, `, "image_idx": `...), s.slot)
	b = append(append(b, `, "imagenet_hit_id": "`...), h.dataset...)
	b = appendPoints(append(b, `", "mouseTracking": `...), s.mouse, s)
	b = appendInt(append(b, `, "originalImageHeight": `...), s.oh)
	b = appendInt(append(b, `, "originalImageWidth": `...), s.ow)
	b = appendInt(append(b, `, "page_idx": `...), s.page.at)
	b = appendBool(append(b, `, "selected": `...), s.selected)
	b = appendInt(append(b, `, "selectedCount": `...), s.selectedCount)
	b = appendPoints(append(b, `, "selectedRecord": `...), s.clicks, s)
	b = append(append(b, `, "worker_id": "`...), h.worker.ID...)
	return append(b, `"}`...)
}

func appendPoints(b []byte, ps []point, s *showing) []byte {
	b = append(b, '[')
	for i, p := range ps {
		if i > 0 {
			b = append(b, ',', ' ')
		}
		b = appendInt(append(b, `{"time": `...), p.t)
		b = appendRatio(append(b, `, "x": `...), p.x, s.w)
		b = appendRatio(append(b, `, "y": `...), p.y, s.h)
		b = append(b, '}')
	}
	return append(b, ']')
}

func appendHovers(b []byte, hs []hover) []byte {
	b = append(b, '[')
	for i, h := range hs {
		if i > 0 {
			b = append(b, ',', ' ')
		}
		b = append(append(append(b, `{"action": "`...), h.action()...), `", "time": `...)
		b = append(appendInt(b, h.t), '}')
	}
	return append(b, ']')
}
