// Package kernel has the heavy arithmetic of networks on a CPU: forward and backward of each layer, on []float32.
//
// Images are N × H × W × C (channels last), weights of convolutions O × KH × KW × C. With channels last a row of a convolution's
// patch matrix is a few contiguous copies, the matrix products have all positions of all images as their rows, and sums over
// channels are vectors. Patch matrices are made in pieces that fit the second-level cache and never as a whole.
//
// Work is split among the members of a Team by images or rows in a fixed way, so results depend on the size of the team (in the
// last bits) and on nothing else. With the build tag openblas matrix products are OpenBLAS's; otherwise they are this package's
// own, with AVX2 where the processor has it.
package kernel
