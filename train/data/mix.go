package data

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
)

// Mix blends the images of a training batch in pairs, and their labels: image i of N with image N−1−i, all
// with the same share, as timm's Mixup does. If both methods are on, a batch uses cutmix with probability
// Switch.
//
// Mixup (Zhang et al. 2018) adds share λ of an image and 1−λ of its partner, with λ from Beta(Mixup,
// Mixup). Only the point of the image with the larger share is learned from.
//
// Cutmix (Yun et al. 2019) replaces a rectangle of an image by the same rectangle of its partner. The
// rectangle covers the share 1−λ of the area, with λ from Beta(Cutmix, Cutmix), before it is clipped at the
// edges; λ is then the share that is left. A point is learned from if it is visible: the image's own
// outside the rectangle, the partner's inside. If both are visible, the point of the larger share is.
//
// With several labels the same rules hold for the point of each class; if both images have the class, the
// point of the larger share comes first.
type Mix struct {
	Mixup, Cutmix float64 // parameters of the Beta distributions; 0: off
	Switch        float64 // probability of cutmix where both are on
}

func (m Mix) on() bool { return m.Mixup > 0 || m.Cutmix > 0 }

// rectangle is a half-open range of pixels.
type rectangle struct{ x0, y0, x1, y1 int }

func (r rectangle) has(x, y float64) bool {
	return x >= float64(r.x0) && x < float64(r.x1) && y >= float64(r.y0) && y < float64(r.y1)
}

// draw returns the share of each image that is left, the rectangle, and whether the batch uses cutmix.
func (m Mix) draw(r *rand.Rand, size int) (share float64, box rectangle, cut bool) {
	cut = m.Cutmix > 0 && (m.Mixup == 0 || r.Float64() < m.Switch)
	if !cut {
		return beta(r, m.Mixup), box, false
	}
	side := float64(size) * math.Sqrt(1-beta(r, m.Cutmix))
	x, y, half := r.IntN(size), r.IntN(size), int(side)/2
	clip := func(v int) int { return min(size, max(0, v)) }
	box = rectangle{clip(x - half), clip(y - half), clip(x + half), clip(y + half)}
	return 1 - float64((box.x1-box.x0)*(box.y1-box.y0))/float64(size*size), box, true
}

// beta draws from Beta(a, a) as the share of one of two gamma variables in their sum.
func beta(r *rand.Rand, a float64) float64 {
	x, y := gamma(r, a), gamma(r, a)
	if x+y == 0 {
		return 0.5
	}
	return x / (x + y)
}

// gamma draws from Gamma(a, 1) (Marsaglia and Tsang 2000).
func gamma(r *rand.Rand, a float64) float64 {
	if a < 1 {
		return gamma(r, a+1) * math.Pow(1-r.Float64(), 1/a)
	}
	d := a - 1./3
	c := 1 / math.Sqrt(9*d)
	for {
		x := r.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-r.Float64()) < 0.5*x*x+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// apply mixes a batch. classes and outputs are the numbers of outputs of the class head and the point head.
func (m Mix) apply(r *rand.Rand, b *Batch, classes, outputs int) {
	share, box, cut := m.draw(r, b.Size)
	both := cut || b.Target.Labels == nil
	b.mixLabels(share, classes)
	mem := &b.memory
	mem.before, mem.validBefore = append(mem.before[:0], b.Target.Points...), append(mem.validBefore[:0], b.Target.Valid...)
	points, valid := mem.before, mem.validBefore
	for i := range b.N {
		b.mixPoints(i, points, valid, outputs, share, both, func(u, v float32, own bool) bool {
			return !cut || box.has(float64(u)*float64(b.Size), float64(v)*float64(b.Size)) != own
		})
	}
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	plane := 3 * b.Size * b.Size
	for w := range workers {
		wait.Go(func() {
			for i := w; i < b.N/2; i += workers {
				j := b.N - 1 - i
				x, y := b.Pixels[i*plane:(i+1)*plane], b.Pixels[j*plane:(j+1)*plane]
				if cut {
					exchange(x, y, b.Size, box)
				} else {
					blendPair(x, y, share)
				}
			}
		})
	}
	wait.Wait()
}

// exchange swaps a rectangle between two images.
func exchange(x, y []byte, size int, box rectangle) {
	for row := box.y0; row < box.y1; row++ {
		for i := 3 * (row*size + box.x0); i < 3*(row*size+box.x1); i++ {
			x[i], y[i] = y[i], x[i]
		}
	}
}

// blendPair replaces each of two images by its share of itself and the rest of the other.
func blendPair(x, y []byte, share float64) {
	a := uint32(math.Round(share * (1 << 16)))
	b := 1<<16 - a
	for i, v := range x {
		p, q := uint32(v), uint32(y[i])
		x[i], y[i] = byte((a*p+b*q+1<<15)>>16), byte((a*q+b*p+1<<15)>>16)
	}
}

// mixLabels turns single labels into distributions over classes, and mixes the classes of several labels.
func (b *Batch) mixLabels(share float64, classes int) {
	of := b.Target.Classes
	if of == nil {
		of = cleared(&b.memory.classes, b.N*classes)
		for i, c := range b.Target.Labels {
			of[i*classes+int(c)] = 1
		}
	}
	mixed := cleared(&b.memory.mixed, len(of))
	for i := range b.N {
		own, other := of[i*classes:(i+1)*classes], of[(b.N-1-i)*classes:(b.N-i)*classes]
		for c := range own {
			mixed[i*classes+c] = float32(share*float64(own[c]) + (1-share)*float64(other[c]))
		}
	}
	b.Target.Labels, b.Target.Classes = nil, mixed
}

// mixPoints sets the points of image i from points and valid, the batch's before mixing. For each class it
// takes the point of the image with the larger share if that point is visible; otherwise, if both is true,
// the point of the other image if that one is visible. seen reports whether a point at (u, v) is visible;
// own says whether it is the image's own point or its partner's.
func (b *Batch) mixPoints(i int, points []float32, valid []bool, outputs int, share float64, both bool, seen func(u, v float32, own bool) bool) {
	per := outputs / 2
	for k := range per {
		mine, theirs := i*per+k, (b.N-1-i)*per+k
		from := []int{mine, theirs}
		if share < 0.5 {
			from = []int{theirs, mine}
		}
		if !both {
			from = from[:1]
		}
		b.Target.Valid[mine] = false
		for _, j := range from {
			if u, v := points[2*j], points[2*j+1]; valid[j] && seen(u, v, j == mine) {
				b.Target.Points[2*mine], b.Target.Points[2*mine+1], b.Target.Valid[mine] = u, v, true
				break
			}
		}
	}
}
