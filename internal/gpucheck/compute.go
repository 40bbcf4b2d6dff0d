//go:build xla

package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/engine/gorgonia"
	"abtool/train/loss"
	"abtool/train/optim"
	"abtool/train/weights"
)

// random returns a batch of random bytes with labels and points. One in eight points is missing.
func random(r *rand.Rand, a *arch.Arch, n int) *engine.Batch {
	b := &engine.Batch{Pixels: make([]byte, n*a.In().Len()), Target: loss.Target{N: n, Labels: make([]int32, n), Points: make([]float32, 2*n), Valid: make([]bool, n)}}
	for i := range b.Pixels {
		b.Pixels[i] = byte(r.Uint32())
	}
	for i := range n {
		b.Labels[i] = int32(r.IntN(a.Classes))
		b.Points[2*i], b.Points[2*i+1], b.Valid[i] = r.Float32(), r.Float32(), r.IntN(8) > 0
	}
	return b
}

type parityResult struct {
	Networks  []parityOf `json:"networks"`
	Precision string     `json:"precision"`
	Tolerance float64    `json:"tolerance"`
}

// overlaps is the network whose pooling windows overlap.
const overlaps = "resnet18"

// parityOf says how far both engines are apart after ten steps, relative to the size of the values.
type parityOf struct {
	Arch      string  `json:"arch"`
	Size      int     `json:"size"`
	Optimizer string  `json:"optimizer"`
	Loss      float64 `json:"loss"`      // largest difference of a step's loss
	Gradients float64 `json:"gradients"` // largest difference of a tensor, in the first step
	Weights   float64 `json:"weights"`   // largest difference of a tensor, after the steps
}

// parity compares small networks with the CPU engine, in float32 unless another precision is given. Losses
// must agree to the tolerance and weights to ten times the tolerance; for the network without ReLUs,
// gradients and weights must agree to the tolerance.
func parity(o options) (any, error) {
	if o.xla.Precision == "" {
		o.xla.Precision = "float32"
	}
	result := &parityResult{Precision: string(o.xla.Precision), Tolerance: o.tolerance}
	var bad []string
	for _, c := range []struct {
		arch  string
		size  int
		optim optim.Config
		lr    float64
	}{
		{"cnn3", 16, optim.Config{}, 0.02},
		{"resnet8", 32, optim.Config{Momentum: 0.9, WeightDecay: 1e-3, Nesterov: true, ClipNorm: 1, EMA: 0.9}, 0.02},
		{overlaps, 32, optim.Config{Momentum: 0.9}, 0.01},
		{"vit_mini_patch4_32", 32, optim.Config{Kind: optim.AdamW, WeightDecay: 0.1, Eps: 1e-3}, 1e-3},
		{"resnet8", 16, optim.Config{Kind: optim.AdamP, WeightDecay: 0.1, Eps: 1e-3}, 1e-3},
	} {
		if c.arch == overlaps && o.size < c.size {
			continue // its last maps would have one pixel, and too few values for their statistics
		}
		p, err := o.compare(c.arch, min(c.size, o.size), c.optim, c.lr)
		if err != nil {
			return nil, err
		}
		result.Networks = append(result.Networks, p)
		// A difference in the last bit can switch a ReLU or the choice of a pooling, which changes the
		// gradient by a jump. Only the smooth network must therefore agree to the tolerance.
		worst := math.Max(p.Loss, p.Weights/10)
		if strings.HasPrefix(c.arch, "vit") {
			worst = math.Max(p.Loss, math.Max(p.Gradients, p.Weights))
		}
		if !(worst <= o.tolerance) {
			bad = append(bad, fmt.Sprintf("%s by %.2g", p.Arch, worst))
		}
	}
	if bad != nil {
		return result, fmt.Errorf("the engines differ: %s, but the tolerance is %g", strings.Join(bad, ", "), o.tolerance)
	}
	return result, nil
}

func (o options) compare(name string, size int, c optim.Config, lr float64) (parityOf, error) {
	p := parityOf{Arch: name, Size: size, Optimizer: string(c.WithDefaults().Kind)}
	a, err := arch.New(name, arch.Options{Classes: 10, PointOutputs: 2, Size: size})
	if err != nil {
		return p, err
	}
	cfg := engine.Config{Arch: a, Loss: loss.Config{Lambda: 5, LabelSmoothing: 0.1}, Optim: c}
	gpu, err := o.engine(cfg)
	if err != nil {
		return p, err
	}
	defer gpu.Close()
	cpu, err := gorgonia.New(cfg)
	if err != nil {
		return p, err
	}
	defer cpu.Close()
	r := rand.New(rand.NewPCG(1, 2))
	b := random(r, a, 8)
	var sets [2]*weights.Set
	for i, e := range []engine.Engine{gpu, cpu} {
		if err := e.SetWeights(a.Init(1)); err != nil {
			return p, err
		}
		if sets[i], _, err = e.Gradients(b); err != nil {
			return p, err
		}
	}
	p.Gradients = distance(sets[0], sets[1])
	for range 10 {
		b := random(r, a, 8)
		x, err := gpu.Step(lr, b)
		if err != nil {
			return p, err
		}
		y, err := cpu.Step(lr, b)
		if err != nil {
			return p, err
		}
		p.Loss = math.Max(p.Loss, math.Abs(x.Total-y.Total)/math.Max(1, y.Total))
	}
	for i, e := range []engine.Engine{gpu, cpu} {
		if sets[i], err = e.Weights(); err != nil {
			return p, err
		}
	}
	p.Weights = distance(sets[0], sets[1])
	return p, nil
}

// distance returns the largest distance of a tensor, relative to its norm or to 1 if that is larger.
func distance(a, b *weights.Set) float64 {
	most := 0.0
	for _, y := range b.Tensors() {
		x, _ := a.Get(y.Name)
		var off, norm float64
		for i, v := range y.Data {
			d := float64(v) - float64(x.Data[i])
			off, norm = off+d*d, norm+float64(v)*float64(v)
		}
		most = math.Max(most, math.Sqrt(off)/math.Max(1, math.Sqrt(norm)))
	}
	return most
}

type speedResult struct {
	Arch      string  `json:"arch"`
	Size      int     `json:"size"`
	Batch     int     `json:"batch"`
	Precision string  `json:"precision"`
	Compile   float64 `json:"first_step_s"`
	Step      float64 `json:"step_ms"` // median
	Rate      float64 `json:"images_per_s"`
	Loss      float64 `json:"loss"` // of the last step
}

// speed measures steps on random images, whose bytes are copied to the device one step ahead. It uses SGD
// for convolutional networks and AdamW for transformers.
func speed(o options) (any, error) {
	if o.steps < 1 || o.warm < 0 || o.batch < 1 {
		return nil, fmt.Errorf("%d steps of %d images after %d: give at least 1, 1 and 0", o.steps, o.batch, o.warm)
	}
	a, err := arch.New(o.arch, arch.Options{Classes: 1000, PointOutputs: 2, Size: o.size})
	if err != nil {
		return nil, err
	}
	c := optim.Config{Momentum: 0.9, WeightDecay: 1e-4}
	if strings.HasPrefix(a.Name, "vit") {
		c = optim.Config{Kind: optim.AdamW, WeightDecay: 0.05}
	}
	e, err := o.engine(engine.Config{Arch: a, Loss: loss.Config{Lambda: 10}, Optim: c})
	if err != nil {
		return nil, err
	}
	defer e.Close()
	if err := e.SetWeights(a.Init(1)); err != nil {
		return nil, err
	}
	batches := make(chan *engine.Batch, 1)
	failed := make(chan error, 1)
	go func() {
		defer close(batches)
		r := rand.New(rand.NewPCG(1, 2))
		of := []*engine.Batch{random(r, a, o.batch), random(r, a, o.batch)}
		for k := range o.steps + o.warm {
			b := *of[k%2]
			if err := e.(engine.Ahead).Ahead(&b); err != nil {
				failed <- err
				return
			}
			batches <- &b
		}
	}()
	s := &speedResult{Arch: a.Name, Size: o.size, Batch: o.batch, Precision: string(o.xla.Precision)}
	var times []float64
	began := time.Now()
	for b := range batches {
		r, err := e.Step(1e-3, b)
		if err != nil {
			return nil, err
		}
		passed := time.Since(began).Seconds()
		if len(times) == 0 {
			s.Compile = passed
		}
		times, s.Loss = append(times, passed), r.Total
		began = time.Now()
	}
	select {
	case err := <-failed:
		return nil, err
	default:
	}
	times = times[o.warm:]
	slices.Sort(times)
	s.Step = 1000 * times[len(times)/2]
	s.Rate = float64(o.batch) / times[len(times)/2]
	return s, nil
}
