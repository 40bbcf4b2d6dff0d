//go:build !amd64

package kernel

var useAVX = false

func addAVX(dst, src *float32, n int)                                         { panic("no AVX") }
func momentsAVX(x, shift, sum, square *float32, rows, c int)                  { panic("no AVX") }
func affineAVX(y, x, scale, offset, add *float32, floor float32, rows, c int) { panic("no AVX") }
func productsAVX(x, dy, y, shift, sum, product *float32, rows, c int)         { panic("no AVX") }
func combineAVX(dx, x, dy, y, scale, slope, offset *float32, rows, c int)     { panic("no AVX") }
func maskAVX(dx, dy, y *float32, n int)                                       { panic("no AVX") }
