package page_test

import (
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"abtool/collect"
)

var shots = flag.String("shots", "", "write pictures of all screens into this folder, to be looked at")

// All screens fit into three widths, in the light and in the dark. With -shots their pictures are written.
func TestLook(t *testing.T) {
	for _, task := range []string{"browse", "tag"} {
		site := newSite(t, task, nil)
		d := chromium(t, site.address)
		look := func(name string) { d.look(task + "-" + name) }
		d.do(chromedp.Navigate(site.url()))
		d.wait(`document.querySelector("h1")?.innerText === "Things in pictures"`)
		look("1-landing")
		d.press("Continue")
		look("2-consent")
		d.press("I agree")
		d.wait(`document.querySelector("h1").innerText === "What to do"`)
		look("3-instructions")
		site.mu.Lock()
		site.spoil = 2
		site.mu.Unlock()
		d.press("Begin")
		d.page(1)
		if task == "browse" {
			for _, n := range []int{1, 3, 5} { // the broken image can be any of the first ones
				b := d.box(fmt.Sprintf(".grid > :nth-child(n+%d of :has(.slot:not(.failed)))", n))
				d.click(b.X+b.Width/2, b.Y+b.Height/2)
			}
			d.eval(`scrollTo(0, 0)`, nil)
			look("4-page")
			d.eval(`scrollTo(0, 1e6)`, nil)
			look("5-end")
		} else {
			for n, x := range []float64{0.2, 0.5, 0.7} {
				b := d.box(fmt.Sprintf(".icons > :nth-child(%d)", n+1))
				d.click(b.X+20, b.Y+20)
				b = d.box(".photo")
				d.click(b.X+b.Width*x, b.Y+b.Height*x)
			}
			b := d.box(".icons > :nth-child(2)")
			look("4-page")
			d.press("Submit this page")
			d.click(b.X+20, b.Y+20)
			look("5-refused")
		}
		d.press("Stop or delete")
		look("6-stop")
		d.press("Stop, and delete what I did")
		look("7-sure")
		d.press("Back to the page")
		d.press("What to do")
		look("8-instructions")
		d.press("Close")
		for n := range map[string]int{"browse": 3, "tag": 2}[task] {
			d.page(n + 1)
			d.eval(`for (let i = 0; i < 10; i++) document.querySelector(".chevron:last-child")?.click()`, nil)
			if n == 1 {
				site.kill()
			}
			d.press("Submit this page")
		}
		d.wait(`document.querySelector("#notice")?.innerText.includes("2 pages")  || document.querySelector("#notice")?.innerText.includes("1 page")`)
		look("9-offline")
		site.restart()
		d.wait(`document.querySelector(".code")`)
		look("10-code")
	}
}

// The administrator's pages fit into three widths, and count pages as annotators do.
func TestAdminLook(t *testing.T) {
	site := newSite(t, "browse", func(s *collect.Settings) {
		s.Assign.Unit, s.Arms = collect.PerPage, map[string]collect.Arm{"plain": {Weight: 1}, "red": {Weight: 1}}
	})
	d := chromium(t, site.address)
	d.open(site.url())
	for n := range 3 {
		d.page(n + 1)
		b := d.box(".slot img")
		d.click(b.X+20, b.Y+20)
		d.press("Submit this page")
	}
	d.wait(`document.querySelector(".code")`)
	admin := httptest.NewServer(site.served.Admin())
	t.Cleanup(admin.Close)
	keys, err := site.study.Keys()
	if err != nil {
		t.Fatal(err)
	}
	d = chromium(t, strings.TrimPrefix(admin.URL, "http://"))
	for name, path := range map[string]string{"overview": "/?token=" + keys.Admin, "people": "/people", "assignments": "/assignments"} {
		d.do(chromedp.Navigate(admin.URL + "/?token=" + keys.Admin))
		d.do(chromedp.Navigate(admin.URL + path))
		d.wait(`document.querySelector("table")`)
		d.look("admin-" + name)
	}
	d.do(chromedp.Navigate(admin.URL + "/assignments"))
	d.eval(`document.querySelector("td a").click()`, nil)
	d.wait(`document.querySelector("h3")?.innerText.startsWith("Page 1")`)
	d.look("admin-assignment")
	var heads []string
	d.eval(`[...document.querySelectorAll("#replay + .wide a")].map(a => a.innerText)`, &heads)
	if !slices.Equal(heads, []string{"page 1", "page 2", "page 3"}) {
		t.Errorf("pages %q", heads)
	}
}

// look checks the widths of a screen, and writes pictures of it.
func (d *driver) look(name string) {
	d.t.Helper()
	for _, width := range []int64{400, 1000, 1600} {
		for _, scheme := range []string{"light", "dark"} {
			d.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
				emulation.SetDeviceMetricsOverride(width, 900, 1, false))
			d.settle()
			var wide []string
			d.eval(`[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !e.closest(".hidden, .loupe, .ghost, .wide")).map(e => e.tagName + " " + (e.id || e.className)).slice(0, 5)`, &wide)
			if len(wide) > 0 {
				d.t.Errorf("%s at %d px: these stick out: %v", name, width, wide)
			}
			if *shots == "" {
				continue
			}
			var b []byte
			d.do(chromedp.CaptureScreenshot(&b))
			if err := os.WriteFile(filepath.Join(*shots, fmt.Sprintf("%s-%d-%s.png", name, width, scheme)), b, 0o644); err != nil {
				d.t.Fatal(err)
			}
		}
	}
	d.do(emulation.ClearDeviceMetricsOverride())
	d.settle()
}
