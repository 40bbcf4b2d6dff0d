// Package gorgonia is the CPU engine: it lowers an architecture to a gorgonia expression graph, whose layers are operations of its own.
//
// The graph, the automatic differentiation and the virtual machine are gorgonia's. Its operations are replaced by ones that compute with
// train/internal/kernel: gorgonia's convolution builds and copies whole patch matrices and allocates at every step, and some of its gradients are
// wrong (Rectify at 0, GlobalAveragePool2D, Dropout). An operation here owns its output memory, which is allocated at the first step and used
// again; neighbouring batch normalisations, additions and ReLUs become one operation.
//
// There is one graph for training and one for evaluation; they share the weights. Both take any number of images. Each operation splits its images
// among Config.Workers threads, so that batch normalisation sees the whole batch however many there are.
package gorgonia
