package explore

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A driver works in a tab of a browser.
type driver struct {
	t    *testing.T
	ctx  context.Context
	base string // of the server's addresses, without a slash at the end

	mu                  sync.Mutex
	complaints, outside []string
}

// serve starts a server for a test.
func serve(t *testing.T, o Options) (_ *Server, base string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(t.Context(), o, listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: s.Handler()}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close(); s.Close() })
	return s, "http://" + listener.Addr().String()
}

// browse opens a server in a headless Chromium, or skips the test if none is installed. A complaint of the browser
// and a request to another server fail the test.
func browse(t *testing.T, o Options) (*driver, *Server) {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Skip("no browser is installed, so that the pages are not tested in one: apt-get install chromium")
	}
	s, base := serve(t, o)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1280, 900))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {})) // of events that chromedp does not know
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 8*time.Minute)
	t.Cleanup(cancel)
	d := &driver{t: t, ctx: ctx, base: base}
	chromedp.ListenTarget(ctx, d.listen)
	d.do(network.Enable(), log.Enable(), emulation.SetFocusEmulationEnabled(true), chromedp.Navigate(s.guard.address()))
	t.Cleanup(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if len(d.complaints) > 0 {
			t.Errorf("the browser complains: %q", d.complaints)
		}
		if len(d.outside) > 0 {
			t.Errorf("requests to others: %q", d.outside)
		}
	})
	return d, s
}

func (d *driver) listen(e any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch e := e.(type) {
	case *runtime.EventConsoleAPICalled:
		d.complaints = append(d.complaints, fmt.Sprintf("console.%s: %v", e.Type, e.Args))
	case *runtime.EventExceptionThrown:
		d.complaints = append(d.complaints, e.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		if strings.HasSuffix(e.Entry.URL, "/nowhere") { // the test asks for a page that is not there
			return
		}
		d.complaints = append(d.complaints, e.Entry.Text+" "+e.Entry.URL)
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, d.base) && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "blob:"+d.base) {
			d.outside = append(d.outside, u)
		}
	}
}

func (d *driver) do(actions ...chromedp.Action) {
	d.t.Helper()
	if err := chromedp.Run(d.ctx, actions...); err != nil {
		d.t.Fatal(err)
	}
}

// open goes to a page.
func (d *driver) open(path string) {
	d.t.Helper()
	d.do(chromedp.Navigate(d.base + path))
}

// eval runs a script, and reads its value.
func (d *driver) eval(script string, to any) {
	d.t.Helper()
	d.do(chromedp.Evaluate(script, to, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
}

// text returns the value of a script as text.
func (d *driver) text(script string) (text string) {
	d.t.Helper()
	d.eval("String("+script+")", &text)
	return text
}

// wait waits until a script is true.
func (d *driver) wait(script string) {
	d.t.Helper()
	for end := time.Now().Add(40 * time.Second); ; time.Sleep(30 * time.Millisecond) {
		var ok bool
		d.eval("!!("+script+")", &ok)
		if ok {
			return
		}
		if time.Now().After(end) {
			d.t.Fatalf("%s does not become true; the page has:\n%s", script, d.text("document.body.innerText.slice(0, 1500)"))
		}
	}
}

// screens are the pages to look at, and what is true when they are drawn.
var screens = []struct{ name, path, drawn string }{
	{"overview", "/", "document.body.dataset.ready"},
	{"grid", "/i/imagenet", "document.querySelector('#cells').dataset.marked"},
	{"grid-filtered", "/i/imagenet?f=selected:true;hit:false&s=L", "document.querySelector('#cells').dataset.marked"},
	{"grid-coco", "/i/coco", "document.querySelector('#cells').dataset.marked"},
	{"workers", "/w/imagenet", "true"},
	{"worker", "/w/imagenet/5859A58EBB", "true"},
	{"workers-coco", "/w/coco?sort=pooled_precision", "true"},
	{"hits", "/h/imagenet", "true"},
	{"hits-coco", "/h/coco?min_recall=0.5&only=flagged", "true"},
	{"statistics", "/stats", "true"},
	{"statistic", "/stats/imagenet/click_accuracy", "true"},
	{"statistic-maps", "/stats/imagenet/accuracy_maps", "true"},
	{"rejects", "/rejects", "true"},
	{"sql", "/sql?q=SELECT+page_idx,+count(*)+AS+n,+avg(selected::int)+AS+selected+FROM+imagenet_showings+GROUP+BY+page_idx+ORDER+BY+1", "document.querySelector('#sql').dataset.ran"},
	{"sql-chart", "/sql?show=chart&kind=bars&q=SELECT+page_idx,+count(*)+AS+n+FROM+imagenet_showings+GROUP+BY+page_idx+ORDER+BY+1", "document.querySelector('#sql').dataset.ran"},
	{"sql-seq", "/sql?q=FROM+imagenet_final_clicks", "document.querySelector('#sql').dataset.ran"},
	{"sql-empty", "/sql", "document.querySelector('#catalog').children.length"},
	{"absent", "/nowhere", "true"},
}

// TestScreens draws every page at three widths, light and dark, for people to look at: EXPLORE_SHOTS=DIR says
// where, EXPLORE_STORE and EXPLORE_IMAGES what.
func TestScreens(t *testing.T) {
	dir := os.Getenv("EXPLORE_SHOTS")
	if dir == "" {
		t.Skip("EXPLORE_SHOTS is not set")
	}
	o := Options{Store: os.Getenv("EXPLORE_STORE")}
	if images := os.Getenv("EXPLORE_IMAGES"); images != "" {
		o.Images = strings.Split(images, ",")
	}
	d, _ := browse(t, o)
	for _, x := range screens {
		if only := os.Getenv("EXPLORE_ONLY"); only != "" && !strings.Contains(","+only+",", ","+x.name+",") {
			continue
		}
		for _, dark := range []string{"light", "dark"} {
			for _, width := range []int64{400, 1000, 1600} {
				d.do(emulation.SetDeviceMetricsOverride(width, map[int64]int64{400: 850, 1000: 800, 1600: 1000}[width], 1, false),
					emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: dark}}))
				d.open(x.path)
				d.wait(x.drawn)
				time.Sleep(250 * time.Millisecond)
				var png []byte
				d.do(chromedp.CaptureScreenshot(&png))
				name := filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", x.name, width, dark))
				if err := os.WriteFile(name, png, 0o666); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
