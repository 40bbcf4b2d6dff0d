//go:build xla

package xla

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/engine/enginetest"
	"abtool/train/loss"
	"abtool/train/optim"
	"abtool/train/weights"
)

// What is not a plugin is a message that names the file, not a crash.
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
			if _, err := several.Step(0.01, eval); err == nil || !strings.Contains(err.Error(), "5 images cannot be shared by 4 devices") {
				t.Errorf("error %v", err)
			}
		})
	}
}
