package query

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"abtool/collect/derive"
	"abtool/internal/teststore"
	"abtool/schema"
)

// studyStore opens a store that was made from two studies.
func studyStore(t testing.TB, o Options) *Session {
	t.Helper()
	store, err := teststore.Make(context.Background(), t.TempDir(), teststore.Options{Studies: []string{"browse", "tag"}})
	if err != nil {
		t.Fatal(err)
	}
	return openStore(t, store, o)
}

// Every view of a store with studies has the columns that its documentation lists, and its example runs.
func TestStudyViews(t *testing.T) {
	s := studyStore(t, Options{})
	views := s.db.Views()
	for _, v := range StudyViews("imagenet", "coco") {
		if !slices.ContainsFunc(views, func(w View) bool { return w.Name == v.Name }) {
			t.Errorf("the store has no view %s", v.Name)
		}
	}
	for _, v := range views {
		r, err := s.Query(context.Background(), "FROM "+v.Name+" LIMIT 1", nil)
		if err != nil {
			t.Fatal(err)
		}
		var got, want []string
		for _, c := range r.Columns {
			got = append(got, c.Name)
		}
		r.Close()
		for _, c := range v.Columns {
			want = append(want, c.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: columns\n%v, documented\n%v", v.Name, got, want)
		}
		if rows := query(t, s, v.Example); len(rows) == 0 && slices.ContainsFunc(StudyViews("imagenet", "coco"), func(w View) bool { return w.Name == v.Name }) {
			t.Errorf("%s: the example has no rows", v.Name)
		}
	}
}

// The views count what the tables have.
func TestStudyCounts(t *testing.T) {
	s := studyStore(t, Options{})
	for _, c := range [][2]string{
		{"SELECT count(*) FROM imagenet_deselections", "SELECT sum(len(deselects)) FROM imagenet_annotations"},
		{"SELECT count(*), round(sum(x), 3) FROM imagenet_page_samples", "SELECT sum(len(pointer)), round(sum(list_sum([p.x FOR p IN pointer])), 3) FROM imagenet_attempts"},
		{"SELECT count(*) FROM coco_drags", "SELECT sum(len(drags)) FROM coco_annotations"},
		{"SELECT sum(pages) FROM arms", "SELECT count(*) FROM (SELECT state FROM imagenet_attempts UNION ALL SELECT state FROM coco_attempts) WHERE state = 'submitted'"},
		{"SELECT sum(annotators) FROM arms", "SELECT count(DISTINCT data_set || worker_id) FROM sessions WHERE arm IS NOT NULL"},
		{"SELECT count(*) FROM imagenet_samples WHERE seq < 0", "SELECT 0"},
		// A sample of the front end is one of the recording: it was dispatched, and on the image of the slot.
		{"SELECT count(*) FROM imagenet_samples m JOIN imagenet_annotations a USING (seq) ANTI JOIN imagenet_page_samples p " +
			"ON p.page_uuid = a.page_uuid AND p.time = m.time AND p.frame AND p.slot = a.image_idx", "SELECT 0"},
	} {
		if got, want := query(t, s, c[0]), query(t, s, c[1]); !slices.Equal(got, want) || len(got) == 0 {
			t.Errorf("%s: %v, want %v", c[0], got, want)
		}
	}
}

// The macro and the function of Go agree on active time, whatever pause ends it.
func TestActive(t *testing.T) {
	s := studyStore(t, Options{})
	for _, gap := range []int64{999, 1000, 5000, derive.IdleAfter, 40_000, 1 << 40} {
		for _, set := range []string{"imagenet", "coco"} {
			got := query(t, s, fmt.Sprintf("SELECT page_uuid, attempt, visible_ms, [p.t FOR p IN pauses], [p.length FOR p IN pauses], "+
				"active_ms(p, gap := %d), active_ms(p), p.active_ms FROM %s_attempts p ORDER BY ALL", gap, set))
			if len(got) < 8 {
				t.Fatalf("%d pages", len(got))
			}
			for _, line := range got {
				id, rest, _ := strings.Cut(line, " ")
				var attempt, visible, active, usual, stored int64
				parts := strings.Split(rest, "] ")
				fmt.Sscan(parts[0], &attempt, &visible)
				fmt.Sscan(parts[len(parts)-1], &active, &usual, &stored)
				p := derive.Presence{Visible: visible}
				lengths := strings.FieldsFunc(parts[1], func(r rune) bool { return strings.ContainsRune("[, ", r) })
				for _, text := range lengths {
					var n int64
					fmt.Sscan(text, &n)
					p.Pauses = append(p.Pauses, derive.Pause{Length: n})
				}
				if want := p.Active(gap); active != want || usual != p.Active(derive.IdleAfter) || usual != stored || visible == 0 {
					t.Errorf("%s, gap %d: active %d, want %d; usually %d, stored %d: %s", id, gap, active, want, usual, stored, line)
				}
			}
		}
	}
}

// In a store without a study, the views of studies are named when they are asked for.
func TestWithoutStudy(t *testing.T) {
	s := open(t, Options{})
	for _, name := range []string{"imagenet_deselections", "sessions", "arms", "coco_drags"} {
		_, err := s.Query(context.Background(), "FROM "+name, nil)
		if err == nil || !strings.Contains(err.Error(), "Only a store that was made from a study") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, v := range s.db.Views() {
		if v.table == "annotations" && len(v.Columns) >= len(schema.TableAt(v.Set+"/annotations").Columns) {
			t.Errorf("%s is documented with the columns of studies", v.Name)
		}
	}
}
