// Package optim has the optimisers (SGD, AdamW, AdamP), learning rate schedules, gradient clipping and the moving average of weights,
// on []float32 with PyTorch's definitions and defaults. Engines that keep the update in a graph of their own read Config.
//
//	o, err := optim.New(optim.Config{Kind: optim.SGD, Momentum: 0.9, WeightDecay: 1e-4}, params)
//	s := optim.Schedule{Kind: optim.Cosine, Base: 0.1, Steps: 1000, Warmup: 50}
//	norm := o.Clip(params)
//	o.Step(params, s.At(step))
//
// Everything is deterministic: the same inputs give the same bits.
package optim
