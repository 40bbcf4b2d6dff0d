package imagenet

import (
	"slices"
	"testing"

	"abtool/byproduct"
	"abtool/store/columnar"
)

// Three showings of two pages, of which one was selected: the first event is 2 s after the start of its page,
// and the HIT was submitted at 60 s (I17).
func TestHIT(t *testing.T) {
	a := NewHIT()
	if _, ok := a.Duration(); ok || a.Recall() == a.Recall() {
		t.Error("a HIT without showings has a recall or a duration")
	}
	a.Add(&Showing{Order: Order{Submit: 60_000}, Page: 3, Selected: 1, T0: 10_000,
		Clicks: byproduct.Points{T: []int64{5000}}, Mouse: byproduct.Points{T: []int64{2000, 1000}}})
	a.Add(&Showing{Order: Order{Submit: columnar.Null}, Page: 3, Selected: 0, T0: columnar.Null,
		Mouse: byproduct.Points{T: []int64{1}}})
	b := NewHIT()
	b.Add(&Showing{Order: Order{Submit: 50_000}, Page: 4, Selected: columnar.Null, T0: 20_000,
		Hovers: Hovers{T: []int64{columnar.Null, 7}}})
	a.Merge(b)
	if ms, ok := a.Duration(); !ok || ms != 49_000 {
		t.Errorf("the HIT took %d ms, want 49000: from the earliest event to the latest submission", ms)
	}
	if !slices.Equal(a.Pages, []int64{3, 4}) || a.Recall() != 1.0/3 {
		t.Errorf("pages %v, recall %v", a.Pages, a.Recall())
	}
	// What nobody knows counts for the amount, not for the recall.
	b.Add(&Showing{Order: Order{Submit: columnar.Null}, Page: 4, Selected: 1, T0: columnar.Null, Doubtful: true})
	if b.Recall() != 0 || b.Selected != 1 || b.Showings != 2 {
		t.Errorf("%+v", b)
	}
	// Flags are for what is below a threshold, not for what reaches it (I18).
	for _, c := range []struct {
		recall          float64
		selected, pages int
		want            [3]bool
	}{
		{1.0 / 3, 1, 2, [3]bool{}}, {0.34, 2, 3, [3]bool{true, true, true}},
		{0.333, 2, 2, [3]bool{false, true, false}},
	} {
		low, few, short := a.Flags(c.recall, c.selected, c.pages)
		if [3]bool{low, few, short} != c.want {
			t.Errorf("thresholds %+v: flags are %v %v %v", c, low, few, short)
		}
	}
}
