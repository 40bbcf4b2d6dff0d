package imagenet

import (
	"math"

	"abtool/byproduct"
	"abtool/store/columnar"
)

// A way describes the movement of the pointer to a click.
type way struct {
	timed    bool    // whether the times of entering and of the click are known
	toClick  int64   // ms from the last entry to the click
	visits   int64   // entries at or before the click
	samples  int     // samples since entering
	speed    float64 // mean speed along the segment, px/s on the display; NaN if unknown
	straight bool    // at least straightSamples samples, none farther than straightPx from the line
	traced   bool    // whether there are enough samples for straight
}

// A trace with straightSamples samples, all within straightPx of a line, counts as straight. No person moves
// like that.
const (
	straightSamples = 6
	straightPx      = 0.5
)

// way returns the way to the last click of the showing. It computes it once.
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
