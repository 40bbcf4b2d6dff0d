package page_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"abtool/collect"
	"abtool/internal/browser"
)

// A driver works in a tab of a browser, and notes what it does.
type driver struct {
	t     *testing.T
	ctx   context.Context
	moves []act
	mu    sync.Mutex
	// what the browser complains of, and what it asks of other servers
	complaints, outside []string
	allowed             []string // beginnings of addresses of others
}

// An act is something that the driver did: between two times, at a place in the window.
type act struct {
	before, after time.Time
	x, y          float64
}

// chromium starts a headless Chromium, or skips the test if none is installed.
func chromium(t *testing.T, own string, more ...chromedp.ExecAllocatorOption) *driver {
	t.Helper()
	options := append([]chromedp.ExecAllocatorOption{chromedp.WindowSize(1280, 900),
		chromedp.Flag("blink-settings", "primaryPointerType=4,availablePointerTypes=4,primaryHoverType=2,availableHoverTypes=2")}, more...) // a mouse
	return newDriver(t, browser.Chromium(t, 5*time.Minute, options...), own)
}

func newDriver(t *testing.T, ctx context.Context, own string) *driver {
	d := &driver{t: t, ctx: ctx}
	chromedp.ListenTarget(ctx, func(e any) {
		d.mu.Lock()
		defer d.mu.Unlock()
		switch e := e.(type) {
		case *runtime.EventConsoleAPICalled:
			d.complaints = append(d.complaints, "console: "+string(e.Type))
		case *runtime.EventExceptionThrown:
			d.complaints = append(d.complaints, e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			if e.Entry.Source == log.SourceSecurity || strings.Contains(e.Entry.Text, "Content Security Policy") {
				d.complaints = append(d.complaints, e.Entry.Text)
			}
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; !strings.HasPrefix(u, "http://"+own) && !strings.HasPrefix(u, "blob:http://"+own) {
				d.outside = append(d.outside, u)
			}
		}
	})
	d.do(network.Enable(), log.Enable(), emulation.SetFocusEmulationEnabled(true))
	t.Cleanup(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if len(d.complaints) > 0 {
			t.Errorf("the browser complains: %q", d.complaints)
		}
		for _, u := range d.outside {
			if !slices.ContainsFunc(d.allowed, func(begin string) bool { return strings.HasPrefix(u, begin) }) {
				t.Errorf("a request to others: %q", u)
			}
		}
	})
	return d
}

func (d *driver) do(actions ...chromedp.Action) {
	d.t.Helper()
	if err := chromedp.Run(d.ctx, actions...); err != nil {
		d.t.Fatal(err)
	}
}

func (d *driver) eval(script string, to any) {
	d.t.Helper()
	d.do(chromedp.Evaluate(script, to, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
}

// wait waits until a script is true.
func (d *driver) wait(script string) {
	d.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(30 * time.Millisecond) {
		var ok bool
		d.eval("!!("+script+")", &ok)
		if ok {
			return
		}
		if time.Now().After(end) {
			var text string
			d.eval(`document.body.innerText.slice(0, 600)`, &text)
			d.t.Fatalf("%s did not become true; the page says:\n%s", script, text)
		}
	}
}

// press presses the button with a text.
func (d *driver) press(text string) {
	d.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll("button")].find(b => b.innerText === %q && b.checkVisibility())`, text)
	d.wait(find)
	d.eval(find+".click()", nil)
}

// open goes through landing, consent and instructions to the first page.
func (d *driver) open(url string) {
	d.t.Helper()
	d.do(chromedp.Navigate(url))
	d.press("Continue")
	d.press("I agree")
	d.wait(`document.body.innerText.includes("Your participation code")`)
	d.press("Begin")
	d.page(1)
}

// page waits for a page with all its images.
func (d *driver) page(n int) {
	d.t.Helper()
	d.wait(fmt.Sprintf(`document.querySelector(".where")?.innerText.startsWith("Page %d of") && [...document.images].every(i => i.complete)`, n))
	d.settle()
}

// settle waits for two frames.
func (d *driver) settle() {
	d.t.Helper()
	d.eval(`new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(true))))`, nil)
}

type box struct{ X, Y, Width, Height float64 }

// box returns where an element is in the window, after it was scrolled into view.
func (d *driver) box(selector string) box {
	d.t.Helper()
	var b box
	d.eval(fmt.Sprintf(`(() => { const e = document.querySelector(%q), r = () => e.getBoundingClientRect();
		if (r().top < 0 || r().bottom > innerHeight) e.scrollIntoView({block: "center", behavior: "instant"});
		const b = r(); return {X: b.x, Y: b.y, Width: b.width, Height: b.height} })()`, selector), &b)
	d.settle()
	return b
}

// mouse sends an event of the mouse, and waits until it was handled.
func (d *driver) mouse(what input.MouseType, x, y float64, o func(*input.DispatchMouseEventParams)) act {
	d.t.Helper()
	p := input.DispatchMouseEvent(what, x, y)
	if o != nil {
		o(p)
	}
	a := act{before: time.Now(), x: x, y: y}
	d.do(p)
	a.after = time.Now()
	return a
}

func (d *driver) move(x, y float64) {
	d.t.Helper()
	d.moves = append(d.moves, d.mouse(input.MouseMoved, x, y, nil))
}

func left(p *input.DispatchMouseEventParams) { p.Button, p.ClickCount = input.Left, 1 }

// click presses the left button at a place.
func (d *driver) click(x, y float64) act {
	d.t.Helper()
	d.move(x, y)
	a := d.mouse(input.MousePressed, x, y, left)
	a.after = d.mouse(input.MouseReleased, x, y, left).after
	return a
}

// stored waits until the browser has nothing to send any more.
func (d *driver) stored(site *site, n int) submit {
	d.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if s, ok := site.submitted(n); ok {
			return s
		}
		if time.Now().After(end) {
			d.t.Fatalf("page %d was not submitted", n)
		}
	}
}

// A study is worked through: from the landing page to the code.
func TestWay(t *testing.T) {
	site := newSite(t, collect.Browse, nil)
	d := chromium(t, site.address)
	d.open(site.url())
	b := d.box(".slot")
	d.click(b.X+20, b.Y+30)
	for n := range 3 {
		d.page(n + 1)
		d.press("Submit this page")
	}
	var code string
	d.wait(`document.querySelector(".code")`)
	d.eval(`document.querySelector(".code").firstChild.data.trim()`, &code)
	if !collect.CodeIsWellFormed(code) {
		t.Errorf("the code is %q", code)
	}
	if s := d.stored(site, 0); !slices.Equal(s.Answer.Selected, []int{0}) {
		t.Errorf("selected %v, want 0", s.Answer.Selected)
	}
}
