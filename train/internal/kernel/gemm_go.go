//go:build !openblas

package kernel

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// useTiles reports whether this package multiplies matrices itself.
var useTiles = tileRows > 0

// BLAS returns the name of what multiplies matrices.
func BLAS() string {
	switch tileRows {
	case 12:
		return "own, AVX-512"
	case 6:
		return "own, AVX2"
	}
	return "gonum"
}

func sgemm(ta, tb blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	gonum.Implementation{}.Sgemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}
