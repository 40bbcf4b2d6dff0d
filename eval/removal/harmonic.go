package removal

import (
	"abtool/train/data"
)

// residual is the largest difference between a pixel and the mean of its neighbours at which the solution of
// Laplace's equation is good enough, in steps of a byte.
const residual = 0.01

// cycles limits the iterations. Few are needed; the limit is for what cannot happen.
const cycles = 200

// rgb is a value for each channel.
type rgb [3]float32

// A grid has the unknown values of a level of the multigrid method. Level 0 has the pixels of the mask. A value
// of the next level stands for those of its 2 × 2 block that are unknown, which gives a coarser equation of
// the same form.
type grid struct {
	next   [][4]int32   // of each value its neighbours: right, left, below, above; the last value + 1: none
	weight [][4]float32 // of the edges to them; nil at level 0, where each is 1
	sum    []float32    // of all edges of a value, those to known values too
	one    []float32    // 1/sum
	parent []int32      // the value of the next level

	x, r, first []rgb // solution, right-hand side, first solution; x has a zero at its end for missing neighbours
}

// harmonic replaces the pixels of a mask by the solution of Laplace's equation: each is the mean of its
// neighbours in the image. It is conjugate gradients, preconditioned with a cycle of multigrid on
// aggregates, which converges for masks of any shape in about ten steps.
func harmonic(m *data.Pixels, mask *Mask) {
	levels := hierarchy(mask)
	if levels == nil {
		return
	}
	top := levels[0]
	n := len(top.next)
	// The right-hand side has the known neighbours. A solution begins at zero.
	b, places := make([]rgb, n), make([]int, 0, n)
	for i, on := range mask.On {
		if !on {
			continue
		}
		k := len(places)
		places = append(places, i)
		x, y := i%m.W, i/m.W
		for _, d := range [4][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
			u, v := x+d[0], y+d[1]
			if u >= 0 && v >= 0 && u < m.W && v < m.H && !mask.On[v*m.W+u] {
				at := 3 * (v*m.W + u)
				for c := range 3 {
					b[k][c] += float32(m.Pix[at+c])
				}
			}
		}
	}
	u := solve(levels, b)
	for k, i := range places {
		for c, v := range u[k] {
			m.Pix[3*i+c] = uint8(min(max(v+0.5, 0), 255))
		}
	}
}

// hierarchy returns the levels, or nil if nothing is unknown or nothing is known.
func hierarchy(mask *Mask) []*grid {
	w, h := mask.W, mask.H
	at := make([]int32, w*h) // the place of each value; -1: known
	n := int32(0)
	for i, on := range mask.On {
		at[i] = -1
		if on {
			at[i] = n
			n++
		}
	}
	if n == 0 || int(n) == w*h {
		return nil
	}
	g := newGrid(int(n))
	for i, k := range at {
		if k < 0 {
			continue
		}
		x, y := i%w, i/w
		for d, ok := range [4]bool{x+1 < w, x > 0, y+1 < h, y > 0} {
			if !ok {
				continue
			}
			g.sum[k]++
			if j := at[i+[4]int{1, -1, w, -w}[d]]; j >= 0 {
				g.next[k][d] = j
			}
		}
	}
	g.invert()
	levels := []*grid{g}
	for len(g.next) > 16 && (w > 1 || h > 1) {
		g, at, w, h = g.coarser(at, w, h)
		levels = append(levels, g)
	}
	return levels
}

func newGrid(n int) *grid {
	g := &grid{next: make([][4]int32, n), sum: make([]float32, n), one: make([]float32, n),
		x: make([]rgb, n+1), r: make([]rgb, n), first: make([]rgb, n)}
	for i := range g.next {
		g.next[i] = [4]int32{int32(n), int32(n), int32(n), int32(n)}
	}
	return g
}

// stiffness scales the equations of the next level. Constant values in a block make them too stiff by 2; less
// is safer at the borders of the mask.
const stiffness = 1 / 1.8

// coarser returns the next level: blocks of 2 × 2 of a map of places of w × h.
func (g *grid) coarser(at []int32, w, h int) (*grid, []int32, int, int) {
	cw, ch := (w+1)/2, (h+1)/2
	place := make([]int32, cw*ch)
	for i := range place {
		place[i] = -1
	}
	g.parent = make([]int32, len(g.next))
	n := int32(0)
	for y := range h {
		for x := range w {
			k := at[y*w+x]
			if k < 0 {
				continue
			}
			p := &place[y/2*cw+x/2]
			if *p < 0 {
				*p = n
				n++
			}
			g.parent[k] = *p
		}
	}
	c := newGrid(int(n))
	c.weight = make([][4]float32, n)
	for k := range g.next {
		p := g.parent[k]
		c.sum[p] += g.sum[k] * stiffness
		for d, j := range g.next[k] {
			if int(j) == len(g.next) {
				continue
			}
			weight := float32(stiffness)
			if g.weight != nil {
				weight *= g.weight[k][d]
			}
			if q := g.parent[j]; q != p {
				c.next[p][d] = q
				c.weight[p][d] += weight
			} else {
				c.sum[p] -= weight
			}
		}
	}
	c.invert()
	return c, place, cw, ch
}

func (g *grid) invert() {
	for i, s := range g.sum {
		g.one[i] = 1 / s
	}
}

// value returns the weighted sum of the neighbours of value i.
func (g *grid) value(i int, x []rgb) rgb {
	n := &g.next[i]
	a, b, c, d := &x[n[0]], &x[n[1]], &x[n[2]], &x[n[3]]
	if g.weight == nil {
		return rgb{a[0] + b[0] + c[0] + d[0], a[1] + b[1] + c[1] + d[1], a[2] + b[2] + c[2] + d[2]}
	}
	w := &g.weight[i]
	return rgb{
		w[0]*a[0] + w[1]*b[0] + w[2]*c[0] + w[3]*d[0],
		w[0]*a[1] + w[1]*b[1] + w[2]*c[1] + w[3]*d[1],
		w[0]*a[2] + w[1]*b[2] + w[2]*c[2] + w[3]*d[2],
	}
}

// relax solves the equation of value i for it.
func (g *grid) relax(i int) {
	v, r, s := g.value(i, g.x), &g.r[i], g.one[i]
	g.x[i] = rgb{(r[0] + v[0]) * s, (r[1] + v[1]) * s, (r[2] + v[2]) * s}
}

// cycle sets x of a level to an approximate solution for its right-hand side r. It is a symmetric operator of r.
func cycle(levels []*grid) {
	g := levels[0]
	clear(g.x)
	n := len(g.next)
	if len(levels) == 1 {
		for range 8 {
			for i := range n {
				g.relax(i)
			}
			for i := n - 1; i >= 0; i-- {
				g.relax(i)
			}
		}
		return
	}
	for i := range n {
		g.relax(i)
	}
	next := levels[1]
	clear(next.r)
	for i := range n {
		v, s, x, r, p := g.value(i, g.x), g.sum[i], &g.x[i], &g.r[i], &next.r[g.parent[i]]
		p[0] += r[0] - s*x[0] + v[0]
		p[1] += r[1] - s*x[1] + v[1]
		p[2] += r[2] - s*x[2] + v[2]
	}
	if g.weight == nil {
		cycle(levels[1:]) // one is enough at the level that costs most
	} else {
		next.twice(levels[1:])
	}
	for i := range n {
		e, x := &next.x[g.parent[i]], &g.x[i]
		x[0], x[1], x[2] = x[0]+e[0], x[1]+e[1], x[2]+e[2]
	}
	for i := n - 1; i >= 0; i-- {
		g.relax(i)
	}
}

// twice does a cycle and another one for what the first leaves.
func (g *grid) twice(levels []*grid) {
	cycle(levels)
	if len(levels) == 1 {
		return
	}
	copy(g.first, g.x)
	for i := range g.r {
		v, s := g.value(i, g.x), g.sum[i]
		for c := range v {
			g.r[i][c] += v[c] - s*g.x[i][c]
		}
	}
	cycle(levels)
	for i, v := range g.first {
		for c := range v {
			g.x[i][c] += v[c]
		}
	}
}

// solve returns the solution for the right-hand side b by conjugate gradients, each channel with its steps.
func solve(levels []*grid, b []rgb) []rgb {
	g := levels[0]
	n := len(b)
	u, p, ap, r := make([]rgb, n), make([]rgb, n+1), g.first, g.r
	copy(r, b)
	var last [3]float64
	for range cycles {
		cycle(levels)
		rho := dot(r, g.x)
		var keep rgb
		for c := range keep {
			if last[c] > 0 {
				keep[c] = float32(rho[c] / last[c])
			}
		}
		for i := range n {
			x, q := &g.x[i], &p[i]
			q[0], q[1], q[2] = x[0]+keep[0]*q[0], x[1]+keep[1]*q[1], x[2]+keep[2]*q[2]
		}
		last = rho
		for i := range n {
			v, s, q := g.value(i, p), g.sum[i], &p[i]
			ap[i] = rgb{s*q[0] - v[0], s*q[1] - v[1], s*q[2] - v[2]}
		}
		q := dot(p, ap)
		var step rgb
		for c := range step {
			if q[c] > 0 {
				step[c] = float32(rho[c] / q[c])
			}
		}
		most := float32(0)
		for i := range n {
			s := g.one[i]
			for c := range 3 {
				u[i][c] += step[c] * p[i][c]
				r[i][c] -= step[c] * ap[i][c]
				most = max(most, r[i][c]*s, -r[i][c]*s)
			}
		}
		if most <= residual {
			break
		}
	}
	return u
}

func dot(a, b []rgb) (sum [3]float64) {
	for i := range min(len(a), len(b)) {
		for c := range sum {
			sum[c] += float64(a[i][c]) * float64(b[i][c])
		}
	}
	return sum
}
