package view

import "math"

// PIL's resize is the reference: libImaging/Resample.c. Weights are integers with tapBits bits after the binary
// point, sums begin with one half, and the horizontal pass is rounded to bytes before the vertical pass. A
// result depends only on the source pixels under its filter, so the passes leave out rows and columns that the
// crop does not need, and the result stays the same.

// tapBits leaves 8 bits for the pixels and 2 for weights beyond 0…1, which Bicubic has.
const tapBits = 32 - 8 - 2

// taps has the weights of the source's pixels for each of a range of the result's pixels.
type taps struct {
	first, n []int32 // the first source pixel, and how many there are
	weight   []int32 // width of them for each pixel of the result; those beyond n are undefined
	width    int
	exact    []float64 // weights of one pixel

	filter             Filter // what the taps were computed for
	from, to, low, end int
}

// of computes the taps that scale from pixels to to pixels, for the pixels low ≤ i < end of the result.
func (t *taps) of(filter Filter, from, to, low, end int) {
	if t.filter == filter && t.from == from && t.to == to && t.low == low && t.end == end {
		return
	}
	t.filter, t.from, t.to, t.low, t.end = filter, from, to, low, end
	weigh, support := triangle, 1.0
	if filter == Bicubic {
		weigh, support = cubic, 2.0
	}
	scale := float64(from) / float64(to)
	stretch := max(scale, 1)
	support *= stretch
	inverse := 1 / stretch
	t.width = int(math.Ceil(support))*2 + 1
	n := end - low
	t.first, t.n = grow(t.first, n), grow(t.n, n)
	t.weight, t.exact = grow(t.weight, n*t.width), grow(t.exact, t.width)
	for i := range n {
		// The conversions keep the compiler from fusing a product with a sum, which would round differently.
		centre := float64((float64(low+i) + 0.5) * scale)
		first := max(int(centre-support+0.5), 0)
		count := min(int(centre+support+0.5), from) - first
		total := 0.0
		for k := range count {
			t.exact[k] = weigh(float64((float64(first+k) - centre + 0.5) * inverse))
			total += t.exact[k]
		}
		row := t.weight[i*t.width:]
		for k := range count {
			v := t.exact[k]
			if total != 0 {
				v /= total
			}
			row[k] = fixed(v)
		}
		t.first[i], t.n[i] = int32(first), int32(count)
	}
}

// fixed returns a weight in units of 2^−tapBits, rounded half away from zero.
func fixed(v float64) int32 {
	v *= 1 << tapBits
	if v < 0 {
		return int32(v - 0.5)
	}
	return int32(v + 0.5)
}

func triangle(x float64) float64 { return max(0, 1-math.Abs(x)) }

func cubic(x float64) float64 {
	const a = -0.5
	switch x = math.Abs(x); {
	case x < 1:
		return float64(float64(float64(float64((a+2)*x)-(a+3))*x)*x) + 1
	case x < 2:
		return (float64(float64(float64(x-5)*x+8)*x) - 4) * a
	}
	return 0
}

// clip returns a sum as a byte.
func clip(sum int32) byte {
	v := sum >> tapBits
	if uint32(v) > 255 {
		v = ^(v >> 31) & 255 // 0 for negative values, 255 for large ones
	}
	return byte(v)
}

// across computes a row of the horizontal pass: pixels of red, green and blue, one for each of the taps.
// from begins with the source pixel base.
func (t *taps) across(from []byte, base int, to []byte) {
	const half = int32(1) << (tapBits - 1)
	for i, first := range t.first {
		n := int(t.n[i])
		w := t.weight[i*t.width:][:n]
		p := from[3*(int(first)-base):][:3*n]
		r, g, b := half, half, half
		for k, v := range w {
			q := p[3*k : 3*k+3 : 3*k+3]
			r += v * int32(q[0])
			g += v * int32(q[1])
			b += v * int32(q[2])
		}
		q := to[3*i : 3*i+3 : 3*i+3]
		q[0], q[1], q[2] = clip(r), clip(g), clip(b)
	}
}

// down computes row i of the vertical pass from rows of len(to) bytes, of which the first is source row base.
func (t *taps) down(from []byte, base, i int, sums []int32, to []byte) {
	const half = int32(1) << (tapBits - 1)
	sums = sums[:len(to)]
	for x := range sums {
		sums[x] = half
	}
	at := (int(t.first[i]) - base) * len(to)
	for _, v := range t.weight[i*t.width:][:t.n[i]] {
		row := from[at:][:len(sums)]
		for x := range sums {
			sums[x] += v * int32(row[x])
		}
		at += len(to)
	}
	for x, s := range sums {
		to[x] = clip(s)
	}
}

// span returns the source pixels that the taps read: first ≤ x < end.
func (t *taps) span() (first, end int) {
	last := len(t.first) - 1
	return int(t.first[0]), int(t.first[last] + t.n[last])
}

// grow returns a slice of n values that may reuse s's memory.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
