package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"abtool/explore/replay/scene"
	"abtool/features"
	"abtool/internal/teststore"
	"abtool/query"
)

var db *query.DB

func TestMain(m *testing.M) {
	os.Exit(func() int {
		ctx := context.Background()
		store, remove := teststore.Temporary(ctx, teststore.Options{Images: 600, Pages: 60, Seed: 3, Dirty: 0.05, Studies: []string{"browse", "tag"}})
		defer remove()
		var err error
		if db, err = query.Open(ctx, store, query.Options{}); err != nil {
			panic(err)
		}
		defer db.Close()
		return m.Run()
	}())
}

// ask returns the values of a query with one column.
func ask[T any](t *testing.T, q string) (all []T) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// check tests what holds for every scene: columns of equal lengths, times that ascend, gaps that are disjoint, explained,
// within the track and without samples, and that it can be written.
func check(t *testing.T, name string, s *scene.Scene) {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if !json.Valid(text) {
		t.Errorf("%s: not JSON", name)
	}
	for _, m := range s.Images {
		if !(m.W > 0 && m.H > 0) && !s.Recorded || m.X != m.X || m.Y != m.Y {
			t.Errorf("%s: image %s is at %v, %v with %v × %v", name, m.ID, m.X, m.Y, m.W, m.H)
		}
	}
	for _, r := range s.Tracks {
		p, g, e := r.Samples, r.Gaps, r.Events
		if n := len(p.T); len(p.X) != n || len(p.Y) != n || p.Slot != nil && len(p.Slot) != n {
			t.Errorf("%s: samples %d, %d, %d, %d", name, n, len(p.X), len(p.Y), len(p.Slot))
		}
		if n := len(e.T); len(e.What) != n || len(e.X) != n || len(e.FX) != n || len(e.To) != n || len(e.Slot) != n || len(e.Text) != n {
			t.Errorf("%s: events have different columns", name)
		}
		if !slices.IsSorted(p.T) {
			t.Errorf("%s: times of samples do not ascend", name)
		}
		last := 0.0
		for i := range g.From {
			if g.From[i] < last || g.To[i] < g.From[i] || g.To[i] > float64(r.End) {
				t.Errorf("%s: gap from %v to %v after %v, of a track until %v", name, g.From[i], g.To[i], last, r.End)
			}
			last = g.To[i]
			if s.Reasons[g.Why[i]] == "" {
				t.Errorf("%s: a gap for the reason %q", name, g.Why[i])
			}
			for k, at := range p.T {
				if at > g.From[i] && at < g.To[i] && p.X[k] == p.X[k] {
					t.Errorf("%s: a sample at %v in the gap from %v to %v (%s)", name, at, g.From[i], g.To[i], g.Why[i])
				}
			}
		}
		if n := len(p.T); n > 0 && (p.T[0] < 0 || p.T[n-1] > float64(r.End)) {
			t.Errorf("%s: samples from %v to %v, of a track until %v", name, p.T[0], p.T[n-1], r.End)
		}
	}
}

// Every row of a store with damaged records can be shown, and keeps all of its samples, clicks and actions.
func TestEveryRow(t *testing.T) {
	for _, set := range []string{"imagenet", "coco"} {
		events := map[string]string{"imagenet": "len(clicks) + len(hovers) + coalesce(len(deselects), 0)", "coco": "len(actions) + len(browsing) + coalesce(len(drags), 0)"}[set]
		samples, acts := ask[int](t, "SELECT len(mouse) FROM "+set+"_annotations ORDER BY seq"), ask[int](t, "SELECT "+events+" FROM "+set+"_annotations ORDER BY seq")
		if len(samples) < 60 {
			t.Fatalf("%d rows of %s", len(samples), set)
		}
		for seq := range samples {
			s, err := Showing(t.Context(), db, set, int64(seq))
			if err != nil {
				t.Fatal(set, seq, err)
			}
			check(t, fmt.Sprint(set, " ", seq), s)
			r := s.Tracks[0]
			if n := len(r.Samples.T) + len(r.Untimed.X); n != samples[seq] {
				t.Errorf("%s %d: %d samples, want %d", set, seq, n, samples[seq])
			}
			n := 0
			for _, what := range r.Events.What {
				if what != "unselect" { // no event of the record
					n++
				}
			}
			if n != acts[seq] {
				t.Errorf("%s %d: %d events, want %d", set, seq, n, acts[seq])
			}
		}
	}
}

func TestPages(t *testing.T) {
	pages := 0
	for _, set := range []string{"imagenet", "coco"} {
		for _, of := range ask[string](t, "SELECT DISTINCT coalesce(assignment_id, hit_id) || '/' || page_idx FROM "+set+"_annotations WHERE page_idx IS NOT NULL ORDER BY ALL LIMIT 40") {
			var page int64
			work, number, _ := strings.Cut(of, "/")
			if _, err := fmt.Sscan(number, &page); err != nil {
				t.Fatal(err)
			}
			s, err := Page(t.Context(), db, set, work, page)
			if err != nil {
				t.Errorf("%s: %v", of, err)
				continue
			}
			check(t, set+" "+of, s)
			pages++
		}
	}
	if pages < 40 {
		t.Errorf("%d pages", pages)
	}
}

// The points of an image are those that abtool targets derives.
func TestTargets(t *testing.T) {
	type point struct{ x, y float64 }
	want := map[string]point{}
	for _, set := range []string{"imagenet", "coco"} {
		o := features.Options{Set: set, Rules: []string{"all"}}
		if err := features.Each(t.Context(), db.Store, o, func(g *features.Target) error {
			key := fmt.Sprint(g.Image, " ", g.Rule)
			if set == "coco" {
				key += fmt.Sprint(" ", g.Class, " of ", g.Annotation)
			}
			want[key] = point{g.X, g.Y}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]int{}
	for _, set := range []string{"imagenet", "coco"} {
		for _, id := range ask[string](t, "SELECT image_id::VARCHAR FROM "+set+"_annotations GROUP BY image_id ORDER BY count(*) DESC, image_id LIMIT 150") {
			s, err := Image(t.Context(), db, set, id)
			if err != nil {
				t.Fatal(err)
			}
			check(t, id, s)
			for _, g := range s.Targets {
				key := fmt.Sprint(id, " ", g.Rule)
				if g.Seq != nil {
					key += fmt.Sprint(" ", g.Class, " of ", *g.Seq)
				}
				w, ok := want[key]
				seen[g.Rule]++
				if !ok || math.Abs(w.x-float64(g.X)) > 1e-12 || math.Abs(w.y-float64(g.Y)) > 1e-12 {
					t.Errorf("%s: %v, %v, want %v", key, g.X, g.Y, w)
				}
			}
		}
	}
	for _, rule := range []string{"final-click", "final-click-document", "first-click", "loader-mean-valid", "box-centre", "final-add", "final-position"} {
		if seen[rule] < 50 {
			t.Errorf("%d points of the rule %s", seen[rule], rule)
		}
	}
}

// What a page links to is there.
func TestLinks(t *testing.T) {
	work := ask[string](t, "SELECT assignment_id FROM imagenet_annotations WHERE page_uuid IS NULL AND page_idx IS NOT NULL GROUP BY assignment_id HAVING count(DISTINCT page_idx) > 2 ORDER BY ALL LIMIT 1")[0]
	pages := ask[int64](t, "SELECT DISTINCT page_idx FROM imagenet_annotations WHERE page_idx IS NOT NULL AND assignment_id = '"+work+"' ORDER BY ALL")
	s, err := Page(t.Context(), db, "imagenet", work, pages[1])
	if err != nil {
		t.Fatal(err)
	}
	links := map[string]string{}
	for _, f := range s.Facts {
		links[f.Name] = f.Link
	}
	worker := ask[string](t, "SELECT max(worker_id) FROM imagenet_annotations WHERE assignment_id = '"+work+"'")[0]
	for name, want := range map[string]string{"page before": fmt.Sprintf("/p/imagenet/%s/%d", work, pages[0]), "next page": fmt.Sprintf("/p/imagenet/%s/%d", work, pages[2]),
		"worker_id": "/w/imagenet/" + worker} {
		if links[name] != want {
			t.Errorf("%s: %s, want %s", name, links[name], want)
		}
	}
	if got, want := classLink("imagenet", "a;b"), `/i/imagenet?f=class%3Aa%5C%3Bb`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestAbsent(t *testing.T) {
	ctx := t.Context()
	_, a := Showing(ctx, db, "imagenet", 1e9)
	_, b := Page(ctx, db, "coco", "nobody", 3)
	_, c := Image(ctx, db, "coco", "cat")
	_, d := Image(ctx, db, "imagenet", "nothing")
	for i, err := range []error{a, b, c, d} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("case %d: %v", i, err)
		}
	}
}

func BenchmarkShowing(b *testing.B) {
	for i := range b.N {
		if _, err := Showing(b.Context(), db, "imagenet", int64(i%500)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPage(b *testing.B) {
	var work string
	if err := db.QueryRowContext(b.Context(), "SELECT assignment_id FROM imagenet_annotations WHERE page_idx = 3 AND page_uuid IS NULL LIMIT 1").Scan(&work); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Page(b.Context(), db, "imagenet", work, 3); err != nil {
			b.Fatal(err)
		}
	}
}
