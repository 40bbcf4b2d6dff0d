package gorgonia

import (
	"fmt"
	"math/rand/v2"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"abtool/train/arch"
	"abtool/train/internal/kernel"
	"abtool/train/loss"
)

// nominal is the number of images that a graph is built with. Its operations accept any number.
const nominal = 2

// network is a graph and the machine that runs it.
type network struct {
	engine   *Engine
	training bool
	graph    *G.ExprGraph
	machine  G.VM
	image    *G.Node
	params   map[string]*G.Node // this graph's nodes, by name
	grads    []*G.Node          // for the engine's trained parameters, in their order; training only

	// By layer.
	nodes   []*G.Node
	readers []int // how many layers read the layer's output
	shapes  []arch.Shape

	perImage int64 // bytes of all operations' outputs for one image
	largest  int   // images in the largest batch so far

	// For the current run.
	images int
	pixels []float32
	target loss.Target
	random *rand.Rand
	heads  [2][]float32 // outputs of the class head and the point head
	dheads [2]memory    // the gradients of these outputs
	parts  loss.Parts
	attend float64 // the attention loss of a pooling that predicts its weights
}

// newNetwork builds the graph. A panic of gorgonia's becomes an error.
func newNetwork(e *Engine, training bool) (n *network, err error) {
	defer func() {
		if r := recover(); r != nil {
			n, err = nil, fmt.Errorf("building the graph of %s: %v", e.cfg.Arch.Name, r)
		}
	}()
	a := e.cfg.Arch
	n = &network{engine: e, training: training, graph: G.NewGraph(), params: map[string]*G.Node{}}
	if n.shapes, err = a.Shapes(); err != nil {
		return nil, err
	}
	n.nodes, n.readers = make([]*G.Node, len(a.Layers)), make([]int, len(a.Layers))
	for _, l := range a.Layers {
		for _, i := range l.In {
			if i != arch.Image {
				n.readers[i]++
			}
		}
	}
	// gorgonia's inputs have a fixed size. Apart from the parameters, the graph's only input is therefore a
	// dummy; an operation returns the images.
	dummy := G.NewVector(n.graph, G.Float32, G.WithValue(tensor.New(tensor.WithShape(1), tensor.WithBacking([]float32{0}))), G.WithName("batch"))
	image := n.batched("image", a.In(), func(_ [][]float32, out []float32) { copy(out, n.pixels) })
	if n.image, err = n.node(image, dummy); err != nil {
		return nil, err
	}
	for _, p := range e.params {
		if !p.Buffer {
			value := tensor.New(tensor.WithShape(p.layout()...), tensor.WithBacking(p.value))
			n.params[p.Name] = G.NewTensor(n.graph, G.Float32, len(p.layout()), G.WithValue(value), G.WithName(p.Name))
		}
	}
	heads, err := n.lowerHeads()
	if err != nil {
		return nil, err
	}
	if training {
		if err := n.differentiate(heads); err != nil {
			return nil, err
		}
	}
	n.machine = G.NewTapeMachine(n.graph)
	return n, nil
}

// lowerHeads lowers the heads and the layers that they need, and keeps their outputs.
func (n *network) lowerHeads() ([]*G.Node, error) {
	a := n.engine.cfg.Arch
	var heads []*G.Node
	for k, layer := range []int{a.Heads.Classes, a.Heads.Points} {
		if layer < 0 {
			continue
		}
		head, err := n.lower(layer)
		if err != nil {
			return nil, fmt.Errorf("lowering %s: %w", a.Name, err)
		}
		o := head.Op().(*op)
		inner := o.run
		o.run = func(in [][]float32) []float32 {
			n.heads[k] = inner(in)
			return n.heads[k]
		}
		heads = append(heads, head)
	}
	return heads, nil
}

// differentiate attaches the loss to the heads and has gorgonia make the graph of the gradients.
func (n *network) differentiate(heads []*G.Node) error {
	value := make([]float32, 1)
	objective := &op{name: "loss", fixed: true, run: func([][]float32) []float32 {
		cfg := n.engine.cfg.Loss
		n.parts = cfg.Eval(n.target, n.heads[0], n.heads[1], n.dheads[0].of(len(n.heads[0])), n.dheads[1].of(len(n.heads[1])))
		n.parts.Attention = n.attend
		n.parts.Total += cfg.Attention * n.attend
		value[0] = float32(n.parts.Total)
		return value
	}}
	objective.diff = func(in G.Nodes, out, _ *G.Node) (G.Nodes, error) {
		var grads G.Nodes
		for k := range in {
			g, err := n.node(&op{name: "lossback", shape: in[k].Shape()[1:], run: func([][]float32) []float32 { return n.dheads[k] }}, out)
			if err != nil {
				return nil, err
			}
			grads = append(grads, g)
		}
		return grads, nil
	}
	total, err := n.node(objective, heads...)
	if err != nil {
		return err
	}
	var wrt []*G.Node
	for _, p := range n.engine.trained {
		wrt = append(wrt, n.params[p.Name])
	}
	n.grads, err = G.Grad(total, wrt...)
	return err
}

// run computes the graph for a batch.
func (n *network) run(images []float32, target loss.Target, random *rand.Rand) error {
	if err := n.room(target.N); err != nil {
		return err
	}
	n.images, n.pixels, n.target, n.random = target.N, images, target, random
	defer func() { n.pixels, n.target = nil, loss.Target{} }()
	n.machine.Reset()
	return n.machine.RunAll()
}

// gradient returns the gradient of the i-th trained parameter after a run.
func (n *network) gradient(i int) []float32 { return n.grads[i].Value().Data().([]float32) }

// lower returns the node of a layer. It first lowers the layers that this one reads.
func (n *network) lower(i int) (*G.Node, error) {
	if i == arch.Image {
		return n.image, nil
	}
	if n.nodes[i] != nil {
		return n.nodes[i], nil
	}
	out, err := n.lowerLayer(i)
	if err != nil {
		return nil, err
	}
	n.nodes[i] = out
	return out, nil
}

func (n *network) lowerLayer(i int) (*G.Node, error) {
	layers := n.engine.cfg.Arch.Layers
	l := layers[i]
	switch l.Op {
	case arch.ReLU:
		src := l.In[0]
		if n.fuses(src, arch.BatchNorm) {
			return n.batchNorm(src, nil, true)
		}
		if n.fuses(src, arch.Add) {
			if bn, other := n.normalised(src); bn >= 0 {
				return n.batchNorm(bn, &other, true)
			}
		}
	case arch.Add:
		if bn, other := n.normalised(i); bn >= 0 {
			return n.batchNorm(bn, &other, false)
		}
	case arch.BatchNorm:
		return n.batchNorm(i, nil, false)
	}
	var in []*G.Node
	for _, k := range l.In {
		x, err := n.lower(k)
		if err != nil {
			return nil, err
		}
		in = append(in, x)
	}
	switch l.Op {
	case arch.Conv:
		return n.conv(i, in[0])
	case arch.ReLU:
		return n.relu(i, in[0])
	case arch.MaxPool:
		return n.maxPool(i, in[0])
	case arch.GAP:
		return n.meanPool(i, in[0])
	case arch.AttendPool:
		return n.attendPool(i, in[0])
	case arch.Add:
		return n.add(i, in[0], in[1])
	case arch.Linear:
		return n.linear(i, in[0])
	case arch.LayerNorm:
		return n.layerNorm(i, in[0])
	case arch.Attention:
		return n.attention(i, in[0])
	case arch.GELU:
		return n.gelu(i, in[0])
	case arch.Embed:
		return n.embed(i, in[0])
	case arch.ClassToken:
		return n.classToken(i, in[0])
	case arch.DropPath:
		return n.dropPath(i, in[0])
	}
	return nil, fmt.Errorf("layer %d: the gorgonia engine has no layer %q", i, l.Op)
}

// fuses reports whether layer i is of the given kind and only one layer reads it, so that both can be one
// operation.
func (n *network) fuses(i int, kind arch.Op) bool {
	a := n.engine.cfg.Arch
	return i != arch.Image && a.Layers[i].Op == kind && n.readers[i] == 1 && i != a.Features
}

// normalised returns the input of addition i that is a batch normalisation to fuse with it, and the other
// input. bn is -1 if neither input is one.
func (n *network) normalised(i int) (bn, other int) {
	in := n.engine.cfg.Arch.Layers[i].In
	k := slices.IndexFunc(in, func(k int) bool { return n.fuses(k, arch.BatchNorm) })
	if k < 0 || in[0] == in[1] {
		return -1, -1
	}
	return in[k], in[1-k]
}

// in returns the shape of layer i's input for one image.
func (n *network) in(i int) arch.Shape {
	if k := n.engine.cfg.Arch.Layers[i].In[0]; k != arch.Image {
		return n.shapes[k]
	}
	return n.engine.cfg.Arch.In()
}

// param returns a parameter's node; suffix is "weight" or "bias".
func (n *network) param(i int, suffix string) *G.Node {
	return n.params[n.engine.cfg.Arch.Layers[i].Name+"."+suffix]
}

func (n *network) team() *kernel.Team { return n.engine.team }
