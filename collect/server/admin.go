package server

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"net/http"
	"strings"
	"time"

	"abtool/collect/storage"
	"abtool/internal/front"
	"abtool/internal/look"
	"abtool/internal/ui"
)

//go:embed admin/*
var adminFiles embed.FS

var adminPages = template.Must(template.New("").Funcs(template.FuncMap{
	"count": func(n int64) string { return ui.Thousands(n) },
	"size":  ui.Size,
	"page":  func(number int) int { return number + 1 }, // as annotators count
	"state": func(state string) string { return stateNames[state] },
	"time": func(ms int64) string {
		return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04")
	},
	"since": func(from, to int64) string { return ui.Duration(float64(max(to-from, 0))) },
	"deref": func(n *int64) int64 {
		if n == nil {
			return 0
		}
		return *n
	},
	"share": func(part, all int64) string {
		if all == 0 {
			return "–"
		}
		return ui.Percent(float64(part)/float64(all), 0)
	},
}).ParseFS(adminFiles, "admin/*.html"))

// cookieName is the name of the cookie of somebody who has logged in. Cookies do not know ports: each study that is
// served on a machine needs a name.
func (s *Server) cookieName() string { return "abtool-admin-" + s.Study.Study.ID }

// Admin serves the administrator.
func (s *Server) Admin() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		b, err := adminFiles.ReadFile("admin/style.css")
		if err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(append([]byte(look.CSS), b...)))
	})
	m.HandleFunc("GET /metrics", s.metrics)
	m.HandleFunc("GET /{$}", s.admin(s.overview))
	m.HandleFunc("GET /people", s.admin(s.people))
	m.HandleFunc("GET /people/{id}/erase", s.admin(s.askErase))
	m.HandleFunc("POST /people/{id}/erase", s.admin(s.eraseWorker))
	m.HandleFunc("GET /assignments", s.admin(s.assignments))
	m.HandleFunc("GET /assignments/{id}", s.admin(s.assignment))
	m.HandleFunc("POST /assignments/{id}/decide", s.admin(s.decide))
	m.HandleFunc("GET /assignments/{id}/pages/{page}", s.admin(s.replay))
	m.HandleFunc("GET /images/{id}", s.admin(s.adminImage))
	m.HandleFunc("GET /web/{name}", s.playerFile)
	m.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) { s.show(w, 200, "login.html", nil) })
	m.HandleFunc("POST /login", s.login)
	m.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode})
		http.Redirect(w, r, "/login", http.StatusSeeOther)
	})
	policy := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	return s.logged(front.Secured(http.NewCrossOriginProtection().Handler(m), policy))
}

// cookieValue is the value of the cookie: who has it knew the token. It is valid as long as the token.
func (s *Server) cookieValue() string {
	h := hmac.New(sha256.New, []byte(s.keys.Admin))
	h.Write([]byte("cookie"))
	return hex.EncodeToString(h.Sum(nil))
}

// admin calls a handler if the request is the administrator's. A token in the address logs in.
func (s *Server) admin(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("token") {
			s.enter(w, r, r.URL.Query().Get("token"), r.URL.Path)
			return
		}
		c, err := r.Cookie(s.cookieName())
		if err != nil || subtle.ConstantTimeCompare([]byte(c.Value), []byte(s.cookieValue())) != 1 {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		next(w, r)
	}
}

func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	s.enter(w, r, strings.TrimSpace(r.PostFormValue("token")), "/")
}

// enter logs in with a token.
func (s *Server) enter(w http.ResponseWriter, r *http.Request, token, path string) {
	if !s.tries.allow(s.network(s.tries, r)) {
		w.Header().Set("Retry-After", "5")
		s.show(w, http.StatusTooManyRequests, "login.html", "Too many tries. Please wait a little.")
		return
	}
	if subtle.ConstantTimeCompare(hash(token), hash(s.keys.Admin)) != 1 {
		s.show(w, http.StatusForbidden, "login.html", "This is not the token. It is in the file secrets/admin.key of the study.")
		return
	}
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Value: s.cookieValue(), Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, path, http.StatusSeeOther)
}

// show writes a page.
func (s *Server) show(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	page := struct {
		Study string
		Data  any
		Now   int64
	}{s.Study.Study.Title, data, s.now()}
	if err := adminPages.ExecuteTemplate(&b, name, page); err != nil {
		http.Error(w, "the page could not be made: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

// view shows a page of what is stored.
func (s *Server) view(w http.ResponseWriter, r *http.Request, name string, data func(*storage.View) (any, error)) {
	var d any
	err := s.DB.View(r.Context(), func(v *storage.View) (err error) {
		d, err = data(v)
		return err
	})
	switch {
	case errors.Is(err, storage.ErrUnknown):
		s.show(w, http.StatusNotFound, "lack.html", nil)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		s.show(w, 200, name, d)
	}
}

func (s *Server) overview(w http.ResponseWriter, r *http.Request) {
	s.view(w, r, "overview.html", func(v *storage.View) (any, error) {
		status, err := ReadStatus(v, s.now())
		free, _, e := s.Space()
		if e == nil {
			status.DiskFree = int64(free)
		}
		return status, err
	})
}

// A row of people.
type personRow struct {
	storage.Worker
	Visits, Submitted, Other int
	Seen                     int64
	Device                   string
}

func (s *Server) people(w http.ResponseWriter, r *http.Request) {
	s.view(w, r, "people.html", func(v *storage.View) (any, error) {
		workers, err := v.Workers()
		if err != nil {
			return nil, err
		}
		rows := make([]personRow, len(workers))
		at := map[string]*personRow{}
		for i, p := range workers {
			rows[i].Worker = p
			at[p.ID] = &rows[i]
		}
		visits, err := v.Visits()
		for _, x := range visits {
			p := at[x.Worker]
			p.Visits++
			p.Seen = max(p.Seen, x.Seen)
			p.Device = x.Device
		}
		if err != nil {
			return nil, err
		}
		all, err := v.Assignments()
		for _, a := range all {
			if a.State == storage.Submitted {
				at[a.Worker].Submitted++
			} else {
				at[a.Worker].Other++
			}
		}
		return rows, err
	})
}

// A Status says how far a study is.
type Status struct {
	storage.Account
	People   map[string]int64 `json:"people"`                    // asked, agreed, refused, withdrawn; not asked: by an original front end
	Arms     map[string]int64 `json:"arms"`                      // people who agreed
	PageArms map[string]int64 `json:"arms_of_pages,omitempty"`   // pages shown, if pages have arms
	Live     int64            `json:"live"`                      // visits with a sign of life in the last two minutes
	Loose    int64            `json:"pages_of_nobody,omitempty"` // of annotations of the original front ends whose header has not come
	DiskFree int64            `json:"disk_free"`
}

// stateNames are the states of workers, in words for those who run a study.
var stateNames = map[string]string{storage.New: "asked", storage.Work: "agreed", storage.Refused: "refused", storage.Withdrawn: "withdrawn"}

// ReadStatus reads the status of a study.
func ReadStatus(v *storage.View, now int64) (st Status, err error) {
	st.People, st.Arms = map[string]int64{}, map[string]int64{}
	if st.Account, err = v.Account(); err != nil {
		return st, err
	}
	if st.PageArms, err = v.PageArms(); err != nil {
		return st, err
	}
	workers, err := v.Workers()
	if err != nil {
		return st, err
	}
	for _, w := range workers {
		name := stateNames[w.State]
		if w.Platform == storage.Compat && w.State == storage.Work {
			name = "not asked"
		}
		st.People[name]++
		if w.Arm != "" {
			st.Arms[w.Arm]++
		}
	}
	visits, err := v.Visits()
	for _, x := range visits {
		if x.Ended == nil && now-x.Seen < 2*time.Minute.Milliseconds() {
			st.Live++
		}
	}
	return st, err
}
