//go:build xla

package xla

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"

	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/engine/enginetest"
	"abtool/train/loss"
	"abtool/train/optim"
	"abtool/train/weights"
)

// A file that is not a plugin gives an error with its name instead of a crash.
func TestNotAPlugin(t *testing.T) {
	dir := t.TempDir()
	text, missing := filepath.Join(dir, "text_cpu_plugin.so"), filepath.Join(dir, "missing_cpu_plugin.so")
	if err := os.WriteFile(text, []byte(strings.Repeat("not a library\n", 1000)), 0o666); err != nil {
		t.Fatal(err)
	}
	cuda := filepath.Join(dir, "xla_cuda_plugin.so")
	if err := os.Link(text, cuda); err != nil {
		t.Fatal(err)
	}
	a := built(t, "cnn3", arch.Options{Classes: 3, Size: 8})
	for path, want := range map[string]string{text: "invalid ELF header", cuda: "invalid ELF header", missing: "there is no PJRT plugin"} {
		_, err := New(engine.Config{Arch: a}, Options{Plugin: path})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want one with %q and the path", path, err, want)
		}
	}
}

// Devices that share a batch give the losses, gradients and running statistics of the whole batch.
func TestDevices(t *testing.T) {
	path := plugin(t)
	if !onCPU(path) {
		t.Skip("on GPUs, scripts/gpu-check compares devices")
	}
	const devices = 4
	for _, c := range []struct {
		arch, kind string
		batches    int
		optim      optim.Config
	}{
		{"resnet8", "labels", 1, optim.Config{Momentum: 0.9, WeightDecay: 1e-2, ClipNorm: 0.5, EMA: 0.9}},
		{"vit_mini_patch4_32", "soft", 1, optim.Config{Kind: optim.AdamW, WeightDecay: 0.1, Eps: 1e-3}},
		{"cnn3", "multi", 2, optim.Config{Kind: optim.AdamP, WeightDecay: 0.1, Eps: 1e-3}},
	} {
		t.Run(c.arch, func(t *testing.T) {
			outputs := 2
			if c.kind == "multi" {
				outputs = 6
			}
			a := built(t, c.arch, arch.Options{Classes: 3, PointOutputs: outputs, Size: 8})
			cfg := engine.Config{Arch: a, Loss: loss.Config{Lambda: 5}, Optim: c.optim, Seed: 7}
			if c.kind == "multi" {
				cfg.Loss.Class = loss.Binary
			}
			one := made(t, on(Options{Plugin: path, Precision: Float32, Devices: 1}), cfg)
			several := made(t, on(Options{Plugin: path, Precision: Float32, Devices: devices}), cfg)
			b := enginetest.Batch("b", "b", a, 2*devices, c.kind)
			g, r, err := one.Gradients(b)
			if err != nil {
				t.Fatal(err)
			}
			h, s, err := several.Gradients(b)
			if err != nil {
				t.Fatal(err)
			}
			if d := r.Total - s.Total; d > 1e-5 || d < -1e-5 || r.Valid != s.Valid {
				t.Errorf("%d devices: %+v, one: %+v", devices, s, r)
			}
			near(t, "gradients", h, g, 1e-5)
			for k := range 5 {
				var batches []*engine.Batch
				for j := range c.batches {
					name := fmt.Sprint(k, j)
					batches = append(batches, enginetest.Batch(name, name, a, devices*(j+1), c.kind))
				}
				r, s := must[engine.Result](t)(one.Step(0.01, batches...)), must[engine.Result](t)(several.Step(0.01, batches...))
				if d := r.Total - s.Total; d > 2e-5 || d < -2e-5 || r.Valid != s.Valid {
					t.Errorf("step %d: %d devices: %+v, one: %+v", k, devices, s, r)
				}
			}
			// The running statistics are among the weights.
			near(t, "weights", must[*weights.Set](t)(several.Weights()), must[*weights.Set](t)(one.Weights()), 2e-5)
			near(t, "state", must[*weights.Set](t)(several.State()), must[*weights.Set](t)(one.State()), 2e-5)
			eval := enginetest.Batch("eval", "eval", a, 5, c.kind) // not a multiple: evaluations are not shared
			x, y := must[*engine.Output](t)(one.Evaluate(eval, false)), must[*engine.Output](t)(several.Evaluate(eval, false))
			if d := x.Total - y.Total; d > 1e-4 || d < -1e-4 {
				t.Errorf("evaluation on %d devices: %g, on one: %g", devices, y.Total, x.Total)
			}
			if _, err := several.Step(0.01, eval); err == nil || !strings.Contains(err.Error(), "5 images cannot be shared equally by 4 devices") {
				t.Errorf("error %v", err)
			}
		})
	}
}

// Steps do not leak memory in the process or on the device, and the buffers that a step replaces are freed.
func TestNothingGrows(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of steps")
	}
	path := plugin(t)
	a := built(t, "cnn3", arch.Options{Classes: 3, PointOutputs: 2, Size: 8})
	e := made(t, on(Options{Plugin: path, Precision: Float32, Devices: 1}),
		engine.Config{Arch: a, Loss: loss.Config{Lambda: 5}, Optim: optim.Config{Momentum: 0.9, EMA: 0.9}}).(*Engine)
	b := enginetest.Batch("b", "b", a, 32, "labels") // 25 kB
	steps := func(n int) {
		for range n {
			if err := e.Ahead(b); err != nil {
				t.Fatal(err)
			}
			must[engine.Result](t)(e.Step(1e-4, b))
		}
	}
	steps(200)
	before := residentBytes(t)
	old := e.params[0].value.on[0]
	steps(2000)
	if err := old.ToFlatData(make([]float32, e.params[0].Len())); err == nil {
		t.Error("the weights before a step can still be read: they were not donated to it")
	}
	after := residentBytes(t)
	if grown := after - before; grown > 16<<20 {
		t.Errorf("2000 steps: %d MB more than after 200 (%d MB)", grown>>20, before>>20)
	}
	t.Logf("resident: %d MB after 200 steps, %d MB after 2200", before>>20, after>>20)
}

// residentBytes returns the memory of the process that is in RAM, after a collection.
func residentBytes(t *testing.T) int64 {
	t.Helper()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("memory in use: ", err)
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// One step of every network of the catalogue agrees with the CPU engine in loss, gradient's norm, weights
// and running statistics. Residual branches begin small, as in training, because with random ones the
// gradients of deep networks grow until rounding errors dominate.
func TestCatalogueStep(t *testing.T) {
	if testing.Short() {
		t.Skip("large networks take long to compile")
	}
	path := plugin(t)
	for _, spec := range arch.List() {
		t.Run(spec.Name, func(t *testing.T) {
			size := min(spec.Size, 64)
			a := built(t, spec.Name, arch.Options{Classes: 5, PointOutputs: 2, Size: size})
			cfg := engine.Config{Arch: a, Loss: loss.Config{Lambda: 5}, Optim: optim.Config{Momentum: 0.9, WeightDecay: 1e-4, ClipNorm: 1}}
			x, y := made(t, on(Options{Plugin: path, Precision: Float32, Devices: 1}), cfg), made(t, cpu, cfg)
			w := a.Init(1)
			for _, p := range w.Tensors() {
				if lastOfBranch.MatchString(p.Name) {
					for i := range p.Data {
						p.Data[i] *= 0.1
					}
				}
			}
			for _, e := range []engine.Engine{x, y} {
				if err := e.SetWeights(w); err != nil {
					t.Fatal(err)
				}
			}
			b := enginetest.Batch("b", "b", a, 8, "labels")
			r, s := must[engine.Result](t)(x.Step(0.01, b)), must[engine.Result](t)(y.Step(0.01, b))
			if d := (r.Total - s.Total) / s.Total; !(d < 1e-5 && d > -1e-5) {
				t.Errorf("loss %g, the CPU engine's %g", r.Total, s.Total)
			}
			if d := (r.GradNorm - s.GradNorm) / s.GradNorm; !(d < 1e-4 && d > -1e-4) {
				t.Errorf("gradient's norm %g, the CPU engine's %g", r.GradNorm, s.GradNorm)
			}
			near(t, "weights", must[*weights.Set](t)(x.Weights()), must[*weights.Set](t)(y.Weights()), 2e-5)
		})
	}
}

// lastOfBranch matches the scales of the normalisations that end residual branches: the second of basic
// blocks, the third of bottlenecks.
var lastOfBranch = regexp.MustCompile(`^layer\d\.\d+\.bn[23]\.weight$`)

// A batch for which the device has no memory is an error that says so, and the engine's process goes on.
func TestOutOfMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a network for a large batch")
	}
	path := plugin(t)
	if !onCPU(path) {
		t.Skip("other programs may use the GPU")
	}
	if mode, _ := os.ReadFile("/proc/sys/vm/overcommit_memory"); strings.TrimSpace(string(mode)) == "1" {
		t.Skip("this system promises memory that it does not have")
	}
	a := built(t, "resnet18", arch.Options{Classes: 3, PointOutputs: 2, Size: 224})
	const images = 4096 // of 600 MB, with activations of 200 GB
	e := made(t, on(Options{Plugin: path, Precision: Float32, Devices: 1}), engine.Config{Arch: a})
	b := &engine.Batch{Pixels: make([]byte, images*a.In().Len()), Target: enginetest.Target("b", images, 3, 2, "labels")}
	if _, err := e.Step(0.1, b); !errors.Is(err, engine.ErrMemory) {
		t.Errorf("error %v, want one that wraps engine.ErrMemory", err)
	}
}
