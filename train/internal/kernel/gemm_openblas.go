//go:build openblas

package kernel

import (
	"gonum.org/v1/gonum/blas"

	"abtool/train/internal/openblas"
)

// useTiles reports whether this package multiplies matrices itself.
var useTiles = false

// BLAS returns the name of what multiplies matrices.
func BLAS() string { return "OpenBLAS" }

func sgemm(ta, tb blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	openblas.Sgemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}
