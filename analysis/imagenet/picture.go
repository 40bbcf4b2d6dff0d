package imagenet

import (
	"abtool/byproduct"
	"abtool/byproduct/imagenet"
	"abtool/byproduct/plane"
)

// A picture is an image with all of its showings, in order of time (I3), and values that follow from them.
type picture struct {
	image     int32
	boxes     []plane.Box // usable ground-truth boxes, in fractions; empty without any
	showings  []*showing  // only final has its lists
	byproduct bool
	cluster   int32    // cluster of the last showing; for images that were never shown, by a hash
	final     *showing // showing of the final click (I4); nil without one
	x, y      float64  // the final click
	t         int64    // time of the final click; columnar.Null if unknown
	hit       bool     // whether the final click is in a box (I6)
	centre    bool     // whether (0.5, 0.5) is in a box

	trace byproduct.Trace // trace of the final showing
}

// clickedBoxed reports whether the image is in BC (I5).
func (p *picture) clickedBoxed() bool { return imagenet.InBC(p.boxes, p.final != nil) }

// reset empties the picture for another image and keeps its memory.
func (p *picture) reset(image int32, boxes []plane.Box) {
	*p = picture{image: image, boxes: boxes, showings: p.showings[:0], trace: p.trace}
}

// add adds a showing, in any order.
func (p *picture) add(s *showing) {
	p.showings = append(p.showings, s)
	p.byproduct = p.byproduct || s.HasByproduct()
	if s.clicked() && (p.final == nil || s.After(p.final.Order)) {
		p.final = s
	}
}
