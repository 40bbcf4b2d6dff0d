package data

import (
	"fmt"
	"slices"
	"testing"
)

func ids(s *Set) (list []string) {
	for _, im := range s.Images {
		list = append(list, im.ID)
	}
	return list
}

func TestFraction(t *testing.T) {
	s := &Set{Classes: []string{"a", "b"}}
	for i := range 10 {
		s.Images = append(s.Images, Image{ID: fmt.Sprint("a", i)}, Image{ID: fmt.Sprint("b", i), Label: 1})
	}
	s.Images = append(s.Images, Image{ID: "b10", Label: 1})
	var last []string
	for _, c := range []struct {
		share float64
		want  [2]int // ⌊10·f + ½⌋ and ⌊11·f + ½⌋
	}{{1, [2]int{10, 11}}, {0.95, [2]int{10, 10}}, {0.90, [2]int{9, 10}}, {0.80, [2]int{8, 9}}, {0.04, [2]int{0, 0}}} {
		part := s.Fraction(c.share, 1)
		var got [2]int
		for _, im := range part.Images {
			got[im.Label]++
			if last != nil && !slices.Contains(last, im.ID) {
				t.Errorf("%v has %s, which a larger share does not have", c.share, im.ID)
			}
		}
		if got != c.want {
			t.Errorf("%v: %v images of the classes, want %v", c.share, got, c.want)
		}
		last = ids(part)
	}
	// By the rule: sha256("1\na0") and so on, computed with sha256sum.
	part := s.Fraction(0.3, 1)
	if got, want := ids(part), []string{"b1", "a2", "b4", "a5", "a6", "b7"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	// Another order and other classes change nothing; another seed does.
	turned := &Set{Classes: []string{"a"}}
	for _, im := range slices.Backward(s.Images) {
		if im.Label == 0 {
			turned.Images = append(turned.Images, im)
		}
	}
	got, want := ids(turned.Fraction(0.5, 1)), ids(s.Fraction(0.5, 1))
	slices.Sort(got)
	want = slices.DeleteFunc(want, func(id string) bool { return id[0] != 'a' })
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("in another order %v, want %v", got, want)
	}
	if slices.Equal(ids(s.Fraction(0.5, 2)), ids(s.Fraction(0.5, 1))) {
		t.Error("another seed gives the same images")
	}
	if len(s.Images) != 21 {
		t.Error("Fraction changed the set")
	}
	s.Multi = true
	if got := len(s.Fraction(0.5, 1).Images); got != 11 {
		t.Errorf("with several labels %d images, want 11", got)
	}
}
