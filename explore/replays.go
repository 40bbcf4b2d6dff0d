package explore

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"abtool/explore/replay"
)

// replays adds the pages of the player, and their data. A page is there if it has a template.
func (s *Server) replays(m map[string]http.Handler) {
	m["GET /api/showing/{set}/{seq}"] = s.api(func(ctx context.Context, r *http.Request) (any, error) {
		set, seq, err := s.showing(r)
		if err != nil {
			return nil, err
		}
		return replay.Showing(ctx, s.db, set, seq)
	})
	m["GET /api/page/{set}/{assignment}/{page}"] = s.api(func(ctx context.Context, r *http.Request) (any, error) {
		set, page, err := s.pageOf(r)
		if err != nil {
			return nil, err
		}
		return replay.Page(ctx, s.db, set, r.PathValue("assignment"), page)
	})
	m["GET /api/image/{set}/{id}"] = s.api(func(ctx context.Context, r *http.Request) (any, error) {
		set, err := s.setOf(r)
		if err != nil {
			return nil, err
		}
		return replay.Image(ctx, s.db, set, r.PathValue("id"))
	})
	type place struct {
		Set, Image, Assignment string
		Seq, Page              int64
		Images                 bool // whether there are images to show
	}
	if s.has("showing") {
		m["GET /s/{set}/{seq}"] = s.page("showing", func(_ context.Context, r *http.Request) (string, any, error) {
			set, seq, err := s.showing(r)
			return "Showing " + r.PathValue("seq"), place{Set: set, Seq: seq, Images: s.images.some()}, err
		})
	}
	if s.has("page") {
		m["GET /p/{set}/{assignment}/{page}"] = s.page("page", func(_ context.Context, r *http.Request) (string, any, error) {
			set, page, err := s.pageOf(r)
			return "Page " + r.PathValue("page"), place{Set: set, Assignment: r.PathValue("assignment"), Page: page,
				Images: s.images.some()}, err
		})
	}
	if s.has("image") {
		m["GET /i/{set}/{id}"] = s.page("image", func(_ context.Context, r *http.Request) (string, any, error) {
			set, err := s.setOf(r)
			return r.PathValue("id"), place{Set: set, Image: r.PathValue("id"), Images: s.images.some()}, err
		})
	}
}

// setOf returns the data set of an address.
func (s *Server) setOf(r *http.Request) (string, error) {
	set := r.PathValue("set")
	if !slices.Contains(s.db.Sets, set) {
		return "", notFound("the store has no data set %q", set)
	}
	return set, nil
}

func (s *Server) showing(r *http.Request) (set string, seq int64, err error) {
	if set, err = s.setOf(r); err == nil {
		seq, err = number(r.PathValue("seq"))
	}
	return set, seq, err
}

func (s *Server) pageOf(r *http.Request) (set string, page int64, err error) {
	if set, err = s.setOf(r); err == nil {
		page, err = number(r.PathValue("page"))
	}
	return set, page, err
}

// number returns a number of an address.
func number(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, notFound("%q in the address is not a number", text)
	}
	return n, nil
}
