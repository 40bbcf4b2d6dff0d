package page_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"abtool/collect"
	"abtool/collect/recording"
	"abtool/collect/storage"
)

// A reload in the middle of a page costs nothing: the answer is there, and the recording says what happened.
func TestReload(t *testing.T) {
	site := newSite(t, collect.Browse, nil)
	d := chromium(t, site.address)
	d.open(site.url())
	for _, n := range []int{2, 5} {
		b := d.box(fmt.Sprintf(".grid > :nth-child(%d) img", n))
		d.click(b.X+20, b.Y+20)
	}
	d.settle()
	var search string
	d.eval(`location.search`, &search)
	if search != "" {
		t.Errorf("the address still has the parameters %q", search)
	}
	d.do(chromedp.Reload())
	d.page(1)
	var selected []string
	d.eval(`[...document.querySelectorAll("[aria-pressed=true]")].map(e => e.ariaLabel)`, &selected)
	if !slices.Equal(selected, []string{"Image 2 of 48", "Image 5 of 48"}) {
		t.Errorf("after the reload these are selected: %v", selected)
	}
	b := d.box(".grid > :nth-child(7) img")
	d.click(b.X+20, b.Y+20)
	d.press("Submit this page")
	if s := d.stored(site, 0); s.Attempt != 2 || !slices.Equal(s.Answer.Selected, []int{1, 4, 6}) {
		t.Errorf("submitted %+v, want attempt 2 and slots 1, 4, 6", s)
	}
	first, second := site.recording(0, 1), site.recording(0, 2)
	if n := len(first.Choices); n != 2 {
		t.Errorf("%d choices of the first attempt arrived, want 2", n)
	}
	if second.States[0].What != "reload" || len(second.Gaps) == 0 || second.Gaps[0].What != "lost" || len(second.Choices) != 1 {
		t.Errorf("the second attempt begins with %v and %v, and has the choices %v", second.States, second.Gaps, second.Choices)
	}
	// What is left when the page is hidden is sent at once.
	if last := first.States[len(first.States)-1].What; last != "hidden" {
		t.Errorf("the first attempt ends with %q, want hidden", last)
	}
}

func (d *driver) offline(yes bool) {
	d.t.Helper()
	d.do(network.EmulateNetworkConditions(yes, 0, -1, -1))
}

// Without a network the pages that are there can be done. What was done arrives afterwards, once and in order.
func TestOffline(t *testing.T) {
	site := newSite(t, collect.Browse, nil)
	d := chromium(t, site.address)
	d.open(site.url())
	for end := time.Now().Add(20 * time.Second); site.count("GET /img/") < 3*48; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the images of the pages that follow are not loaded ahead")
		}
	}
	d.do(chromedp.Sleep(300 * time.Millisecond))
	d.offline(true)
	for n := range 2 {
		b := d.box(".slot img")
		d.click(b.X+20, b.Y+20)
		d.press("Submit this page")
		d.page(n + 2)
	}
	d.wait(`document.querySelector("#notice").innerText.includes("2 pages wait to be sent")`)
	var failed int
	d.eval(`document.querySelectorAll(".failed").length`, &failed)
	if _, ok := site.submitted(0); ok || failed > 0 {
		t.Errorf("offline, a page was submitted: %v; %d images failed", ok, failed)
	}
	// Leaving the page now would be a loss: the browser asks.
	asked := make(chan string, 1)
	chromedp.ListenTarget(d.ctx, func(e any) {
		if e, ok := e.(*cdppage.EventJavascriptDialogOpening); ok {
			asked <- string(e.Type)
			go chromedp.Run(d.ctx, cdppage.HandleJavaScriptDialog(false))
		}
	})
	d.click(5, 5)
	d.eval(`setTimeout(() => location.reload())`, nil)
	select {
	case kind := <-asked:
		if kind != "beforeunload" {
			t.Errorf("the browser asks %q", kind)
		}
	case <-time.After(5 * time.Second):
		t.Error("the browser does not ask before the page is left")
	}
	d.offline(false)
	d.stored(site, 0)
	d.stored(site, 1)
	d.wait(`!document.querySelector("#notice")`)
	var order []string
	site.mu.Lock()
	for _, r := range site.requests {
		if strings.HasPrefix(r, "PUT") && !slices.Contains(order, r) {
			order = append(order, r)
		}
	}
	site.mu.Unlock()
	first, second := slices.Index(order, "PUT /api/v1/pages/"+site.page(0).UUID), slices.Index(order, "PUT /api/v1/pages/"+site.page(1).UUID)
	for i, r := range order {
		if strings.HasPrefix(r, "PUT /api/v1/pages/"+site.page(0).UUID+"/") && i > first || strings.HasPrefix(r, "PUT /api/v1/pages/"+site.page(1).UUID+"/") && (i < first || i > second) {
			t.Errorf("%s is out of order: %v", r, order)
		}
	}
	p := site.recording(0, 1)
	if !slices.ContainsFunc(p.States, func(s recording.PageState) bool { return s.What == "offline" }) || len(p.Missing) > 0 || len(p.Choices) != 1 {
		t.Errorf("page 1: states %v, choices %v, missing %v", p.States, p.Choices, p.Missing)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.complaints = slices.DeleteFunc(d.complaints, func(s string) bool { return strings.Contains(s, "ERR_INTERNET_DISCONNECTED") })
}

// A server that is killed in the middle of a page, loses answers, and forgets what it had acknowledged, has
// everything in the end.
func TestServerKilled(t *testing.T) {
	site := newSite(t, collect.Browse, nil)
	d := chromium(t, site.address)
	d.open(site.url())
	d.recorded(site, 0, 1)
	site.mu.Lock()
	site.forget = 1 // the next chunk is acknowledged and lost
	site.mu.Unlock()
	b := d.box(".slot img")
	d.click(b.X+20, b.Y+20)
	d.do(chromedp.Sleep(6 * time.Second))
	site.kill()
	d.click(b.X+20, b.Y+20)
	d.click(b.X+20, b.Y+20)
	d.do(chromedp.Sleep(6 * time.Second))
	d.wait(`document.querySelector("#notice").innerText.includes("No connection")`)
	site.mu.Lock()
	site.drop = 1 // the next chunk is stored, but its answer does not come
	site.mu.Unlock()
	site.restart()
	d.press("Submit this page")
	s := d.stored(site, 0)
	p := site.recording(0, 1)
	if len(p.Choices) != 3 || len(p.Missing) > 0 || len(s.Lost) > 0 || p.Chunks != s.Chunks {
		t.Errorf("choices %v, missing %v, lost %v, %d chunks of %d", p.Choices, p.Missing, s.Lost, p.Chunks, s.Chunks)
	}
	if n := site.count("PUT /api/v1/pages/" + site.page(0).UUID + "/1/"); n <= p.Chunks {
		t.Errorf("%d requests for %d chunks: nothing was sent twice", n, p.Chunks)
	}
}

// A second tab says that the first is there, and can take over.
func TestTabs(t *testing.T) {
	site := newSite(t, collect.Browse, nil)
	d := chromium(t, site.address)
	d.open(site.url())
	b := d.box(".slot img")
	d.click(b.X+20, b.Y+20)
	d.settle()
	ctx, cancel := chromedp.NewContext(d.ctx)
	t.Cleanup(cancel)
	second := newDriver(t, ctx, site.address)
	second.do(chromedp.Navigate(site.url()))
	second.wait(`document.body.innerText.includes("open in another tab")`)
	second.press("Go on here instead")
	second.page(1)
	d.wait(`document.body.innerText.includes("You can close this one")`)
	var selected int
	second.eval(`document.querySelectorAll("[aria-pressed=true]").length`, &selected)
	if selected != 1 {
		t.Errorf("%d images are selected in the second tab, want the 1 of the first", selected)
	}
	second.press("Submit this page")
	if s := second.stored(site, 0); s.Attempt != 2 {
		t.Errorf("attempt %d, want 2", s.Attempt)
	}
}

// Another device asks before it takes over, and the first one then stops.
func TestDevices(t *testing.T) {
	site := newSite(t, collect.Browse, nil)
	d := chromium(t, site.address)
	d.open(site.url())
	second := chromium(t, site.address)
	second.do(chromedp.Navigate(site.url()))
	second.wait(`document.body.innerText.includes("on another device")`)
	if *shots != "" {
		second.look("device")
	}
	second.press("Go on here instead")
	second.page(1)
	b := second.box(".slot img")
	second.click(b.X+20, b.Y+20)
	second.press("Submit this page")
	if s := second.stored(site, 0); s.Attempt != 2 || len(s.Answer.Selected) != 1 {
		t.Errorf("submitted %+v, want attempt 2", s)
	}
	d.eval(`document.dispatchEvent(new Event("visibilitychange"))`, nil) // else it learns it after 20 s
	d.wait(`document.body.innerText.includes("You can close this one")`)
}

// Who has everything deleted without a network, and comes back later, is deleted then and shown no page.
func TestDeleteOffline(t *testing.T) {
	site := newSite(t, collect.Browse, nil)
	d := chromium(t, site.address)
	d.open(site.url())
	b := d.box(".slot img")
	d.click(b.X+20, b.Y+20)
	d.recorded(site, 0, 1)
	site.kill()
	d.press("Stop or delete")
	d.press("Stop, and delete what I did")
	d.press("Delete it")
	d.wait(`document.body.innerText.includes("Your wish is being sent")`)
	chromedp.ListenTarget(d.ctx, func(e any) {
		if _, ok := e.(*cdppage.EventJavascriptDialogOpening); ok { // whether to leave
			go chromedp.Run(d.ctx, cdppage.HandleJavaScriptDialog(true))
		}
	})
	d.do(chromedp.Navigate("about:blank"))
	site.restart()
	d.do(chromedp.Navigate(site.url()))
	d.wait(`document.body.innerText.includes("What was recorded is deleted.")`)
	site.view(func(v *storage.View) error {
		a, err := v.Account()
		if a.Erased != 1 || a.ChunksStored != 0 {
			t.Errorf("%+v", a)
		}
		return err
	})
}

// Browsers without a SHA-256, as on addresses without TLS, work as the others do.
func TestWithoutTLS(t *testing.T) {
	site := newSite(t, collect.Browse, nil)
	d := chromium(t, site.address)
	d.before(`Object.defineProperty(crypto, "subtle", { value: undefined })`)
	d.open(site.url())
	d.press("Submit this page")
	d.stored(site, 0)
	if n := site.count("GET /page/sha256.js"); n != 1 {
		t.Errorf("our SHA-256 was loaded %d times", n)
	}
}

// Stopping tells the server what was wished, and deleting leaves nothing in the browser.
func TestStop(t *testing.T) {
	for _, deleting := range []bool{false, true} {
		site := newSite(t, collect.Browse, nil)
		d := chromium(t, site.address)
		d.open(site.url())
		b := d.box(".slot img")
		d.click(b.X+20, b.Y+20)
		d.press("Stop or delete")
		if deleting {
			d.press("Stop, and delete what I did")
			d.press("Delete it")
			d.wait(`document.body.innerText.includes("What was recorded is deleted.")`)
		} else {
			d.press("Stop, and keep what I did")
			d.wait(`document.body.innerText.includes("What you did is kept.") && document.querySelector(".code")`)
		}
		var left int
		d.eval(`new Promise((resolve, reject) => { const r = indexedDB.open("abtool-collect"); r.onsuccess = () => {
			const t = r.result.transaction(["queue", "drafts"]); let n = 0;
			for (const s of ["queue", "drafts"]) t.objectStore(s).count().onsuccess = e => { n += e.target.result };
			t.oncomplete = () => resolve(n) }; r.onerror = reject })`, &left)
		if left != 0 {
			t.Errorf("%d things are left in the browser", left)
		}
		var kept string
		d.eval(`Object.values(sessionStorage).join()`, &kept)
		if (kept == "{}") != deleting { // a reload begins again only for who has not had everything deleted
			t.Errorf("the tab keeps %s", kept)
		}
		site.mu.Lock()
		if want := map[bool]string{false: `{"what":"return"}`, true: `{"what":"withdraw","delete":true}`}[deleting]; len(site.leaves) != 1 || site.leaves[0] != want {
			t.Errorf("the server was told %v, want %s", site.leaves, want)
		}
		site.mu.Unlock()
		if !deleting && len(site.recording(0, 1).Choices) != 1 {
			t.Error("the choice did not arrive before the annotator left")
		}
	}
}

// A browser that refuses to keep anything says so, and works.
func TestPrivate(t *testing.T) {
	site := newSite(t, collect.Browse, nil)
	d := chromium(t, site.address)
	d.before(`Object.defineProperty(globalThis, "indexedDB", { get() { throw new DOMException("refused", "SecurityError") } })`)
	d.open(site.url())
	d.wait(`document.querySelector("#notice").innerText.includes("private window")`)
	b := d.box(".slot img")
	d.click(b.X+20, b.Y+20)
	d.press("Submit this page")
	if s := d.stored(site, 0); !slices.Equal(s.Answer.Selected, []int{0}) {
		t.Errorf("selected %v", s.Answer.Selected)
	}
}

// before runs a script at the beginning of every document.
func (d *driver) before(script string) {
	d.t.Helper()
	d.do(chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := cdppage.AddScriptToEvaluateOnNewDocument(script).Do(ctx)
		return err
	}))
}

// A link that is incomplete, and a refusal to take part, are answered kindly.
func TestKind(t *testing.T) {
	site := newSite(t, collect.Browse, nil)
	d := chromium(t, site.address)
	d.do(chromedp.Navigate("http://" + site.address + "/s/birds"))
	d.wait(`document.body.innerText.includes("A part of the link is missing") && !document.body.innerText.includes("no_invitation")`)
	d.do(chromedp.Navigate("http://" + site.address + "/s/wren"))
	d.wait(`document.body.innerText.includes("There is no study at this address") && getComputedStyle(document.querySelector("main")).paddingTop === "32px"`)
	d.do(chromedp.Navigate(site.url()))
	d.press("Continue")
	d.press("I do not agree")
	d.wait(`document.body.innerText.includes("nothing was recorded")`)
	if n := site.count("POST /api/v1/lease"); n > 0 {
		t.Error("a lease was asked for without consent")
	}
}

// Who was about to agree to a text that has changed is asked again, also after agreeing.
func TestConsentChanged(t *testing.T) {
	site := newSite(t, collect.Browse, nil)
	d := chromium(t, site.address)
	d.do(chromedp.Navigate(site.url()))
	d.press("Continue")
	for n, button := range []string{"I agree", "Begin"} {
		d.wait(fmt.Sprintf(`[...document.querySelectorAll("button")].some(b => b.innerText === %q)`, button))
		site.study.Texts["consent"] = fmt.Sprintf("The text is new: %d.", n)
		site.open()
		d.press(button)
		d.wait(fmt.Sprintf(`document.querySelector("main").innerText.includes("The text is new: %d.") && document.querySelector("#notice").innerText.includes("changed")`, n))
		d.press("I agree")
		d.wait(`document.querySelector("h1").innerText === "What to do" && !document.querySelector("#notice")`)
	}
	d.press("Begin")
	d.page(1)
	if n := site.count("POST /api/v1/consent"); n != 3 {
		t.Errorf("consent was sent %d times, want 3", n)
	}
}
