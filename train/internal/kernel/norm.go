package kernel

import "math"

// block is the number of rows that are summed in float32 before the sum is added in float64.
const block = 128

// BatchNorm normalises C channels, optionally adds another map and applies ReLU: y = relu(bn(x) + add).
// Train keeps its statistics for Back.
type BatchNorm struct {
	C    int
	Eps  float64
	ReLU bool

	mean, inverse       []float32 // of the last batch: mean and 1/√(variance + Eps)
	scale, slope, shift []float32
	sums                [][]float64 // two sums per channel for each worker
}

// NewBatchNorm returns a normalisation of c channels.
func NewBatchNorm(c int, eps float64, relu bool) *BatchNorm {
	b := &BatchNorm{C: c, Eps: eps, ReLU: relu}
	for _, p := range []*[]float32{&b.mean, &b.inverse, &b.scale, &b.slope, &b.shift} {
		*p = make([]float32, c)
	}
	return b
}

// reduce adds up the sums that f returns for blocks of rows, two per channel. The first 2·C values of the
// result are the totals.
func (b *BatchNorm) reduce(t *Team, rows int, f func(from, to int, first, second []float32)) []float64 {
	for len(b.sums) < t.size {
		b.sums = append(b.sums, make([]float64, 2*b.C))
	}
	for _, s := range b.sums {
		clear(s)
	}
	t.Split(rows, func(worker, from, to int) {
		part := t.own(worker, 2*b.C)
		total := b.sums[worker]
		for at := from; at < to; at += block {
			clear(part)
			f(at, min(to, at+block), part[:b.C], part[b.C:])
			for i, v := range part {
				total[i] += float64(v)
			}
		}
	})
	total := b.sums[0]
	for _, s := range b.sums[1:t.size] {
		for i, v := range s {
			total[i] += v
		}
	}
	return total
}

// Train computes y from x (rows × C) with the batch's statistics and moves the running statistics towards
// them by momentum; the running variance is unbiased. add has x's shape or is nil.
func (b *BatchNorm) Train(t *Team, rows int, x, gamma, beta, add, y, runningMean, runningVar []float32, momentum float64) {
	first := x[:b.C] // subtracting any value near the data avoids cancellation
	sums := b.reduce(t, rows, func(from, to int, sum, square []float32) {
		moments(x[from*b.C:to*b.C], first, sum, square)
	})
	n := float64(rows)
	for c := range b.C {
		d := sums[c] / n
		mean := float64(first[c]) + d
		variance := math.Max(0, sums[b.C+c]/n-d*d)
		inverse := 1 / math.Sqrt(variance+b.Eps)
		b.mean[c], b.inverse[c] = float32(mean), float32(inverse)
		b.scale[c] = float32(float64(gamma[c]) * inverse)
		b.shift[c] = float32(float64(beta[c]) - mean*float64(gamma[c])*inverse)
		runningMean[c] += float32(momentum * (mean - float64(runningMean[c])))
		runningVar[c] += float32(momentum * (variance*n/math.Max(1, n-1) - float64(runningVar[c])))
	}
	b.apply(t, rows, x, add, y)
}

// Eval computes y from x with the running statistics.
func (b *BatchNorm) Eval(t *Team, rows int, x, gamma, beta, add, y, runningMean, runningVar []float32) {
	for c := range b.C {
		scale := float64(gamma[c]) / math.Sqrt(float64(runningVar[c])+b.Eps)
		b.scale[c] = float32(scale)
		b.shift[c] = float32(float64(beta[c]) - float64(runningMean[c])*scale)
	}
	b.apply(t, rows, x, add, y)
}

func (b *BatchNorm) apply(t *Team, rows int, x, add, y []float32) {
	t.Split(rows, func(_, from, to int) {
		lo, hi := from*b.C, to*b.C
		if add == nil {
			affine(y[lo:hi], x[lo:hi], b.scale, b.shift, nil, b.ReLU)
			return
		}
		affine(y[lo:hi], x[lo:hi], b.scale, b.shift, add[lo:hi], b.ReLU)
	})
}

// Back computes the gradients of x, gamma and beta in the last Train from dy. With ReLU, y is its output
// and dy is masked by y > 0; pass nil for y if dy is masked already.
func (b *BatchNorm) Back(t *Team, rows int, x, gamma, y, dy, dx, dgamma, dbeta []float32) {
	masked := func(lo, hi int) []float32 {
		if y == nil {
			return nil
		}
		return y[lo:hi]
	}
	sums := b.reduce(t, rows, func(from, to int, sum, product []float32) {
		lo, hi := from*b.C, to*b.C
		products(x[lo:hi], dy[lo:hi], masked(lo, hi), b.mean, sum, product)
	})
	n := float64(rows)
	for c := range b.C {
		inverse := float64(b.inverse[c])
		dBeta, dGamma := sums[c], sums[b.C+c]*inverse
		dbeta[c], dgamma[c] = float32(dBeta), float32(dGamma)
		scale := float64(gamma[c]) * inverse
		slope := -scale * dGamma / n * inverse
		b.scale[c], b.slope[c] = float32(scale), float32(slope)
		b.shift[c] = float32(-scale*dBeta/n - slope*float64(b.mean[c]))
	}
	t.Split(rows, func(_, from, to int) {
		lo, hi := from*b.C, to*b.C
		combine(dx[lo:hi], x[lo:hi], dy[lo:hi], masked(lo, hi), b.scale, b.slope, b.shift)
	})
}

// LayerNorm normalises rows of D values. Forward keeps its statistics for Back.
type LayerNorm struct {
	D             int
	Eps           float64
	mean, inverse []float32
}

// Forward computes y from x (rows × D).
func (l *LayerNorm) Forward(t *Team, rows int, x, gamma, beta, y []float32) {
	l.mean, l.inverse = grown(l.mean, rows), grown(l.inverse, rows)
	t.Split(rows, func(_, from, to int) {
		for r := from; r < to; r++ {
			in, out := x[r*l.D:(r+1)*l.D], y[r*l.D:(r+1)*l.D]
			sum := 0.0
			for _, v := range in {
				sum += float64(v)
			}
			mean := float32(sum / float64(l.D))
			square := 0.0
			for _, v := range in {
				square += float64((v - mean) * (v - mean))
			}
			inverse := float32(1 / math.Sqrt(square/float64(l.D)+l.Eps))
			l.mean[r], l.inverse[r] = mean, inverse
			for i, v := range in {
				out[i] = (v-mean)*inverse*gamma[i] + beta[i]
			}
		}
	})
}

// Back computes the gradients of x, gamma and beta in the last Forward from dy.
func (l *LayerNorm) Back(t *Team, rows int, x, gamma, dy, dx, dgamma, dbeta []float32) {
	parts := t.common(2 * t.size * l.D)
	clear(parts)
	t.Split(rows, func(worker, from, to int) {
		part := parts[2*worker*l.D : 2*(worker+1)*l.D]
		pg, pb := part[:l.D], part[l.D:]
		for r := from; r < to; r++ {
			in, d, out := x[r*l.D:(r+1)*l.D], dy[r*l.D:(r+1)*l.D], dx[r*l.D:(r+1)*l.D]
			mean, inverse := l.mean[r], l.inverse[r]
			var sum, product float64
			for i, v := range d {
				hat := (in[i] - mean) * inverse
				pg[i] += v * hat
				pb[i] += v
				sum += float64(v * gamma[i])
				product += float64(v * gamma[i] * hat)
			}
			a, b := float32(sum/float64(l.D)), float32(product/float64(l.D))
			for i, v := range d {
				out[i] = inverse * (v*gamma[i] - a - (in[i]-mean)*inverse*b)
			}
		}
	})
	clear(dgamma)
	clear(dbeta)
	for w := range t.size {
		accumulate(dgamma, parts[2*w*l.D:(2*w+1)*l.D])
		accumulate(dbeta, parts[(2*w+1)*l.D:2*(w+1)*l.D])
	}
}
