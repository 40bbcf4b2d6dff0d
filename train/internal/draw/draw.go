// Package draw has the random number generator that tests share with scripts/torch_vectors.py, so that
// fixtures need not store inputs.
package draw

// Values returns n values in [-1, 1), exact in float32, that depend only on the name.
func Values(name string, n int) []float32 {
	x := uint32(2166136261)
	for i := range len(name) {
		x = (x ^ uint32(name[i])) * 16777619
	}
	out := make([]float32, n)
	for i := range out {
		x = x*1664525 + 1013904223
		out[i] = float32(x>>8)/(1<<23) - 1
	}
	return out
}
