package optim

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"abtool/train/internal/draw"
)

func fixture(t *testing.T, name string, v any) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if d := math.Abs(got - want); !(d <= tolerance*math.Max(1, math.Abs(want))) {
		t.Errorf("%s is %.9g, want %.9g", what, got, want)
	}
}

func testParams() []Param {
	ps := []Param{{Name: "a", Shape: []int{4, 6}, Decay: true}, {Name: "b", Shape: []int{6}}, {Name: "c", Shape: []int{3, 2, 2, 2}, Decay: true}}
	for i, p := range ps {
		n := 1
		for _, d := range p.Shape {
			n *= d
		}
		ps[i].Value = draw.Values(p.Name, n)
	}
	return ps
}

// gradients draws the gradients of a step. Invariant ones are orthogonal to a by channel and to c as a whole.
func gradients(ps []Param, step int, invariant bool) {
	for i, p := range ps {
		ps[i].Grad = draw.Values(fmt.Sprintf("%s/%d", p.Name, step), len(p.Value))
		if invariant && p.Name != "b" {
			rows := 1
			if p.Name == "a" {
				rows = 4
			}
			width := len(p.Value) / rows
			for r := range rows {
				w, g := p.Value[r*width:(r+1)*width], ps[i].Grad[r*width:(r+1)*width]
				along := float32(dot(w, g) / dot(w, w))
				for k := range g {
					g[k] -= along * w[k]
				}
			}
		}
	}
}

// Steps agree with PyTorch's, which scripts/torch_vectors.py computes.
func TestTorch(t *testing.T) {
	var cases map[string]struct {
		Config struct {
			Kind                                         Kind
			LR, Decay, Momentum, Beta1, Beta2, Eps, Clip float64
			Nesterov, Invariant                          bool
			DecayAll                                     bool `json:"decay_all"`
		}
		Norms  []float64
		Values map[string][]float64
	}
	fixture(t, "torch.json", &cases)
	for name, c := range cases {
		f := c.Config
		cfg := Config{Kind: f.Kind, WeightDecay: f.Decay, Momentum: f.Momentum, Nesterov: f.Nesterov, Beta1: f.Beta1, Beta2: f.Beta2,
			Eps: f.Eps, ClipNorm: f.Clip, DecayAll: f.DecayAll}
		ps := testParams()
		o, err := New(cfg, ps)
		if err != nil {
			t.Fatal(err)
		}
		o.Workers = 2
		for step, norm := range c.Norms {
			gradients(ps, step, f.Invariant)
			near(t, name+" norm", o.Clip(ps), norm, 1e-6)
			o.Step(ps, f.LR)
		}
		for _, p := range ps {
			for k, want := range c.Values[p.Name] {
				near(t, fmt.Sprintf("%s %s[%d]", name, p.Name, k), float64(p.Value[k]), want, 2e-6)
			}
		}
	}
}

func TestRates(t *testing.T) {
	var want map[string][]float64
	fixture(t, "rates.json", &want)
	for name, s := range map[string]Schedule{
		"cosine":        {Kind: Cosine, Base: 0.4, Steps: 20, Final: 0.01},
		"step":          {Kind: Steps, Base: 0.4, Milestones: []int{5, 12}},
		"warmup cosine": {Kind: Cosine, Base: 0.4, Steps: 20, Warmup: 5, WarmupFrom: 0.004},
	} {
		for step, w := range want[name] {
			near(t, fmt.Sprintf("%s at %d", name, step), s.At(step), w, 1e-8)
		}
	}
	if got := (Schedule{Base: 0.3}).At(7); got != 0.3 {
		t.Error("constant:", got)
	}
}

// Resuming from a state gives the same bits.
func TestState(t *testing.T) {
	for _, kind := range []Kind{SGD, AdamW, AdamP} {
		cfg := Config{Kind: kind, WeightDecay: 0.1}
		if kind == SGD {
			cfg.Momentum = 0.9
		}
		ps := testParams()
		o, _ := New(cfg, ps)
		run := func(o *Optimizer, ps []Param, from, to int) {
			for step := from; step < to; step++ {
				gradients(ps, step, false)
				o.Step(ps, 0.01)
			}
		}
		run(o, ps, 0, 4)
		state := o.State(ps).Clone()
		resumed := testParams()
		for i := range resumed {
			copy(resumed[i].Value, ps[i].Value)
		}
		run(o, ps, 4, 8)
		other, _ := New(cfg, resumed)
		for _, to := range other.State(resumed).Tensors() {
			from, _ := state.Get(to.Name)
			copy(to.Data, from.Data)
		}
		other.SetSteps(4)
		run(other, resumed, 4, 8)
		for i := range ps {
			if d := cmp.Diff(ps[i].Value, resumed[i].Value); d != "" {
				t.Errorf("%s: %s", kind, d)
			}
		}
	}
}

func TestAverage(t *testing.T) {
	o, _ := New(Config{EMA: 0.75}, nil)
	ema := [][]float32{{1, 0}}
	o.Average(ema, [][]float32{{5, 4}})
	if d := cmp.Diff([][]float32{{2, 1}}, ema); d != "" {
		t.Error(d)
	}
}

func TestNotFinite(t *testing.T) {
	ps := testParams()
	gradients(ps, 0, false)
	ps[1].Grad[2] = float32(math.Inf(1))
	o, _ := New(Config{ClipNorm: 1}, ps)
	before := ps[0].Grad[0]
	if norm := o.Clip(ps); !math.IsInf(norm, 1) || ps[0].Grad[0] != before {
		t.Errorf("norm %g, gradient %g", norm, ps[0].Grad[0])
	}
}

func TestCheck(t *testing.T) {
	for want, c := range map[string]Config{
		"unknown optimiser": {Kind: "lion"}, "momentum": {Momentum: 1}, "weight decay": {WeightDecay: -1}, "beta2": {Beta2: 1.5},
		"nesterov": {Nesterov: true}, "EMA": {EMA: 1}, "norm": {ClipNorm: math.NaN()},
	} {
		if _, err := New(c, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	for want, s := range map[string]Schedule{
		"unknown schedule": {Kind: "linear", Base: 1}, "not positive": {}, "does not fit": {Kind: Cosine, Base: 1, Steps: 5, Warmup: 5}, "negative": {Base: 1, Final: -1},
	} {
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
