package imagenet

import (
	"math"
	"slices"
	"testing"

	"abtool/byproduct"
	"abtool/byproduct/plane"
	"abtool/store/columnar"
)

// Showings are in order of submission, missing first, ties in document order (I3).
func TestOrder(t *testing.T) {
	sorted := []Order{{columnar.Null, 2}, {columnar.Null, 5}, {0, 9}, {1000, 1}, {1000, 3}, {2000, 0}}
	for i, a := range sorted {
		for k, b := range sorted {
			if a.After(b) != (i > k) {
				t.Errorf("%v is after %v: %v", a, b, a.After(b))
			}
		}
	}
}

// The first and the last click are chosen among the clicks with a place (I4).
func TestClicks(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		x, y        []float64
		first, last int
	}{
		{nil, nil, -1, -1},
		{[]float64{nan, 0.5}, []float64{0.5, nan}, -1, -1},
		{[]float64{nan, 0.1, 0.2, 0.3, 0.4}, []float64{0.1, 0.1, 0.2, 1.5, nan}, 1, 3},
		{[]float64{0.7}, []float64{0.7}, 0, 0},
	} {
		if first, last := FirstClick(c.x, c.y), LastClick(c.x, c.y); first != c.first || last != c.last {
			t.Errorf("of %v, %v: %d and %d", c.x, c.y, first, last)
		}
	}
}

// An odd number of clicks selects an image, and clicks without a place count (I16).
func TestParity(t *testing.T) {
	clicks := func(n int) byproduct.Points { return byproduct.Points{T: make([]int64, n)} }
	for _, c := range []struct {
		selected      int64
		clicks        int
		agrees, known bool
	}{{1, 1, true, true}, {1, 2, false, true}, {0, 3, false, true}, {0, 0, true, true},
		{columnar.Null, 1, false, false}} {
		s := Showing{Selected: c.selected, Clicks: clicks(c.clicks)}
		if agrees, known := s.Parity(); known != c.known || known && agrees != c.agrees {
			t.Errorf("%+v: %v, %v", c, agrees, known)
		}
		if s.IsSelected() != (c.selected == 1) || s.HasByproduct() != (c.clicks > 0) {
			t.Errorf("%+v: selected %v, with a byproduct %v", c, s.IsSelected(), s.HasByproduct())
		}
	}
	if s := (Showing{Hovers: Hovers{T: []int64{1}}}); !s.HasByproduct() {
		t.Error("a hover is a byproduct (I2)")
	}
}

// BC has the images with a box and a final click (I5).
func TestInBC(t *testing.T) {
	boxes := []plane.Box{{X1: 1, Y1: 1}}
	if !InBC(boxes, true) || InBC(boxes, false) || InBC(nil, true) {
		t.Error("BC must have exactly the images with a box and a final click")
	}
}

// The mean is of the first clicks (L1).
func TestFirstMean(t *testing.T) {
	var m FirstMean
	if x, y := m.Point(); x == x || y == y {
		t.Errorf("the mean of nothing is (%v, %v)", x, y)
	}
	m.Add(0.25, 1)
	m.Add(0.75, 0.5)
	if x, y := m.Point(); x != 0.5 || y != 0.75 || m.N != 2 {
		t.Errorf("mean of 2 clicks is (%v, %v) of %d, want (0.5, 0.75)", x, y, m.N)
	}
}

// The segment begins with the greatest time of an entry at or before the click, in whatever order (I13).
func TestEnters(t *testing.T) {
	h := Hovers{T: []int64{100, 150, 300, 350, 200, columnar.Null, 10},
		Kind: []Kind{Enter, Leave, Enter, Leave, Enter, Enter, Other}}
	for click, want := range map[int64][2]int64{
		99: {0, columnar.Null}, 100: {1, 100}, 250: {2, 200}, 300: {3, 300}, 1000: {3, 300},
		columnar.Null: {0, columnar.Null},
	} {
		if n, last := h.Enters(click); n != want[0] || last != want[1] {
			t.Errorf("a click at %d has %d entries before it, the last at %d; want %v", click, n, last, want)
		}
	}
	if h.Entries() != 4 {
		t.Errorf("%d entries, want 4: entries without a time count, other hovers do not", h.Entries())
	}
}

func TestInside(t *testing.T) {
	for _, c := range []struct {
		h  Hovers
		ms int64
		ok bool
	}{
		{Hovers{[]int64{100, 150, 300, 1300}, []Kind{Enter, Leave, Enter, Leave}}, 1050, true},
		{Hovers{[]int64{100, 150, 300}, []Kind{Enter, Leave, Enter}}, 0, false},
		{Hovers{[]int64{100, 150}, []Kind{Leave, Enter}}, 0, false},
		{Hovers{[]int64{100, columnar.Null}, []Kind{Enter, Leave}}, 0, false},
		{Hovers{}, 0, false},
	} {
		if ms, ok := c.h.Inside(); ms != c.ms || ok != c.ok {
			t.Errorf("time inside of %v is %d ms, %v; want %d ms, %v", c.h, ms, ok, c.ms, c.ok)
		}
	}
	if c := (Hovers{[]int64{1}, []Kind{Enter}}).Clone(); !slices.Equal(c.T, []int64{1}) || c.Alternate() {
		t.Errorf("a copy of one entry is %v, and alternates: %v", c, c.Alternate())
	}
}
