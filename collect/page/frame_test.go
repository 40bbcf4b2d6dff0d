package page_test

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"abtool/collect"
	"abtool/collect/platform"
	"abtool/collect/recording"
	"abtool/collect/storage"
)

// The study works in a frame of another site, with the parameters of MTurk: a preview that stores nothing, and work that
// ends with MTurk's form. A frame without room for the images asks for a tab.
func TestFrame(t *testing.T) {
	site := newSite(t, collect.Browse, func(s *collect.Settings) { s.Platform.MTurk = &platform.MTurk{Sandbox: true} })
	const query = "hitId=H&turkSubmitTo=https%3A%2F%2Fworkersandbox.mturk.com&"
	around := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		width := r.URL.Path[1:]
		fmt.Fprintf(w, `<!doctype html><body style="margin:0"><iframe style="position:absolute;left:30px;top:20px;border:0" width="%s" height="800" src="http://%s/s/birds?%s"></iframe>`,
			width, site.address, query+r.URL.RawQuery)
	}))
	t.Cleanup(around.Close)
	address := strings.Replace(around.URL, "127.0.0.1", "localhost", 1) + "/"
	site.mu.Lock()
	site.frame = strings.TrimSuffix(address, "/")
	site.mu.Unlock()
	d := chromium(t, site.address)
	seen := map[target.ID]bool{}
	open := func(path string) *driver { // works in the frame; its own mouse does not
		t.Helper()
		d.do(chromedp.Navigate(address + path))
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			all, err := chromedp.Targets(d.ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range all {
				if x.Type == "iframe" && !seen[x.TargetID] {
					seen[x.TargetID] = true
					ctx, cancel := chromedp.NewContext(d.ctx, chromedp.WithTargetID(x.TargetID))
					t.Cleanup(cancel)
					return &driver{t: t, ctx: ctx}
				}
			}
		}
		t.Fatal("the frame does not load")
		return nil
	}
	f := open("1200?assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE")
	f.wait(`document.body.innerText.includes("This is a preview.") && document.querySelectorAll(".slot").length === 6`)
	site.view(func(v *storage.View) error {
		all, err := v.Workers()
		if len(all) > 0 {
			t.Errorf("the preview stored %+v", all)
		}
		return err
	})
	f = open("800?assignmentId=OTHER&workerId=OTHER")
	f.wait(`document.body.innerText.includes("Open the study in a tab of your browser")`)
	f = open("1200?assignmentId=ONE&workerId=ME")
	f.press("Continue")
	f.press("I agree")
	f.press("Begin")
	for n := range 3 {
		f.page(n + 1)
		b := f.box(".slot img")
		d.click(b.X+50, b.Y+40) // the frame begins at 30, 20
		f.wait(`document.querySelector("[aria-pressed=true]")`)
		f.press("Submit this page")
		if s := f.stored(site, n); !slices.Equal(s.Answer.Selected, []int{0}) {
			t.Errorf("selected %v", s.Answer.Selected)
		}
		if c := site.recording(n, 1).Choices; len(c) != 1 || math.Abs(float64(c[0].X)/10-(b.X+20)) > 0.5 || math.Abs(float64(c[0].Y)/10-(b.Y+20)) > 0.5 {
			t.Errorf("choices %+v of a click at %v, %v", c, b.X+20, b.Y+20)
		}
	}
	f.wait(`document.querySelector("form")`)
	var form []string
	f.eval(`(() => { const f = document.querySelector("form"); return [f.action, f.method, new FormData(f).get("assignmentId")] })()`, &form)
	if !slices.Equal(form, []string{"https://workersandbox.mturk.com/mturk/externalSubmit", "post", "ONE"}) {
		t.Errorf("the form is %q", form)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.outside = slices.DeleteFunc(d.outside, func(u string) bool { return strings.HasPrefix(u, address) })
}

// A page that the browser freezes, and a computer that sleeps, leave their traces in the recording.
func TestSleep(t *testing.T) {
	site := newSite(t, collect.Browse, nil)
	d := chromium(t, site.address)
	d.open(site.url())
	d.do(emulation.SetFocusEmulationEnabled(false)) // only pages that nobody looks at are frozen
	d.do(cdppage.SetWebLifecycleState(cdppage.SetWebLifecycleStateStateFrozen))
	d.do(chromedp.Sleep(time.Second))
	d.do(cdppage.SetWebLifecycleState(cdppage.SetWebLifecycleStateStateActive))
	d.eval(`{ const now = Date.now; Date.now = () => now() + 3600000 }`, nil) // as after an hour asleep
	d.do(chromedp.Sleep(6 * time.Second))
	d.press("Submit this page")
	d.stored(site, 0)
	p := site.recording(0, 1)
	at := func(what string) int64 {
		for _, s := range p.States {
			if s.What == what {
				return s.T
			}
		}
		t.Errorf("there is no %s in %v", what, p.States)
		return 0
	}
	if pause := at("resume") - at("freeze"); pause < 200_000 || pause > 20_000_000 {
		t.Errorf("the page was frozen for %d µs", pause)
	}
	slept := slices.IndexFunc(p.Gaps, func(g recording.Gap) bool { return g.What == "sleep" })
	if slept < 0 || p.Gaps[slept].Count < 3_599_000 || p.Gaps[slept].Count > 3_620_000 {
		t.Errorf("gaps %v, want an hour of sleep", p.Gaps)
	}
}
