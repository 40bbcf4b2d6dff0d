package synth

import (
	"path/filepath"
	"strings"
)

// file writes the image's annotation as a member or file, perhaps damaged.
func (m *imagenetMaker) file(c *chunk, shown []showing) error {
	layout := styleOf(m.style)
	if len(shown) > 1 && m.style.chance(0.2) {
		shown[0], shown[1] = shown[1], shown[0] // document order is not time order
	}
	name := string(m.member(folderName + "/"))
	write := func() []byte {
		m.xml.b, m.xml.style = m.xml.b[:0], layout
		m.xml.annotation(&m.image, shown)
		return m.xml.b
	}
	if m.run.opt.AppleDouble && m.style.chance(companionShare) {
		dir, base := filepath.Split(name)
		if err := m.put(c, dir+"._"+base, appleDouble); err != nil {
			return err
		}
	}
	i := injury{File: m.run.main.name, Member: name, Image: string(m.image.id)}
	pick := func() (*showing, bool) {
		if len(shown) == 0 {
			return nil, false
		}
		return &shown[m.wounds.d.IntN(len(shown))], true
	}
	return m.wounds.record(c, uint64(m.image.index), i, write, pick, func(data []byte, again bool) error {
		if again {
			c.showings += int64(len(shown))
			if m.run.main.file == nil { // a folder cannot hold a name twice
				name = strings.TrimSuffix(name, ".xml") + " 2.xml"
			}
		}
		return m.put(c, name, data)
	})
}

// put adds a member to the archive, or a file to the folder.
func (m *imagenetMaker) put(c *chunk, name string, data []byte) error {
	if m.run.main.file != nil {
		c.main.plain = appendMember(c.main.plain, name, data)
		return nil
	}
	return m.run.main.small(&c.main, name[len(folderName)+1:], data)
}
