package page_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"abtool/collect"
	"abtool/collect/derive"
	"abtool/collect/page"
	"abtool/collect/recording"
	"abtool/collect/server"
	"abtool/collect/storage"
)

// A site serves a study as abtool collect serve does, and can be made to fail.
type site struct {
	t          *testing.T
	study      *collect.Study
	db         *storage.DB
	identities *storage.Identities
	address    string
	server     *http.Server
	served     *server.Server
	files      fs.FS // of the page

	mu       sync.Mutex
	handler  http.Handler
	requests []string // method and path, in their order
	oops     []string // errors that the page reports
	leaves   []string // bodies
	drop     int      // so many chunks are stored, but not answered
	forget   int      // so many chunks are answered, but not stored
	spoil    int      // the image that is asked for so many requests later is broken from then on
	broken   string   // address of that image
	frame    string   // an origin that may show the study in a frame, as MTurk may
	slow     time.Duration
}

const classFile = `class,name,definition,links,synonyms
goldfish,goldfish,small golden or orange-red freshwater fish,https://en.wikipedia.org/wiki/Goldfish,Carassius auratus
shuttle,space shuttle,a reusable spacecraft with wings,,
teapot,teapot,a pot for brewing tea,,
`

// newSite makes and serves a study with three pages of 48 images, or with two pages for tagging. Change
// changes its settings.
func newSite(t *testing.T, task string, change func(*collect.Settings)) *site {
	t.Helper()
	dir, classes := filepath.Join(t.TempDir(), "birds"), filepath.Join(t.TempDir(), "classes.csv")
	list := classFile
	if task == collect.Tag {
		list = "class,superclass\ncat,animal and its kin\ntraffic light,animal and its kin\ncup,animal and its kin\n"
		for _, group := range []string{"vehicle", "outdoor", "sports", "kitchen", "food", "furniture", "appliance", "electronics", "indoor", "other"} {
			for i := range 8 {
				list += fmt.Sprintf("%s %d,%s\n", group, i, group)
			}
		}
	}
	if err := os.WriteFile(classes, []byte(list), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := collect.Init(context.Background(), collect.InitOptions{Dir: dir, Task: task, Images: pictures(t, task), Classes: classes, Title: "Things in pictures", Contact: "lab@example.org", Open: true})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, files: page.Files}
	if s.study, err = collect.Open(dir); err != nil {
		t.Fatal(err)
	}
	s.study.Record.Needs = "answers"
	if change != nil {
		change(&s.study.Settings)
	}
	if _, err := s.study.MakePlan(1, nil); err != nil {
		t.Fatal(err)
	}
	if s.db, err = storage.Open(dir, storage.Options{}); err != nil {
		t.Fatal(err)
	}
	if s.identities, err = storage.OpenIdentities(dir); err != nil {
		t.Fatal(err)
	}
	s.open()
	s.start("127.0.0.1:0")
	t.Cleanup(func() {
		s.kill()
		s.check()
		for _, c := range []io.Closer{s.db, s.identities} {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return s
}

// open makes the handler from the study as it is now.
func (s *site) open() {
	s.t.Helper()
	var err error
	s.served, _, err = server.New(context.Background(), server.Options{Study: s.study, DB: s.db, Identities: s.identities, Page: s.files})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(s.served.Close)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handler = s.served.Handler()
}

// check checks all that is stored, as abtool collect check does.
func (s *site) check() {
	s.view(func(v *storage.View) error {
		_, err := v.Check(func(where, what string) { s.t.Errorf("%s: %s", where, what) })
		return err
	})
	for _, o := range s.oops {
		s.t.Errorf("the page reports: %s", o)
	}
}

func (s *site) view(f func(*storage.View) error) {
	s.t.Helper()
	if err := s.db.View(context.Background(), f); err != nil {
		s.t.Fatal(err)
	}
}

var made = map[string]string{}

// pictures returns a folder of images, which is made once.
func pictures(t *testing.T, task string) string {
	t.Helper()
	if made[task] != "" {
		return made[task]
	}
	dir, err := os.MkdirTemp("", "pictures")
	if err != nil {
		t.Fatal(err)
	}
	made[task] = dir
	if task == collect.Tag {
		for i := range 2 {
			draw(t, filepath.Join(dir, fmt.Sprintf("%d.png", i+1)), 3+i, 640, 480)
		}
		return dir
	}
	for _, class := range []string{"goldfish", "shuttle", "teapot"} {
		if err := os.Mkdir(filepath.Join(dir, class), 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range 48 {
			draw(t, filepath.Join(dir, class, fmt.Sprintf("%s_%d.png", class, i)), i, 200+i*7, 380-i*3)
		}
	}
	return dir
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, dir := range made {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// draw writes the picture of an ellipse.
func draw(t *testing.T, path string, n, width, height int) {
	t.Helper()
	ground := []color.Color{color.RGBA{140, 170, 190, 255}, color.RGBA{190, 160, 120, 255}, color.RGBA{120, 160, 120, 255}, color.RGBA{90, 100, 120, 255}, color.RGBA{214, 206, 190, 255}}[n%5]
	m := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.RGBA{230, 120, 40, 255}, ground})
	for y := range height {
		for x := range width {
			if dx, dy := x-width*(n%7+2)/10, y-height/2; dx*dx+4*dy*dy > 3000+n*100 {
				m.SetColorIndex(x, y, 1)
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (s *site) start(address string) {
	s.t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.address = l.Addr().String()
	s.server = server.HTTP(s)
	go s.server.Serve(l)
}

// kill stops the server in the middle of whatever it does.
func (s *site) kill() { s.server.Close() }

// restart brings the server back at the same address.
func (s *site) restart() { s.start(s.address) }

func (s *site) url() string { return "http://" + s.address + "/s/birds?name=me" }

// ServeHTTP lets the server answer, unless a failure is due.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	chunk := r.Method == "PUT" && strings.Count(r.URL.Path, "/") == 6
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.mu.Lock()
	slow := s.slow
	s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	switch r.URL.Path {
	case "/api/v1/oops":
		s.oops = append(s.oops, string(body))
	case "/api/v1/leave":
		s.leaves = append(s.leaves, string(body))
	}
	if strings.HasPrefix(r.URL.Path, "/img/") {
		if s.spoil--; s.spoil == 0 {
			s.broken = r.URL.Path
		}
	}
	handler := s.handler
	if s.frame != "" {
		w = framed{w, s.frame}
	}
	broken, forget, drop := s.broken == r.URL.Path, chunk && s.forget > 0, chunk && s.drop > 0
	if forget {
		s.forget--
	} else if drop {
		s.drop--
	}
	s.mu.Unlock()
	time.Sleep(slow)
	switch {
	case broken:
		http.NotFound(w, r)
	case forget:
		w.WriteHeader(http.StatusCreated)
	case drop:
		handler.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	default:
		handler.ServeHTTP(w, r)
	}
}

// framed lets an origin show pages in a frame instead of MTurk.
type framed struct {
	http.ResponseWriter
	origin string
}

func (f framed) WriteHeader(status int) {
	policy := f.Header().Get("Content-Security-Policy")
	f.Header().Set("Content-Security-Policy", strings.Replace(policy, "frame-ancestors https://workersandbox.mturk.com", "frame-ancestors "+f.origin, 1))
	f.ResponseWriter.WriteHeader(status)
}

// count returns how many requests began so.
func (s *site) count(prefix string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.requests {
		if strings.HasPrefix(r, prefix) {
			n++
		}
	}
	return n
}

// page returns page n of the assignment.
func (s *site) page(n int) (p storage.Page) {
	s.t.Helper()
	s.view(func(v *storage.View) error {
		all, err := v.Assignments()
		if err != nil || len(all) != 1 {
			return fmt.Errorf("%d assignments: %w", len(all), err)
		}
		pages, err := v.Pages(all[0].ID)
		if err == nil {
			p = pages[n]
		}
		return err
	})
	return p
}

// chunks returns the chunks of an attempt at page n.
func (s *site) chunks(n, attempt int) (all []storage.Chunk) {
	s.t.Helper()
	s.view(func(v *storage.View) (err error) {
		all, err = v.Chunks(s.page(n).UUID, attempt)
		return err
	})
	return all
}

// recording returns an attempt at page n.
func (s *site) recording(n, attempt int) *recording.Page {
	s.t.Helper()
	var chunks []*recording.Chunk
	for _, c := range s.chunks(n, attempt) {
		b, err := c.JSON()
		if err != nil {
			s.t.Fatal(err)
		}
		parsed, err := recording.Parse(b)
		if err != nil {
			s.t.Fatal(err)
		}
		if len(parsed.Unknown) > 0 {
			s.t.Errorf("unknown kinds of events: %v", parsed.Unknown)
		}
		chunks = append(chunks, parsed)
	}
	p, err := recording.Join(chunks)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// derived returns the record that is made of page n, a browse page. Its events lead to its answer.
func (s *site) derived(n, attempt int) *derive.BrowsePage {
	s.t.Helper()
	p := derive.Page{ID: s.page(n).UUID, Number: n}
	for range s.sizes(n) {
		p.Slots = append(p.Slots, derive.Slot{})
	}
	submitted, ok := s.submitted(n)
	if !ok {
		s.t.Fatalf("page %d is not submitted", n)
	}
	p.Answer.Selected = submitted.Answer.Selected
	r, err := derive.Browse([]*recording.Page{s.recording(n, attempt)}, p)
	if err != nil {
		s.t.Fatal(err)
	}
	if r.Mismatch {
		s.t.Errorf("page %d: the events do not lead to the answer %v", n, p.Answer.Selected)
	}
	return r
}

// A submit is how a page was submitted.
type submit struct {
	Attempt, Chunks int
	Lost            []int
	Answer          struct {
		Selected []int
		Icons    []struct {
			Icon string
			X, Y float64
		}
	}
}

// submitted returns the submit of page n.
func (s *site) submitted(n int) (r submit, ok bool) {
	s.t.Helper()
	p := s.page(n)
	x := p.Submitted()
	if x == nil {
		return r, false
	}
	if x.Flags != "" {
		s.t.Errorf("page %d: %s", n, x.Flags)
	}
	r.Attempt, r.Chunks, r.Lost = x.Attempt, *x.AnnouncedChunks, x.Lost
	if err := json.Unmarshal([]byte(x.Answer), &r.Answer); err != nil {
		s.t.Fatal(err)
	}
	return r, true
}

// sizes returns the widths and heights of the images of page n.
func (s *site) sizes(n int) (all [][2]float64) {
	s.t.Helper()
	images, hits, err := s.study.Plan()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, slot := range hits[0].Pages[n].Slots {
		for _, m := range images {
			if m.ID == slot.Image {
				all = append(all, [2]float64{float64(m.Width), float64(m.Height)})
			}
		}
	}
	return all
}
