package coco

import (
	"slices"

	"abtool/store/columnar"
)

// LastSuperclass is the number of the superclass that is reached before a page can be submitted.
const LastSuperclass = 10

// A Browsing is how a page was stepped through the superclasses (C13, docs/design/definitions.md#c13).
type Browsing struct {
	Steps, Distinct  int64 // entries of the history, and different superclasses in it
	Keyboard, Unsaid int64 // steps by the keyboard, and steps that do not say
	Reached          bool  // the last superclass
}

// Browse returns what the entries of a page's history say: their superclasses, and 1 where the keyboard was
// used, 0 where not. columnar.Null is unknown.
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
