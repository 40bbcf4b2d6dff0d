package browser

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// A Tab is a tab of Firefox or WebKitGTK, in which a test works by input as a person does. What goes wrong fails the
// test. Places are in CSS pixels of the window.
type Tab struct {
	Browser string // firefox or webkit
	Moves   []Act  // of the mouse
	x, y    int    // where the mouse is
	t       *testing.T
	e       engine
}

// An Act is something that was done between two times, at a place in the window.
type Act struct {
	Before, After time.Time
	X, Y          int
}

// Options say how a browser begins.
type Options struct {
	Width, Height int     // of the inside of the window
	Ratio         float64 // pixels of the screen in a CSS pixel, 1 if it is 0; WebKitGTK has whole ones only
	Dark          bool
}

// An engine speaks a browser's protocol.
type engine interface {
	open(url string) error
	reload() error
	back() error
	eval(expression string) (string, error) // as JSON in a string
	act(sources []any) error                // as in W3C's Actions of WebDriver, which both protocols have
	picture() (string, error)               // PNG in base64
	resize(width, height int) error
	hide() error
	show() error
	complaints() []string
}

// Both calls a test for Firefox and for WebKitGTK.
func Both(t *testing.T, o Options, test func(t *testing.T, tab *Tab)) {
	t.Run("firefox", func(t *testing.T) { test(t, Firefox(t, o)) })
	t.Run("webkit", func(t *testing.T) { test(t, WebKit(t, o)) })
}

func newTab(t *testing.T, name string, e engine, o Options) *Tab {
	t.Helper()
	tab := &Tab{Browser: name, t: t, e: e}
	if o.Width > 0 {
		tab.Resize(o.Width, o.Height)
	}
	return tab
}

func (b *Tab) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("%s: %v", b.Browser, err)
	}
}

// Open goes to an address.
func (b *Tab) Open(url string) { b.t.Helper(); b.must(b.e.open(url)) }

// Reload loads the page again.
func (b *Tab) Reload() { b.t.Helper(); b.must(b.e.reload()) }

// Back goes back.
func (b *Tab) Back() { b.t.Helper(); b.must(b.e.back()) }

// Resize gives the inside of the window a size.
func (b *Tab) Resize(width, height int) {
	b.t.Helper()
	b.must(b.e.resize(width, height))
	b.Wait(fmt.Sprintf("innerWidth === %d && innerHeight === %d", width, height))
}

// Eval reads the value of an expression, or of the promise that it is.
func (b *Tab) Eval(expression string, to any) {
	b.t.Helper()
	text, err := b.e.eval("(async () => JSON.stringify(await (" + expression + ") ?? null))()")
	if err != nil {
		b.t.Fatalf("%s: %v\nin %s", b.Browser, err, expression)
	}
	if to != nil {
		b.must(json.Unmarshal([]byte(text), to))
	}
}

// Text returns the value of an expression as text.
func (b *Tab) Text(expression string) (text string) {
	b.t.Helper()
	b.Eval("String(await ("+expression+"))", &text)
	return text
}

// Wait waits until an expression is true.
func (b *Tab) Wait(expression string) {
	b.t.Helper()
	for end := time.Now().Add(40 * time.Second); ; time.Sleep(30 * time.Millisecond) {
		var ok bool
		b.Eval("!!("+expression+")", &ok)
		if ok {
			return
		}
		if time.Now().After(end) {
			b.t.Fatalf("%s: %s does not become true; the page at %s says:\n%s", b.Browser, expression, b.Text("location.href"), b.Text("document.body.innerText.slice(0, 1500)"))
		}
	}
}

// Settle waits for two frames.
func (b *Tab) Settle() {
	b.t.Helper()
	b.Eval(`new Promise(r => requestAnimationFrame(() => requestAnimationFrame(() => r(true))))`, nil)
}

// A Box is where an element is in the window.
type Box struct{ X, Y, Width, Height float64 }

// Box scrolls an element into view if it is not in it, and returns where it is.
func (b *Tab) Box(selector string) (box Box) {
	b.t.Helper()
	b.Eval(fmt.Sprintf(`(() => { const e = document.querySelector(%q), r = () => e.getBoundingClientRect();
		if (r().top < 0 || r().bottom > innerHeight) e.scrollIntoView({block: "center", behavior: "instant"});
		const b = r(); return {X: b.x, Y: b.y, Width: b.width, Height: b.height} })()`, selector), &box)
	b.Settle()
	return box
}

func (b *Tab) pointer(actions ...any) {
	b.t.Helper()
	b.must(b.e.act([]any{object{"type": "pointer", "id": "mouse", "parameters": object{"pointerType": "mouse"}, "actions": actions}}))
}

type object = map[string]any

// Move moves the mouse, if it is elsewhere.
func (b *Tab) Move(x, y int) {
	b.t.Helper()
	if x == b.x && y == b.y {
		return
	}
	b.x, b.y = x, y
	a := Act{Before: time.Now(), X: x, Y: y}
	b.pointer(object{"type": "pointerMove", "x": x, "y": y, "duration": 0})
	a.After = time.Now()
	b.Moves = append(b.Moves, a)
}

// Down presses the button of the mouse, which Up releases.
func (b *Tab) Down() { b.t.Helper(); b.pointer(object{"type": "pointerDown", "button": 0}) }
func (b *Tab) Up()   { b.t.Helper(); b.pointer(object{"type": "pointerUp", "button": 0}) }

// Click moves the mouse to a place and presses its button.
func (b *Tab) Click(x, y int) Act {
	b.t.Helper()
	b.Move(x, y)
	a := Act{Before: time.Now(), X: x, Y: y}
	b.Down()
	b.Up()
	a.After = time.Now()
	return a
}

// Drag moves the mouse from one place to another with its button down, in ten steps.
func (b *Tab) Drag(x0, y0, x1, y1 int) {
	b.t.Helper()
	b.Move(x0, y0)
	b.Down()
	for i := 1; i <= 10; i++ {
		b.Move(x0+(x1-x0)*i/10, y0+(y1-y0)*i/10)
	}
}

// Wheel turns the wheel over a place.
func (b *Tab) Wheel(x, y, down int) {
	b.t.Helper()
	b.must(b.e.act([]any{object{"type": "wheel", "id": "wheel", "actions": []any{object{"type": "scroll", "x": x, "y": y, "deltaX": 0, "deltaY": down, "duration": 0}}}}))
}

// Keys of WebDriver, which has them in Unicode's private area.
const (
	Tabulator  = "\ue004"
	Enter      = "\ue007"
	Shift      = "\ue008"
	Control    = "\ue009"
	Escape     = "\ue00c"
	Space      = " "
	End        = "\ue010"
	Home       = "\ue011"
	ArrowLeft  = "\ue012"
	ArrowUp    = "\ue013"
	ArrowRight = "\ue014"
	ArrowDown  = "\ue015"
)

// Type types keys.
func (b *Tab) Type(keys ...string) {
	b.t.Helper()
	var actions []any
	for _, key := range strings.Split(strings.Join(keys, ""), "") {
		actions = append(actions, object{"type": "keyDown", "value": key}, object{"type": "keyUp", "value": key})
	}
	b.must(b.e.act([]any{object{"type": "key", "id": "keys", "actions": actions}}))
}

// With types a key while another is held.
func (b *Tab) With(held, key string) {
	b.t.Helper()
	var actions []any
	for _, a := range []string{"keyDown " + held, "keyDown " + key, "keyUp " + key, "keyUp " + held} {
		kind, value, _ := strings.Cut(a, " ")
		actions = append(actions, object{"type": kind, "value": value})
	}
	b.must(b.e.act([]any{object{"type": "key", "id": "keys", "actions": actions}}))
}

// Press clicks the button with a text.
func (b *Tab) Press(text string) {
	b.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll("button")].find(b => b.innerText === %q && b.checkVisibility())`, text)
	b.Wait(find)
	var at Box
	b.Eval(`(() => { const b = `+find+`; b.scrollIntoView({block: "center", behavior: "instant"}); const r = b.getBoundingClientRect(); return {X: r.x + r.width / 2, Y: r.y + r.height / 2} })()`, &at)
	b.Settle()
	b.Click(int(at.X), int(at.Y))
}

// ClickOn clicks the middle of an element, after it was scrolled into view.
func (b *Tab) ClickOn(selector string) {
	b.t.Helper()
	b.Wait(fmt.Sprintf("document.querySelector(%q)", selector))
	at := b.Box(selector)
	b.Click(int(at.X+at.Width/2), int(at.Y+at.Height/2))
}

// Picture returns a picture of the window, as PNG.
func (b *Tab) Picture() []byte {
	b.t.Helper()
	text, err := b.e.picture()
	b.must(err)
	png, err := base64.StdEncoding.DecodeString(text)
	b.must(err)
	return png
}

// Hide hides the page, behind another tab or by making the window small, until Show.
func (b *Tab) Hide() { b.t.Helper(); b.must(b.e.hide()) }
func (b *Tab) Show() { b.t.Helper(); b.must(b.e.show()) }

// Complaints returns errors and warnings that the browser has written since the last call.
func (b *Tab) Complaints() []string { return b.e.complaints() }
