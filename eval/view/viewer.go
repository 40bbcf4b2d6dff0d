package view

import (
	"fmt"
	"image"
	"math"

	"abtool/internal/imagefile"
)

// A Viewer makes inputs of networks. Only one goroutine may use it.
type Viewer struct {
	view         View
	rows         rows
	across, down taps
	line, middle []byte
	sums         []int32
}

// NewViewer returns a viewer. The view must come from Parse or Default, or be like one of theirs.
func NewViewer(v View) *Viewer { return &Viewer{view: v} }

// File decodes an image file and writes what the network sees to to: Size × Size pixels of three bytes (red,
// green, blue), row by row from the top. Orientation that EXIF data ask for is not applied.
func (w *Viewer) File(file, to []byte) error {
	m, err := decode(file)
	if err != nil {
		return err
	}
	return w.Image(m, to)
}

func decode(file []byte) (image.Image, error) {
	_, _, format, err := imagefile.Size(file)
	switch {
	case err != nil:
		return nil, err
	case format != "jpeg":
		return imagefile.Decode(file)
	}
	m, err := imagefile.JPEG(file)
	if err != nil {
		return nil, imagefile.Explain(file, err)
	}
	return m, nil
}

// Image does the same for a decoded image, whose transparency is ignored.
func (w *Viewer) Image(m image.Image, to []byte) error {
	v := &w.view
	if len(to) != 3*v.Size*v.Size {
		return fmt.Errorf("%d bytes for an input of %d × %d pixels", len(to), v.Size, v.Size)
	}
	w.rows.of(m)
	width, height := m.Bounds().Dx()-2*v.Border, m.Bounds().Dy()-2*v.Border
	if width < 1 || height < 1 {
		return fmt.Errorf("an image of %d × %d pixels has nothing within a border of %d", m.Bounds().Dx(), m.Bounds().Dy(), v.Border)
	}
	fits := width >= v.Size && height >= v.Size
	switch {
	case v.Geometry == ResizeCrop:
		shorter := min(width, height)
		w.resize(width, height, scaled(width, shorter, v.Resize), scaled(height, shorter, v.Resize), to)
	case v.Geometry == Squash:
		w.resize(width, height, v.Size, v.Size, to)
	case v.Geometry == AsIs && (width != v.Size || height != v.Size):
		return fmt.Errorf("an image of %d × %d pixels, but the view %s takes only images of %d × %d",
			width, height, v.Geometry, v.Size, v.Size)
	case !fits:
		return fmt.Errorf("an image of %d × %d pixels is smaller than the crop of %d × %d: a view that scales, such as %s, can use it",
			width, height, v.Size, v.Size, Default(v.Size))
	default:
		left, top := v.Border+middle(width, v.Size), v.Border+middle(height, v.Size)
		for y := range v.Size {
			w.rows.read(top+y, left, left+v.Size, to[3*v.Size*y:])
		}
	}
	if v.Black {
		v.Blacken(to)
	}
	return nil
}

// Seen returns the part of an image of width × height pixels that its input shows, up to a pixel at the edges.
func (v View) Seen(width, height int) image.Rectangle {
	r := image.Rect(v.Border, v.Border, width-v.Border, height-v.Border)
	w, h := r.Dx(), r.Dy()
	side := v.Size // in the image
	if v.Geometry == ResizeCrop {
		side = int(math.Ceil(float64(v.Size) * float64(min(w, h)) / float64(v.Resize)))
	}
	if v.Geometry == Squash || w < side || h < side {
		return r
	}
	left, top := r.Min.X+middle(w, side), r.Min.Y+middle(h, side)
	return image.Rect(left, top, left+side, top+side)
}

// scaled returns the length of a side after the shorter one was scaled to a number of pixels.
func scaled(side, shorter, to int) int { return int(int64(to) * int64(side) / int64(shorter)) }

// middle returns the offset of the middle to of from pixels, rounded to even.
func middle(from, to int) int { return int(math.RoundToEven(float64(from-to) / 2)) }

// resize scales the image within the border to a size and writes the middle of it.
func (w *Viewer) resize(width, height, toWidth, toHeight int, to []byte) {
	v := &w.view
	left, top := middle(toWidth, v.Size), middle(toHeight, v.Size)
	w.across.of(v.Filter, width, toWidth, left, left+v.Size)
	w.down.of(v.Filter, height, toHeight, top, top+v.Size)
	x0, x1 := w.across.span()
	y0, y1 := w.down.span()
	stride := 3 * v.Size
	w.line, w.middle, w.sums = grow(w.line, 3*(x1-x0)), grow(w.middle, stride*(y1-y0)), grow(w.sums, stride)
	for y := y0; y < y1; y++ {
		w.rows.read(v.Border+y, v.Border+x0, v.Border+x1, w.line)
		w.across.across(w.line, x0, w.middle[stride*(y-y0):][:stride])
	}
	for y := range v.Size {
		w.down.down(w.middle, y0, y, w.sums, to[stride*y:][:stride])
	}
}

// Blacken fills the hole of inputs with black.
func (v *View) Blacken(pixels []byte) {
	for ; len(pixels) > 0; pixels = pixels[3*v.Size*v.Size:] {
		v.fill(func(first, end int) { clear(pixels[3*first : 3*end]) })
	}
}

// fill calls f for the pixels first ≤ i < end of each row of the hole.
func (v *View) fill(f func(first, end int)) {
	low := (v.Size - v.Hole) / 2
	for y := low; y < low+v.Hole; y++ {
		f(y*v.Size+low, y*v.Size+low+v.Hole)
	}
}

// Values returns inputs as the network reads them: (v/255 − Mean) / Std, and zero in the hole unless it is
// black. pixels has the bytes of one or more images; the memory of to is reused if it is large enough.
func (v *View) Values(pixels []byte, to []float32) []float32 {
	to = grow(to, len(pixels))
	var table [3][256]float32
	for c := range table {
		for b := range table[c] {
			table[c][b] = (float32(b)/255 - v.Mean[c]) / v.Std[c]
		}
	}
	for i := 0; i+2 < len(to); i += 3 {
		p, q := pixels[i:i+3:i+3], to[i:i+3:i+3]
		q[0], q[1], q[2] = table[0][p[0]], table[1][p[1]], table[2][p[2]]
	}
	if !v.Black {
		for one := to; len(one) > 0; one = one[3*v.Size*v.Size:] {
			v.fill(func(first, end int) { clear(one[3*first : 3*end]) })
		}
	}
	return to
}
