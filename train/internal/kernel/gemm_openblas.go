//go:build openblas

package kernel

import (
	"gonum.org/v1/gonum/blas"

	"abtool/train/internal/openblas"
)

// BLAS names what multiplies matrices.
const BLAS = "OpenBLAS"

// gemm computes c ← alpha·op(a)·op(b) + beta·c for op(a) m × k, op(b) k × n; ld are the row lengths in memory.
func gemm(ta, tb bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	if m == 0 || n == 0 {
		return
	}
	openblas.Sgemm(transpose(ta), transpose(tb), m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}

func transpose(t bool) blas.Transpose {
	if t {
		return blas.Trans
	}
	return blas.NoTrans
}
