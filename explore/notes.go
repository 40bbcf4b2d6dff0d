package explore

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"abtool/explore/view"
	"abtool/internal/pseudonym"
	"abtool/internal/ui"
	"abtool/store"
	"abtool/store/notes"
)

// noteRoutes adds the page of notes and their API.
func (s *Server) noteRoutes(m map[string]http.Handler) {
	m["GET /notes"] = s.page("notes", s.notesPage)
	m["GET /api/notes/{set}"] = s.api(s.noted)
	m["POST /api/notes/{set}"] = s.api(s.note)
}

// renote shows what the file of notes has now, if it has changed.
func (s *Server) renote(ctx context.Context) error {
	s.noting.Lock()
	defer s.noting.Unlock()
	changed, err := s.notes.Refresh()
	if err != nil || !changed && !s.behind {
		return err
	}
	return s.showNotes(context.WithoutCancel(ctx))
}

// showNotes gives the notes to the tables of both DuckDBs. s.noting is held.
func (s *Server) showNotes(ctx context.Context) error {
	s.behind = true
	rows := s.notes.Rows()
	if err := s.db.SetNotes(ctx, rows); err != nil {
		return err
	}
	s.sandboxMade.Lock()
	if s.sandboxed != nil {
		if err := s.sandboxed.SetNotes(ctx, rows); err != nil {
			s.sandboxMade.Unlock()
			return err
		}
	}
	s.sandboxMade.Unlock()
	for _, set := range s.db.Sets {
		v, err := s.view(ctx, set)
		if err != nil {
			return err
		}
		if err := v.SetTags(ctx); err != nil {
			return err
		}
	}
	s.behind = false
	return nil
}

// A wish is a request to note something: an act on the things of a kind that rows belong to, or on things by their ids.
type wish struct {
	Act  string   `json:"act"`
	Tag  string   `json:"tag"`
	Text string   `json:"text"`
	Kind string   `json:"kind"`
	Seqs []int64  `json:"seqs"`
	IDs  []string `json:"ids"` // of images, annotators or HITs

	All bool   `json:"all"` // instead: all rows that f and q select, of which the browser shows n
	F   string `json:"f"`
	Q   string `json:"q"`
	N   int64  `json:"n"`

	Filter string `json:"filter"` // address of the page
}

// mostFilter is the number of bytes of an address that is kept with an act.
const mostFilter = 2000

// note keeps a tag or a note, and answers when it is on the disk.
func (s *Server) note(ctx context.Context, r *http.Request) (any, error) {
	start := time.Now()
	if s.options.ReadOnlyNotes {
		return nil, failure{http.StatusForbidden, fmt.Errorf("notes can only be read here: abtool explore was started with --read-only-notes")}
	}
	v, err := s.view(r.Context(), r.PathValue("set"))
	if err != nil {
		return nil, err
	}
	var w wish
	if err := json.NewDecoder(io.LimitReader(r.Body, 4<<20)).Decode(&w); err != nil {
		return nil, wrong("the request is not JSON such as {\"act\": \"tag\", \"tag\": \"odd\", \"kind\": \"showing\", \"seqs\": [7]}: %w", err)
	}
	if !slices.Contains(notes.Kinds, w.Kind) {
		return nil, wrong("nothing of the kind %q can be noted: it is one of %s", w.Kind, strings.Join(notes.Kinds, ", "))
	}
	of, err := s.meant(ctx, v, &w)
	if err != nil {
		return nil, err
	}
	if len(of) == 0 {
		return nil, wrong("nothing is selected that could be noted: its record may not name it")
	}
	a := notes.Act{Act: w.Act, Tag: strings.TrimSpace(w.Tag), Text: strings.TrimSpace(w.Text), Set: v.Set, Kind: w.Kind, Of: of, Filter: s.without(v, w.Filter)}
	s.noting.Lock()
	defer s.noting.Unlock()
	if err := a.Check(); err != nil {
		return nil, failure{http.StatusBadRequest, err}
	}
	if err := s.notes.Add(a); err != nil {
		return nil, err
	}
	if err := s.showNotes(context.WithoutCancel(ctx)); err != nil {
		return nil, err
	}
	return struct {
		reply
		N    int      `json:"n"`
		Tags []string `json:"tags"`
	}{since(start), len(of), s.notes.Tags()}, nil
}

// meant returns the ids of the things that a wish is about.
func (s *Server) meant(ctx context.Context, v *view.View, w *wish) ([]string, error) {
	switch {
	case w.All:
		f, err := v.Parse(w.F)
		if err != nil {
			return nil, failure{http.StatusBadRequest, err}
		}
		f.Rows = strings.TrimRight(strings.TrimSpace(w.Q), "; \n")
		n, err := v.Count(ctx, f)
		if err != nil {
			return nil, err
		}
		if n != w.N {
			return nil, failure{http.StatusConflict, fmt.Errorf("the filter selects %s now, not %s: look again", ui.Thousands(n), ui.Thousands(w.N))}
		}
		return v.Things(ctx, f, w.Kind, s.options.Hide)
	case len(w.Seqs) > 0:
		return v.ThingsOf(ctx, w.Seqs, w.Kind, s.options.Hide)
	}
	var of []string
	for _, id := range w.IDs {
		thing, err := s.thing(ctx, v, w.Kind, id)
		if err != nil {
			return nil, err
		}
		of = append(of, thing.ID)
	}
	return of, nil
}

// columnOf returns the column of the summary with the ids of a kind, and the key of their pseudonyms.
func columnOf(set, kind string) (column, key string) {
	switch kind {
	case notes.Image:
		return "image_id", ""
	case notes.Worker:
		return "worker_id", pseudonym.Worker
	case notes.HIT:
		return notes.HITColumn(set), pseudonym.HIT
	}
	return "", ""
}

// thing returns an image, annotator or HIT by the id that pages show.
func (s *Server) thing(ctx context.Context, v *view.View, kind, id string) (t notes.Thing, err error) {
	column, key := columnOf(v.Set, kind)
	if column == "" {
		return t, wrong("an id of the kind %q: give %s, %s or %s", kind, notes.Image, notes.Worker, notes.HIT)
	}
	n, err := v.Count(ctx, view.Filter{Terms: []view.Term{{Field: column, Texts: []string{id}}}})
	if err != nil {
		return t, err
	}
	if n == 0 {
		return t, notFound("no %s has the id %q", kind, id)
	}
	if key != "" && !s.options.Hide {
		id = pseudonym.Of(key, id)
	}
	return notes.Thing{Set: v.Set, Kind: kind, ID: id}, nil
}

// without returns an address in which pseudonyms replace the ids of people. It leaves out a query, which can have ids
// anywhere.
func (s *Server) without(v *view.View, address string) string {
	u, err := url.Parse(address)
	if err != nil || len(address) > mostFilter || !strings.HasPrefix(u.Path, "/") {
		return ""
	}
	if s.options.Hide {
		return address
	}
	q := u.Query()
	if f, err := v.Parse(q.Get("f")); err == nil && len(f.Terms) > 0 {
		for i := range f.Terms {
			for _, kind := range []string{notes.Worker, notes.HIT} {
				if column, key := columnOf(v.Set, kind); f.Terms[i].Field == column {
					for k, id := range f.Terms[i].Texts {
						f.Terms[i].Texts[k] = pseudonym.Of(key, id)
					}
				}
			}
		}
		q.Set("f", f.String())
	}
	q.Del("q")
	q.Del("of")
	u.RawQuery = strings.NewReplacer("%3A", ":", "%2C", ",", "%3B", ";").Replace(q.Encode())
	if parts := strings.SplitN(u.Path, "/", 5); len(parts) > 3 {
		if key := map[string]string{"w": pseudonym.Worker, "h": pseudonym.HIT, "p": pseudonym.HIT}[parts[1]]; key != "" {
			parts[3] = pseudonym.Of(key, parts[3])
			u.Path, u.RawPath = strings.Join(parts, "/"), ""
		}
	}
	return u.String()
}

// A notedThing is a thing with what is noted about it.
type notedThing struct {
	Kind string `json:"kind"`
	ID   string `json:"id"` // as pages show it; of a showing its seq
	notes.Noted
}

// noted answers with what is noted about the showing seq, its image, annotator and HIT, or about what kind and id name.
func (s *Server) noted(ctx context.Context, r *http.Request) (any, error) {
	start := time.Now()
	v, err := s.view(r.Context(), r.PathValue("set"))
	if err != nil {
		return nil, err
	}
	if err := s.renote(ctx); err != nil {
		return nil, err
	}
	var things []notedThing
	if text := r.FormValue("seq"); text != "" {
		if things, err = s.notedShowing(ctx, v, text); err != nil {
			return nil, err
		}
	} else if kind := r.FormValue("kind"); kind != "" {
		t, err := s.thing(ctx, v, kind, r.FormValue("id"))
		if err != nil {
			return nil, err
		}
		things = append(things, notedThing{kind, r.FormValue("id"), s.notes.Of(t)})
	}
	return struct {
		reply
		ReadOnly bool         `json:"read_only"`
		Tags     []string     `json:"tags"` // that anything has
		Things   []notedThing `json:"things"`
	}{since(start), s.options.ReadOnlyNotes, s.notes.Tags(), things}, nil
}

func (s *Server) notedShowing(ctx context.Context, v *view.View, text string) (things []notedThing, err error) {
	seq, err := number(text)
	if err != nil {
		return nil, err
	}
	for _, kind := range notes.Kinds {
		ids, err := v.ThingsOf(ctx, []int64{seq}, kind, s.options.Hide)
		if err != nil {
			return nil, err
		}
		if len(ids) == 0 && kind == notes.Showing {
			return nil, notFound("%s has no showing %d", store.Title(v.Set), seq)
		}
		if len(ids) == 0 {
			continue
		}
		shown := text
		if column, _ := columnOf(v.Set, kind); column != "" {
			if err := s.db.QueryRowContext(ctx, fmt.Sprintf("SELECT %s::VARCHAR FROM summary_%s WHERE seq = ?", column, v.Set), seq).Scan(&shown); err != nil {
				return nil, err
			}
		}
		things = append(things, notedThing{kind, shown, s.notes.Of(notes.Thing{Set: v.Set, Kind: kind, ID: ids[0]})})
	}
	return things, nil
}

// Limits of the page of notes.
const (
	mostActs  = 100
	mostNotes = 200
)

// notesPage lists tags, notes and acts.
func (s *Server) notesPage(ctx context.Context, r *http.Request) (string, any, error) {
	type tagShown struct {
		Tag, Set, Rows, To, Things string
	}
	type noteShown struct{ Text, Who, When, What, To string }
	type actShown struct{ When, Who, What, Of, To string }
	if err := s.renote(ctx); err != nil {
		return "", nil, err
	}
	var tags []tagShown
	for _, set := range s.db.Sets {
		if _, err := s.view(r.Context(), set); err != nil { // it has the table of tags
			return "", nil, err
		}
		rows, err := s.db.QueryContext(ctx, fmt.Sprintf(`SELECT n.tag, string_agg(n.text, ', ' ORDER BY n.least), (SELECT count(*) FROM tags_%s t WHERE t.tag = n.tag)
FROM (SELECT tag, count(*) || ' ' || kind || CASE WHEN count(*) > 1 THEN 's' ELSE '' END AS text, min(kind) AS least FROM notes WHERE data_set = '%[1]s' AND tag IS NOT NULL GROUP BY tag, kind) n
GROUP BY n.tag ORDER BY n.tag`, set))
		if err != nil {
			return "", nil, err
		}
		for rows.Next() {
			x := tagShown{Set: set}
			var n int64
			if err := rows.Scan(&x.Tag, &x.Things, &n); err != nil {
				rows.Close()
				return "", nil, err
			}
			x.Rows = ui.Thousands(n)
			x.To = "/i/" + set + "?" + view.Filter{Terms: []view.Term{{Field: "tag", Texts: []string{x.Tag}}}}.Query()
			tags = append(tags, x)
		}
		if err := rows.Err(); err != nil {
			return "", nil, err
		}
		rows.Close()
	}
	when := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }
	var texts []noteShown
	rows, err := s.db.QueryContext(ctx, fmt.Sprintf(`SELECT note, who, "time", data_set, kind, seq, image_id, worker_id, hit_id FROM notes WHERE note IS NOT NULL ORDER BY "time" DESC LIMIT %d`, mostNotes))
	if err != nil {
		return "", nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var x noteShown
		var ms int64
		var set, kind string
		var seq *int64
		var image, worker, hit *string
		if err := rows.Scan(&x.Text, &x.Who, &ms, &set, &kind, &seq, &image, &worker, &hit); err != nil {
			return "", nil, err
		}
		x.When = when(time.UnixMilli(ms))
		x.What, x.To = thingAddress(set, kind, seq, image, worker, hit)
		texts = append(texts, x)
	}
	if err := rows.Err(); err != nil {
		return "", nil, err
	}
	var acts []actShown
	for _, a := range s.notes.Last(mostActs) {
		what := map[string]string{notes.Tag: "tagged " + a.Tag, notes.Untag: "removed " + a.Tag, notes.Note: "noted"}[a.Act]
		of := ui.Thousands(int64(len(a.Of))) + " " + a.Kind
		if len(a.Of) != 1 {
			of += "s"
		}
		acts = append(acts, actShown{when(a.Time), a.Who, what, of, a.Filter})
	}
	return "Notes", map[string]any{"Tags": tags, "Notes": texts, "Acts": acts, "Broken": s.notes.Broken(), "File": s.notes.File(),
		"ReadOnly": s.options.ReadOnlyNotes, "Sets": len(s.db.Sets) > 1}, nil
}

// thingAddress returns a thing in words, and the address of its page.
func thingAddress(set, kind string, seq *int64, image, worker, hit *string) (what, to string) {
	switch {
	case kind == notes.Showing && seq != nil:
		return "showing " + strconv.FormatInt(*seq, 10), fmt.Sprintf("/s/%s/%d", set, *seq)
	case kind == notes.Image && image != nil:
		return "image " + *image, "/i/" + set + "/" + url.PathEscape(*image)
	case kind == notes.Worker && worker != nil:
		return "annotator " + *worker, "/w/" + set + "/" + url.PathEscape(*worker)
	case kind == notes.HIT && hit != nil:
		return "HIT " + *hit, "/i/" + set + "?" + view.Filter{Terms: []view.Term{{Field: notes.HITColumn(set), Texts: []string{*hit}}}}.Query()
	}
	return kind + " that is not in the store", ""
}
