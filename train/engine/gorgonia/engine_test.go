package gorgonia

import (
	"errors"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/engine/enginetest"
	"abtool/train/loss"
	"abtool/train/optim"
	"abtool/train/weights"
)

func TestParity(t *testing.T) {
	for _, workers := range []int{1, 2, 3} {
		enginetest.Parity(t, 1e-5, func(c engine.Config) (engine.Engine, error) {
			c.Workers = workers
			return New(c)
		})
	}
}

func TestTorchvision(t *testing.T) {
	enginetest.Catalogue(t, 1e-5, func(c engine.Config) (engine.Engine, error) { return New(c) })
}

func TestPositions(t *testing.T) {
	enginetest.Positions(t, 1e-5, func(c engine.Config) (engine.Engine, error) { return New(c) })
}

func TestGuided(t *testing.T) {
	enginetest.Guided(t, 1e-5, func(c engine.Config) (engine.Engine, error) { return New(c) })
}

func TestAttended(t *testing.T) {
	enginetest.Attended(t, 1e-5, func(c engine.Config) (engine.Engine, error) { return New(c) })
}

func newEngine(t *testing.T, name string, o arch.Options, c engine.Config) *Engine {
	t.Helper()
	a, err := arch.New(name, o)
	if err != nil {
		t.Fatal(err)
	}
	c.Arch = a
	e, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := e.SetWeights(a.Init(1)); err != nil {
		t.Fatal(err)
	}
	return e.(*Engine)
}

func small(t *testing.T, c engine.Config) *Engine {
	return newEngine(t, "cnn3", arch.Options{Classes: 3, PointOutputs: 2, Size: 8}, c)
}

func batch(e *Engine, name string, n int) *engine.Batch {
	return enginetest.Batch(name, name, e.cfg.Arch, n, "labels")
}

func step(t *testing.T, e *Engine, lr float64, b ...*engine.Batch) engine.Result {
	t.Helper()
	r, err := e.Step(lr, b...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func weightsOf(t *testing.T, e *Engine) map[string][]float32 {
	t.Helper()
	s, err := e.Weights()
	if err != nil {
		t.Fatal(err)
	}
	return values(s)
}

func values(s *weights.Set) map[string][]float32 {
	m := map[string][]float32{}
	for _, t := range s.Tensors() {
		m[t.Name] = t.Data
	}
	return m
}

// same compares bits, because cmp is slow for so many.
func same(a, b map[string][]float32) bool {
	return maps.EqualFunc(a, b, slices.Equal[[]float32])
}

// A training that is stopped and resumed from its weights and state ends with the same bits, also with
// stochastic depth.
func TestResume(t *testing.T) {
	for _, c := range []optim.Config{{Momentum: 0.9, EMA: 0.9}, {Kind: optim.AdamW, WeightDecay: 0.1}, {Kind: optim.AdamP}} {
		cfg := engine.Config{Optim: c, Seed: 7, Loss: loss.Config{Lambda: 5}}
		o := arch.Options{Classes: 3, PointOutputs: 2, Size: 8, DropPath: 0.5}
		e := newEngine(t, "vit_mini_patch4_32", o, cfg)
		step(t, e, 0.01, batch(e, "0", 4))
		w, _ := e.Weights()
		state, err := e.State()
		if err != nil {
			t.Fatal(err)
		}
		step(t, e, 0.01, batch(e, "1", 4))

		other := newEngine(t, "vit_mini_patch4_32", o, cfg)
		if err := other.SetWeights(w); err != nil {
			t.Fatal(err)
		}
		if err := other.SetState(state); err != nil {
			t.Fatal(err)
		}
		step(t, other, 0.01, batch(e, "1", 4))
		if !same(weightsOf(t, e), weightsOf(t, other)) {
			t.Errorf("%s: the weights differ", c.Kind)
		}
		if c.EMA > 0 {
			a, _ := e.Average()
			b, _ := other.Average()
			if !same(values(a), values(b)) {
				t.Error("the averages differ")
			}
		}
	}
}

// Without batch normalisation, a step with two batches equals the step with their union.
func TestAccumulation(t *testing.T) {
	o := arch.Options{Classes: 3, PointOutputs: 2, Size: 8}
	cfg := engine.Config{Loss: loss.Config{Lambda: 5}}
	one, two := newEngine(t, "vit_mini_patch4_32", o, cfg), newEngine(t, "vit_mini_patch4_32", o, cfg)
	whole := batch(one, "b", 6)
	pixels := one.cfg.Arch.In().Len()
	part := func(from, to int) *engine.Batch {
		return &engine.Batch{Images: whole.Images[from*pixels : to*pixels], Target: loss.Target{N: to - from, Labels: whole.Labels[from:to],
			Points: whole.Points[2*from : 2*to], Valid: whole.Valid[from:to]}}
	}
	a, b := step(t, one, 0.1, whole), step(t, two, 0.1, part(0, 4), part(4, 6))
	if math.Abs(a.Total-b.Total) > 1e-6 || a.Valid != b.Valid || b.N != 6 {
		t.Errorf("parts %+v and %+v", a, b)
	}
	x, y := weightsOf(t, one), weightsOf(t, two)
	for name := range x {
		for i := range x[name] {
			if math.Abs(float64(x[name][i]-y[name][i])) > 1e-6 {
				t.Fatalf("%s[%d]: %g and %g", name, i, x[name][i], y[name][i])
			}
		}
	}
}

// One engine takes batches of any size, and a step does not change the results of later ones.
func TestBatchSizes(t *testing.T) {
	e := small(t, engine.Config{Loss: loss.Config{Lambda: 1}})
	want, _, err := e.Gradients(batch(e, "a", 5))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 16, 2} {
		if _, _, err := e.Gradients(batch(e, "b", n)); err != nil {
			t.Fatal(err)
		}
	}
	got, _, err := e.Gradients(batch(e, "a", 5))
	if err != nil {
		t.Fatal(err)
	}
	if !same(values(want), values(got)) {
		t.Error("the gradient changed")
	}
	out, err := e.Evaluate(batch(e, "a", 5), false)
	if err != nil {
		t.Fatal(err)
	}
	single, err := e.Evaluate(batch(e, "a", 1), false) // the same first image
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Logits) != 15 || len(out.Points) != 10 || math.Abs(float64(out.Logits[0]-single.Logits[0])) > 1e-5 {
		t.Errorf("%v; alone %v", out.Logits[:3], single.Logits)
	}
}

// The engine memorises a few images: the loss falls, and evaluation agrees.
func TestLearns(t *testing.T) {
	e := small(t, engine.Config{Loss: loss.Config{Lambda: 5}, Optim: optim.Config{Momentum: 0.9, EMA: 0.5}})
	b := batch(e, "b", 12)
	first := step(t, e, 0.05, b)
	var last engine.Result
	for range 40 {
		last = step(t, e, 0.05, b)
	}
	if last.Class > first.Class/5 || last.Point > first.Point {
		t.Errorf("from %+v to %+v", first.Parts, last.Parts)
	}
	for _, average := range []bool{false, true} {
		before := weightsOf(t, e)
		out, err := e.Evaluate(b, average)
		if err != nil {
			t.Fatal(err)
		}
		if out.Class > first.Class/2 {
			t.Errorf("average %v: class loss %g", average, out.Class)
		}
		if !same(before, weightsOf(t, e)) {
			t.Error("evaluation changed the weights")
		}
	}
}

func TestNotFinite(t *testing.T) {
	e := small(t, engine.Config{})
	before := weightsOf(t, e)
	b := batch(e, "b", 4)
	b.Images[5] = float32(math.NaN())
	if _, err := e.Step(0.1, b); !errors.Is(err, engine.ErrNotFinite) {
		t.Errorf("error %v", err)
	}
	if !slices.Equal(before["fc.weight"], weightsOf(t, e)["fc.weight"]) {
		t.Error("the weights changed")
	}
}

func TestErrors(t *testing.T) {
	enginetest.Errors(t, func(c engine.Config) (engine.Engine, error) { return New(c) })
}

// Stochastic depth keeps the mean and drops whole images, in training only.
func TestKeep(t *testing.T) {
	if keep(0.29, 0.3) != 0 || keep(0.31, 0.3) != float32(1/0.7) {
		t.Error(keep(0.29, 0.3), keep(0.31, 0.3))
	}
	e := newEngine(t, "resnet8", arch.Options{Classes: 3, Size: 8, DropPath: 0.9}, engine.Config{Seed: 3})
	b := batch(e, "b", 8)
	x, err := e.Evaluate(b, false)
	if err != nil {
		t.Fatal(err)
	}
	y, _ := e.Evaluate(b, false)
	if !cmp.Equal(x, y) {
		t.Error("evaluation is random")
	}
	g, _, err := e.Gradients(b)
	if err != nil {
		t.Fatal(err)
	}
	h, _, _ := e.Gradients(b) // same step: same choices
	if !same(values(g), values(h)) {
		t.Error("stochastic depth drops other images if the same step is repeated")
	}
}

// Every architecture of the catalogue can be lowered and stepped; the large ones are too slow for a test.
func TestCatalogue(t *testing.T) {
	for _, s := range arch.List() {
		if s.Size == 224 && s.Name != "resnet18" {
			continue
		}
		e := newEngine(t, s.Name, arch.Options{Classes: 3, PointOutputs: 6, Size: 32}, engine.Config{Loss: loss.Config{Class: loss.Binary, Lambda: 1}})
		b := enginetest.Batch("b", "b", e.cfg.Arch, 2, "multi")
		if r := step(t, e, 0.01, b); r.GradNorm == 0 {
			t.Errorf("%s: no gradient", s.Name)
		}
	}
}
