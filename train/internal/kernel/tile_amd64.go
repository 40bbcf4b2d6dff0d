package kernel

import "golang.org/x/sys/cpu"

// A tile is the part of a product whose sums are in registers: 12 × 32 with AVX-512, 6 × 16 with AVX2.
var tileRows, tileCols = tileSize()

func tileSize() (rows, cols int) {
	switch {
	case cpu.X86.HasAVX512F && useAVX:
		return 12, 32
	case useAVX:
		return 6, 16
	}
	return 0, 0
}

// tile computes c ← alpha·a·b (+ c if add) from tileRows × k values of a and k × tileCols of b. Rows of a
// are rowStride apart and its steps along k are stepStride apart; rows of b are ldb apart and rows of c
// ldc.
func tile(k int, a []float32, rowStride, stepStride int, b []float32, ldb int, c []float32, ldc int, alpha float32, add bool) {
	_ = a[(tileRows-1)*rowStride+(k-1)*stepStride]
	_ = b[(k-1)*ldb+tileCols-1]
	_ = c[(tileRows-1)*ldc+tileCols-1]
	if tileCols == 32 {
		tileAVX512(k, &a[0], 4*rowStride, 4*stepStride, &b[0], 4*ldb, &c[0], 4*ldc, alpha, add)
		return
	}
	tileAVX2(k, &a[0], 4*rowStride, 4*stepStride, &b[0], 4*ldb, &c[0], 4*ldc, alpha, add)
}

// The strides are in bytes, k ≥ 1.

//go:noescape
func tileAVX512(k int, a *float32, rowStride, stepStride int, b *float32, ldb int, c *float32, ldc int, alpha float32, add bool)

//go:noescape
func tileAVX2(k int, a *float32, rowStride, stepStride int, b *float32, ldb int, c *float32, ldc int, alpha float32, add bool)
