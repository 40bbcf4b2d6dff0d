package kernel

// ReLU computes max(x, 0).
func ReLU(t *Team, x, y []float32) {
	t.Split(len(x), func(_, from, to int) {
		out := y[from:to]
		for i, v := range x[from:to] {
			out[i] = max(v, 0)
		}
	})
}

// ReLUBack computes dx = dy where y > 0, else 0.
func ReLUBack(t *Team, y, dy, dx []float32) {
	t.Split(len(y), func(_, from, to int) {
		mask(dx[from:to], dy[from:to], y[from:to])
	})
}

// Add computes y = a + b.
func Add(t *Team, a, b, y []float32) {
	t.Split(len(y), func(_, from, to int) {
		copy(y[from:to], a[from:to])
		accumulate(y[from:to], b[from:to])
	})
}

// ScaleImages computes y as x with each image multiplied by its factor.
func ScaleImages(t *Team, factors, x, y []float32) {
	if len(factors) == 0 {
		return
	}
	size := len(x) / len(factors)
	t.Split(len(factors), func(_, first, last int) {
		for b := first; b < last; b++ {
			out := y[b*size : (b+1)*size]
			for i, v := range x[b*size : (b+1)*size] {
				out[i] = v * factors[b]
			}
		}
	})
}

// Embed computes tokens from maps: those of cls (k × d), then the positions of the map, plus pos
// ((k + pixels) × d). The output has n × (k + pixels) × d values.
func Embed(t *Team, n, pixels, d int, x, cls, pos, y []float32) {
	size := len(cls) + pixels*d
	t.Split(n, func(_, first, last int) {
		for b := first; b < last; b++ {
			out := y[b*size : (b+1)*size]
			copy(out, cls)
			copy(out[len(cls):], x[b*pixels*d:(b+1)*pixels*d])
			accumulate(out, pos)
		}
	})
}

// EmbedBack computes the gradients at the map, the tokens before it and the positions.
func EmbedBack(t *Team, n, pixels, d int, dy, dx, dcls, dpos []float32) {
	size := len(dcls) + pixels*d
	clear(dpos)
	for b := range n {
		accumulate(dpos, dy[b*size:(b+1)*size])
	}
	copy(dcls, dpos)
	t.Split(n, func(_, first, last int) {
		for b := first; b < last; b++ {
			copy(dx[b*pixels*d:(b+1)*pixels*d], dy[b*size+len(dcls):(b+1)*size])
		}
	})
}
