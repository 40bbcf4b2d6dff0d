package cam

import (
	"abtool/byproduct/coco"
	"abtool/byproduct/plane"
)

// Masks draws the masks of COCO's objects on views. It reuses its memory, so that it must not be used by two
// goroutines at once.
type Masks struct {
	raster          plane.Raster
	objects, crowds []bool
}

// Of returns the mask of a class on a view of size × size pixels to which the image was squashed: its objects are
// the foreground, and its crowds are ignored where no object is. A pixel of the view is the one of the image at
// its upper left corner, as OpenCV's INTER_NEAREST takes it. ok is false if the image's size is unknown.
func (s *Masks) Of(m *coco.Image, class int32, size int) (mask []Pixel, ok bool) {
	if !m.Sized() {
		return nil, false
	}
	fill := func(to []bool, crowds bool) []bool {
		n := int(m.Width * m.Height)
		if cap(to) < n {
			to = make([]bool, n)
		}
		to = to[:n]
		clear(to)
		m.Fill(&s.raster, class, crowds, to)
		return to
	}
	s.objects, s.crowds = fill(s.objects, false), fill(s.crowds, true)
	mask = make([]Pixel, size*size)
	for y := range size {
		row := y * int(m.Height) / size * int(m.Width)
		for x := range size {
			at := row + x*int(m.Width)/size
			switch {
			case s.objects[at]:
				mask[y*size+x] = Foreground
			case s.crowds[at]:
				mask[y*size+x] = Ignored
			}
		}
	}
	return mask, true
}
