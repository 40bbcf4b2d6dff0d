package arch

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// The map [[1, 2], [3, 4]] and the point (¾, ¼), which is at the value 2.
func TestGuide(t *testing.T) {
	values := []float64{1, 2, 3, 4}
	for _, c := range []struct {
		alpha, sigma, x, y float64
		point              bool
		want               float64
	}{
		{1, 1e-3, 0.75, 0.25, true, 2}, {0.5, 1e-3, 0.75, 0.25, true, 2.25}, {0, 1e-3, 0.75, 0.25, true, 2.5},
		{1, 1e-3, 0.75, 0.25, false, 2.5}, {1, 1, 0.5, 0.5, true, 2.5}, {0.3, 7, 0.5, 0.5, true, 2.5},
	} {
		weights := make([]float32, 4)
		Layer{Alpha: c.alpha, Sigma: c.sigma}.Guide(c.x, c.y, c.point, 2, 2, weights)
		sum := 0.0
		for i, w := range weights {
			sum += float64(w) * values[i]
		}
		if math.Abs(sum-c.want) > 1e-6 {
			t.Errorf("%+v: %v with weights %v", c, sum, weights)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		rows, columns := 1+r.IntN(8), 1+r.IntN(8)
		weights := make([]float32, rows*columns)
		Layer{Alpha: r.Float64(), Sigma: 3 * r.Float64()}.Guide(r.Float64(), r.Float64(), true, rows, columns, weights)
		sum := 0.0
		for _, w := range weights {
			sum += float64(w)
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("weights sum to %v", sum)
		}
	}
}

func TestGuidedNetworks(t *testing.T) {
	a, err := New("resnet18", Options{PointOutputs: 2, Guide: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	if l := a.Layers[a.Features]; l.Alpha != 0.5 || l.Sigma != 1 {
		t.Errorf("the pooling is %+v", l)
	}
	if plain, _ := New("resnet18", Options{PointOutputs: 2}); plain.Count(true) != a.Count(true) {
		t.Error("guided pooling has parameters")
	}
	b, err := New("resnet50", Options{Attend: true})
	if err != nil {
		t.Fatal(err)
	}
	if plain, _ := New("resnet50", Options{}); b.Count(false) != plain.Count(false)+2049 {
		t.Errorf("a pooling that predicts its weights has %d parameters, want 2049", b.Count(false)-plain.Count(false))
	}
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"resnet18", Options{Guide: 0.5}, "needs one point"},
		{"resnet18", Options{Guide: 0.5, Classes: 3, PointOutputs: 6}, "needs one point"},
		{"resnet18", Options{Guide: 1.5, PointOutputs: 2}, "want 0 to 1"},
		{"resnet18", Options{Guide: 0.5, PointOutputs: 2, Attend: true}, "not both"},
		{"resnet18", Options{Classes: 3, PointOutputs: 6, Attend: true}, "one point in each image"},
		{"vit_mini_patch4_32", Options{Guide: 0.5, PointOutputs: 2}, "no average over positions"},
	} {
		if _, err := New(c.name, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %+v: %v, want %q", c.name, c.o, err, c.want)
		}
	}
}
