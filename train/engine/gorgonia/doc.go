// Package gorgonia is the engine for CPUs. It turns an architecture into an expression graph of gorgonia,
// whose operations are this package's.
//
// The graph, the automatic differentiation and the virtual machine are gorgonia's. The operations call
// train/internal/kernel instead of gorgonia's arithmetic, because gorgonia's convolution builds and copies
// whole patch matrices and allocates at every step, and some of its gradients are wrong (Rectify at 0,
// GlobalAveragePool2D, Dropout). An operation here owns the memory of its output, which the first step
// allocates and later steps reuse. Adjacent batch normalisations, additions and ReLUs become one operation.
//
// There is one graph for training and one for evaluation, which share the weights. Both take any number of
// images. Each operation splits its images among Config.Workers threads, so that batch normalisation uses
// the statistics of the whole batch for any number of threads.
package gorgonia
