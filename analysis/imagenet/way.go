package imagenet

import (
	"math"

	"abtool/byproduct"
	"abtool/store/columnar"
)

// A way is what a click's trace says of how it was made.
type way struct {
	timed    bool    // the times of entering and of the click are known
	toClick  int64   // ms from the last entry to the click
	visits   int64   // entries at or before the click
	samples  int     // since entering
	speed    float64 // display px a second along the segment; NaN: unknown
	straight bool    // at least straightSamples samples, none off the line by straightPx
	traced   bool    // enough samples for straight
}

// What a trace needs to count as straight: no person moves so.
const (
	straightSamples = 6
	straightPx      = 0.5
)

// way looks at the trace of the last click of a showing, once.
func (s *showing) way(tr *byproduct.Trace) *way {
	if !s.hasWay {
		s.toClick, s.hasWay = wayOf(s, tr), true
	}
	return &s.toClick
}

func wayOf(s *showing, tr *byproduct.Trace) (w way) {
	w.visits = s.trace(tr)
	click := tr.Click
	w.speed = math.NaN()
	if click == columnar.Null || tr.From == columnar.Null {
		return w
	}
	w.timed, w.toClick, w.samples = true, click-tr.From, tr.Segment.Len()
	if !(s.width > 0 && s.height > 0) {
		return w
	}
	m := measure(tr.Segment, s.width, s.height)
	w.speed = m.speed
	if n := tr.Segment.Len(); n >= straightSamples && m.length > 0 {
		w.traced = true
		w.straight = m.direct > 0 && math.Abs(m.mad) < straightPx
	}
	return w
}
