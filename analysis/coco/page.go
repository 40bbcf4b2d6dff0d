package coco

import (
	"abtool/byproduct"
	"abtool/byproduct/coco"
)

// A class is the number of a known category, or −1 for an unknown one (C2).
type class = int32

// An icon has the actions on a page with the icon of one known class.
type icon struct {
	coco.Icon
	sequence  int32 // number of its sequence: the types of its actions, joined by - (C10)
	firstKind coco.Action
	actions   int // number of its actions

	// These are set with the ground truth of the image.
	present                        bool // whether the image has the class
	onMask, onBox, continuous      bool // where the point is (C5, C6); continuous: the point itself is in the polygons
	endMask, endBox, endContinuous bool // the same for the place where the icon ended
	nearest, single                bool // nearest: u and v are known; single: the class has one box on the image
	u, v                           float64
}

// A page is a row of annotations, with the values that follow from its image's ground truth.
type page struct {
	seq, image       int64
	worker, hit      int32 // numbers of names; −1 if unknown
	arm              int32 // −1 without one, or if arms are not asked for
	cluster          int32
	index, spent     int64 // columnar.Null if unknown
	started          int64
	ofPages          byproduct.Share
	width, height    float64
	origWidth, origH int64
	icons            []icon // of known classes only, in order of their first action
	actions, samples int64
	unknownType      int64 // ignored actions (C2)
	unknownIcon      int64
	browsing         coco.Browsing
	truth            *coco.Image
	found            []coco.Found // classes of the image; valid only during the call that the page is passed to
	recall           coco.Recall  // recall of the image's classes
}

// icon returns the icon of a class, or nil if the page has no icon of that class.
func (p *page) icon(c class) *coco.Icon {
	for i := range p.icons {
		if p.icons[i].Class == c {
			return &p.icons[i].Icon
		}
	}
	return nil
}

// A record is a row of annotations with its lists. It is valid only during the call that it is passed to.
type record struct {
	page  *page
	mouse byproduct.Points
	// the actions in list order
	kind            []coco.Action
	class           []class
	toX, toY        []float64
	fromX, fromY    []float64
	t               []int64
	browse, browseT []int64
	keyboard        []int64
}
