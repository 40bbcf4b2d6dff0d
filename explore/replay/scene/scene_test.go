package scene

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"abtool/collect/recording"
)

func row[T any](t *testing.T, text string) *T {
	t.Helper()
	r := new(T)
	if err := json.Unmarshal([]byte(text), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// gapsOf writes gaps as "from-to why".
func gapsOf(t *Track) string {
	var all []string
	for i := range t.Gaps.From {
		all = append(all, fmt.Sprintf("%v-%v %s", t.Gaps.From[i], t.Gaps.To[i], t.Gaps.Why[i]))
	}
	return strings.Join(all, ", ")
}

func eventsOf(t *Track) string {
	var all []string
	for i := range t.Events.T {
		all = append(all, strings.TrimSpace(fmt.Sprint(t.Events.T[i], " ", t.Events.What[i], " ", t.Events.Text[i])))
	}
	return strings.Join(all, ", ")
}

func flagsOf(all []Flag) string { return strings.TrimSpace(flags(all).String()) }

func TestShowing(t *testing.T) {
	for _, c := range []struct{ name, row, gaps, events, flags, x string }{
		{"enter, select, leave",
			`"hovers": [{"t": 1000, "action": "enter"}, {"t": 2000, "action": "leave"}], "clicks": [{"t": 1500, "x": 0.5, "y": 0.5}], "selected": true,
			 "mouse": [{"t": 1000, "x": 0.1, "y": 0.2}, {"t": 1020, "x": 0.2, "y": 0.2}, {"t": 1480, "x": 0.5, "y": 0.5}]`,
			"500-1000 selected", "0 enter, 500 select, 1000 leave", "", "[0.1,0.2,0.5]"},
		{"selected twice; when it was deselected shows only by the next sample, and a stray sample after the click is drawn",
			`"hovers": [{"t": 1000, "action": "enter"}], "clicks": [{"t": 1100, "x": 0.5, "y": 0.5}, {"t": 1900, "x": 0.6, "y": 0.5}], "selected": true,
			 "mouse": [{"t": 1010, "x": 0.1, "y": 0.2}, {"t": 1105, "x": 0.5, "y": 0.5}, {"t": 1800, "x": 0.5, "y": 0.6}, {"t": 2500, "x": 0.9, "y": 0.9}]`,
			"105-800 selected, 900-1500 selected", "0 enter, 100 select, 800 unselect when is not recorded, 900 select, 1500 unselect when is not recorded",
			"An enter or leave has no partner.", "[0.1,0.5,0.5,0.9]"},
		{"a study says when it was deselected",
			`"hovers": [{"t": 1000, "action": "enter"}, {"t": 3000, "action": "leave"}], "clicks": [{"t": 1100, "x": 0.5, "y": 0.5}],
			 "deselects": [{"t": 1300, "x": 0.5, "y": 0.5}], "selected": false, "mouse": [{"t": 1000, "x": 0.1, "y": 0.2}, {"t": 1900, "x": 0.3, "y": 0.2}]`,
			"100-300 selected", "0 enter, 100 select, 300 deselect, 2000 leave", "", "[0.1,0.3]"},
		{"left and came back; the second time without a sample",
			`"hovers": [{"t": 1000, "action": "enter"}, {"t": 1200, "action": "leave"}, {"t": 1700, "action": "enter"}, {"t": 1900, "action": "leave"}],
			 "mouse": [{"t": 1001, "x": 0, "y": 0.2}], "selected": false`,
			"200-700 outside, 700-900 none", "0 enter, 200 leave, 700 enter, 900 leave", "", "[0]"},
		{"times that are missing, go back, and places that are missing or outside",
			`"hovers": [], "selected": null, "mouse": [{"t": 1000, "x": 0.1, "y": 0.1}, {"t": null, "x": 0.2, "y": 0.2}, {"t": 1100, "x": null, "y": 0.2},
			 {"t": 1200, "x": 3, "y": -0.5}, {"t": 1150, "x": 0.4, "y": 0.4}]`,
			"0-150 place", "", "A time goes back; the samples are drawn in the order of time.\nA sample has no time: it is drawn as a small square, without a path.\n" +
				"A sample has no place.\nA sample lies outside of the image.", "[0.1,null,0.4,3]"},
		{"nothing", `"hovers": [], "mouse": [], "clicks": [], "selected": true`, "", "", "", "[]"},
		{"a click without a time and a place, a hover without a time",
			`"clicks": [{"t": null, "x": 0.2, "y": 0.2}, {"t": 1000, "x": null, "y": null}], "hovers": [{"t": null, "action": "enter"}], "selected": false`,
			"", "0 select, 0 unselect when is not recorded, NaN enter, NaN select", "A click has no place.\nA click has no time.", "[]"},
		{"a sample while the pointer is elsewhere is drawn",
			`"hovers": [{"t": 1000, "action": "enter"}, {"t": 1200, "action": "leave"}, {"t": 2000, "action": "enter"}, {"t": 2100, "action": "leave"}], "selected": false,
			 "mouse": [{"t": 1000, "x": 0.1, "y": 0.2}, {"t": 1600, "x": 0.9, "y": 0.2}, {"t": 2000, "x": 0.9, "y": 0.2}]`,
			"200-600 outside, 600-1000 outside", "0 enter, 200 leave, 1000 enter, 1100 leave", "A sample lies where the front end should take none.", "[0.1,0.9,0.9]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Showing(row[ShowingRow](t, `{"seq": 7, "image_id": "a", "t0": 1600000000000, "image_width": 200, "image_height": 100, `+c.row+`}`), nil, "")
			k := s.Tracks[0]
			if got := gapsOf(k); got != c.gaps {
				t.Errorf("gaps %s\nwant %s", got, c.gaps)
			}
			if got := eventsOf(k); got != c.events {
				t.Errorf("events %s\nwant %s", got, c.events)
			}
			if got := flagsOf(k.Flags); got != c.flags {
				t.Errorf("flags %s\nwant %s", got, c.flags)
			}
			if x, err := json.Marshal(k.Samples.X); err != nil || string(x) != c.x {
				t.Errorf("x %s, %v; want %s", x, err, c.x)
			}
		})
	}
}

// An image of which no size is known gets one, in the shape of the file if that is known.
func TestSizes(t *testing.T) {
	for _, c := range []struct {
		row  string
		want Size
	}{
		{`{"image_width": 210, "image_height": 157, "original_width": 500, "original_height": 375}`, Size{210, 157}},
		{`{"image_width": 0, "image_height": 0, "original_width": 500, "original_height": 250}`, Size{240, 120}},
		{`{"image_width": 0, "image_height": 0, "original_width": 0, "original_height": 0}`, Size{240, 180}},
		{`{}`, Size{240, 180}},
	} {
		if got := Showing(row[ShowingRow](t, c.row), nil, "").Stage; got != c.want {
			t.Errorf("%s: %v, want %v", c.row, got, c.want)
		}
	}
}

func TestTag(t *testing.T) {
	const text = `{"seq": 1, "image_id": 9, "image_width": 450, "image_height": 450, "time_spent": 9000,
		"mouse": [{"t": 1000, "x": 0.1, "y": 0.1}, {"t": 1010, "x": 0.2, "y": 0.1}, {"t": 2000, "x": 0.5, "y": 0.5}, {"t": 2600, "x": 0.5, "y": 0.51},
			{"t": 3000, "x": 0.9, "y": 0.9}, {"t": 5000, "x": 0.5, "y": 0.5}, {"t": 5005, "x": 0.5, "y": 0.5}],
		"actions": [{"type": "add", "icon": "cup", "to_x": 0.4, "to_y": 0.4, "t": 1800}, {"type": "move", "icon": "cup", "from_x": 0.4, "from_y": 0.4, "to_x": 0.6, "to_y": 0.6, "t": 4000}],
		"browsing": [{"category_idx": 1, "category": "Animal", "keyboard": true, "t": 600}]}`
	s := Tag(row[TagRow](t, text), nil, "")
	// A pause from 2000 to 2600 is no gap: the pointer is where it was.
	const want = "0-1000 start, 1010-1800 fetch, 1800-2000 unseen, 2600-3000 unseen, 3000-4000 drag, 4000-5000 unseen, 5005-9000 unseen"
	if got := gapsOf(s.Tracks[0]); got != want {
		t.Errorf("gaps %s\nwant %s", got, want)
	}
	if got, want := eventsOf(s.Tracks[0]), "600 step-key Animal, 1800 add cup, 4000 move cup"; got != want {
		t.Errorf("events %s\nwant %s", got, want)
	}
	if diff := cmp.Diff([]Target{{Rule: "final-add", Class: "cup", Seq: ptr(int64(1)), X: 0.4, Y: 0.4}, {Rule: "final-position", Class: "cup", Seq: ptr(int64(1)), X: 0.6, Y: 0.6}}, s.Targets); diff != "" {
		t.Error(diff)
	}
}

// A page of two columns. The second image's place down was measured too early, and the pointer goes from one image to
// the other.
func TestBrowsePage(t *testing.T) {
	image := func(slot, x, y int, rest string) *ShowingRow {
		return row[ShowingRow](t, fmt.Sprintf(`{"seq": %d, "image_id": "i%[1]d", "image_idx": %[1]d, "position_x": %d, "position_y": %d, "image_width": 200,
			"image_height": 100, "t0": 1000000, %s}`, slot, x, y, rest))
	}
	rows := []*ShowingRow{
		image(0, 100, 300, `"selected": false, "hovers": [{"t": 0, "action": "enter"}, {"t": 100, "action": "leave"}], "mouse": [{"t": 0, "x": 0.5, "y": 0.5}]`),
		image(1, 310, 300, `"selected": true, "hovers": [{"t": 150, "action": "enter"}, {"t": 900, "action": "leave"}], "mouse": [{"t": 150, "x": 0, "y": 0.5}],
			"clicks": [{"t": 500, "x": 0.1, "y": 0.5}]`),
		image(2, 100, 510, `"selected": false`), image(3, 310, 30, `"selected": false`), image(4, 100, 720, `"selected": false`), image(5, 310, 720, `"selected": false`),
	}
	s := BrowsePage(rows, nil, func(string) string { return "" })
	if got, want := gapsOf(s.Tracks[0]), "100-150 between, 500-900 selected"; got != want {
		t.Errorf("gaps %s, want %s", got, want)
	}
	if got, want := eventsOf(s.Tracks[0]), "0 enter, 100 leave, 150 enter, 500 select, 900 leave"; got != want {
		t.Errorf("events %s, want %s", got, want)
	}
	if got, want := flagsOf(s.Flags), "The recorded place of one image does not fit its row, because it was measured while images were loading; it is drawn in its row.\n"+
		"On 4 images nothing was recorded."; got != want {
		t.Errorf("flags %s, want %s", got, want)
	}
	if a, b := s.Images[2], s.Images[3]; a.Y != b.Y || a.Fitted || !b.Fitted {
		t.Errorf("images of a row are at %v and %v", a.Y, b.Y)
	}
	if s.Images[0].X != margin || s.Images[1].X != margin+210 {
		t.Errorf("images are at %v and %v", s.Images[0].X, s.Images[1].X)
	}
}

// Clicks in the order of a serpentine follow it entirely, and those in the order of reading do not.
func TestSerpentine(t *testing.T) {
	for want, order := range map[float64][]int{1: {0, 1, 2, 5, 4, 3}, 0.8: {0, 1, 2, 3, 4, 5}, 0: {3, 4, 5, 2, 1, 0}} {
		var rows []*ShowingRow
		for i, slot := range order {
			rows = append(rows, row[ShowingRow](t, fmt.Sprintf(`{"image_idx": %d, "position_x": %d, "position_y": %d, "image_width": 90, "image_height": 90,
				"selected": true, "t0": 0, "clicks": [{"t": %d, "x": 0.5, "y": 0.5}]}`, slot, slot%3*100, slot/3*100, 10+i)))
		}
		s := BrowsePage(rows, nil, func(string) string { return "" })
		if len(s.Facts) != 1 || s.Facts[0].Value != want {
			t.Errorf("%v: %v, want %v", order, s.Facts, want)
		}
	}
}

func TestRecorded(t *testing.T) {
	const s = 1_000_000 // µs
	first := Attempt{T0: 5 * s, Events: recording.Events{
		Layouts: []recording.Layout{{T: 0, Slot: 0, X: 1000, Y: 2000, Width: 3000, Height: 2000}, {T: 2 * s, Slot: 0, X: 1000, Y: 2500, Width: 3000, Height: 2000}},
		Views:   []recording.View{{Width: 800, Height: 600}},
		Scrolls: []recording.Scroll{{T: s, Y: 1500}},
		Samples: []recording.Sample{{T: s, X: 1100, Y: 2100}, {T: s + 8000, X: 1200, Y: 2100}, {T: 4 * s, X: 1300, Y: 2100}},
		Choices: []recording.Choice{{T: 2 * s, What: "select", Slot: 0, X: 1200, Y: 2100, Via: "mouse"}, {T: 2*s + 1, What: "deselect", Slot: 0, Via: "key"}},
		Crosses: []recording.Crossing{{T: s, What: "enter", Target: "slot:0"}, {T: s + 9000, What: "leave", Target: "slot:0"}, {T: s + 9000, What: "enter", Target: "document"},
			{T: 2 * s, What: "leave", Target: "document"}, {T: 4 * s, What: "enter", Target: "document"}},
		States: []recording.PageState{{T: 5 * s, What: "hidden"}, {T: 6 * s, What: "visible"}},
		Gaps:   []recording.Gap{{T: 6 * s, What: "thinned", Count: 3}},
	}}
	second := Attempt{T0: 15 * s, Ended: 17_000, Missing: 1, Lost: [][2]int64{{s / 2, s}}, Events: recording.Events{
		Samples: []recording.Sample{{T: s, X: 1100, Y: 2100}}, Gaps: []recording.Gap{{What: "lost", Count: -1}, {T: s, What: "thinned", Count: 2}}}}
	c := Recorded(&Recording{Kind: KindBrowse, Level: "full", Images: []Image{{ID: "a"}}, Attempts: []Attempt{first, second}})
	k := c.Tracks[0]
	if got, want := gapsOf(k), "0-1000 start, 2000-4000 outside, 5000-6000 hidden, 6000-10000 reload, 10000-10500 start, 10500-11000 lost"; got != want {
		t.Errorf("gaps %s\nwant %s", got, want)
	}
	if got, want := eventsOf(k), "1000 enter, 1009 leave, 2000 select mouse, 2000.001 deselect key, 5000 hidden, 6000 visible, 12000 submit"; got != want {
		t.Errorf("events %s\nwant %s", got, want)
	}
	if x, y := k.Events.X[2], k.Events.X[3]; x != 120 || !math.IsNaN(y) {
		t.Errorf("choices at %v by mouse, %v by key; want 120 and none", x, y)
	}
	if c.Images[0].Y != 200 || c.Layouts.Y[1] != 250 || k.Samples.X[1] != 120 || c.Scrolls.Y[0] != 150 || c.Stage.Width != 800 {
		t.Errorf("image at %v, then %v; sample at %v; scrolled to %v; stage of %v", c.Images[0].Y, c.Layouts.Y[1], k.Samples.X[1], c.Scrolls.Y[0], c.Stage)
	}
	if c.Facts[0].Value != 5 {
		t.Errorf("%v samples were thinned, want 5", c.Facts[0].Value)
	}
	if got, want := flagsOf(c.Flags), "Events may have been lost in the browser when the page was reloaded.\n"+
		"A part of the recording is missing."; got != want {
		t.Errorf("flags %s\nwant %s", got, want)
	}
}

// Gaps never overlap, and cover exactly what the gaps they are made of cover.
func TestDisjoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []gap
		for range rapid.IntRange(0, 6).Draw(t, "gaps") {
			from := rapid.IntRange(0, 20).Draw(t, "from")
			all = append(all, gap{float64(from), float64(from + rapid.IntRange(0, 9).Draw(t, "length")), reasons[rapid.IntRange(0, 13).Draw(t, "why")].why})
		}
		out := disjoint(all)
		for i := 1; i < len(out); i++ {
			if out[i].from < out[i-1].to {
				t.Fatalf("%v overlap", out)
			}
		}
		for at := 0.5; at < 30; at++ {
			want, got := "", ""
			for _, g := range all {
				if g.from < at && at < g.to && (want == "" || weight[g.why] > weight[want]) {
					want = g.why
				}
			}
			for _, g := range out {
				if g.from < at && at < g.to {
					got = g.why
				}
			}
			if got != want {
				t.Fatalf("at %v: %q, want %q; %v of %v", at, got, want, out, all)
			}
		}
	})
}
