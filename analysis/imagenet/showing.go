package imagenet

import (
	"abtool/byproduct"
	"abtool/byproduct/imagenet"
	"abtool/byproduct/plane"
)

// A showing is one time that an image was shown to an annotator, with the values that follow from its row.
// Its lists are valid only during the call that it is passed to.
type showing struct {
	imagenet.Showing
	image                  int32 // number in imagenet.Images
	worker, assignment     int32 // numbers of names; −1 if unknown
	arm                    int32 // −1 without one, or if arms are not asked for
	class, cluster         int32
	slot, estimate         int64 // columnar.Null if unknown
	selectedCount, hovered int64
	width, height          float64 // displayed size, CSS px; NaN if unknown
	origWidth, origHeight  int64
	positionX, positionY   float64

	first, last int // numbers of the first and last valid click; −1 without one
	boxes       []plane.Box
	hit         bool // whether the last click is in a box
	toClick     way  // result of the method way
	hasWay      bool
}

// clicked reports whether the showing is selected and has a valid click (I4).
func (s *showing) clicked() bool { return s.IsSelected() && s.last >= 0 }

// click returns the last valid click.
func (s *showing) click() (x, y float64, t int64) {
	return s.Clicks.X[s.last], s.Clicks.Y[s.last], s.Clicks.T[s.last]
}

// trace reads the trace to the last valid click into tr, and returns the number of entries at or before it.
func (s *showing) trace(tr *byproduct.Trace) (visits int64) {
	_, _, click := s.click()
	visits, enter := s.Hovers.Enters(click)
	tr.Of(s.Mouse, click, enter)
	return visits
}

// own copies the lists, so that they stay valid. Without keep it drops mouse samples and hovers.
func (s *showing) own(keep bool) {
	if !keep {
		s.Mouse = byproduct.Points{}
		s.Hovers = imagenet.Hovers{}
	}
	s.Clicks, s.Mouse = s.Clicks.Clone(), s.Mouse.Clone()
	s.Hovers = s.Hovers.Clone()
}
