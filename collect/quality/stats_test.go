package quality_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"abtool/analysis"
	"abtool/analysis/result"
	"abtool/byproduct/coco"
	"abtool/collect"
	"abtool/collect/quality"
	"abtool/collect/storage"
	"abtool/ingest"
	"abtool/internal/teststudy"
	"abtool/query"
)

// study makes a study in which each HIT has at most one assignment that is over: COCO's statistics join
// assignments of a HIT (C9).
func study(t *testing.T, task string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), task)
	if _, err := teststudy.Make(context.Background(), dir, task); err != nil {
		t.Fatal(err)
	}
	db, err := storage.Open(dir, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var all []storage.Assignment
	if err := db.View(t.Context(), func(v *storage.View) (err error) {
		all, err = v.Assignments()
		return err
	}); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, a := range all {
		if a.State == storage.Submitted && seen[a.HIT] {
			if _, err := db.Erase(t.Context(), a.Worker, "a test", 1); err != nil {
				t.Fatal(err)
			}
		}
		seen[a.HIT] = true
	}
	return dir
}

// works reads the works of a study that have a page.
func works(t *testing.T, dir string) (all []*quality.Work) {
	t.Helper()
	db, err := storage.OpenRead(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.View(t.Context(), func(v *storage.View) error {
		r, err := quality.NewReader(v, &collect.Study{})
		if err != nil {
			return err
		}
		list, err := v.Assignments()
		for _, a := range list {
			w, err := r.Read(a)
			if err != nil {
				return err
			}
			if len(w.Pages) > 0 {
				all = append(all, w)
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// flags returns the flags of the statistic hits by HIT; a flag that is null is left out.
func flags(t *testing.T, store, set string, rules result.Rules) map[string]map[string]bool {
	t.Helper()
	d, err := analysis.Run(context.Background(), store, result.Options{Names: []string{"hits"}, Rules: rules, Bootstrap: -1})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]bool{}
	for _, s := range d.DataSets {
		if s.Name != set {
			continue
		}
		table := s.Statistics[0].Tables[0]
		for _, row := range table.Rows {
			of := map[string]bool{}
			for i, c := range table.Columns {
				if yes, ok := row[i].(bool); ok {
					of[c.Name] = yes
				}
			}
			all[fmt.Sprint(row[0])] = of
		}
	}
	return all
}

// The rules of browse HITs are the flags of the statistics and of SQL, below, at and above what was done. Recall is of
// the images that are known to be there.
func TestBrowseIsStats(t *testing.T) {
	dir := study(t, collect.Browse)
	store := filepath.Join(t.TempDir(), "store")
	if _, err := ingest.Run(t.Context(), ingest.Options{Sources: []string{dir}, Out: store}); err != nil {
		t.Fatal(err)
	}
	all := works(t, dir)
	seen := map[quality.Value]int{}
	for _, rules := range []result.Rules{
		{MinRecall: 0.333, MinSelected: 30, MinPages: 9}, {MinRecall: 0.7, MinSelected: 8, MinPages: 2}, {MinRecall: 2.0 / 3, MinSelected: 9, MinPages: 3},
	} {
		want := flags(t, store, "imagenet", rules)
		if len(want) != len(all) || len(all) < 2 {
			t.Fatalf("%d HITs in the store, %d works", len(want), len(all))
		}
		for _, w := range all {
			sameFlags(t, fmt.Sprintf("%+v: %s", rules, w.ID), want[w.ID], quality.Judge(w, quality.Thresholds{Recall: rules.MinRecall, Selected: rules.MinSelected, Pages: rules.MinPages}, nil), seen)
		}
	}
	if seen[quality.Holds] < 4 || seen[quality.Fails] < 4 {
		t.Errorf("only %v", seen)
	}
}

// flagOf names the flag of the statistics for each rule that has one.
var flagOf = map[string]string{"recall": "low_recall", "amount": "few_selected", "place": "low_precision", "pages": "few_pages"}

// sameFlags compares the rules of a HIT with its flags, and counts the values.
func sameFlags(t *testing.T, hit string, flags map[string]bool, rules []quality.Rule, seen map[quality.Value]int) {
	t.Helper()
	for _, r := range rules {
		name := flagOf[r.Name]
		if name == "" {
			continue
		}
		flag, ok := flags[name]
		if !ok || (r.Value == quality.Fails) != flag || (r.Value == quality.Holds) == flag {
			t.Errorf("%s: %s is %s (%s), but the statistics flag %v", hit, r.Name, r.Value, r.Why, flags)
		}
		seen[r.Value]++
	}
}

// The rules of tag HITs are the flags of the statistics.
func TestTagIsStats(t *testing.T) {
	dir := study(t, collect.Tag)
	instances, err := teststudy.Truth(dir, collect.Tag)
	if err != nil {
		t.Fatal(err)
	}
	store := filepath.Join(t.TempDir(), "store")
	if _, err := ingest.Run(t.Context(), ingest.Options{Sources: []string{dir}, Instances: []string{instances}, Out: store}); err != nil {
		t.Fatal(err)
	}
	truth, err := coco.ReadTruth(store, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	all := works(t, dir)
	seen := map[quality.Value]int{}
	for _, rules := range []result.Rules{
		{MinRecall: 0.333, MinPrecision: 0.75, MinCOCOPages: 16}, {MinRecall: 1, MinPrecision: 0.2, MinCOCOPages: 2}, {MinRecall: 0.51, MinPrecision: 0.4, MinCOCOPages: 3},
	} {
		want := flags(t, store, "coco", rules)
		if len(want) != len(all) || len(all) < 2 {
			t.Fatalf("%d HITs in the store, %d works", len(want), len(all))
		}
		for _, w := range all {
			sameFlags(t, fmt.Sprintf("%+v: %s", rules, w.ID), want[w.HIT.ID], quality.Judge(w, quality.Thresholds{Recall: rules.MinRecall, Place: rules.MinPrecision, Pages: rules.MinCOCOPages}, truth), seen)
		}
	}
	if seen[quality.Holds] < 3 || seen[quality.Fails] < 3 {
		t.Errorf("only %v", seen)
	}
	for _, r := range quality.Judge(all[0], quality.Thresholds{Recall: 0.333, Place: 0.75}, nil) {
		if (r.Value == quality.Open) != slices.Contains([]string{"recall", "place"}, r.Name) {
			t.Errorf("without ground truth, %s is %s", r.Name, r.Value)
		}
	}
}

// Who was given the rest of a HIT is judged by the same share of the thresholds, as in statistics and SQL: the first
// annotator did one of two pages, the second one both, and the third one the only page that was left.
func TestRestIsStats(t *testing.T) {
	dir, store := filepath.Join(t.TempDir(), "birds"), filepath.Join(t.TempDir(), "store")
	if _, err := teststudy.Rest(t.Context(), dir, collect.Browse); err != nil {
		t.Fatal(err)
	}
	if _, err := ingest.Run(t.Context(), ingest.Options{Sources: []string{dir}, Out: store}); err != nil {
		t.Fatal(err)
	}
	db, err := query.Open(t.Context(), store, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all := works(t, dir)
	if len(all) != 3 {
		t.Fatalf("%d works, want 3", len(all))
	}
	s := collect.Settings{Task: collect.Task{Pages: 2, Images: 6}}
	for selected := range 13 {
		s.Quality = collect.Quality{Recall: 0.333, Selected: selected, Pages: 2}
		want := flags(t, store, "imagenet", result.Rules{MinRecall: 0.333, MinSelected: selected, MinPages: 2})
		for i, w := range all {
			given := w.Given()
			sameFlags(t, fmt.Sprintf("annotator %d, %d images", i+1, selected), want[w.ID],
				quality.Judge(w, quality.ThresholdsFor(&s, &given), nil), map[quality.Value]int{})
			if short := want[w.ID]["few_pages"]; short != (i == 0) {
				t.Errorf("annotator %d: few pages is %v", i+1, short)
			}
			var few bool
			if err := db.QueryRow("SELECT count(*) > 0 FROM imagenet_hits_flagged(min_recall := 0, min_selected := ?, min_pages := 0) WHERE assignment_id = ?",
				selected, w.ID).Scan(&few); err != nil {
				t.Fatal(err)
			}
			if few != want[w.ID]["few_selected"] {
				t.Errorf("annotator %d, %d images: SQL says %v", i+1, selected, few)
			}
		}
	}
	var short int
	if err := db.QueryRow("SELECT count(*) FROM imagenet_hits_flagged(min_recall := 0, min_selected := 0, min_pages := 2)").Scan(&short); err != nil || short != 1 {
		t.Errorf("SQL flags %d of 3 HITs for few pages, want 1: %v", short, err)
	}
}

// Only the rest of a HIT is in the data of a tag study whose other annotators were erased.
func TestRestOfTagIsStats(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "birds")
	if _, err := teststudy.Rest(t.Context(), dir, collect.Tag); err != nil {
		t.Fatal(err)
	}
	db, err := storage.Open(dir, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range works(t, dir)[:2] {
		if _, err := db.Erase(t.Context(), w.Worker, "a test", 1); err != nil {
			t.Fatal(err)
		}
	}
	db.Close()
	store := filepath.Join(t.TempDir(), "store")
	if _, err := ingest.Run(t.Context(), ingest.Options{Sources: []string{dir}, Out: store}); err != nil {
		t.Fatal(err)
	}
	sql, err := query.Open(t.Context(), store, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sql.Close()
	for least, want := range []bool{false, false, false, false, true, true} { // half of 4 pages are 2
		for hit, of := range flags(t, store, "coco", result.Rules{MinRecall: 0.1, MinCOCOPages: least}) {
			var short bool
			if err := sql.QueryRow("SELECT count(*) > 0 FROM coco_hits_flagged(min_recall := 0, min_precision := 0, min_pages := ?)", least).Scan(&short); err != nil {
				t.Fatal(err)
			}
			if of["few_pages"] != want || short != want {
				t.Errorf("HIT %s, one page, at least %d of a whole HIT: few pages is %v, in SQL %v, want %v", hit, least, of["few_pages"], short, want)
			}
		}
	}
}
