package query

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"abtool/ingest"
	"abtool/internal/synth"
	"abtool/store/notes"
)

// idsOf returns the ids of the things of each row of a data set, by SQL, in the order of seq.
func idsOf(t *testing.T, s *Session, set string, hidden bool) []string {
	t.Helper()
	ids := notes.SQL(set, hidden)
	return query(t, s, "SELECT concat_ws('|', "+strings.Join(ids[:], ", ")+") FROM "+set+"_annotations ORDER BY seq")
}

// A thing has one id: in SQL, with and without pseudonyms, and in Go. Showings of an image have different ones.
func TestIdentity(t *testing.T) {
	plain, hidden := open(t, Options{}), open(t, Options{Hide: true})
	place, _ := demoStore()
	for _, set := range []string{"imagenet", "coco"} {
		ids := idsOf(t, plain, set, false)
		if !slices.Equal(ids, idsOf(t, hidden, set, true)) {
			t.Errorf("%s: with pseudonyms, things have other ids", set)
		}
		book, err := notes.Open(filepath.Join(t.TempDir(), "n"))
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		var showings []string
		want := map[int64]int{}
		for row, id := range ids {
			showing, rest, _ := strings.Cut(id, "|")
			if seen[showing] {
				t.Errorf("%s: two showings have the id %s", set, showing)
			}
			seen[showing] = true
			if parts := strings.Split(rest, "|"); len(parts) == 3 && (parts[1][0] != 'w' || parts[2][0] != 'h') {
				t.Fatalf("%s: %s", set, id)
			}
			if row%3 == 0 {
				showings = append(showings, showing)
				want[int64(row)] = 0
			}
		}
		if err := book.Add(notes.Act{Act: notes.Tag, Tag: "x", Set: set, Kind: notes.Showing, Of: showings}); err != nil {
			t.Fatal(err)
		}
		found, err := book.Find(context.Background(), place, set, []string{"x", "y"}, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(found.Rows) != len(want) {
			t.Errorf("%s: Go finds %d rows by their ids, want %d", set, len(found.Rows), len(want))
		}
		for row := range want {
			if _, ok := found.Rows[row]; !ok {
				t.Errorf("%s: Go does not find row %d", set, row)
			}
		}
	}
}

// The ids of showings are the same after an ingest of the same records in another order.
func TestIdentityStays(t *testing.T) {
	for _, set := range []string{"imagenet", "coco"} {
		dir := t.TempDir()
		o := synth.Options{Images: 40, Seed: 3, Format: "jsonl", Out: filepath.Join(dir, "sim"), Dirty: .1}
		run := synth.ImageNet
		if set == "coco" {
			run = synth.COCO
		}
		if _, err := run(context.Background(), o); err != nil {
			t.Fatal(err)
		}
		source := filepath.Join(o.Out, set+"_ab.jsonl")
		data, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		var all [2][]string
		for k := range all {
			out := filepath.Join(dir, "store"+string(rune('a'+k)))
			if _, err := ingest.Run(context.Background(), ingest.Options{Sources: []string{source}, Out: out}); err != nil {
				t.Fatal(err)
			}
			all[k] = idsOf(t, openStore(t, out, Options{}), set, false)
			lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
			slices.Reverse(lines)
			if err := os.WriteFile(source, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if slices.Equal(all[0], all[1]) {
			t.Errorf("%s: the order is the same", set)
		}
		slices.Sort(all[0])
		slices.Sort(all[1])
		if len(all[0]) == 0 || !slices.Equal(all[0], all[1]) {
			t.Errorf("%s: in another order, %d showings have other ids than %d", set, len(all[1]), len(all[0]))
		}
	}
}

// bookOf has a tag on a thing of each kind of each data set, and a note.
func bookOf(t *testing.T, s *Session) *notes.Book {
	t.Helper()
	b, err := notes.Open(filepath.Join(t.TempDir(), "n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range []string{"imagenet", "coco"} {
		ids := strings.Split(idsOf(t, s, set, false)[0], "|")
		for i, kind := range notes.Kinds {
			if err := b.Add(notes.Act{Who: "ada", Act: notes.Tag, Tag: "odd", Set: set, Kind: kind, Of: []string{ids[i]}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := b.Add(notes.Act{Who: "ben", Act: notes.Note, Text: "an 'odd'\nline", Set: "coco", Kind: notes.Worker, Of: []string{"w000000000000"}}); err != nil {
		t.Fatal(err)
	}
	return b
}

// The view of notes has the ids of what is noted, or pseudonyms, and follows what is noted later.
func TestNotesView(t *testing.T) {
	plain := open(t, Options{})
	if _, err := tryQuery(plain, "FROM notes"); err == nil {
		t.Error("there is a view of notes without notes")
	}
	b := bookOf(t, plain)
	for _, hide := range []bool{false, true} {
		s := open(t, Options{Notes: b, Hide: hide})
		if n := query(t, s, "SELECT count(*) FROM notes"); n[0] != "9" {
			t.Errorf("%s notes", n[0])
		}
		for _, set := range []string{"imagenet", "coco"} {
			got := query(t, s, "SELECT kind, seq, image_id, worker_id, hit_id, tag, note FROM notes WHERE tag IS NOT NULL AND data_set = '"+set+"' ORDER BY kind")
			hit := notes.HITColumn(set)
			row := query(t, s, "SELECT seq, image_id, worker_id, "+hit+" FROM "+set+"_annotations WHERE seq = 0")[0]
			parts := strings.Split(row, " ")
			seq, image, worker, hitID := parts[0], parts[1], parts[2], parts[3]
			want := []string{"hit <nil> <nil> <nil> " + hitID + " odd <nil>", "image <nil> " + image + " <nil> <nil> odd <nil>",
				strings.Join([]string{"showing", seq, image, worker, hitID, "odd <nil>"}, " "), "worker <nil> <nil> " + worker + " <nil> odd <nil>"}
			if !slices.Equal(got, want) {
				t.Errorf("hidden %v, %s:\n%s\nwant\n%s", hide, set, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
		if got := query(t, s, "SELECT note, who, worker_id FROM notes WHERE note IS NOT NULL"); got[0] != "an 'odd'\nline ben <nil>" {
			t.Errorf("the note is %q", got[0])
		}
		if err := s.db.SetNotes(context.Background(), b.Rows()[:2]); err != nil {
			t.Fatal(err)
		}
		if n := query(t, s, "SELECT count(*) FROM notes"); n[0] != "2" {
			t.Errorf("%s notes, want 2", n[0])
		}
	}
}
