package features

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"math"
	"slices"

	"abtool/byproduct/coco"
	"abtool/byproduct/plane"
	"abtool/store"
	"abtool/store/columnar"
)

var nan = math.NaN()

// readTruth compares the pages with the ground truth. It adds the classes that the image has and the icons
// lack, and pages for the images of the ground truth that have no annotation.
func (s *cocoSet) readTruth(ctx context.Context, dir string) error {
	t, err := store.Open(dir, COCO, "images")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer t.Close()
	if t.Rows() == 0 {
		return nil
	}
	s.truth = true
	byImage := make(map[int64][]int32, len(s.pages))
	for i := range s.pages {
		byImage[s.pages[i].image] = append(byImage[s.pages[i].image], int32(i))
	}
	more := make([][]page, t.Groups()) // images without a page
	err = eachGroup(ctx, s.o.Jobs, t, append([]string{"file_name", "instances.area"}, coco.ImageColumns...), func(r *columnar.Reader) func(int) error {
		p := &truthPass{set: s, read: r, images: coco.NewImages(r)}
		return func(g int) error {
			more[g] = p.group(byImage)
			return nil
		}
	})
	if err != nil {
		return err
	}
	unseen := slices.Concat(more...)
	slices.SortStableFunc(unseen, func(a, b page) int { return cmp.Compare(a.image, b.image) }) // of several stores
	s.pages = append(s.pages, unseen...)
	return nil
}

// A truthPass is the state of one goroutine that reads the ground truth.
type truthPass struct {
	set    *cocoSet
	read   *columnar.Reader
	images *coco.Images
	image  coco.Image // the image being compared
	mask   plane.Raster
}

// group compares the images of a row group with their pages, and returns pages for images without one.
func (p *truthPass) group(byImage map[int64][]int32) (more []page) {
	p.images.Update(p.set.class)
	file := p.read.Column("file_name")
	for i := range p.read.Rows() {
		m := &p.image
		p.images.Read(i, m)
		name, _ := file.Text(i)
		areas := p.read.Column("instances.area").Floats[p.images.First(i):]
		for _, at := range byImage[m.ID] {
			p.join(&p.set.pages[at], name, areas)
		}
		if len(byImage[m.ID]) == 0 {
			more = append(more, page{image: m.ID, worker: -1, width: -1, height: -1})
			p.join(&more[len(more)-1], name, areas)
		}
	}
	return more
}

// join adds the ground truth of the image to a page. file is the name of the image's file, or "".
func (p *truthPass) join(n *page, file string, areas []float64) {
	n.known = true
	if m := &p.image; m.Sized() {
		n.gtW, n.gtH = int32(m.Width), int32(m.Height)
	}
	if file != "" {
		n.file = file
	}
	p.compare(n, areas)
}

// compare compares the icons of a page with the instances of its image; areas are the areas of the instances.
func (p *truthPass) compare(n *page, areas []float64) {
	for i := range p.image.Instances {
		if c := p.image.Instances[i].Class; c >= 0 {
			n.icon(c).present = true
		}
	}
	if !p.image.Sized() {
		return
	}
	for c := range n.icons {
		p.icon(&n.icons[c], areas)
	}
}

// icon compares one class with its instances.
func (p *truthPass) icon(c *icon, areas []float64) {
	m := &p.image
	if c.Added() {
		c.hit = m.OnMask(c.Class, c.X, c.Y)
		var boxes int
		c.nearest, boxes = m.Nearest(c.Class, c.X, c.Y)
		c.near = boxes > 0
	}
	w, h := float64(m.Width), float64(m.Height)
	if o := p.largest(c.Class, func(o *coco.Instance, _ int) (float64, bool) {
		return o.W * o.H, o.W > 0 && o.H > 0 && o.HasBox
	}); o != nil {
		c.hasBox, c.boxX, c.boxY = true, (o.X+o.W/2)/w, (o.Y+o.H/2)/h
	}
	if !p.set.o.needs("masks") {
		return
	}
	if o := p.largest(c.Class, func(o *coco.Instance, i int) (float64, bool) { return areas[i], !o.Mask.Empty() }); o != nil {
		if cx, cy, ok := p.mask.Centroid(&o.Mask, m.Width, m.Height); ok {
			c.hasMask, c.maskX, c.maskY = true, cx/w, cy/h
		}
	}
}

// largest returns the instance of a class that has the greatest size; of equal ones the first. A crowd is
// returned only if no other instance has a size, and nil if no instance has one.
func (p *truthPass) largest(class int32, size func(o *coco.Instance, i int) (float64, bool)) (best *coco.Instance) {
	most := 0.0
	for i := range p.image.Instances {
		o := &p.image.Instances[i]
		if o.Class != class {
			continue
		}
		if v, ok := size(o, i); ok && (best == nil || best.Crowd && !o.Crowd || best.Crowd == o.Crowd && v > most) {
			best, most = o, v
		}
	}
	return best
}
