package imagenet

import (
	"fmt"
	"slices"

	"abtool/byproduct/plane"
)

// An Image is a row of the table of images.
type Image struct {
	ID                          string
	Class, Shown, Width, Height int32
	Boxes                       []plane.Box // usable
}

// NewImages returns a table without images.
func NewImages() *Images { return &Images{starts: make([]uint32, 1), BoxedOnly: -1} }

// At returns an image.
func (m *Images) At(i int32) Image {
	return Image{m.IDs.At(i), m.Class[i], m.Shown[i], m.Width[i], m.Height[i], m.Boxes(i)}
}

// Append adds an image after all others.
func (m *Images) Append(x Image) {
	m.IDs.Add(x.ID)
	m.Class, m.Shown = append(m.Class, x.Class), append(m.Shown, x.Shown)
	m.Width, m.Height = append(m.Width, x.Width), append(m.Height, x.Height)
	m.boxes = append(m.boxes, x.Boxes...)
	m.starts = append(m.starts, uint32(len(m.boxes)))
}

// Merge returns the images of two tables whose classes have the same numbers, and the numbers that the images of each
// get. An image can have records in one of the tables only, and its ground truth has to be there, too. Ground truth of
// other images can be in both.
func Merge(a, b *Images) (m *Images, fromA, fromB []int32, err error) {
	m = NewImages()
	m.Classes, m.Shared = a.Classes, a.Shared || b.Shared
	n := a.Len() + b.Len()
	m.Class, m.Shown, m.Width, m.Height = make([]int32, 0, n), make([]int32, 0, n), make([]int32, 0, n), make([]int32, 0, n)
	m.starts = slices.Grow(m.starts, n)
	m.boxes = make([]plane.Box, 0, len(a.boxes)+len(b.boxes))
	m.IDs.Grow(n, a.IDs.Bytes()+b.IDs.Bytes())
	fromA, fromB = make([]int32, a.Len()), make([]int32, b.Len())
	for i, k := int32(0), int32(0); int(i) < a.Len() || int(k) < b.Len(); {
		next := int32(m.Len())
		switch {
		case int(k) == b.Len() || int(i) < a.Len() && a.IDs.At(i) < b.IDs.At(k):
			m.Append(a.At(i))
			fromA[i], i = next, i+1
		case int(i) == a.Len() || b.IDs.At(k) < a.IDs.At(i):
			m.Append(b.At(k))
			fromB[k], k = next, k+1
		default:
			x, err := one(a.At(i), b.At(k))
			if err != nil {
				return nil, nil, nil, err
			}
			m.Append(x)
			fromA[i], fromB[k], i, k = next, next, i+1, k+1
		}
	}
	for _, of := range []struct {
		*Images
		to []int32
	}{{a, fromA}, {b, fromB}} {
		if of.BoxedOnly >= 0 && (m.BoxedOnly < 0 || of.to[of.BoxedOnly] < m.BoxedOnly) {
			m.BoxedOnly = of.to[of.BoxedOnly]
		}
	}
	return m, fromA, fromB, nil
}

// one returns an image that two tables have.
func one(a, b Image) (Image, error) {
	same := slices.Equal(a.Boxes, b.Boxes)
	switch {
	case a.Shown >= 0 && b.Shown >= 0:
		return a, fmt.Errorf("records of the image %s are in both", a.ID)
	case b.Shown >= 0:
		a, b = b, a
	}
	recorded := a.Shown >= 0
	switch {
	case recorded && len(a.Boxes) == 0 && len(b.Boxes) > 0, recorded && a.Class < 0 && b.Class >= 0:
		return a, fmt.Errorf("records of the image %s are in one, and its boxes or its class in the other", a.ID)
	case !same && len(a.Boxes) > 0 && len(b.Boxes) > 0:
		return a, fmt.Errorf("the image %s has other boxes in one than in the other", a.ID)
	case !recorded && len(a.Boxes) == 0 && len(b.Boxes) > 0:
		a = b
	}
	if a.Class < 0 {
		a.Class = b.Class
	}
	return a, nil
}
