package imagenet

import (
	"abtool/byproduct"
	"abtool/byproduct/imagenet"
	"abtool/byproduct/plane"
)

// A showing is one time an image was shown to an annotator, with what follows from the row
// alone. Its lists are valid during the call that it is passed to.
type showing struct {
	seq                    int64
	image                  int32 // place in imagenet.Images
	worker, assignment     int32 // numbers of names; −1: unknown
	class, cluster         int32
	submit, page, slot     int64 // columnar.Null: unknown
	selected               int64 // 1, 0, columnar.Null
	estimate, t0           int64
	selectedCount, hovered int64
	width, height          float64 // displayed, CSS px; NaN: unknown
	origWidth, origHeight  int64
	positionX, positionY   float64
	clicks, mouse          byproduct.Points
	hovers                 imagenet.Hovers

	first, last int // valid clicks, −1: none
	boxes       []plane.Box
	hit         bool // the last click is in a box
	toClick     way  // of way
	hasWay      bool
}

func (s *showing) isSelected() bool { return s.selected == 1 }

// clicked reports whether it counts for clicks: selected, with a valid click (I4).
func (s *showing) clicked() bool { return s.selected == 1 && s.last >= 0 }

// click is the last valid click.
func (s *showing) click() (x, y float64, t int64) {
	return s.clicks.X[s.last], s.clicks.Y[s.last], s.clicks.T[s.last]
}

// trace reads the trace to the last valid click into tr, and returns the number of entries at or before it.
func (s *showing) trace(tr *byproduct.Trace) (visits int64) {
	_, _, click := s.click()
	visits, enter := s.hovers.Enters(click)
	tr.Of(s.mouse, click, enter)
	return visits
}

// anyByproduct reports whether there is a click, a sample or a hover (I2).
func (s *showing) anyByproduct() bool {
	return s.clicks.Len()+s.mouse.Len()+len(s.hovers.T) > 0
}

// order returns the place of the showing in the order of its image's showings (I3).
func (s *showing) order() imagenet.Order { return imagenet.Order{Submit: s.submit, Seq: s.seq} }

// own makes the lists the showing's own; without keep they are dropped, but for the first and
// last click.
func (s *showing) own(keep bool) {
	if !keep {
		s.mouse = byproduct.Points{}
		s.hovers = imagenet.Hovers{}
	}
	s.clicks, s.mouse = s.clicks.Clone(), s.mouse.Clone()
	s.hovers = s.hovers.Clone()
}
