package explore

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"abtool/collect/storage"
	"abtool/ingest"
	"abtool/ingest/study"
	"abtool/internal/teststudy"
)

// A study is shown as it is. After somebody's data were deleted, a refresh shows the rest, and nothing of them stays in
// the folder of the store, which only its owner can open and which is gone at the end.
func TestStudy(t *testing.T) {
	made, err := teststudy.Make(t.Context(), filepath.Join(t.TempDir(), "study"), "browse")
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	defer server.Close()
	l, err := openLive(t.Context(), Options{Title: "study", Notes: filepath.Join(t.TempDir(), "n"), Study: &Study{
		Make: func(ctx context.Context, to string) (string, error) {
			_, err := ingest.Run(ctx, ingest.Options{Sources: []string{made.Dir}, Out: filepath.Join(to, "store")})
			return filepath.Join(to, "store"), err
		},
		Stored: func(ctx context.Context) (int64, int64, error) { return study.Stored(ctx, made.Dir) },
	}}, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	handler = l.Handler()
	stores := func() (all []string) {
		all, err := filepath.Glob(filepath.Join(temp, "abtool-study-*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if list := stores(); len(list) != 1 {
		t.Fatalf("the stores are %v", list)
	}
	if info, err := os.Stat(l.temp); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of the stores: %v, %v", info.Mode(), err)
	}
	p := enter(t, l.now.Server, server.URL)
	workers := func() string {
		_, body := p.sql("SELECT worker_id, count(*) AS n FROM imagenet_annotations GROUP BY 1 ORDER BY 1")
		return body
	}
	db, err := storage.Open(made.Dir, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var worker string
	if err := l.now.db.QueryRow("SELECT min(worker_id) FROM imagenet_annotations").Scan(&worker); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(workers(), worker) {
		t.Fatalf("%s is not there: %s", worker, workers())
	}
	if _, body := p.get("/api/study"); !strings.Contains(body, `"new":0,"erased":false`) {
		t.Errorf("nothing happened: %s", body)
	}
	before := p.rowsWith("imagenet", "")
	if _, err := db.Erase(t.Context(), worker, "test", time.Now().UnixMilli()); err != nil {
		t.Fatal(err)
	}
	if _, body := p.get("/api/study"); !strings.Contains(body, `"erased":true`) {
		t.Errorf("after an erasure: %s", body)
	}
	if status, body := p.post("/refresh", nil); status != http.StatusOK || !strings.Contains(body, "Overview") {
		t.Fatalf("%d %.300s", status, body)
	}
	if strings.Contains(workers(), worker) {
		t.Errorf("%s is still there", worker)
	}
	if n := p.rowsWith("imagenet", ""); n >= before || n == 0 {
		t.Errorf("%d showings, and %d before the erasure", n, before)
	}
	for end := time.Now().Add(20 * time.Second); len(stores()) > 1; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the stores are %v", stores())
		}
	}
	if status, _ := p.get("/"); status != http.StatusOK { // the browser is known to the new server
		t.Error(status)
	}
	r, _ := http.NewRequest("POST", server.URL+"/refresh", nil)
	r.Header.Set("Origin", "http://evil.example")
	if status, _ := p.do(r); status != http.StatusForbidden {
		t.Errorf("a refresh by another page: %d", status)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if list, _ := filepath.Glob(filepath.Join(temp, "*")); len(list) > 0 {
		t.Errorf("at the end there are %v", list)
	}
}

// An ingest that fails leaves what was shown.
func TestStudyFails(t *testing.T) {
	fails := false
	l, err := openLive(t.Context(), Options{Title: "study", Notes: os.DevNull, Study: &Study{
		Make: func(context.Context, string) (string, error) {
			if fails {
				return "", fmt.Errorf("the database is away")
			}
			return demo(), nil
		},
		Stored: func(context.Context) (int64, int64, error) { return 0, 0, nil },
	}}, "http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	fails = true
	was := l.now
	if err := l.refresh(t.Context()); err == nil || l.now != was {
		t.Errorf("%v", err)
	}
	if list, _ := filepath.Glob(filepath.Join(l.temp, "*")); len(list) != 1 {
		t.Errorf("the stores are %v", list)
	}
}
