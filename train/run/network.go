package run

import (
	"context"
	"slices"

	"abtool/train/data"
	"abtool/train/engine"
)

// A Network is the trained network of a run, ready to predict. Close it after use.
type Network struct {
	Recipe Recipe
	Info   Info

	engine     engine.Engine
	evaluation Evaluation
}

// Trained loads the weights of a run into an engine. name is the file of weights, as Open takes it.
func Trained(dir, name string, make func(engine.Config) (engine.Engine, error)) (*Network, error) {
	r, info, a, set, err := Open(dir, name)
	if err != nil {
		return nil, err
	}
	e, err := make(engine.Config{Arch: a, Loss: r.Loss()})
	if err != nil {
		return nil, err
	}
	if err := e.SetWeights(set); err != nil {
		e.Close()
		return nil, err
	}
	return &Network{Recipe: r, Info: info, engine: e, evaluation: r.Evaluation(a, 0)}, nil
}

// Close frees what the engine holds.
func (n *Network) Close() error { return n.engine.Close() }

// Predict returns the predictions for the images of a set in their order; first limits them to the first
// images (0: all).
func (n *Network) Predict(ctx context.Context, set *data.Set, first int) (list []Prediction, err error) {
	if first > 0 {
		part := *set
		part.Images = set.Images[:min(first, len(set.Images))]
		set = &part
	}
	how := n.evaluation
	how.Each = func(p Prediction) { list = append(list, p.clone()) }
	_, err = Evaluate(ctx, n.engine, set, how)
	return list, err
}

func (p Prediction) clone() Prediction {
	p.Logits, p.Points, p.Target, p.Valid = slices.Clone(p.Logits), slices.Clone(p.Points), slices.Clone(p.Target), slices.Clone(p.Valid)
	return p
}

// Best returns the class with the largest logit.
func (p *Prediction) Best() int {
	best := 0
	for c, v := range p.Logits {
		if v > p.Logits[best] {
			best = c
		}
	}
	return best
}
