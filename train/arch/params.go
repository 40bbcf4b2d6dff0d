package arch

import (
	"math"
	"math/rand/v2"

	"abtool/train/weights"
)

// Fill says how a parameter is initialised.
type Fill int

// The fills; Scale is the field of Param.
const (
	Zeros     Fill = iota
	Ones           // 1
	Normal         // N(0, Scale²)
	TruncNorm      // N(0, Scale²) cut at ±2 (not ±2·Scale), as timm's trunc_normal_
	Uniform        // U(-Scale, Scale)
)

// Param is one parameter or buffer of a network.
type Param struct {
	Name   string // as in the state_dict of torchvision or timm
	Shape  []int  // convolutions OIHW, linear layers out × in
	Layer  int    // index of the layer that owns it
	Buffer bool   // a running statistic: saved and loaded, but not trained
	Decay  bool   // weight decay applies in recipes that spare biases, normalisations, tokens and positions
	Fill   Fill
	Scale  float64 // see Fill
}

// Len returns the number of values.
func (p Param) Len() int { return Shape(p.Shape).Len() }

// Params lists the parameters and buffers in the order of the layers. It panics if the shapes do not fit,
// which New has checked.
func (a *Arch) Params() []Param {
	shapes, err := a.Shapes()
	if err != nil {
		panic(err)
	}
	vit := false
	for _, l := range a.Layers {
		vit = vit || l.Op == Embed
	}
	var ps []Param
	for i, l := range a.Layers {
		in := a.In()
		if l.In[0] != Image {
			in = shapes[l.In[0]]
		}
		width := in[len(in)-1]
		add := func(name string, fill Fill, scale float64, shape ...int) *Param {
			ps = append(ps, Param{Name: name, Shape: shape, Layer: i, Fill: fill, Scale: scale})
			return &ps[len(ps)-1]
		}
		switch l.Op {
		case Conv:
			fan := width * l.Kernel * l.Kernel
			if l.Bias { // PyTorch's default for Conv2d: kaiming_uniform with a = √5
				bound := 1 / math.Sqrt(float64(fan))
				add(l.Name+".weight", Uniform, bound, l.Out, width, l.Kernel, l.Kernel).Decay = true
				add(l.Name+".bias", Uniform, bound, l.Out)
				continue
			}
			// torchvision initialises ResNets with kaiming_normal and fan_out
			std := math.Sqrt(2 / float64(l.Out*l.Kernel*l.Kernel))
			add(l.Name+".weight", Normal, std, l.Out, width, l.Kernel, l.Kernel).Decay = true
		case BatchNorm:
			add(l.Name+".weight", Ones, 0, width)
			add(l.Name+".bias", Zeros, 0, width)
			add(l.Name+".running_mean", Zeros, 0, width).Buffer = true
			add(l.Name+".running_var", Ones, 0, width).Buffer = true
		case AttendPool:
			add(l.Name+".weight", Zeros, 0, 1, width).Decay = true
			add(l.Name+".bias", Zeros, 0, 1)
		case LayerNorm:
			add(l.Name+".weight", Ones, 0, width)
			add(l.Name+".bias", Zeros, 0, width)
		case Linear:
			if vit {
				add(l.Name+".weight", TruncNorm, 0.02, l.Out, width).Decay = true
				if l.Bias {
					add(l.Name+".bias", Zeros, 0, l.Out)
				}
				continue
			}
			bound := 1 / math.Sqrt(float64(width))
			add(l.Name+".weight", Uniform, bound, l.Out, width).Decay = true
			if l.Bias {
				add(l.Name+".bias", Uniform, bound, l.Out)
			}
		case Embed:
			add("cls_token", Normal, 1e-6, 1, l.Tokens, width)
			add("pos_embed", TruncNorm, 0.02, 1, shapes[i][0], width)
		}
	}
	return ps
}

// Count returns the number of trained values. Without the point head it equals the number that the
// libraries publish (11,689,512 for ResNet-18 with 1000 classes).
func (a *Arch) Count(withPoints bool) int {
	n := 0
	for _, p := range a.Params() {
		if !p.Buffer && (withPoints || p.Layer != a.Heads.Points) {
			n += p.Len()
		}
	}
	return n
}

// Init returns freshly initialised weights and buffers. Each parameter has a separate random stream that
// depends on the seed and its name, so that networks share the values of the layers that they share, and
// the size of a head changes no other layer.
func (a *Arch) Init(seed uint64) *weights.Set {
	set := a.Zeros()
	for _, p := range a.Params() {
		t, _ := set.Get(p.Name)
		p.draw(seed, t.Data)
	}
	return set
}

// Zeros returns weights and buffers that are all 0, to be filled from a file.
func (a *Arch) Zeros() *weights.Set {
	set := weights.NewSet()
	set.Metadata = map[string]string{"arch": a.Name}
	for _, p := range a.Params() {
		set.Put(weights.Tensor{Name: p.Name, Shape: p.Shape, Data: make([]float32, p.Len())})
	}
	return set
}

// draw fills data with the parameter's initial values.
func (p Param) draw(seed uint64, data []float32) {
	if p.Fill == Zeros {
		return
	}
	r := rand.New(rand.NewPCG(seed, hash(p.Name)))
	for i := range data {
		switch p.Fill {
		case Ones:
			data[i] = 1
		case Normal:
			data[i] = float32(p.Scale * r.NormFloat64())
		case TruncNorm:
			v := p.Scale * r.NormFloat64()
			for math.Abs(v) > 2 {
				v = p.Scale * r.NormFloat64()
			}
			data[i] = float32(v)
		case Uniform:
			data[i] = float32(p.Scale * (2*r.Float64() - 1))
		}
	}
}

// hash returns the FNV-1a hash of s.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
