//go:build xla

package xla

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"

	"github.com/gomlx/gomlx/core/graph"

	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/loss"
	"abtool/train/optim"
	"abtool/train/weights"
)

// Name is the engine's name.
const Name = "xla"

// Options choose the devices and the precision.
type Options struct {
	Plugin    string    // path of the PJRT plugin, or PureGo; "": the one that Find finds
	Python    string    // Python whose JAX installation to look in; "": python3 of PATH
	Precision Precision // "": TF32
	Devices   int       // number of devices that share a batch; 0: all
}

// Precision is the type of products and convolutions. Weights, moments, normalisations and losses are
// always float32.
type Precision string

// The precisions.
const (
	TF32    Precision = "tf32" // float32, but products round their factors to 10 bits on devices that can
	Float32 Precision = "float32"
	BF16    Precision = "bf16" // activations are bfloat16 too
)

// Engine implements engine.Engine, engine.Ahead and engine.Memory.
type Engine struct {
	cfg    engine.Config
	prec   Precision
	d      *device
	optim  optim.Config // with its defaults filled in
	params []*param     // all, including buffers
	byName map[string]*param
	drops  []int // the layers of stochastic depth
	steps  int   // updates so far
	evalN  int   // images of the largest evaluation so far

	programs map[string]*program
	mu       sync.Mutex
	ahead    map[*engine.Batch]*resident // copied but not used yet

	// What is copied to the devices and is not in a batch as it is. A copy returns when the memory may change.
	stage         sync.Mutex // of points and valid, because Ahead may run at the same time as Step
	points, valid []float32
	factors       []float32
}

var (
	_ engine.Engine = (*Engine)(nil)
	_ engine.Ahead  = (*Engine)(nil)
	_ engine.Memory = (*Engine)(nil)
)

// param is a parameter or buffer and everything that the training keeps for it.
type param struct {
	arch.Param
	value *variable
	ema   *variable   // nil without a moving average
	slots []*variable // the optimiser's moments; empty for buffers
	sum   *variable   // of the gradients of several batches; nil until needed
}

// New returns an engine whose weights are all zero. Call SetWeights before anything else. If it finds no
// plugin, the error lists where it looked.
func New(cfg engine.Config, o Options) (*Engine, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	d, err := open(o)
	if err != nil {
		return nil, err
	}
	e := &Engine{cfg: cfg, prec: o.Precision, d: d, optim: cfg.Optim.WithDefaults(), byName: map[string]*param{}, programs: map[string]*program{}, ahead: map[*engine.Batch]*resident{}}
	for _, ap := range cfg.Arch.Params() {
		p := &param{Param: ap, value: newVariable(ap.Name, ap.Shape)}
		if cfg.Optim.EMA > 0 {
			p.ema = newVariable(emaSlot+ap.Name, ap.Shape)
		}
		if !ap.Buffer {
			for _, slot := range slotNames(e.optim) {
				p.slots = append(p.slots, newVariable(slot+"/"+ap.Name, ap.Shape))
			}
		}
		e.params = append(e.params, p)
		e.byName[p.Name] = p
	}
	for i, l := range cfg.Arch.Layers {
		if l.Op == arch.DropPath {
			e.drops = append(e.drops, i)
		}
	}
	for _, v := range e.variables() {
		if err := d.set(v, make([]float32, v.len())); err != nil {
			e.Close()
			return nil, err
		}
	}
	return e, nil
}

// slotNames returns PyTorch's names of the optimiser's moments.
func slotNames(c optim.Config) []string {
	switch {
	case c.Kind != optim.SGD:
		return []string{"exp_avg", "exp_avg_sq"}
	case c.Momentum > 0:
		return []string{"momentum_buffer"}
	}
	return nil
}

// variables returns everything that stays on the device between steps: values, then state.
func (e *Engine) variables() (all []*variable) {
	for _, p := range e.params {
		all = append(all, p.value)
	}
	return append(all, e.state()...)
}

// state returns the variables of the state in the same order as the CPU engine: by slot, then by parameter;
// the moving average last.
func (e *Engine) state() (all []*variable) {
	for k := range slotNames(e.optim) {
		for _, p := range e.trained() {
			all = append(all, p.slots[k])
		}
	}
	for _, p := range e.params {
		if p.ema != nil {
			all = append(all, p.ema)
		}
	}
	return all
}

// trained returns the parameters without the buffers.
func (e *Engine) trained() (ps []*param) {
	for _, p := range e.params {
		if !p.Buffer {
			ps = append(ps, p)
		}
	}
	return ps
}

// Name implements engine.Engine.
func (e *Engine) Name() string { return Name }

// Describe returns the backend, the devices and the precision.
func (e *Engine) Describe() string { return e.d.describe() + ", " + string(e.precision()) }

func (e *Engine) precision() Precision {
	if e.prec == "" {
		return TF32
	}
	return e.prec
}

// Close implements engine.Engine.
func (e *Engine) Close() error {
	for _, v := range e.variables() {
		v.free()
	}
	for _, p := range e.params {
		if p.sum != nil {
			p.sum.free()
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for b, r := range e.ahead {
		r.free()
		delete(e.ahead, b)
	}
	for k, p := range e.programs {
		p.g.Finalize()
		delete(e.programs, k)
	}
	return nil
}

// SetWeights implements engine.Engine. The moving average starts at these weights.
func (e *Engine) SetWeights(s *weights.Set) error {
	for _, p := range e.params {
		if err := fits(s, p.value); err != nil {
			return fmt.Errorf("setting weights of %s: %w", e.cfg.Arch.Name, err)
		}
	}
	for _, p := range e.params {
		t, _ := s.Get(p.Name)
		if err := e.d.set(p.value, t.Data); err != nil {
			return err
		}
		if p.ema != nil {
			if err := e.d.set(p.ema, t.Data); err != nil {
				return err
			}
		}
	}
	return nil
}

func fits(s *weights.Set, v *variable) error {
	t, ok := s.Get(v.name)
	switch {
	case !ok:
		return fmt.Errorf("%s is missing", v.name)
	case !slices.Equal(t.Shape, v.shape):
		return fmt.Errorf("%s has shape %v, want %v", v.name, t.Shape, v.shape)
	}
	return nil
}

// Weights implements engine.Engine.
func (e *Engine) Weights() (*weights.Set, error) {
	s := e.newSet()
	for _, p := range e.params {
		if err := e.read(s, p.Name, p.value); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (e *Engine) newSet() *weights.Set {
	s := weights.NewSet()
	s.Metadata = map[string]string{"arch": e.cfg.Arch.Name}
	return s
}

func (e *Engine) read(s *weights.Set, name string, v *variable) error {
	data, err := e.d.get(v)
	if err != nil {
		return err
	}
	s.Put(weights.Tensor{Name: name, Shape: slices.Clone(v.shape), Data: data})
	return nil
}

// Average implements engine.Engine.
func (e *Engine) Average() (*weights.Set, error) {
	if e.cfg.Optim.EMA == 0 {
		return nil, nil
	}
	s := e.newSet()
	for _, p := range e.params {
		if err := e.read(s, p.Name, p.ema); err != nil {
			return nil, err
		}
	}
	return s, nil
}

const (
	stepsKey = "steps"
	emaSlot  = "ema/"
)

// State implements engine.Engine.
func (e *Engine) State() (*weights.Set, error) {
	s := e.newSet()
	s.Metadata[stepsKey] = strconv.Itoa(e.steps)
	for _, v := range e.state() {
		if err := e.read(s, v.name, v); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// SetState implements engine.Engine.
func (e *Engine) SetState(s *weights.Set) error {
	steps, err := strconv.Atoi(s.Metadata[stepsKey])
	if err != nil || steps < 0 {
		return fmt.Errorf("setting the state of %s: metadata %q is %q, want a number of updates", e.cfg.Arch.Name, stepsKey, s.Metadata[stepsKey])
	}
	for _, v := range e.state() {
		if err := fits(s, v); err != nil {
			return fmt.Errorf("setting the state of %s: %w", e.cfg.Arch.Name, err)
		}
	}
	for _, v := range e.state() {
		t, _ := s.Get(v.name)
		if err := e.d.set(v, t.Data); err != nil {
			return err
		}
	}
	e.steps = steps
	return nil
}

// Step implements engine.Engine.
func (e *Engine) Step(lr float64, batches ...*engine.Batch) (engine.Result, error) {
	var r engine.Result
	for _, b := range batches {
		if err := e.check(b); err != nil {
			return r, err
		}
		r.N += b.N
	}
	switch len(batches) {
	case 0:
		return r, errors.New("a step without batches")
	case 1:
		return e.one(lr, batches[0])
	}
	return e.several(lr, r.N, batches)
}

// check checks the batch, and that the devices can share it equally.
func (e *Engine) check(b *engine.Batch) error {
	if err := b.Check(e.cfg); err != nil {
		return err
	}
	if b.N%e.d.n != 0 {
		return fmt.Errorf("%d images cannot be shared equally by %d devices: use a multiple", b.N, e.d.n)
	}
	return nil
}

// one does a step with one batch, in one graph.
func (e *Engine) one(lr float64, b *engine.Batch) (engine.Result, error) {
	in, err := e.resident(b, 0)
	if err != nil {
		return engine.Result{}, err
	}
	defer in.free()
	p, err := e.program("step "+in.kind, func() (*program, error) { return e.buildStep(in) })
	if err != nil {
		return engine.Result{}, err
	}
	out, err := e.d.run(p, e.variables(), append(in.buffers(), e.d.scalars(e.rates(lr))...))
	if err != nil {
		return engine.Result{}, err
	}
	return e.stepped(b.N, out, loss.Parts{})
}

// several does a step with several batches: it sums their gradients, each weighted by its images, and
// updates with the sum.
func (e *Engine) several(lr float64, images int, batches []*engine.Batch) (engine.Result, error) {
	var parts loss.Parts
	var sums []*variable
	for _, p := range e.trained() {
		if p.sum == nil {
			p.sum = newVariable("sum/"+p.Name, p.Shape)
			if err := e.d.set(p.sum, make([]float32, p.Len())); err != nil {
				return engine.Result{}, err
			}
		}
		sums = append(sums, p.sum)
	}
	for k, b := range batches {
		share, first := float64(b.N)/float64(images), 0.0
		if k == 0 {
			first = 1 // overwrite the sums of the previous step
		}
		got, err := e.gradients(b, k, sums, share, first)
		if err != nil {
			return engine.Result{Parts: got}, err
		}
		parts.Total += share * got.Total
		parts.Class += share * got.Class
		parts.Point += share * got.Point
		parts.Attention += share * got.Attention
		parts.N += got.N
		parts.Valid += got.Valid
	}
	p, err := e.program("update", e.buildUpdate)
	if err != nil {
		return engine.Result{}, err
	}
	out, err := e.d.run(p, append(e.variables(), sums...), e.d.scalars(e.rates(lr)))
	if err != nil {
		return engine.Result{}, err
	}
	return e.stepped(images, out, parts)
}

// gradients adds share times the gradients of batch k to the sums. If first is 1 it overwrites the sums
// instead.
func (e *Engine) gradients(b *engine.Batch, k int, sums []*variable, share, first float64) (loss.Parts, error) {
	in, err := e.resident(b, k)
	if err != nil {
		return loss.Parts{}, err
	}
	defer in.free()
	p, err := e.program("gradients "+in.kind, func() (*program, error) { return e.buildGradients(in) })
	if err != nil {
		return loss.Parts{}, err
	}
	vars := slices.Clone(sums)
	for _, p := range e.params {
		vars = append(vars, p.value)
	}
	out, err := e.d.run(p, vars, append(in.buffers(), e.d.scalars([]float32{float32(share), float32(first)})...))
	if err != nil {
		return loss.Parts{}, err
	}
	report := out[0]
	parts := e.parts(b.N, report)
	if !finite(parts.Total) {
		return parts, fmt.Errorf("%w: %g (class %g, point %g)", engine.ErrNotFinite, parts.Total, parts.Class, parts.Point)
	}
	return parts, nil
}

// Indexes of the report of a step or gradient: class loss, point loss, images with a point, gradient norm,
// whether the weights were updated, attention loss.
const (
	reportClass = iota
	reportPoint
	reportValid
	reportNorm
	reportUpdated
	reportAttend
	reportLen
)

func (e *Engine) parts(n int, report []float32) loss.Parts {
	p := loss.Parts{Class: float64(report[reportClass]), Point: float64(report[reportPoint]), N: n, Valid: int(report[reportValid]),
		Attention: float64(report[reportAttend])}
	p.Total = p.Class + e.cfg.Loss.Lambda*p.Point + e.cfg.Loss.Attention*p.Attention
	return p
}

// stepped returns the result of an update. parts is the sum of several batches' losses, or empty to take
// them from the report.
func (e *Engine) stepped(n int, out [][]float32, parts loss.Parts) (engine.Result, error) {
	report := out[0]
	if parts.N == 0 {
		parts = e.parts(n, report)
	}
	r := engine.Result{Parts: parts, GradNorm: float64(report[reportNorm])}
	if report[reportUpdated] == 0 {
		return r, fmt.Errorf("%w: the gradient's norm is %g, the loss %g", engine.ErrNotFinite, r.GradNorm, r.Total)
	}
	e.steps++
	return r, nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Gradients implements engine.Engine.
func (e *Engine) Gradients(b *engine.Batch) (*weights.Set, engine.Result, error) {
	var r engine.Result
	if err := e.check(b); err != nil {
		return nil, r, err
	}
	sums := make([]*variable, 0, len(e.params))
	defer func() {
		for _, v := range sums {
			v.free()
		}
	}()
	for _, p := range e.trained() {
		v := newVariable(p.Name, p.Shape)
		if err := e.d.set(v, make([]float32, p.Len())); err != nil {
			return nil, r, err
		}
		sums = append(sums, v)
	}
	var err error
	if r.Parts, err = e.gradients(b, 0, sums, 1, 1); err != nil {
		return nil, r, err
	}
	s := e.newSet()
	for _, v := range sums {
		if err := e.read(s, v.name, v); err != nil {
			return nil, r, err
		}
	}
	return s, r, nil
}

// Evaluate implements engine.Engine. It uses only the first device.
func (e *Engine) Evaluate(b *engine.Batch, average bool) (*engine.Output, error) {
	if err := b.CheckEval(e.cfg); err != nil {
		return nil, err
	}
	if average && e.cfg.Optim.EMA == 0 {
		return nil, errors.New("no moving average of the weights is kept")
	}
	// The last batch of a set is smaller: it is filled up, so that no graph is compiled for it.
	e.evalN = max(e.evalN, b.N)
	image, kind, err := e.image(filled(b, e.evalN))
	if err != nil {
		return nil, err
	}
	defer image.free()
	p, err := e.program("evaluate "+kind, func() (*program, error) { return e.buildEvaluate(image) })
	if err != nil {
		return nil, err
	}
	var vars []*variable
	for _, p := range e.params {
		if average {
			vars = append(vars, p.ema)
		} else {
			vars = append(vars, p.value)
		}
	}
	heads, err := e.d.run(p, vars, []*input{image})
	if err != nil {
		return nil, err
	}
	out := &engine.Output{Logits: heads[0][:b.N*e.cfg.Arch.Classes], Parts: loss.Parts{N: b.N}}
	if len(heads) > 1 {
		out.Points = heads[1][:b.N*e.cfg.Arch.PointOutputs]
	}
	if b.Labelled() {
		out.Parts = e.cfg.Loss.Eval(b.Target, out.Logits, out.Points, nil, nil)
	}
	for i, v := range out.Points {
		out.Points[i] = float32(loss.Sigmoid(float64(v)))
	}
	return out, nil
}

// rates returns the scalars of an update in the order of the rate… constants.
func (e *Engine) rates(lr float64) []float32 {
	c, step := e.optim, float64(e.steps+1)
	r := make([]float32, rateLen)
	r[rateLR] = float32(lr)
	if c.Kind != optim.SGD {
		r[rateSize] = float32(lr / (1 - math.Pow(c.Beta1, step)))
		r[rateSecond] = float32(1 / math.Sqrt(1-math.Pow(c.Beta2, step)))
	}
	r[rateKeep] = float32(1 - lr*c.WeightDecay)
	r[rateKeepLess] = float32(1 - lr*c.WeightDecay*c.Ratio)
	return r
}

// random returns the random source for batch k of the next step. It is the same as the CPU engine's, so
// that stochastic depth drops the same images.
func (e *Engine) random(k int) *rand.Rand {
	return rand.New(rand.NewPCG(e.cfg.Seed, uint64(e.steps)<<16+uint64(k)))
}

// program returns a compiled graph. It builds the graph at the first request.
func (e *Engine) program(name string, build func() (*program, error)) (*program, error) {
	if p, ok := e.programs[name]; ok {
		return p, nil
	}
	p, err := build()
	if err != nil {
		return nil, fmt.Errorf("compiling %s of %s: %w", name, e.cfg.Arch.Name, err)
	}
	e.programs[name] = p
	return p, nil
}

// values returns the nodes of parameters by name.
func (e *Engine) values(nodes []*graph.Node) map[string]*graph.Node {
	m := map[string]*graph.Node{}
	for i, p := range e.params {
		m[p.Name] = nodes[i]
	}
	return m
}
