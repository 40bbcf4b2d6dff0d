package derive

import (
	"encoding/json"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"abtool/collect/recording"
)

// began is when the attempts of the tests begin: T0 is 0.4 ms later.
const (
	began = 1_795_448_073_919
	t0    = 1_795_448_073_919_400
)

// layout of a slot: 100 px from the left, 200 px from the top, 324 x 243 px.
func layout(slot int32) recording.Layout {
	return recording.Layout{Slot: slot, X: 1000, Y: 2000 + 3000*slot, Width: 3240, Height: 2430}
}

func loaded(slot int32, us int64) recording.ImageState {
	return recording.ImageState{T: us, Slot: slot, What: "loaded", Width: 500, Height: 375}
}

func at(ms int64, x, y int32) recording.Sample {
	return recording.Sample{T: ms * 1000, X: 10 * x, Y: 10 * y, Pointer: "mouse", Frame: 1}
}

func cross(ms int64, what, target string) recording.Crossing {
	return recording.Crossing{T: ms * 1000, What: what, Target: target}
}

func choose(ms int64, what string, slot, x, y int32) recording.Choice {
	return recording.Choice{T: ms * 1000, What: what, Slot: slot, X: 10 * x, Y: 10 * y, Via: "mouse"}
}

func point(x, y float64, ms int64) Point {
	x, y = x/324, y/243
	return Point{&x, &y, began + ms}
}

func browse(t *testing.T, p Page, attempts ...*recording.Page) *BrowsePage {
	t.Helper()
	b, err := Browse(attempts, p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func twoSlots(selected ...int) Page {
	return Page{ID: "p", Number: 3, Slots: []Slot{{ImageID: "n01440764_100", Class: "n01440764"}, {ImageID: "n01440764_107"}},
		Ended: began + 9000, Answer: Answer{Selected: selected}}
}

// A page as annotators work on it: in, over, click, click again, out. The records are those that the front
// end would have made, whose rules are applied by hand.
func TestBrowse(t *testing.T) {
	p := &recording.Page{T0: t0, Events: recording.Events{
		Layouts: []recording.Layout{layout(0), layout(1)},
		Images:  []recording.ImageState{loaded(0, 5_000), loaded(1, 6_000)},
		Crosses: []recording.Crossing{
			cross(1000, "enter", "document"), cross(1500, "enter", "slot:0"), cross(2100, "leave", "slot:0"), cross(2200, "enter", "slot:0"),
			cross(3000, "leave", "slot:0"), cross(3100, "enter", "button:submit"),
		},
		Samples: []recording.Sample{
			at(1400, 50, 200),  // not on the image
			at(1500, 100, 200), // enters and moves at once
			{T: 1_508_000, X: 1050, Y: 2100, Pointer: "mouse"}, // coalesced: the front end does not get it
			at(1516, 110, 220), // 16 ms after the last one: throttled
			at(1517, 110, 220), // 17 ms
			at(1600, 261, 321),
			at(1650, 262, 321), // selected
			at(1810, 262, 322), // deselected: a new throttle
			at(1812, 263, 322),
			at(2250, 423, 442),
			at(3000, 430, 442), // has left
		},
		Choices: []recording.Choice{choose(1640, "select", 0, 261, 321), choose(1800, "deselect", 0, 262, 321), choose(2300, "select", 0, 262, 322)},
	}}
	got := browse(t, twoSlots(0), p)
	want := &BrowsePage{ID: "p", Number: 3, Started: began, Ended: began + 9000, Annotations: []*Showing{{
		Selected: true, SelectedCount: 2, SelectedRecord: []Point{point(161, 121, 1640), point(162, 122, 2300)},
		HoveredCount: 2, HoveredRecord: []Hover{{"enter", began + 1500}, {"leave", began + 2100}, {"enter", began + 2200}, {"leave", began + 3000}},
		ImagePosition: XY{ptr(100), ptr(200)}, ImageWidth: ptr(324), ImageHeight: ptr(243), OriginalWidth: ptr(500), OriginalHeight: ptr(375),
		EstimateTime:  140 + 300 + 100, // 1500 to 1640, 1800 to 2100, 2200 to 2300
		MouseTracking: []Point{point(0, 0, 1500), point(10, 20, 1517), point(161, 121, 1600), point(162, 122, 1810), point(323, 242, 2250)},
		ImageID:       "n01440764/n01440764_100",
		Deselected:    []Point{point(162, 121, 1800)}, Layout: []Place{{0, 100, 200, 324, 243}}, LoadedAt: ptr(int64(5)),
	}, {
		SelectedRecord: []Point{}, HoveredRecord: []Hover{}, MouseTracking: []Point{}, Deselected: []Point{},
		ImagePosition: XY{ptr(100), ptr(500)}, ImageWidth: ptr(324), ImageHeight: ptr(243), OriginalWidth: ptr(500), OriginalHeight: ptr(375),
		ImageID: "n01440764_107", Layout: []Place{{0, 100, 500, 324, 243}}, LoadedAt: ptr(int64(6)),
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Browsers round distances from the edge of an element, which can lie at fractions of pixels. These are what
// Chromium gives.
func TestWholePixels(t *testing.T) {
	l := layouts{{X: 1005, Y: 2000, Width: 3236, Height: 2430}} // 100.5 px, 323.6 px wide
	for _, c := range []struct {
		x    int32
		want float64
	}{{994, -1}, {1000, 0}, {1009, 0}, {1010, 1}, {1019, 1}, {1020, 2}, {4240, 324}} {
		if x, _, ok := l.point(c.x, 2000, 0); !ok || x != c.want/324 {
			t.Errorf("position %d: %g pixels, want %g", c.x, x*324, c.want)
		}
	}
}

// Positions are fractions of the image where it is at the time of the event.
func TestLayoutMoves(t *testing.T) {
	later := layout(0)
	later.T, later.Y = 2_000_000, 2500
	p := &recording.Page{T0: t0, Events: recording.Events{
		Layouts: []recording.Layout{layout(0), later}, Images: []recording.ImageState{loaded(0, 0)},
		Choices: []recording.Choice{choose(1999, "select", 0, 110, 260), choose(2000, "deselect", 0, 110, 260), choose(2001, "select", 0, 110, 260)},
	}}
	a := browse(t, twoSlots(0), p).Annotations[0]
	if diff := cmp.Diff([]Point{point(10, 60, 1999), point(10, 10, 2001)}, a.SelectedRecord); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if *a.ImagePosition.Y != 200 {
		t.Errorf("imagePosition.y = %d, want 200, which is where the image was when it had loaded", *a.ImagePosition.Y)
	}
}

// An image has no area before it has loaded. When it loads under the pointer, the pointer enters it.
func TestLateImage(t *testing.T) {
	p := &recording.Page{T0: t0, Events: recording.Events{
		Layouts: []recording.Layout{layout(0), layout(1)},
		Images:  []recording.ImageState{loaded(0, 2_000_000), {T: 2_500_000, Slot: 1, What: "failed"}},
		Crosses: []recording.Crossing{cross(500, "enter", "slot:0"), cross(600, "leave", "slot:0"), cross(1000, "enter", "slot:0"), cross(3000, "leave", "slot:0"),
			cross(3000, "enter", "slot:1")},
		Samples: []recording.Sample{at(550, 110, 210), at(1500, 110, 210), at(2100, 110, 210), at(3100, 110, 510)},
	}}
	b := browse(t, twoSlots(), p)
	late, never := b.Annotations[0], b.Annotations[1]
	if diff := cmp.Diff([]Hover{{"enter", began + 2000}, {"leave", began + 3000}}, late.HoveredRecord); diff != "" {
		t.Errorf("hovers: -want +got:\n%s", diff)
	}
	if len(late.MouseTracking) != 1 || late.EstimateTime != 900 || *late.LoadedAt != 2000 {
		t.Errorf("%d samples, estimate %d, loaded at %d; want 1, 900, 2000", len(late.MouseTracking), late.EstimateTime, *late.LoadedAt)
	}
	if !never.LoadFailed || *never.ImageWidth != 0 || *never.OriginalHeight != 0 || len(never.HoveredRecord)+len(never.MouseTracking) > 0 {
		t.Errorf("the image that failed has the record %+v; want sizes of 0 and empty lists", never)
	}
}

// A reload keeps the answer. The records of both attempts are one.
func TestReload(t *testing.T) {
	first := &recording.Page{T0: t0, Attempt: 1, Events: recording.Events{
		Layouts: []recording.Layout{layout(0)}, Images: []recording.ImageState{loaded(0, 0)},
		Crosses: []recording.Crossing{cross(1000, "enter", "slot:0")},
		Samples: []recording.Sample{at(1000, 110, 210)},
		Choices: []recording.Choice{choose(1500, "select", 0, 110, 210)},
	}}
	second := &recording.Page{T0: t0 + 60_000_000, Attempt: 2, Events: recording.Events{
		Layouts: []recording.Layout{layout(0)}, Images: []recording.ImageState{loaded(0, 0)},
		Crosses: []recording.Crossing{cross(100, "enter", "slot:0")},
		Samples: []recording.Sample{at(200, 110, 210), at(600, 110, 210)}, // the first on the selected image
		Choices: []recording.Choice{choose(500, "deselect", 0, 110, 210)},
	}}
	b := browse(t, twoSlots(), first, second)
	a := b.Annotations[0]
	if a.Selected || b.Mismatch || a.SelectedCount != 1 || len(a.Deselected) != 1 || a.Deselected[0].Time != began+60_500 {
		t.Errorf("selected %v, mismatch %v, %d selections, deselections %v", a.Selected, b.Mismatch, a.SelectedCount, a.Deselected)
	}
	if len(a.MouseTracking) != 2 || a.MouseTracking[1].Time != began+60_600 || a.EstimateTime != 500 {
		t.Errorf("samples %v, estimate %d", a.MouseTracking, a.EstimateTime)
	}
}

func TestMismatch(t *testing.T) {
	p := &recording.Page{T0: t0, Events: recording.Events{Choices: []recording.Choice{{T: 1000, What: "select", Slot: 1, Via: "key"}}}}
	b := browse(t, twoSlots(0), p)
	if !b.Mismatch || !b.Annotations[0].Selected || b.Annotations[1].Selected {
		t.Errorf("mismatch %v, selected %v and %v; want the answer", b.Mismatch, b.Annotations[0].Selected, b.Annotations[1].Selected)
	}
	if r := b.Annotations[1].SelectedRecord; len(r) != 1 || r[0].X != nil || r[0].Time != began+1 {
		t.Errorf("a key selected the image: %+v", r)
	}
}

// act is what an annotator did with an image, in ms since the page began: when the pointer entered and left it,
// the clicks, and the samples as pixels of the image.
type act struct {
	hovers, clicks []int64
	samples        [][3]int64
}

// The recorded sessions of the front end, in the small: what an annotator did with five images gives the
// numbers that the front end gave for the same acts, apart from the few ms that it took to react.
func TestShapes(t *testing.T) {
	for name, c := range map[string]struct {
		act
		selects  int
		selected bool
		estimate int64
	}{
		"one click":             {act{[]int64{541, 1241}, []int64{1162}, [][3]int64{{541, 128, 4}, {573, 140, 21}, {940, 192, 93}}}, 1, true, 621},
		"select and deselect":   {act{[]int64{291, 1832}, []int64{978, 1490}, [][3]int64{{291, 2, 2}, {978, 88, 113}, {1807, 90, 113}}}, 1, false, 687 + 342},
		"only looked":           {act{[]int64{993, 1240}, nil, [][3]int64{{993, 2, 2}, {1206, 9, 9}}}, 0, false, 247},
		"three clicks":          {act{[]int64{240, 2107}, []int64{836, 1160, 1669}, [][3]int64{{240, 3, 3}, {1590, 5, 5}}}, 2, true, 596 + 509},
		"comes back":            {act{[]int64{869, 993, 6573, 6640}, []int64{969}, [][3]int64{{869, 3, 3}}}, 1, true, 100},
		"still on it":           {act{[]int64{773, 940, 1007}, nil, [][3]int64{{773, 1, 1}, {1100, 2, 2}}}, 0, false, 167},
		"a click and no sample": {act{[]int64{500, 900}, []int64{700}, nil}, 1, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := &recording.Page{T0: t0, Events: recording.Events{Layouts: []recording.Layout{layout(0)}, Images: []recording.ImageState{loaded(0, 0)}}}
			for i, ms := range c.hovers {
				p.Crosses = append(p.Crosses, cross(ms, []string{"enter", "leave"}[i%2], "slot:0"))
			}
			for i, ms := range c.clicks {
				p.Choices = append(p.Choices, choose(ms, []string{"select", "deselect"}[i%2], 0, 110, 210))
			}
			for _, s := range c.samples {
				p.Samples = append(p.Samples, at(s[0], int32(100+s[1]), int32(200+s[2])))
			}
			b := browse(t, twoSlots(), p)
			a := b.Annotations[0]
			if len(a.SelectedRecord) != c.selects || b.Mismatch != c.selected || a.EstimateTime != c.estimate || len(a.HoveredRecord) != len(c.hovers) {
				t.Errorf("%d selections, selected by events %v, estimate %d, %d hovers", len(a.SelectedRecord), b.Mismatch, a.EstimateTime, len(a.HoveredRecord))
			}
			var want []Point
			for _, s := range c.samples {
				want = append(want, point(float64(s[1]), float64(s[2]), s[0]))
			}
			if diff := cmp.Diff(want, slices.Concat(a.MouseTracking, want[len(want):])); diff != "" && len(want) > 0 {
				t.Errorf("samples: -want +got:\n%s", diff)
			}
		})
	}
}

// anyPage draws what annotators could do on a page of three images.
func anyPage(t *rapid.T) *recording.Page {
	p := &recording.Page{T0: t0}
	for slot := range int32(3) {
		p.Layouts = append(p.Layouts, layout(slot))
		p.Images = append(p.Images, loaded(slot, rapid.Int64Range(0, 500_000).Draw(t, "load")))
	}
	slices.SortStableFunc(p.Images, func(a, b recording.ImageState) int { return int(a.T - b.T) })
	now, on, selected := int64(0), int32(-1), [3]bool{}
	for range rapid.IntRange(0, 60).Draw(t, "events") {
		now += rapid.Int64Range(1, 40).Draw(t, "ms")
		x, y := rapid.Int32Range(90, 430).Draw(t, "x"), rapid.Int32Range(200, 1000).Draw(t, "y")
		switch rapid.SampledFrom([]string{"cross", "move", "move", "coalesced", "click"}).Draw(t, "what") {
		case "cross":
			if on >= 0 {
				p.Crosses = append(p.Crosses, cross(now, "leave", target(on)))
			}
			if on = rapid.Int32Range(-1, 2).Draw(t, "on"); on >= 0 {
				p.Crosses = append(p.Crosses, cross(now, "enter", target(on)))
			}
		case "move":
			p.Samples = append(p.Samples, at(now, x, y))
		case "coalesced":
			p.Samples = append(p.Samples, recording.Sample{T: now * 1000, X: x * 10, Y: y * 10})
		case "click":
			slot := rapid.Int32Range(0, 2).Draw(t, "slot")
			what := "select"
			if selected[slot] {
				what = "deselect"
			}
			selected[slot] = !selected[slot]
			p.Choices = append(p.Choices, choose(now, what, slot, x, y))
		}
	}
	return p
}

func target(slot int32) string { return "slot:" + string(rune('0'+slot)) }

func threeSlots(selected ...int) Page {
	return Page{ID: "p", Slots: []Slot{{ImageID: "a"}, {ImageID: "b"}, {ImageID: "c"}}, Ended: began + 60_000, Answer: Answer{Selected: selected}}
}

// Whatever an annotator does, the records keep the rules of the front end.
func TestBrowseRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPage(t)
		b, err := Browse([]*recording.Page{p}, threeSlots())
		if err != nil {
			t.Fatal(err)
		}
		for slot, a := range b.Annotations {
			selects, deselects := 0, 0
			for _, c := range p.Choices {
				if int(c.Slot) == slot && c.What == "select" {
					selects++
				} else if int(c.Slot) == slot {
					deselects++
				}
			}
			if len(a.SelectedRecord) != selects || a.SelectedCount != selects || len(a.Deselected) != deselects {
				t.Errorf("slot %d: %d selections and %d deselections; %d and %d happened", slot, len(a.SelectedRecord), len(a.Deselected), selects, deselects)
			}
			for i, h := range a.HoveredRecord {
				if want := []string{"enter", "leave"}[i%2]; h.Action != want || i > 0 && h.Time < a.HoveredRecord[i-1].Time {
					t.Errorf("slot %d: hovers %v", slot, a.HoveredRecord)
				}
			}
			changes := slices.Concat(a.SelectedRecord, a.Deselected)
			for i, s := range a.MouseTracking {
				if i == 0 {
					continue
				}
				last := a.MouseTracking[i-1].Time
				changed := slices.ContainsFunc(changes, func(c Point) bool { return c.Time >= last && c.Time <= s.Time })
				if s.Time < last || s.Time-last < 16 && !changed {
					t.Errorf("slot %d: samples at %d and %d", slot, last-began, s.Time-began)
				}
			}
			if hovered := hoverTime(a, b.Ended); a.EstimateTime < 0 || a.EstimateTime > hovered {
				t.Errorf("slot %d: estimate %d ms of %d ms hovered", slot, a.EstimateTime, hovered)
			}
		}
	})
}

func hoverTime(a *Showing, end int64) (sum int64) {
	for i := 0; i < len(a.HoveredRecord); i += 2 {
		until := end
		if i+1 < len(a.HoveredRecord) {
			until = a.HoveredRecord[i+1].Time
		}
		sum += until - a.HoveredRecord[i].Time
	}
	return sum
}

// However the recording was cut into chunks, and in whichever order they come, the records are the same.
func TestChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := anyPage(t)
		n := rapid.IntRange(1, 4).Draw(t, "chunks")
		chunks := make([]*recording.Chunk, n)
		for i := range chunks {
			c := &recording.Chunk{Page: "p", Attempt: 1, Seq: i, T0: t0}
			c.Layouts, c.Images = part(whole.Layouts, i, n), part(whole.Images, i, n)
			c.Crosses, c.Samples, c.Choices = part(whole.Crosses, i, n), part(whole.Samples, i, n), part(whole.Choices, i, n)
			chunks[i] = c
		}
		rand.Shuffle(n, func(i, j int) { chunks[i], chunks[j] = chunks[j], chunks[i] })
		joined, err := recording.Join(chunks)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := Browse([]*recording.Page{whole}, threeSlots(1))
		got, _ := Browse([]*recording.Page{joined}, threeSlots(1))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-whole +chunks:\n%s", diff)
		}
	})
}

func part[E any](all []E, i, n int) []E { return all[i*len(all)/n : (i+1)*len(all)/n] }

func tagged(t *testing.T, p *recording.Page, icons ...Icon) *TagPage {
	t.Helper()
	page, err := Tag([]*recording.Page{p}, Page{ID: "p", Slots: []Slot{{ImageID: "9"}}, Ended: began + 22_283, Answer: Answer{Icons: icons}})
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func TestTag(t *testing.T) {
	p := &recording.Page{T0: t0, Events: recording.Events{
		Layouts: []recording.Layout{layout(0)}, Images: []recording.ImageState{loaded(0, 100_000)},
		Crosses: []recording.Crossing{
			cross(50, "enter", "slot:0"), cross(400, "leave", "slot:0"), cross(400, "enter", "icon:cake"),
			cross(1000, "leave", "icon:cake"), cross(1000, "enter", "slot:0"), cross(2000, "enter", "icon:cake"), cross(2500, "leave", "icon:cake"),
		},
		Samples: []recording.Sample{
			at(60, 110, 210),  // the image has not loaded
			at(154, 120, 217), //
			at(162, 140, 224), // not throttled
			{T: 163_000, X: 1450, Y: 2300, Pointer: "mouse"}, // coalesced
			at(450, 110, 500),                    // on the icon in the panel
			at(700, 150, 300), at(900, 160, 310), // dragged
			at(1100, 200, 300), //
			at(2100, 164, 302), // on the icon on the image
			at(2600, 424, 443), // one pixel outside
			at(2700, 426, 443), // two
		},
		Drags: []recording.Drag{{T: 500_000, End: 1_000_000, Icon: "cake", From: "panel", Outcome: "placed", FromX: 1100, FromY: 5000, ToX: 1648, ToY: 3215}},
		Icons: []recording.IconChange{
			{T: 1_000_000, What: "add", Icon: "cake", Via: "drag", ToX: 200_000, ToY: 500_000},
			{T: 3_000_000, What: "move", Icon: "cake", Via: "drag", FromX: 200_000, FromY: 500_000, ToX: 210_000, ToY: 500_000},
			{T: 4_000_000, What: "add", Icon: "cup", Via: "key", ToX: 500_000, ToY: 500_000},
			{T: 5_000_000, What: "remove", Icon: "cup", Via: "click-icon", FromX: 500_000, FromY: 500_000},
		},
		Steps: []recording.Step{{T: 1_200_000, Superclass: 1, Via: "button"}, {T: 1_300_000, Superclass: 10, Via: "key"}},
	}}
	moved := func(x, y float64, ms int64) Moved { return Moved{x / 324, y / 243, ms} }
	want := &TagPage{ID: "p", Started: began, Ended: began + 22_283, Annotation: &Tagged{
		ImageID: "9", OriginalHeight: ptr(375), OriginalWidth: ptr(500), ImageHeight: ptr(243), ImageWidth: ptr(324),
		ActionHistories: []Action{
			{"add", "cake", nil, &Fraction{0.2, 0.5}, 1000, "drag"}, {"move", "cake", &Fraction{0.2, 0.5}, &Fraction{0.21, 0.5}, 3000, "drag"},
			{"add", "cup", nil, &Fraction{0.5, 0.5}, 4000, "key"}, {"remove", "cup", &Fraction{0.5, 0.5}, nil, 5000, "click-icon"},
		},
		CategoryHistories: []Step{{1, "Animal", false, 1200, "button"}, {10, "IndoorObjects", true, 1300, "key"}},
		MouseTracking:     []Moved{moved(20, 17, 154), moved(40, 24, 162), moved(100, 100, 1100), moved(324, 243, 2600)},
		TimeSpent:         22_283,
		Drags:             []Drag{{"cake", "panel", "placed", 500, 1000, &Fraction{100. / 3240, 3000. / 2430}, &Fraction{0.2, 0.5}}},
		Layout:            []Place{{0, 100, 200, 324, 243}}, LoadedAt: ptr(int64(100)),
	}}
	if diff := cmp.Diff(want, tagged(t, p, Icon{"cake", 0.21, 0.5})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Whatever is done with icons, every change is an action, and the actions lead to the answer.
func TestTagRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &recording.Page{T0: t0}
		placed := map[string]Icon{}
		for i := range rapid.Int64Range(0, 20).Draw(t, "changes") {
			name := rapid.SampledFrom([]string{"cat", "dog", "cup"}).Draw(t, "icon")
			x, y := rapid.Int32Range(0, 1_000_000).Draw(t, "x"), rapid.Int32Range(0, 1_000_000).Draw(t, "y")
			e := recording.IconChange{T: 1000 * i, What: "add", Icon: name, Via: "drag", ToX: x, ToY: y}
			if at, ok := placed[name]; ok {
				e.What, e.FromX, e.FromY = "move", int32(math.Round(at.X*1e6)), int32(math.Round(at.Y*1e6))
				if rapid.Bool().Draw(t, "remove") {
					e.What, e.ToX, e.ToY = "remove", 0, 0
				}
			}
			if delete(placed, name); e.What != "remove" {
				placed[name] = Icon{name, float64(x) / 1e6, float64(y) / 1e6}
			}
			p.Icons = append(p.Icons, e)
		}
		d := Page{Slots: []Slot{{ImageID: "9"}}, Ended: began + 1000}
		for _, name := range slices.Sorted(maps.Keys(placed)) {
			d.Answer.Icons = append(d.Answer.Icons, placed[name])
		}
		got, err := Tag([]*recording.Page{p}, d)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Annotation.ActionHistories) != len(p.Icons) || got.Mismatch {
			t.Errorf("%d actions for %d changes, mismatch %v", len(got.Annotation.ActionHistories), len(p.Icons), got.Mismatch)
		}
		// Without the answer, as many removals follow as icons are left.
		d.Answer.Icons = nil
		if got, _ = Tag([]*recording.Page{p}, d); len(got.Annotation.ActionHistories) != len(p.Icons)+len(placed) || got.Mismatch != (len(placed) > 0) {
			t.Errorf("%d actions for %d changes and %d icons", len(got.Annotation.ActionHistories), len(p.Icons), len(placed))
		}
	})
}

// The answer counts: actions lead to it where the events do not.
func TestTagMismatch(t *testing.T) {
	p := &recording.Page{T0: t0, Events: recording.Events{Icons: []recording.IconChange{
		{T: 1000, What: "add", Icon: "cake", Via: "drag", ToX: 200_000, ToY: 500_000},
		{T: 2000, What: "add", Icon: "dog", Via: "drag", ToX: 200_000, ToY: 500_000},
		{T: 3000, What: "add", Icon: "cat", Via: "drag", ToX: 200_000, ToY: 500_000},
	}}}
	got := tagged(t, p, Icon{"cup", 0.1, 0.1}, Icon{"dog", 0.3, 0.5}, Icon{"cat", 0.2000009, 0.5})
	want := []Action{
		{"add", "cup", nil, &Fraction{0.1, 0.1}, 22_283, "answer"}, {"move", "dog", &Fraction{0.2, 0.5}, &Fraction{0.3, 0.5}, 22_283, "answer"},
		{"remove", "cake", &Fraction{0.2, 0.5}, nil, 22_283, "answer"},
	}
	if diff := cmp.Diff(want, got.Annotation.ActionHistories[3:]); diff != "" || !got.Mismatch {
		t.Errorf("mismatch %v; -want +got:\n%s", got.Mismatch, diff)
	}
}

func TestPresence(t *testing.T) {
	key := func(ms int64) recording.Key { return recording.Key{T: ms * 1000} }
	state := func(ms int64, what string) recording.PageState { return recording.PageState{T: ms * 1000, What: what} }
	for name, c := range map[string]struct {
		e     recording.Events
		ended int64 // ms
		want  Presence
		at30s int64
	}{
		"nothing":          {recording.Events{}, 0, Presence{}, 0},
		"only the end":     {recording.Events{}, 40_000, Presence{Visible: 40_000, Pauses: []Pause{{0, 40_000}}}, 0},
		"no pause counts":  {recording.Events{Keys: []recording.Key{key(30_000)}}, 30_900, Presence{Visible: 30_900, Pauses: []Pause{{0, 30_000}}}, 30_900},
		"one is too long":  {recording.Events{Keys: []recording.Key{key(500), key(30_501)}}, 31_000, Presence{Visible: 31_000, Pauses: []Pause{{500, 30_001}}}, 999},
		"hidden":           {recording.Events{States: []recording.PageState{state(400, "hidden"), state(60_000, "visible")}}, 60_500, Presence{Visible: 900, Hidden: 59_600}, 900},
		"hidden at first":  {recording.Events{States: []recording.PageState{state(700, "visible")}}, 800, Presence{Visible: 100, Hidden: 700}, 100},
		"after the submit": {recording.Events{Keys: []recording.Key{key(900)}}, 100, Presence{Visible: 900}, 900},
		"gaps are no life": {recording.Events{Gaps: []recording.Gap{{T: 20_000_000}}}, 31_000, Presence{Visible: 31_000, Pauses: []Pause{{0, 31_000}}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := PresenceOf(&recording.Page{Events: c.e}, c.ended*1000)
			if diff := cmp.Diff(c.want, got); diff != "" || got.Active(IdleAfter) != c.at30s {
				t.Errorf("active %d; -want +got:\n%s", got.Active(IdleAfter), diff)
			}
		})
	}
}

// A dump has the keys of the front end.
func TestDump(t *testing.T) {
	b := browse(t, twoSlots(), &recording.Page{T0: t0})
	text, err := Dump(Ids{"WA", "A1", "H1", "C1"}, b)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	page := got["pages"].([]any)[0].(map[string]any)
	record := page["annotations"].([]any)[1].(map[string]any)
	for _, key := range []string{"selected", "selectedCount", "selectedRecord", "hoveredCount", "hoveredRecord", "imagePosition", "imageWidth",
		"imageHeight", "originalImageWidth", "originalImageHeight", "estimateTime", "mouseTracking", "imageID"} {
		if _, ok := record[key]; !ok {
			t.Errorf("the record has no %s", key)
		}
	}
	if got["workerID"] != "WA" || page["pageno"] != 3.0 || page["startedAt"] != float64(began) {
		t.Errorf("worker %v, page %v, started at %v", got["workerID"], page["pageno"], page["startedAt"])
	}
}

func TestErrors(t *testing.T) {
	if _, err := Browse(nil, twoSlots()); err == nil {
		t.Error("a browse page without a recording was derived")
	}
	if _, err := Tag(nil, Page{Slots: []Slot{{}}}); err == nil {
		t.Error("a tag page without a recording was derived")
	}
	if _, err := Tag([]*recording.Page{{}}, twoSlots()); err == nil {
		t.Error("a tag page with two images was derived")
	}
}
