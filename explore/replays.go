package explore

import (
	"context"
	"database/sql"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"abtool/explore/replay"
	"abtool/explore/replay/scene"
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
	// show returns a page that plays a scene. The scene is part of the page, which needs no second request.
	show := func(of func(ctx context.Context, r *http.Request) (title string, _ *scene.Scene, err error)) contents {
		return func(ctx context.Context, r *http.Request) (string, any, error) {
			title, drawn, err := of(ctx, r)
			return title, played{title, drawn, s.images.some(), s.nextPage(ctx, r)}, err
		}
	}
	m["GET /s/{set}/{seq}"] = s.page("showing", show(func(ctx context.Context, r *http.Request) (string, *scene.Scene, error) {
		set, seq, err := s.showing(r)
		if err != nil {
			return "", nil, err
		}
		drawn, err := replay.Showing(ctx, s.db, set, seq)
		return "Showing " + r.PathValue("seq"), drawn, err
	}))
	m["GET /p/{set}/{assignment}/{page}"] = s.page("showing", show(func(ctx context.Context, r *http.Request) (string, *scene.Scene, error) {
		set, page, err := s.pageOf(r)
		if err != nil {
			return "", nil, err
		}
		drawn, err := replay.Page(ctx, s.db, set, r.PathValue("assignment"), page)
		return "Page " + r.PathValue("page") + " of " + r.PathValue("assignment"), drawn, err
	}))
	m["GET /i/{set}/{id}"] = s.page("showing", show(func(ctx context.Context, r *http.Request) (string, *scene.Scene, error) {
		set, err := s.setOf(r)
		if err != nil {
			return "", nil, err
		}
		drawn, err := replay.Image(ctx, s.db, set, r.PathValue("id"))
		return "Image " + r.PathValue("id"), drawn, err
	}))
}

// played is what the page of a player shows.
type played struct {
	Title  string
	Scene  *scene.Scene
	Images bool   // whether there are images to show
	Next   string // address of what plays after it, or ""
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

// nextPage returns the address of the next page of a HIT, if the address asks that one plays after the other.
func (s *Server) nextPage(ctx context.Context, r *http.Request) string {
	set, id := r.PathValue("set"), r.PathValue("assignment")
	if !r.URL.Query().Has("next") || id == "" {
		return ""
	}
	if _, err := s.view(ctx, set); err != nil {
		return ""
	}
	var next sql.NullInt64
	err := s.db.QueryRowContext(ctx, "SELECT min(page_idx) FROM summary_"+set+" WHERE "+columnsOfHITs[set][0]+"::VARCHAR = ? AND page_idx > TRY_CAST(? AS BIGINT)", id, r.PathValue("page")).Scan(&next)
	if err != nil || !next.Valid {
		return ""
	}
	return "/p/" + set + "/" + url.PathEscape(id) + "/" + strconv.FormatInt(next.Int64, 10) + "?next"
}
