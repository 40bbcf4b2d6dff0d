// Package xla is the engine for NVIDIA GPUs. It turns architectures (train/arch) into graphs of GoMLX,
// which OpenXLA compiles through a PJRT plugin such as the one that JAX installs. It is built with the tag
// xla:
//
//	go build -tags xla ./cmd/abtool
//
// A step is one graph: forward, loss, backward, clipping, update and moving average. Weights, running
// statistics and moments stay on the device from step to step, in float32 and in PyTorch's layouts, and are
// donated to the step that replaces them. A batch is copied to the device as bytes and normalised there; a
// step returns six numbers. Graphs are compiled once for each number of images and kind of target.
//
// The caller's memory is free when a copy returns, so that callers can use it again. It is not pinned, because
// go-xla gives no access to PJRT's DmaMap; XLA's client for CUDA copies through pinned memory that it keeps.
//
// Several devices share each batch, and each has all weights. XLA's partitioner splits the one graph, so
// that losses, gradients and the statistics of batch normalisation are those of the whole batch, as on one
// device.
package xla
