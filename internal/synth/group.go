package synth

import (
	"context"
	"slices"
)

// imagenetMaker simulates groups of pages and writes their images.
type imagenetMaker struct {
	run   *imagenetRun
	plan  *plan
	pack  *packer
	d     *dice
	style *dice
	page  [2]page    // of the first round, one for each time the HIT was done
	late  [2]page    // of the second round
	hits  [4]hit     // of the pages
	shown [4]showing // of one image
	image content
	again []int
	name  string
	xml   xmlWriter
	path  []byte
	text  []byte
	paint *painter

	wounds *wounder[*showing]
}

func (s *imagenetRun) newMaker() maker {
	m := &imagenetMaker{run: s, plan: s.plan, pack: newPacker(), d: newDice(), style: newDice()}
	m.wounds = newWounder(s.opt, s.defects())
	for i := range 2 {
		m.page[i].hit, m.late[i].hit = &m.hits[i], &m.hits[2+i]
	}
	if s.opt.ImagesOut != "" {
		m.paint = newPainter()
	}
	return m
}

// make fills a chunk with a group's images, or with a HIT.
func (m *imagenetMaker) make(ctx context.Context, c *chunk) error {
	groups := m.plan.groups
	if c.number >= len(groups) {
		return m.hit(ctx, c, c.number-len(groups))
	}
	if err := m.group(ctx, c, c.number); err != nil {
		return err
	}
	if m.run.main.packed {
		if err := c.main.pack(m.pack.w); err != nil {
			return err
		}
	}
	if m.run.ground != nil {
		return c.ground.pack(m.pack.w)
	}
	return nil
}

// group simulates all showings of a group's images.
func (m *imagenetMaker) group(ctx context.Context, c *chunk, number int) error {
	p, g := m.plan, m.plan.groups[number]
	m.name = p.name(g.class)
	m.again = p.again(m.again[:0], g)
	late := m.takes(m.late[:], 1, number, g.class, m.again)
	m.directories(c, g)
	var images []int
	for n := g.first; n < g.end; n++ {
		first, end := p.pageImages(n)
		images = p.present(images[:0], n)
		pages := m.takes(m.page[:], 0, n, g.class, images)
		for i := first; i < end; i++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			p.fill(&m.image, i, g.class, m.name, m.d)
			shown := m.shown[:0]
			if !p.absent(i) {
				shown = m.meet(shown, pages, i)
				if _, ok := slices.BinarySearch(m.again, i); ok {
					shown = m.meet(shown, late, i)
				}
			}
			if err := m.emit(c, shown); err != nil {
				return err
			}
		}
	}
	return nil
}

// takes lays out a page for each time that its HIT was done.
func (m *imagenetMaker) takes(dst []page, round, number, class int, images []int) []page {
	hit, _ := m.plan.hitOf(round, number)
	n := m.plan.takes(hit)
	for t := range n {
		dst[t].name = m.name
		dst[t].build(m.plan, round, number, t, class, images, m.d)
	}
	return dst[:n]
}

// meet simulates the showings of an image on the pages.
func (m *imagenetMaker) meet(shown []showing, pages []page, image int) []showing {
	for i := range pages {
		slot := slices.Index(pages[i].images[:], image)
		shown = shown[:len(shown)+1]
		shown[len(shown)-1].simulate(m.plan, &pages[i], slot, &m.image, m.d)
	}
	return shown
}

// emit writes one image in all its forms.
func (m *imagenetMaker) emit(c *chunk, shown []showing) error {
	c.images++
	im := &m.image
	c.truth.plain = appendImageTruth(c.truth.plain, im, shown)
	c.truth.records++
	if m.run.ground != nil {
		m.xml.b = m.xml.b[:0]
		m.xml.voc(im)
		c.ground.plain = appendMember(c.ground.plain, string(m.member("Annotations/CLS-LOC/train/")), m.xml.b)
		c.ground.records++
	}
	if m.paint != nil {
		if err := m.paint.imagenet(m.run.opt.Seed, m.run.pictures.temp, im, &c.pictures); err != nil {
			return err
		}
	}
	if m.run.nested() {
		return nil
	}
	c.showings += int64(len(shown))
	if m.run.opt.Format == "jsonl" {
		return m.lines(c, shown)
	}
	m.style.set(m.plan.seed, stageStyle, uint64(im.index))
	return m.file(c, shown)
}

// member returns the path of the image's annotation under a folder.
func (m *imagenetMaker) member(folder string) []byte {
	b := append(m.path[:0], folder...)
	b = append(append(b, m.image.wnid...), '/')
	b = append(append(b, m.image.id...), ".xml"...)
	m.path = b
	return b
}

// directories writes the directory entries of an archive where they come first.
func (m *imagenetMaker) directories(c *chunk, g group) {
	if m.run.nested() || m.run.main.file == nil || m.run.opt.Format == "jsonl" || g.first != m.plan.perClass[g.class] {
		return
	}
	if g.class == 0 {
		c.main.plain = appendTarHeader(c.main.plain, folderName+"/", 0, true)
	}
	c.main.plain = appendTarHeader(c.main.plain, folderName+"/"+m.name+"/", 0, true)
}

// companionShare of the files have an AppleDouble companion.
const companionShare = 0.05
