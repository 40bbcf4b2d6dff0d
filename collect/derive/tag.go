package derive

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"abtool/collect/recording"
)

// TagPage is a page of COCO-AB's front end.
type TagPage struct {
	ID         string  `json:"id"`
	Number     int     `json:"pageno"`
	Started    int64   `json:"startedAt"` // ms since 1970
	Ended      int64   `json:"endedAt"`
	Annotation *Tagged `json:"annotation"`
	// Mismatch says that the events of the page do not lead to its answer. The answer counts: actions by
	// "answer" at the end lead to it.
	Mismatch bool `json:"-"`
}

// Tagged is the record of one image. Times are ms since the page began. The fields after TimeSpent are not in
// the records of the front end.
type Tagged struct {
	ImageID           string   `json:"image_id"`
	OriginalHeight    *int     `json:"originalImageHeight"`
	OriginalWidth     *int     `json:"originalImageWidth"`
	ImageHeight       *int     `json:"imageHeight"`
	ImageWidth        *int     `json:"imageWidth"`
	ActionHistories   []Action `json:"actionHistories"`
	CategoryHistories []Step   `json:"categoryHistories"`
	MouseTracking     []Moved  `json:"mouseTracking"`
	TimeSpent         int64    `json:"timeSpent"`

	Drags      []Drag  `json:"drags"`
	Layout     []Place `json:"layout"`
	LoadedAt   *int64  `json:"loadedAt"`
	LoadFailed bool    `json:"loadFailed"`
	Arm        string  `json:"arm,omitempty"`
	Known      *bool   `json:"known"`
	Gold       *bool   `json:"gold"`
	Part
}

// An Action adds an icon to the image, moves it, or removes it. Via is how: drag, click-icon, click-panel,
// drag-off, key, or answer for an action without an event.
type Action struct {
	Type string    `json:"actionType"`
	Icon string    `json:"iconType"`
	From *Fraction `json:"pointFrom"` // nil for an icon that is added
	To   *Fraction `json:"pointTo"`   // nil for an icon that is removed
	T    int64     `json:"timeAt"`
	Via  string    `json:"via"`
}

// A Fraction is a place as fractions of the displayed image.
type Fraction struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// A Step opens a superclass of icons.
type Step struct {
	Index    int    `json:"categoryIndex"`
	Name     string `json:"categoryName"`
	Keyboard bool   `json:"usingKeyboard"`
	T        int64  `json:"timeAt"`
	Via      string `json:"via"`
}

// Moved is a mouse sample.
type Moved struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
	T int64   `json:"timeAt"`
}

// A Drag is the whole movement of an icon while it was held. An icon that comes from the panel begins outside
// of the image.
type Drag struct {
	Icon    string    `json:"iconType"`
	Origin  string    `json:"origin"`  // panel, image
	Outcome string    `json:"outcome"` // placed, moved, removed, cancelled, none
	T       int64     `json:"timeAt"`
	End     int64     `json:"timeEnd"`
	From    *Fraction `json:"pointFrom"`
	To      *Fraction `json:"pointTo"`
}

// Superclasses are the names of the superclasses of COCO-AB's front end.
var Superclasses = []string{"PersonAccessory", "Animal", "Vehicle", "OutdoorObj", "Sports", "Kitchenware", "Food", "Furniture",
	"Appliance", "Electronics", "IndoorObjects"}

// Tag makes the record of a tag page from the attempts up to the one that was submitted, in their order.
func Tag(attempts []*recording.Page, p Page) (*TagPage, error) {
	switch {
	case len(attempts) == 0:
		return nil, fmt.Errorf("derive: page %s has no recording", p.ID)
	case len(p.Slots) != 1:
		return nil, fmt.Errorf("derive: page %s has %d images; a tag page has one", p.ID, len(p.Slots))
	}
	began := Began(attempts)
	at, failed := measure(attempts, 0, p.Slots[0])
	r := &Tagged{
		ImageID: p.Slots[0].ImageID, OriginalHeight: at.OrigH, OriginalWidth: at.OrigW, ImageHeight: at.Height, ImageWidth: at.Width,
		ActionHistories: []Action{}, CategoryHistories: []Step{}, MouseTracking: []Moved{}, Drags: []Drag{}, Layout: []Place{},
		TimeSpent: max(p.Ended-began, 0), LoadedAt: loadedAt(attempts, 0), LoadFailed: failed,
		Arm: p.Arm, Known: p.Slots[0].Known, Gold: p.Slots[0].Gold, Part: p.Part,
	}
	names := p.Superclasses
	if len(names) == 0 {
		names = Superclasses
	}
	for _, attempt := range attempts {
		c, places := clock{attempt.T0}, layoutsOf(attempt, 0)
		r.Layout = append(r.Layout, places.places(c, began)...)
		for _, e := range attempt.Icons {
			r.act(e, c.ms(e.T)-began)
		}
		for _, e := range attempt.Steps {
			// The superclass that is open at the beginning is not a step.
			s := Step{Index: int(e.Superclass), Keyboard: e.Via == "key", T: c.ms(e.T) - began, Via: e.Via}
			if s.Index >= 0 && s.Index < len(names) {
				s.Name = names[s.Index]
			}
			r.CategoryHistories = append(r.CategoryHistories, s)
		}
		for _, e := range attempt.Drags {
			r.Drags = append(r.Drags, Drag{e.Icon, e.From, e.Outcome, c.ms(e.T) - began, c.ms(e.End) - began,
				places.fraction(e.FromX, e.FromY, e.T), places.fraction(e.ToX, e.ToY, e.End)})
		}
		r.follow(attempt, places, c, began)
	}
	page := &TagPage{ID: p.ID, Number: p.Number, Started: began, Ended: p.Ended, Annotation: r}
	page.Mismatch = r.answer(p.Answer.Icons)
	return page, nil
}

// act follows putIcon and deleteIcon: an action of an icon that is added has no pointFrom, one of an icon that
// is removed no pointTo. The front end gives places in whole pixels over the size of the image. Here an icon
// can be placed by a key, without a pointer, and the recording has its place in millionths.
func (r *Tagged) act(e recording.IconChange, t int64) {
	a := Action{Type: e.What, Icon: e.Icon, T: t, Via: e.Via}
	if e.What != "add" {
		a.From = &Fraction{float64(e.FromX) / 1e6, float64(e.FromY) / 1e6}
	}
	if e.What != "remove" {
		a.To = &Fraction{float64(e.ToX) / 1e6, float64(e.ToY) / 1e6}
	}
	r.ActionHistories = append(r.ActionHistories, a)
}

// follow follows onMouseMove of the image. It takes every sample that the browser dispatches to the image:
// not while an icon is dragged, when browsers send no mouse events, and not on an icon that lies on the
// image, which gets the event instead. The image is not there before it has loaded.
func (r *Tagged) follow(p *recording.Page, places layouts, c clock, began int64) {
	there := !loadOf(p, 0).known
	over := map[string]bool{}
	drags := p.Drags
	for _, e := range eventsOf(p) {
		switch e.kind {
		case load:
			there = there || e.what == "loaded"
		case crossing:
			over[e.target] = e.what == "enter"
		case sample:
			for len(drags) > 0 && drags[0].End < e.us {
				drags = drags[1:]
			}
			dragged := len(drags) > 0 && drags[0].T <= e.us
			if !there || dragged || !over["slot:0"] || onIcon(over) {
				continue
			}
			x, y, ok := places.point(e.x, e.y, e.us)
			if ok && near(x, r.ImageWidth) && near(y, r.ImageHeight) {
				r.MouseTracking = append(r.MouseTracking, Moved{x, y, c.ms(e.us) - began})
			}
		}
	}
}

// onIcon reports whether the pointer is over an icon.
func onIcon(over map[string]bool) bool {
	for target, yes := range over {
		if yes && strings.HasPrefix(target, "icon:") {
			return true
		}
	}
	return false
}

// fraction returns a position as a fraction of the image at a time, or nil if the place of the image is not
// known.
func (l layouts) fraction(x, y int32, us int64) *Fraction {
	p, ok := l.at(us)
	if !ok || p.Width == 0 || p.Height == 0 {
		return nil
	}
	return &Fraction{float64(x-p.X) / float64(p.Width), float64(y-p.Y) / float64(p.Height)}
}

// answer compares the icons that the actions leave on the image with the answer, and reports whether they
// differ. If they do, it adds the actions that lead to the answer.
func (r *Tagged) answer(icons []Icon) (mismatch bool) {
	placed := map[string]Fraction{}
	for _, a := range r.ActionHistories {
		if a.To == nil {
			delete(placed, a.Icon)
		} else {
			placed[a.Icon] = *a.To
		}
	}
	add := func(what, icon string, from, to *Fraction) {
		mismatch = true
		r.ActionHistories = append(r.ActionHistories, Action{what, icon, from, to, r.TimeSpent, "answer"})
	}
	for _, i := range icons {
		at, ok := placed[i.Icon]
		delete(placed, i.Icon)
		to := Fraction{i.X, i.Y}
		switch {
		case !ok:
			add("add", i.Icon, nil, &to)
		case math.Abs(at.X-to.X) > millionth || math.Abs(at.Y-to.Y) > millionth:
			add("move", i.Icon, &at, &to)
		}
	}
	for _, icon := range slices.Sorted(maps.Keys(placed)) {
		at := placed[icon]
		add("remove", icon, &at, nil)
	}
	return mismatch
}

// millionth is the precision of places in recordings, with room for rounding.
const millionth = 1.000001e-6
