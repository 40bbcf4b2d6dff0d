package cam

// Thresholds is the number of thresholds: 0, 0.001, …, 0.999 of the maximum of a map.
const Thresholds = 1000

// tau returns threshold i.
func tau(i int) float64 { return float64(i) * 0.001 }

// Overlaps says for every threshold how well the boxes of a map agree with ground truth: the largest IoU of a
// box of the map with a box of ground truth.
type Overlaps struct {
	most uint8
	// By the byte that the foreground exceeds.
	largest, all [256]float64
}

// At returns the largest IoU at a threshold, in [0, 1): that of the contour of the largest area, and that of any
// contour.
func (o *Overlaps) At(tau float64) (largest, all float64) {
	k := threshold(tau, o.most)
	return o.largest[k], o.all[k]
}

// A Cutter computes Overlaps. It reuses its memory, so that it must not be used by two goroutines at once.
type Cutter struct {
	width, height, wide int      // wide: of a row with its frame
	u                   []uint8  // of the map
	framed              []uint8  // with a frame of zeros
	order               []uint32 // places in framed, y in the upper half and x in the lower, by their bytes
	parent              []int32  // of the sets of pixels; -1: not in a set yet
	sets                []set    // by root
	live                []int32  // roots
}

// set is a connected set of pixels.
type set struct {
	x0, y0, x1, y1 int16
	first          int32 // its first pixel, row by row; not always its root
	changed        bool  // since twice was computed
	twice          int   // twice the area of its outer contour, or of a part of it: an area only grows
}

// Overlaps compares the boxes of a map at all thresholds with boxes of ground truth on the same view.
//
// It goes through the thresholds from the highest to the lowest and joins the pixels that each one adds to
// the sets that they touch. A second pass from the lowest to the highest does the same for holes, whose
// borders have boxes of their own. The area of a contour is computed only where its box could be large
// enough, and only if another could be larger.
func (c *Cutter) Overlaps(m *Map, truth []Box) *Overlaps {
	o := &Overlaps{}
	c.u, o.most = m.bytes(c.u)
	if o.most == 0 {
		o.largest[0] = Box{}.best(truth)
		o.all[0] = o.largest[0]
		return o
	}
	starts := c.prepare(m.Width, m.Height)
	w := int32(c.wide)
	eight, four := []int32{-w - 1, -w, -w + 1, -1, 1, w - 1, w, w + 1}, []int32{-w, -1, 1, w}
	for t := int(o.most) - 1; t >= 0; t-- {
		for _, at := range c.order[starts[t+1]:starts[t+2]] {
			c.join(at, eight)
		}
		o.largest[t], o.all[t] = c.foreground(uint8(t), truth)
	}
	// Holes: the frame is background from the start, so that what touches it is not a hole.
	c.reset()
	outside := c.frame()
	for t := range int(o.most) {
		for _, at := range c.order[starts[t]:starts[t+1]] {
			c.join(at, four)
		}
		o.all[t] = max(o.all[t], c.holes(outside, truth))
	}
	return o
}

// prepare sorts the pixels by their bytes and returns where each byte begins in order.
func (c *Cutter) prepare(width, height int) (starts [258]int32) {
	c.width, c.height, c.wide = width, height, width+2
	n := c.wide * (height + 2)
	if len(c.framed) != n {
		c.framed, c.parent, c.sets = make([]uint8, n), make([]int32, n), make([]set, n)
	} else {
		clear(c.framed)
	}
	if len(c.order) != width*height {
		c.order = make([]uint32, width*height)
	}
	for _, b := range c.u {
		starts[int(b)+1]++
	}
	for i := 1; i < len(starts); i++ {
		starts[i] += starts[i-1]
	}
	next := starts
	for y := range height {
		row := c.framed[(y+1)*c.wide+1:][:width]
		copy(row, c.u[y*width:])
		for x, b := range row {
			c.order[next[b]] = uint32(y+1)<<16 | uint32(x+1)
			next[b]++
		}
	}
	c.reset()
	return starts
}

func (c *Cutter) reset() {
	for i := range c.parent {
		c.parent[i] = -1
	}
	c.live = c.live[:0]
}

// frame makes the frame one set and returns a pixel of it.
func (c *Cutter) frame() int32 {
	for at := range c.parent {
		x, y := at%c.wide, at/c.wide
		if x == 0 || y == 0 || x == c.wide-1 || y == c.height+1 {
			c.parent[at] = 0
		}
	}
	c.sets[0] = set{}
	return 0
}

func (c *Cutter) root(at int32) int32 {
	for c.parent[at] != at {
		c.parent[at] = c.parent[c.parent[at]]
		at = c.parent[at]
	}
	return at
}

// join adds the pixel at (x, y) of the frame, and joins the sets of those neighbours that have one.
func (c *Cutter) join(pixel uint32, steps []int32) {
	x, y := int16(pixel&0xffff), int16(pixel>>16)
	at := int32(y)*int32(c.wide) + int32(x)
	r := int32(-1)
	for _, step := range steps {
		p := c.parent[at+step]
		if p < 0 || p == r {
			continue
		}
		n := c.root(p)
		c.parent[at+step] = n
		if r < 0 {
			r = n
		} else if n != r {
			r = c.unite(r, n)
		}
	}
	x, y = x-1, y-1
	if r < 0 {
		c.parent[at] = at
		c.sets[at] = set{x, y, x, y, at, true, 0}
		c.live = append(c.live, at)
		return
	}
	c.parent[at] = r
	s := &c.sets[r]
	s.x0, s.y0, s.x1, s.y1 = min(s.x0, x), min(s.y0, y), max(s.x1, x), max(s.y1, y)
	s.first, s.changed = min(s.first, at), true
}

// unite joins two sets and returns the root of both. The root of the larger box stays, so that trees are flat.
func (c *Cutter) unite(a, b int32) int32 {
	s, t := &c.sets[a], &c.sets[b]
	if t.size() > s.size() {
		a, b, s, t = b, a, t, s
	}
	c.parent[b] = a
	s.x0, s.y0, s.x1, s.y1 = min(s.x0, t.x0), min(s.y0, t.y0), max(s.x1, t.x1), max(s.y1, t.y1)
	s.first, s.changed, s.twice = min(s.first, t.first), true, max(s.twice, t.twice)
	return a
}

// size returns the largest area that the polygon through the pixels' centres can have.
func (s *set) size() int { return int(s.x1-s.x0) * int(s.y1-s.y0) }

func (s *set) box() Box { return Box{int(s.x0), int(s.y0), int(s.x1), int(s.y1)} }

// roots drops the sets that were joined to others, and returns the rest.
func (c *Cutter) roots() []int32 {
	kept := c.live[:0]
	for _, r := range c.live {
		if c.parent[r] == r {
			kept = append(kept, r)
		}
	}
	c.live = kept
	return kept
}

// foreground returns the largest IoU of the set with the largest contour, and of any set. Of equal contours
// the one counts whose first pixel comes last, which is the first in OpenCV's list. A hole is never larger
// than the contour around it, which comes before it in the list.
func (c *Cutter) foreground(t uint8, truth []Box) (largest, all float64) {
	roots := c.roots()
	best := &c.sets[roots[0]]
	for _, r := range roots {
		s := &c.sets[r]
		all = max(all, s.box().wider(c.width, c.height).best(truth))
		if s.twice > best.twice {
			best = s
		}
	}
	for _, r := range roots {
		s := &c.sets[r]
		if s == best || 2*s.size() < best.twice || 2*s.size() < c.area(best, t) {
			continue
		}
		if a := c.area(s, t); a > best.twice || a == best.twice && s.first > best.first {
			best = s
		}
	}
	return best.box().wider(c.width, c.height).best(truth), all
}

// area returns twice the area of the outer contour of a set.
func (c *Cutter) area(s *set, t uint8) int {
	if s.changed {
		s.twice, s.changed = 0, false
		if s.size() > 0 {
			s.twice = c.trace(s.first, t)
		}
	}
	return s.twice
}

// trace follows the outer border of the set of pixels above t that begins at first, and returns twice the
// area of the polygon through the centres of its pixels.
func (c *Cutter) trace(first int32, t uint8) int {
	w := int32(c.wide)
	step := [8]int32{1, w + 1, w, w - 1, -1, -w - 1, -w, -w + 1}
	start := 4
	for start < 12 && c.framed[first+step[start&7]] <= t {
		start++
	}
	start &= 7
	before := first + step[start]
	at, back, twice := first, start, 0
	x, y := 0, 0
	for {
		d := (back - 1) & 7
		for c.framed[at+step[d]] <= t {
			d = (d - 1) & 7
		}
		next := at + step[d]
		dx, dy := around[d][0], around[d][1]
		twice += x*dy - y*dx
		if next == first && at == before {
			return max(twice, -twice)
		}
		at, back, x, y = next, (d+4)&7, x+dx, y+dy
	}
}

// holes returns the largest IoU of the border of any hole. The border consists of the pixels around the hole.
func (c *Cutter) holes(outside int32, truth []Box) (most float64) {
	out := c.root(outside)
	for _, r := range c.roots() {
		if r == out {
			continue
		}
		s := &c.sets[r]
		b := Box{int(s.x0) - 1, int(s.y0) - 1, int(s.x1) + 1, int(s.y1) + 1}
		most = max(most, b.wider(c.width, c.height).best(truth))
	}
	return most
}
