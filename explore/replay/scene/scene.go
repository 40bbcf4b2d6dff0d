// Package scene makes what the player draws: images at their places, the paths of annotators over them on one
// clock, and the times of which nothing is known, with the reason.
//
// A scene is made from rows of annotations ([Showing], [Tag], [Showings], [Tags], [BrowsePage]), or from the recording of a
// page of a study ([Recorded]). What the record has is kept as it is: points outside of the image, missing places,
// times that go back. Such things are named in the flags of the scene.
package scene

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Kinds of scenes.
const (
	KindShowing = "showing" // an image that one annotator was shown
	KindImage   = "image"   // an image, with all annotators that it was shown to
	KindBrowse  = "browse"  // a page of images
	KindTag     = "tag"     // an image on which icons were placed
)

// A Scene is what the player draws. Times are ms since the beginning, which is the earliest event of the record.
type Scene struct {
	Set      string            `json:"set"`
	Kind     string            `json:"kind"`
	Recorded bool              `json:"recorded"` // of a study: the whole page was recorded
	Stage    Size              `json:"stage"`    // CSS px that the images and the pointer are on
	End      Number            `json:"end"`      // of the longest track, ms
	Zero     *int64            `json:"zero"`     // when the scene begins, ms since 1970; null: unknown, or the tracks begin at different times
	Images   []Image           `json:"images"`
	Tracks   []*Track          `json:"tracks"`
	Layouts  *Layouts          `json:"layouts,omitempty"` // of a recording
	Views    *Views            `json:"views,omitempty"`
	Scrolls  *Scrolls          `json:"scrolls,omitempty"`
	Steps    []string          `json:"steps,omitempty"` // names of the superclasses, by number
	Targets  []Target          `json:"targets,omitempty"`
	Reasons  map[string]string `json:"reasons"` // of gaps, in words
	Flags    []Flag            `json:"flags"`
	Facts    []Fact            `json:"facts"`
}

// Size is a width and a height.
type Size struct {
	Width  Number `json:"w"`
	Height Number `json:"h"`
}

// An Image is an image on the stage. X, Y, W and H are CSS px of the stage, at the beginning if it moves.
type Image struct {
	Slot   int         `json:"slot"`
	ID     string      `json:"id"`
	Seq    *int64      `json:"seq"`    // row of annotations
	Source string      `json:"src"`    // address of the picture; "": there is none
	Width  int32       `json:"width"`  // px of the file; 0: unknown
	Height int32       `json:"height"` // px of the file
	X      Number      `json:"x"`
	Y      Number      `json:"y"`
	W      Number      `json:"w"`
	H      Number      `json:"h"`
	Fitted bool        `json:"fitted,omitempty"`   // the recorded place cannot be right, and another is drawn
	Chosen *bool       `json:"selected,omitempty"` // at the end
	Boxes  [][4]Number `json:"boxes,omitempty"`    // ground truth: left, top, right, bottom, fractions of the image
	Shapes []Shape     `json:"shapes,omitempty"`   // masks of the ground truth
	Notes  []string    `json:"notes,omitempty"`    // such as "check", of a study
}

// A Shape is an object of COCO's ground truth. Its mask is polygons, or runs by column.
type Shape struct {
	Name   string     `json:"name"`
	Crowd  bool       `json:"crowd,omitempty"`
	Box    *[4]Number `json:"box,omitempty"`   // left, top, right, bottom, fractions
	Rings  []Numbers  `json:"rings,omitempty"` // x, y, x, y, …: fractions
	Runs   []int64    `json:"runs,omitempty"`  // zeros first
	Width  int32      `json:"w,omitempty"`     // of the runs
	Height int32      `json:"h,omitempty"`
}

// A Track is what one annotator did. Columns have equal lengths.
type Track struct {
	Name     string  `json:"name"` // of the annotator; "": unknown
	Note     string  `json:"note"` // such as "showing 2, selected"
	Seq      *int64  `json:"seq"`  // row of annotations; null: of several rows
	Zero     *int64  `json:"zero"` // when t is 0, ms since 1970; null: unknown
	End      Number  `json:"end"`  // ms
	Unit     string  `json:"unit"` // of x and y. image: fractions of the image of the slot; page: CSS px of the stage
	Samples  Samples `json:"samples"`
	Untimed  Points  `json:"untimed"` // samples that have a place and no time
	Events   Events  `json:"events"`
	Gaps     Gaps    `json:"gaps"` // disjoint, ascending
	Flags    []Flag  `json:"flags"`
	Selected *bool   `json:"selected"`
	Aim      Number  `json:"aim"` // time of the last click with a place; null: none
}

// Samples are the places of the pointer, in the order of time. X and Y are null where the record has no place.
type Samples struct {
	T    Numbers `json:"t"`
	X    Numbers `json:"x"`
	Y    Numbers `json:"y"`
	Slot []int   `json:"slot,omitempty"` // of the unit image; all 0 if it is left out
}

// Points are places without times.
type Points struct {
	X    Numbers `json:"x"`
	Y    Numbers `json:"y"`
	Slot []int   `json:"slot,omitempty"`
}

// Events are what was done, in the order of time.
//
// What is select, deselect, enter, leave; unselect where samples show that the image is selected no longer; add, move, remove, drag, step of a page with icons; and of a recording also
// press, key, hidden, visible, focus, blur, loaded, failed, reload, submit, remark, and others.
type Events struct {
	T    Numbers  `json:"t"`
	What []string `json:"what"`
	X    Numbers  `json:"x"` // in the unit of the track; null: no place
	Y    Numbers  `json:"y"`
	FX   Numbers  `json:"fx"` // where a drag or a move began
	FY   Numbers  `json:"fy"`
	To   Numbers  `json:"to"`   // when a drag ended, ms
	Slot []int    `json:"slot"` // -1: of no image
	Text []string `json:"text"` // icon, superclass, key
}

// Gaps are the times in which the place of the pointer is not known.
type Gaps struct {
	From Numbers  `json:"from"`
	To   Numbers  `json:"to"`
	Why  []string `json:"why"` // of Reasons
}

// Layouts are the places of images over time, CSS px of the document.
type Layouts struct {
	T    Numbers `json:"t"`
	Slot []int   `json:"slot"`
	X    Numbers `json:"x"`
	Y    Numbers `json:"y"`
	W    Numbers `json:"w"`
	H    Numbers `json:"h"`
}

// Views are the sizes of the window over time, CSS px.
type Views struct {
	T Numbers `json:"t"`
	W Numbers `json:"w"`
	H Numbers `json:"h"`
}

// Scrolls are the positions of the document in the window over time, CSS px.
type Scrolls struct {
	T Numbers `json:"t"`
	X Numbers `json:"x"`
	Y Numbers `json:"y"`
}

// A Target is the point that a rule of abtool targets gives for the image.
type Target struct {
	Rule  string `json:"rule"`
	Class string `json:"class,omitempty"` // of COCO
	Seq   *int64 `json:"seq,omitempty"`   // of COCO: the row of annotations
	X     Number `json:"x"`               // fractions of the image
	Y     Number `json:"y"`
	Truth bool   `json:"truth,omitempty"` // from ground truth, not from byproducts
}

// A Flag says what is odd in the record.
type Flag struct {
	N    int    `json:"n"`
	Text string `json:"text"`
}

// A Fact is a value of the record, with its meaning.
type Fact struct {
	Name  string `json:"name"`
	Value any    `json:"value"` // null: the record does not say
	Unit  string `json:"unit,omitempty"`
	Doc   string `json:"doc,omitempty"`
	Link  string `json:"link,omitempty"` // address within the explorer
}

// Number is written to JSON as null if it is not finite.
type Number float64

// Numbers is a column of numbers.
type Numbers []float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) { return appendNumber(nil, float64(n)), nil }

// MarshalJSON implements json.Marshaler.
func (n Numbers) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 8*len(n)+2)
	b = append(b, '[')
	for i, v := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendNumber(b, v)
	}
	return append(b, ']'), nil
}

func appendNumber(b []byte, v float64) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(b, "null"...)
	}
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		return strconv.AppendFloat(b, v, 'e', -1, 64)
	}
	return strconv.AppendFloat(b, v, 'f', -1, 64)
}

var none = math.NaN()

func value[T int32 | int64 | float64](p *T) float64 {
	if p == nil {
		return none
	}
	return float64(*p)
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

func ptr[T any](v T) *T { return &v }

// place returns a place, or none if one of its parts is missing.
func place(x, y *float64) (float64, float64) {
	if x == nil || y == nil {
		return none, none
	}
	return *x, *y
}

// An event is an event before it is put into columns.
type event struct {
	t            float64
	what         string
	x, y, fx, fy float64
	to           float64
	slot         int
	text         string
}

func at(t float64, what string, slot int) event {
	return event{t: t, what: what, x: none, y: none, fx: none, fy: none, to: none, slot: slot}
}

// columns sorts events by time, without time last, and puts them into columns.
func columns(all []event) (e Events) {
	slices.SortStableFunc(all, func(a, b event) int { return byTime(a.t, b.t) })
	e.T, e.X, e.Y, e.FX, e.FY, e.To = Numbers{}, Numbers{}, Numbers{}, Numbers{}, Numbers{}, Numbers{}
	e.What, e.Slot, e.Text = []string{}, []int{}, []string{}
	for _, v := range all {
		e.T, e.What, e.Slot, e.Text = append(e.T, v.t), append(e.What, v.what), append(e.Slot, v.slot), append(e.Text, v.text)
		e.X, e.Y, e.FX, e.FY, e.To = append(e.X, v.x), append(e.Y, v.y), append(e.FX, v.fx), append(e.FY, v.fy), append(e.To, v.to)
	}
	return e
}

// byTime compares times; a missing one comes last.
func byTime(a, b float64) int {
	switch {
	case a < b, a == a && b != b:
		return -1
	case a > b, b == b && a != a:
		return 1
	}
	return 0
}

// flags collects flags whose number is not 0.
type flags []Flag

func (f *flags) add(n int, one, many string) {
	if n == 1 {
		*f = append(*f, Flag{n, one})
	} else if n > 1 {
		*f = append(*f, Flag{n, fmt.Sprintf(many, n)})
	}
}

// String returns the flags as lines.
func (f flags) String() string {
	var b bytes.Buffer
	for _, v := range f {
		fmt.Fprintln(&b, v.Text)
	}
	return b.String()
}
