package server

import (
	"net/http"
	"strings"

	"abtool/collect/compat"
)

// compatRoutes adds the routes of the original front ends, if the study answers them.
func (s *Server) compatRoutes(m *http.ServeMux) {
	if !s.Study.Compat.Enabled {
		return
	}
	f := &compat.Front{Host: compatHost{s}, Study: s.Study, DB: s.DB, Identities: s.Identities, Keys: s.keys, UI: s.CompatUI}
	f.Routes(m)
}

// compatHost is what the routes of the original front ends need of a server.
type compatHost struct{ s *Server }

func (h compatHost) Allow(w http.ResponseWriter, r *http.Request) bool {
	return h.allow(w, r, h.s.limits)
}

func (h compatHost) AllowNote(w http.ResponseWriter, r *http.Request) bool {
	return h.allow(w, r, h.s.notes)
}

func (h compatHost) allow(w http.ResponseWriter, r *http.Request, l *limiter) bool {
	ok := l.allow(h.s.network(l, r))
	if !ok {
		limited(w)
	}
	return ok
}

func (h compatHost) Roomy(w http.ResponseWriter, work bool) bool {
	room := uint64(roomToStore)
	if work {
		room = roomForWork
	}
	ok := h.s.roomy(room)
	if !ok {
		later(w, "disk_full", "the disk of the server is full; please try again later")
	}
	return ok
}

func (h compatHost) Read(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, bool) {
	return bytesOf(w, r, limit)
}

func (h compatHost) Answer(w http.ResponseWriter, status int, body any) { answer(w, status, body) }

func (h compatHost) Refuse(w http.ResponseWriter, status int, code, format string, args ...any) {
	refuse(w, status, code, format, args...)
}

func (h compatHost) Busy(w http.ResponseWriter) {
	later(w, "busy", "the server is busy; please try again")
}

func (h compatHost) Failed(w http.ResponseWriter, r *http.Request, err error) { h.s.failed(w, r, err) }

func (h compatHost) Image(w http.ResponseWriter, r *http.Request, path, tag string) {
	if err := serveFile(w, r, h.s.images, path, tag); err != nil {
		h.s.report(r.Context(), "showing an image", err)
	}
}

// Secure reports whether the browser used TLS, as this server or a trusted proxy sees it.
func (h compatHost) Secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	direct := *r
	direct.Header = nil
	a, ok := h.s.client(&direct)
	return ok && h.s.trusted(a) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

func (h compatHost) Now() int64    { return h.s.now() }
func (h compatHost) NewID() string { return newID() }
