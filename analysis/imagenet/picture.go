package imagenet

import (
	"abtool/byproduct"
	"abtool/byproduct/imagenet"
	"abtool/byproduct/plane"
)

// A picture is an image with all of its showings, in order of time (I3), and what follows.
type picture struct {
	image     int32
	boxes     []plane.Box // usable ground truth, in fractions; none: not boxed
	showings  []*showing  // lists are there for final alone
	byproduct bool
	cluster   int32    // of its last showing; for images that were never shown one by hash
	final     *showing // that of the final click (I4); nil: none
	x, y      float64  // the final click
	t         int64    // its time, columnar.Null: unknown
	hit       bool     // it is in a box (I6)
	centre    bool     // (0.5, 0.5) is

	trace byproduct.Trace // of the final showing
}

// clickedBoxed reports whether the image is in BC (I5).
func (p *picture) clickedBoxed() bool { return imagenet.InBC(p.boxes, p.final != nil) }

// reset empties the picture for another image, keeping its memory.
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
