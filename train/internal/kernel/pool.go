package kernel

// MaxPool takes maxima over K × K windows. Forward keeps the positions of the maxima for Back.
type MaxPool struct {
	H, W, C, K, Stride, Pad int
	OutH, OutW              int
	from                    []uint8 // position in the window, row by row; K ≤ 15
}

// NewMaxPool returns a pooling of the given sizes.
func NewMaxPool(h, w, c, k, stride, pad int) *MaxPool {
	return &MaxPool{H: h, W: w, C: c, K: k, Stride: stride, Pad: pad, OutH: (h+2*pad-k)/stride + 1, OutW: (w+2*pad-k)/stride + 1}
}

// windows calls f for each position of the kernel in each window of images [first, last), with the indexes
// of the window's output and of the input at that position.
func (p *MaxPool) windows(first, last int, f func(out, place, in int)) {
	for n := first; n < last; n++ {
		for oy := range p.OutH {
			for ox := range p.OutW {
				out := ((n*p.OutH+oy)*p.OutW + ox) * p.C
				top, left := oy*p.Stride-p.Pad, ox*p.Stride-p.Pad
				for ky := max(0, -top); ky < min(p.K, p.H-top); ky++ {
					for kx := max(0, -left); kx < min(p.K, p.W-left); kx++ {
						f(out, ky*p.K+kx, ((n*p.H+top+ky)*p.W+left+kx)*p.C)
					}
				}
			}
		}
	}
}

// Forward computes y from n images x. A NaN in a window gives NaN.
func (p *MaxPool) Forward(t *Team, n int, x, y []float32) {
	size := p.OutH * p.OutW * p.C
	if cap(p.from) < n*size {
		p.from = make([]uint8, n*size)
	}
	p.from = p.from[:n*size]
	t.Split(n, func(_, first, last int) {
		seen := -1
		p.windows(first, last, func(out, place, in int) {
			top, from, row := y[out:out+p.C], p.from[out:out+p.C], x[in:in+p.C]
			if out != seen {
				seen = out
				copy(top, row)
				for i := range from {
					from[i] = uint8(place)
				}
				return
			}
			for i, v := range row {
				if v > top[i] || v != v {
					top[i], from[i] = v, uint8(place)
				}
			}
		})
	})
}

// Back computes dx, the gradient of x, from dy.
func (p *MaxPool) Back(t *Team, n int, dy, dx []float32) {
	size := p.H * p.W * p.C
	t.Split(n, func(_, first, last int) {
		clear(dx[first*size : last*size])
		p.windows(first, last, func(out, place, in int) {
			d, from, row := dy[out:out+p.C], p.from[out:out+p.C], dx[in:in+p.C]
			for i, w := range from {
				if int(w) == place {
					row[i] += d[i]
				}
			}
		})
	})
}

// MeanPool averages maps of pixels positions and c channels over their positions.
func MeanPool(t *Team, n, pixels, c int, x, y []float32) {
	t.Split(n, func(_, first, last int) {
		for b := first; b < last; b++ {
			out := y[b*c : (b+1)*c]
			clear(out)
			for p := range pixels {
				accumulate(out, x[(b*pixels+p)*c:(b*pixels+p+1)*c])
			}
			for i := range out {
				out[i] /= float32(pixels)
			}
		}
	})
}

// MeanPoolBack computes dx, the gradient of x, from dy.
func MeanPoolBack(t *Team, n, pixels, c int, dy, dx []float32) {
	t.Split(n, func(_, first, last int) {
		for b := first; b < last; b++ {
			row := dx[b*pixels*c : (b*pixels+1)*c]
			for i, v := range dy[b*c : (b+1)*c] {
				row[i] = v / float32(pixels)
			}
			for p := 1; p < pixels; p++ {
				copy(dx[(b*pixels+p)*c:], row)
			}
		}
	})
}

// WeightedPool writes the average over pixels with weights, n × pixels, to y. x is n × pixels × c.
func WeightedPool(t *Team, n, pixels, c int, x, weights, y []float32) {
	t.Split(n, func(_, first, last int) {
		for b := first; b < last; b++ {
			out := y[b*c : (b+1)*c]
			clear(out)
			for p := range pixels {
				w := weights[b*pixels+p]
				for i, v := range x[(b*pixels+p)*c : (b*pixels+p+1)*c] {
					out[i] += w * v
				}
			}
		}
	})
}

// WeightedPoolBack computes dx, the gradient of x, from dy.
func WeightedPoolBack(t *Team, n, pixels, c int, dy, weights, dx []float32) {
	t.Split(n, func(_, first, last int) {
		for b := first; b < last; b++ {
			for p := range pixels {
				w, row := weights[b*pixels+p], dx[(b*pixels+p)*c:(b*pixels+p+1)*c]
				for i, v := range dy[b*c : (b+1)*c] {
					row[i] = w * v
				}
			}
		}
	})
}
