package page_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"abtool/collect"
	"abtool/collect/platform"
	"abtool/collect/storage"
)

// A standIn answers for the sites of platforms, under their names: it has a link to the study, shows it in a frame, and
// notes what comes back. It is also the proxy with TLS before the study.
type standIn struct {
	mu    sync.Mutex
	study http.Handler
	away  bool     // the study does not answer
	got   []string // method, host, path and parameters of what came back
}

const studyHost = "study.example.org"

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Host == studyHost {
		s.mu.Lock()
		away := s.away
		s.mu.Unlock()
		if away {
			panic(http.ErrAbortHandler)
		}
		s.study.ServeHTTP(w, r)
		return
	}
	r.ParseForm()
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	switch r.URL.Path {
	case "/link":
		fmt.Fprintf(w, `<!doctype html><title>platform</title><a id="go" href="https://%s/s/birds?%s">Start</a>`, studyHost, strings.ReplaceAll(r.URL.RawQuery, "&", "&amp;"))
	case "/frame":
		fmt.Fprintf(w, `<!doctype html><title>platform</title><style>body { margin: 0 } iframe { border: 0; height: 860px; width: %s }</style>
			<iframe src="https://%s/s/birds?%s"></iframe>`, r.Form.Get("width"), studyHost, strings.ReplaceAll(r.URL.RawQuery, "&", "&amp;"))
	case "/favicon.ico":
	default:
		s.got = append(s.got, r.Method+" "+r.Host+r.URL.Path+"?"+r.Form.Encode())
		fmt.Fprint(w, "<!doctype html><title>back</title><h1>Welcome back</h1>")
	}
}

// close lets the study be away, or answer again.
func (s *standIn) close(away bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

// back waits until somebody came back, and returns how.
func (s *standIn) back(d *driver) string {
	d.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		s.mu.Lock()
		n := len(s.got)
		if n > 0 {
			got := s.got[n-1]
			s.got = nil
			s.mu.Unlock()
			return got
		}
		s.mu.Unlock()
	}
	d.t.Fatal("nobody came back")
	return ""
}

var platformHosts = []string{"app.prolific.com", "www.mturk.com", "worker.mturk.com", "lab.sona-systems.com", studyHost}

// platformSite serves a study of one page for a platform, and its stand-in to a browser.
func platformSite(t *testing.T, task string, change func(*platform.Settings)) (*site, *standIn, *driver) {
	t.Helper()
	site := newSite(t, task, func(s *collect.Settings) {
		s.Task.Pages = 1
		s.Platform.Link.Open = false
		change(&s.Platform)
	})
	in := &standIn{study: site}
	web := httptest.NewTLSServer(in)
	t.Cleanup(web.Close)
	address := strings.TrimPrefix(web.URL, "https://")
	var rules []string
	for _, h := range platformHosts {
		rules = append(rules, "MAP "+h+":443 "+address)
	}
	d := chromium(t, site.address, chromedp.Flag("host-resolver-rules", strings.Join(rules, ",")), chromedp.Flag("ignore-certificate-errors", true),
		chromedp.Flag("site-per-process", true), chromedp.Flag("disable-features", "Translate"))
	for _, h := range platformHosts {
		d.allowed = append(d.allowed, "https://"+h+"/")
	}
	return site, in, d
}

func prolificSettings(s *platform.Settings) {
	s.Prolific = &platform.Prolific{Completed: "CDONE", NoConsent: "CNO"}
}

func turkSettings(s *platform.Settings) { s.MTurk = &platform.MTurk{Days: 1, ApproveDays: 1} }

const prolificIDs = "PROLIFIC_PID=5f3e1d2c4b5a69788796a5b4&STUDY_ID=60ffe5c8371090c7041d43f8&SESSION_ID=6a0b1c2d3e4f506172839405"

func turkIDs(assignment string) string {
	return "assignmentId=" + assignment + "&hitId=3H&workerId=A1EXAMPLE&turkSubmitTo=" + url.QueryEscape("https://www.mturk.com")
}

// soon makes the way back be taken at once, where it would be taken after a while.
const soon = `const later = setTimeout; globalThis.setTimeout = (f, ms, ...rest) => later(f, ms === 15000 ? 200 : ms, ...rest);`

// by opens a page of a platform and follows its link to the study.
func (d *driver) by(host, query string) {
	d.t.Helper()
	d.do(chromedp.Navigate("https://" + host + "/link?" + query))
	d.do(chromedp.Click("#go"))
	d.wait(`location.pathname === "/s/birds"`)
}

// through agrees and does the page.
func (d *driver) through() {
	d.t.Helper()
	d.press("Continue")
	d.press("I agree")
	d.press("Begin")
	d.page(1)
	d.press("Submit this page")
}

// of returns a driver of the frame that shows the study, or of the tab.
func (d *driver) of(kind string) *driver {
	d.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		all, err := chromedp.Targets(d.ctx)
		if err != nil {
			d.t.Fatal(err)
		}
		if i := slices.IndexFunc(all, func(x *target.Info) bool {
			return x.Type == kind && strings.HasPrefix(x.URL, "https://"+studyHost+"/s/")
		}); i >= 0 {
			ctx, cancel := chromedp.NewContext(d.ctx, chromedp.WithTargetID(all[i].TargetID))
			d.t.Cleanup(cancel)
			f := newDriver(d.t, ctx, studyHost)
			f.allowed = d.allowed
			return f
		}
	}
	d.t.Fatalf("there is no %s with the study", kind)
	return nil
}

// Who comes from Prolific goes back to it, with the code of the outcome, and not before all is stored.
func TestProlific(t *testing.T) {
	site, in, d := platformSite(t, collect.Browse, prolificSettings)
	d.by("app.prolific.com", prolificIDs)
	d.press("Continue")
	d.press("I agree")
	d.press("Begin")
	d.page(1)
	in.close(true)
	d.press("Submit this page")
	d.wait(`document.body.innerText.includes("being sent")`)
	time.Sleep(time.Second)
	d.wait(`location.pathname === "/s/birds" && !document.body.innerText.includes("Go back to Prolific")`)
	in.close(false)
	d.wait(`document.body.innerText.includes("give Prolific this code: CDONE")`)
	d.do(chromedp.Reload())
	d.press("Go back to Prolific")
	if got := in.back(d); got != "GET app.prolific.com/submissions/complete?cc=CDONE" {
		t.Errorf("back came %s", got)
	}
	site.view(func(v *storage.View) error {
		all, err := v.Assignments()
		if len(all) != 1 || all[0].State != storage.Submitted {
			t.Errorf("%+v", all)
		}
		return err
	})
	if n := site.count("POST /api/v1/lease"); n != 1 {
		t.Errorf("%d leases", n)
	}

	d.wait(`document.title === "back"`)
	d.before(soon)
	d.by("app.prolific.com", strings.Replace(prolificIDs, "5f3e", "6666", 1))
	d.press("Continue")
	d.press("I do not agree")
	if got := in.back(d); got != "GET app.prolific.com/submissions/complete?cc=CNO" {
		t.Errorf("back came %s", got)
	}
	d.wait(`document.title === "back"`)
	d.by("app.prolific.com", "PROLIFIC_PID=1")
	d.wait(`document.body.innerText.includes("open the study from the platform's page")`)
}

// A sign-up at SONA is credited.
func TestSONA(t *testing.T) {
	_, in, d := platformSite(t, collect.Browse, func(s *platform.Settings) {
		s.SONA = &platform.SONA{CreditURL: "https://lab.sona-systems.com/webstudy_credit.aspx?experiment_id=12&credit_token=9f&survey_code=XXXX"}
	})
	d.before(soon)
	d.by("lab.sona-systems.com", "survey_code=4711")
	d.through()
	if got := in.back(d); got != "GET lab.sona-systems.com/webstudy_credit.aspx?credit_token=9f&experiment_id=12&survey_code=4711" {
		t.Errorf("back came %s", got)
	}
}

// In MTurk's frame: a preview stores nothing, an accepted HIT is worked at and submitted. Other sites cannot show the
// study in a frame.
func TestMTurk(t *testing.T) {
	site, in, d := platformSite(t, collect.Browse, turkSettings)
	d.do(chromedp.Navigate("https://worker.mturk.com/frame?width=1100px&assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE&hitId=3H"))
	f := d.of("iframe")
	f.wait(`document.body.innerText.includes("This is a preview") && [...document.images].every(i => i.complete && i.naturalWidth > 0) && document.images.length > 3`)
	f.wait(`document.querySelector(".sample").inert`)
	site.view(func(v *storage.View) error {
		all, err := v.Workers()
		if len(all) > 0 || site.count("POST /api/v1/lease")+site.count("GET /img/") > 0 {
			t.Errorf("a preview leaves %v", all)
		}
		return err
	})

	d.do(chromedp.Navigate("https://worker.mturk.com/frame?width=1100px&" + turkIDs("3ONE")))
	f = d.of("iframe")
	f.through()
	f.press("Submit to Mechanical Turk")
	got := in.back(f)
	code, ok := strings.CutPrefix(got, "POST www.mturk.com/mturk/externalSubmit?assignmentId=3ONE&code=")
	if !ok || !collect.CodeIsWellFormed(code) {
		t.Errorf("back came %s", got)
	}
	d.do(chromedp.Navigate("https://worker.mturk.com/frame?width=1100px&" + turkIDs("3ONE"))) // as after a crash
	f = d.of("iframe")
	f.press("Submit to Mechanical Turk")
	if again := in.back(f); again != got {
		t.Errorf("a second time %s came back", again)
	}

	visits := site.count("POST /api/v1/visit")
	d.do(chromedp.Navigate("https://app.prolific.com/frame?width=1100px&" + turkIDs("3TWO")))
	time.Sleep(time.Second)
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := site.count("POST /api/v1/visit"); n != visits || !strings.Contains(strings.Join(d.complaints, " "), "frame-ancestors") {
		t.Errorf("another site shows the study in a frame: %d visits, %v", n-visits, d.complaints)
	}
	d.complaints = nil
}

// A frame that is too narrow opens the study in a tab, and submits when that is done.
func TestNarrowFrame(t *testing.T) {
	_, in, d := platformSite(t, collect.Tag, turkSettings)
	d.do(chromedp.Navigate("https://worker.mturk.com/frame?width=700px&" + turkIDs("3ONE")))
	f := d.of("iframe")
	f.press("Open in a tab")
	tab := d.of("page")
	tab.press("Continue")
	tab.press("I agree")
	tab.press("Begin")
	tab.page(1)
	tab.eval(`for (let i = 0; i < 10; i++) document.querySelector(".chevron:last-child").click()`, nil)
	f.wait(`document.body.innerText.includes("Waiting until the work")`)
	tab.press("Submit this page")
	tab.wait(`document.body.innerText.includes("Go back to the tab with the page of Mechanical Turk")`)
	f.press("Submit to Mechanical Turk")
	if got := in.back(f); !strings.HasPrefix(got, "POST www.mturk.com/mturk/externalSubmit?assignmentId=3ONE&code=") {
		t.Errorf("back came %s", got)
	}
}

// The screens for those who come from a platform fit into three widths, in the light and in the dark.
func TestPlatformLook(t *testing.T) {
	_, _, d := platformSite(t, collect.Browse, func(s *platform.Settings) {
		prolificSettings(s)
		turkSettings(s)
	})
	look := func(name string) {
		t.Helper()
		d.look(name)
		var faults []string
		if d.eval(access, &faults); len(faults) > 0 {
			t.Errorf("%s: %q", name, faults)
		}
	}
	d.by("app.prolific.com", prolificIDs)
	d.through()
	d.wait(`document.body.innerText.includes("Go back to Prolific")`)
	look("platform-1-redirect")
	d.by("worker.mturk.com", turkIDs("3ONE"))
	d.through()
	d.wait(`document.body.innerText.includes("Submit to Mechanical Turk")`)
	look("platform-2-form")
	d.by("worker.mturk.com", turkIDs("3ONE")+"&tab=1")
	d.wait(`document.body.innerText.includes("Go back to the tab")`)
	look("platform-3-tab")
	d.by("worker.mturk.com", strings.Replace(turkIDs("3TWO"), "A1", "A2", 1))
	d.press("Continue")
	d.press("I do not agree")
	d.wait(`document.body.innerText.includes("Please return")`)
	look("platform-4-return")
	for _, width := range []int64{400, 1000} {
		d.do(emulation.SetDeviceMetricsOverride(width, 900, 1, false))
		d.do(chromedp.Navigate("https://worker.mturk.com/frame?width=100%25&" + turkIDs(fmt.Sprintf("3W%d", width))))
		time.Sleep(2 * time.Second)
		d.look(fmt.Sprintf("platform-5-narrow%d", width))
	}
	d.do(emulation.ClearDeviceMetricsOverride())
	d.by("worker.mturk.com", "assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE")
	d.wait(`document.body.innerText.includes("This is a preview")`)
	d.eval(`document.querySelector(".sample").scrollIntoView()`, nil)
	look("platform-6-preview-browse")
	_, _, d = platformSite(t, collect.Tag, turkSettings)
	d.by("worker.mturk.com", "assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE")
	d.wait(`document.body.innerText.includes("This is a preview")`)
	d.eval(`document.querySelector(".sample").scrollIntoView()`, nil)
	d.look("platform-7-preview-tag")
}
