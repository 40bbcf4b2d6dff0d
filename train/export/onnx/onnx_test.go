package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/engine/gorgonia"
	"abtool/train/loss"
	"abtool/train/weights"
)

// networks are architectures that have every layer, and each of the published ones.
var networks = []struct {
	name string
	o    arch.Options
}{
	{"cnn3", arch.Options{Classes: 5, Attend: true, PointOutputs: 2, Size: 24}},
	{"cnn5", arch.Options{Classes: 3, PointOutputs: 6, Size: 40}},
	{"vit_mini_patch4_32", arch.Options{Classes: 4, PointOutputs: 2, DropPath: 0.1}},
	{"vit_mini_patch8_64", arch.Options{Classes: 4, Distilled: true, Size: 32}},
	{"resnet10", arch.Options{Classes: 3, Guide: 0.5, PointOutputs: 2, Size: 32}},
	{"resnet18", arch.Options{Classes: 7, PointOutputs: 2, Size: 64}},
	{"resnet34", arch.Options{Classes: 7, Size: 32}},
	{"resnet50", arch.Options{Classes: 7, PointOutputs: 2, Size: 32}},
	{"resnet101", arch.Options{Classes: 7, Size: 32}},
	{"resnet152", arch.Options{Classes: 7, Size: 32}},
	{"vit_tiny_patch16_224", arch.Options{Classes: 7, PointOutputs: 2, Size: 48}},
	{"vit_small_patch16_224", arch.Options{Classes: 7, Size: 32}},
	{"vit_base_patch16_224", arch.Options{Classes: 7, Size: 32}},
}

// random returns weights without a bias of 0 or a scale of 1.
func random(a *arch.Arch) *weights.Set {
	set := a.Init(3)
	r := rand.New(rand.NewPCG(5, 6))
	for _, t := range set.Tensors() {
		for i := range t.Data {
			if strings.HasSuffix(t.Name, "running_var") {
				t.Data[i] = 0.5 + r.Float32()
			} else {
				t.Data[i] += 0.05 * float32(r.NormFloat64())
			}
		}
	}
	return set
}

// fields calls f with each field of a message.
func fields(t *testing.T, b []byte, f func(n protowire.Number, value []byte)) {
	t.Helper()
	for len(b) > 0 {
		n, kind, used := protowire.ConsumeTag(b)
		if used < 0 {
			t.Fatal(protowire.ParseError(used))
		}
		b = b[used:]
		length := protowire.ConsumeFieldValue(n, kind, b)
		if length < 0 {
			t.Fatal(protowire.ParseError(length))
		}
		value := b[:length]
		if kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(value)
		}
		f(n, value)
		b = b[length:]
	}
}

// Every input of an operator is a constant, the image, or the output of an earlier operator, and every constant is used.
func TestGraph(t *testing.T) {
	for _, network := range networks {
		a, err := arch.New(network.name, network.o)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "model.onnx")
		if err := Write(path, a, a.Zeros(), map[string]string{"b": "2", "a": "1"}); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var graph []byte
		var texts []string
		fields(t, b, func(n protowire.Number, v []byte) {
			switch n {
			case 7:
				graph = v
			case 14:
				fields(t, v, func(_ protowire.Number, v []byte) { texts = append(texts, string(v)) })
			}
		})
		if strings.Join(texts, " ") != "a 1 b 2 mean 0.485 0.456 0.406 std 0.229 0.224 0.225" {
			t.Errorf("%s: metadata %q", network.name, texts)
		}
		known, used, values := map[string]bool{}, map[string]bool{}, 0
		fields(t, graph, func(n protowire.Number, v []byte) {
			switch n {
			case 5:
				fields(t, v, func(n protowire.Number, v []byte) {
					switch n {
					case 8:
						known[string(v)] = true
					case 9:
						values += len(v)
					}
				})
			case 11:
				known[Image] = true
			}
		})
		if want := 4 * a.Count(true); values < want {
			t.Errorf("%s: constants of %d bytes, and its weights have %d", network.name, values, want)
		}
		fields(t, graph, func(n protowire.Number, v []byte) {
			if n != 1 {
				return
			}
			fields(t, v, func(n protowire.Number, v []byte) {
				switch name := string(v); n {
				case 1:
					used[name] = true
					if !known[name] {
						t.Errorf("%s: an operator reads %s, which comes later or never", network.name, name)
					}
				case 2:
					if known[name] {
						t.Errorf("%s: two operators write %s", network.name, name)
					}
					known[name] = true
				}
			})
		})
		used[Logits], used[Points] = true, true
		for name := range known {
			if !used[name] {
				t.Errorf("%s: no operator reads %s", network.name, name)
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	a, err := arch.New("cnn3", arch.Options{Classes: 2})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.onnx")
	if err := Write(path, a, weights.NewSet(), nil); err == nil || !strings.Contains(err.Error(), "the weights of cnn3 have no conv1.weight") {
		t.Errorf("without weights: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was left")
	}
}

// program runs a model on the values of a file, and writes its outputs to files.
const program = `
import sys
import numpy as np, onnxruntime
try:
    import onnx
    onnx.checker.check_model(sys.argv[1], full_check=True)
except ImportError:
    pass
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
x = np.fromfile(sys.argv[2], np.float32).reshape([int(v) for v in sys.argv[3].split(",")])
for o, v in zip(session.get_outputs(), session.run(None, {"image": x})):
    v.tofile(sys.argv[2] + "." + o.name)
`

// onnxruntime must return what the engine returns, for each architecture and any number of images.
func TestRuntime(t *testing.T) {
	if exec.Command("python3", "-c", "import onnxruntime").Run() != nil {
		t.Skip("python3 has no onnxruntime here: put an environment that has it first in PATH")
	}
	for _, network := range networks {
		a, err := arch.New(network.name, network.o)
		if err != nil {
			t.Fatal(err)
		}
		set := random(a)
		const images = 3
		b := &engine.Batch{Pixels: make([]byte, images*a.Size*a.Size*3), Target: loss.Target{N: images}}
		r := rand.New(rand.NewPCG(1, 2))
		for i := range b.Pixels {
			b.Pixels[i] = byte(r.IntN(256))
		}
		e, err := gorgonia.New(engine.Config{Arch: a, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.SetWeights(set); err != nil {
			t.Fatal(err)
		}
		want, err := e.Evaluate(b, false)
		if err != nil {
			t.Fatal(err)
		}
		wants := map[string][]float32{Logits: append([]float32{}, want.Logits...)}
		if a.Heads.Points >= 0 {
			wants[Points] = append([]float32{}, want.Points...)
		}
		e.Close()

		dir := t.TempDir()
		model, input := filepath.Join(dir, "model.onnx"), filepath.Join(dir, "input")
		if err := Write(model, a, set, nil); err != nil {
			t.Fatal(err)
		}
		normal, planes := arch.Normalise(b.Pixels, nil), make([]byte, 0, 4*len(b.Pixels))
		for image := range images {
			for c := range 3 {
				for i := range a.Size * a.Size {
					planes = binary.LittleEndian.AppendUint32(planes, math.Float32bits(normal[(image*a.Size*a.Size+i)*3+c]))
				}
			}
		}
		if err := os.WriteFile(input, planes, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("python3", "-c", program, model, input, fmt.Sprintf("%d,3,%d,%[2]d", images, a.Size)).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", network.name, err, out)
		}
		for name, want := range wants {
			got, err := os.ReadFile(input + "." + name)
			if err != nil || len(got) != 4*len(want) {
				t.Errorf("%s: %s has %d bytes, want %d: %v", network.name, name, len(got), 4*len(want), err)
				continue
			}
			largest, worst := 0.0, 0.0
			for i, v := range want {
				largest = max(largest, math.Abs(float64(v)))
				worst = max(worst, math.Abs(float64(v-math.Float32frombits(binary.LittleEndian.Uint32(got[4*i:])))))
			}
			if largest == 0 || worst > 1e-4*max(1, largest) {
				t.Errorf("%s: %s differ by %g, and are up to %g", network.name, name, worst, largest)
			}
		}
	}
}
