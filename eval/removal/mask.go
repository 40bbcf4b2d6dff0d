package removal

import (
	"image"

	"abtool/byproduct/coco"
	"abtool/byproduct/plane"
)

// A Mask says which pixels of an image are removed, row by row.
type Mask struct {
	W, H int
	On   []bool
}

// MaskOf returns the union of the masks of all objects of a class, crowds included, for an image whose size is
// known.
func MaskOf(m *coco.Image, class int32, r *plane.Raster) *Mask {
	mask := &Mask{int(m.Width), int(m.Height), make([]bool, m.Width*m.Height)}
	m.Fill(r, class, false, mask.On)
	m.Fill(r, class, true, mask.On)
	return mask
}

// Count returns the number of pixels.
func (m *Mask) Count() (n int) {
	for _, on := range m.On {
		if on {
			n++
		}
	}
	return n
}

// Share returns the share of the image that is removed.
func (m *Mask) Share() float64 { return float64(m.Count()) / float64(len(m.On)) }

// Dilate adds all pixels that are at most some pixels away from the mask, in columns and in rows.
func (m *Mask) Dilate(by int) {
	if by <= 0 {
		return
	}
	line := make([]bool, max(m.W, m.H))
	for y := range m.H {
		widen(m.On[y*m.W:], m.W, 1, by, line)
	}
	for x := range m.W {
		widen(m.On[x:], m.H, m.W, by, line)
	}
}

// widen dilates a line of n pixels that are stride apart.
func widen(on []bool, n, stride, by int, line []bool) {
	clear(line[:n])
	last := -1 // before which all is written
	for i := range n {
		if on[i*stride] {
			for k := max(last+1, i-by); k <= min(i+by, n-1); k++ {
				line[k], last = true, k
			}
		}
	}
	for i := range n {
		on[i*stride] = line[i]
	}
}

// Within reports whether a pixel of the mask lies in a rectangle.
func (m *Mask) Within(r image.Rectangle) bool {
	r = r.Intersect(image.Rect(0, 0, m.W, m.H))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for _, on := range m.On[y*m.W+r.Min.X : y*m.W+r.Max.X] {
			if on {
				return true
			}
		}
	}
	return false
}
