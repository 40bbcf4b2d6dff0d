// Package xla trains on an NVIDIA GPU: it lowers architectures (train/arch) to graphs of GoMLX, which OpenXLA compiles through a PJRT plugin
// such as the one that JAX installs. It is built with the tag xla:
//
//	go build -tags xla ./cmd/abtool
//
// A step is one graph: forward, loss, backward, clipping, update and moving average. Weights, running statistics and moments stay on the
// device from step to step, in float32 and in PyTorch's layouts, and are donated to the step that replaces them. A batch goes there as bytes
// and is normalised there; six numbers come back. Graphs are compiled once for each number of images and kind of target.
//
// With several devices a batch is split between them, and the weights are on each: XLA's partitioner divides the one graph, so that losses,
// gradients and the statistics of batch normalisation are those of the whole batch, as on one device.
package xla
