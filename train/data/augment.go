package data

import (
	"math"
	"math/rand/v2"

	"abtool/train/arch"
)

// RandAugment applies random operations to a crop (Cubuk et al. 2019) as timm's rand-m9-mstd0.5-inc1 does.
// Ops times it draws one of fifteen operations and, with probability ½, applies it with a magnitude drawn
// from N(Magnitude, Std²) and clipped to 0…10. The effect of all operations grows with the magnitude,
// except for autocontrast, equalise and invert. Rotations, shears and shifts move the point with the image;
// a point that leaves the image gives no loss. Pixels from outside the image get the mean colour.
type RandAugment struct {
	Magnitude float64 // 0…10; 0 applies nothing
	Std       float64 // of the magnitude
	Ops       int     // operations per crop; 0: 2
}

// affine maps positions of the result to positions of the source, in pixels: x′ = a·x + b·y + c, y′ = d·x +
// e·y + f.
type affine struct{ a, b, c, d, e, f float64 }

var identity = affine{a: 1, e: 1}

// then returns the composition of two maps: it applies n first, then m.
func (m affine) then(n affine) affine {
	return affine{
		m.a*n.a + m.b*n.d, m.a*n.b + m.b*n.e, m.a*n.c + m.b*n.f + m.c,
		m.d*n.a + m.e*n.d, m.d*n.b + m.e*n.e, m.d*n.c + m.e*n.f + m.f,
	}
}

// point returns the position in the result of a point (u, v) of the source. Both are in fractions of size
// pixels.
func (m affine) point(u, v float64, size int) (float64, float64) {
	s := float64(size)
	x, y := u*s-m.c, v*s-m.f
	det := m.a*m.e - m.b*m.d
	return (m.e*x - m.b*y) / det / s, (m.a*y - m.d*x) / det / s
}

// apply changes p, size × size pixels of 3 bytes, in place, and returns the map from positions of the
// result to positions of the source.
func (a RandAugment) apply(r *rand.Rand, p []byte, size int) affine {
	moved := identity
	if a.Magnitude == 0 {
		return moved
	}
	ops := a.Ops
	if ops == 0 {
		ops = 2
	}
	for range ops {
		op := r.IntN(len(operations))
		level := min(10, max(0, a.Magnitude+a.Std*r.NormFloat64())) / 10
		negative, skip := r.Float64() < 0.5, r.Float64() < 0.5
		if skip {
			continue
		}
		m := operations[op].run(p, size, level, negative)
		moved = moved.then(m)
	}
	return moved
}

// operation is one of RandAugment's operations. level is in 0…1; negative reverses operations that have a
// direction.
type operation struct {
	name string
	run  func(p []byte, size int, level float64, negative bool) affine
}

var operations = []operation{
	colours("autocontrast", func(p []byte, _, _ float64) { autocontrast(p) }),
	colours("equalise", func(p []byte, _, _ float64) { equalise(p) }),
	colours("invert", func(p []byte, _, _ float64) { table(p, func(v int) int { return 255 - v }) }),
	geometry("rotate", func(size, level float64) affine { return rotation(level*30, size) }),
	colours("posterise", func(p []byte, level, _ float64) {
		mask := 0xff << (8 - (4 - int(level*4)))
		table(p, func(v int) int { return v & mask })
	}),
	colours("solarise", func(p []byte, level, _ float64) {
		from := 256 - int(level*256)
		table(p, func(v int) int {
			if v < from {
				return v
			}
			return 255 - v
		})
	}),
	colours("add and solarise", func(p []byte, level, _ float64) {
		more := min(128, int(level*110))
		table(p, func(v int) int {
			if v < 128 {
				return v + more
			}
			return v
		})
	}),
	colours("colour", func(p []byte, _, factor float64) { blend(p, factor, func(i int) float64 { return grey(p, i) }) }),
	colours("contrast", func(p []byte, _, factor float64) {
		mean := meanGrey(p)
		blend(p, factor, func(int) float64 { return mean })
	}),
	colours("brightness", func(p []byte, _, factor float64) { blend(p, factor, func(int) float64 { return 0 }) }),
	{"sharpness", func(p []byte, size int, level float64, negative bool) affine {
		sharpen(p, size, factor(level, negative))
		return identity
	}},
	geometry("shear x", func(_, level float64) affine { return affine{a: 1, b: level * 0.3, e: 1} }),
	geometry("shear y", func(_, level float64) affine { return affine{a: 1, d: level * 0.3, e: 1} }),
	geometry("shift x", func(size, level float64) affine { return affine{a: 1, c: level * 0.45 * size, e: 1} }),
	geometry("shift y", func(size, level float64) affine { return affine{a: 1, e: 1, f: level * 0.45 * size} }),
}

// factor returns the factor that PIL's enhancements get.
func factor(level float64, negative bool) float64 {
	if negative {
		level = -level
	}
	return max(0.1, 1+0.9*level)
}

func colours(name string, change func(p []byte, level, factor float64)) operation {
	return operation{name, func(p []byte, _ int, level float64, negative bool) affine {
		change(p, level, factor(level, negative))
		return identity
	}}
}

func geometry(name string, of func(size, level float64) affine) operation {
	return operation{name, func(p []byte, size int, level float64, negative bool) affine {
		if negative {
			level = -level
		}
		m := of(float64(size), level)
		warp(p, size, m)
		return m
	}}
}

// rotation returns a counter-clockwise rotation about the image's centre.
func rotation(degrees, size float64) affine {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	c := size / 2
	return affine{cos, -sin, c - cos*c + sin*c, sin, cos, c - sin*c - cos*c}
}

// warp replaces p by its values at the positions that m maps to, interpolated bilinearly.
func warp(p []byte, size int, m affine) {
	source := append([]byte(nil), p...)
	var outside [3]float64
	for c := range outside {
		outside[c] = math.Round(255 * float64(arch.Mean[c]))
	}
	at := func(x, y, c int) float64 {
		if x < 0 || y < 0 || x >= size || y >= size {
			return outside[c]
		}
		return float64(source[3*(y*size+x)+c])
	}
	for y := range size {
		for x := range size {
			cx, cy := float64(x)+0.5, float64(y)+0.5
			sx, sy := m.a*cx+m.b*cy+m.c-0.5, m.d*cx+m.e*cy+m.f-0.5
			ix, iy := math.Floor(sx), math.Floor(sy)
			fx, fy := sx-ix, sy-iy
			for c := range 3 {
				x0, y0 := int(ix), int(iy)
				v := (1-fy)*((1-fx)*at(x0, y0, c)+fx*at(x0+1, y0, c)) + fy*((1-fx)*at(x0, y0+1, c)+fx*at(x0+1, y0+1, c))
				p[3*(y*size+x)+c] = byte(v + 0.5)
			}
		}
	}
}

// table replaces each value v by f(v).
func table(p []byte, f func(v int) int) {
	var to [256]byte
	for v := range to {
		to[v] = byte(min(255, max(0, f(v))))
	}
	for i, v := range p {
		p[i] = to[v]
	}
}

// byChannel replaces each value by its entry in the table that f makes of its channel's histogram.
func byChannel(p []byte, f func(histogram *[256]int) [256]byte) {
	for c := range 3 {
		var histogram [256]int
		for i := c; i < len(p); i += 3 {
			histogram[p[i]]++
		}
		to := f(&histogram)
		for i := c; i < len(p); i += 3 {
			p[i] = to[p[i]]
		}
	}
}

// autocontrast stretches the values of each channel to 0…255.
func autocontrast(p []byte) {
	byChannel(p, func(h *[256]int) (to [256]byte) {
		low, high := 0, 255
		for low < 255 && h[low] == 0 {
			low++
		}
		for high > 0 && h[high] == 0 {
			high--
		}
		for v := range to {
			to[v] = byte(v)
			if high > low {
				to[v] = byte(min(255, max(0, (v-low)*255/(high-low))))
			}
		}
		return to
	})
}

// equalise makes the values of each channel equally frequent, as PIL's ImageOps.equalize does.
func equalise(p []byte) {
	byChannel(p, func(h *[256]int) (to [256]byte) {
		total, last := 0, 0
		for v, n := range h {
			total += n
			if n > 0 {
				last = v
			}
		}
		step := (total - h[last]) / 255
		sum := step / 2
		for v := range to {
			to[v] = byte(v)
			if step > 0 {
				to[v] = byte(min(255, sum/step))
			}
			sum += h[v]
		}
		return to
	})
}

func meanGrey(p []byte) float64 {
	mean := 0.0
	for i := 0; i+2 < len(p); i += 3 {
		mean += grey(p, i)
	}
	return math.Round(mean / float64(len(p)/3))
}

// sharpen moves pixels away from, or towards, the image smoothed by PIL's 3 × 3 filter. Pixels at the edge
// do not change.
func sharpen(p []byte, size int, factor float64) {
	source := append([]byte(nil), p...)
	for y := 1; y+1 < size; y++ {
		for x := 1; x+1 < size; x++ {
			for c := range 3 {
				i := 3*(y*size+x) + c
				sum := 4 * float64(source[i])
				for dy := -1; dy <= 1; dy++ {
					for dx := -1; dx <= 1; dx++ {
						sum += float64(source[i+3*(dy*size+dx)])
					}
				}
				smooth := sum / 13
				p[i] = byte(max(0, min(255, smooth+factor*(float64(source[i])-smooth)+0.5)))
			}
		}
	}
}
