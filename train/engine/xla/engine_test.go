//go:build xla

package xla

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/engine/enginetest"
	"abtool/train/engine/gorgonia"
	"abtool/train/loss"
	"abtool/train/optim"
	"abtool/train/weights"
)

// everywhere runs a test on GoMLX's backend in Go and, if a PJRT plugin is found, on that, with one device
// in float32.
func everywhere(t *testing.T, test func(t *testing.T, on Options)) {
	t.Run("go", func(t *testing.T) { test(t, Options{Plugin: PureGo}) })
	t.Run("plugin", func(t *testing.T) { test(t, Options{Plugin: plugin(t), Precision: Float32, Devices: 1}) })
}

// plugin returns the path of a PJRT plugin, and skips the test if there is none.
func plugin(t *testing.T) string {
	t.Helper()
	p, err := Find("")
	if err != nil {
		t.Skip("no PJRT plugin is installed here; scripts/pjrt-cpu installs one that needs no GPU")
	}
	return p.Path
}

// on returns a function that makes engines with the options.
func on(o Options) enginetest.New {
	return func(c engine.Config) (engine.Engine, error) { return New(c, o) }
}

func cpu(c engine.Config) (engine.Engine, error) { c.Workers = 2; return gorgonia.New(c) }

func TestParity(t *testing.T) {
	everywhere(t, func(t *testing.T, o Options) { enginetest.Parity(t, 1e-5, on(o)) })
}

func TestPositions(t *testing.T) {
	everywhere(t, func(t *testing.T, o Options) { enginetest.Positions(t, 1e-5, on(o)) })
}

func TestGuided(t *testing.T) {
	everywhere(t, func(t *testing.T, o Options) { enginetest.Guided(t, 1e-5, on(o)) })
}

func TestAttended(t *testing.T) {
	everywhere(t, func(t *testing.T, o Options) { enginetest.Attended(t, 1e-5, on(o)) })
}

// Networks of the catalogue, at the smallest sizes that they take.
func TestTorchvision(t *testing.T) {
	if testing.Short() {
		t.Skip("large networks are slow without a GPU")
	}
	everywhere(t, func(t *testing.T, o Options) { enginetest.Catalogue(t, 1e-5, on(o)) })
}

func made(t *testing.T, make enginetest.New, c engine.Config) engine.Engine {
	t.Helper()
	e, err := make(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := e.SetWeights(c.Arch.Init(1)); err != nil {
		t.Fatal(err)
	}
	return e
}

func built(t *testing.T, name string, o arch.Options) *arch.Arch {
	t.Helper()
	a, err := arch.New(name, o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// near compares sets by the distance of each tensor, relative to its norm or to 1 if that is larger.
func near(t *testing.T, what string, got, want *weights.Set, tolerance float64) {
	t.Helper()
	if got.Len() != want.Len() {
		t.Fatalf("%s: %d tensors, want %d", what, got.Len(), want.Len())
	}
	for _, w := range want.Tensors() {
		g, ok := got.Get(w.Name)
		if !ok || len(g.Data) != len(w.Data) {
			t.Errorf("%s: %s is missing", what, w.Name)
			continue
		}
		var square, off float64
		for i, v := range w.Data {
			d := float64(v) - float64(g.Data[i])
			square, off = square+float64(v)*float64(v), off+d*d
		}
		if off := math.Sqrt(off); !(off <= tolerance*math.Max(1, math.Sqrt(square))) {
			t.Errorf("%s: %s is %.2g away, of a norm of %.2g", what, w.Name, off, math.Sqrt(square))
		}
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Trainings of both engines agree for ten steps, with all options of a recipe. Adam's epsilon is large,
// because the biases of attention's keys have only rounding errors as gradients, which Adam would turn into
// steps.
func TestAgainstCPU(t *testing.T) { everywhere(t, testAgainstCPU) }

func testAgainstCPU(t *testing.T, o Options) {
	for _, c := range []struct {
		name, arch, kind string
		net              arch.Options
		loss             loss.Config
		optim            optim.Config
		lr               float64
		batches          int
	}{
		{"sgd, clipped, with an average", "resnet8", "labels", arch.Options{PointOutputs: 2, DropPath: 0.3}, loss.Config{Lambda: 5, LabelSmoothing: 0.1, Beta: 0.1},
			optim.Config{Momentum: 0.9, Nesterov: true, WeightDecay: 1e-2, DecayAll: true, ClipNorm: 0.5, EMA: 0.9}, 0.02, 1},
		{"plain sgd, soft targets", "cnn3", "soft", arch.Options{PointOutputs: 2}, loss.Config{Lambda: 1, LabelSmoothing: 0.1}, optim.Config{}, 0.02, 1},
		{"adamw, stochastic depth, accumulated", "vit_mini_patch4_32", "soft", arch.Options{PointOutputs: 2, DropPath: 0.4}, loss.Config{Lambda: 5},
			optim.Config{Kind: optim.AdamW, WeightDecay: 0.1, EMA: 0.5, ClipNorm: 1, Eps: 1e-3}, 1e-4, 3},
		{"adamp, several labels", "cnn3", "multi", arch.Options{PointOutputs: 6}, loss.Config{Class: loss.Binary, Lambda: 5},
			optim.Config{Kind: optim.AdamP, WeightDecay: 0.1, Nesterov: true, Eps: 1e-3}, 1e-3, 2},
		{"no points", "resnet8", "labels", arch.Options{}, loss.Config{}, optim.Config{Momentum: 0.9}, 0.02, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.net.Classes, c.net.Size = 3, 8
			a := built(t, c.arch, c.net)
			cfg := engine.Config{Arch: a, Loss: c.loss, Optim: c.optim, Seed: 7}
			x, y := made(t, on(o), cfg), made(t, cpu, cfg)
			for k := range 10 {
				var batches []*engine.Batch
				for j := range c.batches {
					name := fmt.Sprint(k, j)
					batches = append(batches, enginetest.Batch(name, name, a, 4+2*j, c.kind))
				}
				r, s := must[engine.Result](t)(x.Step(c.lr, batches...)), must[engine.Result](t)(y.Step(c.lr, batches...))
				if math.Abs(r.Total-s.Total) > 2e-5*math.Max(1, s.Total) || math.Abs(r.GradNorm-s.GradNorm) > 1e-4*s.GradNorm || r.N != s.N || r.Valid != s.Valid {
					t.Errorf("step %d: %+v, the CPU engine %+v", k, r, s)
				}
			}
			near(t, "weights", must[*weights.Set](t)(x.Weights()), must[*weights.Set](t)(y.Weights()), 2e-5)
			near(t, "state", must[*weights.Set](t)(x.State()), must[*weights.Set](t)(y.State()), 2e-5)
			b := enginetest.Batch("eval", "eval", a, 5, c.kind)
			out, want := must[*engine.Output](t)(x.Evaluate(b, c.optim.EMA > 0)), must[*engine.Output](t)(y.Evaluate(b, c.optim.EMA > 0))
			if math.Abs(out.Total-want.Total) > 1e-4 || len(out.Points) != len(want.Points) {
				t.Errorf("evaluation %+v, the CPU engine %+v", out.Parts, want.Parts)
			}
		})
	}
}

// A training that begins on one engine and continues on the other equals a training on one engine.
func TestResumeAcross(t *testing.T) { everywhere(t, testResumeAcross) }

func testResumeAcross(t *testing.T, o Options) {
	xla := on(o)
	a := built(t, "vit_mini_patch4_32", arch.Options{Classes: 3, PointOutputs: 2, Size: 8, DropPath: 0.5})
	cfg := engine.Config{Arch: a, Loss: loss.Config{Lambda: 5}, Optim: optim.Config{Kind: optim.AdamW, WeightDecay: 0.1, EMA: 0.9, Eps: 1e-3}, Seed: 7}
	for _, from := range []struct {
		name         string
		first, other enginetest.New
	}{{"from the CPU", cpu, xla}, {"to the CPU", xla, cpu}, {"on one", xla, xla}} {
		t.Run(from.name, func(t *testing.T) {
			e, other := made(t, from.first, cfg), made(t, from.other, cfg)
			for k := range 3 {
				must[engine.Result](t)(e.Step(1e-3, enginetest.Batch("b", fmt.Sprint(k), a, 4, "labels")))
			}
			if err := other.SetWeights(must[*weights.Set](t)(e.Weights())); err != nil {
				t.Fatal(err)
			}
			if err := other.SetState(must[*weights.Set](t)(e.State())); err != nil {
				t.Fatal(err)
			}
			for k := range 3 {
				b := enginetest.Batch("c", fmt.Sprint(k), a, 4, "labels")
				must[engine.Result](t)(e.Step(1e-3, b))
				must[engine.Result](t)(other.Step(1e-3, b))
			}
			near(t, "weights", must[*weights.Set](t)(other.Weights()), must[*weights.Set](t)(e.Weights()), 2e-5)
			near(t, "state", must[*weights.Set](t)(other.State()), must[*weights.Set](t)(e.State()), 2e-5)
			near(t, "average", must[*weights.Set](t)(other.Average()), must[*weights.Set](t)(e.Average()), 2e-5)
		})
	}
}

// A batch of bytes gives the same results as their normalised values, and a batch that was copied ahead the
// same as one that was not.
func TestPixelsAhead(t *testing.T) { everywhere(t, testPixelsAhead) }

func testPixelsAhead(t *testing.T, o Options) {
	a := built(t, "cnn3", arch.Options{Classes: 3, PointOutputs: 2, Size: 8})
	cfg := engine.Config{Arch: a, Loss: loss.Config{Lambda: 5}}
	bytes := enginetest.Batch("b", "b", a, 4, "labels")
	bytes.Images, bytes.Pixels = nil, make([]byte, 4*a.In().Len())
	for i := range bytes.Pixels {
		bytes.Pixels[i] = byte(i * 37)
	}
	floats := *bytes
	floats.Images, floats.Pixels = bytes.Values(nil), nil
	e := made(t, on(o), cfg).(*Engine)
	want, r, err := e.Gradients(&floats)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.SetWeights(a.Init(1)); err != nil { // the running statistics have moved
		t.Fatal(err)
	}
	// A batch may be copied while a validation runs and a checkpoint is made.
	copied := make(chan error)
	go func() { copied <- e.Ahead(bytes) }()
	must[*engine.Output](t)(e.Evaluate(&floats, false))
	must[*weights.Set](t)(e.Weights())
	must[*weights.Set](t)(e.State())
	if err := <-copied; err != nil {
		t.Fatal(err)
	}
	got, s, err := e.Gradients(bytes)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.ahead) != 0 {
		t.Error("a batch is kept after its use")
	}
	if math.Abs(r.Total-s.Total) > 1e-5 {
		t.Errorf("losses %g and %g", r.Total, s.Total)
	}
	near(t, "gradients", got, want, 1e-5)
	out, in := must[*engine.Output](t)(e.Evaluate(bytes, false)), must[*engine.Output](t)(e.Evaluate(&floats, false))
	if math.Abs(out.Total-in.Total) > 1e-5 {
		t.Errorf("evaluations %g and %g", out.Total, in.Total)
	}
	c := must[engine.Engine](t)(cpu(cfg))
	defer c.Close()
	if err := c.SetWeights(a.Init(1)); err != nil {
		t.Fatal(err)
	}
	cg, _, err := c.Gradients(bytes)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "gradients of the CPU engine", cg, want, 1e-5)
}

// Batches that are copied ahead together keep their own targets, although the memory that these are copied from is
// used again.
func TestTwoAhead(t *testing.T) { everywhere(t, testTwoAhead) }

func testTwoAhead(t *testing.T, o Options) {
	a := built(t, "cnn3", arch.Options{Classes: 3, PointOutputs: 6, Size: 8})
	cfg := engine.Config{Arch: a, Loss: loss.Config{Class: loss.Binary, Lambda: 5}}
	ahead, plain := made(t, on(o), cfg).(*Engine), made(t, on(o), cfg)
	batches := []*engine.Batch{enginetest.Batch("a", "a", a, 6, "multi"), enginetest.Batch("b", "b", a, 4, "multi")}
	for _, b := range batches {
		if err := ahead.Ahead(b); err != nil {
			t.Fatal(err)
		}
	}
	for k, b := range batches {
		r, s := must[engine.Result](t)(ahead.Step(0.01, b)), must[engine.Result](t)(plain.Step(0.01, b))
		if r != s {
			t.Errorf("step %d: %+v, without copying ahead %+v", k, r, s)
		}
	}
	near(t, "weights", must[*weights.Set](t)(ahead.Weights()), must[*weights.Set](t)(plain.Weights()), 0)
}

// The last batch of an evaluation, which is smaller, uses the graph of the others, and gives the same results
// as alone.
func TestLastBatch(t *testing.T) { everywhere(t, testLastBatch) }

func testLastBatch(t *testing.T, o Options) {
	a := built(t, "cnn3", arch.Options{Classes: 3, PointOutputs: 2, Size: 8})
	cfg := engine.Config{Arch: a, Loss: loss.Config{Lambda: 5}}
	e, alone := made(t, on(o), cfg).(*Engine), made(t, on(o), cfg)
	must[*engine.Output](t)(e.Evaluate(enginetest.Batch("a", "a", a, 6, "labels"), false))
	last := enginetest.Batch("b", "b", a, 2, "labels")
	got, want := must[*engine.Output](t)(e.Evaluate(last, false)), must[*engine.Output](t)(alone.Evaluate(last, false))
	if len(e.programs) != 1 {
		t.Errorf("%d graphs were compiled, want 1", len(e.programs))
	}
	if len(got.Logits) != len(want.Logits) || len(got.Points) != len(want.Points) || got.Parts.N != 2 {
		t.Fatalf("%d logits, %d point values of %d images; alone %d and %d", len(got.Logits), len(got.Points), got.Parts.N, len(want.Logits), len(want.Points))
	}
	for i := range want.Logits {
		if d := got.Logits[i] - want.Logits[i]; d > 1e-5 || d < -1e-5 {
			t.Errorf("logit %d is %g, alone %g", i, got.Logits[i], want.Logits[i])
		}
	}
	if d := got.Total - want.Total; d > 1e-5 || d < -1e-5 {
		t.Errorf("loss %g, alone %g", got.Total, want.Total)
	}
}

// With bfloat16 the loss and the gradient are close to those with float32, and the weights stay float32.
func TestBF16(t *testing.T) { everywhere(t, testBF16) }

func testBF16(t *testing.T, o Options) {
	o.Precision = BF16
	for _, name := range []string{"cnn3", "vit_mini_patch4_32"} {
		a := built(t, name, arch.Options{Classes: 3, PointOutputs: 2, Size: 8})
		cfg := engine.Config{Arch: a, Loss: loss.Config{Lambda: 5}, Optim: optim.Config{Momentum: 0.9}}
		x, y := made(t, on(o), cfg), made(t, cpu, cfg)
		b := enginetest.Batch("b", "b", a, 8, "labels")
		for k := range 2 {
			r, s := must[engine.Result](t)(x.Step(1e-3, b)), must[engine.Result](t)(y.Step(1e-3, b))
			if r.Total == s.Total || math.Abs(r.Total-s.Total) > 0.02*s.Total || math.Abs(r.GradNorm-s.GradNorm) > 0.05*s.GradNorm {
				t.Errorf("%s, step %d: loss %g, gradient %g; in float32 %g and %g", name, k, r.Total, r.GradNorm, s.Total, s.GradNorm)
			}
		}
		w := must[*weights.Set](t)(x.Weights())
		near(t, name, w, must[*weights.Set](t)(y.Weights()), 5e-3)
		head, _ := w.Get(a.Layers[a.Heads.Classes].Name + ".weight")
		fine := false // changes smaller than bfloat16's steps are kept
		for _, v := range head.Data {
			fine = fine || math.Float32bits(v)&0xffff != 0
		}
		if !fine {
			t.Errorf("%s: the weights are rounded", name)
		}
	}
}

// A step that diverges changes nothing, not even running statistics, and training can continue.
func TestNotFinite(t *testing.T) { everywhere(t, testNotFinite) }

func testNotFinite(t *testing.T, o Options) {
	a := built(t, "cnn3", arch.Options{Classes: 3, PointOutputs: 2, Size: 8})
	e := made(t, on(o), engine.Config{Arch: a, Optim: optim.Config{Momentum: 0.9, EMA: 0.5}})
	good := enginetest.Batch("b", "b", a, 4, "labels")
	must[engine.Result](t)(e.Step(0.1, good))
	weightsBefore, stateBefore := must[*weights.Set](t)(e.Weights()), must[*weights.Set](t)(e.State())
	bad := enginetest.Batch("b", "b", a, 4, "labels")
	bad.Images[5] = float32(math.NaN())
	if _, err := e.Step(0.1, bad); !errors.Is(err, engine.ErrNotFinite) {
		t.Errorf("error %v", err)
	}
	near(t, "weights", must[*weights.Set](t)(e.Weights()), weightsBefore, 0)
	near(t, "state", must[*weights.Set](t)(e.State()), stateBefore, 0)
	if s := must[*weights.Set](t)(e.State()); s.Metadata["steps"] != "1" {
		t.Errorf("%s steps", s.Metadata["steps"])
	}
	if _, err := e.Step(0.1, good, bad); !errors.Is(err, engine.ErrNotFinite) {
		t.Errorf("error of two batches: %v", err)
	}
	must[engine.Result](t)(e.Step(0.1, good))
}

func TestErrors(t *testing.T) {
	everywhere(t, func(t *testing.T, o Options) { enginetest.Errors(t, on(o)) })
	a := built(t, "cnn3", arch.Options{Classes: 3, PointOutputs: 2, Size: 8})
	for want, o := range map[string]Options{`precision "int8"`: {Precision: "int8"}, "2 devices: there are 1": {Devices: 2}} {
		o.Plugin = PureGo
		if _, err := New(engine.Config{Arch: a}, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// BenchmarkAllocations reports what Go allocates for a step with a batch that is copied ahead. The batch has 197 kB
// of pixels, and 80 classes with points, of 82 kB.
func BenchmarkAllocations(b *testing.B) {
	p, err := Find("")
	if err != nil {
		b.Skip("no PJRT plugin is installed here")
	}
	a, err := arch.New("cnn3", arch.Options{Classes: 80, PointOutputs: 160, Size: 32})
	if err != nil {
		b.Fatal(err)
	}
	e, err := New(engine.Config{Arch: a, Loss: loss.Config{Class: loss.Binary, Lambda: 5}}, Options{Plugin: p.Path, Devices: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	if err := e.SetWeights(a.Init(1)); err != nil {
		b.Fatal(err)
	}
	const n = 64
	batch := &engine.Batch{Pixels: make([]byte, n*a.In().Len()), Target: enginetest.Target("b", n, 80, 160, "multi")}
	step := func() {
		if err := e.Ahead(batch); err != nil {
			b.Fatal(err)
		}
		if _, err := e.Step(1e-4, batch); err != nil {
			b.Fatal(err)
		}
	}
	step() // compiles
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
}
