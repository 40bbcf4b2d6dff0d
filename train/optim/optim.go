package optim

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"abtool/train/weights"
)

// Kind names an optimiser.
type Kind string

// The optimisers. The empty Kind is SGD.
const (
	// SGD is stochastic gradient descent with momentum; weight decay is added to the gradient:
	// torch.optim.SGD.
	SGD Kind = "sgd"
	// AdamW is Adam with decoupled weight decay (Loshchilov and Hutter 2019): torch.optim.AdamW.
	AdamW Kind = "adamw"
	// AdamP is Adam without the radial part of the update of scale-invariant weights (Heo et al. 2021), as
	// in its authors' code.
	AdamP Kind = "adamp"
)

// Config chooses an optimiser. Zero values of Beta1, Beta2, Eps, Delta and Ratio stand for the defaults.
type Config struct {
	Kind        Kind
	WeightDecay float64 // ≥ 0
	DecayAll    bool    // decay biases, normalisations, tokens and positions too (as torchvision's ResNet recipe does, and timm's do not)

	Momentum float64 // SGD: in [0, 1)
	Nesterov bool    // SGD, AdamP

	Beta1, Beta2 float64 // AdamW, AdamP: in [0, 1)
	Eps          float64 // AdamW, AdamP: > 0
	Delta        float64 // AdamP: threshold on the cosine of gradient and weight
	Ratio        float64 // AdamP: factor of the weight decay of scale-invariant weights

	ClipNorm float64 // largest global norm of the gradients; 0 does not clip
	EMA      float64 // decay of the moving average of the weights, in [0, 1); 0 keeps none
}

// Defaults of Config.
const (
	DefaultBeta1 = 0.9
	DefaultBeta2 = 0.999
	DefaultEps   = 1e-8
	DefaultDelta = 0.1
	DefaultRatio = 0.1
)

// WithDefaults fills in the zero values that stand for defaults.
func (c Config) WithDefaults() Config {
	for _, f := range []struct {
		v *float64
		d float64
	}{{&c.Beta1, DefaultBeta1}, {&c.Beta2, DefaultBeta2}, {&c.Eps, DefaultEps}, {&c.Delta, DefaultDelta}, {&c.Ratio, DefaultRatio}} {
		if *f.v == 0 {
			*f.v = f.d
		}
	}
	if c.Kind == "" {
		c.Kind = SGD
	}
	return c
}

// Check returns an error if the configuration is invalid.
func (c Config) Check() error {
	c = c.WithDefaults()
	if c.Kind != SGD && c.Kind != AdamW && c.Kind != AdamP {
		return fmt.Errorf("unknown optimiser %q: want %q, %q or %q", c.Kind, SGD, AdamW, AdamP)
	}
	for _, f := range []struct {
		name  string
		v     float64
		below float64
	}{
		{"momentum", c.Momentum, 1}, {"beta1", c.Beta1, 1}, {"beta2", c.Beta2, 1}, {"EMA decay", c.EMA, 1}, {"weight decay", c.WeightDecay, math.Inf(1)},
		{"epsilon", c.Eps, math.Inf(1)}, {"largest gradient norm", c.ClipNorm, math.Inf(1)},
		{"delta", c.Delta, math.Inf(1)}, {"weight decay ratio", c.Ratio, math.Inf(1)},
	} {
		if !(f.v >= 0 && f.v < f.below) {
			return fmt.Errorf("%s %g is not in [0, %g)", f.name, f.v, f.below)
		}
	}
	if c.Kind == SGD && c.Nesterov && c.Momentum == 0 {
		return fmt.Errorf("nesterov needs a momentum")
	}
	return nil
}

// Param is a trained parameter and its gradient; Value and Grad have the same length. The optimiser changes
// Value in place.
type Param struct {
	Name        string
	Shape       []int // the first axis is the output channels; AdamP projects where there are two axes or more
	Value, Grad []float32
	Decay       bool // whether weight decay applies
}

// Optimizer updates parameters. It finds a parameter's moments by its index, so that every call must pass
// the same list.
type Optimizer struct {
	// Workers is the number of parameters that are updated at the same time; 0 stands for 1. Results do not
	// depend on it.
	Workers int

	cfg   Config
	step  int
	slots [][][]float32 // by slot, by parameter
	names []string      // of the slots
}

// New returns an optimiser for parameters of the given shapes; their values are not read.
func New(cfg Config, params []Param) (*Optimizer, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	o := &Optimizer{cfg: cfg.WithDefaults()}
	switch {
	case o.cfg.Kind != SGD:
		o.names = []string{"exp_avg", "exp_avg_sq"}
	case o.cfg.Momentum > 0:
		o.names = []string{"momentum_buffer"}
	}
	for range o.names {
		slot := make([][]float32, len(params))
		for i, p := range params {
			slot[i] = make([]float32, len(p.Value))
		}
		o.slots = append(o.slots, slot)
	}
	return o, nil
}

// Steps returns the number of updates so far.
func (o *Optimizer) Steps() int { return o.step }

// SetSteps sets the number of updates so far, on resuming.
func (o *Optimizer) SetSteps(n int) { o.step = n }

// State returns the moments as tensors named "SLOT/PARAMETER" with PyTorch's names of slots
// (momentum_buffer; exp_avg, exp_avg_sq). They share the optimiser's memory: writing to them sets the
// state.
func (o *Optimizer) State(params []Param) *weights.Set {
	s := weights.NewSet()
	for k, name := range o.names {
		for i, p := range params {
			s.Put(weights.Tensor{Name: name + "/" + p.Name, Shape: p.Shape, Data: o.slots[k][i]})
		}
	}
	return s
}

// Step updates the parameters with learning rate lr ≥ 0.
func (o *Optimizer) Step(params []Param, lr float64) {
	o.step++
	o.each(len(params), func(i int) {
		p := params[i]
		decay := 0.0
		if p.Decay || o.cfg.DecayAll {
			decay = o.cfg.WeightDecay
		}
		if o.cfg.Kind == SGD {
			o.sgd(i, p, float32(lr), float32(decay))
		} else {
			o.adam(i, p, lr, decay)
		}
	})
}

// each runs f for 0 to n-1, several at a time.
func (o *Optimizer) each(n int, f func(i int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range max(1, o.Workers) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wait.Wait()
}

func (o *Optimizer) sgd(i int, p Param, lr, decay float32) {
	value := p.Value
	grad := p.Grad[:len(value)]
	if len(o.slots) == 0 {
		for k, w := range value {
			value[k] = w - lr*(grad[k]+decay*w)
		}
		return
	}
	momentum := float32(o.cfg.Momentum)
	moment := o.slots[0][i][:len(value)]
	if o.cfg.Nesterov {
		for k, w := range value {
			g := grad[k] + decay*w
			m := momentum*moment[k] + g
			moment[k] = m
			value[k] = w - lr*(g+momentum*m)
		}
		return
	}
	for k, w := range value {
		m := momentum*moment[k] + (grad[k] + decay*w)
		moment[k] = m
		value[k] = w - lr*m
	}
}

// adam updates a parameter by AdamW or AdamP. PyTorch's AdamW applies the decay first. AdamP's code applies
// it after the projection, on which its strength depends; without a projection both are the same.
func (o *Optimizer) adam(i int, p Param, lr, decay float64) {
	c := o.cfg
	b1, b2 := float32(c.Beta1), float32(c.Beta2)
	a1, a2 := float32(1-c.Beta1), float32(1-c.Beta2)
	correct1 := 1 - math.Pow(c.Beta1, float64(o.step))
	correct2 := math.Sqrt(1 - math.Pow(c.Beta2, float64(o.step)))
	size := float32(lr / correct1)
	inverse2, eps := float32(1/correct2), float32(c.Eps)
	first, second := o.slots[0][i], o.slots[1][i]

	nesterov := c.Kind == AdamP && c.Nesterov
	project := c.Kind == AdamP && len(p.Shape) > 1
	if !project && !nesterov {
		keep := float32(1 - lr*decay)
		for k, g := range p.Grad {
			m, v := b1*first[k]+a1*g, b2*second[k]+a2*g*g
			first[k], second[k] = m, v
			p.Value[k] = keep*p.Value[k] - size*m/(sqrt(v)*inverse2+eps)
		}
		return
	}
	move := make([]float32, len(p.Value))
	for k, g := range p.Grad {
		m, v := b1*first[k]+a1*g, b2*second[k]+a2*g*g
		first[k], second[k] = m, v
		if nesterov {
			m = b1*m + a1*g
		}
		move[k] = m / (sqrt(v)*inverse2 + eps)
	}
	if project && c.projects(p, move) {
		decay *= c.Ratio
	}
	keep := float32(1 - lr*decay)
	for k, d := range move {
		p.Value[k] = keep*p.Value[k] - size*d
	}
}

// projects removes the radial part of move, by output channel or for the whole parameter, if the gradient
// is nearly orthogonal to the weights there. It reports whether it did.
func (c Config) projects(p Param, move []float32) bool {
	for _, rows := range []int{p.Shape[0], 1} {
		width := len(p.Value) / max(1, rows)
		if width == 0 || c.cosine(p, rows, width) >= c.Delta/math.Sqrt(float64(width)) {
			continue
		}
		for r := range rows {
			w, d := p.Value[r*width:(r+1)*width], move[r*width:(r+1)*width]
			norm := math.Sqrt(dot(w, w)) + c.Eps
			along := float32(dot(w, d) / (norm * norm))
			for k := range d {
				d[k] -= along * w[k]
			}
		}
		return true
	}
	return false
}

// cosine returns the largest |cosine| of gradient and weights over the rows.
func (c Config) cosine(p Param, rows, width int) float64 {
	most := 0.0
	for r := range rows {
		w, g := p.Value[r*width:(r+1)*width], p.Grad[r*width:(r+1)*width]
		norms := math.Max(math.Sqrt(dot(w, w)), c.Eps) * math.Max(math.Sqrt(dot(g, g)), c.Eps)
		most = math.Max(most, math.Abs(dot(w, g))/norms)
	}
	return most
}

// dot returns a·b for slices of the same length. Four separate sums hide the latency of the additions.
func dot(a, b []float32) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	for ; len(a) >= 4; a, b = a[4:], b[4:] {
		s0 += float64(a[0]) * float64(b[0])
		s1 += float64(a[1]) * float64(b[1])
		s2 += float64(a[2]) * float64(b[2])
		s3 += float64(a[3]) * float64(b[3])
	}
	for i, v := range a {
		s0 += float64(v) * float64(b[i])
	}
	return s0 + s1 + s2 + s3
}

func sqrt(v float32) float32 { return float32(math.Sqrt(float64(v))) }

// Clip scales the gradients so that their global L2 norm is at most Config.ClipNorm, as
// torch.nn.utils.clip_grad_norm_ does, and returns the norm before. A ClipNorm of 0 does not clip. If a
// gradient is not finite, the norm is not either, and nothing is scaled.
func (o *Optimizer) Clip(params []Param) float64 {
	squares := make([]float64, len(params))
	o.each(len(params), func(i int) { squares[i] = dot(params[i].Grad, params[i].Grad) })
	sum := 0.0
	for _, s := range squares {
		sum += s
	}
	norm := math.Sqrt(sum)
	if scale := float32(o.cfg.ClipNorm / (norm + 1e-6)); o.cfg.ClipNorm > 0 && scale < 1 && scale > 0 {
		for _, p := range params {
			for k := range p.Grad {
				p.Grad[k] *= scale
			}
		}
	}
	return norm
}

// Average moves the slices of ema towards the slices of value: ema ← decay·ema + (1−decay)·value with
// Config.EMA. They have the same lengths.
func (o *Optimizer) Average(ema, value [][]float32) {
	keep, take := float32(o.cfg.EMA), float32(1-o.cfg.EMA)
	o.each(len(ema), func(i int) {
		to := ema[i][:len(value[i])]
		for k, v := range value[i] {
			to[k] = keep*to[k] + take*v
		}
	})
}
