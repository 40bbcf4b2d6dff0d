package byproduct

import (
	"slices"
	"testing"
)

func TestNames(t *testing.T) {
	n := NewNames("pear", "apple")
	if got := n.Number(nil, []string{"fig", "apple"}); !slices.Equal(got, []int32{2, 1}) {
		t.Errorf("fig and apple have the numbers %v, want 2 and 1", got)
	}
	if n.ID("pear") != 0 || n.ID("kiwi") != 3 || n.Name(2) != "fig" || n.Name(-1) != "" {
		t.Errorf("names by number are %v, want pear, apple, fig, kiwi", n.List)
	}
	if order, places := n.Sorted(), n.Places(); !slices.Equal(order, []int32{1, 2, 3, 0}) ||
		!slices.Equal(places, []int32{3, 0, 1, 2}) {
		t.Errorf("%v are sorted as %v, and have the ranks %v", n.List, order, places)
	}
}

// A text is found wherever the search begins.
func TestTexts(t *testing.T) {
	var x Texts
	sorted := []string{"", "a", "ab", "b", "ü"}
	for _, s := range sorted {
		x.Add(s)
	}
	if x.Len() != 5 || x.Bytes() != 6 {
		t.Errorf("%d texts of %d bytes, want 5 of 6", x.Len(), x.Bytes())
	}
	for near := int32(-1); near <= 6; near++ {
		for i, s := range sorted {
			if at, ok := x.Find(s, near); !ok || int(at) != i || x.At(at) != s {
				t.Errorf("a search for %q that begins at %d gives %d, %v; want %d", s, near, at, ok, i)
			}
		}
		for _, s := range []string{"aa", "c", "z", "üa"} {
			if at, ok := x.Find(s, near); ok {
				t.Errorf("%q is found at %d, but it is not one of the texts", s, at)
			}
		}
	}
}
