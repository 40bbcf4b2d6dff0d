package data

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
)

// Mix blends the images of a training batch with one another, and their labels: each with its mirror image in the batch's order, all with one
// share, as timm's Mixup does. Cutmix is chosen with probability Switch where both are on.
//
// Mixup (Zhang et al. 2018) adds share λ of an image and 1−λ of its partner, λ from Beta(Mixup, Mixup). The point of the larger share is learned
// from; the other's is not.
//
// Cutmix (Yun et al. 2019) puts a rectangle of the partner in its place into the image, of the share 1−λ of the area with λ from Beta(Cutmix, Cutmix),
// cut at the edges; λ is then the share that is left. A point is learned from if one sees it: the image's own outside of the rectangle, the
// partner's inside. If both are seen it is that of the larger share.
//
// With several labels each class has its point by the same rules, and where both images have the class that of the larger share is first.
type Mix struct {
	Mixup, Cutmix float64 // parameters of the Beta distributions; 0: off
	Switch        float64 // share of cutmix where both are on
}

func (m Mix) on() bool { return m.Mixup > 0 || m.Cutmix > 0 }

// rectangle is half open, in pixels.
type rectangle struct{ x0, y0, x1, y1 int }

func (r rectangle) has(x, y float64) bool {
	return x >= float64(r.x0) && x < float64(r.x1) && y >= float64(r.y0) && y < float64(r.y1)
}

// draw returns the share of each image that is left and, for cutmix, the rectangle.
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

// beta draws from Beta(a, a): of two gamma variables one's share.
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

// apply mixes a batch of classes classes and outputs of the point head.
func (m Mix) apply(r *rand.Rand, b *Batch, classes, outputs int) {
	share, box, cut := m.draw(r, b.Size)
	both := cut || b.Target.Labels == nil
	b.mixLabels(share, classes)
	points, valid := append([]float32(nil), b.Target.Points...), append([]bool(nil), b.Target.Valid...)
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

// exchange swaps a rectangle of two images.
func exchange(x, y []byte, size int, box rectangle) {
	for row := box.y0; row < box.y1; row++ {
		for i := 3 * (row*size + box.x0); i < 3*(row*size+box.x1); i++ {
			x[i], y[i] = y[i], x[i]
		}
	}
}

// blendPair gives each of two images its share, and the other the rest.
func blendPair(x, y []byte, share float64) {
	a := uint32(math.Round(share * (1 << 16)))
	b := 1<<16 - a
	for i, v := range x {
		p, q := uint32(v), uint32(y[i])
		x[i], y[i] = byte((a*p+b*q+1<<15)>>16), byte((a*q+b*p+1<<15)>>16)
	}
}

// mixLabels makes distributions of labels, or mixes the classes of several.
func (b *Batch) mixLabels(share float64, classes int) {
	of := b.Target.Classes
	if of == nil {
		of = make([]float32, b.N*classes)
		for i, c := range b.Target.Labels {
			of[i*classes+int(c)] = 1
		}
	}
	mixed := make([]float32, len(of))
	for i := range b.N {
		own, other := of[i*classes:(i+1)*classes], of[(b.N-1-i)*classes:(b.N-i)*classes]
		for c := range own {
			mixed[i*classes+c] = float32(share*float64(own[c]) + (1-share)*float64(other[c]))
		}
	}
	b.Target.Labels, b.Target.Classes = nil, mixed
}

// mixPoints sets the points of image i from those of the batch before: by class that of the larger share if it is seen or, with both, else the
// other's if it is. seen tells of a point, the image's own or its partner's, whether one sees it.
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
