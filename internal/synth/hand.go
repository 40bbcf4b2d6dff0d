package synth

import (
	"math"
	"slices"
	"strconv"

	"abtool/collect/recording"
)

// A hand moves the pointer over the window of a page and records what the page would.
type hand struct {
	v      *Visit
	d      *dice
	t      int64   // µs since the page began
	x, y   float64 // of the pointer in the window, CSS pixels
	scroll float64 // how far the document is scrolled
	height float64 // of the document
	boxes  []place
	over   string // the target under the pointer
	frame  int64  // when the next frame begins
	thin   int64  // least time between coalesced samples
	last   int64  // time of the last sample that was kept
	left   int64  // samples left out
	down   int32  // buttons
}

// A place is where an image is in the document, CSS pixels.
type place struct{ x, y, w, h float64 }

func (r place) has(x, y float64) bool {
	return x >= r.x && x < r.x+r.w && y >= r.y && y < r.y+r.h
}

// A target is a point of the document, and how exactly it has to be reached, CSS pixels.
type target struct{ x, y, size float64 }

const (
	frameTime  = 16_667 // µs
	sampleTime = 2_000  // of a mouse that reports 500 times a second
)

func tenths(px float64) int32 { return int32(math.Round(px * 10)) }

func slotName(slot int) string { return "slot:" + strconv.Itoa(slot) }

func newHand(v *Visit, d *dice, thin int64) *hand {
	h := &hand{v: v, d: d, x: 300 + 600*d.Float64(), y: 60 + 60*d.Float64(), over: "document", thin: thin, last: -1 << 40,
		frame: d.Int64N(frameTime)}
	v.Views = append(v.Views, recording.View{Width: windowWidth, Height: windowHeight, Ratio: 1000, Scale: 1000})
	v.States = append(v.States, recording.PageState{What: "visible"}, recording.PageState{What: "focus"})
	return h
}

// document returns the place of the pointer in the document, tenths of a CSS pixel.
func (h *hand) document() (x, y int32) { return tenths(h.x), tenths(h.y + h.scroll) }

func (h *hand) wait(us int64) { h.t += max(us, 0) }

// reach moves the pointer to a point, in the time that Fitts' law gives, and scrolls first if it is not in the window.
func (h *hand) reach(to target, speed float64) {
	h.bring(to.y-40, 80)
	way := math.Hypot(to.x-h.x, to.y-h.scroll-h.y)
	us := 1000 * fitts(way, to.size) * speed * h.d.logNormal(1.15, 0.2)
	h.move(to.x, to.y-h.scroll, max(us, 60e3))
	h.wait(int64(30e3 + h.d.ExpFloat64()*80e3*speed))
}

// move moves the pointer to a point of the window, as mover.move does.
func (h *hand) move(x, y, us float64) {
	fromX, fromY := h.x, h.y
	dx, dy := x-fromX, y-fromY
	curve := h.d.normal(0, 0.08)
	start := h.t
	for t := 0.0; t < us; t += sampleTime {
		r := t / us
		s := minimumJerk(0.85*r + 0.15*math.Sqrt(r))
		bow := curve * math.Sin(math.Pi*s)
		h.sample(start+int64(t), fromX+dx*s-dy*bow+0.3*h.d.NormFloat64(), fromY+dy*s+dx*bow+0.3*h.d.NormFloat64())
	}
	h.sample(start+int64(us), x, y)
}

// sample puts the pointer somewhere. Browsers give whole pixels, and no event when it did not move.
func (h *hand) sample(t int64, x, y float64) {
	x, y = math.Round(min(max(x, 0), windowWidth-1)), math.Round(min(max(y, 0), windowHeight-1))
	h.t = max(h.t, t)
	if x == h.x && y == h.y {
		return
	}
	h.x, h.y = x, y
	dispatched := h.t >= h.frame
	if dispatched {
		h.frame = h.t - h.t%frameTime + frameTime
		h.cross()
	}
	if !dispatched && h.t-h.last < h.thin {
		h.left++
		return
	}
	h.last = h.t
	s := recording.Sample{T: h.t, Buttons: h.down, Pointer: "mouse"}
	s.X, s.Y = h.document()
	if dispatched {
		s.Frame = 1
	}
	h.v.Samples = append(h.v.Samples, s)
}

// cross records that the pointer left one target and entered another.
func (h *hand) cross() {
	now := "document"
	if i := slices.IndexFunc(h.boxes, func(b place) bool { return b.has(h.x, h.y+h.scroll) }); i >= 0 {
		now = slotName(i)
	}
	if now == h.over {
		return
	}
	h.v.Crosses = append(h.v.Crosses, recording.Crossing{T: h.t, What: "leave", Target: h.over},
		recording.Crossing{T: h.t, What: "enter", Target: now})
	h.over = now
}

// bring scrolls until a part of the document is in the window.
func (h *hand) bring(top, height float64) {
	for top < h.scroll || top+height > h.scroll+windowHeight {
		by := 100.0
		if top < h.scroll {
			by = -100
		}
		to := min(max(h.scroll+by, 0), max(h.height-windowHeight, 0))
		if to == h.scroll {
			return
		}
		for range 4 { // a notch of the wheel moves for some frames
			h.t += frameTime
			h.scroll += (to - h.scroll) / 2
			h.v.Scrolls = append(h.v.Scrolls, recording.Scroll{T: h.t, Y: tenths(h.scroll)})
		}
		h.scroll = to
		h.t += frameTime
		h.v.Scrolls = append(h.v.Scrolls, recording.Scroll{T: h.t, Y: tenths(to)})
		h.cross()
		h.wait(30e3 + h.d.Int64N(60e3))
	}
}

// press clicks.
func (h *hand) press(on string) {
	h.push("down", on)
	h.wait(60e3 + h.d.Int64N(60e3))
	h.push("up", on)
	h.push("click", on)
}

func (h *hand) push(what, on string) {
	x, y := h.document()
	h.v.Presses = append(h.v.Presses, recording.Press{T: h.t, What: what, X: x, Y: y, Pointer: "mouse", Target: on})
	h.down = 0
	if what == "down" {
		h.down = 1
	}
}

// end ends the page.
func (h *hand) end() *Visit {
	h.wait(2000)
	if h.left > 0 {
		h.v.Gaps = append(h.v.Gaps, recording.Gap{T: h.t, What: "thinned", Count: h.left})
	}
	slices.Sort(h.v.Selected)
	h.v.Duration = h.t + 1000
	return h.v
}
