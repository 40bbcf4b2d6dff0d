package page_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"abtool/collect"
	"abtool/collect/recording"
	"abtool/collect/storage"
	"abtool/ingest"
	"abtool/internal/browser"
	"abtool/store"
)

// A hand works at a study in Firefox or WebKitGTK.
type hand struct {
	*browser.Tab
	t *testing.T
}

// begin goes through landing, consent and instructions to the first page.
func (h hand) begin(s *site) {
	h.t.Helper()
	h.Open(s.url())
	h.Press("Continue")
	h.Press("I agree")
	h.Wait(`document.body.innerText.includes("Your participation code")`)
	h.Press("Begin")
	h.page(1)
}

// page waits for a page with all its images.
func (h hand) page(n int) {
	h.t.Helper()
	h.Wait(fmt.Sprintf(`document.querySelector(".where")?.innerText.startsWith("Page %d of") && [...document.images].every(i => i.complete)`, n))
	h.Settle()
	h.Moves = nil
}

func (h hand) stored(s *site, n int) submit {
	h.t.Helper()
	return (&driver{t: h.t}).stored(s, n)
}

// moves returns the moves of the mouse.
func (h hand) moves() (all []act) {
	for _, m := range h.Moves {
		all = append(all, act{m.Before, m.After, float64(m.X), float64(m.Y)})
	}
	return all
}

// toggle clicks an image, at a place in it.
func (h hand) toggle(slot, dx, dy int) browser.Act {
	h.t.Helper()
	b := h.Box(fmt.Sprintf(".grid > :nth-child(%d) img", slot+1))
	return h.Click(int(b.X)+dx, int(b.Y)+dy)
}

// quiet checks that the browser has nothing to complain of.
func (h hand) quiet() {
	h.t.Helper()
	if all := h.Complaints(); len(all) > 0 {
		h.t.Errorf("the browser complains: %q", all)
	}
}

// ingest reads the folder of a study, and returns what the store has of its data set.
func (s *site) ingest() store.DataSet {
	s.t.Helper()
	a, err := ingest.Run(context.Background(), ingest.Options{Sources: []string{s.study.Dir}, Out: filepath.Join(s.t.TempDir(), "store")})
	if err != nil {
		s.t.Fatal(err)
	}
	set := a.DataSets[0]
	if x := set.Studies[0]; x.ChunksMissing != 0 || x.EventsMissing != 0 || x.EventsUnknown != 0 {
		s.t.Errorf("account %+v", x)
	}
	return set
}

// In Firefox and WebKitGTK a study is worked through, whatever happens on the way, and what is stored is what was done.
func TestEnginesBrowse(t *testing.T) {
	browser.Both(t, browser.Options{Width: 1280, Height: 900}, func(t *testing.T, b *browser.Tab) {
		site, h := newSite(t, collect.Browse, nil), hand{b, t}
		h.begin(site)
		for i := range 30 {
			h.Move(200+i*11, 300+i*i%29)
		}
		var want []browser.Act
		for _, at := range [][3]int{{0, 20, 30}, {1, 100, 11}, {0, 90, 120}, {2, 33, 44}} {
			want = append(want, h.toggle(at[0], at[1], at[2]))
		}
		moved := h.moves()
		h.Wheel(300, 400, 600)
		h.Wait(`scrollY === 600`)
		time.Sleep(300 * time.Millisecond)
		h.Hide()
		h.Wait(`document.hidden`)
		h.Show()
		h.Wait(`!document.hidden`)
		h.Type(browser.Tabulator, "x")
		h.Reload()
		h.page(1)
		if got := h.Text(`[...document.querySelectorAll("[aria-pressed=true]")].map(e => e.ariaLabel)`); got != "Image 2 of 48,Image 3 of 48" {
			t.Errorf("after the reload these are selected: %s", got)
		}
		x := h.Box(".grid > :nth-child(19) img")
		time.Sleep(300 * time.Millisecond)
		var scroll float64
		h.Eval(`scrollY`, &scroll)
		h.Moves = nil
		late := h.Click(int(x.X)+40, int(x.Y)+50)
		for i := range 10 {
			h.Move(300+i*7, 200)
		}
		again := h.moves()
		h.Press("Submit this page")
		if s := h.stored(site, 0); s.Attempt != 2 || !slices.Equal(s.Answer.Selected, []int{1, 2, 18}) {
			t.Errorf("submitted %+v, want attempt 2 and slots 1, 2, 18", s)
		}
		first, second := site.recording(0, 1), site.recording(0, 2)
		compare(t, before(first, len(moved)), moved, 0)
		checkChoices(t, first, []string{"select 0", "select 1", "deselect 0", "select 2"}, want, 0)
		checkChoices(t, second, []string{"select 18"}, []browser.Act{late}, scroll)
		n := slices.IndexFunc(second.Samples, func(s recording.Sample) bool {
			return s.X == int32(10*late.X) && math.Abs(float64(s.Y)/10-float64(late.Y)-scroll) < 1
		})
		if n < 0 {
			t.Fatalf("samples %v do not have the click at %d, %d + %.1f", second.Samples, late.X, late.Y, scroll)
		}
		second.Samples = second.Samples[n:]
		compare(t, before(second, len(again)), again, scroll)
		if slices.ContainsFunc(first.Samples, func(s recording.Sample) bool { return s.Frame == 0 }) {
			t.Errorf("of moves that the browser took one by one, some are recorded as coalesced: %v", first.Samples)
		}
		checkPress(t, first, 4)
		checkLayout(t, first, site.sizes(0))
		if v := first.Views; len(v) != 1 || v[0].Width != 1280 || v[0].Height != 900 || v[0].Ratio != 1000 || v[0].Scale != 1000 {
			t.Errorf("views %+v", v)
		}
		if len(first.Images) != 48 || !slices.ContainsFunc(first.Scrolls, func(s recording.Scroll) bool { return s.Y == 6000 }) {
			t.Errorf("%d images, scrolls %v", len(first.Images), first.Scrolls)
		}
		// The pointer was still, and is over another image. WebKit says so when it moves again.
		if b.Browser == "firefox" && !slices.ContainsFunc(first.Crosses, func(c recording.Crossing) bool { return c.What == "leave" && c.Target == "slot:2" }) {
			t.Errorf("crossings %v: scrolling under the pointer is not among them", first.Crosses)
		}
		var states, keys []string
		for _, s := range first.States {
			if s.What != "focus" && s.What != "blur" { // a window that nobody sees has none
				states = append(states, s.What)
			}
		}
		for _, k := range first.Keys {
			keys = append(keys, k.Name)
		}
		if got := strings.Join(states, " ") + "; " + strings.Join(keys, " "); got != "show hidden visible hidden; Tab other" {
			t.Errorf("states and keys: %s", got)
		}
		h.quiet()

		// The server stops, and is back later.
		h.page(2)
		for end := time.Now().Add(20 * time.Second); site.count("GET /img/") < 3*48; time.Sleep(50 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("the images of the pages that follow are not loaded ahead")
			}
		}
		h.Eval(`new Promise(r => setTimeout(r, 300))`, nil)
		site.kill()
		h.toggle(3, 20, 20)
		h.Press("Submit this page")
		h.page(3)
		h.Wait(`document.querySelector("#notice")?.innerText.includes("1 page waits to be sent")`)
		if got := h.Text(`document.querySelectorAll(".failed").length`); got != "0" {
			t.Errorf("%s images failed", got)
		}
		h.toggle(4, 20, 20)
		// It is back, and slow.
		site.mu.Lock()
		site.slow = 700 * time.Millisecond
		site.mu.Unlock()
		site.restart()
		h.Press("Submit this page")
		h.Wait(`document.querySelector(".code")`)
		if code := h.Text(`document.querySelector(".code").firstChild.data.trim()`); !collect.CodeIsWellFormed(code) {
			t.Errorf("the code is %q", code)
		}
		for n, want := range [][]int{{3}, {4}} {
			if s := h.stored(site, n+1); !slices.Equal(s.Answer.Selected, want) || len(s.Lost) > 0 {
				t.Errorf("page %d: %+v, want %v", n+1, s, want)
			}
			if p := site.recording(n+1, 1); len(p.Missing) > 0 || len(p.Choices) != 1 {
				t.Errorf("page %d: missing %v, choices %v", n+1, p.Missing, p.Choices)
			}
		}
		if got := site.ingest(); got.Studies[0].Submitted != 3 || got.Rows["annotations"] != 3*48 || len(got.Rejected) > 0 || len(got.Nulled) > 0 {
			t.Errorf("ingest has %+v", got)
		}

		// In German, until everything is to be deleted.
		site = newSite(t, collect.Browse, func(s *collect.Settings) { s.Study.Language = "de" })
		h.Open(site.url())
		h.Press("Weiter")
		h.Press("Ich willige ein")
		h.Press("Anfangen")
		h.Wait(`document.querySelector(".where")?.innerText.startsWith("Seite 1 von 3") && document.documentElement.lang === "de"`)
		h.toggle(0, 20, 20)
		h.Press("Aufhören oder löschen")
		h.Press("Aufhören und löschen, was ich gemacht habe")
		h.Press("Löschen")
		h.Wait(`document.body.innerText.includes("Was aufgezeichnet wurde, ist gelöscht.")`)
		site.view(func(v *storage.View) error {
			a, err := v.Account()
			if a.Erased != 1 || a.ChunksStored != 0 {
				t.Errorf("%+v", a)
			}
			return err
		})
		h.quiet()
	})
}

// before returns a recording with its first dispatched samples only.
func before(p *recording.Page, n int) *recording.Page {
	var samples []recording.Sample
	for _, s := range p.Samples {
		if n -= int(s.Frame); n >= 0 {
			samples = append(samples, s)
		}
	}
	return &recording.Page{T0: p.T0, Events: recording.Events{Samples: samples}}
}

// checkChoices compares choices with clicks.
func checkChoices(t *testing.T, p *recording.Page, what []string, clicks []browser.Act, scroll float64) {
	t.Helper()
	var got []string
	for _, c := range p.Choices {
		got = append(got, fmt.Sprint(c.What, " ", c.Slot))
	}
	if diff := cmp.Diff(what, got); diff != "" {
		t.Fatalf("choices -want +got:\n%s", diff)
	}
	for i, c := range p.Choices {
		w := clicks[i]
		if math.Abs(float64(c.X)/10-float64(w.X)) > 0.5 || math.Abs(float64(c.Y)/10-float64(w.Y)-scroll) > 0.5 || c.Via != "mouse" {
			t.Errorf("choice %+v of the click at %d, %d + %.1f", c, w.X, w.Y, scroll)
		}
		if when := at(p, c.T); when.Before(w.Before.Add(-frame)) || when.After(w.After.Add(frame)) {
			t.Errorf("choice %+v: %v after the click began, which took %v", c, when.Sub(w.Before), w.After.Sub(w.Before))
		}
	}
}

// checkPress checks that the button went down and up, and clicked, n times in this order.
func checkPress(t *testing.T, p *recording.Page, n int) {
	t.Helper()
	var got []string
	for _, e := range p.Presses {
		got = append(got, e.What)
		if e.Button != 0 || e.Pointer != "mouse" {
			t.Errorf("press %+v", e)
		}
	}
	if want := strings.Fields(strings.Repeat("down up click ", n)); !slices.Equal(got, want) {
		t.Errorf("presses %q, want %q", got, want)
	}
}

// In Firefox and WebKitGTK icons are placed, moved and removed in every way, on a screen with two pixels in a CSS pixel.
func TestEnginesTag(t *testing.T) {
	browser.Both(t, browser.Options{Width: 1280, Height: 900, Ratio: 2}, func(t *testing.T, b *browser.Tab) {
		site, h := newSite(t, collect.Tag, nil), hand{b, t}
		h.begin(site)
		photo := h.Box(".photo")
		if photo.Height != 450 || photo.Width != 600 {
			t.Errorf("the image is %.0f × %.0f px, want 600 × 450", photo.Width, photo.Height)
		}
		on := func(x, y float64) (int, int) {
			return int(math.Round(photo.X + photo.Width*x)), int(math.Round(photo.Y + photo.Height*y))
		}
		panel := func(n int) (int, int) {
			b := h.Box(fmt.Sprintf(".icons > :nth-child(%d)", n))
			return int(b.X) + 30, int(b.Y) + 30
		}
		drop := func(x0, y0, x1, y1 int) {
			t.Helper()
			h.Drag(x0, y0, x1, y1)
			h.Up()
		}
		px, py := panel(1)
		qx, qy := panel(2)
		x, y := on(0.25, 0.5)
		x2, y2 := on(0.75, 0.25)
		drop(px, py, x, y)                              // placed
		drop(x, y, x2, y2)                              // moved
		drop(x2, y2, x2+2, y2+2)                        // a click, which removes
		drop(px, py, x, y)                              // placed again
		drop(x, y, int(photo.X)-20, y)                  // dragged off
		drop(px, py, int(photo.X)-20, int(photo.Y)+400) // dropped nowhere
		h.Drag(px, py, x, y)                            // cancelled
		h.Type(browser.Escape)
		h.Up()
		drop(px, py, x2, y2)   // placed
		drop(qx, qy, x2+5, y2) // on the other icon
		h.Click(px, py)        // a click in the panel removes
		h.Click(px, py)        // takes
		h.Click(on(0.1, 0.1))  // and places
		moved := h.moves()
		h.Press("Submit this page")
		h.Wait(`document.querySelector(".refusal").innerText.includes("10 groups are left")`)
		for range 9 {
			h.Type(browser.ArrowRight)
		}
		h.Type(browser.ArrowLeft, browser.ArrowRight)
		h.Press("Submit this page")
		h.Wait(`document.querySelector(".refusal").innerText.includes("1 group is left")`)
		chevron := h.Box("[aria-label='Next group']")
		h.Click(int(chevron.X)+5, int(chevron.Y)+5)
		h.Press("Submit this page")
		s := h.stored(site, 0)
		p := site.recording(0, 1)
		checkTag(t, p, s)
		g := p.Drags[0]
		if math.Abs(float64(g.FromX)/10-float64(px)) > 0.5 || math.Abs(float64(g.FromY)/10-float64(py)) > 0.5 ||
			math.Abs(float64(g.ToX)/10-float64(x)) > 0.5 || math.Abs(float64(g.ToY)/10-float64(y)) > 0.5 {
			t.Errorf("the first drag is %+v; it went from %d, %d to %d, %d", g, px, py, x, y)
		}
		compare(t, before(p, len(moved)), moved, 0)
		if v := p.Views; len(v) != 1 || v[0].Width != 1280 || v[0].Ratio != 2000 {
			t.Errorf("views %+v", v)
		}

		// By keys alone.
		h.page(2)
		h.Eval(`document.querySelector(".icons > :first-child").focus()`, nil)
		h.Type(browser.Enter, browser.ArrowUp, browser.ArrowUp, browser.ArrowRight, browser.Enter)
		h.Eval(`document.querySelector(".placed").focus()`, nil)
		h.Type("m", browser.ArrowDown, browser.Enter)
		for range 10 {
			h.Type(browser.ArrowRight)
		}
		h.Eval(`[...document.querySelectorAll("button")].find(b => b.innerText === "Submit this page").focus()`, nil)
		h.Type(browser.Enter)
		h.Wait(`document.querySelector(".code")`)
		p = site.recording(1, 1)
		var icons []string
		for _, i := range p.Icons {
			icons = append(icons, fmt.Sprintf("%s %s %s %.2f %.2f", i.What, i.Icon, i.Via, float64(i.ToX)/1e6, float64(i.ToY)/1e6))
		}
		if diff := cmp.Diff([]string{"add cat key 0.52 0.46", "move cat key 0.52 0.48"}, icons); diff != "" {
			t.Errorf("icons -want +got:\n%s", diff)
		}
		if got := site.ingest(); got.Studies[0].Submitted != 2 || got.Rows["annotations"] != 2 || len(got.Rejected) > 0 || len(got.Nulled) > 0 {
			t.Errorf("ingest has %+v", got)
		}
		h.quiet()
	})
}

// TestEnginesLook draws screens in Firefox and WebKitGTK as TestLook does in Chromium, for people to look at, where -shots
// says into which folder.
func TestEnginesLook(t *testing.T) {
	if *shots == "" {
		t.Skip("-shots is not given")
	}
	for _, dark := range []bool{false, true} {
		browser.Both(t, browser.Options{Width: 1000, Height: 900, Dark: dark}, func(t *testing.T, b *browser.Tab) {
			h := hand{b, t}
			look := func(name string) {
				t.Helper()
				for _, width := range []int{450, 1000, 1600} { // MiniBrowser's window does not become narrower
					h.Resize(width, 900)
					h.Settle()
					if wide := h.Text("document.documentElement.scrollWidth - document.documentElement.clientWidth"); wide != "0" {
						t.Errorf("%s is %s pixels wider than a window of %d", name, wide, width)
					}
					path := filepath.Join(*shots, fmt.Sprintf("%s-%s-%d-%s.png", name, b.Browser, width, map[bool]string{true: "dark", false: "light"}[dark]))
					if err := os.WriteFile(path, h.Picture(), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				h.Resize(1280, 900)
			}
			for _, task := range []string{collect.Browse, collect.Tag} {
				site := newSite(t, task, nil)
				h.Open(site.url())
				h.Wait(`document.querySelector("h1")?.innerText === "Things in pictures"`)
				look(task + "-1-landing")
				h.Press("Continue")
				h.Wait(`document.querySelector("[name=level]")`)
				look(task + "-2-consent")
				h.Press("I agree")
				h.Press("Begin")
				h.page(1)
				if task == collect.Browse {
					h.toggle(0, 20, 20)
					h.toggle(4, 20, 20)
					h.Eval("scrollTo(0, 0)", nil)
				} else {
					x, photo := h.Box(".icons > :first-child"), h.Box(".photo")
					h.Drag(int(x.X)+20, int(x.Y)+20, int(photo.X)+100, int(photo.Y)+100)
					h.Up()
				}
				look(task + "-3-page")
				h.Press("Stop or delete")
				look(task + "-4-stop")
				h.Press("Stop, and keep what I did")
				h.Wait(`document.body.innerText.includes("What you did is kept.")`)
				look(task + "-5-end")
			}
		})
	}
}
