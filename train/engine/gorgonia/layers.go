package gorgonia

import (
	"math"

	G "gorgonia.org/gorgonia"

	"abtool/train/arch"
	"abtool/train/internal/kernel"
)

// Each function here lowers one kind of layer: it makes the operation of the forward pass, whose diff makes
// the operations of the backward pass. An operation reads only its inputs in the graph and memory that no
// other layer's operations write.

// batched makes an operation whose output has the given shape for each image. fill computes it.
func (n *network) batched(name string, shape arch.Shape, fill func(in [][]float32, out []float32)) *op {
	var out memory
	size := shape.Len()
	n.perImage += 4 * int64(size)
	return &op{name: name, shape: shape, run: func(in [][]float32) []float32 {
		y := out.of(n.images * size)
		fill(in, y)
		return y
	}}
}

// whole makes an operation with one output for the whole batch, such as the gradient of a parameter. fill
// computes it.
func (n *network) whole(name string, shape []int, fill func(in [][]float32, out []float32)) *op {
	out := make([]float32, arch.Shape(shape).Len())
	return &op{name: name, shape: shape, fixed: true, run: func(in [][]float32) []float32 {
		fill(in, out)
		return out
	}}
}

// part makes an operation that returns out, which another operation has written. Its input only makes it
// run after that one.
func (n *network) part(name string, out []float32) *op {
	return &op{name: name, shape: []int{len(out)}, fixed: true, run: func([][]float32) []float32 { return out }}
}

// maker makes a node of the backward pass, or nil if there is no gradient.
type maker func() (*G.Node, error)

func (m maker) make() (*G.Node, error) {
	if m == nil {
		return nil, nil
	}
	return m()
}

// all returns the nodes that several makers make.
func all(makers ...maker) (G.Nodes, error) {
	out := make(G.Nodes, len(makers))
	for i, m := range makers {
		var err error
		if out[i], err = m.make(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func third(in [][]float32) []float32 {
	if len(in) < 3 {
		return nil
	}
	return in[2]
}

func (n *network) conv(i int, x *G.Node) (*G.Node, error) {
	l, in := n.engine.cfg.Arch.Layers[i], n.in(i)
	c := kernel.NewConv(in[0], in[1], in[2], l.Out, l.Kernel, l.Stride, l.Pad)
	w, children := n.weightAndBias(i, x)
	o := n.batched("conv", n.shapes[i], func(in [][]float32, out []float32) {
		c.Forward(n.team(), n.images, in[0], in[1], third(in), out)
	})
	o.skip = l.In[0] == arch.Image
	o.diff = func(_ G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		var dx maker
		if !o.skip {
			dx = func() (*G.Node, error) {
				return n.node(n.batched("convdx", in, func(in [][]float32, out []float32) {
					c.BackData(n.team(), n.images, in[1], in[0], out)
				}), w, dy)
			}
		}
		dw := func() (*G.Node, error) {
			return n.node(n.whole("convdw", w.Shape(), func(in [][]float32, out []float32) {
				c.BackWeights(n.team(), n.images, in[0], in[1], out)
			}), x, dy)
		}
		return all([]maker{dx, dw, n.biasGradient(l.Out, dy)}[:len(children)]...)
	}
	return n.node(o, children...)
}

// weightAndBias returns layer i's weight, and the inputs of its operation: x, the weight and, if the layer
// has one, the bias.
func (n *network) weightAndBias(i int, x *G.Node) (*G.Node, []*G.Node) {
	w := n.param(i, "weight")
	if n.engine.cfg.Arch.Layers[i].Bias {
		return w, []*G.Node{x, w, n.param(i, "bias")}
	}
	return w, []*G.Node{x, w}
}

func (n *network) biasGradient(width int, dy *G.Node) maker {
	return func() (*G.Node, error) {
		return n.node(n.whole("biasback", []int{width}, func(in [][]float32, out []float32) {
			kernel.SumRows(n.team(), len(in[0])/width, width, in[0], out)
		}), dy)
	}
}

func (n *network) linear(i int, x *G.Node) (*G.Node, error) {
	l, shape := n.engine.cfg.Arch.Layers[i], n.in(i)
	from := shape[len(shape)-1]
	w, children := n.weightAndBias(i, x)
	rows := func() int { return n.images * shape.Len() / from }
	o := n.batched("linear", n.shapes[i], func(in [][]float32, out []float32) {
		kernel.Linear(n.team(), rows(), from, l.Out, in[0], in[1], third(in), out)
	})
	o.diff = func(_ G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		dx := func() (*G.Node, error) {
			return n.node(n.batched("lineardx", shape, func(in [][]float32, out []float32) {
				kernel.LinearBackData(n.team(), rows(), from, l.Out, in[1], in[0], out)
			}), w, dy)
		}
		dw := func() (*G.Node, error) {
			return n.node(n.whole("lineardw", w.Shape(), func(in [][]float32, out []float32) {
				kernel.LinearBackWeights(n.team(), rows(), from, l.Out, in[0], in[1], out)
			}), x, dy)
		}
		return all([]maker{dx, dw, n.biasGradient(l.Out, dy)}[:len(children)]...)
	}
	return n.node(o, children...)
}

// batchNorm lowers normalisation i together with what is fused with it: the addition of another layer's
// output, and a ReLU.
func (n *network) batchNorm(i int, add *int, relu bool) (*G.Node, error) {
	l := n.engine.cfg.Arch.Layers[i]
	x, err := n.lower(l.In[0])
	if err != nil {
		return nil, err
	}
	gamma := n.param(i, "weight")
	children := []*G.Node{x, gamma, n.param(i, "bias")}
	if add != nil {
		other, err := n.lower(*add)
		if err != nil {
			return nil, err
		}
		children = append(children, other)
	}
	channels := n.in(i)[2]
	pixels := n.shapes[i].Len() / channels
	bn := kernel.NewBatchNorm(channels, l.Eps, relu)
	mean, variance := n.engine.buffer(l.Name+".running_mean"), n.engine.buffer(l.Name+".running_var")
	o := n.batched("batchnorm", n.shapes[i], func(in [][]float32, out []float32) {
		var add []float32
		if len(in) > 3 {
			add = in[3]
		}
		if n.training {
			bn.Train(n.team(), n.images*pixels, in[0], in[1], in[2], add, out, mean, variance, l.Momentum)
			return
		}
		bn.Eval(n.team(), n.images*pixels, in[0], in[1], in[2], add, out, mean, variance)
	})
	o.diff = func(_ G.Nodes, y, dy *G.Node) (G.Nodes, error) {
		masked := !relu
		if relu && add != nil { // the other summand needs the masked gradient too
			var err error
			if dy, err = n.reluGradient(n.shapes[i], y, dy); err != nil {
				return nil, err
			}
			masked = true
		}
		dgamma, dbeta := make([]float32, channels), make([]float32, channels)
		reads := []*G.Node{x, gamma, dy}
		if !masked {
			reads = append(reads, y)
		}
		dx, err := n.node(n.batched("batchnormback", n.shapes[i], func(in [][]float32, out []float32) {
			var y []float32
			if len(in) > 3 {
				y = in[3]
			}
			bn.Back(n.team(), n.images*pixels, in[0], in[1], y, in[2], out, dgamma, dbeta)
		}), reads...)
		if err != nil {
			return nil, err
		}
		grads, err := n.withParts(dx, dgamma, dbeta)
		if add != nil {
			grads = append(grads, dy)
		}
		return grads, err
	}
	return n.node(o, children...)
}

// withParts returns dx and a node for each part, the gradient of a parameter that dx's operation computes
// as well.
func (n *network) withParts(dx *G.Node, parts ...[]float32) (G.Nodes, error) {
	grads := G.Nodes{dx}
	for _, p := range parts {
		g, err := n.node(n.part("part", p), dx)
		if err != nil {
			return nil, err
		}
		grads = append(grads, g)
	}
	return grads, nil
}

func (n *network) layerNorm(i int, x *G.Node) (*G.Node, error) {
	l, shape := n.engine.cfg.Arch.Layers[i], n.shapes[i]
	width := shape[len(shape)-1]
	ln := &kernel.LayerNorm{D: width, Eps: l.Eps}
	gamma := n.param(i, "weight")
	rows := func() int { return n.images * shape.Len() / width }
	o := n.batched("layernorm", shape, func(in [][]float32, out []float32) {
		ln.Forward(n.team(), rows(), in[0], in[1], in[2], out)
	})
	o.diff = func(_ G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		dgamma, dbeta := make([]float32, width), make([]float32, width)
		dx, err := n.node(n.batched("layernormback", shape, func(in [][]float32, out []float32) {
			ln.Back(n.team(), rows(), in[0], in[1], in[2], out, dgamma, dbeta)
		}), x, gamma, dy)
		if err != nil {
			return nil, err
		}
		return n.withParts(dx, dgamma, dbeta)
	}
	return n.node(o, x, gamma, n.param(i, "bias"))
}

func (n *network) relu(i int, x *G.Node) (*G.Node, error) {
	o := n.batched("relu", n.shapes[i], func(in [][]float32, out []float32) { kernel.ReLU(n.team(), in[0], out) })
	o.diff = func(_ G.Nodes, y, dy *G.Node) (G.Nodes, error) {
		return all(func() (*G.Node, error) { return n.reluGradient(n.shapes[i], y, dy) })
	}
	return n.node(o, x)
}

func (n *network) reluGradient(shape arch.Shape, y, dy *G.Node) (*G.Node, error) {
	return n.node(n.batched("reluback", shape, func(in [][]float32, out []float32) {
		kernel.ReLUBack(n.team(), in[0], in[1], out)
	}), y, dy)
}

func (n *network) gelu(i int, x *G.Node) (*G.Node, error) {
	o := n.batched("gelu", n.shapes[i], func(in [][]float32, out []float32) { kernel.GELU(n.team(), in[0], out) })
	o.diff = n.unary("geluback", n.shapes[i], func(in [][]float32, out []float32) { kernel.GELUBack(n.team(), in[0], in[1], out) })
	return n.node(o, x)
}

// unary returns the diff of an operation with one input. fill gets the input and the gradient of the
// output.
func (n *network) unary(name string, shape arch.Shape, fill func(in [][]float32, out []float32)) func(G.Nodes, *G.Node, *G.Node) (G.Nodes, error) {
	return func(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		return all(func() (*G.Node, error) { return n.node(n.batched(name, shape, fill), in[0], dy) })
	}
}

func (n *network) add(i int, a, b *G.Node) (*G.Node, error) {
	o := n.batched("add", n.shapes[i], func(in [][]float32, out []float32) { kernel.Add(n.team(), in[0], in[1], out) })
	o.diff = func(_ G.Nodes, _, dy *G.Node) (G.Nodes, error) { return G.Nodes{dy, dy}, nil }
	return n.node(o, a, b)
}

func (n *network) maxPool(i int, x *G.Node) (*G.Node, error) {
	l, in := n.engine.cfg.Arch.Layers[i], n.in(i)
	p := kernel.NewMaxPool(in[0], in[1], in[2], l.Kernel, l.Stride, l.Pad)
	o := n.batched("maxpool", n.shapes[i], func(in [][]float32, out []float32) { p.Forward(n.team(), n.images, in[0], out) })
	o.skip = l.In[0] == arch.Image
	o.diff = n.unary("maxpoolback", in, func(in [][]float32, out []float32) { p.Back(n.team(), n.images, in[1], out) })
	return n.node(o, x)
}

func (n *network) meanPool(i int, x *G.Node) (*G.Node, error) {
	shape := n.in(i)
	pixels, channels := shape[0]*shape[1], shape[2]
	if l := n.engine.cfg.Arch.Layers[i]; l.Alpha > 0 && n.training {
		return n.guidedPool(i, x)
	}
	o := n.batched("gap", n.shapes[i], func(in [][]float32, out []float32) {
		kernel.MeanPool(n.team(), n.images, pixels, channels, in[0], out)
	})
	o.skip = n.engine.cfg.Arch.Layers[i].In[0] == arch.Image
	o.diff = n.unary("gapback", shape, func(in [][]float32, out []float32) {
		kernel.MeanPoolBack(n.team(), n.images, pixels, channels, in[1], out)
	})
	return n.node(o, x)
}

// guidedPool lowers a pooling that averages with weights around the image's point (arch.Layer.Guide).
func (n *network) guidedPool(i int, x *G.Node) (*G.Node, error) {
	l, shape := n.engine.cfg.Arch.Layers[i], n.in(i)
	pixels, channels := shape[0]*shape[1], shape[2]
	var weights memory
	o := n.batched("guidedgap", n.shapes[i], func(in [][]float32, out []float32) {
		weights.of(n.images * pixels)
		for b := range n.images {
			px, py, ok := n.target.Point(b)
			l.Guide(px, py, ok, shape[0], shape[1], weights[b*pixels:(b+1)*pixels])
		}
		kernel.WeightedPool(n.team(), n.images, pixels, channels, in[0], weights, out)
	})
	o.skip = l.In[0] == arch.Image
	o.diff = n.unary("guidedgapback", shape, func(in [][]float32, out []float32) {
		kernel.WeightedPoolBack(n.team(), n.images, pixels, channels, in[1], weights, out)
	})
	return n.node(o, x)
}

// attendPool lowers a pooling that predicts its weights. In training it adds the attention loss to the network's,
// whose gradient at the scores before the softmax is the difference of the weights and the Gaussian.
func (n *network) attendPool(i int, x *G.Node) (*G.Node, error) {
	l, shape := n.engine.cfg.Arch.Layers[i], n.in(i)
	rows, columns, channels := shape[0], shape[1], shape[2]
	pixels := rows * columns
	var weights, around memory
	w, bias := n.param(i, "weight"), n.param(i, "bias")
	o := n.batched("attendpool", n.shapes[i], func(in [][]float32, out []float32) {
		kernel.Linear(n.team(), n.images*pixels, channels, 1, in[0], in[1], in[2], weights.of(n.images*pixels))
		around.of(n.images * pixels)
		n.attend = 0
		for b := range n.images {
			a, g := weights[b*pixels:(b+1)*pixels], around[b*pixels:(b+1)*pixels]
			logs := softmax(a)
			clear(g)
			if px, py, ok := n.target.Point(b); ok && n.training {
				l.Around(px, py, rows, columns, g)
				for p, v := range g {
					n.attend -= float64(v) * logs[p] / float64(n.images)
				}
			}
		}
		kernel.WeightedPool(n.team(), n.images, pixels, channels, in[0], weights, out)
	})
	o.diff = func(_ G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		dw, db := make([]float32, channels), make([]float32, 1)
		var scores memory
		dx, err := n.node(n.batched("attendpoolback", shape, func(in [][]float32, out []float32) {
			share := float32(n.engine.cfg.Loss.Attention / float64(n.images))
			kernel.WeightedPoolBack(n.team(), n.images, pixels, channels, in[2], weights, out)
			de := scores.of(n.images * pixels)
			for b := range n.images {
				f, d := in[0][b*pixels*channels:(b+1)*pixels*channels], in[2][b*channels:(b+1)*channels]
				a, g, e := weights[b*pixels:(b+1)*pixels], around[b*pixels:(b+1)*pixels], de[b*pixels:(b+1)*pixels]
				mean := 0.0
				for p := range e {
					e[p] = 0
					for c, v := range f[p*channels : (p+1)*channels] {
						e[p] += v * d[c]
					}
					mean += float64(a[p]) * float64(e[p])
				}
				_, _, ok := n.target.Point(b)
				for p := range e {
					e[p] = a[p] * (e[p] - float32(mean))
					if ok {
						e[p] += share * (a[p] - g[p])
					}
				}
			}
			kernel.LinearBackWeights(n.team(), n.images*pixels, channels, 1, in[0], de, dw)
			kernel.SumRows(n.team(), n.images*pixels, 1, de, db)
			for p, v := range de {
				row := out[p*channels : (p+1)*channels]
				for c, k := range in[1] {
					row[c] += v * k
				}
			}
		}), x, w, dy)
		if err != nil {
			return nil, err
		}
		return n.withParts(dx, dw, db)
	}
	return n.node(o, x, w, bias)
}

// softmax replaces scores by their softmax, and returns its logarithms.
func softmax(scores []float32) []float64 {
	top, sum := math.Inf(-1), 0.0
	for _, v := range scores {
		top = max(top, float64(v))
	}
	for _, v := range scores {
		sum += math.Exp(float64(v) - top)
	}
	logs := make([]float64, len(scores))
	for p, v := range scores {
		logs[p] = float64(v) - top - math.Log(sum)
		scores[p] = float32(math.Exp(logs[p]))
	}
	return logs
}

func (n *network) attention(i int, x *G.Node) (*G.Node, error) {
	shape := n.shapes[i]
	a := &kernel.Attention{T: shape[0], D: shape[1], Heads: n.engine.cfg.Arch.Layers[i].Heads}
	o := n.batched("attention", shape, func(in [][]float32, out []float32) { a.Forward(n.team(), n.images, in[0], out) })
	o.diff = n.unary("attentionback", n.in(i), func(in [][]float32, out []float32) { a.Back(n.team(), n.images, in[0], in[1], out) })
	return n.node(o, x)
}

func (n *network) embed(i int, x *G.Node) (*G.Node, error) {
	shape := n.in(i)
	pixels, width := shape[0]*shape[1], shape[2]
	cls, pos := n.params["cls_token"], n.params["pos_embed"]
	o := n.batched("embed", n.shapes[i], func(in [][]float32, out []float32) {
		kernel.Embed(n.team(), n.images, pixels, width, in[0], in[1], in[2], out)
	})
	o.diff = func(_ G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		tokens := n.engine.cfg.Arch.Layers[i].Tokens
		dcls, dpos := make([]float32, tokens*width), make([]float32, (tokens+pixels)*width)
		dx, err := n.node(n.batched("embedback", shape, func(in [][]float32, out []float32) {
			kernel.EmbedBack(n.team(), n.images, pixels, width, in[0], out, dcls, dpos)
		}), dy)
		if err != nil {
			return nil, err
		}
		return n.withParts(dx, dcls, dpos)
	}
	return n.node(o, x, cls, pos)
}

func (n *network) classToken(i int, x *G.Node) (*G.Node, error) {
	shape := n.in(i)
	size, width := shape.Len(), n.shapes[i].Len()
	o := n.batched("cls", n.shapes[i], func(in [][]float32, out []float32) {
		for b := range n.images {
			copy(out[b*width:(b+1)*width], in[0][b*size:])
		}
	})
	o.diff = n.unary("clsback", shape, func(in [][]float32, out []float32) {
		clear(out)
		for b := range n.images {
			copy(out[b*size:], in[1][b*width:(b+1)*width])
		}
	})
	return n.node(o, x)
}

func (n *network) dropPath(i int, x *G.Node) (*G.Node, error) {
	rate := n.engine.cfg.Arch.Layers[i].Rate
	var factors memory
	o := n.batched("droppath", n.shapes[i], func(in [][]float32, out []float32) {
		f := factors.of(n.images)
		for b := range f {
			f[b] = 1
			if n.training {
				f[b] = keep(n.random.Float64(), rate)
			}
		}
		kernel.ScaleImages(n.team(), f, in[0], out)
	})
	o.diff = n.unary("droppathback", n.shapes[i], func(in [][]float32, out []float32) {
		kernel.ScaleImages(n.team(), factors, in[1], out)
	})
	return n.node(o, x)
}

// keep returns the factor of an image in stochastic depth: 0 with probability rate, otherwise 1/(1-rate),
// so that the mean is 1.
func keep(u, rate float64) float32 {
	if u < rate {
		return 0
	}
	return float32(1 / (1 - rate))
}
