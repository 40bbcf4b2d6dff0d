package cam

import (
	"abtool/train/arch"
	"abtool/train/engine"
	"abtool/train/weights"
)

// A Network computes logits and maps. Close it after use.
type Network struct {
	positions *arch.Positions
	engine    engine.Engine
}

// Open loads weights into a network whose class head reads every position (arch.Positions).
func Open(a *arch.Arch, set *weights.Set, make func(engine.Config) (engine.Engine, error)) (*Network, error) {
	p, err := a.Positions()
	if err != nil {
		return nil, err
	}
	e, err := make(engine.Config{Arch: p.Arch})
	if err != nil {
		return nil, err
	}
	if err := e.SetWeights(set); err != nil {
		e.Close()
		return nil, err
	}
	return &Network{p, e}, nil
}

// Close frees what the engine holds.
func (n *Network) Close() error { return n.engine.Close() }

// Engine returns the name of the engine.
func (n *Network) Engine() string { return n.engine.Name() }

// Size returns the height and width of the images that the network takes, px.
func (n *Network) Size() int { return n.positions.Arch.Size }

// Transformer reports whether the maps are of the tokens of patches, to which a transformer's class head is
// not applied in training.
func (n *Network) Transformer() bool { return n.positions.Token }

// A View has what a network answers for an image.
type View struct {
	Logits []float32 // those of the network itself

	positions *arch.Positions
	outputs   []float32
}

// Map returns the map of a class on a view of width × height pixels.
func (v *View) Map(class, width, height int) *Map {
	return New(v.positions.Map(v.outputs, class), v.positions.Rows, v.positions.Columns, width, height)
}

// Look runs the network over a batch and returns what it answers for each image.
func (n *Network) Look(b *engine.Batch) ([]View, error) {
	out, err := n.engine.Evaluate(b, false)
	if err != nil {
		return nil, err
	}
	views, size := make([]View, b.N), n.positions.Arch.Classes
	for i := range views {
		outputs := out.Logits[i*size : (i+1)*size]
		views[i] = View{n.positions.Logits(outputs), n.positions, outputs}
	}
	return views, nil
}
