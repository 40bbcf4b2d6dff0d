package export

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"abtool/train/arch"
	"abtool/train/weights"
)

func built(t *testing.T, name string, o arch.Options) (*arch.Arch, *weights.Set) {
	t.Helper()
	a, err := arch.New(name, o)
	if err != nil {
		t.Fatal(err)
	}
	return a, a.Init(1)
}

// names are what torchvision's and MMDetection's ResNets call their weights, without the class head.
var names = regexp.MustCompile(`^(conv1\.weight|bn1\.(weight|bias|running_mean|running_var)|` +
	`layer[1-4]\.\d+\.(conv[123]\.weight|bn[123]\.(weight|bias|running_mean|running_var)|` +
	`downsample\.(0\.weight|1\.(weight|bias|running_mean|running_var))))$`)

// ResNet-50 has 25,557,032 values, of which the class head has 2,049,000, and 53,120 running means and variances.
func TestFor(t *testing.T) {
	a, set := built(t, "resnet50", arch.Options{PointOutputs: 2})
	for _, c := range []struct {
		target                    Target
		whole                     bool
		prefix                    string
		tensors, trained, dropped int
	}{
		{Torchvision, false, "", 265, 23508032, 4}, {Torchvision, true, "backbone.body.", 265, 23508032, 4},
		{MMDetection, false, "", 265, 23508032, 4}, {MMDetection, true, "backbone.", 265, 23508032, 4},
		{Timm, false, "", 267, 25557032, 2},
	} {
		w, err := For(c.target, c.whole, a, set)
		if err != nil {
			t.Fatal(err)
		}
		if w.Tensors != c.tensors || w.Set.Len() != c.tensors || w.Trained != c.trained || w.Running != 53120 || len(w.Dropped) != c.dropped {
			t.Errorf("%s: %d tensors, %d trained, %d running, dropped %v", c.target, w.Tensors, w.Trained, w.Running, w.Dropped)
		}
		if c.target != Timm && w.Trained != a.Count(false)-2049000 {
			t.Errorf("%s: %d trained", c.target, w.Trained)
		}
		for _, tensor := range w.Set.Tensors() {
			name, ok := strings.CutPrefix(tensor.Name, c.prefix)
			if !ok || !names.MatchString(name) && !(c.target == Timm && strings.HasPrefix(name, "fc.")) {
				t.Errorf("%s: a name that it does not know: %s", c.target, tensor.Name)
			}
		}
	}
	if _, ok := set.Get("point_head.weight"); !ok || set.Len() != 269 {
		t.Error("For changed the network's weights")
	}
}

func TestForRefuses(t *testing.T) {
	a, set := built(t, "resnet18", arch.Options{Classes: 3})
	small, smallSet := built(t, "cnn3", arch.Options{Classes: 3})
	transformer, transformerSet := built(t, "vit_tiny_patch16_224", arch.Options{Classes: 3})
	grey, greySet := built(t, "resnet18", arch.Options{Classes: 3, Channels: 1})
	if _, err := For(Timm, false, transformer, transformerSet); err != nil {
		t.Error(err)
	}
	attend, attendSet := built(t, "resnet18", arch.Options{Classes: 3, Attend: true})
	if w, err := For(Torchvision, false, attend, attendSet); err != nil || w.Tensors != 100 || !slices.Contains(w.Dropped, "attention_pool.weight") {
		t.Errorf("a pooling that predicts its weights: %+v, %v", w, err)
	}
	other := weights.NewSet(set.Tensors()...)
	other.Put(weights.Tensor{Name: "conv1.weight", Shape: []int{1}, Data: []float32{1}})
	more := weights.NewSet(set.Tensors()...)
	more.Put(weights.Tensor{Name: "extra", Shape: []int{1}, Data: []float32{1}})
	for _, c := range []struct {
		target Target
		whole  bool
		a      *arch.Arch
		set    *weights.Set
		want   string
	}{
		{Torchvision, false, small, smallSet, "torchvision has no backbone cnn3; it has resnet18, resnet34"},
		{MMDetection, false, transformer, transformerSet, "no backbone vit_tiny"},
		{Timm, false, small, smallSet, "timm has no cnn3"},
		{Timm, false, attend, attendSet, "pooling predicts its weights"},
		{Timm, true, a, set, "timm has no detectors"},
		{Torchvision, false, grey, greySet, "has 1 channels"},
		{Torchvision, false, a, set.Without("layer2.0.bn1.bias"), "no layer2.0.bn1.bias"},
		{Torchvision, false, a, other, "conv1.weight has shape [1], but [64 3 7 7]"},
		{Torchvision, false, a, more, "extra, which resnet18 does not have"},
	} {
		if _, err := For(c.target, c.whole, c.a, c.set); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %s: %v, want %q", c.target, c.a.Name, err, c.want)
		}
	}
	if _, err := ParseTarget("detectron"); err == nil || !strings.Contains(err.Error(), "torchvision, mmdetection, timm or onnx") {
		t.Errorf("%v", err)
	}
}

func TestWrite(t *testing.T) {
	a, set := built(t, "resnet18", arch.Options{Classes: 3})
	dir := t.TempDir()
	w, err := For(Torchvision, true, a, set)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "b.safetensors")
	if err := w.Write(path); err != nil {
		t.Fatal(err)
	}
	got, err := weights.ReadFile(path)
	if err != nil || got.Len() != w.Tensors || got.Metadata["for"] != "torchvision" {
		t.Errorf("read %d tensors, want %d: %v", got.Len(), w.Tensors, err)
	}
	if err := w.Write(filepath.Join(dir, "b.bin")); err == nil || !strings.Contains(err.Error(), ".safetensors and .pth") {
		t.Errorf("another ending: %v", err)
	}
	if w, err = For(MMDetection, false, a, set); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(path); err == nil || !strings.Contains(err.Error(), "reads .pth only") {
		t.Errorf("safetensors for MMDetection: %v", err)
	}
}

// script loads a checkpoint into torchvision's networks and prints what is missing, and some values.
const script = `
import json, sys, torch, torchvision
from torchvision.ops import FrozenBatchNorm2d
d = torch.load(sys.argv[1])
m = torchvision.models.resnet18(norm_layer=FrozenBatchNorm2d)
r = m.load_state_dict(d, strict=False)
n = torchvision.models.resnet18()
s = n.load_state_dict(d, strict=False)
print(json.dumps({
    "missing": [list(r.missing_keys), [k for k in s.missing_keys if "num_batches" not in k]],
    "unexpected": [list(r.unexpected_keys), list(s.unexpected_keys)],
    "values": [float(m.conv1.weight.double().sum()), float(m.layer4[1].conv2.weight[3, 5, 1, 2]), float(m.bn1.running_var.sum())],
}))
`

// PyTorch must read the checkpoint, and its ResNet must miss only the class head.
func TestTorch(t *testing.T) {
	python := ""
	for _, p := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(p, "-c", "import torchvision").Run() == nil {
			python = p
			break
		}
	}
	if python == "" {
		t.Skip("torchvision is not installed here: python3-torchvision in Debian")
	}
	a, set := built(t, "resnet18", arch.Options{PointOutputs: 2})
	w, err := For(Torchvision, false, a, set)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "backbone.pth")
	if err := w.Write(path); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-W", "ignore", "-c", script, path)
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Missing, Unexpected [][]string
		Values              []float64
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	for _, missing := range got.Missing {
		if !slices.Equal(missing, []string{"fc.weight", "fc.bias"}) {
			t.Errorf("missing: %v", missing)
		}
	}
	if fmt.Sprint(got.Unexpected) != "[[] []]" {
		t.Errorf("unexpected: %v", got.Unexpected)
	}
	conv, _ := set.Get("conv1.weight")
	sum := 0.0
	for _, v := range conv.Data {
		sum += float64(v)
	}
	last, _ := set.Get("layer4.1.conv2.weight")
	want := []float64{sum, float64(last.Data[((3*512+5)*3+1)*3+2]), 64}
	for i, v := range want {
		if d := got.Values[i] - v; d > 1e-9 || d < -1e-9 {
			t.Errorf("value %d is %v, want %v", i, got.Values[i], v)
		}
	}
}
