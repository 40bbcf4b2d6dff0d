package view

import (
	"image"
	"image/color"

	"abtool/internal/imagefile"
)

// rows gives rows of an image as bytes of red, green and blue, as PIL converts them.
type rows struct {
	m      image.Image
	b      image.Rectangle
	cb, cr []byte // a row of upsampled chroma
	sums   []int32
}

// of sets the image.
func (r *rows) of(m image.Image) {
	r.m, r.b = m, m.Bounds()
}

// read writes the pixels x0 ≤ x < x1 of row y to to, 3·(x1−x0) bytes. Coordinates begin at 0.
func (r *rows) read(y, x0, x1 int, to []byte) {
	to = to[:3*(x1-x0)]
	switch m := r.m.(type) {
	case *imagefile.RGB:
		copy(to, m.Pix[3*(y*m.W+x0):])
	case *image.YCbCr:
		r.planes(m, y, x0, x1, to)
	case *image.Gray:
		from := m.Pix[y*m.Stride+x0:]
		for i := range len(to) / 3 {
			to[3*i], to[3*i+1], to[3*i+2] = from[i], from[i], from[i]
		}
	case *image.NRGBA:
		opaque(m.Pix[y*m.Stride+4*x0:], to)
	case *image.RGBA: // imagefile.Decode returns opaque ones only
		opaque(m.Pix[y*m.Stride+4*x0:], to)
	case *image.CMYK:
		cmyk(m.Pix[y*m.Stride+4*x0:], to)
	default:
		for x := x0; x < x1; x++ {
			c := color.NRGBAModel.Convert(m.At(r.b.Min.X+x, r.b.Min.Y+y)).(color.NRGBA)
			to[0], to[1], to[2] = c.R, c.G, c.B
			to = to[3:]
		}
	}
}

// opaque drops every fourth byte.
func opaque(from, to []byte) {
	for i := range len(to) / 3 {
		copy(to[3*i:3*i+3], from[4*i:])
	}
}

// cmyk converts inks as PIL does: without a profile.
func cmyk(from, to []byte) {
	for i := range len(to) / 3 {
		p := from[4*i : 4*i+4 : 4*i+4]
		white := 255 - int32(p[3])
		for c := range 3 {
			v := int32(p[c])*white + 128
			to[3*i+c] = byte(white - (v>>8+v)>>8)
		}
	}
}

// planes converts luma and chroma as libjpeg does. Its "fancy" upsampling of chroma weighs the two nearest
// samples 3 : 1 in each direction.
func (r *rows) planes(m *image.YCbCr, y, x0, x1 int, to []byte) {
	width := r.b.Dx()
	r.cb, r.cr = grow(r.cb, width+2), grow(r.cr, width+2)
	luma := m.Y[y*m.YStride+x0:]
	cb, cr := r.chroma(m, m.Cb, y, r.cb), r.chroma(m, m.Cr, y, r.cr)
	cb, cr = cb[x0:x1], cr[x0:x1]
	for i := range cb {
		l, blue, red := int32(luma[i]), int32(cb[i])-128, int32(cr[i])-128
		to[3*i] = level(l + (91881*red+1<<15)>>16)
		to[3*i+1] = level(l + (-22554*blue-46802*red+1<<15)>>16)
		to[3*i+2] = level(l + (116130*blue+1<<15)>>16)
	}
}

func level(v int32) byte { return byte(max(0, min(255, v))) }

// chroma returns row y of a plane of chroma at the resolution of luma. It may write to and return buf.
func (r *rows) chroma(m *image.YCbCr, plane []byte, y int, buf []byte) []byte {
	width, height := r.b.Dx(), r.b.Dy()
	half := (width + 1) / 2
	row := func(i int) []byte { return plane[i*m.CStride:] }
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio444:
		return row(y)
	case image.YCbCrSubsampleRatio440:
		near, far, bias := row(y/2), row(neighbour(y, height)), int32(1+y%2)
		for x := range width {
			buf[x] = byte((3*int32(near[x]) + int32(far[x]) + bias) >> 2)
		}
		return buf
	case image.YCbCrSubsampleRatio422:
		if half > 2 {
			widen(row(y)[:half], buf)
			return buf
		}
	case image.YCbCrSubsampleRatio420:
		if half > 2 {
			near, far := row(y / 2)[:half], row(neighbour(y, height))[:half]
			r.sums = grow(r.sums, half)
			for x := range half {
				r.sums[x] = 3*int32(near[x]) + int32(far[x])
			}
			widenSums(r.sums, buf)
			return buf
		}
	}
	for x := range width { // libjpeg repeats the samples
		buf[x] = plane[m.COffset(r.b.Min.X+x, r.b.Min.Y+y)-m.COffset(r.b.Min.X, r.b.Min.Y)]
	}
	return buf
}

// neighbour returns the row of chroma that is second nearest to row y of luma, at half of its resolution.
func neighbour(y, height int) int {
	if y%2 == 0 {
		return max(y/2-1, 0)
	}
	return min(y/2+1, (height+1)/2-1)
}

// widen doubles the resolution of a row. It writes 2·len(from) bytes.
func widen(from, to []byte) {
	last := len(from) - 1
	to = to[:2*last+2]
	to[0] = from[0]
	for i := range last {
		a, b := int32(from[i]), int32(from[i+1])
		to[2*i+1] = byte((3*a + b + 2) >> 2)
		to[2*i+2] = byte((3*b + a + 1) >> 2)
	}
	to[2*last+1] = from[last]
}

// widenSums does the same for sums of two rows with the weights 3 and 1.
func widenSums(from []int32, to []byte) {
	last := len(from) - 1
	to = to[:2*last+2]
	to[0] = byte((4*from[0] + 8) >> 4)
	for i := range last {
		a, b := from[i], from[i+1]
		to[2*i+1] = byte((3*a + b + 7) >> 4)
		to[2*i+2] = byte((3*b + a + 8) >> 4)
	}
	to[2*last+1] = byte((4*from[last] + 7) >> 4)
}
