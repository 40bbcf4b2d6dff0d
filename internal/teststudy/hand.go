package teststudy

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"abtool/collect"
	"abtool/collect/derive"
	"abtool/collect/recording"
)

// hand does a page: it moves the pointer and clicks, and records that.
type hand struct {
	rand     *rand.Rand
	plan     collect.Page
	selected map[int]bool
	placed   map[string]derive.Icon

	selections, deselections, actions int

	recording.Events
	us, ms int64
	x, y   int32 // tenths of a pixel
	over   string
}

// Sizes of the pages, in tenths of a pixel.
const (
	width, height   = 3240, 2430 // of an image
	left, top       = 1000, 4000 // of the first one
	across, down    = 3480, 3480 // to the next one
	columns         = 3
	panelX, panelY  = 2000, 9000
	stepUS          = 8000 // between samples
	samplesOfAFrame = 2
)

// place returns the upper left corner of the image of a slot.
func place(slot int) (x, y int32) {
	return left + across*int32(slot%columns), top + down*int32(slot/columns)
}

// work does a share of the page, and returns what was recorded. After a reload, it goes on.
func (h *hand) work(share float64) recording.Events {
	h.Events, h.us, h.over, h.x, h.y = recording.Events{}, 0, "", 500, 500
	h.Views = []recording.View{{Width: 1280, Height: 900, Ratio: 1000, Scale: 1000}}
	h.States = []recording.PageState{{What: "show"}}
	h.Scrolls = []recording.Scroll{{}}
	for i := range h.plan.Slots {
		x, y := place(i)
		h.Layouts = append(h.Layouts, recording.Layout{T: 1000, Slot: int32(i), X: x, Y: y, Width: width, Height: height})
		h.Images = append(h.Images, recording.ImageState{T: 20_000 + 1000*int64(i), Slot: int32(i), What: "loaded", Width: 500, Height: 375})
	}
	h.wait(400)
	if h.plan.Class != "" {
		h.browse(share)
	} else {
		h.tag(share)
	}
	h.Gaps = append(h.Gaps, recording.Gap{T: h.us, What: "thinned", Count: 5})
	if share == 1 {
		h.move(12000, 12000, "button:submit")
		h.Presses = append(h.Presses, recording.Press{T: h.us, What: "click", X: h.x, Y: h.y, Pointer: "mouse", Target: "button:submit"})
	}
	h.ms = h.us/1000 + 1
	return h.Events
}

func (h *hand) wait(ms int64) { h.us += ms * 1000 }

// browse looks at all images, selects those with the class, and changes its mind on one. In the middle it
// looks away for a while, and goes to another window.
func (h *hand) browse(share float64) {
	n := len(h.plan.Slots)
	for i := range int(share * float64(n)) {
		h.look(i)
		h.wait(300 + h.rand.Int64N(900))
		if known := h.plan.Slots[i].Known; !h.selected[i] && *known {
			h.click(i)
		}
		if i == 1 {
			h.click(i)
			h.wait(500)
			h.click(i)
		}
		if i == 3 {
			h.wait(31_000)
			h.States = append(h.States, recording.PageState{T: h.us, What: "hidden"}, recording.PageState{T: h.us + 4_000_000, What: "visible"})
			h.wait(4100)
		}
	}
}

func (h *hand) look(slot int) {
	x, y := place(slot)
	h.move(x+width/4+h.rand.Int32N(width/2), y+height/4+h.rand.Int32N(height/2), fmt.Sprintf("slot:%d", slot))
}

func (h *hand) click(slot int) {
	what := "select"
	if h.selected[slot] {
		what = "deselect"
		h.deselections++
	} else {
		h.selections++
	}
	h.selected[slot] = !h.selected[slot]
	h.Presses = append(h.Presses, recording.Press{T: h.us, What: "click", X: h.x, Y: h.y, Pointer: "mouse", Target: fmt.Sprintf("slot:%d", slot)})
	h.Choices = append(h.Choices, recording.Choice{T: h.us, What: what, Slot: int32(slot), X: h.x, Y: h.y, Via: "mouse"})
	h.wait(30)
}

// tag goes through all superclasses and drags three icons onto the image; it moves one and removes another.
func (h *hand) tag(share float64) {
	for i, icon := range icons {
		if float64(i) >= share*float64(len(icons)) {
			return
		}
		if _, ok := h.placed[icon]; !ok {
			h.drag(icon, "panel", "placed")
		}
		h.wait(400)
		h.Steps = append(h.Steps, recording.Step{T: h.us, Superclass: int32(i + 1), Via: "key"})
		h.Keys = append(h.Keys, recording.Key{T: h.us, Name: "ArrowRight"})
	}
	h.drag("dog", "image", "moved")
	h.drag("cup", "image", "removed")
	for i := 4; i <= 10; i++ {
		h.wait(200)
		h.Steps = append(h.Steps, recording.Step{T: h.us, Superclass: int32(i), Via: "button"})
	}
}

func (h *hand) drag(icon, from, outcome string) {
	h.move(panelX, panelY, "icon:"+icon)
	start, fx, fy := h.us, h.x, h.y
	x, y := place(0)
	h.move(x+width/4+h.rand.Int32N(width/2), y+height/4+h.rand.Int32N(height/2), "")
	h.Drags = append(h.Drags, recording.Drag{T: start, End: h.us, Icon: icon, From: from, Outcome: outcome, FromX: fx, FromY: fy, ToX: h.x, ToY: h.y})
	was := h.placed[icon]
	change := recording.IconChange{T: h.us, Icon: icon, Via: "drag", FromX: int32(was.X * 1e6), FromY: int32(was.Y * 1e6)}
	to := derive.Icon{Icon: icon, X: float64(int64(h.x-x)*1_000_000/width) / 1e6, Y: float64(int64(h.y-y)*1_000_000/height) / 1e6}
	switch outcome {
	case "removed":
		change.What, change.Via = "remove", "drag-off"
		delete(h.placed, icon)
	default:
		change.What = map[string]string{"placed": "add", "moved": "move"}[outcome]
		change.ToX, change.ToY = int32(to.X*1e6+0.5), int32(to.Y*1e6+0.5)
		h.placed[icon] = to
	}
	h.Icons = append(h.Icons, change)
	h.actions++
	h.wait(50)
	h.look(0)
	h.wait(100)
}

// move moves the pointer to a place in a straight line, and enters what is there on the way.
func (h *hand) move(x, y int32, target string) {
	fx, fy := h.x, h.y
	const n = 20
	for i := range int32(n) {
		h.us += stepUS
		h.x, h.y = fx+(x-fx)*(i+1)/n, fy+(y-fy)*(i+1)/n
		if i == 15 && target != h.over {
			if h.over != "" {
				h.Crosses = append(h.Crosses, recording.Crossing{T: h.us, What: "leave", Target: h.over})
			}
			if target != "" {
				h.Crosses = append(h.Crosses, recording.Crossing{T: h.us, What: "enter", Target: target})
			}
			h.over = target
		}
		h.Samples = append(h.Samples, recording.Sample{T: h.us, X: h.x, Y: h.y, Pointer: "mouse", Frame: (i + 1) % samplesOfAFrame})
	}
}

func (h *hand) answer() (a derive.Answer) {
	for _, i := range slices.Sorted(maps.Keys(h.selected)) {
		if h.selected[i] {
			a.Selected = append(a.Selected, i)
		}
	}
	for _, icon := range slices.Sorted(maps.Keys(h.placed)) {
		a.Icons = append(a.Icons, h.placed[icon])
	}
	return a
}
