package gorgonia

import (
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
	"sync/atomic"

	"github.com/chewxy/hm"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// op is an operation of a graph: a function on slices that writes to memory that it owns.
type op struct {
	name   string
	arity  int
	number uint64 // makes hashes unique, because gorgonia merges nodes with equal hashes

	shape []int                          // of the output for one image, or of the whole output if fixed
	fixed bool                           // the output has the same size for any number of images
	run   func(in [][]float32) []float32 // computes the output

	// skip is true for an input that needs no gradient (the image).
	skip bool
	// diff returns the gradients at the inputs; nil for an operation of the backward pass.
	diff func(in G.Nodes, out, grad *G.Node) (G.Nodes, error)

	net *network
}

var numbers atomic.Uint64

// node applies o to children and returns its output.
func (n *network) node(o *op, children ...*G.Node) (*G.Node, error) {
	o.net, o.arity, o.number = n, len(children), numbers.Add(1)
	out, err := G.ApplyOp(o, children...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.name, err)
	}
	return out, nil
}

func (o *op) Arity() int { return o.arity }

// Type implements gorgonia.Op. The type takes anything and returns a float32 tensor, or a scalar if the
// shape has no axes. Its variables are not named b, which gorgonia uses.
func (o *op) Type() hm.Type {
	types := make([]hm.Type, 0, o.arity+1)
	for i := range o.arity {
		types = append(types, hm.TypeVariable(rune('p'+i)))
	}
	dims := len(o.shape)
	if !o.fixed {
		dims++
	}
	if dims == 0 {
		return hm.NewFnType(append(types, G.Float32)...)
	}
	return hm.NewFnType(append(types, G.TensorType{Dims: dims, Of: G.Float32})...)
}

func (o *op) InferShape(...G.DimSizer) (tensor.Shape, error) { return o.outShape(nominal), nil }

func (o *op) outShape(images int) tensor.Shape {
	if o.fixed {
		return tensor.Shape(o.shape).Clone()
	}
	return append(tensor.Shape{images}, o.shape...)
}

func (o *op) Do(values ...G.Value) (G.Value, error) {
	in := make([][]float32, len(values))
	for i, v := range values {
		in[i], _ = v.Data().([]float32)
	}
	out := o.run(in)
	if o.fixed && len(o.shape) == 0 {
		return G.NewF32(out[0]), nil
	}
	return tensor.New(tensor.WithShape(o.outShape(o.net.images)...), tensor.WithBacking(out)), nil
}

func (o *op) ReturnsPtr() bool     { return true }
func (o *op) CallsExtern() bool    { return false }
func (o *op) OverwritesInput() int { return -1 }
func (o *op) String() string       { return fmt.Sprintf("%s#%d", o.name, o.number) }

func (o *op) WriteHash(h hash.Hash) {
	_ = binary.Write(h, binary.LittleEndian, o.number)
}

func (o *op) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// DiffWRT implements gorgonia.SDOp.
func (o *op) DiffWRT(inputs int) []bool {
	wrt := make([]bool, inputs)
	for i := range wrt {
		wrt[i] = o.diff != nil && (i > 0 || !o.skip)
	}
	return wrt
}

// SymDiff implements gorgonia.SDOp.
func (o *op) SymDiff(in G.Nodes, out, grad *G.Node) (G.Nodes, error) {
	if o.diff == nil {
		return nil, fmt.Errorf("%s has no gradient", o.name)
	}
	return o.diff(in, out, grad)
}

// memory is an output that is kept between steps and grows with the number of images.
type memory []float32

func (m *memory) of(n int) []float32 {
	if cap(*m) < n {
		*m = make([]float32, n)
	}
	*m = (*m)[:n]
	return *m
}
