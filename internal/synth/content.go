package synth

import (
	"fmt"
	"math"
	"strconv"
)

// content is what an image shows, the truth that annotations refer to.
type content struct {
	index   int    // of the image; -1 of a candidate
	class   int    // index of the class
	wnid    string // of the class
	id      []byte // n01440764_105
	w, h    int    // pixels of the original
	boxes   []box  // pixels of the original; the first is the main object
	listed  bool   // the boxes are in the release
	unclear bool
}

// box is in pixels of the original, corners as ILSVRC counts them.
type box struct{ x0, y0, x1, y1 int }

func (b box) centre() (x, y float64) { return float64(b.x0+b.x1) / 2, float64(b.y0+b.y1) / 2 }

// listedShare of the images carry their boxes in the release.
const listedShare = 0.42

// sizes of the originals, by how common they are; the rest is drawn freely.
var sizes = []struct {
	share float64
	w, h  int
}{{0.42, 500, 375}, {0.13, 375, 500}, {0.12, 500, 333}, {0.05, 333, 500}, {0.04, 500, 334}, {0.04, 500, 500}, {0.02, 640, 480}}

func originalSize(d *dice) (w, h int) {
	u := d.Float64()
	for _, s := range sizes {
		if u -= s.share; u < 0 {
			return s.w, s.h
		}
	}
	return d.between(160, 640), d.between(160, 640)
}

// fill draws image i of the release.
func (p *plan) fill(c *content, i int, class int, name string, d *dice) {
	d.set(p.seed, stageImage, uint64(i)<<1)
	c.index, c.class, c.wnid = i, class, name
	inClass := i - p.perClass[class]*p.visible
	c.id = append(append(c.id[:0], name...), '_')
	c.id = strconv.AppendInt(c.id, int64(2+inClass*8+i%7), 10)
	c.unclear = p.isUnclear(i)
	c.draw(d)
	c.listed = d.chance(listedShare)
	if p.scene != nil {
		s := p.scene(i, class)
		c.id = append(c.id[:0], s.ID...)
		c.w, c.h, c.listed = s.Width, s.Height, true
		c.boxes = append(c.boxes[:0], box{s.Box[0], s.Box[1], s.Box[2], s.Box[3]})
	}
}

// fillCandidate draws an image that stands on a page without being in the release.
func (p *plan) fillCandidate(c *content, class int, name string, key uint64, d *dice) {
	d.set(p.seed, stageCandidate, key)
	c.index, c.class, c.wnid = -1, class, name
	c.id = fmt.Appendf(c.id[:0], "%d_%s", 2e9+d.Int64N(5e10), code(d.Uint64(), 10, lowerHex))
	c.unclear = d.chance(0.4)
	c.draw(d)
	c.listed = false
}

// draw chooses size and objects.
//
// The main object's relative width and height are N(m, 0.16²) and N(m+0.03, 0.15²) with correlation
// 0.6, clamped to [0.07, 1]; m is 0.95 for 0.3 of the images (close-ups), 0.62 for 0.45 of
// them, 0.32 for the others (scenes). The centre is 0.5 + (1-w)/2 s with s ~ N(0, r²) clamped to
// [-1, 1]: photographers centre their subject, r = 0.35, but less so in scenes, r = 0.6. One image
// in four has more objects, smaller ones, anywhere.
func (c *content) draw(d *dice) {
	c.w, c.h = originalSize(d)
	c.boxes = c.boxes[:0]
	z, v := d.NormFloat64(), d.NormFloat64()
	mean, spread := 0.62, 0.35
	switch u := d.Float64(); {
	case u < 0.30:
		mean = 0.95
	case u > 0.75:
		mean, spread = 0.32, 0.6
	}
	rw := min(max(mean+0.16*z, 0.07), 1)
	rh := min(max(mean+0.03+0.15*(0.6*z+0.8*v), 0.07), 1)
	c.add(rw, rh, d.within(0, spread, -1, 1), d.within(0.04, spread*0.9, -1, 1))
	if !d.chance(0.25) {
		return
	}
	for n := 1 + min(int(d.ExpFloat64()), 3); n > 0; n-- {
		f := 0.35 + 0.5*d.Float64()
		c.add(max(rw*f, 0.05), max(rh*f, 0.05), 2*d.Float64()-1, 2*d.Float64()-1)
	}
}

// add places a box of relative size w × h; sx and sy in [-1, 1] say where in the room that is left.
func (c *content) add(w, h, sx, sy float64) {
	bw, bh := max(int(w*float64(c.w)), 4), max(int(h*float64(c.h)), 4)
	x := int(math.Round(float64(c.w-bw) * (sx + 1) / 2))
	y := int(math.Round(float64(c.h-bh) * (sy + 1) / 2))
	c.boxes = append(c.boxes, box{x, y, x + bw, y + bh})
}
