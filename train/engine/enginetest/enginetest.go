// Package enginetest compares an engine with PyTorch: one step and ten steps of small networks that use
// every kind of layer, with both heads, masks and several labels. scripts/torch_vectors.py computes the
// expected values in float64.
package enginetest

import (
	"embed"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/internal/draw"
	"abtool/train/loss"
	"abtool/train/optim"
	"abtool/train/weights"
)

//go:embed testdata
var testdata embed.FS

// New returns the engine under test.
type New func(engine.Config) (engine.Engine, error)

// vector is a fixture: a training and what PyTorch computed for it.
type vector struct {
	Loss struct {
		Class                   string
		Lambda, Smoothing, Beta float64
	}
	Optim struct {
		Kind                                string
		LR, Momentum, Decay, Clip, EMA, Eps float64
		Nesterov                            bool
	}
	Images, Size, Channels, Classes, Outputs int
	Kind                                     string
	Steps                                    []struct{ Total, Class, Point, Norm float64 }
	Gradients, Weights1, Weights10, EMA10    map[string]summary
	Logits, Points                           *summary
}

// summary describes a tensor of PyTorch's by its norm, a product and some values.
type summary struct {
	Norm, Dot float64
	First     []float64
}

func (v vector) config(a *arch.Arch) engine.Config {
	return engine.Config{
		Arch: a,
		Loss: loss.Config{Class: loss.Class(v.Loss.Class), Lambda: v.Loss.Lambda, LabelSmoothing: v.Loss.Smoothing, Beta: v.Loss.Beta},
		Optim: optim.Config{Kind: optim.Kind(v.Optim.Kind), Momentum: v.Optim.Momentum, WeightDecay: v.Optim.Decay, Nesterov: v.Optim.Nesterov,
			ClipNorm: v.Optim.Clip, EMA: v.Optim.EMA, Eps: v.Optim.Eps},
	}
}

// Batch returns a batch with the same values as the fixtures' script; kind is labels, multi or soft.
func Batch(image, target string, a *arch.Arch, n int, kind string) *engine.Batch {
	b := &engine.Batch{Images: draw.Values("image/"+image, n*a.In().Len())}
	b.Target = Target(target, n, a.Classes, a.PointOutputs, kind)
	return b
}

// Target returns targets with the same values as the fixtures' script.
func Target(name string, n, classes, outputs int, kind string) loss.Target {
	t := loss.Target{N: n}
	switch kind {
	case "labels":
		for _, v := range draw.Values(name+"/labels", n) {
			t.Labels = append(t.Labels, int32((float64(v)+1)/2*float64(classes)))
		}
	case "multi":
		for _, v := range draw.Values(name+"/classes", n*classes) {
			present := float32(0)
			if v > 0 {
				present = 1
			}
			t.Classes = append(t.Classes, present)
		}
	case "soft":
		t.Classes = distributions(draw.Values(name+"/classes", n*classes), classes)
	}
	if outputs == 0 {
		return t
	}
	for _, v := range draw.Values(name+"/points", n*outputs) {
		t.Points = append(t.Points, (v+1)/2)
	}
	for i, v := range draw.Values(name+"/valid", n*outputs/2) {
		t.Valid = append(t.Valid, v > -0.3 && (kind != "multi" || outputs == 2 || t.Classes[i] > 0))
	}
	return t
}

func distributions(v []float32, classes int) []float32 {
	out := make([]float32, len(v))
	for at := 0; at < len(v); at += classes {
		sum := 0.0
		for _, q := range v[at : at+classes] {
			sum += math.Abs(float64(q)) + 0.01
		}
		for i, q := range v[at : at+classes] {
			out[at+i] = float32((math.Abs(float64(q)) + 0.01) / sum)
		}
	}
	return out
}

// Weights returns initial weights with the same values as the fixtures' script.
func Weights(a *arch.Arch) *weights.Set {
	return initial(a, func(arch.Param) float32 { return 0.4 })
}

// byFan returns Weights, but scales those of convolutions and linear layers by their fan-in, so that the
// values of deep networks stay in range.
func byFan(a *arch.Arch) *weights.Set {
	return initial(a, func(p arch.Param) float32 {
		if len(p.Shape) < 2 || p.Name == "cls_token" || p.Name == "pos_embed" {
			return 0.4
		}
		return float32(math.Sqrt(3 / (float64(p.Len()) / float64(p.Shape[0]))))
	})
}

// initial returns weights around 0 with the given scale, but weights of normalisations and variances around
// 1.
func initial(a *arch.Arch, scale func(arch.Param) float32) *weights.Set {
	s := weights.NewSet()
	for _, p := range a.Params() {
		around, by := float32(0), scale(p)
		switch {
		case strings.HasSuffix(p.Name, "running_var"):
			around, by = 1, 0.5
		case len(p.Shape) == 1 && strings.HasSuffix(p.Name, "weight"):
			around, by = 1, 0.2
		}
		data := draw.Values(p.Name, p.Len())
		for i, v := range data {
			data[i] = around + by*v
		}
		s.Put(weights.Tensor{Name: p.Name, Shape: p.Shape, Data: data})
	}
	return s
}

// Parity compares an engine with all fixtures. The tolerance of a value is relative to the norm of its
// tensor, or to 1 if that is larger.
func Parity(t *testing.T, tolerance float64, make New) {
	networks := map[string]func(v vector) *arch.Arch{
		"residual": residual, "residual_adamp": residual, "plain": plain, "attention": attention,
	}
	for _, name := range slices.Sorted(maps.Keys(networks)) {
		t.Run(name, func(t *testing.T) {
			text, err := testdata.ReadFile("testdata/" + name + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var v vector
			if err := json.Unmarshal(text, &v); err != nil {
				t.Fatal(err)
			}
			c := checker{t, tolerance}
			c.parity(v, networks[name](v), make)
		})
	}
}

// Catalogue compares evaluations of networks of the catalogue, at full size, with torchvision's (and with
// transformers of timm's structure).
func Catalogue(t *testing.T, tolerance float64, make New) {
	text, err := testdata.ReadFile("testdata/catalogue.json")
	if err != nil {
		t.Fatal(err)
	}
	var networks map[string]struct {
		Size      int
		Distilled bool
		Logits    summary
	}
	if err := json.Unmarshal(text, &networks); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(networks)) {
		t.Run(name, func(t *testing.T) {
			c := checker{t, tolerance}
			n := networks[name]
			a, err := arch.New(strings.Replace(name, "_distilled", "", 1), arch.Options{Classes: 10, PointOutputs: 2, Size: n.Size, Distilled: n.Distilled})
			c.must(err)
			e, err := make(engine.Config{Arch: a})
			c.must(err)
			defer e.Close()
			c.must(e.SetWeights(byFan(a)))
			b := Batch("catalogue", "", a, 2, "")
			out, err := e.Evaluate(&engine.Batch{Images: b.Images, Target: loss.Target{N: 2}}, false)
			c.must(err)
			c.tensor("logits", out.Logits, n.Logits)
		})
	}
}

// Positions checks that the class head at every position of a network gives, on average or at the class token,
// the logits of the network itself.
func Positions(t *testing.T, tolerance float64, make New) {
	for _, c := range []struct {
		name string
		size int
	}{{"resnet18", 64}, {"cnn3", 16}, {"vit_mini_patch4_32", 16}} {
		t.Run(c.name, func(t *testing.T) {
			check := checker{t, tolerance}
			a, err := arch.New(c.name, arch.Options{Classes: 10, PointOutputs: 2, Size: c.size})
			check.must(err)
			p, err := a.Positions()
			check.must(err)
			images := Batch("positions", "", a, 2, "").Images
			evaluate := func(a *arch.Arch, set *weights.Set) []float32 {
				e, err := make(engine.Config{Arch: a})
				check.must(err)
				defer e.Close()
				check.must(e.SetWeights(set))
				out, err := e.Evaluate(&engine.Batch{Images: images, Target: loss.Target{N: 2}}, false)
				check.must(err)
				return out.Logits
			}
			want, got := evaluate(a, byFan(a)), evaluate(p.Arch, byFan(a))
			if len(got) != 2*p.Arch.Classes {
				t.Fatalf("%d outputs, want %d for each of 2 images", len(got), p.Arch.Classes)
			}
			for i := range 2 {
				logits := p.Logits(got[i*p.Arch.Classes : (i+1)*p.Arch.Classes])
				for k, v := range logits {
					check.near("a logit", float64(v), float64(want[i*a.Classes+k]), math.Abs(float64(want[i*a.Classes+k])))
				}
			}
		})
	}
}

// Guided checks the loss and the gradient of guided pooling by hand, on the map [[1, 2], [3, 4]] times a weight
// w of 1, whose pooled value f is the logit of the first of two classes: the loss is log(1 + exp(-f)), and its
// gradient at w is -f / (1 + exp(f)). In evaluation f is the mean.
func Guided(t *testing.T, tolerance float64, make New) {
	c := checker{t, tolerance}
	for _, v := range []struct {
		alpha, sigma float64
		x, y         float32
		valid        bool
		f            float64
	}{
		{1, 1e-2, 0.75, 0.25, true, 2}, {0.5, 1e-2, 0.75, 0.25, true, 2.25}, {0.5, 1e-2, 0.75, 0.25, false, 2.5},
		{0.5, 1, 0.5, 0.5, true, 2.5}, {1, 1, 0.25, 0.25, true, 1 + 3*math.Exp(-0.5)/(1+math.Exp(-0.5))},
	} {
		a := &arch.Arch{Name: "guided", Channels: 1, Size: 2, Classes: 2, PointOutputs: 2, Features: 1, Heads: arch.Heads{Classes: 2, Points: 3},
			Layers: []arch.Layer{
				{Op: arch.Conv, Name: "conv", In: []int{arch.Image}, Out: 1, Kernel: 1, Stride: 1},
				{Op: arch.GAP, In: []int{0}, Alpha: v.alpha, Sigma: v.sigma},
				{Op: arch.Linear, Name: "fc", In: []int{1}, Out: 2},
				{Op: arch.Linear, Name: "point_head", In: []int{1}, Out: 2},
			}}
		e, err := make(engine.Config{Arch: a, Optim: optim.Config{}})
		c.must(err)
		defer e.Close()
		c.must(e.SetWeights(weights.NewSet(
			weights.Tensor{Name: "conv.weight", Shape: []int{1, 1, 1, 1}, Data: []float32{1}},
			weights.Tensor{Name: "fc.weight", Shape: []int{2, 1}, Data: []float32{1, 0}},
			weights.Tensor{Name: "point_head.weight", Shape: []int{2, 1}, Data: []float32{0, 0}})))
		// Two images, so that each must have its own weights; the second has no point.
		b := &engine.Batch{Images: []float32{1, 2, 3, 4, 1, 2, 3, 4}, Target: loss.Target{N: 2, Labels: []int32{0, 0},
			Points: []float32{v.x, v.y, 0.1, 0.9}, Valid: []bool{v.valid, false}}}
		grads, r, err := e.Gradients(b)
		c.must(err)
		value := func(f float64) float64 { return math.Log1p(math.Exp(-f)) }
		slope := func(f float64) float64 { return -f / (1 + math.Exp(f)) }
		c.near("the class loss", r.Class, (value(v.f)+value(2.5))/2, 1)
		g, _ := grads.Get("conv.weight")
		c.near("the gradient", float64(g.Data[0]), (slope(v.f)+slope(2.5))/2, 1)
		out, err := e.Evaluate(&engine.Batch{Images: b.Images, Target: loss.Target{N: 2}}, false)
		c.must(err)
		c.near("the logit in evaluation", float64(out.Logits[0]), 2.5, 1)
	}
}

// Attended checks a pooling that predicts its weights: that it begins as the plain average, that its loss and its
// gradients are right on the map [[1, 2], [3, 4]] with scores of half its values, and that they are those of
// differences of the loss.
func Attended(t *testing.T, tolerance float64, make New) {
	c := checker{t, tolerance}
	a := &arch.Arch{Name: "attended", Channels: 1, Size: 2, Classes: 2, PointOutputs: 2, Features: 1, Heads: arch.Heads{Classes: 2, Points: 3},
		Layers: []arch.Layer{
			{Op: arch.Conv, Name: "conv", In: []int{arch.Image}, Out: 1, Kernel: 1, Stride: 1},
			{Op: arch.AttendPool, Name: "pool", In: []int{0}, Sigma: 1},
			{Op: arch.Linear, Name: "fc", In: []int{1}, Out: 2},
			{Op: arch.Linear, Name: "point_head", In: []int{1}, Out: 2},
		}}
	one := func(name string, v ...float32) weights.Tensor {
		return weights.Tensor{Name: name, Shape: []int{len(v), 1}, Data: v}
	}
	set := func(conv, pool float32) *weights.Set {
		k := one("conv.weight", conv)
		k.Shape = []int{1, 1, 1, 1}
		b := one("pool.bias", 0.3)
		b.Shape = []int{1}
		return weights.NewSet(k, one("pool.weight", pool), b, one("fc.weight", 1, 0), one("point_head.weight", 0, 0))
	}
	const lambda = 0.7
	e, err := make(engine.Config{Arch: a, Loss: loss.Config{Attention: lambda}})
	c.must(err)
	defer e.Close()
	images := []float32{1, 2, 3, 4, 4, 3, 2, 1}
	b := &engine.Batch{Images: images, Target: loss.Target{N: 2, Labels: []int32{0, 0}, Points: []float32{0.25, 0.25, 0.9, 0.9}, Valid: []bool{true, false}}}
	// By definition, in float64. The point of the first image is at its first cell.
	around := [4]float64{1, math.Exp(-0.5), math.Exp(-0.5), math.Exp(-1)}
	all := around[0] + around[1] + around[2] + around[3]
	objective := func(conv, pool float64) (class, attend, logit float64) {
		for i := range 2 {
			sum, f := 0.0, 0.0
			for _, v := range images[4*i : 4*i+4] {
				sum += math.Exp(pool * conv * float64(v))
			}
			for p, v := range images[4*i : 4*i+4] {
				score := pool * conv * float64(v)
				f += math.Exp(score) / sum * conv * float64(v)
				if i == 0 {
					attend -= around[p] / all * (score - math.Log(sum)) / 2
				}
			}
			class += math.Log1p(math.Exp(-f)) / 2
			if i == 0 {
				logit = f
			}
		}
		return class, attend, logit
	}
	for _, w := range [][2]float64{{1, 0}, {1, 0.5}, {-0.8, 0.4}} {
		c.must(e.SetWeights(set(float32(w[0]), float32(w[1]))))
		grads, r, err := e.Gradients(b)
		c.must(err)
		class, attend, logit := objective(w[0], w[1])
		c.near("the class loss", r.Class, class, 1)
		c.near("the attention loss", r.Attention, attend, 1)
		c.near("the total", r.Total, class+lambda*attend, 1)
		total := func(conv, pool float64) float64 {
			class, attend, _ := objective(conv, pool)
			return class + lambda*attend
		}
		const h = 1e-5
		for name, want := range map[string]float64{
			"conv.weight": (total(w[0]+h, w[1]) - total(w[0]-h, w[1])) / (2 * h),
			"pool.weight": (total(w[0], w[1]+h) - total(w[0], w[1]-h)) / (2 * h),
			"pool.bias":   0,
		} {
			g, _ := grads.Get(name)
			c.near("the gradient of "+name, float64(g.Data[0]), want, 1)
		}
		out, err := e.Evaluate(&engine.Batch{Images: images, Target: loss.Target{N: 2}}, false)
		c.must(err)
		c.near("the logit in evaluation", float64(out.Logits[0]), logit, math.Abs(logit))
	}
	// In a network of the catalogue, with gradients of several batches, training reduces the attention loss.
	a, err = arch.New("cnn3", arch.Options{Classes: 3, PointOutputs: 2, Size: 16, Attend: true})
	c.must(err)
	last := math.Inf(1)
	trained, err := make(engine.Config{Arch: a, Loss: loss.Config{Attention: 1}})
	c.must(err)
	defer trained.Close()
	c.must(trained.SetWeights(a.Init(1)))
	batch := Batch("b", "b", a, 4, "labels")
	for range 5 {
		r, err := trained.Step(0.05, batch, batch)
		c.must(err)
		if r.Attention >= last {
			t.Errorf("the attention loss is %v after %v", r.Attention, last)
		}
		last = r.Attention
	}
}

// Errors checks that an engine refuses invalid calls with the right message, and that an evaluation needs
// no labels.
func Errors(t *testing.T, make New) {
	c := checker{T: t}
	a, err := arch.New("cnn3", arch.Options{Classes: 3, PointOutputs: 2, Size: 8})
	c.must(err)
	begin := func(o optim.Config) engine.Engine {
		e, err := make(engine.Config{Arch: a, Optim: o})
		c.must(err)
		t.Cleanup(func() { e.Close() })
		c.must(e.SetWeights(a.Init(1)))
		return e
	}
	refused := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	e := begin(optim.Config{})
	good := Batch("b", "b", a, 2, "labels")
	_, err = e.Step(0.1)
	refused(err, "without batches")
	short := *good
	short.Images = short.Images[1:]
	_, err = e.Step(0.1, &short)
	refused(err, "383 pixel values for 2 images")
	_, err = e.Evaluate(&short, false)
	refused(err, "383 pixel values")
	_, err = e.Evaluate(good, true)
	refused(err, "no moving average")
	wrong := *good
	wrong.Labels = []int32{0, 3}
	_, err = e.Step(0.1, &wrong)
	refused(err, "label 3")
	w, err := e.Weights()
	c.must(err)
	refused(e.SetWeights(w.Without("fc.")), "fc.weight is missing")
	refused(e.SetState(weights.NewSet()), "number of updates")
	state, err := e.State()
	c.must(err)
	refused(begin(optim.Config{Momentum: 0.9}).SetState(state), "momentum_buffer/conv1.weight is missing")
	_, err = make(engine.Config{})
	refused(err, "no architecture")
	out, err := e.Evaluate(&engine.Batch{Images: good.Images, Target: loss.Target{N: 2}}, false)
	c.must(err)
	if out.N != 2 || len(out.Points) != 4 || len(out.Logits) != 6 {
		t.Errorf("an evaluation without labels: %+v", out)
	}
}

type checker struct {
	*testing.T
	tolerance float64
}

func (c checker) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

func (c checker) parity(v vector, a *arch.Arch, make New) {
	e, err := make(v.config(a))
	c.must(err)
	defer e.Close()
	c.must(e.SetWeights(Weights(a)))
	g, _, err := e.Gradients(Batch("0", "0", a, v.Images, v.Kind))
	c.must(err)
	c.set("gradients", g, v.Gradients)
	c.must(e.SetWeights(Weights(a))) // because Gradients has moved the running statistics

	for i, want := range v.Steps {
		step := string(rune('0' + i))
		r, err := e.Step(v.Optim.LR, Batch(step, step, a, v.Images, v.Kind))
		c.must(err)
		c.near("step "+step+" total", r.Total, want.Total, 1)
		c.near("step "+step+" class", r.Class, want.Class, 1)
		c.near("step "+step+" point", r.Point, want.Point, 1)
		c.near("step "+step+" gradient norm", r.GradNorm, want.Norm, want.Norm)
		if i == 0 {
			w, err := e.Weights()
			c.must(err)
			c.set("weights after 1 step", w, v.Weights1)
		}
	}
	w, err := e.Weights()
	c.must(err)
	c.set("weights after 10 steps", w, v.Weights10)
	if v.EMA10 != nil {
		w, err := e.Average()
		c.must(err)
		c.set("average after 10 steps", w, v.EMA10)
	}
	b := Batch("eval", "", a, v.Images, "")
	out, err := e.Evaluate(&engine.Batch{Images: b.Images, Target: loss.Target{N: v.Images}}, false)
	c.must(err)
	c.tensor("logits", out.Logits, *v.Logits)
	if v.Points != nil {
		c.tensor("points", out.Points, *v.Points)
	}
}

func (c checker) set(what string, got *weights.Set, want map[string]summary) {
	c.Helper()
	if got.Len() != len(want) {
		c.Errorf("%s: %d tensors, want %d", what, got.Len(), len(want))
	}
	for _, t := range got.Tensors() {
		s, ok := want[t.Name]
		if !ok {
			c.Errorf("%s: PyTorch has no %s", what, t.Name)
			continue
		}
		c.named(what+" of "+t.Name, t.Name, t.Data, s)
	}
}

func (c checker) tensor(name string, got []float32, want summary) {
	c.Helper()
	c.named(name, name, got, want)
}

func (c checker) named(what, name string, got []float32, want summary) {
	c.Helper()
	var norm, dot float64
	for i, w := range draw.Values("dot/"+name, len(got)) {
		norm += float64(got[i]) * float64(got[i])
		dot += float64(got[i]) * float64(w)
	}
	c.near(what+": norm", math.Sqrt(norm), want.Norm, want.Norm)
	c.near(what+": product", dot, want.Dot, want.Norm)
	for i, v := range want.First {
		c.near(what+": value", float64(got[i]), v, want.Norm)
	}
}

func (c checker) near(what string, got, want, scale float64) {
	c.Helper()
	if d := math.Abs(got - want); !(d <= c.tolerance*math.Max(1, scale)) {
		c.Errorf("%s is %.9g, PyTorch's %.9g: differs by %.2g", what, got, want, d)
	}
}
