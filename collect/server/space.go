package server

import (
	"net/http"
	"time"
)

// Room that has to be left on the disk: for new work, and for what is finished.
const (
	roomForWork = 1 << 30
	roomToStore = 64 << 20
)

// roomy reports whether the disk has at least so many bytes left, or 5 % of all if that is less. A disk whose
// space is not known has room: then writing says more.
func (s *Server) roomy(room uint64) bool {
	free, all, err := s.Space()
	return err != nil || free >= min(room, all/20)
}

// ready answers whether work can be stored.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if !s.limits.allow("ready") {
		limited(w)
		return
	}
	if !s.roomy(roomForWork) {
		later(w, "disk_full", "the disk is nearly full: no new work is given out")
		return
	}
	began := time.Now()
	if err := s.DB.Ping(r.Context(), s.now()); err != nil {
		s.failed(w, r, err)
		return
	}
	answer(w, 200, map[string]any{"ok": true, "write_ms": time.Since(began).Milliseconds()})
}
