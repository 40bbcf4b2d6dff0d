package synth

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"path/filepath"
	"slices"
)

// jpegQuality of the rendered images, as JPEG libraries count it.
const jpegQuality = 88

// painter renders images; it keeps its buffers.
type painter struct {
	d      *dice
	img    image.RGBA
	file   bytes.Buffer
	order  []int
	bounds []float64
}

func newPainter() *painter { return &painter{d: newDice()} }

// imagenet renders an image of the release into the folder of its class.
func (p *painter) imagenet(seed uint64, folder string, c *content, out *piece) error {
	p.d.set(seed, stageRender, uint64(c.index))
	p.ground(c.w, c.h)
	l := lookOf(c.class)
	for i := len(c.boxes) - 1; i >= 0; i-- {
		p.object(c.boxes[i], &l, c.unclear)
	}
	return p.save(filepath.Join(folder, c.wnid, string(c.id)+".JPEG"), out)
}

// coco renders an image, its largest objects first.
func (p *painter) coco(seed uint64, folder string, image int, s *scene, out *piece) error {
	p.d.set(seed, stageRender, uint64(image))
	p.ground(s.w, s.h)
	p.order = p.order[:0]
	for i := range s.instances {
		p.order = append(p.order, i)
	}
	slices.SortStableFunc(p.order, func(a, b int) int {
		switch x, y := s.instances[a].area, s.instances[b].area; {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	for _, i := range p.order {
		o := &s.instances[i]
		l := lookOf(o.category)
		if o.crowd {
			p.runs(o, &l)
		} else {
			p.polygons(o, &l)
		}
	}
	return p.save(filepath.Join(folder, string(appendImageName(nil, s.id))), out)
}

func (p *painter) save(path string, out *piece) error {
	p.file.Reset()
	if err := jpeg.Encode(&p.file, &p.img, &jpeg.Options{Quality: jpegQuality}); err != nil {
		return err // a buffer takes all
	}
	out.records++
	out.written += int64(p.file.Len())
	return writeFile(path, p.file.Bytes())
}

// ground fills the image with two octaves of noise between two dull colours, and blobs that distract.
func (p *painter) ground(w, h int) {
	n := w * h * 4
	p.img.Pix = slices.Grow(p.img.Pix[:0], n)[:n]
	p.img.Stride, p.img.Rect = w*4, image.Rect(0, 0, w, h)
	hue := p.d.Float64()
	a, b := hsv(hue, 0.25*p.d.Float64(), 0.25+0.3*p.d.Float64()), hsv(hue+0.2, 0.3*p.d.Float64(), 0.5+0.4*p.d.Float64())
	salt := p.d.Uint64()
	coarse, fine := 60+60*p.d.Float64(), 9+10*p.d.Float64()
	for y := range h {
		row := p.img.Pix[y*w*4 : (y+1)*w*4]
		if y%2 == 1 { // the noise is smooth enough for two pixels at a time
			copy(row, p.img.Pix[(y-1)*w*4:])
			continue
		}
		for x := 0; x < w; x += 2 {
			t := 0.7*noise(float64(x)/coarse, float64(y)/coarse, salt) + 0.3*noise(float64(x)/fine, float64(y)/fine, salt+1)
			c := [4]uint8{blend(a.R, b.R, t), blend(a.G, b.G, t), blend(a.B, b.B, t), 255}
			copy(row[x*4:], c[:])
			copy(row[x*4+4:], c[:])
		}
	}
	for range 2 + p.d.IntN(5) {
		p.blob(w, h)
	}
}

// blob draws a soft dull spot.
func (p *painter) blob(w, h int) {
	r := (0.03 + 0.07*p.d.Float64()) * float64(min(w, h))
	cx, cy := p.d.Float64()*float64(w), p.d.Float64()*float64(h)
	c := hsv(p.d.Float64(), 0.35, 0.3+0.5*p.d.Float64())
	for y := max(int(cy-r), 0); y < min(int(cy+r)+1, h); y++ {
		for x := max(int(cx-r), 0); x < min(int(cx+r)+1, w); x++ {
			if q := math.Hypot(float64(x)-cx, float64(y)-cy) / r; q < 1 {
				p.mixIn(x, y, c, min(1, 2*(1-q))*0.8)
			}
		}
	}
}

func (p *painter) mixIn(x, y int, c color.RGBA, t float64) {
	q := p.img.Pix[y*p.img.Stride+x*4:]
	q[0], q[1], q[2] = blend(q[0], c.R, t), blend(q[1], c.G, t), blend(q[2], c.B, t)
}

// object draws a class's shape into its box. An unclear one is hardly to be seen.
func (p *painter) object(b box, l *look, unclear bool) {
	opacity := 1.0
	if unclear {
		opacity = 0.3
	}
	light := 0.85 + 0.3*p.d.Float64()
	bw, bh := float64(b.x1-b.x0), float64(b.y1-b.y0)
	for y := b.y0; y < min(b.y1, p.img.Rect.Dy()); y++ {
		v := (float64(y-b.y0)+0.5)/bh*2 - 1
		for x := b.x0; x < min(b.x1, p.img.Rect.Dx()); x++ {
			if u := (float64(x-b.x0)+0.5)/bw*2 - 1; l.shape.has(u, v) {
				p.mixIn(x, y, l.at(u, v, light), opacity)
			}
		}
	}
}

// at returns the colour of a class at (u, v), lit from above left.
func (l *look) at(u, v, light float64) color.RGBA {
	c := l.first
	if l.pattern.second(u, v) {
		c = l.second
	}
	f := light * (1 - 0.12*(u+v))
	lit := func(x uint8) uint8 { return uint8(min(float64(x)*f, 255)) }
	return color.RGBA{lit(c.R), lit(c.G), lit(c.B), 255}
}

// polygons fills an instance's polygons, pixel centres, even-odd.
func (p *painter) polygons(o *instance, l *look) {
	for _, ps := range o.polygons {
		for y := int(o.bbox[1] / 100); y < min(int(o.bbox[1]+o.bbox[3])/100+1, p.img.Rect.Dy()); y++ {
			at := float64(y) + 0.5
			p.bounds = p.bounds[:0]
			for i, j := 0, len(ps)-2; i < len(ps); j, i = i, i+2 {
				xi, yi, xj, yj := float64(ps[i])/100, float64(ps[i+1])/100, float64(ps[j])/100, float64(ps[j+1])/100
				if (yi > at) != (yj > at) {
					p.bounds = append(p.bounds, (xj-xi)*(at-yi)/(yj-yi)+xi)
				}
			}
			slices.Sort(p.bounds)
			for i := 0; i+1 < len(p.bounds); i += 2 {
				p.span(o, l, y, int(math.Ceil(p.bounds[i]-0.5)), int(math.Ceil(p.bounds[i+1]-0.5)))
			}
		}
	}
}

// span fills pixels x0 to x1-1 of a row.
func (p *painter) span(o *instance, l *look, y, x0, x1 int) {
	v := (float64(y) - o.cy) / o.ry
	for x := max(x0, 0); x < min(x1, p.img.Rect.Dx()); x++ {
		p.mixIn(x, y, l.at((float64(x)-o.cx)/o.rx, v, 1), 1)
	}
}

// runs fills a crowd.
func (p *painter) runs(o *instance, l *look) {
	h, at := p.img.Rect.Dy(), 0
	for i, n := range o.counts {
		for k := at; i%2 == 1 && k < at+int(n); k++ {
			p.span(o, l, k%h, k/h, k/h+1)
		}
		at += int(n)
	}
}

func blend(a, b uint8, t float64) uint8 { return uint8(float64(a) + (float64(b)-float64(a))*t) }

// noise returns value noise in [0, 1): random values on the grid of whole numbers, smooth between them.
func noise(x, y float64, salt uint64) float64 {
	fx, fy := math.Floor(x), math.Floor(y)
	at := func(dx, dy uint64) float64 {
		return unit(mix(salt ^ (uint64(int64(fx))+dx)*0x9e3779b97f4a7c15 ^ (uint64(int64(fy))+dy)*0xd1342543de82ef95))
	}
	tx, ty := x-fx, y-fy
	tx, ty = tx*tx*(3-2*tx), ty*ty*(3-2*ty)
	top := at(0, 0) + (at(1, 0)-at(0, 0))*tx
	low := at(0, 1) + (at(1, 1)-at(0, 1))*tx
	return top + (low-top)*ty
}
