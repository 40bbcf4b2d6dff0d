//go:build openblas

package openblas

/*
#cgo LDFLAGS: -lopenblas
extern void openblas_set_num_threads(int);
*/
import "C"

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/netlib/blas/netlib"
)

// Callers run several products at the same time, so that the library must not start more threads.
func init() { C.openblas_set_num_threads(1) }

// Sgemm computes c ← alpha·op(a)·op(b) + beta·c, row-major.
func Sgemm(ta, tb blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	netlib.Implementation{}.Sgemm(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
}
