package arch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Networks have the sizes that torchvision's and timm's documentation publishes for 1000 classes.
func TestCounts(t *testing.T) {
	for name, want := range map[string]int{
		"resnet18": 11_689_512, "resnet34": 21_797_672, "resnet50": 25_557_032, "resnet101": 44_549_160, "resnet152": 60_192_808,
		"vit_ti": 5_717_416, "vit_s": 22_050_664, "vit_b": 86_567_656,
	} {
		a, err := New(name, Options{PointOutputs: 2})
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Count(false); got != want {
			t.Errorf("%s has %d parameters, want %d", name, got, want)
		}
		if got := a.Count(true); got != want+2*(a.Width()+1) {
			t.Errorf("%s with a point head has %d parameters", name, got)
		}
	}
}

// Names and shapes equal torchvision's state_dicts, whose digests scripts/torch_vectors.py computes.
func TestTorchvision(t *testing.T) {
	text, err := os.ReadFile("testdata/torchvision.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]struct {
		Tensors, Parameters int
		SHA256              string
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for name, w := range want {
		a, err := New(name, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, p := range a.Params() {
			lines = append(lines, fmt.Sprintf("%s [%s]\n", p.Name, strings.ReplaceAll(strings.Trim(fmt.Sprint(p.Shape), "[]"), " ", ", ")))
		}
		slices.Sort(lines)
		sum := sha256.Sum256([]byte(strings.Join(lines, "")))
		if got := hex.EncodeToString(sum[:]); got != w.SHA256 || len(lines) != w.Tensors || a.Count(true) != w.Parameters {
			t.Errorf("%s: %d tensors, %d parameters, digest %s; torchvision has %+v", name, len(lines), a.Count(true), got, w)
		}
	}
}

func TestNamesAndShapes(t *testing.T) {
	want := map[string]map[string][]int{
		"resnet18": {
			"conv1.weight": {64, 3, 7, 7}, "bn1.running_var": {64}, "layer1.0.conv1.weight": {64, 64, 3, 3},
			"layer2.0.downsample.0.weight": {128, 64, 1, 1}, "layer2.0.downsample.1.bias": {128},
			"layer4.1.bn2.weight": {512}, "fc.weight": {1000, 512}, "fc.bias": {1000}, "point_head.weight": {2, 512},
		},
		"resnet50": {
			"layer1.0.conv1.weight": {64, 64, 1, 1}, "layer1.0.conv3.weight": {256, 64, 1, 1}, "layer1.0.downsample.0.weight": {256, 64, 1, 1},
			"layer4.2.conv2.weight": {512, 512, 3, 3}, "layer3.5.bn3.running_mean": {1024}, "fc.weight": {1000, 2048},
		},
		"vit_tiny_patch16_224": {
			"cls_token": {1, 1, 192}, "pos_embed": {1, 197, 192}, "patch_embed.proj.weight": {192, 3, 16, 16}, "patch_embed.proj.bias": {192},
			"blocks.0.norm1.weight": {192}, "blocks.11.attn.qkv.weight": {576, 192}, "blocks.3.attn.proj.bias": {192},
			"blocks.5.mlp.fc1.weight": {768, 192}, "blocks.5.mlp.fc2.weight": {192, 768}, "norm.bias": {192}, "head.weight": {1000, 192},
		},
	}
	for name, params := range want {
		a, err := New(name, Options{PointOutputs: 2})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][]int{}
		for _, p := range a.Params() {
			if _, twice := got[p.Name]; twice {
				t.Errorf("%s: two parameters %s", name, p.Name)
			}
			got[p.Name] = p.Shape
		}
		for param, shape := range params {
			if d := cmp.Diff(shape, got[param]); d != "" {
				t.Errorf("%s %s: %s", name, param, d)
			}
		}
	}
}

func TestOutputs(t *testing.T) {
	for _, s := range List() {
		a, err := New(s.Name, Options{Classes: 5, PointOutputs: 10, DropPath: 0.1})
		if err != nil {
			t.Fatal(err)
		}
		shapes, err := a.Shapes()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]Shape{{5}, {10}}, []Shape{shapes[a.Heads.Classes], shapes[a.Heads.Points]}); d != "" {
			t.Errorf("%s: %s", s.Name, d)
		}
	}
	a, _ := New("resnet18", Options{})
	shapes, _ := a.Shapes()
	if d := cmp.Diff([]Shape{{7, 7, 512}, {512}, {1000}}, shapes[len(shapes)-3:]); d != "" {
		t.Error(d)
	}
}

func TestErrors(t *testing.T) {
	for want, o := range map[string]Options{
		"3 outputs":   {PointOutputs: 3},
		"positive":    {Classes: -1},
		"do not fit":  {Size: 8},
		"less than 1": {DropPath: 1},
	} {
		if _, err := New("vit_ti", o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := New("resnet19", Options{}); err == nil || !strings.Contains(err.Error(), "resnet18") {
		t.Error(err)
	}
}

func TestInit(t *testing.T) {
	one, _ := New("resnet10", Options{Classes: 10, PointOutputs: 2})
	two, _ := New("resnet10", Options{Classes: 20})
	a, b, c := one.Init(1), two.Init(1), one.Init(2)
	x, _ := a.Get("layer4.0.conv2.weight")
	y, _ := b.Get("layer4.0.conv2.weight")
	z, _ := c.Get("layer4.0.conv2.weight")
	if !slices.Equal(x.Data, y.Data) {
		t.Error("Init gives other layers other values if the head has another size")
	}
	if slices.Equal(x.Data, z.Data) {
		t.Error("Init gives the same values for two seeds")
	}
	if got, want := std(x.Data), math.Sqrt(2.0/(256*9)); math.Abs(got/want-1) > 0.01 {
		t.Errorf("standard deviation %g, want %g", got, want)
	}
	fc, _ := a.Get("fc.weight") // U(-b, b) has standard deviation b/√3
	if got, want := std(fc.Data), 1/math.Sqrt(3*256); math.Abs(got/want-1) > 0.05 {
		t.Errorf("fc: standard deviation %g, want %g", got, want)
	}
	if v, _ := a.Get("bn1.running_var"); v.Data[0] != 1 {
		t.Error("the running variance begins at", v.Data[0])
	}
	vit, _ := New("vit_mini_patch4_32", Options{})
	pos, _ := vit.Init(1).Get("pos_embed")
	if got := std(pos.Data); math.Abs(got/0.02-1) > 0.03 {
		t.Errorf("pos_embed: standard deviation %g, want 0.02", got)
	}
}

// Normalise computes (v/255 − mean)/std, channel by channel.
func TestNormalise(t *testing.T) {
	f := Normalise([]byte{0, 128, 255, 10, 20, 30, 1, 2, 3, 4, 5, 6}, nil)
	if len(f) != 12 || math.Abs(float64(f[3])-(10.0/255-0.485)/0.229) > 1e-6 || math.Abs(float64(f[2])-(1-0.406)/0.225) > 1e-6 {
		t.Errorf("%v", f)
	}
}

func std(x []float32) float64 {
	var s, q float64
	for _, v := range x {
		s += float64(v)
		q += float64(v) * float64(v)
	}
	n := float64(len(x))
	return math.Sqrt(q/n - s/n*s/n)
}
