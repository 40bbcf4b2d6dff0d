package cam

import (
	"slices"
	"testing"

	"abtool/byproduct/coco"
	"abtool/byproduct/plane"
)

// An object on the left half of an 8 × 4 image, a crowd of the class on its lower half, another class above.
func TestMasks(t *testing.T) {
	square := func(x0, y0, x1, y1 float64) plane.Mask {
		return plane.Mask{Polygon: []float64{x0, y0, x1, y0, x1, y1, x0, y1}, Rings: []int64{8}}
	}
	m := &coco.Image{Width: 8, Height: 4, Instances: []coco.Instance{
		{Class: 1, Mask: square(0, 0, 4, 4)},
		{Class: 1, Crowd: true, Mask: square(0, 2, 8, 4)},
		{Class: 2, Mask: square(4, 0, 8, 2)},
	}}
	var s Masks
	const f, b, i = Foreground, Background, Ignored
	got, ok := s.Of(m, 1, 4)
	if want := []Pixel{f, f, b, b, f, f, b, b, f, f, i, i, f, f, i, i}; !ok || !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got, _ := s.Of(m, 2, 2); !slices.Equal(got, []Pixel{b, f, b, b}) {
		t.Errorf("the other class: %v", got)
	}
	if _, ok := s.Of(&coco.Image{}, 1, 4); ok {
		t.Error("an image without a size has a mask")
	}
}
