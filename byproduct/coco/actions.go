package coco

import (
	"math"
	"slices"

	"abtool/byproduct"
	"abtool/store/columnar"
)

// An Action is the kind of an action with an icon.
type Action int8

// Kinds of actions. An action of unknown kind does not count (C2, docs/design/definitions.md#c2).
const (
	Unknown Action = iota
	Add
	Move
	Remove
)

var actionNames = [...]string{"", "add", "move", "remove"}

// String returns the name of a kind in a store, "" for Unknown.
func (a Action) String() string { return actionNames[a] }

// Actions are the actions of the pages of a row group.
type Actions struct {
	X, Y, T *columnar.Values // destination, in fractions of the image, and time, in ms since the page opened

	kind, icon *columnar.Values
	kinds      []Action // by place in kind's Dict
	classes    []int32  // by place in icon's Dict
}

// ActionColumns are the columns of annotations that Actions reads.
var ActionColumns = []string{"actions.type", "actions.icon", "actions.to_x", "actions.to_y", "actions.t"}

// NewActions returns the actions of a reader that reads ActionColumns.
func NewActions(r *columnar.Reader) *Actions {
	return &Actions{
		kind: r.Column("actions.type"), icon: r.Column("actions.icon"),
		X: r.Column("actions.to_x"), Y: r.Column("actions.to_y"), T: r.Column("actions.t"),
	}
}

// Update must be called after the reader has read another row group. class has the numbers of the known
// classes.
func (a *Actions) Update(class map[string]int32) {
	a.classes, a.kinds = numbers(a.classes[:0], a.icon.Dict, class), a.kinds[:0]
	for _, name := range a.kind.Dict {
		a.kinds = append(a.kinds, Action(max(0, slices.Index(actionNames[:], name))))
	}
}

// numbers appends the numbers of classes to to, −1 for unknown ones: names must match exactly (C2).
func numbers(to []int32, names []string, class map[string]int32) []int32 {
	for _, name := range names {
		c, ok := class[name]
		if !ok {
			c = -1
		}
		to = append(to, c)
	}
	return to
}

// Of returns the range of the actions of row i.
func (a *Actions) Of(i int) (from, to int) { return int(a.kind.Offsets[i]), int(a.kind.Offsets[i+1]) }

// Len returns the number of actions of the row group.
func (a *Actions) Len() int { return len(a.kind.Index) }

// At returns the class and the kind of an action; class is −1 if the action does not count (C2).
func (a *Actions) At(k int) (class int32, kind Action) {
	class = -1
	if d := a.kind.Index[k]; d >= 0 {
		kind = a.kinds[d]
	}
	if d := a.icon.Index[k]; d >= 0 && kind != Unknown {
		class = a.classes[d]
	}
	return class, kind
}

// An Icon summarises the actions of a page with the icon of a class.
type Icon struct {
	Class  int32
	Placed bool // the last action is add or move: the class is retrieved (C7)
	AnyAdd bool // an action is an add

	X, Y       float64 // of the last add with a place, also if it was moved or removed later (C3); NaN: no such add
	EndX, EndY float64 // of the last add or move with a place; NaN: neither has one
}

// NewIcon returns the icon of a class before its first action.
func NewIcon(class int32) Icon {
	nan := math.NaN()
	return Icon{Class: class, X: nan, Y: nan, EndX: nan, EndY: nan}
}

// Take applies the icon's next action, in list order, which puts it at (x, y).
func (k *Icon) Take(kind Action, x, y float64) {
	placed := byproduct.Placed(x, y)
	k.Placed = kind != Remove
	if kind == Add {
		k.AnyAdd = true
		if placed {
			k.X, k.Y = x, y
		}
	}
	if k.Placed && placed {
		k.EndX, k.EndY = x, y
	}
}

// Added reports whether there is an add with a place, which is the icon's point (C3,
// docs/design/definitions.md#c3).
func (k *Icon) Added() bool { return k.X == k.X }

// Ends reports whether the icon is placed at the end, at a known place.
func (k *Icon) Ends() bool { return k.Placed && k.EndX == k.EndX }

// Pixel returns the whole pixels of a point as the public loader computes them (L2,
// docs/design/definitions.md#l2). width and height are the size in the record.
func Pixel(x, y float64, width, height int32) (px, py int64) {
	return int64(x * float64(width)), int64(y * float64(height))
}
