package synth

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"abtool/collect/recording"
)

func somePage() *BrowsePage {
	p := &BrowsePage{Thin: 8000}
	for i := range 48 {
		p.Slots = append(p.Slots, BrowseSlot{Width: 500, Height: 375 + i%3*100, Shows: i%4 > 0, Box: [4]float64{0.3, 0.2, 0.7, 0.8}, Failed: i == 5})
	}
	return p
}

// What the annotator selected is what the choices say, and a choice is on its image.
func TestBrowseIsConsistent(t *testing.T) {
	p := somePage()
	chosen := 0
	for _, a := range NewAnnotators(3, 20) {
		v := a.Browse(p)
		var selected []int
		for _, c := range v.Choices {
			l := v.Layouts[c.Slot]
			if c.X < l.X || c.X > l.X+l.Width || c.Y < l.Y || c.Y > l.Y+l.Height {
				t.Errorf("slot %d is clicked at %d, %d; it is at %+v", c.Slot, c.X, c.Y, l)
			}
			if at := slices.Index(selected, int(c.Slot)); at >= 0 != (c.What == "deselect") {
				t.Errorf("slot %d: %s", c.Slot, c.What)
			} else if at >= 0 {
				selected = slices.Delete(selected, at, at+1)
			} else {
				selected = append(selected, int(c.Slot))
			}
		}
		slices.Sort(selected)
		if !slices.Equal(selected, v.Selected) {
			t.Errorf("selected %v, and by the choices %v", v.Selected, selected)
		}
		chosen += len(selected)
		inOrder(t, v)
	}
	if mean := float64(chosen) / 20; mean < 24 || mean > 36 {
		t.Errorf("%.1f of 36 images with the class are selected, want about 30", mean)
	}
}

// inOrder checks that the events of a visit are in the order of time and survive being sent.
func inOrder(t *testing.T, v *Visit) {
	t.Helper()
	text, err := json.Marshal(&recording.Chunk{Format: 1, Page: "p", Attempt: 1, Events: v.Events})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), `"t":[-`) {
		t.Error("an event before the page began")
	}
	c, err := recording.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	p, err := recording.Join([]*recording.Chunk{c})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range p.Samples {
		if s != v.Samples[i] {
			t.Fatalf("sample %d is %+v, after sorting %+v", i, v.Samples[i], s)
		}
	}
	for i, s := range p.Crosses {
		if s != v.Crosses[i] {
			t.Fatalf("crossing %d is %+v, after sorting %+v", i, v.Crosses[i], s)
		}
	}
	if n := len(p.Samples); n < 300 || p.Samples[n-1].T >= v.Duration {
		t.Errorf("%d samples, the last one at %d of %d µs", n, p.Samples[n-1].T, v.Duration)
	}
}

func TestTagIsConsistent(t *testing.T) {
	p := &TagPage{Width: 640, Height: 480, Superclasses: [][]string{{"person", "tie"}, {"cat"}, {"bus", "car"}},
		Objects: []TagObject{{"cat", 0.3, 0.4, 0.2, 0.3}, {"bus", 0.7, 0.5, 0.5, 0.5}}}
	placed := 0
	for _, a := range NewAnnotators(4, 30) {
		v := a.Tag(p)
		on := map[string]bool{}
		for _, c := range v.Events.Icons {
			on[c.Icon] = c.What != "remove"
		}
		for _, icon := range v.Placed {
			if !on[icon.Icon] {
				t.Errorf("%s is on the image at the end; the events say that it is not", icon.Icon)
			}
			placed++
			delete(on, icon.Icon)
		}
		for icon, left := range on {
			if left {
				t.Errorf("%s is not on the image at the end; the events say that it is", icon)
			}
		}
		if len(v.Steps) != 2 {
			t.Errorf("%d steps through three superclasses", len(v.Steps))
		}
		inOrder(t, v)
	}
	if placed < 25 {
		t.Errorf("30 annotators placed %d icons of 2 objects", placed)
	}
}

// The same seed gives the same people who do the same.
func TestAnnotatorsRepeat(t *testing.T) {
	p := somePage()
	a, b := NewAnnotators(5, 3)[2].Browse(p), NewAnnotators(5, 9)[2].Browse(p)
	if a.Duration != b.Duration || len(a.Samples) != len(b.Samples) {
		t.Errorf("%d µs with %d samples, and %d with %d", a.Duration, len(a.Samples), b.Duration, len(b.Samples))
	}
	t.Logf("a page of %.0f s with %d samples and %d events", float64(a.Duration)/1e6, len(a.Samples), a.Len())
}
