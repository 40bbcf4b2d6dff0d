package explore

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
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
	"github.com/chromedp/chromedp/kb"

	"abtool/internal/browser"
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
	s, err := New(t.Context(), o, "http://"+listener.Addr().String())
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
	ctx := browser.Chromium(t, 8*time.Minute, chromedp.WindowSize(1280, 900))
	s, base := serve(t, o)
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
		if strings.HasSuffix(e.Entry.URL, "/nowhere") || strings.Contains(e.Entry.URL, "n_sample%3A") { // the test asks for what is not there
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
	{"showing", "/s/imagenet/5", "document.querySelector('.replay canvas')"},
	{"showing-coco", "/s/coco/5", "document.querySelector('.replay canvas')"},
	{"workers", "/w/imagenet", "true"},
	{"worker", "/w/imagenet/5859A58EBB", "true"},
	{"workers-coco", "/w/coco?sort=pooled_precision", "true"},
	{"hits", "/h/imagenet", "true"},
	{"hits-coco", "/h/coco?min_recall=0.5&only=flagged", "true"},
	{"statistics", "/stats", "true"},
	{"statistic", "/stats/imagenet/click_accuracy", "true"},
	{"statistic-maps", "/stats/imagenet/accuracy_maps", "true"},
	{"rejects", "/rejects", "true"},
	{"notes", "/notes", "true"},
	{"compare", "/compare?set=imagenet&a=selected:true&b=selected:false", "document.querySelectorAll('[data-side][data-ready]').length === 2"},
	{"sql", "/sql?q=SELECT+page_idx,+count(*)+AS+n,+avg(selected::int)+AS+selected+FROM+imagenet_showings+GROUP+BY+page_idx+ORDER+BY+1", "document.querySelector('#sql').dataset.ran"},
	{"sql-chart", "/sql?show=chart&kind=bars&q=SELECT+page_idx,+count(*)+AS+n+FROM+imagenet_showings+GROUP+BY+page_idx+ORDER+BY+1", "document.querySelector('#sql').dataset.ran"},
	{"sql-seq", "/sql?q=FROM+imagenet_final_clicks", "document.querySelector('#sql').dataset.ran"},
	{"sql-empty", "/sql", "document.querySelector('#catalog').children.length"},
	{"absent", "/nowhere", "true"},
}

// Every page is drawn without a complaint of the browser, and is not wider than the window.
func TestPages(t *testing.T) {
	d, _ := browse(t, Options{Store: demo()})
	var worker string
	d.eval(`fetch('/api/rows/imagenet?n=1').then(r => r.json()).then(r => r.data[r.columns.indexOf('worker_id')][0])`, &worker)
	for _, x := range screens {
		path := strings.ReplaceAll(x.path, "5859A58EBB", worker)
		for _, width := range []int64{400, 1000} {
			d.do(emulation.SetDeviceMetricsOverride(width, 800, 1, false))
			d.open(path)
			d.wait(x.drawn)
			if wide := d.text("document.documentElement.scrollWidth"); wide != fmt.Sprint(width) {
				t.Errorf("%s is %s pixels wide in a window of %d", x.name, wide, width)
			}
			if d.text("document.querySelectorAll('h1').length") != "1" || d.text("document.title") == "" {
				t.Errorf("%s has no heading, or no title", x.name)
			}
		}
	}
}

// What a person filters is in the address: reloading shows the same, and Back what was before. Counts are those of
// SQL.
func TestGrid(t *testing.T) {
	d, s := browse(t, Options{Store: demo()})
	count := func(where string) string {
		var n int64
		if err := s.db.QueryRow("SELECT count(*) FROM summary_imagenet WHERE " + where).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%d showings", n)
	}
	shows := func(where, address string) {
		t.Helper()
		want := count(where)
		d.wait(fmt.Sprintf("document.querySelector('#count').textContent === %q && document.querySelector('#cells').getAttribute('aria-busy') === 'false'", want))
		if got := d.text("decodeURIComponent(location.search)"); got != address {
			t.Errorf("the address has %s, want %s", got, address)
		}
	}
	d.open("/i/imagenet")
	shows("true", "")
	d.wait("document.querySelector('#facet-selected .value')")
	d.eval("document.querySelector('#facet-selected .value').click()", nil)
	shows("selected", "?f=selected:true")
	d.wait("document.querySelector('#facet-hit .value[data-key=vfalse] .count')")
	d.eval("document.querySelector('#facet-hit .value[data-key=vfalse]').click()", nil)
	shows("selected AND NOT hit", "?f=selected:true;hit:false")
	if n := d.text("document.querySelectorAll('.chip').length"); n != "2" {
		t.Errorf("%s chips", n)
	}
	d.do(chromedp.Reload())
	shows("selected AND NOT hit", "?f=selected:true;hit:false")
	d.wait("document.querySelector('#facet-hit .value[aria-checked=true]')")

	// A range is brushed with the mouse.
	d.wait("document.querySelector('#facet-n_samples svg')")
	var box struct{ X, Y, W, H float64 }
	d.eval(`(() => { const e = document.querySelector('#facet-n_samples svg'); e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect(); return {X: r.x, Y: r.y, W: r.width, H: r.height}; })()`, &box)
	d.do(chromedp.ActionFunc(func(ctx context.Context) error {
		for _, e := range []struct {
			kind input.MouseType
			at   float64
		}{{input.MousePressed, .3}, {input.MouseMoved, .4}, {input.MouseMoved, .6}, {input.MouseReleased, .6}} {
			p := input.DispatchMouseEvent(e.kind, box.X+e.at*box.W, box.Y+box.H/2).WithButton(input.Left).WithClickCount(1)
			if err := p.Do(ctx); err != nil {
				return err
			}
		}
		return nil
	}))
	d.wait("location.search.includes('n_samples')")
	f, err := s.summaries.sets["imagenet"].view.Parse(d.text("new URLSearchParams(location.search).get('f')"))
	if err != nil || f.Term("n_samples") == nil {
		t.Fatal(err)
	}
	r := f.Term("n_samples").Range
	d.wait(fmt.Sprintf("document.querySelector('#count').textContent === %q", count(fmt.Sprintf("selected AND NOT hit AND n_samples BETWEEN %v AND %v", r.Low, r.High))))

	d.do(chromedp.NavigateBack())
	shows("selected AND NOT hit", "?f=selected:true;hit:false")
	d.eval("document.querySelector('#chips > .plain').click()", nil)
	shows("true", "")

	// Pages, and the keyboard.
	d.open("/i/imagenet?s=L")
	d.wait("document.querySelector('#cells').dataset.marked")
	first := d.text("document.querySelector('.cell').dataset.seq")
	d.do(chromedp.KeyEvent("]"))
	d.wait("document.querySelector('#page').value === '2' && document.querySelector('.cell').dataset.seq !== " + fmt.Sprintf("%q", first))
	d.do(chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight))
	if i := d.text("[...document.querySelectorAll('.cell')].indexOf(document.activeElement)"); i != "1" {
		t.Errorf("the arrows lead to cell %s", i)
	}
	d.do(chromedp.KeyEvent(kb.Enter))
	d.wait("location.pathname.startsWith('/s/imagenet/')")

	// A filter that is wrong says so.
	d.open("/i/imagenet?f=n_sample:1")
	d.wait("document.querySelector('#problem').textContent.includes('did you mean n_samples')")
	d.open("/i/imagenet?q=" + "SELECT+seq+FROM+imagenet_localization+WHERE+NOT+hit&of=Misses")
	d.wait("document.querySelector('.chip')?.textContent.includes('Misses')")
	d.wait(fmt.Sprintf("document.querySelector('#count').textContent === %q", count("seq IN (SELECT seq FROM imagenet_localization WHERE NOT hit)")))
}

// The page of SQL runs what is typed, proposes names, says where an error is, draws, and shows rows as images.
func TestSQLPage(t *testing.T) {
	d, _ := browse(t, Options{Store: demo()})
	d.open("/sql")
	d.wait("document.querySelector('#catalog details')")
	d.eval("document.querySelector('#query').focus()", nil)
	d.do(chromedp.KeyEvent("SELECT seq, x, y FROM imagenet_final_c"))
	d.wait("document.querySelector('#complete li')?.textContent.includes('imagenet_final_clicks')")
	d.do(chromedp.KeyEvent(kb.Tab))
	d.do(chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(input.ModifierCtrl)))
	d.wait("document.querySelector('#result tbody tr')")
	if q := d.text("new URLSearchParams(location.search).get('q')"); q != "SELECT seq, x, y FROM imagenet_final_clicks" {
		t.Errorf("the address has %q", q)
	}
	rows := d.text("document.querySelector('#state').textContent.split(' ')[0]")
	d.eval("document.querySelector('#views button:nth-child(2)').click()", nil)
	d.wait("document.querySelectorAll('.plot .dot').length > 100")
	d.eval("document.querySelector('#views .as').click()", nil)
	d.wait(fmt.Sprintf("document.querySelector('#count')?.textContent === '%s showings'", rows))
	d.do(chromedp.NavigateBack())
	d.wait("document.querySelector('#result svg, #result tbody tr')")
	d.eval(`(() => { const q = document.querySelector('#query'); q.value = 'SELECT 1;\nSELECT wroker_id FROM imagenet_samples'; document.querySelector('#run').click(); })()`, nil)
	d.wait("document.querySelector('#problem').textContent.includes('Did you mean worker_id?') && document.querySelector('#problem').textContent.includes('line 2')")
	if at := d.text("document.querySelector('#query').selectionStart"); at != "17" {
		t.Errorf("the caret is at %s", at)
	}
	// A parameter has a field, and is in the address. Columns say what all rows have. What ran is kept by the browser.
	d.eval(`(() => { const q = document.querySelector('#query'); q.value = "SELECT seq, image_id, '$no' AS t FROM imagenet_showings WHERE showing >= $n -- $none"; q.dispatchEvent(new Event('input')); })()`, nil)
	d.wait("document.querySelectorAll('#params input').length === 1")
	d.eval("document.querySelector('#params input').focus()", nil)
	d.do(chromedp.KeyEvent("0"), chromedp.KeyEvent(kb.Enter))
	d.wait("document.querySelector('#result tbody tr') && new URLSearchParams(location.search).get('p.n') === '0'")
	if n := d.text("document.querySelector('#state').textContent"); !strings.HasPrefix(n, "317 rows") {
		t.Errorf("the query with a parameter has %s", n)
	}
	d.eval("document.querySelector('#result thead th button').click()", nil)
	d.wait("document.querySelectorAll('.profile svg .bar').length > 20 && document.querySelector('.profile').textContent.includes('317 rows, 317 different')")
	d.eval("document.querySelectorAll('#result thead th button')[2].click()", nil)
	d.wait("document.querySelectorAll('.profile').length === 2 && document.querySelector('.profile ol').textContent.includes('$no')")
	d.eval("document.querySelector('#views .as').click()", nil)
	d.wait("document.querySelector('#count')?.textContent === '317 showings'")
	d.do(chromedp.NavigateBack())
	d.wait("document.querySelector('#params input')?.value === '0' && document.querySelector('#result tbody tr')")
	if kept := d.text("document.querySelectorAll('.before').length"); kept != "2" { // the one that failed is not there
		t.Errorf("the history has %s queries", kept)
	}
	d.eval("document.querySelector('#forget').click()", nil)
	d.wait("!document.querySelector('.before') && localStorage.length === 0")
	d.open("/sql?q=SELECT+$n")
	d.wait("document.querySelector('#state').textContent === 'Fill in $n'")

	d.mu.Lock() // the browser reports the answer 400 itself
	d.complaints = slices.DeleteFunc(d.complaints, func(c string) bool { return strings.Contains(c, "status of 400") && strings.Contains(c, "/api/") })
	d.mu.Unlock()
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
