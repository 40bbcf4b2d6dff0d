package coco

import (
	"abtool/byproduct"
	"abtool/byproduct/coco"
)

// A class is the number of a known category; −1: unknown (C2).
type class = int32

// An icon is what a page did with the icon of one known class.
type icon struct {
	coco.Icon
	sequence  int32 // number of the types of its actions, joined by - (C10)
	firstKind coco.Action
	actions   int // their number

	// With the ground truth of the image:
	present                        bool // the image has the class
	onMask, onBox, continuous      bool // of the point (C5, C6); continuous: the point itself in the polygons
	endMask, endBox, endContinuous bool // the same of where the icon ended
	nearest, single                bool // u, v are known; and the class has one box on the image
	u, v                           float64
}

// A page is a row of annotations, and what its image says of it.
type page struct {
	seq, image            int64
	worker, hit           int32 // numbers of names; −1: unknown
	cluster               int32
	index, spent          int64 // columnar.Null: unknown
	started               int64
	width, height         float64
	origWidth, origH      int64
	icons                 []icon // known classes alone, in order of their first action
	actions, samples      int64
	unknownType           int64 // actions (C2)
	unknownIcon           int64
	steps, distinct       int64 // through the superclasses (C13)
	keyboard, keyUnknown  int64
	reached               bool // the last superclass
	truth                 *coco.Image
	classes               int64 // on the image
	retrieved, retrieved2 int64 // of them, placed; ever added
	found                 []found
}

// A found says what became of a class that the page's image has. A page's list of them is valid
// during the call that the page is passed to.
type found struct {
	class          class
	placed, anyAdd bool // C7, and its variant
}

// recall is of the page's classes; ok is false where the image has none or is not known (C8).
func (p *page) recall(anyAdd bool) (r float64, ok bool) {
	if p.truth == nil || p.classes == 0 {
		return 0, false
	}
	if anyAdd {
		return float64(p.retrieved2) / float64(p.classes), true
	}
	return float64(p.retrieved) / float64(p.classes), true
}

// record is a row of annotations with its lists; it lives during the call.
type record struct {
	page  *page
	mouse byproduct.Points
	// actions, by place in the list
	kind            []coco.Action
	class           []class
	toX, toY        []float64
	fromX, fromY    []float64
	t               []int64
	browse, browseT []int64
	keyboard        []int64
}
