package explore

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"abtool/internal/browser"
)

// In Firefox and WebKitGTK the explorer shows, filters, plays and answers as in Chromium.
func TestEngines(t *testing.T) {
	browser.Both(t, browser.Options{Width: 1280, Height: 900}, func(t *testing.T, b *browser.Tab) {
		s, base := serve(t, Options{Store: demo()})
		b.Open(s.guard.address())
		b.Wait("document.body.dataset.ready")

		b.Open(base + "/i/imagenet")
		n := one[int](t, s, "SELECT count(*) FROM summary_imagenet WHERE selected")
		b.Wait("document.querySelector('#cells').dataset.marked")
		b.ClickOn("#facet-selected .value")
		shown := fmt.Sprintf("document.querySelector('#count').textContent === '%d showings' && document.querySelector('#cells').getAttribute('aria-busy') === 'false'", n)
		b.Wait(shown)
		b.Reload()
		b.Wait(shown + " && document.querySelector('#facet-selected .value[aria-checked=true]') && document.querySelector('#facet-n_samples svg')")
		bars := b.Box("#facet-n_samples svg") // a range is brushed
		b.Drag(int(bars.X+.3*bars.Width), int(bars.Y+bars.Height/2), int(bars.X+.6*bars.Width), int(bars.Y+bars.Height/2))
		b.Up()
		b.Wait("location.search.includes('n_samples')")
		f, err := s.summaries.sets["imagenet"].view.Parse(b.Text("new URLSearchParams(location.search).get('f')"))
		if err != nil || f.Term("n_samples") == nil {
			t.Fatal(err)
		}
		r := f.Term("n_samples").Range
		n = one[int](t, s, fmt.Sprintf("SELECT count(*) FROM summary_imagenet WHERE selected AND n_samples BETWEEN %v AND %v", r.Low, r.High))
		b.Wait(fmt.Sprintf("document.querySelector('#count').textContent === '%d showings' && document.querySelector('#cells').dataset.marked", n))
		b.Eval("scrollTo(0, 0)", nil)
		b.ClickOn(".cell")
		b.Wait("location.pathname.startsWith('/s/imagenet/') && document.querySelector('.replay')?.replay?.drawn")
		b.Back()
		b.Wait("document.querySelector('.chip') && location.search.includes('n_samples')")

		// A page of an annotator plays by itself, stops, and goes to where the timeline is clicked.
		b.Open(base + "/p/imagenet/" + one[string](t, s, "SELECT assignment_id || '/' || page_idx FROM imagenet_pages WHERE duration > 20000 ORDER BY images DESC LIMIT 1"))
		const player = "document.querySelector('.replay').replay.player"
		b.Wait("document.querySelector('.replay')?.replay?.drawn")
		b.Wait(player + ".playing && " + player + ".t > 100")
		b.Type(browser.Space)
		b.Wait("!" + player + ".playing")
		at := b.Box("canvas.timeline")
		b.Click(int(at.X+at.Width/2), int(at.Y+at.Height/2))
		var there float64
		b.Eval(player+".t / "+player+".end", &there)
		if there < 0.4 || there > 0.6 {
			t.Errorf("a click in the middle of the timeline goes to %.2f of it", there)
		}
		before := b.Text(player + ".t")
		b.Type(browser.ArrowRight)
		if after := b.Text(player + ".t"); after == before {
			t.Errorf("the arrow leaves the time at %s", after)
		}
		if drawn := b.Text(`(() => { const c = document.querySelector(".replay canvas"), d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data; return new Set(new Uint32Array(d.buffer)).size > 3 })()`); drawn != "true" {
			t.Error("the picture is of one colour")
		}

		// SQL is typed, completed, and run.
		b.Open(base + "/sql")
		b.Wait("document.querySelector('#catalog details')")
		b.ClickOn("#query")
		b.Type("SELECT seq, x, y FROM imagenet_final_c")
		b.Wait("document.querySelector('#complete li')?.textContent.includes('imagenet_final_clicks')")
		b.Type(browser.Tabulator)
		b.With(browser.Control, browser.Enter)
		b.Wait("document.querySelector('#result tbody tr')")
		if q := b.Text("new URLSearchParams(location.search).get('q')"); q != "SELECT seq, x, y FROM imagenet_final_clicks" {
			t.Errorf("the address has %q", q)
		}
		if all := b.Complaints(); len(all) > 0 {
			t.Errorf("the browser complains: %q", all)
		}

		worker := url.PathEscape(one[string](t, s, "SELECT worker_id FROM imagenet_annotations WHERE worker_id IS NOT NULL LIMIT 1"))
		b.Resize(450, 800) // MiniBrowser's window does not become narrower
		for _, x := range screens {
			b.Open(base + strings.ReplaceAll(x.path, "5859A58EBB", worker))
			b.Wait(x.drawn)
			if more := b.Text("document.documentElement.scrollWidth - document.documentElement.clientWidth"); more != "0" {
				t.Errorf("%s is %s pixels wider than the window", x.name, more)
			}
			all := slices.DeleteFunc(b.Complaints(), func(text string) bool {
				return strings.Contains(text, "AbortError") // a page that is left ends its requests, and Firefox says so
			})
			if len(all) > 0 {
				t.Errorf("%s: the browser complains: %q", x.name, all)
			}
		}
	})
}

// TestEngineScreens draws every page as TestScreens does, in Firefox and WebKitGTK.
func TestEngineScreens(t *testing.T) {
	dir := os.Getenv("EXPLORE_SHOTS")
	if dir == "" {
		t.Skip("EXPLORE_SHOTS is not set")
	}
	o := Options{Store: os.Getenv("EXPLORE_STORE")}
	if images := os.Getenv("EXPLORE_IMAGES"); images != "" {
		o.Images = strings.Split(images, ",")
	}
	for _, dark := range []bool{false, true} {
		browser.Both(t, browser.Options{Width: 1000, Height: 800, Dark: dark}, func(t *testing.T, b *browser.Tab) {
			s, base := serve(t, o)
			b.Open(s.guard.address())
			for _, width := range []int{450, 1000, 1600} {
				b.Resize(width, 850)
				for _, x := range screens {
					if only := os.Getenv("EXPLORE_ONLY"); only != "" && !strings.Contains(","+only+",", ","+x.name+",") {
						continue
					}
					b.Open(base + x.path)
					b.Wait(x.drawn)
					time.Sleep(250 * time.Millisecond)
					name := filepath.Join(dir, fmt.Sprintf("%s-%s-%d-%s.png", x.name, b.Browser, width, map[bool]string{true: "dark", false: "light"}[dark]))
					if err := os.WriteFile(name, b.Picture(), 0o666); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}
