package explore

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"abtool/internal/usage"
)

// A Study is shown as the store that it makes now. What annotators do later is shown after a refresh.
type Study struct {
	// Make makes a store of the study in a folder, and returns its place.
	Make func(ctx context.Context, dir string) (place string, err error)
	// Stored returns the number of pages that are submitted, and of erasures.
	Stored func(ctx context.Context) (pages, erasures int64, err error)
}

// live shows a study. A refresh makes another store and another server; requests to the old ones are answered to their
// end, and then nothing of the old store is left.
type live struct {
	options Options
	base    string
	guard   *guard // of all servers
	temp    string // private folder with the stores

	making sync.Mutex // held while a store is made
	made   int

	mu  sync.Mutex
	now *state
}

// A state is what a study had at a time.
type state struct {
	*Server
	handler         http.Handler
	dir             string
	pages, erasures int64
	busy            sync.WaitGroup // requests
}

// openLive makes the first store of a study.
func openLive(ctx context.Context, o Options, base string) (_ *live, err error) {
	if o.Compare != "" {
		return nil, usage.Errorf("--compare compares stores: make one of the study with abtool ingest")
	}
	l := &live{options: o, base: base}
	if l.temp, err = os.MkdirTemp("", "abtool-study-"); err != nil { // only this user can look into it
		return nil, fmt.Errorf("making a folder for the store of the study: %w", err)
	}
	l.options.live = l
	if err := l.refresh(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(l.temp))
	}
	return l, nil
}

// refresh shows the study as it is now.
func (l *live) refresh(ctx context.Context) (err error) {
	l.making.Lock()
	defer l.making.Unlock()
	l.made++
	next := &state{dir: filepath.Join(l.temp, fmt.Sprint(l.made))}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(next.dir))
		}
	}()
	if err := os.Mkdir(next.dir, 0o700); err != nil {
		return err
	}
	if next.pages, next.erasures, err = l.options.Study.Stored(ctx); err != nil { // before, so that nothing new is missed
		return err
	}
	o := l.options
	if o.Store, err = o.Study.Make(ctx, next.dir); err != nil {
		return err
	}
	if next.Server, err = New(context.WithoutCancel(ctx), o, l.base); err != nil {
		return err
	}
	next.handler = next.Server.Handler()
	l.mu.Lock()
	old := l.now
	l.now = next
	l.mu.Unlock()
	if old != nil {
		go func() { old.busy.Wait(); old.close() }()
	}
	return nil
}

func (s *state) close() error {
	return errors.Join(s.Server.Close(), os.RemoveAll(s.dir))
}

// Handler answers requests by what is shown now.
func (l *live) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		s := l.now
		s.busy.Add(1)
		l.mu.Unlock()
		defer s.busy.Done()
		s.handler.ServeHTTP(w, r)
	})
}

func (l *live) announce() { l.now.announce() }

// Close removes the stores.
func (l *live) Close() error {
	l.making.Lock()
	defer l.making.Unlock()
	return errors.Join(l.now.close(), os.RemoveAll(l.temp))
}

// studyRoutes adds what says whether a study has more than is shown, and the refresh.
func (s *Server) studyRoutes(m map[string]http.Handler) {
	l := s.options.live
	if l == nil {
		return
	}
	m["GET /api/study"] = s.api(func(ctx context.Context, _ *http.Request) (any, error) {
		start := time.Now()
		pages, erasures, err := l.options.Study.Stored(ctx)
		l.mu.Lock()
		defer l.mu.Unlock()
		return struct {
			reply
			New    int64 `json:"new"`    // pages that were submitted since
			Erased bool  `json:"erased"` // whether data were deleted since
		}{since(start), pages - l.now.pages, erasures != l.now.erasures}, err
	})
	m["POST /refresh"] = s.page("absent", func(ctx context.Context, _ *http.Request) (string, any, error) {
		if err := l.refresh(ctx); err != nil {
			return "", nil, err
		}
		return "", nil, moved{"/"}
	})
}

// moved is the error of a request whose answer is another page.
type moved struct{ to string }

func (m moved) Error() string { return "see " + m.to }
