// Package imagenet interprets the byproducts of ImageNet's annotators: the order of an image's showings, its
// final click, the trace to that click, and whether it hits the object. A showing is a row of annotations:
// one time that an image was shown.
package imagenet

import (
	"context"
	"fmt"
	"slices"

	"abtool/byproduct"
	"abtool/byproduct/plane"
	"abtool/internal/parallel"
	"abtool/store"
	"abtool/store/columnar"
)

// Images is the table of images, with their ids and usable boxes. It needs about 40 bytes for an image and 32
// bytes for a box, in addition to the ids.
type Images struct {
	IDs           byproduct.Texts // sorted
	Width, Height []int32         // px; 0: unknown
	Shown         []int32         // number of rows of annotations; −1: the image does not occur in the byproducts (I1)
	Class         []int32         // place in Classes; −1: unknown
	Classes       []string        // sorted

	starts []uint32 // index of each image's first box; one more than images
	boxes  []plane.Box

	Shared    bool  // whether an image with a record has a box, usable or not
	BoxedOnly int32 // the first image that has a box and no record; −1: none
}

// ReadImages reads the table of images of a store.
func ReadImages(ctx context.Context, dir string, jobs int) (*Images, error) {
	t, err := store.Open(dir, "imagenet", "images")
	if err != nil {
		return nil, err
	}
	defer t.Close()
	n := t.Rows()
	m := &Images{
		Width: make([]int32, 0, n), Height: make([]int32, 0, n),
		Shown: make([]int32, 0, n), Class: make([]int32, 0, n),
		starts: make([]uint32, 1, n+1), BoxedOnly: -1,
	}
	classes := byproduct.NewNames()
	free := make(chan *columnar.Reader, t.Groups())
	err = parallel.InOrder(ctx, jobs, t.Groups(), func(_, g int) (r *columnar.Reader, err error) {
		select {
		case r = <-free:
		default:
			r, err = t.Reader("image_id", "class", "width", "height", "shown",
				"boxes.xmin", "boxes.ymin", "boxes.xmax", "boxes.ymax")
			if err != nil {
				return nil, err
			}
		}
		return r, r.Read(g)
	}, func(g int, r *columnar.Reader) error {
		defer func() { free <- r }()
		if g == 0 {
			defer m.grow(n)
		}
		return m.group(r, classes)
	})
	if err != nil {
		return nil, err
	}
	m.sortClasses(classes)
	return m, nil
}

// sortClasses replaces the numbers of classes by their ranks in sorted order.
func (m *Images) sortClasses(classes *byproduct.Names) {
	place := classes.Places()
	m.Classes = make([]string, len(place))
	for id, p := range place {
		m.Classes[p] = classes.List[id]
	}
	for i, c := range m.Class {
		if c >= 0 {
			m.Class[i] = place[c]
		}
	}
}

// grow makes room for n images with as many boxes and bytes each as the images so far. Growth by doubling
// would leave much memory unused.
func (m *Images) grow(n int64) {
	have := int64(max(1, m.Len()))
	more := func(len int) int { return int(int64(len)*n/have) + len/16 + 64 - len }
	m.boxes = slices.Grow(m.boxes, more(len(m.boxes)))
	m.IDs.Grow(more(m.Len()), more(m.IDs.Bytes()))
}

// group adds the images of a row group.
func (m *Images) group(r *columnar.Reader, classes *byproduct.Names) error {
	id, class, shown := r.Column("image_id"), r.Column("class"), r.Column("shown").Ints
	width, height := r.Column("width").Ints, r.Column("height").Ints
	x0, y0 := r.Column("boxes.xmin"), r.Column("boxes.ymin").Floats
	x1, y1 := r.Column("boxes.xmax").Floats, r.Column("boxes.ymax").Floats
	numbers := classes.Number(nil, class.Dict)
	for i := range r.Rows() {
		s, _ := id.Text(i)
		if n := m.Len(); n > 0 && m.IDs.At(int32(n-1)) >= s {
			return fmt.Errorf("imagenet/images is not sorted at %s: the store is damaged, ingest again", s)
		}
		c, n, w, h := int32(-1), int32(-1), int32(0), int32(0)
		if k := class.Index[i]; k >= 0 {
			c = numbers[k]
		}
		if shown[i] != columnar.Null {
			n = int32(shown[i])
		}
		if width[i] > 0 && height[i] > 0 {
			w, h = int32(width[i]), int32(height[i])
		}
		m.meet(n >= 0, x0.Offsets[i+1] > x0.Offsets[i])
		m.IDs.Add(s)
		m.Class, m.Shown = append(m.Class, c), append(m.Shown, n)
		m.Width, m.Height = append(m.Width, w), append(m.Height, h)
		if w > 0 { // else its boxes are not usable (R10)
			fw, fh := float64(w), float64(h)
			for k := x0.Offsets[i]; k < x0.Offsets[i+1]; k++ {
				m.boxes = append(m.boxes, plane.PixelBox(x0.Floats[k], y0[k], x1[k], y1[k], fw, fh))
			}
		}
		m.starts = append(m.starts, uint32(len(m.boxes)))
	}
	return nil
}

// meet notes whether the next image has records, boxes or both.
func (m *Images) meet(recorded, boxed bool) {
	m.Shared = m.Shared || recorded && boxed
	if boxed && !recorded && m.BoxedOnly < 0 {
		m.BoxedOnly = int32(m.Len())
	}
}

// Apart reports whether there are records and boxes, but no image has both. It also returns an image that has
// a record and an image that has a box.
func (m *Images) Apart() (record, box string, apart bool) {
	recorded := slices.IndexFunc(m.Shown, func(n int32) bool { return n >= 0 })
	if m.Shared || recorded < 0 || m.BoxedOnly < 0 {
		return "", "", false
	}
	return m.IDs.At(int32(recorded)), m.IDs.At(m.BoxedOnly), true
}

// Len returns the number of images.
func (m *Images) Len() int { return m.IDs.Len() }

// Boxes returns the usable boxes of an image (R10, docs/design/definitions.md#r10).
func (m *Images) Boxes(image int32) []plane.Box {
	from, to := m.starts[image], m.starts[image+1]
	return m.boxes[from:to:to]
}

// On reports whether a point, in fractions of the image, lies in any box of the image (I6,
// docs/design/definitions.md#i6). known is false for an image without a usable box.
func (m *Images) On(id string, x, y float64) (on, known bool) {
	image, ok := m.IDs.Find(id, 0)
	if !ok {
		return false, false
	}
	boxes := m.Boxes(image)
	return plane.InAny(boxes, x, y), len(boxes) > 0
}

// AllBoxes returns the usable boxes of all images.
func (m *Images) AllBoxes() []plane.Box { return m.boxes }

// Universe counts the images that occur in the byproducts (I1, docs/design/definitions.md#i1), the images
// with usable boxes, and the boxes.
func (m *Images) Universe() (images, boxed, boxes int64) {
	for i, n := range m.Shown {
		if n < 0 {
			continue
		}
		images++
		if k := len(m.Boxes(int32(i))); k > 0 {
			boxed++
			boxes += int64(k)
		}
	}
	return images, boxed, boxes
}
