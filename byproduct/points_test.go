package byproduct

import (
	"math"
	"slices"
	"testing"

	"abtool/store/columnar"
)

// The trace has the samples with a place and a time up to the click (I12), its segment those since entering
// (I13).
func TestTrace(t *testing.T) {
	mouse := Points{
		T: []int64{5, 30, 10, columnar.Null, 20, 20, 21},
		X: []float64{0.1, 0.2, 0.3, 0.4, math.NaN(), 0.6, 0.7},
		Y: []float64{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7},
	}
	var tr Trace
	for _, c := range []struct {
		click, from     int64
		before, segment []int64
	}{
		{20, 10, []int64{5, 10, 20}, []int64{10, 20}},
		{30, 21, []int64{5, 30, 10, 20, 21}, []int64{30, 21}},
		{20, columnar.Null, []int64{5, 10, 20}, nil},
		{columnar.Null, columnar.Null, nil, nil},
	} {
		tr.Of(mouse, c.click, c.from)
		if !slices.Equal(tr.Before.T, c.before) || !slices.Equal(tr.Segment.T, c.segment) ||
			tr.Click != c.click || tr.From != c.from {
			t.Errorf("click %d, entered %d: %v and %v", c.click, c.from, tr.Before.T, tr.Segment.T)
		}
	}
	if tr.Of(mouse, 10, 5); !slices.Equal(tr.Segment.X, []float64{0.1, 0.3}) ||
		!slices.Equal(tr.Segment.Y, tr.Segment.X) {
		t.Errorf("the segment has the places %v, %v; want the places of its samples", tr.Segment.X, tr.Segment.Y)
	}
}

// With fewer than ten samples some tenths are empty; the last time is in the last tenth (I14).
func TestTenth(t *testing.T) {
	tr := Trace{From: 100, Click: 200, Segment: Points{T: []int64{100, 109, 110, 199, 200}}}
	samples, times := []int{0, 2, 4, 6, 8}, []int{0, 0, 1, 9, 9}
	for i := range samples {
		if tr.Tenth(i) != samples[i] || tr.TimeTenth(i) != times[i] {
			t.Errorf("sample %d is in tenth %d, and by time in %d", i, tr.Tenth(i), tr.TimeTenth(i))
		}
	}
}

func TestTimes(t *testing.T) {
	null := int64(columnar.Null)
	for _, c := range []struct {
		times            []int64
		earliest, latest int64
		backwards        bool
	}{
		{nil, math.MaxInt64, null, false}, {[]int64{null}, math.MaxInt64, null, false},
		{[]int64{3, null, 3, 5}, 3, 5, false}, {[]int64{3, null, 2}, 2, 3, true},
	} {
		if Earliest(c.times) != c.earliest || Latest(c.times) != c.latest || Backwards(c.times) != c.backwards {
			t.Errorf("times %v: %d to %d, backwards %v; want %d to %d, %v", c.times,
				Earliest(c.times), Latest(c.times),
				Backwards(c.times), c.earliest, c.latest, c.backwards)
		}
	}
}
