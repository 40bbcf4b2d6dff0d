package eval

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"abtool/eval/classes"
	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/engine/gorgonia"
	"abtool/train/loss"
	runs "abtool/train/run"
	"abtool/train/weights"
)

// keyList reads the names and shapes of a network of torchvision or timm, as state_dict has them.
func keyList(t *testing.T, name string) *weights.Set {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	set := weights.NewSet()
	for line := range strings.Lines(string(text)) {
		name, dims, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		shape, n := []int{}, 1
		if dims != "" {
			for _, d := range strings.Split(dims, "x") {
				v, err := strconv.Atoi(d)
				if err != nil {
					t.Fatal(err)
				}
				shape, n = append(shape, v), n*v
			}
		}
		set.Put(weights.Tensor{Name: name, Shape: shape, Data: make([]float32, n)})
	}
	return set
}

// changed returns a set with other names, values and shapes.
func changed(set *weights.Set, change func(*weights.Tensor)) *weights.Set {
	c := weights.NewSet()
	for _, t := range set.Tensors() {
		if change(&t); t.Name != "" {
			c.Put(t)
		}
	}
	return c
}

func prefixed(prefix string) func(*weights.Tensor) {
	return func(t *weights.Tensor) { t.Name = prefix + t.Name }
}

// The names of torchvision, timm and DeiT fit, and so do those that training scripts put a prefix before.
func TestFit(t *testing.T) {
	for _, c := range []struct{ file, arch, full string }{
		{"torchvision-resnet18", "resnet18", "resnet18"},
		{"torchvision-resnet50", "resnet50", "resnet50"},
		{"timm-deit_tiny_patch16_224", "deit_tiny_patch16_224", "vit_tiny_patch16_224"},
		{"timm-deit_tiny_patch16_224", "vit_ti", "vit_tiny_patch16_224"},
		{"torchvision-vit_b_16", "vit_b_16", "vit_base_patch16_224"},
		{"timm-deit_tiny_distilled_patch16_224", "deit_tiny_distilled_patch16_224", "vit_tiny_distilled_patch16_224"},
	} {
		set := keyList(t, c.file)
		for i, tensor := range set.Tensors() {
			for k := range tensor.Data {
				tensor.Data[k] = float32(i) + 1.125 // every tensor has its own value, and half of it is nobody's
			}
		}
		files := []*weights.Set{set}
		if c.arch == "resnet18" {
			for _, prefix := range []string{"module.", "module._orig_mod.", "backbone."} {
				files = append(files, changed(set, prefixed(prefix)))
			}
		}
		for _, file := range files {
			a, got, err := fit(c.arch, 0, file)
			if err != nil {
				t.Errorf("%s, first tensor %s: %v", c.file, file.Tensors()[0].Name, err)
				continue
			}
			if a.Name != c.full || a.Classes != 1000 || a.PointOutputs != 0 {
				t.Errorf("%s: %s with %d classes and %d outputs of the point head", c.file, a.Name, a.Classes, a.PointOutputs)
			}
			seen := map[float32]bool{}
			for _, tensor := range got.Tensors() {
				seen[tensor.Data[0]] = true
			}
			if len(seen) != got.Len() {
				t.Errorf("%s: %d tensors have %d values", c.file, got.Len(), len(seen))
			}
		}
	}
}

// The number of classes is the file's, a point head is left out, and the head has either name.
func TestFitHeads(t *testing.T) {
	full := keyList(t, "torchvision-resnet18")
	small := changed(full, func(t *weights.Tensor) {
		if last, ok := strings.CutPrefix(t.Name, "fc."); ok {
			t.Name = "head." + last
			t.Shape = slices.Clone(t.Shape)
			t.Data = t.Data[:len(t.Data)/1000*7]
			t.Shape[0] = 7
		}
	})
	small.Put(weights.Tensor{Name: "point_head.weight", Shape: []int{2, 512}, Data: make([]float32, 1024)})
	a, set, err := fit("resnet18", 0, small)
	if err != nil {
		t.Fatal(err)
	}
	if w, _ := set.Get("fc.weight"); a.Classes != 7 || fmt.Sprint(w.Shape) != "[7 512]" {
		t.Errorf("%d classes, fc.weight has %v", a.Classes, w.Shape)
	}
}

// Errors say which tensors do not fit, and why that may be.
func TestFitErrors(t *testing.T) {
	resnet, vit := keyList(t, "torchvision-resnet18"), keyList(t, "timm-deit_tiny_patch16_224")
	extra := func(set *weights.Set, names ...string) *weights.Set {
		c := set.Clone()
		for _, n := range names {
			c.Put(weights.Tensor{Name: n, Shape: []int{1}, Data: []float32{0}})
		}
		return c
	}
	for _, c := range []struct {
		arch string
		set  *weights.Set
		want []string
	}{
		{"resnet18", resnet.Without("layer4.1.conv2."), []string{"not in the file: layer4.1.conv2.weight"}},
		{"resnet18", resnet.Without("fc."), []string{"not in the file: fc.weight, fc.bias"}},
		{"resnet34", resnet, []string{"not in the file: layer1.2.conv1.weight"}},
		{"resnet18", extra(resnet, "layer4.1.se.weight"), []string{"not in the model: layer4.1.se.weight"}},
		{"resnet50", resnet, []string{"left out layer1.0.conv1.weight: its shape is [64 64 3 3], the model's [64 64 1 1]", "Is it another architecture?"}},
		{"vit_ti", extra(vit, "dist_token", "head_dist.weight"), []string{"not in the model: dist_token", "distilled DeiT"}},
		{"vit_ti", changed(vit, func(t *weights.Tensor) {
			if t.Name == "pos_embed" {
				t.Shape, t.Data = []int{1, 578, 192}, make([]float32, 578*192)
			}
		}), []string{"left out pos_embed: its shape is [1 578 192], the model's [1 197 192]", "another image size"}},
		{"deit_tiny_distilled_patch16_224", vit, []string{"not in the file: dist_token. It may be a DeiT without distillation"}},
		{"resnet18_distilled", resnet, []string{"only transformers have a token of distillation"}},
		{"vit_s", resnet, []string{"not in the file: patch_embed.proj.weight", "Hardly any name fits"}},
		{"resnet19", resnet, []string{"resnet19"}},
	} {
		_, _, err := fit(c.arch, 0, c.set)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", c.arch, err, want)
			}
		}
	}
}

// drawn returns the values in [-1, 1) that scripts/torch_vectors.py draws for a name.
func drawn(name string, n int) []float32 {
	x := uint32(2166136261)
	for i := range len(name) {
		x = (x ^ uint32(name[i])) * 16777619
	}
	out := make([]float32, n)
	for i := range out {
		x = 1664525*x + 1013904223
		out[i] = float32(x>>8)/(1<<23) - 1
	}
	return out
}

// Weights of timm's distilled transformer give the logits that timm computes: the mean of its two heads.
func TestDistilled(t *testing.T) {
	text, err := os.ReadFile("testdata/distilled.json")
	if err != nil {
		t.Fatal(err)
	}
	var timm struct {
		Tensors map[string][]int
		Logits  [][]float64
	}
	if err := json.Unmarshal(text, &timm); err != nil {
		t.Fatal(err)
	}
	file := weights.NewSet()
	for name, shape := range timm.Tensors {
		n := 1
		for _, d := range shape {
			n *= d
		}
		around, by := float32(0), float32(0.4)
		switch {
		case len(shape) == 1 && strings.HasSuffix(name, "weight"):
			around, by = 1, 0.2
		case len(shape) > 1 && !strings.HasSuffix(name, "_token") && name != "pos_embed":
			by = float32(math.Sqrt(3 / (float64(n) / float64(shape[0]))))
		}
		data := drawn(name, n)
		for i, v := range data {
			data[i] = around + by*v
		}
		file.Put(weights.Tensor{Name: name, Shape: shape, Data: data})
	}
	a, set, err := fit("vit_mini_distilled_patch4_32", 0, file)
	if err != nil {
		t.Fatal(err)
	}
	e, err := gorgonia.New(engine.Config{Arch: a})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.SetWeights(set); err != nil {
		t.Fatal(err)
	}
	out, err := e.Evaluate(&engine.Batch{Images: drawn("image/catalogue", 2*32*32*3), Target: loss.Target{N: 2}}, false)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range slices.Concat(timm.Logits...) {
		if math.Abs(float64(out.Logits[k])-want) > 1e-4 || len(out.Logits) != 20 {
			t.Errorf("logit %d is %v, and timm's %v", k, out.Logits[k], want)
		}
	}
	if _, err := a.Positions(); err == nil || !strings.Contains(err.Error(), "reads 2 tokens at once") {
		t.Errorf("maps of a head of two tokens: %v", err)
	}
}

// The size of the input is as given, or as the position embedding shows. A pooling that predicts its weights is taken
// from the file.
func TestFitSizes(t *testing.T) {
	vit := changed(keyList(t, "timm-deit_tiny_patch16_224"), func(t *weights.Tensor) {
		if t.Name == "pos_embed" {
			t.Shape, t.Data = []int{1, 577, 192}, make([]float32, 577*192)
		}
	})
	if a, _, err := fit("deit_tiny_patch16_224", 0, vit); err != nil || a.Size != 384 {
		t.Errorf("%+v, %v", a, err)
	}
	if _, _, err := fit("deit_tiny_patch16_224", 224, vit); err == nil || !strings.Contains(err.Error(), "another image size") {
		t.Error(err)
	}
	resnet := keyList(t, "torchvision-resnet18")
	if a, _, err := fit("resnet18", 288, resnet); err != nil || a.Size != 288 {
		t.Errorf("%+v, %v", a, err)
	}
	attend, err := arch.New("cnn3", arch.Options{Classes: 3, PointOutputs: 2, Attend: true})
	if err != nil {
		t.Fatal(err)
	}
	want := attend.Init(1)
	w, _ := want.Get("attention_pool.weight")
	copy(w.Data, []float32{1, 2, 3})
	a, got, err := fit("cnn3", 0, want)
	if err != nil || a.Layers[a.Features].Op != arch.AttendPool {
		t.Fatal(err)
	}
	if _, _, err := fit("vit_mini_patch4_32", 0, want); err == nil || !strings.Contains(err.Error(), "Hardly any name fits") {
		t.Errorf("the weights of another network: %v", err)
	}
	if w, _ := got.Get("attention_pool.weight"); w.Data[2] != 3 {
		t.Error("the weights of the pooling were not read")
	}
}

// A file that abtool export wrote says what it is of; options win, and notes say where the file says otherwise.
func TestFacts(t *testing.T) {
	small := func(facts map[string]string) string {
		a, err := arch.New("cnn3", arch.Options{Classes: 3})
		if err != nil {
			t.Fatal(err)
		}
		set := a.Init(1)
		set.Metadata = facts
		path := filepath.Join(t.TempDir(), "small.safetensors")
		if err := weights.WriteFile(path, set); err != nil {
			t.Fatal(err)
		}
		return path
	}
	list := filepath.Join(t.TempDir(), "classes.txt")
	if err := os.WriteFile(list, []byte("x\ny\nz\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	facts := map[string]string{"arch": "cnn3", "size": "48", "view": "squash:bicubic", "classes": `["a","b","c"]`}
	path := small(facts)
	for _, c := range []struct {
		o    NetworkOptions
		want string // architecture, size, view, classes, notes
	}{
		{NetworkOptions{}, "cnn3 (48 px) 48 squash:bicubic [a b c] []"},
		{NetworkOptions{Arch: "cnn3", Size: 48, View: "squash:bicubic"}, "cnn3 (48 px) 48 squash:bicubic [a b c] []"},
		{NetworkOptions{Size: 32}, "cnn3 32 resize-crop:36:bilinear [a b c] [" + path + " says that its input is 48 pixels, and 32 is used]"},
		{NetworkOptions{View: "crop"}, "cnn3 (48 px) 48 crop [a b c] [" + path + " says that its view is squash:bicubic, and crop is used]"},
		{NetworkOptions{Classes: list}, "cnn3 (48 px) 48 squash:bicubic [x y z] [" + path + " has other names of classes than " + list + ", and those of --classes are used]"},
	} {
		c.o.Weights = path
		n, err := Describe(c.o)
		if err != nil {
			t.Errorf("%+v: %v", c.o, err)
			continue
		}
		if got := fmt.Sprint(n.Arch, " ", n.View.Size, " ", n.View, " ", n.Classes, " ", n.Notes); got != c.want {
			t.Errorf("%+v:\n%s, want\n%s", c.o, got, c.want)
		}
	}
	for _, c := range []struct {
		facts map[string]string
		arch  string
		want  string
	}{
		{nil, "", "does not say which architecture it is of: give --arch NAME"},
		{facts, "cnn4", "The file says that it is of cnn3"},
		{map[string]string{"arch": "cnn3", "size": "wide"}, "", `has "wide" as the size`},
		{map[string]string{"arch": "cnn3", "classes": "a, b"}, "", "no list of classes"},
		{map[string]string{"arch": "cnn3", "classes": `["a"]`}, "", "has the names of 1 classes, and outputs for 3"},
		{map[string]string{"arch": "cnn3", "view": "wide", "classes": `["a","b","c"]`}, "", "says how images are viewed: unknown view"},
	} {
		if _, err := Describe(NetworkOptions{Weights: small(c.facts), Arch: c.arch}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.facts, err, c.want)
		}
	}
}

// weightsFile writes the weights of a small network and a file of its classes.
func weightsFile(t *testing.T, names []string) (path, list string) {
	t.Helper()
	a, err := arch.New("cnn5", arch.Options{Classes: len(names)})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path, list = filepath.Join(dir, "small.safetensors"), filepath.Join(dir, "classes.txt")
	if err := errors.Join(weights.WriteFile(path, a.Init(1)), os.WriteFile(list, []byte(strings.Join(names, "\n")+"\n"), 0o666)); err != nil {
		t.Fatal(err)
	}
	return path, list
}

// An echo answers the number of an output as its logit.
type echo struct {
	engine.Engine
	classes int
}

func (e echo) Name() string                  { return "echo" }
func (e echo) Close() error                  { return nil }
func (e echo) SetWeights(*weights.Set) error { return nil }

func (e echo) Evaluate(b *engine.Batch, _ bool) (*engine.Output, error) {
	out := &engine.Output{Logits: make([]float32, b.N*e.classes)}
	for i := range out.Logits {
		out.Logits[i] = float32(i % e.classes)
	}
	return out, nil
}

func newEcho(c engine.Config) (engine.Engine, error) { return echo{classes: c.Arch.Classes}, nil }

// A network with ImageNet's classes in another order answers in the order of their wnids.
func TestOrder(t *testing.T) {
	names := slices.Clone(classes.ImageNet())
	slices.Reverse(names)
	path, list := weightsFile(t, names)
	n, err := OpenNetwork(NetworkOptions{Arch: "cnn5", Weights: path, Classes: list, View: "resize-crop:80:bicubic", New: newEcho})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	logits, err := n.answer(make([]byte, 2*3*64*64), &n.View)
	if err != nil {
		t.Fatal(err)
	}
	if !n.ImageNet || !classes.IsImageNet(n.Classes) || len(logits) != 2000 || logits[0] != 999 || logits[1000] != 999 || logits[1003] != 996 {
		t.Errorf("%v, %s, logits begin with %v", n.ImageNet, n.Classes[0], logits[:3])
	}
	if n.Name != "small" || len(n.Weights) != 64 || n.View.String() != "resize-crop:80:bicubic" || n.View.Size != 64 {
		t.Errorf("%s, weights %s, view %s of %d", n.Name, n.Weights, n.View, n.View.Size)
	}
}

func TestOpenNetworkErrors(t *testing.T) {
	path, list := weightsFile(t, []string{"a", "b", "c"})
	dir := t.TempDir()
	text := func(name, s string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(s), 0o666); err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, c := range []struct {
		o    NetworkOptions
		want string
	}{
		{NetworkOptions{}, "give the network"},
		{NetworkOptions{Arch: "cnn5"}, "give the network"},
		{NetworkOptions{Run: "run", Arch: "cnn5"}, "either a RUN, or --arch"},
		{NetworkOptions{Run: dir}, "is not a run"},
		{NetworkOptions{Arch: "cnn5", Weights: path}, "has 3 classes: give their names with --classes"},
		{NetworkOptions{Arch: "cnn5", Weights: path, Classes: text("2", "a\nb\n")}, "it has 2 lines, but the network has 3 outputs"},
		{NetworkOptions{Arch: "cnn5", Weights: path, Classes: text("double", "a\nb\na\n")}, `lines 1 and 3 are both "a"`},
		{NetworkOptions{Arch: "cnn5", Weights: path, Classes: text("empty", "a\n\nb\n")}, "line 2 is empty"},
		{NetworkOptions{Arch: "cnn5", Weights: path, Classes: list, View: "resize"}, "unknown view"},
		{NetworkOptions{Arch: "cnn5", Weights: text("w.pth", "PK\x03\x04"+strings.Repeat("\x00", 22)+"\x0e\x00\x00\x00archive/data.pkl"+strings.Repeat("x", 100))}, "safetensors.torch.save_file"},
		{NetworkOptions{Arch: "cnn9", Weights: path}, "cnn9"},
	} {
		c.o.New = newEcho
		if n, err := OpenNetwork(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, %v, want %q", c.o, n, err, c.want)
		}
	}
	n, err := OpenNetwork(NetworkOptions{Arch: "cnn5", Weights: path, Classes: list, Name: "mine", New: newEcho})
	if err != nil || n.Name != "mine" || n.ImageNet || fmt.Sprint(n.Classes) != "[a b c]" || n.View.String() != "resize-crop:73:bilinear" {
		t.Errorf("%+v, %v", n, err)
	}
}

// A run has its classes and its view, and its point head does not matter.
func TestOpenRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mine")
	r := runs.Default()
	r.Arch, r.Supervision = "cnn5", "luab"
	a, err := arch.New("cnn5", arch.Options{Classes: 3, PointOutputs: 2})
	if err != nil {
		t.Fatal(err)
	}
	info, err := json.Marshal(runs.Info{Classes: []string{"a", "b", "c"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(
		os.Mkdir(dir, 0o777), os.WriteFile(filepath.Join(dir, "recipe.toml"), []byte(r.TOML()), 0o666),
		os.WriteFile(filepath.Join(dir, "run.json"), info, 0o666), weights.WriteFile(filepath.Join(dir, "last.safetensors"), a.Init(1)),
	); err != nil {
		t.Fatal(err)
	}
	n, err := OpenNetwork(NetworkOptions{Run: dir, New: func(c engine.Config) (engine.Engine, error) { return gorgonia.New(c) }})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	logits, err := n.answer(make([]byte, 3*64*64), &n.View)
	if err != nil || len(logits) != 3 || n.Name != "mine" || n.Arch != "cnn5" || fmt.Sprint(n.Classes) != "[a b c]" || n.View.String() != "resize-crop:73:bilinear" {
		t.Errorf("%+v, %d logits, %v", n, len(logits), err)
	}
	if sum, err := digest(filepath.Join(dir, "last.safetensors")); err != nil || n.Weights != sum {
		t.Errorf("%s, want %s, %v", n.Weights, sum, err)
	}
}
