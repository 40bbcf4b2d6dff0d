package explore

import (
	"bytes"
	"context"
	"html/template"
	"net/http"
	"strings"

	"abtool/internal/ui"
	"abtool/schema"
	"abtool/store"
)

// routes lists the pages and the API.
func (s *Server) routes() map[string]http.Handler {
	m := map[string]http.Handler{
		"GET /{$}": s.page("overview", s.overview),
		"GET /":    s.page("absent", nothing),

		"GET /i/{set}":              s.page("grid", s.grid),
		"GET /w/{set}":              s.page("workers", s.workers),
		"GET /w/{set}/{id}":         s.page("worker", s.worker),
		"GET /h/{set}":              s.page("hits", s.hits),
		"GET /h/{set}/{id}":         s.page("hit", s.hit),
		"GET /stats":                s.page("statistics", s.statistics),
		"GET /stats/{set}/{name}":   s.page("statistic", s.statistic),
		"GET /stats/{set}/by/{key}": s.page("groups", s.groups),
		"GET /rejects":              s.page("rejects", s.rejects),
		"GET /sql":                  s.page("sql", s.sqlPage),
		"GET /figure/{name}":        http.HandlerFunc(s.figure),
		"GET /export":               http.HandlerFunc(s.export),

		"POST /api/sql":         s.api(s.sql),
		"POST /api/column":      s.api(s.column),
		"GET /api/catalog":      s.api(s.catalog),
		"GET /api/random/{set}": s.api(s.random),

		"GET /api/fields/{set}": s.api(s.fields),
		"GET /api/facets/{set}": s.api(s.facets),
		"GET /api/rows/{set}":   s.api(s.rows),
		"GET /api/marks/{set}":  s.api(s.marks),
	}
	s.replays(m)
	s.noteRoutes(m)
	s.compareRoutes(m)
	s.studyRoutes(m)
	if s.images.some() {
		m["GET /img/{set}/{id}"] = http.HandlerFunc(s.image)
	}
	return m
}

// A page is what the layout shows around the contents.
type page struct {
	Title string // of the page
	Store string // title of the store
	Nav   []link
	Set   string // imagenet or coco; "" for pages of all sets
	Data  any    // contents
	Live  bool   // whether a study is shown, which goes on
	Tool  string
	Newer bool // whether the store was replaced since it was opened
}

// A link leads to a page.
type link struct {
	Text, To string
	Here     bool // whether the link leads to the page that has it
}

// contents returns the title of a page and what its template shows.
type contents func(ctx context.Context, r *http.Request) (title string, data any, err error)

// page answers with a page.
func (s *Server) page(name string, f contents) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		title, data, err := f(r.Context(), r)
		shown, status := name, http.StatusOK
		p := page{Title: title, Store: s.options.Title, Nav: s.nav(r.URL.Path), Set: r.PathValue("set"), Data: data,
			Tool: s.options.Tool, Newer: s.db.Kept() && s.replaced(), Live: s.options.live != nil}
		if m, ok := err.(moved); ok {
			http.Redirect(w, r, m.to, http.StatusSeeOther)
			return
		}
		if err != nil {
			shown, status = "absent", statusOf(err)
			p.Title, p.Data = "Not shown", s.problem(err)
		}
		var b bytes.Buffer
		template := "layout.html"
		if part := r.FormValue("part"); part != "" && s.pages[shown].Lookup(part) != nil && err == nil {
			template = part
		}
		if err := s.pages[shown].ExecuteTemplate(&b, template, p); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		b.WriteTo(w)
	})
}

// nav returns the links at the top of each page.
func (s *Server) nav(path string) (links []link) {
	add := func(page, text, to string) {
		if s.has(page) {
			links = append(links, link{text, to, path == to || to != "/" && strings.HasPrefix(path, to+"/")})
		}
	}
	add("overview", "Overview", "/")
	for _, set := range s.db.Sets {
		add("grid", store.Title(set), "/i/"+set)
		if n := len(links); n > 0 && (strings.HasPrefix(path, "/s/"+set+"/") || strings.HasPrefix(path, "/p/"+set+"/")) {
			links[n-1].Here = true
		}
	}
	if n := len(s.db.Sets); n > 0 {
		add("workers", "Annotators", "/w/"+s.db.Sets[0])
		links[len(links)-1].Here = strings.HasPrefix(path, "/w/")
		add("hits", "HITs", "/h/"+s.db.Sets[0])
		links[len(links)-1].Here = strings.HasPrefix(path, "/h/")
	}
	add("statistics", "Statistics", "/stats")
	add("compare", "Compare", "/compare")
	add("sql", "SQL", "/sql")
	add("notes", "Notes", "/notes")
	add("rejects", "Rejects", "/rejects")
	return links
}

func nothing(context.Context, *http.Request) (string, any, error) {
	return "", nil, notFound("there is no page at this address")
}

// functions of the templates.
var functions = template.FuncMap{
	"grouped": ui.Thousands,
	"set":     store.Title,
	"why":     why,
	"mark":    func(at float64) float64 { return min(at, 99) },
	"width":   func(low, high float64) float64 { return max(.6, high-low) },
	"both":    func(a, b valueShown) []valueShown { return []valueShown{a, b} },
	"differences": func(caption, a, b string, rows []difference) map[string]any {
		return map[string]any{"Caption": caption, "A": a, "B": b, "Rows": rows}
	},
}

// why returns what a reason of a reject means.
func why(reason string) string {
	for _, r := range schema.Reasons {
		if string(r.Reason) == reason {
			return r.Text
		}
	}
	return ""
}

// grid shows the showings of a data set.
func (s *Server) grid(_ context.Context, r *http.Request) (string, any, error) {
	set, err := s.setOf(r)
	return store.Title(set), map[string]any{"Set": set, "Images": s.images.some(), "Showing": s.has("showing"), "Notes": !s.options.ReadOnlyNotes}, err
}
