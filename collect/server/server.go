// Package server answers annotators and the administrator of a study over HTTP. docs/design/collect.md has the
// routes.
package server

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"math/big"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/yuin/goldmark"

	"abtool/collect"
	"abtool/collect/platform"
	"abtool/collect/quality"
	"abtool/collect/storage"
	"abtool/internal/front"
)

// Options say what a server serves. Study, DB, Identities and Page are needed.
type Options struct {
	Study      *collect.Study
	DB         *storage.DB
	Identities *storage.Identities
	Page       fs.FS                                // index.html and the other files of the page
	Truth      *quality.Truth                       // of a tag study, for the rules that need it; nil: not known
	Log        *slog.Logger                         // requests, without addresses; nil: none
	Now        func() time.Time                     // nil: time.Now
	Space      func() (free, all uint64, err error) // of the disk with the database; nil: asks the system
	CompatUI   fs.FS                                // a built front end of the releases; nil: none
	Draw       func(n int) int                      // a number below n, to draw arms with; nil: at random
}

// A Server serves a study.
type Server struct {
	Options
	keys        collect.Keys
	images      *os.Root
	icons       *os.Root          // nil without pictures of icons
	iconKeys    map[string]string // name of a picture by its key
	sizes       map[string][2]int // of images, by id
	files       map[string]file
	arms        []storage.Arm
	consent     storage.Consent
	consentNote string
	doubts      []string
	html        map[string]string // of the texts
	limits      *limiter
	tries       *limiter // of admin logins
	notes       *limiter // of what annotators and their scripts tell, which is kept for ever
	meters      *meters
	parsing     chan struct{}
	proxies     []netip.Prefix // trusted
	sources     platform.Platforms
	pages       int          // of the HIT with most of them
	minutes     atomic.Int64 // how long that takes
	stop        context.CancelFunc
	done        sync.WaitGroup
}

// Sizes of bodies.
const (
	maxBody  = 256 << 10
	maxChunk = 1 << 20
	maxOops  = 2 << 10
)

// New prepares a server: it copies the plan and the text of the consent into the database. kept says how many
// HITs of the database are no longer in the plan but were issued.
func New(ctx context.Context, o Options) (s *Server, kept int, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Draw == nil {
		o.Draw = pick
	}
	if o.Space == nil {
		o.Space = o.DB.Space
	}
	s = &Server{Options: o, iconKeys: map[string]string{}, sizes: map[string][2]int{}, html: map[string]string{},
		limits: newLimiter(30, 90), tries: newLimiter(0.2, 10), notes: newLimiter(0.02, 20), meters: newMeters(), parsing: make(chan struct{}, 2*runtime.GOMAXPROCS(0)), stop: func() {}}
	if s.keys, err = o.Study.Keys(); err != nil {
		return nil, 0, err
	}
	for _, text := range o.Study.Serve.Proxies {
		p, err := collect.Network(text)
		if err != nil {
			return nil, 0, err // the settings were checked
		}
		s.proxies = append(s.proxies, p)
	}
	if s.sources, err = o.Study.Platforms(); err != nil {
		return nil, 0, err
	}
	if s.files, err = readFiles(o.Page); err != nil {
		return nil, 0, err
	}
	s.files["index.html"] = s.translate(s.files["index.html"])
	for name, text := range o.Study.Texts {
		if s.html[name], err = markdown(text); err != nil {
			return nil, 0, fmt.Errorf("%s.md: %w", name, err)
		}
	}
	for _, name := range armNames(o.Study) {
		s.arms = append(s.arms, storage.Arm{Name: name, Weight: o.Study.Arms[name].Weight})
	}
	if s.images, err = os.OpenRoot(o.Study.ImageFolder()); err != nil {
		return nil, 0, fmt.Errorf("the folder of the images: %w", err)
	}
	if err := s.findIcons(); err != nil {
		return nil, 0, err
	}
	if err := o.DB.Claim(ctx, s.keys.Fingerprint()); errors.Is(err, storage.ErrDiffers) {
		return nil, 0, fmt.Errorf("the keys in %s are not those of the study in the database: a server needs a copy of the folder secrets of the first one", filepath.Join(o.Study.Dir, "secrets"))
	} else if err != nil {
		return nil, 0, err
	}
	images, hits, err := o.Study.Plan()
	if err != nil {
		return nil, 0, err
	}
	for _, h := range hits {
		s.pages = max(s.pages, len(h.Pages))
	}
	if kept, err = o.DB.SetPlan(ctx, images, hits); err != nil {
		return nil, 0, err
	}
	if err := o.DB.SetRest(ctx, o.Study.Assign.Reissue == collect.Rest); err != nil {
		return nil, 0, err
	}
	sum := sha256.Sum256([]byte(o.Study.Texts["consent"]))
	var before []storage.Consent
	var issued []collect.HIT
	err = o.DB.View(ctx, func(v *storage.View) (err error) {
		if before, err = v.Consents(); err == nil {
			issued, err = v.Issued()
		}
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	if s.doubts, err = o.Study.Doubts(ctx, issued); err != nil {
		return nil, 0, err
	}
	s.consent, err = o.DB.SetConsent(ctx, o.Study.Study.Language, hex.EncodeToString(sum[:]), o.Study.Texts["consent"], s.now())
	if err != nil {
		return nil, 0, err
	}
	s.consentNote = consentNote(before, s.consent.Version)
	if _, err := o.DB.FinishErasures(ctx, o.Identities, true); err != nil { // of an earlier run
		return nil, 0, err
	}
	err = o.DB.View(ctx, func(v *storage.View) error {
		images, err := v.Images()
		for _, m := range images {
			s.sizes[m.ID] = [2]int{m.Width, m.Height}
		}
		return err
	})
	return s, kept, errors.Join(err, s.measure(ctx))
}

// measure finds out how long a HIT takes, as annotators are told before they begin.
func (s *Server) measure(ctx context.Context) error {
	return s.DB.View(ctx, func(v *storage.View) error {
		pace, err := quality.ReadPace(v)
		s.minutes.Store(max(1, int64(math.Round(pace.Minutes(s.Study, s.pages)))))
		return err
	})
}

// consentNote says that the text of the consent is not the latest of the versions before this start, or returns "".
func consentNote(before []storage.Consent, version int64) string {
	const asked = "annotators who agreed to another version are asked again"
	switch n := len(before); {
	case n == 0 || before[n-1].Version == version:
		return ""
	case before[n-1].Version < version:
		return fmt.Sprintf("consent.md has changed: it is version %d from now on, and %s", version, asked)
	}
	return fmt.Sprintf("consent.md is version %d again, though version %d was served later: %s", version, before[len(before)-1].Version, asked)
}

// Start ends leases from time to time, and deletes what is due, until Close.
func (s *Server) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	s.done.Go(func() {
		for tick := time.Tick(20 * time.Second); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick:
				s.tidy(ctx)
			}
		}
	})
}

// tidy ends leases, and deletes what is due.
func (s *Server) tidy(ctx context.Context) {
	s.report(ctx, "ending leases", s.DB.Sweep(ctx, s.now()))
	s.report(ctx, "deleting what is due", s.deleteDue(ctx))
	quiet := false
	s.report(ctx, "looking for live assignments", s.DB.View(ctx, func(v *storage.View) (err error) {
		quiet, err = v.Quiet()
		return err
	}))
	s.finishErasures(ctx, quiet)
	s.report(ctx, "measuring HITs", s.measure(ctx))
}

// report writes an error to the log.
func (s *Server) report(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil && s.Log != nil {
		s.Log.Error(what, "error", err)
	}
}

// comeBack is how long somebody who left without a word can come back, if on_leave is delete.
const comeBack = 24 * time.Hour

// deleteDue deletes the platform's ids of annotators who were not here for long, and the recordings of those who
// left without a word, as study.toml says.
func (s *Server) deleteDue(ctx context.Context) (err error) {
	now := s.Now()
	if days := s.Study.Privacy.IdentitiesDays; days > 0 {
		_, err = s.Identities.Forget(ctx, now.AddDate(0, 0, -days).UnixMilli())
	}
	if s.Study.Privacy.OnLeave == collect.Delete {
		err = errors.Join(err, s.DB.EraseAbandoned(ctx, now.Add(-comeBack).UnixMilli(), now.UnixMilli()))
	}
	return err
}

// finishErasures completes the erasures that were begun. What cannot be done now is done later by tidy.
func (s *Server) finishErasures(ctx context.Context, rewrite bool) {
	_, err := s.DB.FinishErasures(ctx, s.Identities, rewrite)
	s.report(ctx, "completing an erasure", err)
}

// Close stops what Start began, and closes the folders. The databases stay open.
func (s *Server) Close() {
	s.stop()
	s.done.Wait()
	s.images.Close()
	if s.icons != nil {
		s.icons.Close()
	}
}

func armNames(study *collect.Study) []string {
	var names []string
	for name := range study.Arms {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// markdown returns a text as HTML. HTML in the text is left out, and so are links to anything but pages and mail.
func markdown(text string) (string, error) {
	var b bytes.Buffer
	err := goldmark.Convert([]byte(text), &b)
	return b.String(), err
}

func (s *Server) now() int64 { return s.Now().UnixMilli() }

// findIcons gives the pictures of icons their keys.
func (s *Server) findIcons() error {
	folder := s.Study.IconFolder()
	if folder == "" {
		return nil
	}
	var err error
	if s.icons, err = os.OpenRoot(folder); err != nil {
		return fmt.Errorf("the folder of the icons: %w", err)
	}
	for _, c := range s.Study.Classes {
		for _, end := range []string{".svg", ".png", ".webp", ".jpg"} {
			if _, err := s.icons.Stat(c.ID + end); err == nil {
				s.iconKeys[s.keys.IconKey(s.Study.Study.ID, c.ID)] = c.ID + end
				break
			}
		}
	}
	if len(s.iconKeys) == 0 {
		return fmt.Errorf("%s has no picture of an icon: they have names such as %s.png", folder, s.Study.Classes[0].ID)
	}
	return nil
}

// newID returns a random UUID.
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// pick returns a random number below n.
func pick(n int) int {
	v, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		panic(err)
	}
	return int(v.Int64())
}

// hash returns what is stored of a token.
func hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// NewToken returns a token of 256 random bits.
func NewToken() string {
	var b [32]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// TokenHash returns what is stored of an invitation.
func TokenHash(token string) []byte { return hash(token) }

// Handler serves annotators.
func (s *Server) Handler() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /s/{study}", s.index)
	m.HandleFunc("GET /page/{file}", s.static)
	m.HandleFunc("GET /img/{key}", s.image)
	m.HandleFunc("POST /api/v1/visit", s.visit)
	m.HandleFunc("POST /api/v1/consent", s.session(s.agree))
	m.HandleFunc("POST /api/v1/lease", s.session(s.lease))
	m.HandleFunc("PUT /api/v1/pages/{page}/{attempt}/{seq}", s.session(s.chunk))
	m.HandleFunc("PUT /api/v1/pages/{page}", s.session(s.submit))
	m.HandleFunc("POST /api/v1/beat", s.beat)
	m.HandleFunc("POST /api/v1/finish", s.session(s.finish))
	m.HandleFunc("POST /api/v1/leave", s.session(s.leave))
	m.HandleFunc("GET /api/v1/state", s.session(s.state))
	m.HandleFunc("POST /api/v1/oops", s.session(s.oops))
	m.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, map[string]any{"ok": true}) })
	m.HandleFunc("GET /readyz", s.ready)
	s.compatRoutes(m)
	forms, frames := []string{"form-action 'self'"}, []string{"frame-ancestors"}
	for _, one := range s.sources {
		forms, frames = append(forms, one.Forms()...), append(frames, one.Frames()...)
	}
	if len(frames) == 1 {
		frames = append(frames, "'none'")
	}
	return s.logged(front.Secured(s.unknownRoutes(m), strings.Join([]string{"default-src 'none'", "script-src 'self'", "style-src 'self'",
		"img-src 'self' blob:", "connect-src 'self'", strings.Join(forms, " "), strings.Join(frames, " "), "base-uri 'none'"}, "; ")))
}

// unknownRoutes answers what no route answers, and addresses that no database would take.
func (s *Server) unknownRoutes(m *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isText(r.URL.Path) {
			s.nowhere(w, r, 400, "bad_address", "the address is not UTF-8, or has the character NUL")
			return
		}
		h, pattern := m.Handler(r)
		if pattern != "" {
			m.ServeHTTP(w, r)
			return
		}
		probe := &statusOnly{header: http.Header{}}
		h.ServeHTTP(probe, r) // 404, 405 or a redirect
		switch {
		case probe.status == http.StatusMethodNotAllowed:
			w.Header().Set("Allow", probe.header.Get("Allow"))
			refuse(w, 405, "method", "this address has no method %s", r.Method)
		default:
			s.nowhere(w, r, 404, "no_route", "there is nothing at this address")
		}
	})
}

// statusOnly takes an answer and keeps its status and header.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }

// logged counts each request, and writes its route, status and time: no address, no query.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := &watched{ResponseWriter: w, status: 200}
		next.ServeHTTP(seen, r)
		route := r.Pattern
		if route == "" {
			route = "(no route)" // with the method, the log could be filled with invented ones
		}
		took := time.Since(began)
		s.meters.add(route, seen.status, took)
		if s.Log == nil {
			return
		}
		s.Log.Info("request", "route", route, "status", seen.status, "ms", took.Milliseconds())
	})
}

type watched struct {
	http.ResponseWriter
	status int
}

func (w *watched) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// HTTP returns an HTTP server with the limits of time and size that this program needs.
func HTTP(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
}
