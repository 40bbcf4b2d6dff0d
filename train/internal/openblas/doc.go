// Package openblas multiplies matrices with OpenBLAS (Debian: libopenblas-dev), through cgo. Without the
// build tag openblas it is empty.
package openblas
