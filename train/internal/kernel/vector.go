package kernel

import "math"

// This file has the loops over rows of channels. Where the processor has AVX2 and the width is a multiple
// of 8, vector_amd64.s runs them.

// accumulate adds src to dst, which have the same length.
func accumulate(dst, src []float32) {
	n := len(dst)
	if useAVX && n >= 8 {
		addAVX(&dst[0], &src[:n][0], n&^7)
		dst, src = dst[n&^7:], src[n&^7:n]
	}
	src = src[:len(dst)]
	for i, v := range src {
		dst[i] += v
	}
}

// moments adds to sum and square, for each channel, the sums over the rows of x − shift and (x − shift)².
func moments(x, shift, sum, square []float32) {
	c := len(shift)
	if useAVX && c%8 == 0 && len(x) > 0 {
		momentsAVX(&x[0], &shift[0], &sum[0], &square[0], len(x)/c, c)
		return
	}
	sum, square = sum[:c], square[:c]
	for ; len(x) >= c; x = x[c:] {
		for i, v := range x[:c] {
			d := v - shift[i]
			sum[i] += d
			square[i] += d * d
		}
	}
}

// affine computes y = x·scale + offset (+ add) by channel and, if relu, max(y, 0). add may be nil.
func affine(y, x, scale, offset, add []float32, relu bool) {
	c := len(scale)
	if useAVX && c%8 == 0 && len(x) > 0 {
		var plus *float32
		if add != nil {
			plus = &add[0]
		}
		floor := float32(math.Inf(-1))
		if relu {
			floor = 0
		}
		affineAVX(&y[0], &x[0], &scale[0], &offset[0], plus, floor, len(x)/c, c)
		return
	}
	for at := 0; at+c <= len(x); at += c {
		in, out := x[at:at+c], y[at:at+c]
		for i, v := range in {
			v = v*scale[i] + offset[i]
			if add != nil {
				v += add[at+i]
			}
			if relu && v < 0 {
				v = 0
			}
			out[i] = v
		}
	}
}

// products adds to sum and product, for each channel, the sums over the rows of d and d·(x − shift), where
// d is dy masked by y > 0; y may be nil.
func products(x, dy, y, shift, sum, product []float32) {
	c := len(shift)
	if useAVX && c%8 == 0 && len(x) > 0 {
		var mask *float32
		if y != nil {
			mask = &y[0]
		}
		productsAVX(&x[0], &dy[0], mask, &shift[0], &sum[0], &product[0], len(x)/c, c)
		return
	}
	for at := 0; at+c <= len(x); at += c {
		for i, v := range x[at : at+c] {
			d := dy[at+i]
			if y != nil && !(y[at+i] > 0) {
				d = 0
			}
			sum[i] += d
			product[i] += d * (v - shift[i])
		}
	}
}

// combine computes dx = d·scale + x·slope + offset by channel, where d is dy masked by y > 0; y may be nil.
func combine(dx, x, dy, y, scale, slope, offset []float32) {
	c := len(scale)
	if useAVX && c%8 == 0 && len(x) > 0 {
		var mask *float32
		if y != nil {
			mask = &y[0]
		}
		combineAVX(&dx[0], &x[0], &dy[0], mask, &scale[0], &slope[0], &offset[0], len(x)/c, c)
		return
	}
	for at := 0; at+c <= len(x); at += c {
		for i, v := range x[at : at+c] {
			d := dy[at+i]
			if y != nil && !(y[at+i] > 0) {
				d = 0
			}
			dx[at+i] = d*scale[i] + v*slope[i] + offset[i]
		}
	}
}

// mask computes dx = dy where y > 0, else 0. All three have the same length.
func mask(dx, dy, y []float32) {
	n := len(dx)
	if useAVX && n >= 8 {
		maskAVX(&dx[0], &dy[:n][0], &y[:n][0], n&^7)
		dx, dy, y = dx[n&^7:], dy[n&^7:n], y[n&^7:n]
	}
	for i, v := range y[:len(dx)] {
		d := dy[i]
		if !(v > 0) {
			d = 0
		}
		dx[i] = d
	}
}
