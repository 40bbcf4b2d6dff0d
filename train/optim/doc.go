// Package optim has the optimisers (SGD, AdamW, AdamP), learning rate schedules, gradient clipping and the
// moving average of weights, on []float32 with PyTorch's definitions and defaults. Engines that have the
// update in their graph only read Config.
//
// Everything is deterministic: the same inputs give the same bits.
package optim
