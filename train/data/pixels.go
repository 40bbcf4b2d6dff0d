package data

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math"

	"abtool/features"
	"abtool/internal/imagefile"
)

// Pixels is an image of W × H pixels of three bytes (red, green, blue), row by row from the top.
type Pixels = imagefile.RGB

// PixelsOf returns the pixels of an image. An alpha channel is dropped.
func PixelsOf(m image.Image) *Pixels {
	b := m.Bounds()
	p := &Pixels{W: b.Dx(), H: b.Dy(), Pix: make([]byte, 3*b.Dx()*b.Dy())}
	rgb(m, b, p.Pix)
	return p
}

// opened is an image whose size is known. A JPEG is decoded later, when its crop is known.
type opened struct {
	width, height int
	jpeg          []byte      // the file
	image         image.Image // of other formats
}

// open opens an image file. The bytes must not change while the result is in use.
func open(b []byte) (opened, error) {
	width, height, format, err := imagefile.Size(b)
	if err != nil {
		return opened{}, err
	}
	if format == "jpeg" {
		return opened{width: width, height: height, jpeg: b}, nil
	}
	m, err := imagefile.Decode(b)
	if err != nil {
		return opened{}, err
	}
	return whole(m), nil
}

func whole(m image.Image) opened {
	return opened{width: m.Bounds().Dx(), height: m.Bounds().Dy(), image: m}
}

// above returns the image; rows from bottom on may be missing. A JPEG has the given eighths of its size, if the
// decoder can do that. It returns how many eighths it has.
func (o opened) above(d *jpegDecoder, bottom, eighths int) (image.Image, int, error) {
	if o.image != nil {
		return o.image, 8, nil
	}
	m, eighths, err := d.decode(o.jpeg, o.height, bottom, eighths)
	if err != nil {
		return nil, 0, imagefile.Explain(o.jpeg, err)
	}
	return m, eighths, nil
}

// decode decodes a whole image file.
func decode(b []byte) (image.Image, error) {
	o, err := open(b)
	if err != nil {
		return nil, err
	}
	m, _, err := o.above(&jpegDecoder{}, o.height, 8)
	return m, err
}

// eighthsFor returns the eighths of its size at which a JPEG is decoded if its crop is scaled to size pixels: the
// fewest that leave at least size pixels of the crop, in both directions.
func eighthsFor(c features.Crop, size int) int {
	for _, e := range []int{1, 2, 4} {
		if min(c.W, c.H)*e >= 8*size {
			return e
		}
	}
	return 8
}

// jpegAbove decodes a JPEG as far down as row bottom, with Go's decoder. It writes a smaller height into
// the file's header: the next multiple of 16 rows, which is the largest unit of a sequential JPEG that the
// decoder knows and a multiple of the others. The decoder skips the rest of the file: it notices if the
// file ends too early, but not if the rest is damaged.
func jpegAbove(b []byte, height, bottom int) (image.Image, error) {
	bottom = (bottom + 15) &^ 15
	at := jpegHeight(b)
	if at == 0 || bottom >= height {
		return jpeg.Decode(bytes.NewReader(b))
	}
	return jpeg.Decode(io.MultiReader(bytes.NewReader(b[:at]), bytes.NewReader([]byte{byte(bottom >> 8), byte(bottom)}), bytes.NewReader(b[at+2:])))
}

// jpegHeight returns the offset of the two bytes with the height of a sequential JPEG. It returns 0 for a
// progressive JPEG, whose runs of empty blocks may go on below the row at which decoding stops, and for a
// file of an unexpected form.
func jpegHeight(b []byte) int {
	for i := 2; i+7 <= len(b) && b[i] == 0xff; {
		switch kind := b[i+1]; {
		case kind == 0xff: // padding
			i++
			continue
		case kind == 0xc0 || kind == 0xc1: // sequential frames
			return i + 5
		case kind == 0xc4 || kind == 0xdb || kind == 0xdd || kind == 0xfe || kind&0xf0 == 0xe0: // tables and segments that belong to no frame
		default:
			return 0
		}
		i += 2 + int(b[i+2])<<8 + int(b[i+3])
	}
	return 0
}

// rgb writes the pixels of a rectangle of an image as bytes of red, green and blue to to, which has 3·w·h
// bytes.
func rgb(m image.Image, r image.Rectangle, to []byte) {
	switch m := m.(type) {
	case *Pixels:
		for y := r.Min.Y; y < r.Max.Y; y++ {
			n := copy(to, m.Pix[3*(y*m.W+r.Min.X):3*(y*m.W+r.Max.X)])
			to = to[n:]
		}
	case *image.Gray:
		i := 0
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for _, v := range m.Pix[m.PixOffset(r.Min.X, y):m.PixOffset(r.Max.X, y)] {
				to[i], to[i+1], to[i+2] = v, v, v
				i += 3
			}
		}
	default:
		i := 0
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
				to[i], to[i+1], to[i+2] = c.R, c.G, c.B
				i += 3
			}
		}
	}
}

// A resizer scales crops of images. Only one goroutine may use it.
type resizer struct {
	across, down taps

	source, middle []byte // for images of red, green and blue

	colourAcross, colourDown taps // for the colours of planes
	line, light, colour      []uint64
	sums                     []uint32
}

// taps has the weights of source pixels for each pixel of the result. The filter is a triangle as wide as a
// pixel of the result, but at least as wide as a pixel of the source: PIL's bilinear filter with
// antialiasing.
type taps struct {
	first  []int32
	n      []int32
	weight []int32   // width of them for each pixel of the result, in units of 2⁻¹⁵; zero beyond n
	width  int       // even
	pairs  []twoTaps // for planes: the same weights, two at a time
}

const tapBits = 15

// of computes the taps that scale length source pixels from start on to to pixels. The source has pixels
// pixels. start and length can have fractions. If mirrored, the last pixel of the result comes first.
func (t *taps) of(start, length float64, pixels, to int, mirrored bool) {
	scale := length / float64(to)
	support := max(scale, 1)
	t.width = int(math.Ceil(support))*2 + 2
	t.first, t.n = grow(t.first, to), grow(t.n, to)
	t.weight = grow(t.weight, to*t.width)
	var w [64]float64
	ws := w[:]
	if t.width > len(w) {
		ws = make([]float64, t.width)
	}
	clear(t.weight)
	for place := range to {
		centre := start + (float64(place)+0.5)*scale
		low := max(int(centre-support+0.5), 0)
		high := min(int(centre+support+0.5), pixels)
		total := 0.0
		for k := low; k < high; k++ {
			ws[k-low] = max(0, 1-math.Abs((float64(k)+0.5-centre)/support))
			total += ws[k-low]
		}
		i := place
		if mirrored {
			i = to - 1 - place
		}
		rest, largest := int32(1<<tapBits), 0
		for k := range high - low {
			v := int32(math.Round(ws[k] / total * (1 << tapBits)))
			t.weight[i*t.width+k] = v
			rest -= v
			if ws[k] > ws[largest] {
				largest = k
			}
		}
		t.weight[i*t.width+largest] += rest // so that an image of one colour keeps it
		t.first[i], t.n[i] = int32(low), int32(high-low)
	}
}

func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// crop scales a crop of an image to size × size pixels, mirrored if c says so, and writes them to to,
// 3·size² bytes. The image has the given eighths of the size that c refers to.
func (z *resizer) crop(m image.Image, eighths int, c features.Crop, size int, to []byte) {
	if m, ok := m.(*image.YCbCr); ok {
		z.planes(m, eighths, c, size, to)
		return
	}
	b := m.Bounds()
	// A crop of a reduced image begins and ends within pixels.
	x, y := c.X*eighths/8, c.Y*eighths/8
	w, h := z.across.coarser(eighths, 0, c.X, c.W, size, c.Flip), z.down.coarser(eighths, 0, c.Y, c.H, size, false)
	z.source = grow(z.source, 3*w*h)
	rgb(m, image.Rect(b.Min.X+x, b.Min.Y+y, b.Min.X+x+w, b.Min.Y+y+h), z.source)
	z.middle = grow(z.middle, 3*size*h)
	for y := range h {
		z.row(z.source[3*w*y:3*w*(y+1)], z.middle[3*size*y:3*size*(y+1)], size)
	}
	stride := 3 * size
	for y := range size {
		w := z.down.weight[y*z.down.width:][:z.down.n[y]]
		column(z.middle[int(z.down.first[y])*stride:], stride, w, to[stride*y:][:stride])
	}
}

// column sums weighted rows of stride values into one. Sums of two and of three rows, which most crops
// need, have faster loops.
func column(from []byte, stride int, w []int32, out []byte) {
	const half = int32(1 << (tapBits - 1))
	switch len(w) {
	case 2:
		a, b := from[:len(out)], from[stride:][:len(out)]
		for x := range out {
			out[x] = byte((half + w[0]*int32(a[x]) + w[1]*int32(b[x])) >> tapBits)
		}
	case 3:
		a, b, c := from[:len(out)], from[stride:][:len(out)], from[2*stride:][:len(out)]
		for x := range out {
			out[x] = byte((half + w[0]*int32(a[x]) + w[1]*int32(b[x]) + w[2]*int32(c[x])) >> tapBits)
		}
	default:
		for x := range out {
			sum, at := half, x
			for _, v := range w {
				sum += v * int32(from[at])
				at += stride
			}
			out[x] = byte(sum >> tapBits)
		}
	}
}

func (z *resizer) row(from, to []byte, size int) {
	for x := range size {
		w := z.across.weight[x*z.across.width:][:z.across.n[x]]
		at := 3 * int(z.across.first[x])
		r, g, b := int32(1<<(tapBits-1)), int32(1<<(tapBits-1)), int32(1<<(tapBits-1))
		for _, v := range w {
			p := from[at : at+3 : at+3]
			r += v * int32(p[0])
			g += v * int32(p[1])
			b += v * int32(p[2])
			at += 3
		}
		i := 3 * x
		to[i], to[i+1], to[i+2] = byte(r>>tapBits), byte(g>>tapBits), byte(b>>tapBits)
	}
}
