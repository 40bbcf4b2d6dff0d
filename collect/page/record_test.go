package page_test

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"abtool/collect"
	"abtool/collect/recording"
)

const frame = 17 * time.Millisecond

// at returns when an event happened, by the clock of this computer, which is that of the browser.
func at(p *recording.Page, us int64) time.Time { return time.UnixMicro(p.T0 + us) }

// compare checks that samples are where and when the driver moved the pointer, none missing, none more.
func compare(t *testing.T, p *recording.Page, moves []act, scroll float64) {
	t.Helper()
	var samples []recording.Sample
	for _, s := range p.Samples {
		if s.Frame == 1 {
			samples = append(samples, s)
		}
	}
	if len(samples) != len(moves) {
		t.Fatalf("%d dispatched samples, %d moves", len(samples), len(moves))
	}
	for i, m := range moves {
		s := samples[i]
		if math.Abs(float64(s.X)/10-m.x) > 0.5 || math.Abs(float64(s.Y)/10-m.y-scroll) > 0.5 {
			t.Errorf("move %d: sample at %.1f, %.1f; the pointer was at %.1f, %.1f", i, float64(s.X)/10, float64(s.Y)/10, m.x, m.y+scroll)
		}
		if when := at(p, s.T); when.Before(m.before.Add(-frame)) || when.After(m.after.Add(frame)) {
			t.Errorf("move %d: sample %v after the move was sent, which took %v", i, when.Sub(m.before), m.after.Sub(m.before))
		}
	}
}

// What is recorded of a browse page is what was done.
func TestBrowse(t *testing.T) {
	site := newSite(t, collect.Browse, nil)
	d := chromium(t, site.address)
	d.open(site.url())

	// Moves, also to places between pixels.
	for i := range 40 {
		d.move(200+float64(i)*9.5, 300+40*math.Sin(float64(i)/4))
	}
	// Select, deselect, and select again by a double click, which ends deselected.
	type choice struct {
		what string
		slot int
		act  act
	}
	var want []choice
	toggle := func(what string, slot int, dx, dy float64) {
		b := d.box(fmt.Sprintf(".grid > :nth-child(%d) img", slot+1))
		want = append(want, choice{what, slot, d.click(b.X+dx, b.Y+dy)})
	}
	toggle("select", 0, 20.5, 30)
	toggle("select", 1, 100, 11)
	toggle("deselect", 0, 90, 200)
	compare(t, d.recorded(site, 0, 1), d.moves, 0)

	b := d.box(".grid > :nth-child(3) img")
	for n, what := range []string{"select", "deselect"} {
		a := d.mouse(input.MousePressed, b.X+50, b.Y+50, func(p *input.DispatchMouseEventParams) { p.Button, p.ClickCount = input.Left, int64(n+1) })
		a.after = d.mouse(input.MouseReleased, b.X+50, b.Y+50, func(p *input.DispatchMouseEventParams) { p.Button, p.ClickCount = input.Left, int64(n+1) }).after
		want = append(want, choice{what, 2, a})
	}
	// The page scrolls under a still pointer.
	d.mouse(input.MouseWheel, b.X+50, b.Y+50, func(p *input.DispatchMouseEventParams) { p.DeltaY = 600 })
	d.wait(`scrollY === 600`)
	d.do(chromedp.Sleep(100 * time.Millisecond))
	d.moves = nil
	for i := range 10 {
		d.move(300+float64(i)*7, 200)
	}
	// Zoom, and a narrower window with two columns.
	d.do(emulation.SetDeviceMetricsOverride(1280, 900, 2, false))
	d.settle()
	d.do(emulation.SetDeviceMetricsOverride(900, 700, 2, false))
	d.wait(`innerWidth === 900`)
	d.settle()
	d.press("Submit this page")
	s := d.stored(site, 0)
	p := site.recording(0, 1)

	if len(p.Choices) != len(want) {
		t.Fatalf("choices %v, want %d", p.Choices, len(want))
	}
	for i, c := range p.Choices {
		w := want[i]
		if c.What != w.what || int(c.Slot) != w.slot || c.Via != "mouse" {
			t.Errorf("choice %d: %+v, want %s of slot %d", i, c, w.what, w.slot)
		}
		if math.Abs(float64(c.X)/10-w.act.x) > 0.5 || math.Abs(float64(c.Y)/10-w.act.y) > 0.5 {
			t.Errorf("choice %d at %d, %d tenths; the click was at %.1f, %.1f", i, c.X, c.Y, w.act.x, w.act.y)
		}
		if when := at(p, c.T); when.Before(w.act.before.Add(-frame)) || when.After(w.act.after.Add(frame)) {
			t.Errorf("choice %d: %v after the click began", i, when.Sub(w.act.before))
		}
	}
	if !slices.Equal(s.Answer.Selected, []int{1}) {
		t.Errorf("the answer is %v, want slot 1", s.Answer.Selected)
	}
	count := map[string]int{}
	for _, e := range p.Presses {
		count[e.What]++
	}
	if count["down"] != 5 || count["up"] != 5 || count["click"] != 5 {
		t.Errorf("presses %v, want 5 of each", count)
	}
	last := p.Samples[len(p.Samples)-10:]
	compare(t, &recording.Page{T0: p.T0, Events: recording.Events{Samples: last}}, d.moves, 600)
	if n := len(p.Scrolls); n < 2 || !slices.ContainsFunc(p.Scrolls, func(s recording.Scroll) bool { return s.Y == 6000 }) {
		t.Errorf("scrolls %v, want one to 600 px", p.Scrolls)
	}
	// The pointer was still, and is over another image.
	if !slices.ContainsFunc(p.Crosses, func(c recording.Crossing) bool { return c.What == "leave" && c.Target == "slot:2" }) {
		t.Errorf("crossings %v: scrolling under the pointer is not among them", p.Crosses)
	}
	var views []recording.View
	for _, v := range p.Views {
		v.T, v.Height = 0, 0
		views = append(views, v)
	}
	if diff := cmp.Diff([]recording.View{{Width: 1280, Ratio: 1000, Scale: 1000}, {Width: 1280, Ratio: 2000, Scale: 1000}, {Width: 900, Ratio: 2000, Scale: 1000}}, views); diff != "" {
		t.Errorf("views -want +got:\n%s", diff)
	}
	if r := site.derived(0, 1); r.Annotations[0].SelectedCount != 1 || len(r.Annotations[0].Deselected) != 1 || !r.Annotations[1].Selected || len(r.Annotations[0].MouseTracking) == 0 {
		t.Errorf("the records of the first images are %+v and %+v", r.Annotations[0], r.Annotations[1])
	}
	checkLayout(t, p, site.sizes(0))
	if n := len(p.Layouts); n < 90 || n > 48*3 {
		t.Errorf("%d layouts: those of the narrower window should be there, and each once", n)
	}
	if len(p.Images) != 48 {
		t.Errorf("%d images loaded, want 48", len(p.Images))
	}
}

// checkLayout compares places of images with the measures of the original front end: at most 324 by 340 px,
// not enlarged, in three columns.
func checkLayout(t *testing.T, p *recording.Page, sizes [][2]float64) {
	t.Helper()
	first, columns := map[int32]recording.Layout{}, map[int32]bool{}
	for _, l := range p.Layouts {
		if _, ok := first[l.Slot]; !ok {
			first[l.Slot] = l
			columns[l.X+l.Width/2] = true
		}
	}
	if len(first) != 48 {
		t.Fatalf("places of %d images", len(first))
	}
	centres := map[int32]int{}
	for slot := range int32(48) {
		l, w, h := first[slot], sizes[slot][0], sizes[slot][1]
		scale := min(1, 324/w, 340/h)
		if math.Abs(float64(l.Width)-10*w*scale) > 6 || math.Abs(float64(l.Height)-10*h*scale) > 6 {
			t.Errorf("slot %d is %d × %d tenths of a px, want %.0f × %.0f", slot, l.Width, l.Height, 10*w*scale, 10*h*scale)
		}
		centres[(l.X+l.Width/2)/50]++
		if slot%3 > 0 {
			before := first[slot-1]
			if gap := (l.X + l.Width/2) - (before.X + before.Width/2); gap < 3430 || gap > 3450 {
				t.Errorf("slot %d is %d tenths of a px right of the one before, want 3440", slot, gap)
			}
		}
	}
	for _, i := range p.Images {
		if i.T < first[i.Slot].T {
			t.Errorf("image %d had loaded before its place was known", i.Slot)
		}
	}
}

// recorded waits until everything that happened so far has been cut and stored, and returns it.
func (d *driver) recorded(site *site, n, attempt int) *recording.Page {
	d.t.Helper()
	before := len(site.chunks(n, attempt))
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if len(site.chunks(n, attempt)) > before {
			return site.recording(n, attempt)
		}
	}
	d.t.Fatal("no chunk came")
	return nil
}

// fast moves the mouse n times in parallel from a place to the right, so that the browser coalesces the events.
func (d *driver) fast(n int, x float64) {
	d.t.Helper()
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			if err := chromedp.Run(d.ctx, input.DispatchMouseEvent(input.MouseMoved, 100+x+float64(i), 300)); err != nil {
				d.t.Error(err)
			}
		})
	}
	wait.Wait()
}

// All coalesced samples are kept, or those that are not kept are counted.
func TestCoalesced(t *testing.T) {
	for _, rate := range []int{0, 125} {
		site := newSite(t, collect.Browse, func(s *collect.Settings) { s.Record.Rate = rate })
		d := chromium(t, site.address)
		d.open(site.url())
		d.eval(`globalThis.seen = 0; addEventListener("pointermove", e => seen += e.getCoalescedEvents().length)`, nil)
		d.fast(400, 0)
		d.press("Submit this page")
		d.stored(site, 0)
		p := site.recording(0, 1)
		dispatched, thinned := 0, int64(0)
		for _, s := range p.Samples {
			dispatched += int(s.Frame)
		}
		for _, g := range p.Gaps {
			if g.What == "thinned" {
				thinned += g.Count
			}
		}
		if total := int64(len(p.Samples)) + thinned; total != 400 || dispatched == 0 || dispatched > 200 {
			t.Errorf("rate %d: %d samples and %d thinned, %d of them dispatched; want 400 together", rate, len(p.Samples), thinned, dispatched)
		}
		if rate == 0 && thinned > 0 || rate > 0 && thinned == 0 {
			t.Errorf("rate %d: %d samples thinned", rate, thinned)
		}
		last := int64(-1 << 40)
		for _, s := range p.Samples {
			if rate > 0 && s.Frame == 0 && s.T-last < 8000 {
				t.Errorf("a coalesced sample is %d µs after the one before", s.T-last)
			}
			last = s.T
		}
	}
}

// A level leaves out what it says, and the quiet line says it.
func TestLevels(t *testing.T) {
	for level, line := range map[string]string{"full": "how the pointer moves", "events": "clicks and scrolling", "answers": "your answers"} {
		site := newSite(t, collect.Browse, nil)
		d := chromium(t, site.address)
		d.do(chromedp.Navigate(site.url()))
		d.press("Continue")
		d.wait(`document.querySelector("[name=level]")`)
		d.eval(fmt.Sprintf(`document.querySelector("[value=%s]").click()`, level), nil)
		d.press("I agree")
		d.press("Begin")
		d.page(1)
		d.wait(fmt.Sprintf(`document.querySelector("footer").innerText.includes(%q)`, line))
		b := d.box(".slot img")
		d.click(b.X+20, b.Y+20)
		d.do(chromedp.KeyEvent("\t"))
		d.press("Submit this page")
		d.stored(site, 0)
		p := site.recording(0, 1)
		has := []bool{len(p.Samples) > 0, len(p.Presses) > 0, len(p.Crosses) > 0, len(p.Keys) > 0, len(p.Scrolls) > 0, len(p.Choices) == 1,
			len(p.Layouts) == 48, len(p.Images) == 48, len(p.Views) > 0, len(p.States) > 0, len(p.Choices) == 1 && p.Choices[0].X != 0}
		all := level == "full"
		some := level != "answers"
		if want := []bool{all, some, some, some, some, true, true, true, true, true, some}; !slices.Equal(has, want) {
			t.Errorf("%s: recorded %v, want %v", level, has, want)
		}
		if r := site.derived(0, 1).Annotations[0]; len(r.SelectedRecord) != 1 || (r.SelectedRecord[0].X != nil) != some {
			t.Errorf("%s: the record of the first image is %+v", level, r.SelectedRecord)
		}
	}
}
