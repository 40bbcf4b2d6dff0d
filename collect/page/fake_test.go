package page_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"abtool/collect/page"
	"abtool/collect/recording"
)

// csp is the policy of the server.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// A fake answers as the server of a study does, and keeps everything in memory.
type fake struct {
	t       *testing.T
	address string
	server  *http.Server

	mu       sync.Mutex
	study    map[string]any
	levels   [2]string // needs, allows
	arm      map[string]any
	lease    map[string]any
	agreed   string // level
	done     bool
	chunks   map[string][]byte // page/attempt/seq → JSON
	digests  map[string]string
	submits  map[string]submit // by page
	surplus  []submit
	leaves   []map[string]any
	beats    []map[string]any
	oops     []string
	requests []string // method and path, in their order
	broken   map[string]bool
	drop     int // so many chunks are stored, but not answered
	forget   int // so many chunks are answered, but not stored
}

type submit struct {
	Attempt int
	Chunks  int
	Events  int
	Chain   string
	Ended   int64
	Lost    []int
	Answer  struct {
		Selected []int
		Icons    []struct {
			Icon string
			X, Y float64
		}
	}
}

func newFake(t *testing.T) *fake {
	f := &fake{
		t: t, levels: [2]string{"answers", "full"}, chunks: map[string][]byte{}, digests: map[string]string{}, submits: map[string]submit{}, broken: map[string]bool{},
		arm: map[string]any{"name": "plain", "pointer": "default", "reveal": "always", "instruction": "default", "magnifier": "none"},
		study: map[string]any{"id": "birds", "title": "Things in pictures", "language": "en", "task": "browse", "pages": 10, "minutes": 20, "contact": "lab@example.org",
			"texts": map[string]any{
				"landing":      "<p>We study how people find things in pictures. You will look at ten pages of photographs.</p>",
				"instructions": "<p>Each page shows 48 images and names one kind of thing. Click on every image that contains it. Click again to undo.</p><ul><li>Photographs only.</li><li>If you are unsure, leave it out.</li></ul>",
				"end":          "<p>Your answers help to build better data sets.</p>",
			}},
	}
	f.lease = map[string]any{"assignment": "a1", "hit": "h1", "lease_until": 1, "record": map[string]any{"rate": 125, "keys": true}, "task": "browse"}
	var pages []any
	for i, name := range []string{"goldfish", "space shuttle", "teapot"} {
		var slots []any
		for s := range 48 {
			width, height := 200+s*7, 380-s*3
			slots = append(slots, map[string]any{"key": fmt.Sprintf("%d-%d-%d-%d", i, s, width, height), "width": width, "height": height})
		}
		pages = append(pages, map[string]any{"page": fmt.Sprintf("00000000-0000-4000-8000-00000000000%d", i), "number": i, "attempts": 0, "submitted": false,
			"class": map[string]any{"name": name, "definition": "small golden or orange-red freshwater fish", "links": []string{"https://en.wikipedia.org/wiki/Goldfish"}, "synonyms": []string{"Carassius auratus"}}, "slots": slots})
	}
	f.lease["pages"] = pages
	f.start("127.0.0.1:0")
	t.Cleanup(f.kill)
	return f
}

// tagging makes the study one of tagging, with two pages.
func (f *fake) tagging() *fake {
	f.study["task"], f.study["pages"] = "tag", 2
	f.study["texts"].(map[string]any)["instructions"] = "<p>Look for objects in the image. Put an icon on each kind that you find.</p>"
	f.lease["task"], f.lease["placing"] = "tag", "both"
	var pages, groups []any
	for i := range 2 {
		pages = append(pages, map[string]any{"page": id(i), "number": i, "attempts": 0, "submitted": false,
			"slots": []any{map[string]any{"key": fmt.Sprintf("%d-3-640-480", i), "width": 640, "height": 480}}})
	}
	names := []string{"person and what people wear", "animal", "vehicle", "outdoor", "sports", "kitchen", "food", "furniture", "appliance", "electronics", "indoor"}
	for g, name := range names {
		icons := []any{map[string]any{"name": "cat"}, map[string]any{"name": "traffic light"}, map[string]any{"name": "cup"}}
		if g > 0 {
			icons = nil
			for i := range 8 {
				icons = append(icons, map[string]any{"name": fmt.Sprintf("%s %d", name, i)})
			}
		}
		groups = append(groups, map[string]any{"name": name, "icons": icons})
	}
	f.lease["pages"], f.lease["superclasses"] = pages, groups
	return f
}

func (f *fake) start(address string) {
	f.t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		f.t.Fatal(err)
	}
	f.address = l.Addr().String()
	f.server = &http.Server{Handler: f}
	go f.server.Serve(l)
}

func (f *fake) kill() { f.server.Close() }

// restart brings the server back at the same address.
func (f *fake) restart() { f.start(f.address) }

func (f *fake) url() string { return "http://" + f.address + "/s/birds?token=t1" }

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, r.Method+" "+r.URL.Path)
	w.Header().Set("Content-Security-Policy", csp)
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
	w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp") // with both, the clock of the browser is finer
	path := r.URL.Path
	switch {
	case strings.HasPrefix(path, "/s/"):
		b, _ := fs.ReadFile(page.Files, "index.html")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(b)
		return
	case strings.HasPrefix(path, "/page/"):
		http.StripPrefix("/page/", http.FileServerFS(page.Files)).ServeHTTP(w, r)
		return
	case strings.HasPrefix(path, "/img/"):
		f.image(w, r, strings.TrimPrefix(path, "/img/"))
		return
	}
	path = strings.TrimPrefix(path, "/api/v1/")
	if path != "visit" && path != "beat" && r.Header.Get("Authorization") != "Bearer T1" {
		answer(w, 401, map[string]any{"error": "no visit", "code": "no_visit"})
		return
	}
	var in map[string]any
	if !strings.HasPrefix(path, "pages/") {
		if err := json.Unmarshal(body, &in); err != nil {
			f.t.Errorf("%s: %v: %s", path, err, body)
		}
	}
	state := func(m map[string]any) map[string]any {
		m["level"], m["participation"], m["arm"] = f.agreed, "K7QF-2M9X", f.arm
		return m
	}
	switch path {
	case "visit":
		if p, _ := in["params"].(map[string]any); p["token"] != "t1" {
			answer(w, 403, map[string]any{"error": "no", "code": "no_invitation"})
			return
		}
		out := map[string]any{"token": "T1", "study": f.study, "state": "consent",
			"consent": map[string]any{"version": 1, "sha256": "c0", "html": "<p>I am 18 or older, and I take part of my own free will.</p>"},
			"levels":  map[string]any{"needs": f.levels[0], "allows": f.levels[1]}}
		if f.agreed != "" {
			out = state(out)
			out["state"] = "work"
		}
		if f.done {
			out["state"] = "done"
		}
		answer(w, 200, out)
	case "consent":
		if in["agreed"] == true {
			f.agreed = in["level"].(string)
		}
		answer(w, 200, state(map[string]any{"state": "work"}))
	case "lease":
		f.lease["record"].(map[string]any)["level"] = f.agreed
		for _, p := range f.lease["pages"].([]any) {
			p := p.(map[string]any)
			_, p["submitted"] = f.submits[p["page"].(string)]
			for key := range f.chunks {
				if id, rest, _ := strings.Cut(key, "/"); id == p["page"] {
					n, _ := strconv.Atoi(strings.Split(rest, "/")[0])
					p["attempts"] = max(n, p["attempts"].(int))
				}
			}
		}
		answer(w, 200, f.lease)
	case "beat":
		f.beats = append(f.beats, in)
		answer(w, 200, map[string]any{"received": in["sent"], "sent": in["sent"], "lease_until": 1})
	case "finish":
		var open []string
		for _, p := range f.lease["pages"].([]any) {
			if id := p.(map[string]any)["page"].(string); f.submits[id].Chunks == 0 {
				open = append(open, id)
			}
		}
		if open != nil {
			answer(w, 409, map[string]any{"error": "pages are open", "code": "incomplete", "open": open, "missing": []any{}})
			return
		}
		f.done = true
		answer(w, 200, map[string]any{"code": "7QK2M-XA9DP-3", "participation": "K7QF-2M9X", "more": false})
	case "leave":
		f.leaves = append(f.leaves, in)
		answer(w, 200, map[string]any{"participation": "K7QF-2M9X"})
	case "oops":
		f.oops = append(f.oops, fmt.Sprint(in["error"]))
		answer(w, 200, map[string]any{})
	default:
		part := strings.Split(path, "/")
		switch {
		case len(part) == 4 && r.Method == "PUT":
			f.chunk(w, r, part[1:], body)
		case len(part) == 2 && r.Method == "PUT":
			f.submit(w, part[1], body)
		default:
			f.t.Errorf("unexpected %s %s", r.Method, r.URL.Path)
			answer(w, 404, nil)
		}
	}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func (f *fake) image(w http.ResponseWriter, r *http.Request, key string) {
	if f.broken[key] {
		http.NotFound(w, r)
		return
	}
	part := strings.Split(key, "-")
	n, _ := strconv.Atoi(part[1])
	width, _ := strconv.Atoi(part[2])
	height, _ := strconv.Atoi(part[3])
	hues := []color.Color{color.RGBA{140, 170, 190, 255}, color.RGBA{190, 160, 120, 255}, color.RGBA{120, 160, 120, 255}, color.RGBA{90, 100, 120, 255}, color.RGBA{214, 206, 190, 255}}
	m := image.NewPaletted(image.Rect(0, 0, width, height), append(color.Palette{color.RGBA{230, 120, 40, 255}}, hues[n%5]))
	for y := range height {
		for x := range width {
			if dx, dy := x-width*(n%7+2)/10, y-height/2; dx*dx+4*dy*dy > 3000+n*100 {
				m.SetColorIndex(x, y, 1)
			}
		}
	}
	w.Header().Set("Cache-Control", "private, max-age=86400, immutable")
	w.Header().Set("Content-Type", "image/png")
	png.Encode(w, m)
}

func (f *fake) chunk(w http.ResponseWriter, r *http.Request, part []string, body []byte) {
	key := strings.Join(part, "/")
	sum := sha256.Sum256(body)
	if want := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"; r.Header.Get("Content-Digest") != want {
		f.t.Errorf("chunk %s: digest %s, want %s", key, r.Header.Get("Content-Digest"), want)
	}
	digest := recording.Digest(body)
	if was, ok := f.digests[key]; ok {
		if was != digest {
			f.t.Errorf("chunk %s came with other bytes", key)
			answer(w, 409, map[string]any{"error": "differs", "code": "chunk_differs"})
			return
		}
		answer(w, 200, map[string]any{"stored": true})
		return
	}
	if f.forget > 0 {
		f.forget--
		answer(w, 201, map[string]any{"stored": true})
		return
	}
	if r.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			f.t.Errorf("chunk %s: %v", key, err)
			return
		}
		body, _ = io.ReadAll(z)
	}
	c, err := recording.Parse(body)
	if err != nil {
		f.t.Errorf("chunk %s: %v: %.300s", key, err, body)
		answer(w, 400, map[string]any{"error": "bad", "code": "bad_chunk"})
		return
	}
	if len(c.Unknown) > 0 || key != fmt.Sprintf("%s/%d/%d", c.Page, c.Attempt, c.Seq) {
		f.t.Errorf("chunk %s: unknown kinds %v, or another place: %s/%d/%d", key, c.Unknown, c.Page, c.Attempt, c.Seq)
	}
	f.chunks[key], f.digests[key] = body, digest
	if f.drop > 0 {
		f.drop--
		panic(http.ErrAbortHandler)
	}
	answer(w, 201, map[string]any{"stored": true})
}

func (f *fake) submit(w http.ResponseWriter, id string, body []byte) {
	var s submit
	if err := json.Unmarshal(body, &s); err != nil {
		f.t.Errorf("submit: %v: %s", err, body)
	}
	var missing []int
	var digests []string
	events := 0
	for seq := range s.Chunks {
		key := fmt.Sprintf("%s/%d/%d", id, s.Attempt, seq)
		b, ok := f.chunks[key]
		if !ok && !slices.Contains(s.Lost, seq) {
			missing = append(missing, seq)
		}
		if c, err := recording.Parse(b); err == nil {
			events += c.Len()
		}
		digests = append(digests, f.digests[key])
	}
	if missing != nil {
		answer(w, 202, map[string]any{"missing": missing})
		return
	}
	if len(s.Lost) == 0 && (s.Chain != recording.Chain(digests) || s.Events != events) {
		f.t.Errorf("submit of %s: chain %s of %d events; stored are %s, %d", id, s.Chain, s.Events, recording.Chain(digests), events)
	}
	if was, ok := f.submits[id]; ok && was.Attempt != s.Attempt {
		f.surplus = append(f.surplus, s)
		answer(w, 200, map[string]any{"stored": true, "surplus": true})
		return
	}
	f.submits[id] = s
	answer(w, 200, map[string]any{"stored": true})
}

// recording returns an attempt at page n.
func (f *fake) recording(n, attempt int) *recording.Page {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	var chunks []*recording.Chunk
	for key, b := range f.chunks {
		if strings.HasPrefix(key, fmt.Sprintf("%s/%d/", id(n), attempt)) {
			c, err := recording.Parse(b)
			if err != nil {
				f.t.Fatal(err)
			}
			chunks = append(chunks, c)
		}
	}
	p, err := recording.Join(chunks)
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

// submitted returns the submit of page n.
func (f *fake) submitted(n int) (submit, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.submits[id(n)]
	return s, ok
}

func id(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-00000000000%d", n) }
