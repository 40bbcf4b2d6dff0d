// Package kernel has the heavy arithmetic of networks on a CPU: forward and backward passes of each layer,
// on []float32.
//
// Images are N × H × W × C (channels last), weights of convolutions O × KH × KW × C. With channels last, a
// row of a convolution's patch matrix is a few contiguous copies, the matrix products have a row for every
// position of every image, and sums over channels are vector operations. Patch matrices are made in pieces
// that fit the second-level cache, never as a whole.
//
// The members of a Team split the work by images or rows in a fixed way, so that results depend only on the
// size of the team, and only in the last bits. With the build tag openblas, OpenBLAS multiplies matrices;
// otherwise this package does, with AVX-512 or AVX2 where the processor has it.
package kernel
