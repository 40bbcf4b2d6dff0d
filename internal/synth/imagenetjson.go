package synth

// lines writes the image's showings as JSON Lines, the names of the XML in its order.
func (m *imagenetMaker) lines(c *chunk, shown []showing) error {
	for k := range shown {
		s := &shown[k]
		key := uint64(m.image.index)<<3 | showingKey(s.page.round, s.page.hit.take)
		if err := m.record(c, s, key, "", '\n', appendShowing); err != nil {
			return err
		}
	}
	return nil
}

// record writes a showing as JSON, perhaps damaged; end closes a record.
func (m *imagenetMaker) record(c *chunk, s *showing, key uint64, place string, end byte,
	write func(b []byte, s *showing) []byte) error {
	i := injury{File: m.run.main.name, Member: place, Image: string(s.content.id)}
	text := func() []byte {
		m.text = write(m.text[:0], s)
		return m.text
	}
	pick := func() (*showing, bool) { return s, true }
	return m.wounds.record(c, key, i, text, pick, func(data []byte, again bool) error {
		if again {
			c.showings++
		}
		c.main.plain = append(append(c.main.plain, data...), end)
		return nil
	})
}
