package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"golang.org/x/time/rate"

	"abtool/collect"
	"abtool/collect/recording"
	"abtool/collect/storage"
	"abtool/ingest"
	"abtool/schema"
)

// A flood is a body of many megabytes whose length is not said.
type flood struct {
	sent atomic.Int64 // also while the answer is there already
	size int64
}

func (f *flood) Read(b []byte) (int, error) {
	n := min(int64(len(b)), f.size-f.sent.Load())
	for i := range b[:n] {
		b[i] = ' '
	}
	if f.sent.Add(n); n == 0 {
		return 0, io.EOF
	}
	return int(n), nil
}

// hostileRig serves with the limits of the real server.
func hostileRig(t *testing.T) *rig {
	r := newRig(t, collect.Browse, func(text string) string { return text[:strings.Index(text, "\n[compat]")] + compatOn })
	r.server.limits.rate = rate.Inf
	r.web.Close()
	r.web = httptest.NewUnstartedServer(nil)
	r.web.Config = HTTP(r.server.Handler())
	r.web.Start()
	return r
}

// A body of 100 MB is refused at each route after a part of it, also if its length is not said.
func TestFloods(t *testing.T) {
	r := hostileRig(t)
	token := r.agree("ann")
	page := r.pages(token)[0]["page"].(string)
	hit := r.hits()[0]
	for _, route := range []struct{ method, path string }{
		{"POST", "/api/v1/visit"}, {"POST", "/api/v1/consent"}, {"POST", "/api/v1/lease"}, {"PUT", "/api/v1/pages/" + page + "/1/0"},
		{"PUT", "/api/v1/pages/" + page}, {"POST", "/api/v1/beat"}, {"POST", "/api/v1/finish"}, {"POST", "/api/v1/leave"}, {"POST", "/api/v1/oops"},
		{"POST", "/api/imagenet/birds/hits/" + hit + "/annotations"}, {"PUT", "/api/imagenet/birds/annotations/a"}, {"POST", "/api/annotations"},
	} {
		for _, said := range []int64{-1, 100 << 20} {
			body := &flood{size: 100 << 20}
			q, err := http.NewRequest(route.method, r.web.URL+route.path, body)
			if err != nil {
				t.Fatal(err)
			}
			q.ContentLength = said
			q.Header.Set("Authorization", "Bearer "+token)
			answer, err := http.DefaultClient.Do(q)
			if err == nil { // else the server has closed the connection while the body was being sent
				if answer.Body.Close(); answer.StatusCode != 413 {
					t.Errorf("%s %s: %d", route.method, route.path, answer.StatusCode)
				}
			}
			if sent := body.sent.Load(); sent > 40<<20 {
				t.Errorf("%s %s: the server took %d MB", route.method, route.path, sent>>20)
			}
		}
	}
	r.want(200, "", ask{"GET", "/healthz", "", nil, nil})
	r.check()
}

// Small bodies that hold much do not make the server large.
func TestBombs(t *testing.T) {
	r := hostileRig(t)
	token := r.agree("ann")
	page := r.pages(token)[0]["page"].(string)
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 1 << 7 {
		z.Write(make([]byte, 1<<20))
	}
	z.Close()
	deep := []byte(strings.Repeat("[", maxChunk/2))
	many := []byte("{" + strings.Repeat(`"k":{"t":[]},`, maxChunk/14) + `"format":1}`)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 3 {
		r.want(400, "bad_chunk", put(token, page, 1, 0, bomb.Bytes(), "gzip"))
		r.want(400, "bad_chunk", put(token, page, 1, 0, deep, ""))
		r.want(400, "bad_chunk", put(token, page, 1, 0, many, ""))
		r.want(400, "bad_json", ask{"PUT", "/api/imagenet/birds/annotations/a", "", deep, nil})
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 256<<20 {
		t.Errorf("the heap has grown by %d MB", grown>>20)
	}
	if bomb.Len() > maxChunk {
		t.Errorf("the bomb has %d bytes, so that its size was refused", bomb.Len())
	}
}

// A page takes 5,000 chunks, and not one more under any number or attempt; everything else goes on.
func TestManyChunks(t *testing.T) {
	r := hostileRig(t)
	token, bob := r.agree("ann"), r.agree("bob")
	page := r.pages(token)[0]["page"].(string)
	var worker string
	if err := r.db.View(t.Context(), func(v *storage.View) error {
		all, err := v.Assignments()
		worker = all[0].Worker
		return err
	}); err != nil {
		t.Fatal(err)
	}
	const parts = 250 // at a time, which share a commit
	failed := make(chan error, parts)
	for part := range parts {
		go func() {
			var err error
			for seq := part; seq < storage.MaxChunks && err == nil; seq += parts {
				a, digest := chunkOf(token, page, 1, seq)
				_, err = r.db.PutChunk(context.Background(), worker, storage.Chunk{Page: page, Attempt: 1, Seq: seq, Received: 1, SHA256: digest,
					Encoding: "gzip", Events: 1, Body: a.body.([]byte)}, 1000, 1000)
			}
			failed <- err
		}()
	}
	for range parts {
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
	again, _ := chunkOf(token, page, 1, 17)
	r.want(200, "", again)
	more, _ := chunkOf(token, page, 2, 0)
	r.want(413, "too_much", more)
	other := bytes.Replace(mustChunk(page, 1, 3), []byte(`"slot":[1]`), []byte(`"slot":[2]`), 1)
	r.want(413, "too_much", put(token, page, 1, 3, other, "")) // other bytes are kept apart, but not without end
	r.want(400, "bad_number", put(token, page, 1, storage.MaxChunks, mustChunk(page, 1, storage.MaxChunks), ""))
	r.want(200, "", ask{"GET", "/api/v1/state", bob, nil, nil})
	second := r.pages(token)[1]["page"].(string)
	r.work(token, second, chosen)
	r.check()
}

// Nobody reads or changes what is somebody else's, whatever they know of it.
func TestForeign(t *testing.T) {
	r := hostileRig(t)
	ann, eve := r.agree("ann"), r.agree("eve")
	pages := r.pages(ann)
	mine := pages[0]["page"].(string)
	r.work(ann, mine, chosen)
	secrets := []string{mine, pages[1]["page"].(string), pages[0]["slots"].([]any)[0].(map[string]any)["key"].(string)}
	chunk, digest := chunkOf(eve, mine, 1, 0)
	stolen, _ := chunkOf(eve, mine, 2, 0)
	for _, a := range []ask{
		chunk, stolen, submitOf(eve, mine, 1, 2, chosen), submitOf(eve, mine, 2, 1, map[string]any{"selected": []int{}}),
		{"GET", "/api/v1/state", eve, nil, nil}, {"POST", "/api/v1/finish", eve, "{}", nil}, {"POST", "/api/v1/lease", eve, "{}", nil},
		{"POST", "/api/v1/beat", "", map[string]any{"token": eve, "page": mine}, nil}, {"GET", "/api/v1/pages/" + mine, eve, nil, nil},
		{"GET", "/api/v1/pages/" + mine + "/1/0", eve, nil, nil}, {"GET", "/img/../collect.db", "", nil, nil}, {"GET", "/page/..%2f..%2fstudy.toml", "", nil, nil},
		{"GET", "/api/imagenet/birds/hits/" + r.hits()[0] + "/annotations?workerID=ann", "", nil, nil},
	} {
		status, _, body := r.raw(a)
		for _, s := range append(secrets[:len(secrets):len(secrets)], digest) {
			if strings.Contains(string(body), s) {
				t.Errorf("%s %s: %d has %s", a.method, a.path, status, s)
			}
		}
		if strings.Contains(string(body), "secretname") || strings.Contains(string(body), "pseudonym") {
			t.Errorf("%s %s: %s", a.method, a.path, body)
		}
		if (strings.HasPrefix(a.path, "/api/v1/pages/") || strings.HasPrefix(a.path, "/img/")) && status < 400 {
			t.Errorf("%s %s: %d", a.method, a.path, status)
		}
	}
	if m := r.want(200, "", ask{"GET", "/api/v1/state", ann, nil, nil}); len(m["pages"].([]any)) != 2 || m["pages"].([]any)[0].(map[string]any)["attempts"] != 1.0 {
		t.Errorf("%v", m)
	}
	r.check()
}

// Requests that are recorded and sent again change nothing, and do not bring somebody back who was deleted.
func TestReplays(t *testing.T) {
	r := hostileRig(t)
	token := r.agree("ann")
	pages := r.pages(token)
	page := pages[0]["page"].(string)
	var all []ask
	for seq := range 2 {
		c, _ := chunkOf(token, page, 1, seq)
		all = append(all, c)
	}
	all = append(all, submitOf(token, page, 1, 2, chosen), ask{"POST", "/api/v1/lease", token, "{}", nil},
		ask{"POST", "/api/v1/beat", "", map[string]any{"token": token, "sent": 1e300, "monotonic": -1}, nil})
	account := func() (text string) {
		if err := r.db.View(t.Context(), func(v *storage.View) error {
			a, err := v.Account()
			text = fmt.Sprintf("%+v", a)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return text
	}
	for _, a := range all {
		if status, m := r.do(a); status > 201 {
			t.Fatalf("%s %s: %d %v", a.method, a.path, status, m)
		}
	}
	want := account()
	for range 20 {
		for _, a := range all {
			if status, m := r.do(a); status != 200 {
				t.Fatalf("%s %s: %d %v", a.method, a.path, status, m)
			}
		}
	}
	if got := account(); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	r.want(200, "", ask{"POST", "/api/v1/leave", token, map[string]any{"what": "withdraw", "delete": true}, nil})
	for _, a := range all {
		if status, m := r.do(a); status != 401 {
			t.Errorf("after the deletion, %s %s: %d %v", a.method, a.path, status, m)
		}
	}
	r.check()
}

// Forged times are stored and flagged, and change the lease of nobody.
func TestForgedTimes(t *testing.T) {
	r := hostileRig(t)
	token := r.agree("ann")
	pages := r.pages(token)
	page := pages[0]["page"].(string)
	forged := func(seq int, times ...int64) (ask, string) {
		c := &recording.Chunk{Format: recording.Format, Page: page, Attempt: 1, Seq: seq, T0: -1 << 50}
		for _, at := range times {
			c.Choices = append(c.Choices, recording.Choice{T: at, What: "select", Slot: 1, Via: "mouse"})
		}
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		return put(token, page, 1, seq, text, ""), recording.Digest(text)
	}
	one, first := forged(0, 5_000_000, 1_000_000, -7)
	two, second := forged(1, 1<<45)
	r.want(201, "", one)
	r.want(201, "", two)
	submit := ask{"PUT", "/api/v1/pages/" + page, token, map[string]any{"attempt": 1, "chunks": 2, "events": 4,
		"chain": recording.Chain([]string{first, second}), "ended": -5e12, "answer": chosen}, nil}
	r.want(200, "", submit)
	submit.body.(map[string]any)["ended"] = 1e300
	r.want(400, "bad_submit", submit)
	r.want(200, "", ask{"POST", "/api/v1/beat", "", map[string]any{"token": token, "sent": -1e18, "monotonic": 1e18, "offset": 1e300, "delay": -1}, nil})
	r.check()
	r.now.Add(r.server.Study.Longest().Milliseconds() + 1)
	if err := r.db.Sweep(t.Context(), r.now.Load()); err != nil {
		t.Fatal(err)
	}
	if m := r.want(200, "", ask{"GET", "/api/v1/state", token, nil, nil}); m["assignment_state"] != storage.Abandoned {
		t.Errorf("%v", m)
	}
	out := filepath.Join(t.TempDir(), "store")
	if _, err := ingest.Run(t.Context(), ingest.Options{Sources: []string{r.dir}, Out: out}); err != nil {
		t.Fatal(err)
	}
	rows, err := parquet.ReadFile[schema.PageAttempt](filepath.Join(out, "imagenet", "pages.parquet"))
	if err != nil || len(rows) != 1 || fmt.Sprint(rows[0].Flags) != "[times_disorder]" || len(rows[0].Choices) != 4 {
		t.Errorf("%d rows, flags %v, %v", len(rows), rows[0].Flags, err)
	}
}

// Connections that send nothing, or too much of a header, are closed.
func TestConnections(t *testing.T) {
	r := hostileRig(t)
	s := HTTP(r.server.Handler())
	if s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 {
		t.Errorf("%+v", s)
	}
	s.ReadHeaderTimeout = 50 * time.Millisecond
	r.web.Close()
	r.web = httptest.NewUnstartedServer(nil)
	r.web.Config = s
	r.web.Start()
	c, err := net.Dial("tcp", r.web.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "GET /healthz HTTP/1.1\r\nHost: a\r\n") // and no end
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if text, err := io.ReadAll(c); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Errorf("the connection is not closed: %q %v", text, err)
	}
	q, _ := http.NewRequest("GET", r.web.URL+"/healthz", nil)
	q.Header.Set("X-Long", strings.Repeat("a", 64<<10))
	if answer, err := http.DefaultClient.Do(q); err == nil && answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a header of 64 kB: %d", answer.StatusCode)
	}
}
