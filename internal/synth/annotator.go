package synth

import (
	"math"
	"slices"

	"abtool/collect/recording"
)

// An Annotator is a simulated person who works at the pages of a study.
type Annotator struct {
	worker worker
	seed   uint64
	index  int
	hits   float64 // 0: as the worker's habits say
}

// HitWith makes the annotator click on the object of a selected image with a probability, and beside all objects
// otherwise. If they leave no place beside them, one is hit.
func (a *Annotator) HitWith(probability float64) { a.hits = probability }

// NewAnnotators returns n annotators. The same seed gives the same people.
func NewAnnotators(seed uint64, n int) []*Annotator {
	all := make([]*Annotator, n)
	for i, w := range newWorkers(seed, n) {
		all[i] = &Annotator{worker: w, seed: seed, index: i}
	}
	return all
}

// BrowsePage is a page of images, of which the annotator selects those of a class.
type BrowsePage struct {
	Number int // of the page in the assignment, from 0
	Slots  []BrowseSlot
	Thin   int64 // least time between coalesced samples, µs; 0 keeps all
}

// BrowseSlot is an image on a browse page, and what the annotator sees in it.
type BrowseSlot struct {
	Width, Height int          // of the file, pixels
	Shows         bool         // whether it shows the class of the page
	Unclear       bool         // whether this is hard to see
	Box           [4]float64   // of the object: left, top, right, bottom, as fractions of the image
	Others        [][4]float64 // of the other objects of the class
	Failed        bool         // whether the image could not be loaded
}

// TagPage is a page with one image, on which the annotator places icons.
type TagPage struct {
	Number        int
	Width, Height int        // of the file, pixels
	Superclasses  [][]string // icons of each superclass, in the order of the page
	Objects       []TagObject
	Thin          int64
}

// TagObject is an object that the annotator sees: its icon, and its centre and size as fractions of the image.
type TagObject struct {
	Icon                string
	X, Y, Width, Height float64
}

// A Visit is what an annotator did on a page.
type Visit struct {
	recording.Events
	Duration int64        // µs
	Selected []int        // slots of a browse page, ascending
	Placed   []PlacedIcon // icons of a tag page
}

// A PlacedIcon is an icon on the image when a tag page is submitted; X and Y are fractions of the image.
type PlacedIcon struct {
	Icon string
	X, Y float64
}

// Measures of the browse page, CSS pixels.
const (
	windowWidth, windowHeight = 1280, 800
	gridColumns               = 3
	cellWidth                 = 340
	cellGap                   = 4
	imageMost                 = 324 // width; the height is at most cellWidth
	gridTop                   = 180
)

// Browse simulates the annotator at a browse page.
func (a *Annotator) Browse(p *BrowsePage) *Visit {
	d := newDice().set(a.seed, stageRecording, uint64(a.index)<<16|uint64(p.Number))
	v := new(Visit)
	h := newHand(v, d, p.Thin)
	bottom := h.layGrid(p.Slots)
	h.height = float64(bottom + 120)
	h.wait(int64(d.logNormal(1.2e6, 0.4) * a.worker.Speed))
	for row := 0; row*gridColumns < len(p.Slots); row++ {
		n := min(gridColumns, len(p.Slots)-row*gridColumns)
		for i := range n {
			if row%2 == 1 {
				i = n - 1 - i
			}
			a.look(h, row*gridColumns+i, &p.Slots[row*gridColumns+i])
		}
	}
	h.reach(target{windowWidth / 2, float64(bottom + 60), 120}, a.worker.Speed)
	h.press("button:submit")
	return h.end()
}

// look brings the annotator to an image, which is selected, crossed or scrolled past.
func (a *Annotator) look(h *hand, slot int, s *BrowseSlot) {
	d, w, box := h.d, &a.worker, h.boxes[slot]
	recall := w.Recall
	if s.Unclear {
		recall *= 0.3
	}
	h.bring(box.y, box.h)
	h.wait(int64(d.logNormal(0.25e6, 0.5) * w.Speed))
	switch {
	case s.Failed:
	case s.Shows && d.chance(recall):
		h.reach(a.target(box, s, d), w.Speed)
		a.toggle(h, slot, "select")
		if d.chance(w.DeselectRate) { // taken back and renewed
			h.wait(150e3 + d.Int64N(500e3))
			a.toggle(h, slot, "deselect")
			h.reach(a.target(box, s, d), w.Speed)
			a.toggle(h, slot, "select")
		}
	case d.chance(0.02 + w.DeselectRate): // a mistake
		h.reach(a.target(box, s, d), w.Speed)
		a.toggle(h, slot, "select")
		h.wait(250e3 + d.Int64N(900e3))
		a.toggle(h, slot, "deselect")
	case d.chance(w.HoverOnly * 0.8):
		h.reach(target{box.x + d.Float64()*box.w, box.y + d.Float64()*box.h, box.w}, w.Speed)
	}
}

// target draws where a click goes, as showing.target does, in pixels of the document.
func (a *Annotator) target(box place, s *BrowseSlot, d *dice) target {
	w := &a.worker
	if a.hits > 0 && s.Shows {
		return aimed(box, s, d, a.hits)
	}
	bw, bh := s.Box[2]-s.Box[0], s.Box[3]-s.Box[1]
	x, y := d.within(0.5, 0.27, 0, 1), d.within(0.5, 0.27, 0, 1)
	if s.Shows && d.chance(w.Diligence) {
		x, y = s.Box[0]+bw*(0.515+w.ClickSD*d.NormFloat64()), s.Box[1]+bh*(0.47+w.ClickSD*d.NormFloat64())
		x, y = x+(0.5-x)*w.CentreBias+0.03*d.NormFloat64(), y+(0.5-y)*w.CentreBias+0.03*d.NormFloat64()
	}
	inside := func(f, size float64) float64 { return min(max(f*size, 1), size-1) }
	return target{box.x + inside(x, box.w), box.y + inside(y, box.h), max(bw, 0.05) * box.w / 2}
}

// aimed draws a place on the object with a probability, else one beside it, both at least 3 pixels from its edges
// as far as there is room.
func aimed(box place, s *BrowseSlot, d *dice, probability float64) target {
	left, top, right, bottom := s.Box[0]*box.w, s.Box[1]*box.h, s.Box[2]*box.w, s.Box[3]*box.h
	edge := func(low, high float64) (float64, float64) {
		margin := min(3, (high-low)/3)
		return low + margin, high - margin
	}
	at := func(low, high float64) float64 { return low + d.Float64()*(high-low) }
	x0, x1 := edge(left, right)
	y0, y1 := edge(top, bottom)
	x, y := at(x0, x1), at(y0, y1)
	if !d.chance(probability) {
		for range 200 {
			if u, v := at(1, box.w-1), at(1, box.h-1); beside(u/box.w, v/box.h, 3/box.w, 3/box.h, s) {
				x, y = u, v
				break
			}
		}
	}
	return target{box.x + x, box.y + y, 20}
}

// beside reports whether a place, in fractions of the image, is farther than a margin from all objects.
func beside(x, y, marginX, marginY float64, s *BrowseSlot) bool {
	for _, b := range append([][4]float64{s.Box}, s.Others...) {
		if x >= b[0]-marginX && x <= b[2]+marginX && y >= b[1]-marginY && y <= b[3]+marginY {
			return false
		}
	}
	return true
}

func (a *Annotator) toggle(h *hand, slot int, what string) {
	h.press(slotName(slot))
	x, y := h.document()
	h.v.Choices = append(h.v.Choices, recording.Choice{T: h.t, What: what, Slot: int32(slot), X: x, Y: y, Via: "mouse"})
	at := slices.Index(h.v.Selected, slot)
	if what == "select" {
		h.v.Selected = append(h.v.Selected, slot)
	} else {
		h.v.Selected = slices.Delete(h.v.Selected, at, at+1)
	}
}

// layGrid loads the images and returns where the grid ends.
func (h *hand) layGrid(slots []BrowseSlot) (bottom int) {
	y := float64(gridTop)
	for row := 0; row < len(slots); row += gridColumns {
		tallest := 0.0
		for i := row; i < min(row+gridColumns, len(slots)); i++ {
			s := &slots[i]
			f := min(1, imageMost/float64(s.Width), cellWidth/float64(s.Height))
			b := place{w: math.Round(float64(s.Width) * f), h: math.Round(float64(s.Height) * f), y: y}
			b.x = (windowWidth-3*cellWidth-2*cellGap)/2 + float64(i-row)*(cellWidth+cellGap) + math.Floor((cellWidth-b.w)/2)
			tallest = max(tallest, b.h)
			h.boxes = append(h.boxes, b)
			h.v.Layouts = append(h.v.Layouts, recording.Layout{T: h.t, Slot: int32(i),
				X: tenths(b.x), Y: tenths(b.y), Width: tenths(b.w), Height: tenths(b.h)})
			state := recording.ImageState{T: h.t + 20_000 + h.d.Int64N(300_000), Slot: int32(i), What: "loaded",
				Width: int32(s.Width), Height: int32(s.Height)}
			if s.Failed {
				state.What, state.Width, state.Height = "failed", 0, 0
			}
			h.v.Images = append(h.v.Images, state)
		}
		y += tallest + cellGap
	}
	slices.SortStableFunc(h.v.Images, func(a, b recording.ImageState) int { return int(a.T - b.T) })
	return int(y)
}
