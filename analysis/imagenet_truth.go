package analysis

import (
	"fmt"
	"slices"

	"abtool/byproduct/plane"
	"abtool/store/columnar"
)

// imagenetTruth is the table of images: who they are and their usable boxes.
type imagenetTruth struct {
	ids     []string // sorted, as the table is
	shown   []int32  // rows of annotations; −1: the byproducts do not speak of it (I1)
	class   []int32  // number in classes; −1: unknown
	classes *names
	starts  []int32     // of boxes, one more than images
	boxes   []plane.Box // in fractions; none of images without a positive size (R10)

	shared    bool   // an image that the byproducts speak of has a box, usable or not
	recorded  string // the first image that they speak of; "": none
	boxedOnly string // the first image that has a box and no record; "": none
}

func readImageNetTruth(store string) (*imagenetTruth, error) {
	t, err := columnar.Open(store, "imagenet", "images")
	if err != nil {
		return nil, err
	}
	defer t.Close()
	r, err := t.Reader("image_id", "class", "width", "height", "shown", "boxes.xmin", "boxes.ymin", "boxes.xmax", "boxes.ymax")
	if err != nil {
		return nil, err
	}
	n := t.Rows()
	truth := &imagenetTruth{ids: make([]string, 0, n), shown: make([]int32, 0, n), class: make([]int32, 0, n), classes: newNames(), starts: make([]int32, 0, n+1)}
	for g := range t.Groups() {
		if err := r.Read(g); err != nil {
			return nil, err
		}
		truth.group(r)
	}
	truth.starts = append(truth.starts, int32(len(truth.boxes)))
	if !slices.IsSorted(truth.ids) {
		return nil, fmt.Errorf("%s: the images are not sorted: the store is damaged, ingest again", store)
	}
	return truth, nil
}

func (t *imagenetTruth) group(r *columnar.Reader) {
	id, class, shown := r.Column("image_id"), r.Column("class"), r.Column("shown")
	width, height := r.Column("width").Ints, r.Column("height").Ints
	x0, y0, x1, y1 := r.Column("boxes.xmin"), r.Column("boxes.ymin").Floats, r.Column("boxes.xmax").Floats, r.Column("boxes.ymax").Floats
	var classes []int32
	for _, c := range class.Dict {
		classes = append(classes, t.classes.id(c))
	}
	for i := range r.Rows() {
		s, _ := id.Text(i)
		t.ids = append(t.ids, s)
		c := int32(-1)
		if k := class.Index[i]; k >= 0 {
			c = classes[k]
		}
		t.class = append(t.class, c)
		n := int32(-1)
		if shown.Ints[i] != columnar.Null {
			n = int32(shown.Ints[i])
		}
		t.shown = append(t.shown, n)
		t.meet(s, n >= 0, x0.Offsets[i+1] > x0.Offsets[i])
		t.starts = append(t.starts, int32(len(t.boxes)))
		w, h := float64(width[i]), float64(height[i])
		if !(width[i] > 0 && height[i] > 0) {
			continue
		}
		for k := x0.Offsets[i]; k < x0.Offsets[i+1]; k++ {
			t.boxes = append(t.boxes, plane.PixelBox(x0.Floats[k], y0[k], x1[k], y1[k], w, h))
		}
	}
}

// meet notes which images have records, boxes or both.
func (t *imagenetTruth) meet(id string, recorded, boxed bool) {
	t.shared = t.shared || recorded && boxed
	if recorded && t.recorded == "" {
		t.recorded = id
	}
	if boxed && !recorded && t.boxedOnly == "" {
		t.boxedOnly = id
	}
}

// apart reports whether there are records and boxes, but of no image both.
func (t *imagenetTruth) apart() bool { return !t.shared && t.recorded != "" && t.boxedOnly != "" }

// warnings returns a sentence if the records and the boxes share no image.
func (t *imagenetTruth) warnings() []string {
	if !t.apart() {
		return nil
	}
	return []string{fmt.Sprintf("The records and the boxes share no image: a record is of %s, a box of %s. "+
		"So nothing can be said of accuracy. Ingest again with the boxes of the images that were annotated: "+
		"--boxes Annotations/CLS-LOC/train.", t.recorded, t.boxedOnly)}
}

// boxesOf are the usable boxes of an image.
func (t *imagenetTruth) boxesOf(image int32) []plane.Box {
	return t.boxes[t.starts[image]:t.starts[image+1]:t.starts[image+1]]
}

// find finds an image by its id. It looks beside near first: rows often come in order.
func (t *imagenetTruth) find(id string, near int32) (int32, bool) {
	for i := near; i <= near+1 && int(i) < len(t.ids); i++ {
		if t.ids[i] == id {
			return i, true
		}
	}
	i, ok := slices.BinarySearch(t.ids, id)
	return int32(i), ok
}
