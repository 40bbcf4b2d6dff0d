package kernel

// Linear computes y (rows × out) from x (rows × in), w (out × in) and bias (out values, or nil).
func Linear(t *Team, rows, in, out int, x, w, bias, y []float32) {
	weights := t.prepare(true, out, in, w, in)
	t.Split(rows, func(_, from, to int) {
		part := y[from*out : to*out]
		weights.multiply(false, to-from, 1, x[from*in:to*in], in, spread(part, bias), part, out)
	})
}

// LinearBackData computes dx = dy·w.
func LinearBackData(t *Team, rows, in, out int, dy, w, dx []float32) {
	weights := t.prepare(false, in, out, w, in)
	t.Split(rows, func(_, from, to int) {
		weights.multiply(false, to-from, 1, dy[from*out:to*out], out, 0, dx[from*in:to*in], in)
	})
}

// LinearBackWeights computes dw = dyᵀ·x.
func LinearBackWeights(t *Team, rows, in, out int, x, dy, dw []float32) {
	t.Split(out, func(_, from, to int) {
		gemm(true, false, to-from, in, rows, 1, dy[from:], out, x, in, 0, dw[from*in:to*in], in)
	})
}

// SumRows computes the sum over the rows of x (rows × width): the gradient of a bias.
func SumRows(t *Team, rows, width int, x, sum []float32) {
	parts := t.common(t.size * width)
	clear(parts)
	t.Split(rows, func(worker, from, to int) {
		part := parts[worker*width : (worker+1)*width]
		for r := from; r < to; r++ {
			accumulate(part, x[r*width:(r+1)*width])
		}
	})
	clear(sum)
	for w := range t.size {
		accumulate(sum, parts[w*width:(w+1)*width])
	}
}
