package synth

import (
	"math"
	"slices"
)

// scene is what a COCO image shows.
type scene struct {
	id        int64 // COCO's image id
	w, h      int   // pixels
	classes   []int // true classes: indices into categories, ascending
	instances []instance
}

// instance is one object. Coordinates are hundredths of a pixel, as COCO rounds them.
type instance struct {
	category int
	cx, cy   float64    // a point inside, pixels
	rx, ry   float64    // half sizes, pixels
	polygons [2][]int32 // x0, y0, x1, y1, …; the second may be empty
	crowd    bool
	counts   []uint32 // runs of a crowd, column by column, zeros first
	packed   bool     // written as a compressed string
	bbox     [4]int32 // x, y, w, h
	area     float64  // pixels²
}

const (
	crowdShare  = 0.01
	packedShare = 0.3 // of the crowds
	splitShare  = 0.06
)

// classShares are the chances of 0 to 7 classes in an image.
var classShares = [8]float64{0.008, 0.24, 0.25, 0.2, 0.12, 0.09, 0.05, 0.042}

// categoryEnds are cumulative weights of categories, the last one 1.
var categoryEnds = func() (ends [80]float64) {
	sum := 0.0
	for i, c := range categories {
		sum += c.weight
		ends[i] = sum
	}
	for i := range ends {
		ends[i] /= sum
	}
	return ends
}()

// pickCategory draws a class by its weight.
func pickCategory(d *dice) int {
	i, _ := slices.BinarySearch(categoryEnds[:], d.Float64())
	return min(i, len(categories)-1)
}

// size draws the pixels of the image, and only those, so that the list of images can be written first.
func (s *scene) size(seed uint64, image int, d *dice) {
	d.set(seed, stageScene, uint64(image))
	u := d.Float64()
	for _, k := range photoSizes {
		if u < k.upTo {
			s.w, s.h = d.between(k.w[0], k.w[1]), d.between(k.h[0], k.h[1])
			return
		}
	}
}

// photoSizes are what the photographs of COCO mostly have: 640 pixels on the longer side, and the
// shape of a camera's picture, 4:3 or 3:2 give or take a pixel of rounding. upTo is the
// cumulated share, w and h the range of the sides.
var photoSizes = []struct {
	upTo float64
	w, h [2]int
}{
	{0.26, [2]int{640, 640}, [2]int{480, 480}},
	{0.43, [2]int{640, 640}, [2]int{427, 427}},
	{0.53, [2]int{640, 640}, [2]int{426, 426}},
	{0.62, [2]int{640, 640}, [2]int{424, 428}},
	{0.66, [2]int{640, 640}, [2]int{360, 480}},
	{0.77, [2]int{480, 480}, [2]int{640, 640}},
	{0.83, [2]int{427, 427}, [2]int{640, 640}},
	{0.88, [2]int{424, 480}, [2]int{640, 640}},
	{0.91, [2]int{500, 500}, [2]int{375, 375}},
	{0.94, [2]int{640, 640}, [2]int{639, 640}},
	{1.01, [2]int{300, 640}, [2]int{300, 640}},
}

// fill draws image number i.
func (s *scene) fill(seed uint64, i int, id int64, d *dice) {
	s.size(seed, i, d)
	s.id = id
	d.set(seed, stageInstance, uint64(i))
	n, u := 0, d.Float64()
	for n < 7 && u >= classShares[n] {
		u -= classShares[n]
		n++
	}
	s.classes, s.instances = s.classes[:0], s.instances[:0]
	for len(s.classes) < n {
		if c := pickCategory(d); !slices.Contains(s.classes, c) {
			s.classes = append(s.classes, c)
		}
	}
	slices.Sort(s.classes)
	for _, c := range s.classes {
		k := 1
		if d.chance(0.45) {
			k += min(int(d.ExpFloat64()*4), 13)
		}
		for range k {
			s.add(c, k, d)
		}
	}
}

// add draws an instance of a class of which the image has k.
func (s *scene) add(category, k int, d *dice) {
	s.instances = slices.Grow(s.instances, 1)[:len(s.instances)+1]
	o := &s.instances[len(s.instances)-1]
	o.category, o.crowd = category, d.chance(crowdShare)
	o.polygons[0], o.polygons[1], o.counts = o.polygons[0][:0], o.polygons[1][:0], o.counts[:0]
	area := d.logNormal(categories[category].size*0.8/math.Sqrt(float64(k)), 0.8)
	if o.crowd {
		area = max(area*4, 0.02)
	}
	area = min(max(area, 0.0006), 0.8) * float64(s.w) * float64(s.h)
	aspect := d.logNormal(1, 0.4)
	o.rx = min(math.Sqrt(area*aspect), 0.94*float64(s.w)) / 2
	o.ry = min(math.Sqrt(area/aspect), 0.94*float64(s.h)) / 2
	o.rx, o.ry = max(o.rx, 3), max(o.ry, 3)
	mid := func() float64 { return 0.7*d.Float64() + 0.15*(d.Float64()+d.Float64()) }
	o.cx = o.rx + (float64(s.w)-2*o.rx)*mid()
	o.cy = o.ry + (float64(s.h)-2*o.ry)*mid()
	if o.crowd {
		o.band(s.w, s.h, d)
		return
	}
	o.polygons[0] = blob(o.polygons[0], o.cx, o.cy, o.rx, o.ry, s.w, s.h, d)
	if d.chance(splitShare) { // something stands before it
		f := 0.2 + 0.3*d.Float64()
		o.polygons[1] = blob(o.polygons[1], o.cx+o.rx*(1.3+f), o.cy, o.rx*f, o.ry*f, s.w, s.h, d)
	}
	o.measure()
}

// blob draws a polygon that is star-shaped about its centre and has it inside: radii
// 0.8 + 0.2 (harmonics of order 2 to 4) of the half sizes.
func blob(dst []int32, cx, cy, rx, ry float64, w, h int, d *dice) []int32 {
	n := d.between(8, 12+int(min(math.Sqrt(rx*ry)/5, 20)))
	var amp, phase [3]float64
	for i := range amp {
		amp[i], phase[i] = d.NormFloat64()*0.1/float64(i+1), d.Float64()*2*math.Pi
	}
	turn := d.Float64()
	for i := range n {
		a := 2 * math.Pi * (float64(i) + turn + 0.5*d.Float64()) / float64(n)
		r := 0.86
		for k := range amp {
			r += amp[k] * math.Sin(float64(k+2)*a+phase[k])
		}
		r = min(max(r, 0.45), 1)
		x := min(max(cx+rx*r*math.Cos(a), 0), float64(w))
		y := min(max(cy+ry*r*math.Sin(a), 0), float64(h))
		dst = append(dst, int32(math.Round(x*100)), int32(math.Round(y*100)))
	}
	return dst
}

// outline names the shape.
func (o *instance) outline() string {
	if o.crowd {
		return "band"
	}
	return "blob"
}

// measure sets box and area from the polygons.
func (o *instance) measure() {
	x0, y0, x1, y1 := int32(math.MaxInt32), int32(math.MaxInt32), int32(0), int32(0)
	o.area = 0
	for _, p := range o.polygons {
		twice := int64(0)
		for i := 0; i < len(p); i += 2 {
			x0, x1, y0, y1 = min(x0, p[i]), max(x1, p[i]), min(y0, p[i+1]), max(y1, p[i+1])
			j := (i + 2) % len(p)
			twice += int64(p[i])*int64(p[j+1]) - int64(p[j])*int64(p[i+1])
		}
		o.area += math.Abs(float64(twice)) / 20000
	}
	o.bbox = [4]int32{x0, y0, x1 - x0, y1 - y0}
}

// band draws a crowd: a wavy band of whole pixels, one run a column.
func (o *instance) band(w, h int, d *dice) {
	o.packed = d.chance(packedShare)
	x0, x1 := int(o.cx-o.rx), min(int(o.cx+o.rx), w-1)
	wave, phase := o.ry*0.3, d.Float64()*2*math.Pi
	run, top, bottom, pixels := uint32(x0*h), h, 0, 0
	for x := x0; x <= x1; x++ {
		mid := o.cy + wave*math.Sin(phase+float64(x)*0.05)
		half := o.ry * 0.7 * math.Sqrt(1-math.Pow((float64(x)-o.cx)/(o.rx+1), 2))
		y0, y1 := max(int(mid-half), 0), min(int(mid+half), h-1)
		o.counts = append(o.counts, run+uint32(y0), uint32(y1-y0+1))
		run = uint32(h - 1 - y1)
		top, bottom, pixels = min(top, y0), max(bottom, y1), pixels+y1-y0+1
	}
	if last := run + uint32((w-1-x1)*h); last > 0 {
		o.counts = append(o.counts, last)
	}
	for i := 1; i < len(o.counts)-1; { // runs of no length join their neighbours
		if o.counts[i] != 0 {
			i++
			continue
		}
		o.counts[i-1] += o.counts[i+1]
		o.counts = slices.Delete(o.counts, i, i+2)
	}
	o.area = float64(pixels)
	o.bbox = [4]int32{int32(x0 * 100), int32(top * 100), int32((x1 - x0 + 1) * 100), int32((bottom - top + 1) * 100)}
}
