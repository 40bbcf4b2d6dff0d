package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"abtool/collect"
	"abtool/collect/recording"
	"abtool/collect/storage"
)

// A rig is a study that is served, with a clock and a disk that tests set.
type rig struct {
	t      testing.TB
	dir    string
	server *Server
	db     *storage.DB
	web    *httptest.Server
	admin  *httptest.Server
	log    bytes.Buffer
	now    atomic.Int64 // ms
	free   atomic.Uint64
	broken atomic.Bool // commits fail
	opened []io.Closer
}

var pageFiles = fstest.MapFS{"index.html": {Data: []byte(`<!doctype html><html lang="en"><title>page</title>`)}, "start.js": {Data: []byte("1")}}

// newRig makes a study with two classes of 4 images each: one HIT of two pages. edit may change study.toml.
func newRig(t testing.TB, task string, edit func(string) string) *rig {
	t.Helper()
	images := t.TempDir()
	for i := range 8 {
		class := []string{"robin", "wren"}[i/4]
		os.MkdirAll(filepath.Join(images, class), 0o777)
		var b bytes.Buffer
		png.Encode(&b, image.NewGray(image.Rect(0, 0, 10+i, 5)))
		os.WriteFile(filepath.Join(images, class, fmt.Sprintf("secretname_%d.png", i)), b.Bytes(), 0o666)
	}
	dir := filepath.Join(t.TempDir(), "birds")
	if _, err := collect.Init(context.Background(), collect.InitOptions{Dir: dir, Task: task, Images: images, Open: true, Contact: "me@lab.org"}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, collect.SettingsFile)
	text, _ := os.ReadFile(file)
	if edit != nil {
		os.WriteFile(file, []byte(edit(string(text))), 0o666)
	}
	study, err := collect.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := study.MakePlan(1, nil); err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, dir: dir}
	r.now.Store(1_795_000_000_000)
	r.free.Store(1 << 40)
	r.start()
	t.Cleanup(r.stop)
	return r
}

func (r *rig) start() {
	r.t.Helper()
	study, err := collect.Open(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	r.db, err = storage.Open(r.dir, storage.Options{BeforeCommit: func() error {
		if r.broken.Load() {
			return errors.New("the disk is gone")
		}
		return nil
	}})
	if err != nil {
		r.t.Fatal(err)
	}
	identities, err := storage.OpenIdentities(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	r.opened = []io.Closer{identities, r.db}
	r.server, _, err = New(context.Background(), Options{Study: study, DB: r.db, Identities: identities, Page: pageFiles,
		Log: slog.New(slog.NewTextHandler(&r.log, nil)), Now: func() time.Time { return time.UnixMilli(r.now.Load()) },
		Space: func() (uint64, uint64, error) { return r.free.Load(), 1 << 41, nil }})
	if err != nil {
		r.t.Fatal(err)
	}
	r.web, r.admin = httptest.NewServer(r.server.Handler()), httptest.NewServer(r.server.Admin())
}

func (r *rig) stop() {
	r.web.Close()
	r.admin.Close()
	r.server.Close()
	for _, c := range r.opened {
		if err := c.Close(); err != nil {
			r.t.Error(err)
		}
	}
}

// An ask is a request; a body that is not bytes or a string is sent as JSON.
type ask struct {
	method, path, token string
	body                any
	header              map[string]string
}

// do sends a request and returns the status and the answer.
func (r *rig) do(a ask) (int, map[string]any) {
	r.t.Helper()
	status, _, body := r.raw(a)
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		r.t.Fatalf("%s %s: %d %s", a.method, a.path, status, body)
	}
	return status, m
}

func (r *rig) raw(a ask) (int, http.Header, []byte) {
	r.t.Helper()
	var body []byte
	switch b := a.body.(type) {
	case []byte:
		body = b
	case string:
		body = []byte(b)
	case nil:
	default:
		body, _ = json.Marshal(b)
	}
	q, err := http.NewRequest(a.method, r.web.URL+a.path, bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if a.token != "" {
		q.Header.Set("Authorization", "Bearer "+a.token)
	}
	for k, v := range a.header {
		q.Header.Set(k, v)
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, text
}

// want fails unless a request is answered with a status and, if code is not empty, a code.
func (r *rig) want(status int, code string, a ask) map[string]any {
	r.t.Helper()
	got, m := r.do(a)
	if got != status || code != "" && m["code"] != code {
		r.t.Errorf("%s %s: %d %v, want %d %s", a.method, a.path, got, m, status, code)
	}
	return m
}

var fine = map[string]any{"pointers": []string{"fine"}, "width": 1920, "height": 1080, "ratio": 1.5, "browser": "Chromium 1",
	"system": "Linux", "clock_step_us": 100, "language": "en"}

func visitOf(name string) ask {
	return ask{"POST", "/api/v1/visit", "", map[string]any{"platform": "link", "params": map[string]string{"name": name}, "device": fine}, nil}
}

// agree lets somebody visit and agree, and returns the token.
func (r *rig) agree(name string) string {
	r.t.Helper()
	v := r.want(200, "", visitOf(name))
	token := v["token"].(string)
	r.want(200, "", agreement(token, v["consent"].(map[string]any), "full"))
	return token
}

func agreement(token string, text map[string]any, level string) ask {
	return ask{"POST", "/api/v1/consent", token, map[string]any{"version": text["version"], "sha256": text["sha256"], "agreed": true, "level": level}, nil}
}

// pages leases and returns the pages.
func (r *rig) pages(token string) []map[string]any {
	r.t.Helper()
	lease := r.want(200, "", ask{"POST", "/api/v1/lease", token, map[string]any{}, nil})
	var pages []map[string]any
	list, _ := lease["pages"].([]any)
	for _, p := range list {
		pages = append(pages, p.(map[string]any))
	}
	return pages
}

// chunkOf returns a request with a chunk of one choice.
func chunkOf(token, page string, attempt, seq int) (ask, string) {
	c := &recording.Chunk{Format: recording.Format, Page: page, Attempt: attempt, Seq: seq, T0: int64(attempt) * 1000,
		Events: recording.Events{Choices: []recording.Choice{{T: int64(seq), What: "select", Slot: 1, Via: "mouse"}}}}
	text, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(text)
	z.Close()
	return put(token, page, attempt, seq, b.Bytes(), "gzip"), recording.Digest(b.Bytes())
}

func put(token, page string, attempt, seq int, body []byte, encoding string) ask {
	return ask{"PUT", fmt.Sprintf("/api/v1/pages/%s/%d/%d", page, attempt, seq), token, body,
		map[string]string{"Content-Encoding": encoding, "Content-Digest": "sha-256=:" + base64Of(recording.Digest(body)) + ":"}}
}

// submitOf returns the submit of an attempt with n chunks.
func submitOf(token, page string, attempt, n int, answer any) ask {
	var digests []string
	for seq := range n {
		_, d := chunkOf(token, page, attempt, seq)
		digests = append(digests, d)
	}
	return ask{"PUT", "/api/v1/pages/" + page, token, map[string]any{"attempt": attempt, "chunks": n, "events": n,
		"chain": recording.Chain(digests), "ended": 1.5, "answer": answer}, nil}
}

var chosen = map[string]any{"selected": []int{0, 2}}

// work does a page with two chunks.
func (r *rig) work(token, page string, answer any) {
	r.t.Helper()
	for seq := range 2 {
		c, _ := chunkOf(token, page, 1, seq)
		r.want(201, "", c)
	}
	if m := r.want(200, "", submitOf(token, page, 1, 2, answer)); m["stored"] != true {
		r.t.Errorf("%v", m)
	}
}

// check runs the check of everything.
func (r *rig) check() {
	r.t.Helper()
	err := r.db.View(r.t.Context(), func(v *storage.View) error {
		_, err := v.Check(func(where, what string) { r.t.Errorf("%s: %s", where, what) })
		if err != nil {
			return err
		}
		a, err := v.Account()
		if a.Shown != a.Submitted+a.Open+a.Left+a.Withdrawn || a.ChunksAnnounced != a.ChunksStored+a.ChunksMissing {
			r.t.Errorf("the account does not add up: %+v", a)
		}
		return err
	})
	if err != nil {
		r.t.Error(err)
	}
}

// The whole way of an annotator, with answers that are lost and requests that come twice.
func TestWay(t *testing.T) {
	r := newRig(t, collect.Browse, nil)
	v := r.want(200, "", visitOf("ann"))
	token := v["token"].(string)
	study := v["study"].(map[string]any)
	if v["state"] != "consent" || v["arm"] != nil || v["participation"] != nil || study["id"] != "birds" || study["contact"] != "me@lab.org" || study["pages"] != 2. || study["minutes"] != 4. ||
		!strings.HasPrefix(study["texts"].(map[string]any)["landing"].(string), "<p>In this study") {
		t.Errorf("%v", v)
	}
	if m := r.want(200, "", ask{"GET", "/api/v1/state", token, nil, nil}); m["state"] != "consent" || m["assignment"] != nil {
		t.Errorf("%v", m)
	}
	r.want(409, "no_consent", ask{"POST", "/api/v1/lease", token, map[string]any{}, nil})
	a := r.want(200, "", agreement(token, v["consent"].(map[string]any), "full"))
	if a["state"] != "work" || a["level"] != "full" || a["arm"].(map[string]any)["pointer"] != "default" || !collect.CodeIsWellFormed(a["participation"].(string)) {
		t.Errorf("%v", a)
	}
	pages := r.pages(token)
	if len(pages) != 2 || len(pages[0]["slots"].([]any)) != 4 || pages[0]["class"].(map[string]any)["name"] == "" {
		t.Fatalf("%v", pages)
	}
	slot := pages[0]["slots"].([]any)[0].(map[string]any)
	status, header, body := r.raw(ask{"GET", "/img/" + slot["key"].(string), "", nil, nil})
	m, err := png.Decode(bytes.NewReader(body))
	if status != 200 || err != nil || float64(m.Bounds().Dx()) != slot["width"] || header.Get("Cache-Control") != "private, max-age=86400, immutable" || header.Get("Last-Modified") != "" {
		t.Errorf("%d %v %v", status, header, err)
	}
	if text := fmt.Sprint(pages); strings.Contains(text, "secretname") || strings.Contains(text, "known") {
		t.Errorf("the lease names images: %s", text)
	}
	first, second := pages[0]["page"].(string), pages[1]["page"].(string)
	r.want(409, "incomplete", ask{"POST", "/api/v1/finish", token, map[string]any{}, nil})
	c, _ := chunkOf(token, first, 1, 1)
	r.want(201, "", c)
	r.want(200, "", c)
	submit := submitOf(token, first, 1, 2, chosen)
	if m := r.want(202, "", submit); fmt.Sprint(m["missing"]) != "[0]" {
		t.Errorf("%v", m)
	}
	m2 := r.want(409, "incomplete", ask{"POST", "/api/v1/finish", token, map[string]any{}, nil})
	if fmt.Sprint(m2["missing"]) != fmt.Sprintf("[map[attempt:1 chunks:[0] page:%s]]", first) || len(m2["open"].([]any)) != 2 {
		t.Errorf("%v", m2)
	}
	c, _ = chunkOf(token, first, 1, 0)
	r.want(201, "", c)
	for range 2 {
		if m := r.want(200, "", submit); m["stored"] != true || m["surplus"] != nil {
			t.Errorf("%v", m)
		}
	}
	submit.body.(map[string]any)["answer"] = map[string]any{"selected": []int{}}
	r.want(409, "submit_differs", submit)

	// The same link in another browser, or after a reload: the same pages, the next attempt.
	again := r.want(200, "", visitOf("ann"))
	other := again["token"].(string)
	if again["state"] != "work" || other == token || again["participation"] != a["participation"] {
		t.Errorf("%v", again)
	}
	reload := visitOf("ann")
	reload.token = other
	if m := r.want(200, "", reload); m["token"] != other {
		t.Errorf("a visit goes on with its token: %v", m)
	}
	// The other browser may be at work: the first one stops when it is asked to.
	r.want(409, "elsewhere", ask{"POST", "/api/v1/lease", other, map[string]any{"take": false}, nil})
	beat := func(token string) any {
		return r.want(200, "", ask{"POST", "/api/v1/beat", "", map[string]any{"token": token}, nil})["taken"]
	}
	if beat(token) != false {
		t.Error("the first browser stops before it was asked to")
	}
	r.want(200, "", ask{"POST", "/api/v1/lease", other, map[string]any{"take": true}, nil})
	if beat(token) != true || beat(other) != false {
		t.Error("the first browser does not stop")
	}
	if p := r.pages(other); p[0]["page"] != first || p[0]["submitted"] != true || p[0]["attempts"] != 1.0 || p[1]["submitted"] != false {
		t.Errorf("%v", p)
	}
	c, _ = chunkOf(other, first, 2, 0)
	r.want(201, "", c)
	if m := r.want(200, "", submitOf(other, first, 2, 1, chosen)); m["surplus"] != true {
		t.Errorf("%v", m)
	}
	r.work(other, second, chosen)
	end := r.want(200, "", ask{"POST", "/api/v1/finish", other, map[string]any{}, nil})
	if !collect.CodeIsWellFormed(end["code"].(string)) || end["more"] != false || end["participation"] != a["participation"] {
		t.Errorf("%v", end)
	}
	if m := r.want(200, "", ask{"POST", "/api/v1/finish", other, map[string]any{}, nil}); m["code"] != end["code"] {
		t.Errorf("the code changes: %v", m)
	}
	if m := r.want(200, "", visitOf("ann")); m["state"] != "done" {
		t.Errorf("%v", m["state"])
	}
	if m := r.want(200, "", visitOf("bob")); m["state"] != "full" {
		t.Errorf("nothing is left for bob: %v", m["state"])
	}
	if m := r.want(200, "", ask{"POST", "/api/v1/lease", other, map[string]any{"read_ms": 5}, nil}); m["assignment"] != nil {
		t.Errorf("%v", m)
	}
	r.check()
}

// What is wrong is refused with a code, and changes nothing.
func TestRefused(t *testing.T) {
	r := newRig(t, collect.Browse, nil)
	token := r.agree("ann")
	page := r.pages(token)[0]["page"].(string)
	bob := r.want(200, "", visitOf("bob"))["token"].(string)
	good, _ := chunkOf(token, page, 1, 0)
	r.want(201, "", good)
	with := func(a ask, change func(*ask)) ask {
		a.header = map[string]string{"Content-Encoding": a.header["Content-Encoding"], "Content-Digest": a.header["Content-Digest"]}
		change(&a)
		return a
	}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	z.Write(make([]byte, 5<<20))
	z.Close()
	other, _ := chunkOf(token, page, 1, 0)
	other.body = bytes.Replace(mustChunk(page, 1, 0), []byte(`"slot":[1]`), []byte(`"slot":[2]`), 1)
	start := bytes.Replace(mustChunk(page, 1, 1), []byte(`"t0":1000`), []byte(`"t0":1001`), 1)
	elsewhere := mustChunk(page, 1, 5)
	nowhere := newID()
	text := r.want(200, "", visitOf("cat"))["consent"].(map[string]any)
	for _, c := range []struct {
		name   string
		status int
		code   string
		ask    ask
	}{
		{"no token", 401, "no_visit", ask{"POST", "/api/v1/lease", "", "{}", nil}},
		{"wrong token", 401, "no_visit", ask{"POST", "/api/v1/lease", strings.Repeat("0", 64), "{}", nil}},
		{"no JSON", 400, "bad_json", ask{"POST", "/api/v1/visit", "", "x", nil}},
		{"unknown key", 400, "bad_json", ask{"POST", "/api/v1/lease", token, `{"a": 1}`, nil}},
		{"two values", 400, "bad_json", ask{"POST", "/api/v1/lease", token, `{} {}`, nil}},
		{"large body", 413, "too_large", ask{"POST", "/api/v1/lease", token, strings.Repeat(" ", 5000), nil}},
		{"platform", 400, "bad_platform", ask{"POST", "/api/v1/visit", "", map[string]any{"platform": "mturk", "device": fine}, nil}},
		{"touch", 403, "device", ask{"POST", "/api/v1/visit", "", map[string]any{"platform": "link", "params": map[string]string{"name": "x"},
			"device": map[string]any{"pointers": []string{"coarse"}}}, nil}},
		{"no name", 403, "no_invitation", visitOf("")},
		{"invitation", 403, "bad_invitation", ask{"POST", "/api/v1/visit", "", map[string]any{"platform": "link", "params": map[string]string{"token": "x"}, "device": fine}, nil}},
		{"level", 400, "bad_level", agreement(bob, text, "answers")},
		{"level", 400, "bad_level", agreement(bob, text, "all")},
		{"other text", 409, "consent_changed", agreement(bob, map[string]any{"version": 1, "sha256": "00"}, "full")},
		{"lease before consent", 409, "no_consent", ask{"POST", "/api/v1/lease", bob, "{}", nil}},
		{"somebody else's page", 404, "unknown", with(good, func(a *ask) { a.token = bob })},
		{"somebody else's submit", 404, "unknown", submitOf(bob, page, 1, 1, chosen)},
		{"page", 404, "unknown", put(token, nowhere, 1, 0, mustChunk(nowhere, 1, 0), "")},
		{"attempt 0", 400, "bad_number", put(token, page, 0, 0, nil, "")},
		{"seq", 400, "bad_number", put(token, page, 1, 5000, nil, "")},
		{"seq", 400, "bad_number", put(token, page, 1, -1, nil, "")},
		{"half a digest", 400, "bad_digest", with(good, func(a *ask) { a.header["Content-Digest"] = "sha-256=" })},
		{"other digest", 400, "bad_digest", with(good, func(a *ask) { a.body = []byte("x") })},
		{"encoding", 400, "bad_chunk", with(good, func(a *ask) { a.header["Content-Encoding"] = "br" })},
		{"no chunk", 400, "bad_chunk", put(token, page, 1, 1, []byte("{}"), "")},
		{"bomb", 400, "bad_chunk", put(token, page, 1, 1, bomb.Bytes(), "gzip")},
		{"half a gzip", 400, "bad_chunk", put(token, page, 1, 1, good.body.([]byte)[:20], "gzip")},
		{"other address", 400, "bad_chunk", put(token, page, 1, 1, elsewhere, "")},
		{"large chunk", 413, "too_large", put(token, page, 1, 1, make([]byte, maxChunk+1), "")},
		{"other bytes", 409, "chunk_differs", put(token, page, 1, 0, other.body.([]byte), "")},
		{"other start", 409, "other_start", put(token, page, 1, 1, start, "")},
		{"no chunks", 400, "bad_submit", submitOf(token, page, 1, 0, chosen)},
		{"no answer", 400, "bad_submit", submitOf(token, page, 1, 1, nil)},
		{"slot", 400, "bad_submit", submitOf(token, page, 1, 1, map[string]any{"selected": []int{4}})},
		{"twice", 400, "bad_submit", submitOf(token, page, 1, 1, map[string]any{"selected": []int{1, 1}})},
		{"icons", 400, "bad_submit", submitOf(token, page, 1, 1, map[string]any{"icons": []int{}})},
		{"lost", 400, "bad_submit", with(submitOf(token, page, 1, 1, chosen), func(a *ask) { a.body.(map[string]any)["lost"] = []int{1} })},
		{"chain", 400, "bad_submit", with(submitOf(token, page, 1, 1, chosen), func(a *ask) { a.body.(map[string]any)["chain"] = "\x00" })},
		{"error", 400, "bad_json", ask{"POST", "/api/v1/oops", token, map[string]any{"error": "a\x00b"}, nil}},
		{"page", 400, "bad_address", ask{"PUT", "/api/v1/pages/a%00/1/0", token, "x", nil}},
		{"page not in UTF-8", 400, "bad_address", ask{"PUT", "/api/v1/pages/%ff", token, "{}", nil}},
		{"what", 400, "bad_what", ask{"POST", "/api/v1/leave", token, map[string]any{"what": "go"}, nil}},
		{"delete without withdrawing", 400, "bad_what", ask{"POST", "/api/v1/leave", token, map[string]any{"what": "return", "delete": true}, nil}},
		{"nothing to finish", 409, "no_assignment", ask{"POST", "/api/v1/finish", bob, "{}", nil}},
		{"study", 404, "no_study", ask{"GET", "/s/other", "", nil, nil}},
		{"file", 404, "no_file", ask{"GET", "/page/other.js", "", nil, nil}},
		{"image", 404, "no_image", ask{"GET", "/img/AAAA", "", nil, nil}},
		{"route", 404, "no_route", ask{"GET", "/api/v2/visit", "", nil, nil}},
		{"method", 405, "method", ask{"DELETE", "/api/v1/visit", "", nil, nil}},
		{"beat", 401, "no_visit", ask{"POST", "/api/v1/beat", "", map[string]any{"token": "x"}, nil}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status, m := r.do(c.ask); status != c.status || m["code"] != c.code || m["error"] == "" {
				t.Errorf("%d %v, want %d %s", status, m, c.status, c.code)
			}
		})
	}
	err := r.db.View(t.Context(), func(v *storage.View) error {
		a, err := v.Account()
		if a.ChunksStored != 1 || a.Conflicts != 1 || a.Submitted != 0 {
			t.Errorf("%+v", a)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	r.check()
}

func mustChunk(page string, attempt, seq int) []byte {
	a, _ := chunkOf("", page, attempt, seq)
	z, err := gzip.NewReader(bytes.NewReader(a.body.([]byte)))
	if err != nil {
		panic(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		panic(err)
	}
	return b
}

// What an annotator did not agree to is not stored, whatever the page sends.
func TestLevels(t *testing.T) {
	r := newRig(t, collect.Browse, func(s string) string {
		return strings.Replace(strings.Replace(s, `needs = "events"`, `needs = "answers"`, 1), "k = 1", "k = 9", 1)
	})
	events := map[string]recording.Events{
		"samples": {Samples: []recording.Sample{{T: 1, Pointer: "mouse"}}},
		"presses": {Presses: []recording.Press{{T: 1, What: "down"}}},
		"choices": {Choices: []recording.Choice{{T: 1, What: "select"}}},
		"places":  {Choices: []recording.Choice{{T: 1, What: "deselect", X: 5}}},
	}
	for level, allowed := range map[string]string{"full": "samples presses choices places", "events": "presses choices places", "answers": "choices"} {
		v := r.want(200, "", visitOf(level))
		token := v["token"].(string)
		r.want(200, "", agreement(token, v["consent"].(map[string]any), level))
		page := r.pages(token)[0]["page"].(string)
		seq := 0
		for kind, e := range events {
			body, err := json.Marshal(&recording.Chunk{Format: recording.Format, Page: page, Attempt: 1, Seq: seq, T0: 1, Events: e})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(allowed, kind) {
				r.want(201, "", put(token, page, 1, seq, body, ""))
			} else {
				r.want(403, "not_agreed", put(token, page, 1, seq, body, ""))
			}
			seq++
		}
		// Nobody knows what events of a newer page hold.
		body := fmt.Appendf(nil, `{"format":1,"page":%q,"attempt":1,"seq":%d,"t0":1,"sparks":{"t":[1,2]}}`, page, seq)
		if level == "full" {
			r.want(201, "", put(token, page, 1, seq, body, ""))
		} else {
			r.want(403, "not_agreed", put(token, page, 1, seq, body, ""))
		}
	}
	r.check()
}

// A start says that the text of the consent has changed.
func TestConsentNote(t *testing.T) {
	versions := func(n int) (all []storage.Consent) {
		for i := range n {
			all = append(all, storage.Consent{Version: int64(i + 1)})
		}
		return all
	}
	for _, c := range []struct {
		before  int
		version int64
		want    string
	}{{0, 1, ""}, {1, 1, ""}, {1, 2, "consent.md has changed: it is version 2 from now on"}, {2, 1, "consent.md is version 1 again, though version 2 was served later"}} {
		if note := consentNote(versions(c.before), c.version); !strings.HasPrefix(note, c.want) || (note == "") != (c.want == "") {
			t.Errorf("%d versions, then %d: %q", c.before, c.version, note)
		}
	}
}

// A server that is started again knows tokens, images and pages.
func TestRestart(t *testing.T) {
	r := newRig(t, collect.Browse, nil)
	token := r.agree("ann")
	pages := r.pages(token)
	key := pages[0]["slots"].([]any)[1].(map[string]any)["key"].(string)
	r.stop()
	r.start()
	if again := r.pages(token); fmt.Sprint(again) != fmt.Sprint(pages) {
		t.Errorf("%v, want %v", again, pages)
	}
	if status, _, _ := r.raw(ask{"GET", "/img/" + key, "", nil, nil}); status != 200 {
		t.Errorf("image: %d", status)
	}
}

// A text that changed is asked for again. Pages that were begun are stored.
func TestConsentChanged(t *testing.T) {
	r := newRig(t, collect.Browse, nil)
	token := r.agree("ann")
	page := r.pages(token)[0]["page"].(string)
	r.stop()
	os.WriteFile(filepath.Join(r.dir, "consent.md"), []byte("New. <script>alert(1)</script> [a](javascript:alert(1)) **bold**"), 0o666)
	r.start()
	r.work(token, page, chosen)
	m := r.want(409, "consent_changed", ask{"POST", "/api/v1/lease", token, "{}", nil})
	text := m["consent"].(map[string]any)
	if html := text["html"].(string); strings.Contains(html, "script") || !strings.Contains(html, "<strong>bold</strong>") || text["version"] != 2.0 {
		t.Errorf("%v", text)
	}
	if v := r.want(200, "", visitOf("ann")); v["state"] != "consent" {
		t.Errorf("%v", v["state"])
	}
	r.want(200, "", agreement(token, text, "events"))
	if p := r.pages(token); p[0]["submitted"] != true {
		t.Errorf("%v", p)
	}
}

// Somebody who has finished work and does not agree to a text that changed is still known, so that the work can be paid.
func TestRefusedAfterWork(t *testing.T) {
	r := newRig(t, collect.Browse, nil)
	token := r.agree("annabelle")
	for _, p := range r.pages(token) {
		r.work(token, p["page"].(string), chosen)
	}
	r.stop()
	if err := os.WriteFile(filepath.Join(r.dir, "consent.md"), []byte("New."), 0o666); err != nil {
		t.Fatal(err)
	}
	r.start()
	if m := r.want(200, "", ask{"POST", "/api/v1/consent", token, map[string]any{"agreed": false}, nil}); m["state"] != "refused" {
		t.Errorf("%v", m)
	}
	var workers []storage.Worker
	r.view(func(v *storage.View) (err error) {
		workers, err = v.Workers()
		return err
	})
	if len(workers) != 1 || workers[0].State != storage.Refused {
		t.Fatalf("%+v", workers)
	}
	if _, id, err := r.server.Identities.Find(t.Context(), workers[0].ID); err != nil || id != "name annabelle" {
		t.Errorf("who has finished work is known as %q, %v", id, err)
	}
	r.check()
}

// Below the limit no work is given out, but what is recorded is stored, until the disk is full. Nothing is
// acknowledged when a commit fails.
func TestDisk(t *testing.T) {
	r := newRig(t, collect.Browse, nil)
	token := r.agree("ann")
	page := r.pages(token)[0]["page"].(string)
	if m := r.want(200, "", ask{"GET", "/readyz", "", nil, nil}); m["ok"] != true {
		t.Errorf("%v", m)
	}
	r.free.Store(1<<30 - 1)
	r.want(503, "disk_full", ask{"GET", "/readyz", "", nil, nil})
	r.want(503, "disk_full", ask{"POST", "/api/v1/lease", token, "{}", nil})
	r.want(503, "disk_full", visitOf("bob"))
	c, _ := chunkOf(token, page, 1, 0)
	r.want(201, "", c)
	r.free.Store(1 << 20)
	c, _ = chunkOf(token, page, 1, 1)
	status, header, _ := r.raw(c)
	if status != 503 || header.Get("Retry-After") != "5" {
		t.Errorf("%d %v", status, header)
	}
	r.want(503, "disk_full", submitOf(token, page, 1, 2, chosen))
	r.free.Store(1 << 40)
	r.broken.Store(true)
	status, header, _ = r.raw(c)
	if status != 503 || header.Get("Retry-After") != "5" {
		t.Errorf("%d %v", status, header)
	}
	r.want(503, "not_stored", ask{"GET", "/readyz", "", nil, nil})
	r.want(200, "", ask{"GET", "/healthz", "", nil, nil})
	r.broken.Store(false)
	if m := r.want(202, "", submitOf(token, page, 1, 2, chosen)); fmt.Sprint(m["missing"]) != "[1]" {
		t.Errorf("the chunk of the failed commit is not there: %v", m)
	}
	r.want(201, "", c)
	r.want(200, "", submitOf(token, page, 1, 2, chosen))
	r.check()
}

// Who wants everything deleted leaves nothing in any file: no chunk, pseudonym or name.
func TestDelete(t *testing.T) {
	r := newRig(t, collect.Browse, func(s string) string { return strings.Replace(s, "k = 1", "k = 3", 1) })
	token := r.agree("Annabel Lee")
	page := r.pages(token)[0]
	r.work(token, page["page"].(string), chosen)
	_, worker, err := r.db.Session(t.Context(), hash(token))
	if err != nil {
		t.Fatal(err)
	}
	chunk, digest := chunkOf(token, page["page"].(string), 1, 0)
	traces := [][]byte{chunk.body.([]byte), []byte(digest), []byte(worker.ID), []byte("Annabel"), []byte(page["page"].(string))}
	for i, n := range r.traces(traces) {
		if n == 0 {
			t.Errorf("trace %d is not there before the deletion, so that its absence shows nothing", i)
		}
	}
	m := r.want(200, "", ask{"POST", "/api/v1/leave", token, map[string]any{"what": "withdraw", "delete": true}, nil})
	if !collect.CodeIsWellFormed(m["participation"].(string)) {
		t.Errorf("%v", m)
	}
	for i, n := range r.traces(traces) {
		if n > 0 {
			t.Errorf("%d times left: %.20q", n, traces[i])
		}
	}
	r.want(401, "no_visit", ask{"POST", "/api/v1/lease", token, "{}", nil})
	key := page["slots"].([]any)[0].(map[string]any)["key"].(string)
	r.want(404, "no_image", ask{"GET", "/img/" + key, "", nil, nil})
	r.check()
	if v := r.want(200, "", visitOf("Annabel Lee")); v["state"] != "consent" {
		t.Errorf("who comes back is asked again: %v", v["state"])
	}
}

// traces counts texts in all files of the study.
func (r *rig) traces(texts [][]byte) []int {
	n := make([]int, len(texts))
	err := filepath.WalkDir(r.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		for i, text := range texts {
			n[i] += bytes.Count(b, text)
		}
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

func TestLeave(t *testing.T) {
	r := newRig(t, collect.Browse, nil)
	ann, bob := r.agree("ann"), r.agree("bob")
	page := r.pages(ann)[0]["page"].(string)
	r.work(ann, page, chosen)
	if p := r.pages(bob); p != nil {
		t.Fatalf("%v", p)
	}
	r.want(200, "", ask{"POST", "/api/v1/leave", ann, map[string]any{"what": "return"}, nil})
	page = r.pages(bob)[0]["page"].(string)
	c, _ := chunkOf(bob, page, 1, 0)
	r.want(201, "", c)
	r.want(200, "", ask{"POST", "/api/v1/leave", bob, map[string]any{"what": "withdraw", "delete": false}, nil})
	c, _ = chunkOf(bob, page, 1, 1)
	r.want(410, "withdrawn", c)
	r.want(410, "withdrawn", ask{"POST", "/api/v1/lease", bob, "{}", nil})
	if v := r.want(200, "", visitOf("bob")); v["state"] != "refused" || v["reason"] == "" {
		t.Errorf("%v", v)
	}
	cat := r.want(200, "", visitOf("catherine"))["token"].(string)
	if n := r.traces([][]byte{[]byte("catherine")}); n[0] == 0 {
		t.Error("the name is not there before the refusal, so that its absence shows nothing")
	}
	if m := r.want(200, "", ask{"POST", "/api/v1/consent", cat, map[string]any{"agreed": false}, nil}); m["state"] != "refused" {
		t.Errorf("%v", m)
	}
	if n := r.traces([][]byte{[]byte("catherine")}); n[0] > 0 {
		t.Error("the name of somebody who refused is kept")
	}
	if v := r.want(200, "", visitOf("catherine")); v["state"] != "consent" {
		t.Errorf("who refused may think again: %v", v["state"])
	}
	r.check()
}

// Beats extend the lease and compare clocks; a lease without them ends, and finished work is stored after all.
func TestBeat(t *testing.T) {
	r := newRig(t, collect.Browse, nil)
	ann, bob := r.agree("ann"), r.agree("bob")
	pages := r.pages(ann)
	r.now.Add(9 * 60_000)
	m := r.want(200, "", ask{"POST", "/api/v1/beat", "", map[string]any{"token": ann, "sent": 5.5, "monotonic": 1.5,
		"page": pages[0]["page"], "leaving": false, "offset": -3.5, "delay": 2.5}, nil})
	if m["lease_until"] != float64(r.now.Load()+600_000) || m["received"] != float64(r.now.Load()) {
		t.Errorf("%v", m)
	}
	r.now.Add(11 * 60_000)
	theirs := r.pages(bob)
	for _, p := range theirs {
		r.work(bob, p["page"].(string), chosen)
	}
	for _, p := range pages {
		r.work(ann, p["page"].(string), chosen)
	}
	r.want(200, "", ask{"POST", "/api/v1/finish", ann, "{}", nil})
	err := r.db.View(t.Context(), func(v *storage.View) error {
		a, err := v.Account()
		if a.Done != 1 || a.Surplus != 1 {
			t.Errorf("%+v", a)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	r.want(200, "", ask{"POST", "/api/v1/oops", ann, map[string]any{"error": "TypeError"}, nil})
	r.want(413, "too_large", ask{"POST", "/api/v1/oops", ann, map[string]any{"error": strings.Repeat("x", 3000)}, nil})
	r.check()
}

func TestTag(t *testing.T) {
	r := newRig(t, collect.Tag, nil)
	token := r.agree("ann")
	lease := r.want(200, "", ask{"POST", "/api/v1/lease", token, "{}", nil})
	supers := lease["superclasses"].([]any)
	if len(supers) != 11 || lease["placing"] != "both" || len(lease["pages"].([]any)) != 8 {
		t.Errorf("%v", lease)
	}
	page := lease["pages"].([]any)[0].(map[string]any)["page"].(string)
	icons := func(name string, x float64) any {
		return map[string]any{"icons": []any{map[string]any{"icon": name, "x": x, "y": 0.5}}}
	}
	c, _ := chunkOf(token, page, 1, 0)
	r.want(201, "", c)
	r.want(400, "bad_submit", submitOf(token, page, 1, 1, icons("unicorn", 0.5)))
	r.want(400, "bad_submit", submitOf(token, page, 1, 1, icons("cat", 50)))
	r.want(400, "bad_submit", submitOf(token, page, 1, 1, chosen))
	r.want(200, "", submitOf(token, page, 1, 1, icons("cat", 0.5)))
	r.check()
}

// Invitations are for one person each.
func TestInvitation(t *testing.T) {
	r := newRig(t, collect.Browse, func(s string) string { return strings.Replace(s, "open = true", "open = false", 1) })
	r.want(403, "no_invitation", visitOf("ann"))
	token := NewToken()
	if _, err := r.db.AddInvites(t.Context(), [][]byte{TokenHash(token)}, 1); err != nil {
		t.Fatal(err)
	}
	ask := ask{"POST", "/api/v1/visit", "", map[string]any{"platform": "link", "params": map[string]string{"token": token}, "device": fine}, nil}
	_, first, _ := r.db.Session(t.Context(), hash(r.want(200, "", ask)["token"].(string)))
	_, again, _ := r.db.Session(t.Context(), hash(r.want(200, "", ask)["token"].(string)))
	if first.ID == "" || first.ID != again.ID {
		t.Errorf("%+v, then %+v", first, again)
	}
	if _, id, err := r.server.Identities.Find(t.Context(), first.ID); id != "invitation 1" || err != nil {
		t.Errorf("identity %q %v", id, err)
	}
	if n := r.traces([][]byte{[]byte(token)}); n[0] > 0 {
		t.Error("the token of the invitation is in a file")
	}
}

// Arms of equal weights are given in turn, in random order, and stay.
func TestArms(t *testing.T) {
	r := newRig(t, collect.Browse, func(s string) string {
		return strings.Replace(s, "k = 1", "k = 9", 1) + "\n[arms.plain]\n[arms.red]\npointer = \"red-dot\"\n"
	})
	count := map[string]int{}
	for i := range 8 {
		token := r.agree(fmt.Sprint("p", i))
		r.pages(token)
		v := r.want(200, "", visitOf(fmt.Sprint("p", i)))
		arm := v["arm"].(map[string]any)
		count[arm["name"].(string)]++
		if want := map[string]string{"plain": "default", "red": "red-dot"}[arm["name"].(string)]; arm["pointer"] != want {
			t.Errorf("%v", arm)
		}
		if d := count["plain"] - count["red"]; d < -1 || d > 1 {
			t.Errorf("%v", count)
		}
	}
	if count["plain"] != 4 {
		t.Errorf("%v", count)
	}
}

// One token is limited to 30 requests a second; others are not disturbed.
func TestRate(t *testing.T) {
	r := newRig(t, collect.Browse, nil)
	ann, bob := r.agree("ann"), r.agree("bob")
	limited := 0
	var after string
	for range 200 {
		status, header, _ := r.raw(ask{"GET", "/api/v1/state", ann, nil, nil})
		if status == 429 {
			limited++
			after = header.Get("Retry-After")
		}
	}
	if limited < 20 || after != "1" {
		t.Errorf("%d of 200 requests were limited, Retry-After %q", limited, after)
	}
	r.want(200, "", ask{"GET", "/api/v1/state", bob, nil, nil})
	noted := 0 // what is kept for ever has a lower limit
	for range 60 {
		if status, _, _ := r.raw(ask{"POST", "/api/v1/oops", bob, map[string]any{"error": "TypeError"}, nil}); status == 200 {
			noted++
		}
	}
	if noted < 20 || noted > 25 {
		t.Errorf("%d of 60 reports were kept", noted)
	}
}

// Browsers get a page in the language of the study, and programs an error in JSON.
func TestNowhere(t *testing.T) {
	r := newRig(t, collect.Browse, func(s string) string { return strings.Replace(s, `language = "en"`, `language = "de-AT"`, 1) })
	browser := map[string]string{"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
	for path, up := range map[string]string{"/": "page/", "/s/wren": "../page/", "/s/birds/": "../../page/"} {
		r.want(404, "", ask{"GET", path, "", nil, nil})
		status, h, body := r.raw(ask{"GET", path, "", nil, browser})
		if text := string(body); status != 404 || h.Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(text, `href="`+up+`style.css"`) ||
			!strings.Contains(text, `<html lang="de">`) || !strings.Contains(text, "Unter dieser Adresse gibt es keine Studie") {
			t.Errorf("%s: %d %s %s", path, status, h.Get("Content-Type"), text)
		}
	}
	if _, _, body := r.raw(ask{"GET", "/s/birds", "", nil, browser}); !strings.Contains(string(body), `<html lang="de"><title>page</title>`) {
		t.Errorf("%s", body)
	}
}

// From the fifth assignment on, annotators are told how long those that were submitted took.
func TestMinutes(t *testing.T) {
	r := newRig(t, collect.Browse, func(s string) string { return strings.Replace(s, "\nk = 1 ", "\nk = 9 ", 1) })
	for i, want := range []float64{4, 4, 4, 4, 4, 7} {
		r.server.tidy(t.Context())
		name := fmt.Sprintf("ann %d", i)
		if study := r.want(200, "", visitOf(name))["study"].(map[string]any); study["minutes"] != want {
			t.Errorf("visit %d: about %v minutes, want %v", i, study["minutes"], want)
		}
		token := r.agree(name)
		pages := r.pages(token)
		r.work(token, pages[0]["page"].(string), chosen)
		r.now.Add(int64(5+i) * 60_000)
		r.work(token, pages[1]["page"].(string), chosen)
		r.want(200, "", ask{"POST", "/api/v1/finish", token, map[string]any{}, nil})
	}
}

// Every answer has the headers that keep the page to itself, and the log has no address, query or name.
func TestHeadersAndLog(t *testing.T) {
	r := newRig(t, collect.Browse, nil)
	r.agree("Annabel")
	for _, path := range []string{"/s/birds?name=Annabel", "/page/start.js", "/img/x", "/healthz", "/nothing"} {
		_, h, _ := r.raw(ask{"GET", path, "", nil, nil})
		if !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'") ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("Cross-Origin-Opener-Policy") != "same-origin" {
			t.Errorf("%s: %v", path, h)
		}
	}
	r.web.Close()
	log := r.log.String()
	if !strings.Contains(log, "GET /s/{study}") || !strings.Contains(log, "status=404") {
		t.Errorf("%s", log)
	}
	for _, private := range []string{"127.0.0.1", "Annabel", "name="} {
		if strings.Contains(log, private) {
			t.Errorf("the log has %q: %s", private, log)
		}
	}
}

// A file that is gone is in the log, without an address of the annotator's.
func TestImageGone(t *testing.T) {
	r := newRig(t, collect.Browse, nil)
	key := r.pages(r.agree("anna"))[0]["slots"].([]any)[0].(map[string]any)["key"].(string)
	study, err := collect.Open(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	images, _, err := study.Plan()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range images {
		if err := os.Remove(filepath.Join(study.ImageFolder(), m.Path)); err != nil {
			t.Fatal(err)
		}
	}
	r.want(404, "no_image", ask{"GET", "/img/" + key, "", nil, nil})
	if log := r.log.String(); !strings.Contains(log, `level=ERROR msg="showing an image" error="openat `) || strings.Contains(log, key) {
		t.Error(log)
	}
}

// browser returns a function that asks for the administrator's pages as a browser does, and its cookies.
func (r *rig) browser() (get func(method, path, form string, header map[string]string) (int, string, http.Header), jar map[string]string) {
	jar = map[string]string{}
	get = func(method, path, form string, header map[string]string) (int, string, http.Header) {
		q, _ := http.NewRequest(method, r.admin.URL+path, strings.NewReader(form))
		if form != "" {
			q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for k, v := range header {
			q.Header.Set(k, v)
		}
		for k, v := range jar {
			q.AddCookie(&http.Cookie{Name: k, Value: v})
		}
		a, err := http.DefaultTransport.RoundTrip(q)
		if err != nil {
			r.t.Fatal(err)
		}
		defer a.Body.Close()
		for _, c := range a.Cookies() {
			jar[c.Name] = c.Value
			if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode {
				r.t.Errorf("cookie %+v", c)
			}
		}
		b, _ := io.ReadAll(a.Body)
		return a.StatusCode, string(b), a.Header
	}
	return get, jar
}

// The administrator's pages need the token, and other sites cannot use them.
func TestAdmin(t *testing.T) {
	r := newRig(t, collect.Browse, nil)
	token := r.agree("ann")
	for _, p := range r.pages(token) {
		r.work(token, p["page"].(string), chosen)
	}
	get, jar := r.browser()
	for _, path := range []string{"/", "/people", "/assignments"} {
		if status, _, h := get("GET", path, "", nil); status != 303 || h.Get("Location") != "/login" {
			t.Errorf("%s without a login: %d %v", path, status, h)
		}
	}
	if status, body, _ := get("POST", "/login", "token=wrong", nil); status != 403 || !strings.Contains(body, "This is not the token") {
		t.Errorf("%d %s", status, body)
	}
	if status, _, _ := get("POST", "/login", "token="+r.server.keys.Admin, map[string]string{"Sec-Fetch-Site": "cross-site"}); status != 403 {
		t.Errorf("from another site: %d", status)
	}
	if status, _, h := get("GET", "/people?token="+r.server.keys.Admin, "", nil); status != 303 || h.Get("Location") != "/people" {
		t.Errorf("%d %v", status, h)
	}
	_, body, h := get("GET", "/", "", nil)
	if !strings.Contains(body, "1 of 1 assignments are done (100 %)") || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("%v %s", h, body)
	}
	_, worker, _ := r.db.Session(t.Context(), hash(token))
	if _, body, _ := get("GET", "/people", "", nil); !strings.Contains(body, worker.ID) || strings.Contains(body, "ann<") {
		t.Errorf("%s", body)
	}
	_, body, _ = get("GET", "/assignments", "", nil)
	i := strings.Index(body, `href="/assignments/`)
	if i < 0 {
		t.Fatal(body)
	}
	path, _, _ := strings.Cut(body[i+6:], `"`)
	if _, body, _ := get("GET", path, "", nil); !strings.Contains(body, "robin") || !strings.Contains(body, `{&#34;selected&#34;:[0,2]}`) {
		t.Errorf("%s", body)
	}
	if status, _, _ := get("GET", "/assignments/other", "", nil); status != 404 {
		t.Errorf("an assignment that is not there: %d", status)
	}
	tries := 0
	for range 20 {
		if status, _, _ := get("POST", "/login", "token=wrong", nil); status == 429 {
			tries++
		}
	}
	if tries < 5 {
		t.Errorf("only %d of 20 tries were refused", tries)
	}
	get("POST", "/logout", "", nil)
	if left, known := jar["abtool-admin-birds"]; left != "" || !known {
		t.Error("the cookie is left after the logout")
	}
}

// Any body of a submit is either refused or makes sense.
func FuzzSubmit(f *testing.F) {
	f.Add([]byte(`{"attempt":1,"chunks":9,"events":3120,"chain":"","ended":1795448199000,"answer":{"selected":[3,7]}}`), true)
	f.Add([]byte(`{"attempt":1,"chunks":9,"events":1,"chain":"","ended":1.5,"lost":[1,2],"answer":{"icons":[{"icon":"cat","x":0.5,"y":0.4}]}}`), false)
	f.Add([]byte(`{"attempt":1,"chunks":1,"answer":{"selected":null}}`), true)
	browse, tag := &collect.Study{Settings: collect.Defaults(collect.Browse)}, &collect.Study{Settings: collect.Defaults(collect.Tag)}
	tag.Classes = []collect.Class{{ID: "cat", Name: "cat"}}
	f.Fuzz(func(t *testing.T, body []byte, isBrowse bool) {
		study := tag
		if isBrowse {
			study = browse
		}
		w := httptest.NewRecorder()
		in := submitBody{}
		if !read(w, httptest.NewRequest("PUT", "/", bytes.NewReader(body)), maxBody, &in) {
			if w.Code != 400 {
				t.Errorf("status %d", w.Code)
			}
			return
		}
		s, err := in.check(study, 48)
		if err != nil {
			return
		}
		if s.Attempt < 1 || s.Chunks < 1 || s.Chunks > storage.MaxChunks || s.Events < 0 || len(s.Lost) > s.Chunks || !json.Valid([]byte(s.Answer)) {
			t.Errorf("%s: %+v", body, s)
		}
		var a struct {
			Selected []int
			Icons    []struct{ Icon string }
		}
		if err := json.Unmarshal([]byte(s.Answer), &a); err != nil || isBrowse && (a.Icons != nil || a.Selected == nil) || !isBrowse && a.Selected != nil {
			t.Errorf("%s: %+v %v", body, a, err)
		}
	})
}

// What is due is deleted: platforms' ids after some days, and what was recorded of HITs that were left for a day.
func TestDue(t *testing.T) {
	r := newRig(t, collect.Browse, func(s string) string { return strings.Replace(s, `on_leave = "keep"`, `on_leave = "delete"`, 1) })
	token := r.agree("Annabel Lee")
	page := r.pages(token)[0]["page"].(string)
	c, _ := chunkOf(token, page, 1, 0)
	r.want(201, "", c)
	name, moves := []byte("Annabel"), c.body.([]byte)
	later := func(hours int64, names, chunks bool) {
		t.Helper()
		r.now.Add(hours * time.Hour.Milliseconds())
		r.server.tidy(t.Context())
		if n := r.traces([][]byte{name, moves}); (n[0] > 0) != names || (n[1] > 0) != chunks {
			t.Errorf("%d hours later: %d names, %d chunks", hours, n[0], n[1])
		}
	}
	later(1, true, true)
	later(23, true, true)
	later(2, true, false)
	later(88*24, true, false)
	later(24, false, false)
	r.check()
}
