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
	seq, image       int64
	worker, hit      int32 // numbers of names; −1: unknown
	cluster          int32
	index, spent     int64 // columnar.Null: unknown
	started          int64
	width, height    float64
	origWidth, origH int64
	icons            []icon // known classes alone, in order of their first action
	actions, samples int64
	unknownType      int64 // actions (C2)
	unknownIcon      int64
	browsing         coco.Browsing
	truth            *coco.Image
	found            []coco.Found // classes of the image, during the call that the page is passed to
	recall           coco.Recall  // of them
}

// icon returns the icon of a class, nil if there is none.
func (p *page) icon(c class) *coco.Icon {
	for i := range p.icons {
		if p.icons[i].Class == c {
			return &p.icons[i].Icon
		}
	}
	return nil
}

// A record is a row of annotations with its lists; it lives during the call.
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
