package explore

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"abtool/explore/replay"
	"abtool/explore/web"
	"abtool/internal/look"
	"abtool/query"
	"abtool/store"
	"abtool/store/notes"
)

// A Server shows one store.
type Server struct {
	options Options
	account *store.Account
	opened  []os.FileInfo // of the files of the accounts, which another ingest replaces
	db      *query.DB     // with the summaries
	guard   *guard
	pages   map[string]*template.Template
	files   map[string]file
	images  *images

	second *second // of the store to compare with; nil without one

	notes  *notes.Book
	noting sync.Mutex // held while notes change
	behind bool       // whether tables may lack notes of the file; noting is held

	summaries *summaries
	numbers   *numbers
	hitsMade  sync.Mutex // held while a table of HITs is made

	asks        chan struct{} // one for each query of a public server
	sandboxMade sync.Mutex
	sandboxed   *query.DB // for the page of SQL; nil until it is used

	ended     sync.Once
	reopening sync.Mutex     // held while a newer store is opened
	turn      sync.RWMutex   // of newer
	newer     *Server        // shows a newer store since somebody asked for it
	once      sync.Once      // makes the handler of newer
	answering sync.WaitGroup // requests that this server answers, not newer
}

// A file is a file that browsers load.
type file struct {
	kind, tag string
	data      []byte
}

// New opens a store. base is the address by which browsers reach the server, such as http://127.0.0.1:8080.
func New(ctx context.Context, o Options, base string) (_ *Server, err error) {
	way, err := o.way()
	if err != nil {
		return nil, err
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Title == "" {
		o.Title = filepath.Base(filepath.Clean(o.Store))
	}
	s := &Server{options: o, guard: newGuard(base, o, way), files: map[string]file{},
		asks: make(chan struct{}, cmp.Or(max(o.Threads, 0), runtime.GOMAXPROCS(0)))}
	if l := o.live; l != nil {
		if l.guard == nil {
			l.guard = s.guard
		}
		s.guard = l.guard
	}
	if s.account, err = store.Read(o.Store); err != nil {
		return nil, err
	}
	if s.opened, err = accountsAt(o.Store); err != nil {
		return nil, err
	}
	if s.notes, err = notes.At(o.Store, o.Notes); err != nil {
		return nil, err
	}
	if s.db, err = query.Open(ctx, o.Store, query.Options{Memory: o.Memory, Threads: o.Threads, Hide: o.Hide, Page: true, Keep: true, Notes: s.notes}); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if s.images, err = openImages(o.Images); err != nil {
		return nil, err
	}
	if s.replaced() {
		return nil, fmt.Errorf("%s was replaced while it was opened: start again", o.Store)
	}
	if err := s.load(); err != nil {
		return nil, err
	}
	s.summarise()
	switch {
	case o.second != nil:
		s.second = o.second
	case o.Compare != "":
		if err := s.openSecond(ctx, o); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Close ends all queries.
func (s *Server) Close() (err error) {
	if s.newer != nil {
		err = s.newer.Close()
	}
	return errors.Join(err, s.end())
}

// end ends what the server does itself. Another call does nothing.
func (s *Server) end() (err error) {
	s.ended.Do(func() {
		s.summaries.close()
		if s.sandboxed != nil {
			err = s.sandboxed.Close()
		}
		if s.newer == nil { // which has the second server since
			err = errors.Join(err, s.second.close())
		}
		err = errors.Join(err, s.images.Close(), s.db.Close())
	})
	return err
}

// announce calls Options.Ready with the address to open.
func (s *Server) announce() {
	if s.options.Ready != nil {
		s.options.Ready(s.guard.address())
	}
}

// load prepares the templates and the files of browsers.
func (s *Server) load() error {
	s.pages = map[string]*template.Template{}
	names, err := fs.Glob(web.Files, "pages/*.html")
	if err != nil {
		return err
	}
	for _, name := range names {
		page := strings.TrimSuffix(filepath.Base(name), ".html")
		if page == "layout" || page == "parts" {
			continue
		}
		t, err := template.New("layout.html").Funcs(functions).ParseFS(web.Files, "pages/layout.html", "pages/parts.html", name)
		if err != nil {
			return err
		}
		s.pages[page] = t
	}
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
	names, err = fs.Glob(web.Files, "*.*")
	if err != nil {
		return err
	}
	for _, name := range names {
		data, err := web.Files.ReadFile(name)
		if err != nil {
			return err
		}
		if name == "explore.css" {
			data = append([]byte(look.CSS), data...)
		}
		s.files[name] = file{kinds[filepath.Ext(name)], tagOf(data), data}
	}
	return nil
}

// Handler answers requests.
func (s *Server) Handler() http.Handler {
	return s.guard.wrap(s.shown(), s.announce)
}

// shown answers requests from the store that was opened last. A request that has begun goes on with the store that it
// began with.
func (s *Server) shown() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /web/{name}", s.file)
	mux.Handle("POST /reopen", http.HandlerFunc(s.reopen))
	for pattern, h := range s.routes() {
		mux.Handle(pattern, h)
	}
	own := s.same(mux)
	var later http.Handler // of newer
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.turn.RLock()
		newer := s.newer
		if newer == nil {
			s.answering.Add(1)
		}
		s.turn.RUnlock()
		if newer != nil {
			s.once.Do(func() { later = newer.shown() })
			later.ServeHTTP(w, r)
			return
		}
		defer s.answering.Done()
		own.ServeHTTP(w, r)
	})
}

// reopen opens the store that replaced this one, and answers from it from now on.
func (s *Server) reopen(w http.ResponseWriter, r *http.Request) {
	s.reopening.Lock()
	defer s.reopening.Unlock()
	if s.replaced() && s.newer == nil {
		o := s.options
		o.second = s.second
		newer, err := New(context.WithoutCancel(r.Context()), o, s.guard.base)
		if err != nil {
			s.page("absent", func(context.Context, *http.Request) (string, any, error) {
				return "", nil, failure{http.StatusConflict, fmt.Errorf("the newer store cannot be opened: %w", err)}
			}).ServeHTTP(w, r)
			return
		}
		s.turn.Lock()
		s.newer = newer
		s.turn.Unlock()
		go func() {
			s.answering.Wait()
			s.end()
		}()
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// accountsAt returns what the system knows of the accounts of the stores at a place.
func accountsAt(place string) (all []os.FileInfo, err error) {
	dirs, err := store.Folders(place)
	if err != nil {
		return nil, err
	}
	for _, dir := range dirs {
		info, err := os.Stat(filepath.Join(dir, store.File))
		if err != nil {
			return nil, err
		}
		all = append(all, info)
	}
	return all, nil
}

// replaced reports whether the store is no longer the one that was opened.
func (s *Server) replaced() bool {
	now, err := accountsAt(s.options.Store)
	return err != nil || !slices.EqualFunc(now, s.opened, func(a, b os.FileInfo) bool { return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) })
}

// same answers from the store that was opened. Where files cannot be kept open, it answers as long as they are the same:
// DuckDB opens the tables by their paths, so that after an ingest, summaries and tables would be of two stores.
func (s *Server) same(next http.Handler) http.Handler {
	const replaced = "the store was replaced by another ingest: start abtool explore again to look at the new one"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case s.db.Kept() || !s.replaced() || strings.HasPrefix(r.URL.Path, "/web/"):
			next.ServeHTTP(w, r)
		case strings.HasPrefix(r.URL.Path, "/api/"):
			answer(w, r, http.StatusConflict, problem{Error: replaced, Status: http.StatusConflict})
		default:
			s.page("absent", func(context.Context, *http.Request) (string, any, error) {
				return "", nil, failure{http.StatusConflict, errors.New(replaced)}
			}).ServeHTTP(w, r)
		}
	})
}

// has reports whether a page is there, so that it can be linked.
func (s *Server) has(page string) bool { return s.pages[page] != nil }

func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	f, ok := s.files[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	send(w, r, f.kind, f.tag, f.data)
}

// tagOf returns the ETag of an answer.
func tagOf(data []byte) string {
	sum := sha256.Sum256(data)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// send writes an answer that browsers keep as long as its tag is the same.
func send(w http.ResponseWriter, r *http.Request, kind, tag string, data []byte) {
	h := w.Header()
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", kind)
	w.Write(data)
}

// A failure is an error with the status of its answer.
type failure struct {
	status int
	err    error
}

func (f failure) Error() string { return f.err.Error() }
func (f failure) Unwrap() error { return f.err }

// notFound returns an error for something that the store does not have.
func notFound(format string, args ...any) error {
	return failure{http.StatusNotFound, fmt.Errorf(format, args...)}
}

// wrong returns an error for a request that cannot be answered.
func wrong(format string, args ...any) error {
	return failure{http.StatusBadRequest, fmt.Errorf(format, args...)}
}

// statusOf returns the status of the answer for an error.
func statusOf(err error) int {
	var f failure
	var q *query.QueryError
	switch {
	case errors.As(err, &f):
		return f.status
	case errors.As(err, &q), errors.Is(err, query.ErrRefused):
		return http.StatusBadRequest
	case errors.Is(err, replay.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, context.Canceled):
		return 499 // the browser went away
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, query.ErrTimeout):
		return http.StatusGatewayTimeout
	}
	return http.StatusInternalServerError
}

// api answers with the JSON of what f returns. The time for it begins when what it needs of the summary is
// there.
func (s *Server) api(f func(ctx context.Context, r *http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if set := r.PathValue("set"); s.summaries.sets[set] != nil && !strings.HasPrefix(r.URL.Path, "/api/showing/") {
			s.prepared(r)
		}
		ctx, cancel := context.WithTimeout(r.Context(), s.options.Timeout)
		defer cancel()
		v, err := f(ctx, r)
		if err != nil {
			answer(w, r, statusOf(err), s.problem(err))
			return
		}
		answer(w, r, http.StatusOK, v)
	})
}

// A problem is the answer for an error.
type problem struct {
	OK     bool   `json:"ok"` // false
	Error  string `json:"error"`
	Line   int    `json:"line,omitempty"` // of a query, from 1
	Code   string `json:"code,omitempty"` // of that line
	Mark   int    `json:"mark,omitempty"` // column of code, from 0
	Hint   string `json:"hint,omitempty"`
	Status int    `json:"status"`
}

// Excerpt returns the line of a query that a problem is about, with a caret below the mistake, or "".
func (p problem) Excerpt() string {
	if p.Line == 0 {
		return ""
	}
	label := fmt.Sprintf("line %d: ", p.Line)
	return label + p.Code + "\n" + strings.Repeat(" ", len(label)+p.Mark) + "^"
}

func (s *Server) problem(err error) problem {
	p := problem{Error: err.Error(), Status: statusOf(err)}
	var q *query.QueryError
	if errors.As(err, &q) {
		p.Error, p.Line, p.Code, p.Mark, p.Hint = q.Msg, q.Line, q.Code, q.Mark, q.Hint
	}
	if p.Status == http.StatusGatewayTimeout {
		p.Error = fmt.Sprintf("stopped after %s", s.options.Timeout)
		p.Hint = "abtool explore --timeout allows more."
	}
	return p
}

// answer writes JSON, compressed if it is worth it.
func answer(w http.ResponseWriter, r *http.Request, status int, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	var to io.Writer = w
	if b.Len() > 2000 && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
		defer z.Close()
		to = z
	}
	w.WriteHeader(status)
	b.WriteTo(to)
}
