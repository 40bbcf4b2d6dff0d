package features

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"slices"

	"abtool/byproduct/plane"
	"abtool/internal/parallel"
	"abtool/store/columnar"
)

var nan = math.NaN()

// readTruth holds the pages against the ground truth, and adds what it has and they do not.
func (s *cocoSet) readTruth(ctx context.Context, store string) error {
	t, err := columnar.Open(store, COCO, "images")
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
	byImage := make(map[int64]int32, len(s.pages))
	for i := range s.pages {
		byImage[s.pages[i].image] = int32(i)
	}
	more := make([][]page, t.Groups()) // images without a page
	passes := make([]*truthPass, parallel.Workers(s.o.Jobs))
	err = parallel.Each(ctx, s.o.Jobs, t.Groups(), func(worker, g int) (err error) {
		if passes[worker] == nil {
			if passes[worker], err = s.newTruthPass(t); err != nil {
				return err
			}
		}
		more[g], err = passes[worker].group(g, byImage)
		return err
	})
	if err != nil {
		return err
	}
	s.pages = append(s.pages, slices.Concat(more...)...)
	return nil
}

// truthPass is what one goroutine has.
type truthPass struct {
	set     *cocoSet
	read    *columnar.Reader
	classes []int32
	mask    plane.Raster
}

var truthColumns = []string{"image_id", "width", "height", "file_name", "instances.category", "instances.x", "instances.y", "instances.w", "instances.h",
	"instances.area", "instances.crowd", "instances.polygon", "instances.rings", "instances.rle_height", "instances.rle_width", "instances.rle_counts"}

func (s *cocoSet) newTruthPass(t *columnar.Table) (*truthPass, error) {
	r, err := t.Reader(truthColumns...)
	if err != nil {
		return nil, err
	}
	return &truthPass{set: s, read: r}, nil
}

func (p *truthPass) group(g int, byImage map[int64]int32) (more []page, err error) {
	if err := p.read.Read(g); err != nil {
		return nil, err
	}
	r := p.read
	p.classes = p.classes[:0]
	for _, name := range r.Column("instances.category").Dict {
		c, ok := p.set.class[name]
		if !ok {
			c = -1
		}
		p.classes = append(p.classes, c)
	}
	id, width, height, file := r.Column("image_id").Ints, r.Column("width").Ints, r.Column("height").Ints, r.Column("file_name")
	for i := range r.Rows() {
		var n *page
		if at, ok := byImage[id[i]]; ok {
			n = &p.set.pages[at]
		} else {
			more = append(more, page{image: id[i], worker: -1, width: -1, height: -1})
			n = &more[len(more)-1]
		}
		n.known = true
		if width[i] > 0 && height[i] > 0 {
			n.gtW, n.gtH = int32(width[i]), int32(height[i])
		}
		if s, ok := file.Text(i); ok {
			n.file = s
		}
		p.judge(n, i)
	}
	return more, nil
}

// judge holds the icons of a page against the instances of its image.
func (p *truthPass) judge(n *page, i int) {
	r := p.read
	category := r.Column("instances.category")
	from, to := category.Offsets[i], category.Offsets[i+1]
	for k := from; k < to; k++ {
		if d := category.Index[k]; d >= 0 && p.classes[d] >= 0 {
			n.icon(p.classes[d]).present = true
		}
	}
	if n.gtW == 0 {
		return
	}
	for c := range n.icons {
		p.icon(n, &n.icons[c], from, to)
	}
}

// icon holds one class against its instances.
func (p *truthPass) icon(n *page, c *icon, from, to int32) {
	r := p.read
	category, crowd, area := r.Column("instances.category").Index, r.Column("instances.crowd").Ints, r.Column("instances.area").Floats
	x, y, w, h := r.Column("instances.x").Floats, r.Column("instances.y").Floats, r.Column("instances.w").Floats, r.Column("instances.h").Floats
	px, py, inside := plane.Pixel(c.addX, c.addY, int64(n.gtW), int64(n.gtH))
	inside = inside && c.added
	fw, fh := float64(n.gtW), float64(n.gtH)
	best, biggest := int32(-1), int32(-1) // largest box, largest mask; crowds come last
	for k := from; k < to; k++ {
		if d := category[k]; d < 0 || p.classes[d] != c.class {
			continue
		}
		m := p.instanceMask(k)
		if inside && !c.hit {
			c.hit = m.Has(px, py)
		}
		if !m.Empty() && (biggest < 0 || crowd[k] < crowd[biggest] || crowd[k] == crowd[biggest] && area[k] > area[biggest]) {
			biggest = k
		}
		if !(w[k] > 0 && h[k] > 0) || x[k] != x[k] || y[k] != y[k] {
			continue
		}
		if best < 0 || crowd[k] < crowd[best] || crowd[k] == crowd[best] && w[k]*h[k] > w[best]*h[best] {
			best = k
		}
		if c.added {
			b := plane.PixelBox(x[k], y[k], x[k]+w[k], y[k]+h[k], fw, fh)
			if !c.near || b.Nearer(c.nearest, c.addX, c.addY) {
				c.nearest, c.near = b, true
			}
		}
	}
	if best >= 0 {
		c.hasBox, c.boxX, c.boxY = true, (x[best]+w[best]/2)/fw, (y[best]+h[best]/2)/fh
	}
	if biggest >= 0 && p.set.o.needs().masks {
		m := p.instanceMask(biggest)
		if cx, cy, ok := p.mask.Centroid(&m, int64(n.gtW), int64(n.gtH)); ok {
			c.hasMask, c.maskX, c.maskY = true, cx/fw, cy/fh
		}
	}
}

func (p *truthPass) instanceMask(k int32) plane.Mask {
	r := p.read
	polygon, rings, runs := r.Column("instances.polygon"), r.Column("instances.rings"), r.Column("instances.rle_counts")
	return plane.Mask{
		Polygon: polygon.Floats[polygon.Inner[k]:polygon.Inner[k+1]], Rings: rings.Ints[rings.Inner[k]:rings.Inner[k+1]],
		Height: r.Column("instances.rle_height").Ints[k], Width: r.Column("instances.rle_width").Ints[k], Runs: runs.Ints[runs.Inner[k]:runs.Inner[k+1]],
	}
}
