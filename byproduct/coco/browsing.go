package coco

import (
	"slices"

	"abtool/store/columnar"
)

// LastSuperclass is the number of the superclass that annotators must reach before they can submit a page.
const LastSuperclass = 10

// A Browsing summarises the steps of a page through the superclasses (C13, docs/design/definitions.md#c13).
type Browsing struct {
	Steps, Distinct  int64 // entries of the history, and different superclasses in it
	Keyboard, Unsaid int64 // steps by the keyboard, and steps for which that is unknown
	Reached          bool  // whether the last superclass was reached
}

// Browse summarises the entries of a page's history. superclass has their superclasses; keyboard is 1 where
// the keyboard was used and 0 where it was not. columnar.Null is unknown.
func Browse(superclass, keyboard []int64) (b Browsing) {
	for k, s := range superclass {
		b.Steps++
		if s != columnar.Null && !slices.Contains(superclass[:k], s) {
			b.Distinct++
		}
		b.Reached = b.Reached || s == LastSuperclass
		switch keyboard[k] {
		case columnar.Null:
			b.Unsaid++
		case 1:
			b.Keyboard++
		}
	}
	return b
}
