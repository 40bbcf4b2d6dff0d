package data

import (
	"image"
	"slices"

	"abtool/features"
)

// planes scales a crop of an image of planes Y, Cb and Cr. Each plane is scaled at its resolution with its
// taps, and only the result is converted to red, green and blue. The colours of a JPEG are centred: in
// 4:2:0, a sample lies in the middle of four pixels. A sample that the crop's edge cuts through belongs to
// the crop; samples beyond do not.
//
// A 64-bit word holds two sums, one in each half: two rows of Y, or Cb and Cr.
func (z *resizer) planes(m *image.YCbCr, eighths int, c features.Crop, size int, to []byte) {
	wide, high := 0, 0 // log2 of the number of pixels per colour sample
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		wide = 1
	case image.YCbCrSubsampleRatio420:
		wide, high = 1, 1
	case image.YCbCrSubsampleRatio440:
		high = 1
	case image.YCbCrSubsampleRatio411:
		wide = 2
	case image.YCbCrSubsampleRatio410:
		wide, high = 2, 1
	}
	// m may be a part of an image whose colours begin within a sample. A reduced image is never a part.
	left, top := 8*m.Rect.Min.X/eighths+c.X, 8*m.Rect.Min.Y/eighths+c.Y
	lightWidth := z.across.coarser(eighths, 0, left, c.W, size, c.Flip)
	z.down.coarser(eighths, 0, top, c.H, size, false)
	width := z.colourAcross.coarser(eighths, wide, left, c.W, size, c.Flip)
	z.colourDown.coarser(eighths, high, top, c.H, size, false)
	z.across.pair()
	z.colourAcross.pair()
	x, y := left*eighths/8, top*eighths/8
	at := m.COffset(x, y)
	light, blue, red := m.Y[m.YOffset(x, y):], m.Cb[at:], m.Cr[at:]

	// weigh reads beyond the end of a line, with weights of zero.
	z.line = grow(z.line, max(lightWidth+z.across.width, width+z.colourAcross.width))
	z.light, z.colour = grow(z.light, size), grow(z.colour, size)
	for y := range size {
		if y%2 == 0 {
			line := z.line[:lightWidth+z.across.width]
			clear(line)
			z.sum(line[:lightWidth], light, m.YStride, &z.down, y, 0)
			if y+1 < size {
				z.sum(line[:lightWidth], light, m.YStride, &z.down, y+1, 32)
			}
			z.across.weigh(line, z.light)
		}
		line := z.line[:width+z.colourAcross.width]
		clear(line)
		z.sum(line[:width], blue, m.CStride, &z.colourDown, y, 0)
		z.sum(line[:width], red, m.CStride, &z.colourDown, y, 32)
		z.colourAcross.weigh(line, z.colour)
		mix(z.light, z.colour, uint(y%2*32), to[3*size*y:3*size*(y+1)])
	}
}

// coarser computes the taps for a crop of length pixels from start on. The samples have the given eighths of
// the pixels' resolution, and 2^digits times less, and begin at the first one that the crop touches. It returns
// their number.
func (t *taps) coarser(eighths, digits, start, length, to int, mirrored bool) int {
	pixels := 8 << digits // eighths times as many pixels as samples
	first, end := start*eighths/pixels, (start+length)*eighths
	samples := (end+pixels-1)/pixels - first
	scale := float64(eighths) / float64(pixels)
	t.of(float64(start)*scale-float64(first), float64(length)*scale, samples, to, mirrored)
	return samples
}

// sum adds the weighted rows of pixel row y of the result to line, in the 16 bits from lane on, eight of
// them after the binary point. These bits must be zero before.
func (z *resizer) sum(line []uint64, from []byte, stride int, t *taps, y int, lane uint) {
	const drop = tapBits - 8
	w := t.weight[y*t.width:][:t.n[y]]
	from = from[int(t.first[y])*stride:]
	lane &= 63
	switch len(w) {
	case 2:
		v, w := uint32(w[0]), uint32(w[1])
		a, b := from[:len(line)], from[stride:][:len(line)]
		for x := range line {
			line[x] |= uint64((v*uint32(a[x])+w*uint32(b[x]))>>drop) << lane
		}
	case 3:
		u, v, w := uint32(w[0]), uint32(w[1]), uint32(w[2])
		a, b, c := from[:len(line)], from[stride:][:len(line)], from[2*stride:][:len(line)]
		for x := range line {
			line[x] |= uint64((u*uint32(a[x])+v*uint32(b[x])+w*uint32(c[x]))>>drop) << lane
		}
	default:
		sums := grow(z.sums, len(line))
		z.sums = sums
		clear(sums)
		for k := 0; k < len(w); k += 2 {
			a, v := from[k*stride:][:len(sums)], uint32(w[k])
			b, u := a, uint32(0)
			if k+1 < len(w) {
				b, u = from[(k+1)*stride:][:len(sums)], uint32(w[k+1])
			}
			for x := range sums {
				sums[x] += v*uint32(a[x]) + u*uint32(b[x])
			}
		}
		for x := range line {
			line[x] |= uint64(sums[x]>>drop) << lane
		}
	}
}

// twoTaps has the weights of two adjacent samples for a pixel of the result.
type twoTaps struct{ first, a, b uint32 }

// pair arranges the taps in pairs: first the first two taps of every pixel of the result, then the third
// and fourth of every pixel, and so on.
func (t *taps) pair() {
	to := len(t.first)
	most := int(slices.Max(t.n))
	t.pairs = grow(t.pairs, (most+1)/2*to)
	for x, first := range t.first {
		for k := 0; k < most; k += 2 {
			w := t.weight[x*t.width+k:]
			t.pairs[k/2*to+x] = twoTaps{uint32(first) + uint32(k), uint32(w[0]), uint32(w[1])}
		}
	}
}

// weigh sets each value of out to the weighted sum of the values of line that its taps name.
func (t *taps) weigh(line, out []uint64) {
	clear(out)
	for pairs := t.pairs; len(pairs) > 0; pairs = pairs[len(out):] {
		for x := range out {
			p := &pairs[x]
			at := uint(p.first)
			second := line[at+1] // this bounds check covers line[at] too
			out[x] += uint64(p.a)*line[at] + uint64(p.b)*second
		}
	}
}

// mix computes red, green and blue by JFIF's R = Y + 1.402 (Cr − 128) and so on. It drops the lowest
// tapBits of the 32 bits of a sum, which leaves eight after the binary point. Y is in the half that begins
// at lane.
func mix(light, colour []uint64, lane uint, to []byte) {
	lane = (lane + tapBits) & 63
	colour = colour[:len(light)]
	for x, l := range light {
		y := int64(l>>lane&0xffff)<<16 + 1<<23
		cb, cr := int64(colour[x]>>tapBits&0xffff)-128<<8, int64(colour[x]>>(tapBits+32))-128<<8
		p := to[3*x : 3*x+3 : 3*x+3]
		p[0] = clamp(y + 91881*cr)
		p[1] = clamp(y - 22554*cb - 46802*cr)
		p[2] = clamp(y + 116130*cb)
	}
}

// clamp returns a value with 24 bits after the binary point as a byte.
func clamp(v int64) byte {
	if uint64(v) < 1<<32 {
		return byte(v >> 24)
	}
	if v < 0 {
		return 0
	}
	return 255
}
