package coco

import (
	"slices"
	"testing"

	"abtool/byproduct"
	"abtool/store/columnar"
)

// Every class of an image is found once, and objects without a class name do not count: the cat stays, the hat
// was taken away, the dog was never placed (C7, C8).
func TestFind(t *testing.T) {
	m := &Image{Instances: []Instance{{Class: 2}, {Class: -1}, {Class: 5, Crowd: true}, {Class: 2}, {Class: 7}}}
	icons := map[int32]*Icon{2: {Placed: true, AnyAdd: true}, 5: {AnyAdd: true}, 9: {Placed: true}}
	found := m.Find(nil, func(class int32) *Icon { return icons[class] })
	if want := []Found{{2, true, true}, {5, false, true}, {7, false, false}}; !slices.Equal(found, want) {
		t.Fatalf("%v, want %v", found, want)
	}
	if found[0].TakenAway() || !found[1].TakenAway() || found[1].NeverPlaced() || !found[2].NeverPlaced() {
		t.Error("a class became something else")
	}
	if placed, any, ok := RecallOf(found).Share(); !ok || placed != 1.0/3 || any != 2.0/3 {
		t.Errorf("recall %v, ever added %v", placed, any)
	}
	if _, _, ok := RecallOf(nil).Share(); ok {
		t.Error("an image without a class has a recall")
	}
}

// Returning to a superclass is a step, but not another superclass (C13).
func TestBrowse(t *testing.T) {
	null := int64(columnar.Null)
	have := Browse([]int64{1, 2, 1, null, 10}, []int64{1, 0, null, 1, 0})
	if want := (Browsing{Steps: 5, Distinct: 3, Keyboard: 2, Unsaid: 1, Reached: true}); have != want {
		t.Errorf("%+v, want %+v", have, want)
	}
	if b := Browse([]int64{9}, []int64{0}); b.Reached {
		t.Error("the last superclass is reached at 9")
	}
}

// Two pages with recalls 1/2 and 1 and three of four icons on their masks (C9).
func TestHIT(t *testing.T) {
	null := int64(columnar.Null)
	a, b := &HIT{}, &HIT{}
	if _, ok := a.Duration(); ok {
		t.Error("a HIT without pages has a duration")
	}
	if low, wrong, few := a.Flags(0.333, 0.75, 16); low || wrong || !few {
		t.Errorf("a HIT without pages is flagged for %v %v %v", low, wrong, few)
	}
	a.AddPage(3, 40_000, byproduct.Share{Given: 3, Whole: 20})
	a.AddPage(3, null, byproduct.Share{Given: 4, Whole: 20})
	a.AddRecall(Recall{Classes: 4, Placed: 2})
	a.AddRecall(Recall{})
	a.AddIcon(true)
	a.AddIcon(false)
	b.AddPage(1, 2000, byproduct.Share{Given: 2, Whole: 20})
	b.AddRecall(Recall{Classes: 1, Placed: 1})
	b.AddIcon(true)
	b.AddIcon(true)
	a.Merge(b)
	if ms, ok := a.Duration(); !ok || ms != 42_000 || !slices.Equal(a.Pages, []int64{3, 1}) {
		t.Errorf("the merged HIT took %d ms on the pages %v, want 42000 on 3 and 1", ms, a.Pages)
	}
	if a.Recall.Value() != 0.75 || a.Precision() != 0.75 {
		t.Errorf("recall %v, precision %v", a.Recall.Value(), a.Precision())
	}
	if low, wrong, few := a.Flags(0.75, 0.76, 14); low || !wrong || few {
		t.Errorf("flagged for %v %v %v", low, wrong, few)
	}
	if _, _, few := a.Flags(0, 0, 15); !few { // 15 of 20 are 3 of 4, which is the largest share
		t.Error("2 of 4 pages are enough where 3 are needed")
	}
}
