package imagenet

import (
	"math"
	"slices"

	"abtool/byproduct"
	"abtool/byproduct/plane"
	"abtool/store/columnar"
)

// A Showing holds the byproducts of one annotator for one time that an image was shown: a row of annotations.
type Showing struct {
	Order
	Page     int64 // of the front end; columnar.Null: unknown
	Selected int64 // 1 or 0; columnar.Null: unknown
	Doubtful bool  // whether nobody knows that the image shows the class, as of a candidate of a study (I17)
	// How much of a whole HIT the annotator was given (I18).
	OfPages, OfImages byproduct.Share
	T0                int64 // origin of the times, ms since 1970; columnar.Null: unknown
	Clicks, Mouse     byproduct.Points
	Hovers            Hovers
}

// IsSelected reports whether the image was selected; unknown counts as not (I2,
// docs/design/definitions.md#i2).
func (s *Showing) IsSelected() bool { return s.Selected == 1 }

// HasByproduct reports whether there is a click, a mouse sample or a hover (I2).
func (s *Showing) HasByproduct() bool {
	return s.Clicks.Len()+s.Mouse.Len()+len(s.Hovers.T) > 0
}

// Parity reports whether the image is selected exactly if the number of clicks is odd, clicks without a place
// included (I16, docs/design/definitions.md#i16); known is false where it is unknown whether it is selected.
func (s *Showing) Parity() (agrees, known bool) {
	return s.IsSelected() == (s.Clicks.Len()%2 == 1), s.Selected != columnar.Null
}

// FirstEvent returns the earliest time of the clicks, samples and hovers, ms since 1970; columnar.Null if
// none is known.
func (s *Showing) FirstEvent() int64 {
	first := min(byproduct.Earliest(s.Clicks.T), byproduct.Earliest(s.Mouse.T), byproduct.Earliest(s.Hovers.T))
	if first == math.MaxInt64 || s.T0 == columnar.Null {
		return columnar.Null
	}
	return s.T0 + first
}

// InBC reports whether an image with these usable boxes is in the set BC: it has a box and a final click
// (I5, docs/design/definitions.md#i5).
func InBC(boxes []plane.Box, finalClick bool) bool { return finalClick && len(boxes) > 0 }

// An Order is the place of a showing in the order of its image's showings.
type Order struct {
	Submit int64 // hit_submit_time, ms since 1970; columnar.Null: missing
	Seq    int64 // row of annotations
}

// After reports whether a showing comes after another (I3, docs/design/definitions.md#i3): by
// hit_submit_time, missing first, ties in document order. The final click is of the last showing that is
// selected and has a click with a place (I4, docs/design/definitions.md#i4).
func (o Order) After(other Order) bool {
	if o.Submit != other.Submit {
		return o.Submit > other.Submit // columnar.Null is the least
	}
	return o.Seq > other.Seq
}

// FirstClick returns the index of the first click of a showing that has a position, −1 if none has (I4).
func FirstClick(x, y []float64) int {
	for i := range x {
		if byproduct.Placed(x[i], y[i]) {
			return i
		}
	}
	return -1
}

// LastClick returns the index of the last click of a showing that has a position, −1 if none has (I4). In the
// showing of the final click, this is the final click.
func LastClick(x, y []float64) int {
	for i, v := range slices.Backward(x) {
		if byproduct.Placed(v, y[i]) {
			return i
		}
	}
	return -1
}

// A FirstMean computes the mean of the first clicks of an image's selected showings, as the public loader
// does (L1, docs/design/definitions.md#l1). Add the clicks in document order, so that sums are rounded as in
// the loader.
type FirstMean struct {
	N    int
	x, y float64
}

// Add adds the first click of a showing.
func (m *FirstMean) Add(x, y float64) {
	m.N++
	m.x, m.y = m.x+x, m.y+y
}

// Point returns the mean, NaN without clicks.
func (m *FirstMean) Point() (x, y float64) { return m.x / float64(m.N), m.y / float64(m.N) }

// A Kind is the kind of a hover.
type Kind int8

// Kinds of hovers.
const (
	Other Kind = iota
	Enter
	Leave
)

// Hovers are the entries and leaves of a showing, in document order.
type Hovers struct {
	T    []int64 // ms since the row's t0; columnar.Null: none
	Kind []Kind
}

// Enters returns the number of entries with a time at or before a click, and the time of the latest of them,
// columnar.Null without an entry. The segment of the trace begins at that time (I13,
// docs/design/definitions.md#i13).
func (h Hovers) Enters(click int64) (n, last int64) {
	last = columnar.Null
	if click == columnar.Null {
		return 0, last
	}
	for i, t := range h.T {
		if h.Kind[i] == Enter && t != columnar.Null && t <= click {
			n++
			last = max(last, t)
		}
	}
	return n, last
}

// Entries returns the number of entries.
func (h Hovers) Entries() (n int64) {
	for _, k := range h.Kind {
		if k == Enter {
			n++
		}
	}
	return n
}

// Alternate reports whether entries and leaves alternate, from an entry to a leave.
func (h Hovers) Alternate() bool {
	for i, k := range h.Kind {
		if k != Enter+Kind(i%2) {
			return false
		}
	}
	return len(h.Kind)%2 == 0
}

// Inside returns the total time between entries and the leaves that follow them, ms. ok is false if they do
// not alternate, if a time is missing, or if there are no hovers.
func (h Hovers) Inside() (ms int64, ok bool) {
	if len(h.T) == 0 || !h.Alternate() {
		return 0, false
	}
	for i, t := range h.T {
		if t == columnar.Null {
			return 0, false
		}
		if i%2 == 0 {
			t = -t
		}
		ms += t
	}
	return ms, true
}

// Clone returns a copy.
func (h Hovers) Clone() Hovers { return Hovers{slices.Clone(h.T), slices.Clone(h.Kind)} }

// Columns of annotations that Lists reads.
var (
	EventColumns = []string{"clicks.t", "clicks.x", "clicks.y", "hovers.t", "hovers.action"}
	MouseColumns = []string{"mouse.t", "mouse.x", "mouse.y"}
)

// Lists gives access to the lists of events in the rows of a row group.
type Lists struct {
	clickT, clickX, clickY, mouseT, mouseX, mouseY, hoverT, action *columnar.Values

	kinds []Kind // of all hovers of the row group
}

// NewLists returns the lists of the EventColumns, and with mouse also of the MouseColumns, of a reader.
func NewLists(r *columnar.Reader, mouse bool) *Lists {
	l := &Lists{
		clickT: r.Column("clicks.t"), clickX: r.Column("clicks.x"), clickY: r.Column("clicks.y"),
		hoverT: r.Column("hovers.t"), action: r.Column("hovers.action"),
	}
	if mouse {
		l.mouseT, l.mouseX, l.mouseY = r.Column("mouse.t"), r.Column("mouse.x"), r.Column("mouse.y")
	}
	return l
}

// Update must be called after the reader has read another row group.
func (l *Lists) Update() {
	l.kinds = l.kinds[:0]
	for _, k := range l.action.Index {
		kind := Other
		if k >= 0 {
			switch l.action.Dict[k] {
			case "enter":
				kind = Enter
			case "leave":
				kind = Leave
			}
		}
		l.kinds = append(l.kinds, kind)
	}
}

// Clicks returns the clicks of row i.
func (l *Lists) Clicks(i int) byproduct.Points {
	return byproduct.PointsAt(l.clickT, l.clickX, l.clickY, i)
}

// Mouse returns the mouse samples of row i.
func (l *Lists) Mouse(i int) byproduct.Points {
	return byproduct.PointsAt(l.mouseT, l.mouseX, l.mouseY, i)
}

// Hovers returns the entries and leaves of row i.
func (l *Lists) Hovers(i int) Hovers {
	from, to := l.hoverT.Offsets[i], l.hoverT.Offsets[i+1]
	return Hovers{l.hoverT.Ints[from:to:to], l.kinds[from:to:to]}
}
