package kernel

import "golang.org/x/sys/cpu"

var useAVX = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// In all of these functions, c and n are multiples of 8; their callers in vector.go check that.

//go:noescape
func addAVX(dst, src *float32, n int)

//go:noescape
func momentsAVX(x, shift, sum, square *float32, rows, c int)

//go:noescape
func affineAVX(y, x, scale, offset, add *float32, floor float32, rows, c int)

//go:noescape
func productsAVX(x, dy, y, shift, sum, product *float32, rows, c int)

//go:noescape
func combineAVX(dx, x, dy, y, scale, slope, offset *float32, rows, c int)

//go:noescape
func maskAVX(dx, dy, y *float32, n int)
