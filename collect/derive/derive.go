// Package derive makes the records of the original front ends from recordings.
//
// The front ends of ImageNet-AB and COCO-AB log a part of what happens on a page: selecting clicks and not
// deselecting ones, the pointer on an image and not between images. [Browse] and [Tag] follow their rules
// with a recording, so that "the last sample before the click" means the same in a study as in the releases.
// What the front ends lose is in further fields of the same records.
//
// A page can have several attempts, one more after each reload, which keeps the answer. The records of a page
// are made from all attempts up to the one that was submitted.
package derive

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"

	"abtool/collect/recording"
)

// A Page describes a page that was submitted.
type Page struct {
	ID           string // UUID
	Number       int    // in the HIT, from 0
	Slots        []Slot // one for a tag page
	Superclasses []string
	Arm          string // "" if the study has no arms
	Ended        int64  // when it was submitted, ms since 1970 by the clock of the browser
	Answer       Answer
	Part         Part
}

// A Part says how much of a whole HIT an annotator was given, if it was less. Its fields are in records.
type Part struct {
	GivenPages  int `json:"givenPages,omitempty"`
	WholePages  int `json:"wholePages,omitempty"`
	GivenImages int `json:"givenImages,omitempty"`
	WholeImages int `json:"wholeImages,omitempty"`
}

// A Slot is an image of a page.
type Slot struct {
	ImageID       string
	Class         string
	Width, Height int // of the file, in pixels; 0 if not known
	Known         *bool
	Gold          *bool
}

// An Answer is the final state of a page, as the browser submits it.
type Answer struct {
	Selected []int  `json:"selected,omitempty"` // slots of a browse page
	Icons    []Icon `json:"icons,omitempty"`    // of a tag page
}

// An Icon is an icon on the image. X and Y are fractions of the displayed image.
type Icon struct {
	Icon string  `json:"icon"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
}

// A Point is a place on an image at a time, in ms since 1970. X and Y are fractions of the displayed image,
// and nil without a place, as for an image that was selected by a key.
type Point struct {
	X    *float64 `json:"x"`
	Y    *float64 `json:"y"`
	Time int64    `json:"time"`
}

// A Place is where an image was in the document, in CSS pixels, from a time on.
type Place struct {
	T      int64   `json:"timeAt"` // ms since the page began
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// Began returns when the first attempt of a page began, in ms since 1970.
func Began(attempts []*recording.Page) int64 { return floorDiv(attempts[0].T0, 1000) }

// event is an event of an attempt that the front ends react to.
type event struct {
	us     int64 // since the attempt began
	kind   eventKind
	slot   int
	what   string
	target string
	x, y   int32
	key    bool // by a key, or without a place because of the level: x and y mean nothing
}

// eventKind orders events of equal times as browsers dispatch them: the pointer enters an element before it
// moves on it, and moves before it clicks.
type eventKind uint8

const (
	load eventKind = iota
	crossing
	sample
	choice
)

// eventsOf returns the events of an attempt that the front ends react to, in the order of time. Of the samples
// they are those that the browser dispatched: the front ends did not ask for coalesced ones.
func eventsOf(p *recording.Page) []event {
	var all []event
	for _, e := range p.Images {
		all = append(all, event{us: e.T, kind: load, slot: int(e.Slot), what: e.What})
	}
	for _, e := range p.Crosses {
		all = append(all, event{us: e.T, kind: crossing, what: e.What, target: e.Target})
	}
	for _, e := range p.Samples {
		if e.Frame == 1 {
			all = append(all, event{us: e.T, kind: sample, x: e.X, y: e.Y})
		}
	}
	for _, e := range p.Choices {
		all = append(all, event{us: e.T, kind: choice, slot: int(e.Slot), what: e.What, x: e.X, y: e.Y, key: e.Via == "key" || e.X == 0 && e.Y == 0})
	}
	slices.SortStableFunc(all, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.us, b.us), cmp.Compare(a.kind, b.kind))
	})
	return all
}

// clock gives the times of an attempt by the clock of the browser.
type clock struct{ t0 int64 }

// ms returns what Date.now() would have returned: whole milliseconds since 1970.
func (c clock) ms(us int64) int64 { return floorDiv(c.t0+us, 1000) }

// layouts has the places of the image of a slot in an attempt, in the order of time.
type layouts []recording.Layout

func layoutsOf(p *recording.Page, slot int) (all layouts) {
	for _, l := range p.Layouts {
		if int(l.Slot) == slot {
			all = append(all, l)
		}
	}
	return all
}

// at returns the place at a time, or the first one if the time is earlier.
func (l layouts) at(us int64) (p recording.Layout, ok bool) {
	if len(l) == 0 {
		return p, false
	}
	i, _ := slices.BinarySearchFunc(l, us+1, func(p recording.Layout, us int64) int { return cmp.Compare(p.T, us) })
	return l[max(i-1, 0)], true
}

// point returns the place of the pointer as the front ends compute it, offsetX / offsetWidth. Browsers round
// both to whole pixels, the distance from the edge of the image and the size of it.
func (l layouts) point(x, y int32, us int64) (px, py float64, ok bool) {
	p, ok := l.at(us)
	w, h := pixels(p.Width), pixels(p.Height)
	if !ok || w <= 0 || h <= 0 {
		return 0, 0, false
	}
	return float64(offset(x, p.X)) / float64(w), float64(offset(y, p.Y)) / float64(h), true
}

// offset returns the distance of a position from an edge in whole pixels. Both are in tenths.
func offset(at, edge int32) int64 { return int64(pixels(at - edge)) }

// pixels rounds tenths of a pixel to whole pixels, halves up.
func pixels(tenths int32) int { return int(math.Floor(float64(tenths)/10 + 0.5)) }

// places returns the layouts of an attempt as they are stored, with times since the page began.
func (l layouts) places(c clock, began int64) []Place {
	all := make([]Place, len(l))
	for i, p := range l {
		all[i] = Place{c.ms(p.T) - began, px(p.X), px(p.Y), px(p.Width), px(p.Height)}
	}
	return all
}

func px(tenths int32) float64 { return float64(tenths) / 10 }

// imageLoad says whether and when the image of a slot was loaded.
type imageLoad struct {
	known  bool // the recording says something about it
	loaded bool
	us     int64
	w, h   int // of the file
}

func loadOf(p *recording.Page, slot int) (l imageLoad) {
	for _, e := range p.Images {
		if int(e.Slot) != slot || l.loaded {
			continue
		}
		l.known = true
		if e.What == "loaded" {
			l.loaded, l.us, l.w, l.h = true, e.T, int(e.Width), int(e.Height)
		}
	}
	return l
}

// sizes are what the front ends measure when an image has loaded.
type sizes struct {
	X, Y          *int
	Width, Height *int // displayed
	OrigW, OrigH  *int
}

// measure returns the sizes of the image of a slot, from the last attempt in which it was loaded. An image
// that was not loaded has sizes of 0. Where the recording does not say whether it was loaded, as with
// a level without events, its place is the first that is recorded, if any.
func measure(attempts []*recording.Page, slot int, file Slot) (s sizes, failed bool) {
	known := false
	for _, p := range slices.Backward(attempts) {
		l := loadOf(p, slot)
		known = known || l.known
		if !l.loaded && l.known {
			continue
		}
		place, ok := layoutsOf(p, slot).at(l.us)
		if !ok {
			continue
		}
		if l.w == 0 {
			l.w, l.h = file.Width, file.Height
		}
		return sizes{ptr(pixels(place.X)), ptr(pixels(place.Y)), ptr(pixels(place.Width)), ptr(pixels(place.Height)), ptr(l.w), ptr(l.h)}, false
	}
	if !known {
		s.OrigW, s.OrigH = ptr(file.Width), ptr(file.Height)
		return s, false
	}
	return sizes{ptr(0), ptr(0), ptr(0), ptr(0), ptr(0), ptr(0)}, true
}

// loadedAt returns when the image was first loaded, in ms since the page began, or nil.
func loadedAt(attempts []*recording.Page, slot int) *int64 {
	for _, p := range attempts {
		if l := loadOf(p, slot); l.loaded {
			return ptr(clock{p.T0}.ms(l.us) - Began(attempts))
		}
	}
	return nil
}

func ptr[T any](v T) *T { return &v }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// dump is a page within the identifiers of its assignment, as the back ends of the front ends keep it.
type dump struct {
	Ids
	Pages []any `json:"pages"`
}

// Ids are the identifiers of an assignment, which the front ends send apart from its pages.
type Ids struct {
	Worker     string `json:"workerID"`
	Assignment string `json:"assignmentID"`
	HIT        string `json:"hitID"`
	Candidates string `json:"imageNetHitID,omitempty"`
}

// Dump returns a page with the identifiers of its assignment as JSON, which abtool ingest reads.
func Dump(ids Ids, page any) ([]byte, error) { return json.Marshal(dump{ids, []any{page}}) }
