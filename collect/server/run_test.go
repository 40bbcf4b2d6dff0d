package server

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"abtool/collect"
	"abtool/collect/storage"
	"abtool/internal/usage"
)

// runIn serves a study until the function that it returns is called, which returns the error of Run.
func runIn(t *testing.T, dir, address string) (Serving, func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan Serving, 1), make(chan error, 1)
	go func() {
		done <- Run(ctx, RunOptions{Home: storage.Home{Dir: dir}, Address: address, Admin: "127.0.0.1:0", Page: pageFiles, Ready: func(s Serving) { ready <- s }})
	}()
	select {
	case s := <-ready:
		return s, func() error { cancel(); return <-done }
	case err := <-done:
		t.Fatal(err)
	case <-time.After(time.Minute):
		t.Fatal("the server does not start")
	}
	panic("unreachable")
}

// A server stops cleanly, and another one takes its place at the same address within a second.
func TestRun(t *testing.T) {
	r := newRig(t, collect.Browse, nil)
	first, stop := runIn(t, r.dir, "127.0.0.1:0")
	get := func(address string) int {
		a, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		return a.StatusCode
	}
	if get(first.Page) != 200 || !strings.HasSuffix(first.Page, "/s/birds") || get(first.Admin) != 200 {
		t.Errorf("%+v", first)
	}
	if err := Run(t.Context(), RunOptions{Home: storage.Home{Dir: r.dir}, Address: "127.0.0.1:0", Admin: "127.0.0.1:0", Page: pageFiles}); err == nil ||
		!strings.Contains(err.Error(), "another server serves "+r.dir) {
		t.Errorf("the same folder twice: %v", err)
	}
	other := newRig(t, collect.Browse, nil)
	if err := Run(t.Context(), RunOptions{Home: storage.Home{Dir: other.dir}, Address: strings.Split(first.Page, "/")[2], Admin: "127.0.0.1:0", Page: pageFiles}); err == nil ||
		!strings.Contains(err.Error(), "another server may run there") {
		t.Errorf("the same address twice: %v", err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	began := time.Now()
	second, stop := runIn(t, r.dir, strings.Split(first.Page, "/")[2])
	if took := time.Since(began); took > 5*time.Second { // a tenth of that where nothing else runs
		t.Errorf("the restart took %v", took)
	}
	if second.Page != first.Page || get(second.Page) != 200 {
		t.Errorf("%+v", second)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// A study is served to this machine only.
func TestListen(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "example.org:80", "8080", "[::]:0"} {
		if l, err := listen(t.Context(), address, "--addr", false); !usage.Is(err) {
			t.Errorf("%s: %v %v", address, l, err)
		}
	}
	for _, address := range []string{"127.0.0.1:0", "localhost:0"} {
		l, err := listen(t.Context(), address, "--addr", false)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		l.Close()
	}
}
