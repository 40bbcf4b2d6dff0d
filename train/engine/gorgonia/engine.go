package gorgonia

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"

	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/internal/kernel"
	"abtool/train/loss"
	"abtool/train/optim"
	"abtool/train/weights"
)

// Name is the engine's name.
const Name = "gorgonia"

// BLAS names the library that multiplies matrices: OpenBLAS with the build tag openblas, otherwise this
// program's code for AVX-512 or AVX2, otherwise gonum.
var BLAS = kernel.BLAS()

// Engine implements engine.Engine on a CPU.
type Engine struct {
	cfg     engine.Config
	team    *kernel.Team
	params  []*param // all, including buffers
	byName  map[string]*param
	trained []*param // all except buffers
	updates []optim.Param
	optim   *optim.Optimizer

	train, eval *network  // built when first needed
	images      []float32 // of batches whose pixels are bytes
}

var _ engine.Engine = (*Engine)(nil)

// param is a parameter or buffer in the engine's layout: convolutions O × KH × KW × C.
type param struct {
	arch.Param
	value []float32
	ema   []float32 // nil without a moving average
	sum   []float32 // of the gradients of several batches; nil until needed
}

func (p *param) isConv() bool { return len(p.Shape) == 4 }

// layout returns the shape in the engine's layout.
func (p *param) layout() []int {
	if p.isConv() {
		return []int{p.Shape[0], p.Shape[2], p.Shape[3], p.Shape[1]}
	}
	return p.Shape
}

// set copies a tensor in PyTorch's layout to dst.
func (p *param) set(dst, src []float32) {
	if p.isConv() {
		kernel.Permute(dst, src, p.Shape[0], p.Shape[1], p.Shape[2], true)
		return
	}
	copy(dst, src)
}

// tensor returns a copy of src in PyTorch's layout.
func (p *param) tensor(name string, src []float32) weights.Tensor {
	t := weights.Tensor{Name: name, Shape: slices.Clone(p.Shape), Data: make([]float32, len(src))}
	if p.isConv() {
		kernel.Permute(t.Data, src, p.Shape[0], p.Shape[1], p.Shape[2], false)
	} else {
		copy(t.Data, src)
	}
	return t
}

// New returns an engine whose weights are all zero. Call SetWeights before anything else.
func New(cfg engine.Config) (engine.Engine, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if cfg.Workers <= 0 {
		cfg.Workers = runtime.GOMAXPROCS(0)
	}
	e := &Engine{cfg: cfg, team: kernel.NewTeam(cfg.Workers), byName: map[string]*param{}}
	for _, ap := range cfg.Arch.Params() {
		p := &param{Param: ap, value: make([]float32, ap.Len())}
		if cfg.Optim.EMA > 0 {
			p.ema = make([]float32, ap.Len())
		}
		e.params = append(e.params, p)
		e.byName[p.Name] = p
		if !p.Buffer {
			e.trained = append(e.trained, p)
			e.updates = append(e.updates, optim.Param{Name: p.Name, Shape: p.layout(), Value: p.value, Decay: p.Decay})
		}
	}
	var err error
	if e.optim, err = optim.New(cfg.Optim, e.updates); err != nil {
		return nil, err
	}
	e.optim.Workers = cfg.Workers
	return e, nil
}

// Name implements engine.Engine.
func (e *Engine) Name() string { return Name }

// Close implements engine.Engine.
func (e *Engine) Close() error {
	for _, n := range []*network{e.train, e.eval} {
		if n != nil {
			if err := n.machine.Close(); err != nil {
				return err
			}
		}
	}
	e.train, e.eval = nil, nil
	return nil
}

func (e *Engine) buffer(name string) []float32 { return e.byName[name].value }

// SetWeights implements engine.Engine. The moving average starts at these weights.
func (e *Engine) SetWeights(s *weights.Set) error {
	for _, p := range e.params {
		if err := fits(s, p.Name, p.Shape); err != nil {
			return fmt.Errorf("setting weights of %s: %w", e.cfg.Arch.Name, err)
		}
	}
	for _, p := range e.params {
		t, _ := s.Get(p.Name)
		p.set(p.value, t.Data)
		copy(p.ema, p.value)
	}
	return nil
}

func fits(s *weights.Set, name string, shape []int) error {
	t, ok := s.Get(name)
	switch {
	case !ok:
		return fmt.Errorf("%s is missing", name)
	case !slices.Equal(t.Shape, shape):
		return fmt.Errorf("%s has shape %v, want %v", name, t.Shape, shape)
	}
	return nil
}

// Weights implements engine.Engine.
func (e *Engine) Weights() (*weights.Set, error) {
	s := e.newSet()
	for _, p := range e.params {
		s.Put(p.tensor(p.Name, p.value))
	}
	return s, nil
}

func (e *Engine) newSet() *weights.Set {
	s := weights.NewSet()
	s.Metadata = map[string]string{"arch": e.cfg.Arch.Name}
	return s
}

// Average implements engine.Engine.
func (e *Engine) Average() (*weights.Set, error) {
	if e.cfg.Optim.EMA == 0 {
		return nil, nil
	}
	s := e.newSet()
	for _, p := range e.params {
		s.Put(p.tensor(p.Name, p.ema))
	}
	return s, nil
}

const (
	stepsKey = "steps"
	emaSlot  = "ema/"
)

// slots calls f for each tensor of the state, with the memory that the engine keeps it in.
func (e *Engine) slots(f func(name string, p *param, data []float32) error) error {
	i := 0
	for _, t := range e.optim.State(e.updates).Tensors() { // by slot, then by parameter
		if err := f(t.Name, e.trained[i%len(e.trained)], t.Data); err != nil {
			return err
		}
		i++
	}
	for _, p := range e.params {
		if p.ema != nil {
			if err := f(emaSlot+p.Name, p, p.ema); err != nil {
				return err
			}
		}
	}
	return nil
}

// State implements engine.Engine.
func (e *Engine) State() (*weights.Set, error) {
	s := e.newSet()
	s.Metadata[stepsKey] = strconv.Itoa(e.optim.Steps())
	err := e.slots(func(name string, p *param, data []float32) error {
		s.Put(p.tensor(name, data))
		return nil
	})
	return s, err
}

// SetState implements engine.Engine.
func (e *Engine) SetState(s *weights.Set) error {
	steps, err := strconv.Atoi(s.Metadata[stepsKey])
	if err != nil || steps < 0 {
		return fmt.Errorf("setting the state of %s: metadata %q is %q, want a number of updates", e.cfg.Arch.Name, stepsKey, s.Metadata[stepsKey])
	}
	err = e.slots(func(name string, p *param, _ []float32) error { return fits(s, name, p.Shape) })
	if err != nil {
		return fmt.Errorf("setting the state of %s: %w", e.cfg.Arch.Name, err)
	}
	e.optim.SetSteps(steps)
	return e.slots(func(name string, p *param, data []float32) error {
		t, _ := s.Get(name)
		p.set(data, t.Data)
		return nil
	})
}

// Step implements engine.Engine.
func (e *Engine) Step(lr float64, batches ...*engine.Batch) (engine.Result, error) {
	r, err := e.backward(batches)
	if err != nil {
		return r, err
	}
	r.GradNorm = e.optim.Clip(e.updates)
	if !finite(r.GradNorm) {
		return r, fmt.Errorf("%w: the gradient's norm is %g, the loss %g", engine.ErrNotFinite, r.GradNorm, r.Total)
	}
	e.optim.Step(e.updates, lr)
	if e.cfg.Optim.EMA > 0 {
		e.optim.Average(e.slices())
	}
	return r, nil
}

// slices returns the moving averages and the values of all parameters and buffers.
func (e *Engine) slices() (ema, value [][]float32) {
	for _, p := range e.params {
		ema, value = append(ema, p.ema), append(value, p.value)
	}
	return ema, value
}

// Gradients implements engine.Engine.
func (e *Engine) Gradients(b *engine.Batch) (*weights.Set, engine.Result, error) {
	r, err := e.backward([]*engine.Batch{b})
	if err != nil {
		return nil, r, err
	}
	s := e.newSet()
	for i, p := range e.trained {
		s.Put(p.tensor(p.Name, e.updates[i].Grad))
	}
	return s, r, nil
}

// backward sets the gradients in updates to the mean gradient of the batches' images.
func (e *Engine) backward(batches []*engine.Batch) (engine.Result, error) {
	var r engine.Result
	for _, b := range batches {
		if err := b.Check(e.cfg); err != nil {
			return r, err
		}
		r.N += b.N
	}
	if r.N == 0 {
		return r, errors.New("a step without batches")
	}
	if e.train == nil {
		n, err := newNetwork(e, true)
		if err != nil {
			return r, err
		}
		e.train = n
	}
	total := r.N
	r.N = 0
	for k, b := range batches {
		if err := e.train.run(e.values(b), b.Target, e.random(k)); err != nil {
			return r, err
		}
		share := float64(b.N) / float64(total)
		merge(&r.Parts, e.train.parts, share)
		if !finite(r.Total) {
			return r, fmt.Errorf("%w: %g (class %g, point %g)", engine.ErrNotFinite, r.Total, r.Class, r.Point)
		}
		e.collect(k, len(batches), float32(share))
	}
	return r, nil
}

// merge adds the parts of a batch, weighted by its share of the images.
func merge(to *loss.Parts, p loss.Parts, share float64) {
	to.Total += share * p.Total
	to.Class += share * p.Class
	to.Point += share * p.Point
	to.Attention += share * p.Attention
	to.N += p.N
	to.Valid += p.Valid
}

// collect adds the gradients of batch k of n, weighted by share.
func (e *Engine) collect(k, n int, share float32) {
	for i, p := range e.trained {
		g := e.train.gradient(i)
		if n == 1 {
			e.updates[i].Grad = g
			continue
		}
		if p.sum == nil {
			p.sum = make([]float32, len(g))
		}
		if k == 0 {
			clear(p.sum)
		}
		for j, v := range g {
			p.sum[j] += share * v
		}
		e.updates[i].Grad = p.sum
	}
}

// random returns the random source for batch k of the next step. It depends only on the seed, the step and
// k, so that a resumed training draws the same numbers.
func (e *Engine) random(k int) *rand.Rand {
	return rand.New(rand.NewPCG(e.cfg.Seed, uint64(e.optim.Steps())<<16+uint64(k)))
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Evaluate implements engine.Engine.
func (e *Engine) Evaluate(b *engine.Batch, average bool) (*engine.Output, error) {
	if err := b.CheckEval(e.cfg); err != nil {
		return nil, err
	}
	if average && e.cfg.Optim.EMA == 0 {
		return nil, errors.New("no moving average of the weights is kept")
	}
	if e.eval == nil {
		n, err := newNetwork(e, false)
		if err != nil {
			return nil, err
		}
		e.eval = n
	}
	if average {
		e.swap()
		defer e.swap()
	}
	if err := e.eval.run(e.values(b), b.Target, nil); err != nil {
		return nil, err
	}
	out := &engine.Output{Logits: slices.Clone(e.eval.heads[0]), Points: slices.Clone(e.eval.heads[1]), Parts: loss.Parts{N: b.N}}
	if b.Labelled() {
		out.Parts = e.cfg.Loss.Eval(b.Target, out.Logits, out.Points, nil, nil)
	}
	for i, v := range out.Points {
		out.Points[i] = float32(loss.Sigmoid(float64(v)))
	}
	return out, nil
}

// values returns a batch's normalised pixels.
func (e *Engine) values(b *engine.Batch) []float32 {
	if b.Images != nil {
		return b.Images
	}
	e.images = b.Values(e.images)
	return e.images
}

// swap exchanges the weights and their moving average, in the memory that the graphs read.
func (e *Engine) swap() {
	for _, p := range e.params {
		for i, v := range p.value {
			p.value[i], p.ema[i] = p.ema[i], v
		}
	}
}
