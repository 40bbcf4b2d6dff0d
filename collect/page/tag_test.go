package page_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"abtool/collect"
	"abtool/collect/recording"
)

// drag moves the mouse from one place to another with the button down, in steps that it notes.
func (d *driver) drag(x0, y0, x1, y1 float64, drop bool) {
	d.t.Helper()
	held := func(p *input.DispatchMouseEventParams) { p.Button, p.Buttons = input.Left, 1 }
	d.move(x0, y0)
	d.mouse(input.MousePressed, x0, y0, left)
	for i := 1; i <= 10; i++ {
		x, y := x0+(x1-x0)*float64(i)/10, y0+(y1-y0)*float64(i)/10
		d.moves = append(d.moves, d.mouse(input.MouseMoved, x, y, held))
	}
	if drop {
		d.mouse(input.MouseReleased, x1, y1, left)
	}
}

// Every way to place, move and remove an icon is recorded as what it is.
func TestTag(t *testing.T) {
	site := newSite(t, collect.Tag, nil)
	d := chromium(t, site.address)
	d.open(site.url())
	photo := d.box(".photo")
	if photo.Height != 450 || photo.Width != 600 {
		t.Errorf("the image is %.0f × %.0f px, want 600 × 450", photo.Width, photo.Height)
	}
	on := func(x, y float64) (float64, float64) { return photo.X + photo.Width*x, photo.Y + photo.Height*y }
	panel := func(n int) (float64, float64) {
		b := d.box(fmt.Sprintf(".icons > :nth-child(%d)", n))
		if b.Width != 70 || b.Height != 70 {
			t.Errorf("icon %d is %.0f × %.0f px, want 70", n, b.Width, b.Height)
		}
		return b.X + 30, b.Y + 30
	}
	px, py := panel(1)
	x, y := on(0.25, 0.5)
	d.drag(px, py, x, y, true) // placed
	x2, y2 := on(0.75, 0.25)
	d.drag(x, y, x2, y2, true) // moved
	var size box
	d.eval(`(() => { const r = document.querySelector(".placed").getBoundingClientRect(); return {Width: r.width, Height: r.height} })()`, &size)
	if size.Width != 35 || size.Height != 35 {
		t.Errorf("the placed icon is %.0f × %.0f px, want 35", size.Width, size.Height)
	}
	d.drag(x2, y2, x2+2, y2+2, true)              // a click, which removes
	d.drag(px, py, x, y, true)                    // placed again
	d.drag(x, y, photo.X-20, y, true)             // dragged off
	d.drag(px, py, photo.X-20, photo.Y+400, true) // dropped nowhere
	d.drag(px, py, x, y, false)                   // cancelled
	d.do(chromedp.KeyEvent(kb.Escape))
	d.mouse(input.MouseReleased, x, y, left)
	d.drag(px, py, x2, y2, true) // placed
	qx, qy := panel(2)
	d.drag(qx, qy, x2+5, y2, true) // on the other icon
	d.click(px, py)                // a click in the panel removes
	d.click(px, py)                // takes
	d.click(on(0.1, 0.1))          // and places
	d.press("Submit this page")
	d.wait(`document.querySelector(".refusal").innerText.includes("10 groups are left")`)
	for range 9 {
		d.do(chromedp.KeyEvent(kb.ArrowRight))
	}
	d.do(chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent(kb.ArrowRight))
	d.press("Submit this page")
	d.wait(`document.querySelector(".refusal").innerText.includes("1 group is left")`)
	b := d.box("[aria-label='Next group']")
	d.click(b.X+5, b.Y+5)
	d.press("Submit this page")
	s := d.stored(site, 0)
	p := site.recording(0, 1)

	checkTag(t, p, s)
	g := p.Drags[0]
	if math.Abs(float64(g.FromX)/10-px) > 0.5 || math.Abs(float64(g.FromY)/10-py) > 0.5 || math.Abs(float64(g.ToX)/10-x) > 0.5 || math.Abs(float64(g.ToY)/10-y) > 0.5 {
		t.Errorf("the first drag is %+v; it went from %.1f, %.1f to %.1f, %.1f", g, px, py, x, y)
	}
	compare(t, p, d.moves, 0)
	// Icons lie over the image; on it the pointer leaves the image.
	if !slices.ContainsFunc(p.Crosses, func(c recording.Crossing) bool { return c.What == "enter" && c.Target == "icon:cat" }) {
		t.Errorf("crossings %v have no icon", p.Crosses)
	}
}

// checkTag checks what is recorded of a page where icons were placed, moved and removed in every way.
func checkTag(t *testing.T, p *recording.Page, s submit) {
	t.Helper()
	var icons, drags, steps []string
	for _, i := range p.Icons {
		icons = append(icons, fmt.Sprintf("%s %s %s %.2f %.2f → %.2f %.2f", i.What, i.Icon, i.Via, float64(i.FromX)/1e6, float64(i.FromY)/1e6, float64(i.ToX)/1e6, float64(i.ToY)/1e6))
	}
	for _, g := range p.Drags {
		drags = append(drags, fmt.Sprintf("%s %s %s", g.Icon, g.From, g.Outcome))
		if g.End <= g.T {
			t.Errorf("drag %+v ends before it begins", g)
		}
	}
	for _, s := range p.Steps {
		steps = append(steps, fmt.Sprint(s.Superclass, " ", s.Via))
	}
	if diff := cmp.Diff([]string{
		"add cat drag 0.00 0.00 → 0.25 0.50", "move cat drag 0.25 0.50 → 0.75 0.25", "remove cat click-icon 0.75 0.25 → 0.00 0.00",
		"add cat drag 0.00 0.00 → 0.25 0.50", "remove cat drag-off 0.25 0.50 → 0.00 0.00", "add cat drag 0.00 0.00 → 0.75 0.25",
		"add traffic light drag 0.00 0.00 → 0.76 0.25", "remove cat click-panel 0.75 0.25 → 0.00 0.00", "add cat click-panel 0.00 0.00 → 0.10 0.10",
	}, icons); diff != "" {
		t.Errorf("icons -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"cat panel placed", "cat image moved", "cat panel placed", "cat image removed", "cat panel none", "cat panel cancelled",
		"cat panel placed", "traffic light panel placed"}, drags); diff != "" {
		t.Errorf("drags -want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"1 key", "2 key", "3 key", "4 key", "5 key", "6 key", "7 key", "8 key", "9 key", "8 key", "9 key", "10 button"}, steps); diff != "" {
		t.Errorf("steps -want +got:\n%s", diff)
	}
	got := map[string][2]float64{}
	for _, i := range s.Answer.Icons {
		got[i.Icon] = [2]float64{i.X, i.Y}
	}
	if diff := cmp.Diff(map[string][2]float64{"cat": {0.1, 0.1}, "traffic light": {0.75 + 5.0/600, 0.25}}, got, cmpopts.EquateApprox(0, 0.0012)); diff != "" {
		t.Errorf("answer -want +got:\n%s", diff)
	}
}

// Both interfaces can be worked with keys alone.
func TestKeys(t *testing.T) {
	site := newSite(t, collect.Browse, nil)
	d := chromium(t, site.address)
	d.do(chromedp.Navigate(site.url()))
	d.wait(`document.querySelector(".next button")`)
	keys := func(keys ...string) {
		t.Helper()
		for _, k := range keys {
			d.do(chromedp.KeyEvent(k))
		}
		d.settle()
	}
	focus := func(want string) {
		t.Helper()
		for range 80 {
			var text string
			d.eval(`document.activeElement.innerText || document.activeElement.ariaLabel || document.activeElement.value`, &text)
			if text == want {
				return
			}
			keys(kb.Tab)
		}
		t.Fatalf("%q is not reached by Tab", want)
	}
	focus("Continue")
	keys(kb.Enter)
	focus("full")
	keys(kb.ArrowDown) // the next level
	focus("I agree")
	keys(kb.Enter)
	focus("Begin")
	keys(" ")
	d.page(1)
	focus("Image 1 of 48")
	keys(" ", kb.ArrowRight, kb.ArrowDown, kb.Enter, kb.ArrowLeft, " ", " ")
	focus("Submit this page")
	keys(kb.Enter)
	s := d.stored(site, 0)
	p := site.recording(0, 1)
	if !slices.Equal(s.Answer.Selected, []int{0, 4}) || len(p.Choices) != 4 || len(p.Samples) > 0 {
		t.Errorf("selected %v by %v; %d samples at the level events", s.Answer.Selected, p.Choices, len(p.Samples))
	}
	for _, c := range p.Choices {
		if c.Via != "key" || c.X != 0 || c.Y != 0 {
			t.Errorf("choice %+v, want via key and without a place", c)
		}
	}
	var names []string
	for _, k := range p.Keys {
		if k.Name != "Tab" {
			names = append(names, k.Name)
		}
	}
	if diff := cmp.Diff([]string{"Space", "ArrowRight", "ArrowDown", "Enter", "ArrowLeft", "Space", "Space", "Enter"}, names); diff != "" {
		t.Errorf("keys -want +got:\n%s", diff)
	}

	site = newSite(t, collect.Tag, nil)
	d = chromium(t, site.address)
	d.open(site.url())
	focus("cat")
	keys(kb.Enter, kb.ArrowUp, kb.ArrowUp, kb.ArrowRight, kb.Enter) // placed
	focus("traffic light")                                          //
	keys(" ", kb.ArrowLeft, kb.Escape)                              // laid back
	keys(kb.Shift+kb.Tab, kb.Shift+kb.Tab)                          //
	d.eval(`document.querySelector(".placed").focus()`, nil)        // it comes before the panel
	keys("m", kb.ArrowDown, kb.Enter)                               // moved
	for range 10 {
		keys(kb.ArrowRight)
	}
	focus("Submit this page")
	keys(kb.Enter)
	s = d.stored(site, 0)
	p = site.recording(0, 1)
	var icons []string
	for _, i := range p.Icons {
		icons = append(icons, fmt.Sprintf("%s %s %s %.2f %.2f", i.What, i.Icon, i.Via, float64(i.ToX)/1e6, float64(i.ToY)/1e6))
	}
	if diff := cmp.Diff([]string{"add cat key 0.52 0.46", "move cat key 0.52 0.48"}, icons); diff != "" {
		t.Errorf("icons -want +got:\n%s", diff)
	}
	if len(p.Steps) != 10 || len(s.Answer.Icons) != 1 {
		t.Errorf("%d steps, answer %v", len(p.Steps), s.Answer)
	}
}

// The arms look as they say: marks follow the pointer and stay, images are blurred, the loupe magnifies.
func TestArms(t *testing.T) {
	for _, pointer := range []string{"red-dot", "ring"} {
		site := newSite(t, collect.Browse, func(s *collect.Settings) {
			s.Arms = map[string]collect.Arm{"other": {Weight: 1, Pointer: pointer, Reveal: "hover", Instruction: "click-the-object", Magnifier: "none"}}
		})
		d := chromium(t, site.address)
		d.open(site.url())
		d.wait(`document.querySelector(".ask").innerText.includes("Click on the object itself.")`)
		b := d.box(".grid > :nth-child(2) img")
		d.click(b.X+50, b.Y+100)
		d.settle()
		var mark box
		d.eval(`(() => { const r = document.querySelector(".mark").getBoundingClientRect(); return {X: r.x + r.width / 2, Y: r.y + r.height / 2, Width: r.width} })()`, &mark)
		if want := map[string]float64{"red-dot": 10, "ring": 36}[pointer]; mark.X != b.X+50 || mark.Y != b.Y+100 || mark.Width != want {
			t.Errorf("%s: the mark is at %+v, want %.0f px at %.1f, %.1f", pointer, mark, want, b.X+50, b.Y+100)
		}
		var cursor string
		var blurred, dots int
		d.eval(`getComputedStyle(document.querySelector(".slot img")).cursor`, &cursor)
		d.eval(`[...document.querySelectorAll(".slot img")].filter(i => getComputedStyle(i).filter.startsWith("blur")).length`, &blurred)
		d.move(2, 2)
		d.settle()
		d.eval(`document.querySelectorAll(".dot").length`, &dots)
		if (cursor == "none") != (pointer == "red-dot") || blurred != 47 || (dots == 1) != (pointer == "red-dot") {
			t.Errorf("%s: cursor %s, %d images blurred, %d dots stay", pointer, cursor, blurred, dots)
		}
		d.wait(`document.querySelector(".mark").hidden`)
	}
	site := newSite(t, collect.Tag, func(s *collect.Settings) {
		s.Arms = map[string]collect.Arm{"loupe": {Weight: 1, Pointer: "default", Reveal: "always", Instruction: "default", Magnifier: "drag"}}
	})
	d := chromium(t, site.address)
	d.open(site.url())
	b, photo := d.box(".icons > :first-child"), d.box(".photo")
	d.drag(b.X+9, b.Y+9, photo.X+150, photo.Y+90, false)
	var got []string
	d.eval(`(() => { const l = document.querySelector(".loupe"), r = l.getBoundingClientRect(), p = document.querySelector(".photo").getBoundingClientRect(), s = getComputedStyle(l);
		return [r.x + 80 - p.x, r.y + 80 - p.y, r.width, s.backgroundSize, s.backgroundPosition, getComputedStyle(document.querySelector(".ghost")).opacity].map(String) })()`, &got)
	if diff := cmp.Diff([]string{"150", "90", "160", "900px 675px", "-145px -55px", "0.45"}, got); diff != "" {
		t.Errorf("loupe -want +got:\n%s", diff)
	}
}

// Fingers select images and drag icons where the study allows them.
func TestTouch(t *testing.T) {
	devices := func(s *collect.Settings) { s.Task.Devices = []string{"coarse"} }
	touch := func(d *driver, places ...[2]float64) {
		t.Helper()
		for i, p := range places {
			what := input.TouchMove
			if i == 0 {
				what = input.TouchStart
			}
			d.do(input.DispatchTouchEvent(what, []*input.TouchPoint{{X: p[0], Y: p[1]}}))
			d.settle()
		}
		d.do(input.DispatchTouchEvent(input.TouchEnd, []*input.TouchPoint{}))
		d.settle()
	}
	site := newSite(t, collect.Browse, devices)
	d := chromium(t, site.address)
	d.do(emulation.SetTouchEmulationEnabled(true))
	d.open(site.url())
	b := d.box(".slot img")
	touch(d, [2]float64{b.X + 40, b.Y + 50})
	d.wait(`document.querySelector("[aria-pressed=true]")`)
	d.press("Submit this page")
	d.stored(site, 0)
	if c := site.recording(0, 1).Choices; len(c) != 1 || c[0].Via != "touch" || math.Abs(float64(c[0].X)/10-b.X-40) > 0.5 {
		t.Errorf("choices %+v, want one by touch at %.1f", c, b.X+40)
	}

	site = newSite(t, collect.Tag, devices)
	d = chromium(t, site.address)
	d.do(emulation.SetTouchEmulationEnabled(true))
	d.open(site.url())
	b = d.box(".icons > :first-child")
	photo := d.box(".photo")
	var way [][2]float64
	for i := range 31 {
		way = append(way, [2]float64{b.X + 30 + float64(i)*5, b.Y + 30 - float64(i)*8})
	}
	touch(d, way...)
	end := way[30]
	d.wait(`document.querySelector(".placed")`)
	d.eval(`for (let i = 0; i < 10; i++) document.querySelector(".chevron:last-child").click()`, nil)
	d.press("Submit this page")
	s := d.stored(site, 0)
	p := site.recording(0, 1)
	if len(p.Drags) != 1 || p.Drags[0].Outcome != "placed" || len(s.Answer.Icons) != 1 || math.Abs(s.Answer.Icons[0].X-(end[0]-photo.X)/photo.Width) > 0.001 {
		t.Errorf("drags %+v, answer %+v; the finger ended at %v", p.Drags, s.Answer, end)
	}
	if n := len(p.Samples); n != 30 || p.Samples[0].Pointer != "touch" || p.Samples[29].Buttons != 1 {
		t.Errorf("%d samples of 30 moves: %+v", n, p.Samples)
	}
}
