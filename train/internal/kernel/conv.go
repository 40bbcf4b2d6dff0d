package kernel

// Conv is a 2-d convolution of H × W × C maps with O kernels of K × K pixels.
type Conv struct {
	H, W, C       int
	O, K          int
	Stride, Pad   int
	OutH, OutW    int
	pointwise     bool // K = 1, Stride = 1, Pad = 0: the map is its own patch matrix
	patch, pixels int  // values of a patch, positions of an output map
}

// NewConv returns a convolution of the given sizes.
func NewConv(h, w, c, o, k, stride, pad int) Conv {
	v := Conv{H: h, W: w, C: c, O: o, K: k, Stride: stride, Pad: pad}
	v.OutH, v.OutW = (h+2*pad-k)/stride+1, (w+2*pad-k)/stride+1
	v.pointwise = k == 1 && stride == 1 && pad == 0
	v.patch, v.pixels = k*k*c, v.OutH*v.OutW
	return v
}

// Len returns the numbers of values of one input map and one output map.
func (v Conv) Len() (in, out int) { return v.H * v.W * v.C, v.pixels * v.O }

const (
	pieceFloats = 96 << 10  // floats in a piece of a patch matrix: 384 KB, which fits a second-level cache with room to spare
	jointFloats = 256 << 10 // for kernels with more floats, the team computes the gradient together, piece by piece
)

// rows returns the number of rows of the patch matrix in one piece.
func (v Conv) rows() int { return max(48, pieceFloats/v.patch) }

// Forward computes y from n images x; bias (O values) may be nil.
func (v Conv) Forward(t *Team, n int, x, w, bias, y []float32) {
	kernels := t.prepare(true, v.O, v.patch, w, v.patch)
	t.Split(n*v.pixels, func(worker, from, to int) {
		for at := from; at < to; at += v.rows() {
			end := min(to, at+v.rows())
			out := y[at*v.O : end*v.O]
			kernels.multiply(false, end-at, 1, v.patches(t, worker, x, at, end), v.patch, spread(out, bias), out, v.O)
		}
	})
}

// spread fills the rows of out with bias and returns the beta with which a product is added to them.
// Without a bias it returns 0.
func spread(out, bias []float32) float32 {
	if bias == nil {
		return 0
	}
	for i := 0; i < len(out); i += len(bias) {
		copy(out[i:], bias)
	}
	return 1
}

// patches returns rows [from, to) of the patch matrix.
func (v Conv) patches(t *Team, worker int, x []float32, from, to int) []float32 {
	if v.pointwise {
		return x[from*v.C : to*v.C]
	}
	m := t.own(worker, (to-from)*v.patch)
	v.gather(x, from, to, m)
	return m
}

// gather copies rows [from, to) of the patch matrix to m.
func (v Conv) gather(x []float32, from, to int, m []float32) {
	span := v.K * v.C
	for r := from; r < to; r++ {
		image, top, left, kx0, kx1 := v.place(r)
		row := m[(r-from)*v.patch : (r-from+1)*v.patch]
		for ky := range v.K {
			part := row[ky*span : (ky+1)*span]
			iy := top + ky
			if iy < 0 || iy >= v.H {
				clear(part)
				continue
			}
			at := ((image*v.H+iy)*v.W + left) * v.C
			clear(part[:kx0*v.C])
			copy(part[kx0*v.C:kx1*v.C], x[at+kx0*v.C:at+kx1*v.C])
			clear(part[kx1*v.C:])
		}
	}
}

// place returns the image of row r's patch, the patch's upper left corner, and the columns [kx0, kx1) of
// the kernel that overlap the map.
func (v Conv) place(r int) (image, top, left, kx0, kx1 int) {
	image, r = r/v.pixels, r%v.pixels
	top, left = r/v.OutW*v.Stride-v.Pad, r%v.OutW*v.Stride-v.Pad
	return image, top, left, max(0, -left), max(0, min(v.K, v.W-left))
}

// BackData computes dx, the gradient of n images, from dy, the gradient of the outputs.
func (v Conv) BackData(t *Team, n int, dy, w, dx []float32) {
	in, _ := v.Len()
	kernels := t.prepare(false, v.patch, v.O, w, v.patch)
	t.Split(n, func(worker, first, last int) {
		if !v.pointwise {
			clear(dx[first*in : last*in])
		}
		from, to := first*v.pixels, last*v.pixels
		for at := from; at < to; at += v.rows() {
			end := min(to, at+v.rows())
			m := dx[min(len(dx), at*v.C):]
			if !v.pointwise {
				m = t.own(worker, (end-at)*v.patch)
			}
			kernels.multiply(false, end-at, 1, dy[at*v.O:end*v.O], v.O, 0, m, v.patch)
			if !v.pointwise {
				v.scatter(dx, at, end, m)
			}
		}
	})
}

// scatter adds rows [from, to) of the patch matrix m to the values that gather copied them from.
func (v Conv) scatter(dx []float32, from, to int, m []float32) {
	span := v.K * v.C
	for r := from; r < to; r++ {
		image, top, left, kx0, kx1 := v.place(r)
		row := m[(r-from)*v.patch : (r-from+1)*v.patch]
		for ky := max(0, -top); ky < min(v.K, v.H-top); ky++ {
			at := ((image*v.H+top+ky)*v.W + left) * v.C
			if kx0 < kx1 {
				accumulate(dx[at+kx0*v.C:at+kx1*v.C], row[ky*span+kx0*v.C:ky*span+kx1*v.C])
			}
		}
	}
}

// BackWeights computes dw, the gradient of the kernels, from n images and dy, the gradient of the outputs.
func (v Conv) BackWeights(t *Team, n int, x, dy, dw []float32) {
	if len(dw) > jointFloats {
		v.backJointly(t, n, x, dy, dw)
		return
	}
	// Each worker sums over its images; the sums are added at the end.
	sums := t.common((t.size - 1) * len(dw))
	clear(sums)
	clear(dw)
	t.Split(n*v.pixels, func(worker, from, to int) {
		sum := dw
		if worker > 0 {
			sum = sums[(worker-1)*len(dw) : worker*len(dw)]
		}
		for at := from; at < to; at += v.rows() {
			end := min(to, at+v.rows())
			gemm(true, false, v.O, v.patch, end-at, 1, dy[at*v.O:end*v.O], v.O, v.patches(t, worker, x, at, end), v.patch, 1, sum, v.patch)
		}
	})
	for w := 1; w < t.size; w++ {
		accumulate(dw, sums[(w-1)*len(dw):w*len(dw)])
	}
}

// backJointly has all workers gather each piece of the patch matrix; then each worker computes the gradient
// of its share of the kernels.
func (v Conv) backJointly(t *Team, n int, x, dy, dw []float32) {
	total := n * v.pixels
	step := 4 * v.rows()
	for at := 0; at < total; at += step {
		end := min(total, at+step)
		m := x[min(len(x), at*v.C):]
		if !v.pointwise {
			m = t.common((end - at) * v.patch)
			t.Split(end-at, func(_, from, to int) { v.gather(x, at+from, at+to, m[from*v.patch:to*v.patch]) })
		}
		beta := float32(1)
		if at == 0 {
			beta = 0
		}
		t.Split(v.O, func(_, from, to int) {
			gemm(true, false, to-from, v.patch, end-at, 1, dy[at*v.O+from:end*v.O], v.O, m, v.patch, beta, dw[from*v.patch:to*v.patch], v.patch)
		})
	}
}

// Permute converts kernels from O × C × K × K (PyTorch) to O × K × K × C, or back.
func Permute(dst, src []float32, o, c, k int, toChannelsLast bool) {
	kk := k * k
	for i := range o {
		d, s := dst[i*c*kk:(i+1)*c*kk], src[i*c*kk:(i+1)*c*kk]
		for ch := range c {
			for p := range kk {
				if toChannelsLast {
					d[p*c+ch] = s[ch*kk+p]
				} else {
					d[ch*kk+p] = s[p*c+ch]
				}
			}
		}
	}
}
