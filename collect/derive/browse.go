package derive

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"abtool/collect/recording"
)

// BrowsePage is a page of ImageNet-AB's front end.
type BrowsePage struct {
	ID          string     `json:"id"`
	Number      int        `json:"pageno"`
	Started     int64      `json:"startedAt"` // ms since 1970
	Ended       int64      `json:"endedAt"`
	Annotations []*Showing `json:"annotations"` // by slot
	// Mismatch says that the events of the page do not lead to its answer. The answer counts.
	Mismatch bool `json:"-"`
}

// A Showing is the record of one image. The fields after ImageID are not in the records of the front end.
type Showing struct {
	Selected       bool    `json:"selected"`
	SelectedCount  int     `json:"selectedCount"`
	SelectedRecord []Point `json:"selectedRecord"`
	HoveredCount   int     `json:"hoveredCount"`
	HoveredRecord  []Hover `json:"hoveredRecord"`
	ImagePosition  XY      `json:"imagePosition"`
	ImageWidth     *int    `json:"imageWidth"`
	ImageHeight    *int    `json:"imageHeight"`
	OriginalWidth  *int    `json:"originalImageWidth"`
	OriginalHeight *int    `json:"originalImageHeight"`
	EstimateTime   int64   `json:"estimateTime"`
	MouseTracking  []Point `json:"mouseTracking"`
	ImageID        string  `json:"imageID"`

	SubmitTime *int64  `json:"hit_submit_time"` // of the assignment, ms since 1970; set by the caller
	Deselected []Point `json:"deselectedRecord"`
	Layout     []Place `json:"layout"`
	LoadedAt   *int64  `json:"loadedAt"` // ms since the page began
	LoadFailed bool    `json:"loadFailed"`
	Arm        string  `json:"arm,omitempty"`
	Known      *bool   `json:"known"`
	Gold       *bool   `json:"gold"`
	Part
}

// A Hover is the pointer that enters or leaves an image.
type Hover struct {
	Action string `json:"action"` // enter, leave
	Time   int64  `json:"time"`   // ms since 1970
}

// XY is a place in the document in whole CSS pixels.
type XY struct {
	X *int `json:"x"`
	Y *int `json:"y"`
}

// throttle is the time after a sample in which the front end of ImageNet-AB takes no other, in µs.
const throttle = 1_000_000 / 60.0

// Browse makes the records of a browse page from the attempts up to the one that was submitted, in their
// order.
func Browse(attempts []*recording.Page, p Page) (*BrowsePage, error) {
	if len(attempts) == 0 {
		return nil, fmt.Errorf("derive: page %s has no recording", p.ID)
	}
	images := make([]*image, len(p.Slots))
	for i := range images {
		images[i] = newImage(attempts, i, &p)
	}
	for _, attempt := range attempts {
		c := clock{attempt.T0}
		for _, m := range images {
			m.open(attempt)
		}
		for _, e := range eventsOf(attempt) {
			if e.kind == sample {
				for _, m := range images {
					m.move(e, c)
				}
			} else if i := slotOf(e); i >= 0 && i < len(images) {
				images[i].take(e, c)
			}
		}
	}
	page := &BrowsePage{ID: p.ID, Number: p.Number, Started: Began(attempts), Ended: p.Ended}
	for i, m := range images {
		selected := slices.Contains(p.Answer.Selected, i)
		page.Mismatch = page.Mismatch || selected != m.selected
		m.Selected = selected
		page.Annotations = append(page.Annotations, &m.Showing)
	}
	return page, nil
}

// slotOf returns the slot of an event, or -1 if it is not of an image.
func slotOf(e event) int {
	if e.kind != crossing {
		return e.slot
	}
	text, ok := strings.CutPrefix(e.target, "slot:")
	if n, err := strconv.Atoi(text); ok && err == nil {
		return n
	}
	return -1
}

// image follows what the component of an image in the front end does.
type image struct {
	Showing
	slot     int
	selected bool // by the events; it outlives a reload
	hovered  bool
	there    bool // the image has loaded: until then it has no area that the pointer could enter
	inside   bool // the pointer is over the place of the image, which may not be there yet
	moved    bool // "checked at least once"
	since    int64
	running  bool // estimating since then
	last     int64
	taken    bool // a sample at last, since the last change of selected
	places   layouts
}

func newImage(attempts []*recording.Page, slot int, p *Page) *image {
	s := p.Slots[slot]
	at, failed := measure(attempts, slot, s)
	m := &image{slot: slot, Showing: Showing{
		SelectedRecord: []Point{}, HoveredRecord: []Hover{}, MouseTracking: []Point{}, Deselected: []Point{}, Layout: []Place{},
		ImagePosition: XY{at.X, at.Y}, ImageWidth: at.Width, ImageHeight: at.Height, OriginalWidth: at.OrigW, OriginalHeight: at.OrigH,
		ImageID: s.ImageID, LoadedAt: loadedAt(attempts, slot), LoadFailed: failed, Arm: p.Arm, Known: s.Known, Gold: s.Gold, Part: p.Part,
	}}
	if s.Class != "" {
		m.ImageID = s.Class + "/" + s.ImageID
	}
	for _, a := range attempts {
		m.Layout = append(m.Layout, layoutsOf(a, slot).places(clock{a.T0}, Began(attempts))...)
	}
	return m
}

// open begins an attempt: the page is new, and only the answer is as before.
func (m *image) open(p *recording.Page) {
	m.hovered, m.inside, m.moved, m.running, m.taken = false, false, false, false, false
	m.there = !loadOf(p, m.slot).known
	m.places = layoutsOf(p, m.slot)
}

// take follows an event of the image.
func (m *image) take(e event, c clock) {
	switch {
	case e.kind == load && e.what == "loaded":
		m.there = true
		if m.inside {
			m.hover("enter", c.ms(e.us)) // browsers look again where the pointer is when the layout changes
		}
	case e.kind == crossing:
		m.inside = e.what == "enter"
		if m.there && m.inside != m.hovered {
			m.hover(e.what, c.ms(e.us))
		}
	case e.kind == choice:
		m.choose(e, c)
	}
}

// hover follows onMouseEnter and onMouseLeave.
func (m *image) hover(action string, ms int64) {
	m.hovered = action == "enter"
	m.HoveredRecord = append(m.HoveredRecord, Hover{action, ms})
	if m.hovered {
		m.HoveredCount++
	}
	m.estimate(ms)
}

// choose follows onClick, which records clicks that select and not clicks that deselect.
func (m *image) choose(e event, c clock) {
	p := Point{Time: c.ms(e.us)} // without a place by a key, and with the level answers
	if x, y, ok := m.places.point(e.x, e.y, e.us); ok && !e.key && (e.x != 0 || e.y != 0) {
		p.X, p.Y = &x, &y
	}
	m.selected = e.what == "select"
	if m.selected {
		m.SelectedRecord = append(m.SelectedRecord, p)
		m.SelectedCount++
	} else {
		m.Deselected = append(m.Deselected, p)
	}
	m.taken = false // a change of selected makes a new throttle
	m.estimate(p.Time)
}

// move follows onMouseMove, which takes samples on the image while it is not selected, at least 1000/60 ms
// apart.
func (m *image) move(e event, c clock) {
	if !m.hovered || m.selected || m.taken && float64(e.us-m.last) < throttle {
		return
	}
	x, y, ok := m.places.point(e.x, e.y, e.us)
	if !ok || !near(x, m.ImageWidth) || !near(y, m.ImageHeight) {
		return
	}
	m.last, m.taken = e.us, true
	ms := c.ms(e.us)
	m.MouseTracking = append(m.MouseTracking, Point{&x, &y, ms})
	if !m.moved {
		m.moved = true
		m.estimate(ms)
	}
}

// near reports whether a fraction is on the image or at most a pixel outside.
func near(v float64, size *int) bool {
	if size == nil || *size == 0 {
		return false
	}
	pixel := 1 / float64(*size)
	return v >= -pixel && v <= 1+pixel
}

// estimate follows the effect that runs when hovered, selected or moved change. It does nothing before the
// first sample. Time on the unselected image is added when it ends, so that what is still running at the end
// of the page is never added.
func (m *image) estimate(ms int64) {
	if !m.moved {
		return
	}
	estimating := m.hovered && !m.selected
	switch {
	case estimating && !m.running:
		m.since, m.running = ms, true
	case !estimating && m.running:
		m.EstimateTime += ms - m.since
		m.running = false
	}
}
