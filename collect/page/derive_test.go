package page_test

import (
	"math"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"abtool/collect"
	"abtool/collect/derive"
	"abtool/collect/recording"
)

// original is what the component of an image in the front end of ImageNet-AB does with its events, written
// from its rules. It runs next to the recorder.
const original = `window.originals = [...document.querySelectorAll(".grid img")].map(img => {
	const s = {selected: false, clicks: [], hovers: [], mouse: [], estimate: 0};
	let hovered = false, moved = false, since = 0, timer = 0;
	const point = e => ({x: e.offsetX / e.target.offsetWidth, y: e.offsetY / e.target.offsetHeight, time: Date.now()});
	const effect = () => {
		if (!moved) return;
		if (hovered && !s.selected) since ||= Date.now();
		else if (since) { s.estimate += Date.now() - since; since = 0; }
	};
	const hover = (action, is) => () => { hovered = is; s.hovers.push({action, time: Date.now()}); effect(); };
	img.addEventListener("mouseenter", hover("enter", true));
	img.addEventListener("mouseleave", hover("leave", false));
	img.addEventListener("mousemove", e => {
		if (timer) return;
		timer = setTimeout(() => { timer = 0; }, 1000 / 60);
		if (s.selected) return;
		s.mouse.push(point(e));
		moved = true;
		effect();
	});
	img.addEventListener("click", e => {
		s.selected = !s.selected;
		if (s.selected) s.clicks.push(point(e));
		clearTimeout(timer);
		timer = 0;
		effect();
	});
	return s;
}); true`

type originalPoint struct {
	X, Y float64
	Time int64
}

type originalImage struct {
	Selected      bool
	Clicks, Mouse []originalPoint
	Hovers        []derive.Hover
	Estimate      int64
}

// The records that are derived from a recording are those that the original front end makes of the same events.
func TestDerived(t *testing.T) {
	site := newSite(t, collect.Browse, nil)
	d := chromium(t, site.address)
	d.open(site.url())
	d.eval(original, nil)
	rest := func() { d.do(chromedp.Sleep(100 * time.Millisecond)) } // longer than the front end's throttle, also where handlers run late
	wander := func(b box, n int) {
		for i := range n {
			d.move(b.X+10+float64(9*i), b.Y+20+float64(7*i%13)) // whole pixels from the edge: recordings have tenths
			rest()
		}
	}
	first := d.box(".grid > :nth-child(1) img")
	d.move(first.X-60, first.Y+20)
	wander(first, 6)
	for range 3 { // select, deselect, select
		d.click(first.X+70, first.Y+33)
		rest()
		wander(first, 4)
	}
	second := d.box(".grid > :nth-child(2) img")
	wander(second, 5)
	d.move(second.X-8, second.Y+30) // between two images
	rest()
	wander(second, 3)
	d.click(second.X+20, second.Y+20)
	rest()
	d.mouse(input.MouseWheel, second.X+20, second.Y+20, func(p *input.DispatchMouseEventParams) { p.DeltaY = 600 }) // away under a still pointer
	d.wait(`scrollY === 600`)
	d.do(chromedp.Sleep(150 * time.Millisecond))
	late := d.box(".grid > :nth-child(7) img")
	wander(late, 4)
	rest()
	var want []originalImage
	d.eval("window.originals", &want)
	d.press("Submit this page")
	answer := d.stored(site, 0)
	slots := make([]derive.Slot, 48)
	got, err := derive.Browse([]*recording.Page{site.recording(0, 1)}, derive.Page{Slots: slots, Answer: derive.Answer{Selected: answer.Answer.Selected}})
	if err != nil {
		t.Fatal(err)
	}
	if got.Mismatch {
		t.Error("the events do not lead to the answer")
	}
	samples := 0
	for i, w := range want {
		g := got.Annotations[i]
		if g.Selected != w.Selected || !samePoints(g.SelectedRecord, w.Clicks, *g.ImageWidth, *g.ImageHeight) {
			t.Errorf("image %d: selected %v %v, the front end has %v %v", i, g.Selected, text(g.SelectedRecord), w.Selected, w.Clicks)
		}
		if !samePoints(g.MouseTracking, w.Mouse, *g.ImageWidth, *g.ImageHeight) {
			t.Errorf("image %d: %d samples, the front end has %d\n%v\n%v", i, len(g.MouseTracking), len(w.Mouse), text(g.MouseTracking), w.Mouse)
		}
		samples += len(w.Mouse)
		hovers := len(g.HoveredRecord) == len(w.Hovers)
		for k := range min(len(g.HoveredRecord), len(w.Hovers)) {
			a, b := g.HoveredRecord[k], w.Hovers[k]
			hovers = hovers && a.Action == b.Action && follows(b.Time, a.Time)
		}
		if !hovers {
			t.Errorf("image %d: hovers %v, the front end has %v", i, g.HoveredRecord, w.Hovers)
		}
		if max(g.EstimateTime-w.Estimate, w.Estimate-g.EstimateTime) > 2*slow {
			t.Errorf("image %d: estimate %d ms, the front end has %d", i, g.EstimateTime, w.Estimate)
		}
	}
	if samples < 20 || len(want[0].Clicks) != 2 || !want[0].Selected {
		t.Errorf("the front end has %d samples, and %d clicks on the first image", samples, len(want[0].Clicks))
	}
	// The study is read while it is served.
	if a := site.ingest(); a.Studies[0].Submitted != 1 || a.Rows["annotations"] != 48 {
		t.Errorf("account %+v, rows %v", a.Studies[0], a.Rows)
	}
}

// slow is how much later than an input its handler runs at most, in ms: a frame, and more on a busy computer.
const slow = 250

// follows reports whether a handler that ran at a time can be of an input at another. Two clocks differ by 2 ms
// at most.
func follows(handler, input int64) bool { return handler >= input-2 && handler <= input+slow }

// samePoints reports whether points are the same within a hundredth of a pixel, and their times are possible.
func samePoints(got []derive.Point, want []originalPoint, width, height int) bool {
	if len(got) != len(want) {
		return false
	}
	for i, w := range want {
		g := got[i]
		if math.Abs(*g.X-w.X)*float64(width) > 0.01 || math.Abs(*g.Y-w.Y)*float64(height) > 0.01 || !follows(w.Time, g.Time) {
			return false
		}
	}
	return true
}

func text(points []derive.Point) (list []originalPoint) {
	for _, p := range points {
		list = append(list, originalPoint{*p.X, *p.Y, p.Time})
	}
	return list
}

// originalTag is what the image of the front end of COCO-AB does with the pointer.
const originalTag = `window.originals = []; document.querySelector(".photo").addEventListener("mousemove", e => {
	originals.push({x: e.offsetX / e.target.offsetWidth, y: e.offsetY / e.target.offsetHeight, time: Date.now()});
}); true`

// The samples of a tag page are those that the original front end takes: not while an icon is dragged, and not on
// an icon that lies on the image.
func TestDerivedTag(t *testing.T) {
	site := newSite(t, collect.Tag, nil)
	d := chromium(t, site.address)
	d.open(site.url())
	d.eval(originalTag, nil)
	photo := d.box(".photo")
	wander := func(x, y float64, n int) {
		for i := range n {
			d.move(photo.X+x+float64(11*i), photo.Y+y+float64(7*i%13))
		}
	}
	wander(20, 60, 6)
	icon := d.box(`[data-target="icon:cat"]`)
	d.move(icon.X+20, icon.Y+20)
	d.mouse(input.MousePressed, icon.X+20, icon.Y+20, left)
	held := func(x, y float64) {
		d.mouse(input.MouseMoved, x, y, func(p *input.DispatchMouseEventParams) { p.Buttons, p.Button = 1, input.Left })
	}
	for i := range 6 {
		held(icon.X+20+float64(i), photo.Y+200-float64(20*i))
	}
	held(photo.X+100, photo.Y+100)
	d.mouse(input.MouseReleased, photo.X+100, photo.Y+100, left)
	d.settle()
	wander(40, 95, 14) // over the icon
	for range 10 {
		d.do(chromedp.KeyEvent(kb.ArrowRight))
	}
	var want []originalPoint
	d.eval("window.originals", &want)
	d.press("Submit this page")
	var answer derive.Answer
	for _, i := range d.stored(site, 0).Answer.Icons {
		answer.Icons = append(answer.Icons, derive.Icon(i))
	}
	p := site.recording(0, 1)
	got, err := derive.Tag([]*recording.Page{p}, derive.Page{Slots: []derive.Slot{{ImageID: "1"}}, Answer: answer})
	if err != nil {
		t.Fatal(err)
	}
	r := got.Annotation
	points := make([]derive.Point, len(r.MouseTracking))
	for i := range points {
		m := &r.MouseTracking[i]
		points[i] = derive.Point{X: &m.X, Y: &m.Y, Time: m.T + got.Started}
	}
	if !samePoints(points, want, *r.ImageWidth, *r.ImageHeight) {
		t.Errorf("%d samples, the front end has %d\n%v\n%v", len(points), len(want), text(points), want)
	}
	if len(want) < 10 || len(want) > 18 || len(p.Samples) < 27 {
		t.Errorf("the front end has %d samples of %d", len(want), len(p.Samples))
	}
	if len(r.ActionHistories) != 1 || r.ActionHistories[0].Type != "add" || len(r.Drags) != 1 || r.Drags[0].Outcome != "placed" || len(r.CategoryHistories) != 10 {
		t.Errorf("actions %v, drags %v, %d steps", r.ActionHistories, r.Drags, len(r.CategoryHistories))
	}
	if to := r.ActionHistories[0].To; math.Abs(to.X*photo.Width-100) > 1 || math.Abs(to.Y*photo.Height-100) > 1 {
		t.Errorf("the icon is at %v", to)
	}
}
