package loss_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"abtool/train/engine/enginetest"
	"abtool/train/internal/draw"
	"abtool/train/loss"
)

func scaled(name string, n int) []float32 {
	v := draw.Values(name, n)
	for i := range v {
		v[i] *= 3
	}
	return v
}

// Losses and gradients agree with PyTorch's, which scripts/torch_vectors.py computes.
func TestTorch(t *testing.T) {
	text, err := os.ReadFile("testdata/torch.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases map[string]struct {
		Config struct {
			Class                   loss.Class
			Lambda, Smoothing, Beta float64
		}
		Kind                string
		Outputs             int
		Total, Class, Point float64
		DLogits, DPoints    []float64
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for name, c := range cases {
		cfg := loss.Config{Class: c.Config.Class, Lambda: c.Config.Lambda, LabelSmoothing: c.Config.Smoothing, Beta: c.Config.Beta}
		target := enginetest.Target(name, 5, 4, c.Outputs, c.Kind)
		if err := target.Check(cfg, 4, c.Outputs); err != nil {
			t.Fatal(err)
		}
		logits, points := scaled(name+"/logits", 20), scaled(name+"/h", 5*c.Outputs)
		dlogits, dpoints := make([]float32, len(logits)), make([]float32, len(points))
		p := cfg.Eval(target, logits, points, dlogits, dpoints)
		near(t, name+" total", p.Total, c.Total, 1e-7)
		near(t, name+" class", p.Class, c.Class, 1e-7)
		near(t, name+" point", p.Point, c.Point, 1e-7)
		for i, want := range c.DLogits {
			near(t, name+" gradient at the logits", float64(dlogits[i]), want, 1e-7)
		}
		for i, want := range c.DPoints {
			near(t, name+" gradient at the points", float64(dpoints[i]), want, 1e-7)
		}
	}
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if d := math.Abs(got - want); !(d <= tolerance*math.Max(1, math.Abs(want))) {
		t.Errorf("%s is %.9g, want %.9g", what, got, want)
	}
}

// A batch's loss is the mean of its images' losses, however it is split and whichever images have points.
func TestSplit(t *testing.T) {
	cfg := loss.Config{Lambda: 10}
	target := enginetest.Target("split", 6, 3, 2, "labels")
	target.Valid = []bool{true, false, false, true, false, false}
	logits, points := scaled("l", 18), scaled("h", 12)
	whole := cfg.Eval(target, logits, points, nil, nil)
	sum := 0.0
	for b := range 6 {
		one := loss.Target{N: 1, Labels: target.Labels[b : b+1], Points: target.Points[2*b : 2*b+2], Valid: target.Valid[b : b+1]}
		sum += cfg.Eval(one, logits[3*b:3*b+3], points[2*b:2*b+2], nil, nil).Total
	}
	near(t, "sum of images", sum/6, whole.Total, 1e-12)

	// The same from points after the sigmoid, image by image.
	for i, v := range points {
		points[i] = float32(loss.Sigmoid(float64(v)))
	}
	class, point := cfg.Images(target, logits, points)
	sum = 0
	for b := range 6 {
		sum += class[b]
		if math.IsNaN(point[b]) == target.Valid[b] {
			t.Errorf("image %d has a point: %v, and point loss %v", b, target.Valid[b], point[b])
		}
		if target.Valid[b] {
			sum += cfg.Lambda * point[b]
		}
	}
	near(t, "losses of images", sum/6, whole.Total, 1e-6)
	if whole.Valid != 2 || whole.N != 6 {
		t.Errorf("%d of %d images have points", whole.Valid, whole.N)
	}
}

func TestExtremes(t *testing.T) {
	for _, c := range []loss.Config{{}, {Class: loss.Binary}} {
		target := loss.Target{N: 1, Classes: []float32{1, 0}}
		d := make([]float32, 2)
		p := c.Eval(target, []float32{-1e4, 1e4}, nil, d, nil)
		if math.IsNaN(p.Total) || math.IsInf(p.Total, 0) || d[0] >= 0 || d[1] <= 0 {
			t.Errorf("%v: loss %g, gradient %v", c.Class, p.Total, d)
		}
	}
}

func TestCheck(t *testing.T) {
	ok := loss.Target{N: 2, Labels: []int32{0, 1}, Points: []float32{0, 1, 9, 9}, Valid: []bool{true, false}}
	if err := ok.Check(loss.Config{}, 2, 2); err != nil {
		t.Error(err)
	}
	nan := float32(math.NaN())
	for want, target := range map[string]loss.Target{
		"2 labels for 3": {N: 3, Labels: []int32{0, 1}},
		"has label 2":    {N: 1, Labels: []int32{2}},
		"0 class values": {N: 1},
		"validity flags": {N: 1, Labels: []int32{0}, Valid: []bool{true, true}},
		"point values":   {N: 1, Labels: []int32{0}, Valid: []bool{true}},
		"point (NaN, 0)": {N: 1, Labels: []int32{0}, Valid: []bool{true}, Points: []float32{nan, 0}},
		"point (1.5, 0)": {N: 1, Labels: []int32{0}, Valid: []bool{true}, Points: []float32{1.5, 0}},
	} {
		if err := target.Check(loss.Config{}, 2, 2); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	for want, c := range map[string]loss.Config{
		"unknown class loss": {Class: "mse"}, "not in [0, 1)": {LabelSmoothing: 1}, "only with cross-entropy": {Class: loss.Binary, LabelSmoothing: 0.1},
		"lambda": {Lambda: -1}, "threshold": {Beta: math.Inf(1)},
	} {
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
