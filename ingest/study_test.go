package ingest

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"abtool/collect/storage"
	"abtool/internal/teststudy"
	"abtool/schema"
	"abtool/store"
)

// study makes and ingests a study.
func ingestStudy(t *testing.T, task string, jobs int) (s *teststudy.Study, out string, d *store.DataSet) {
	t.Helper()
	s, err := teststudy.Make(t.Context(), filepath.Join(t.TempDir(), "birds"), task)
	if err != nil {
		t.Fatal(err)
	}
	out = filepath.Join(t.TempDir(), "store")
	a, err := Run(t.Context(), Options{Sources: []string{s.Dir}, Out: out, Jobs: jobs})
	if err != nil {
		t.Fatal(err)
	}
	return s, out, &a.DataSets[0]
}

func TestStudyBrowse(t *testing.T) {
	s, out, d := ingestStudy(t, "browse", 2)
	if d.Name != "imagenet" || d.Sources[0].Records != int64(6*s.Submitted) || d.Sources[0].Rejected != 0 || d.Sources[0].Shape != "study, browse" {
		t.Errorf("%s: %+v; want %d records", d.Name, d.Sources[0], 6*s.Submitted)
	}
	rows := readTable[schema.ImageNetAnnotation](t, out, "imagenet/annotations")
	clicks, deselects, selected, samples, arms := 0, 0, 0, 0, map[string]bool{}
	for _, r := range rows {
		clicks += len(r.Clicks)
		deselects += len(r.Deselects)
		samples += len(r.Mouse)
		if *r.Selected {
			selected++
		}
		arms[*r.Arm] = true
		if r.WorkerID == nil || r.AssignmentID == nil || r.HITID == nil || r.ImageNetHITID == nil || r.HITSubmitTime == nil || r.PageUUID == nil ||
			r.PageStarted == nil || r.PageEnded == nil || *r.Class == "" || r.Known == nil || r.Gold == nil || *r.LoadFailed || len(r.Layout) == 0 {
			t.Errorf("a value is missing: %+v", r)
		}
		if want := *r.ImageIdx%3 != 2; *r.Known != want || *r.Gold != (*r.ImageIdx == 5) {
			t.Errorf("slot %d: known %v, gold %v", *r.ImageIdx, *r.Known, *r.Gold)
		}
		if *r.LoadT < 20 || *r.LoadT > 26 || *r.Layout[0].X != float64(100+348*(*r.ImageIdx%3)) || *r.Layout[0].W != 324 {
			t.Errorf("loaded at %d, layout %v", *r.LoadT, *r.Layout[0].X)
		}
		if *r.ImageWidth != 324 || *r.OrigWidth != 500 || *r.PositionY != float64(400+348*(*r.ImageIdx/3)) {
			t.Errorf("sizes %v %v, position %v", *r.ImageWidth, *r.OrigWidth, *r.PositionY)
		}
	}
	// The chunk that was lost had some of the clicks.
	if clicks != s.Selections-lostChoices || deselects != s.Deselected || selected != s.Answers || samples == 0 {
		t.Errorf("%d selections, %d deselections, %d selected; want %d, %d, %d", clicks, deselects, selected, s.Selections-lostChoices, s.Deselected, s.Answers)
	}
	if !cmp.Equal(arms, map[string]bool{"plain": true, "red": true}) {
		t.Errorf("arms %v", arms)
	}
	checkPages(t, s, out, d)
}

// lostChoices is the number of selections in the chunk of Make that is lost.
const lostChoices = 1

func TestStudyTag(t *testing.T) {
	s, out, d := ingestStudy(t, "tag", 2)
	if d.Name != "coco" || d.Sources[0].Records != int64(s.Submitted) || d.Sources[0].Rejected != 0 {
		t.Errorf("%s: %+v; want %d records", d.Name, d.Sources[0], s.Submitted)
	}
	rows := readTable[schema.COCOAnnotation](t, out, "coco/annotations")
	images, vias := map[int64]int{}, map[string]int{}
	for _, r := range rows {
		images[r.ImageID]++
		for _, a := range r.Actions {
			vias[*a.Via]++
		}
		if len(r.Mouse) == 0 || len(r.Browsing) == 0 || r.HITID == nil || *r.TimeSpent <= 0 {
			t.Errorf("page %v: %d samples, %d steps", r.PageUUID, len(r.Mouse), len(r.Browsing))
		}
		for _, b := range r.Browsing {
			if via := *b.Via; *b.Keyboard != (via == "key") {
				t.Errorf("a step by %s has keyboard %v", via, *b.Keyboard)
			}
		}
		for _, x := range r.Drags {
			if *x.Origin == "panel" && (*x.FromY < 1 || *x.ToY < 0 || *x.ToY > 1) || *x.TEnd-*x.T < 100 {
				t.Errorf("drag %+v", x)
			}
		}
		if len(r.Drags) != len(slices.DeleteFunc(slices.Clone(r.Actions), func(a schema.Action) bool { return *a.Via == "answer" })) {
			t.Errorf("%d drags, %d actions", len(r.Drags), len(r.Actions))
		}
	}
	if images[100] < 2 {
		t.Errorf("image 100 has %d records; two annotators had it", images[100])
	}
	if n := vias["drag"] + vias["drag-off"]; n+vias["answer"] < s.Icons || vias["answer"] > 3 {
		t.Errorf("actions %v; want %d", vias, s.Icons)
	}
	checkPages(t, s, out, d)
}

// checkPages checks the tables of pages and sessions, and that the account adds up.
func checkPages(t *testing.T, s *teststudy.Study, out string, d *store.DataSet) {
	t.Helper()
	a := d.Studies[0]
	if a.Shown != a.Submitted+a.Open+a.Left+a.Withdrawn || a.ChunksAnnounced != a.ChunksStored+a.ChunksMissing || a.EventsAnnounced != a.EventsStored+a.EventsMissing {
		t.Errorf("the account does not add up: %+v", a)
	}
	if a.Assignments != 7 || a.Submitted != int64(s.Submitted) || a.Open != 1 || a.Left != 1 || a.Withdrawn != 1 ||
		a.ChunksMissing != int64(s.Unsent) || a.EventsMissing != int64(s.UnsentRows) || a.EventsMissing == 0 {
		t.Errorf("account %+v, want %+v", a, s)
	}
	pages := readTable[schema.PageAttempt](t, out, d.Name+"/pages")
	states := map[string]int{}
	var chunks, events, thinned int64
	mismatches, unknown := 0, 0
	for _, p := range pages {
		states[p.State]++
		chunks += p.ChunksStored
		events += p.EventsStored
		thinned += p.Thinned
		if p.AnswerMismatch != nil && *p.AnswerMismatch {
			mismatches++
		}
		if p.SubmitVia == nil && p.Submitted != nil {
			unknown++ // the click is in the chunk that was lost
		} else if p.State == "submitted" && (*p.SubmitVia != "mouse" || p.Ended == nil || p.Submitted == nil || len(p.Pointer) == 0) {
			t.Errorf("page %s: submitted by %v", p.PageUUID, *p.SubmitVia)
		}
		if p.VisibleMS != p.ActiveMS+p.IdleMS || d.Name == "imagenet" && p.State == "submitted" && (p.HiddenMS != 4000 || p.IdleMS < 31_000) {
			t.Errorf("page %s: visible %d, active %d, idle %d, hidden %d", p.PageUUID, p.VisibleMS, p.ActiveMS, p.IdleMS, p.HiddenMS)
		}
	}
	if want := map[string]int{"submitted": s.Submitted, "replaced": 1, "surplus": 1, "open": 1, "left": 1, "withdrawn": 1}; !cmp.Equal(states, want) {
		t.Errorf("states %v, want %v", states, want)
	}
	if chunks != a.ChunksStored || events != a.EventsStored || thinned != a.Thinned || thinned < 5*int64(len(pages)-1) || thinned > 5*int64(len(pages)) {
		t.Errorf("pages have %d chunks, %d events, %d thinned; the account %+v", chunks, events, thinned, a)
	}
	if mismatches > 1 || unknown > 1 {
		t.Errorf("%d pages whose events do not lead to the answer, %d without the submit; only one has a lost chunk", mismatches, unknown)
	}
	sessions := readTable[schema.Session](t, out, d.Name+"/sessions")
	outcomes, of := map[string]int{}, int32(0)
	for _, v := range sessions {
		of += v.Pages
		if v.Outcome != nil {
			outcomes[*v.Outcome]++
		}
		if *v.Browser != "Chromium 120" || *v.Width != 1920 || *v.ClockStep != 100 || !slices.Equal(v.Pointers, []string{"fine"}) || *v.SampleMedian != 8 ||
			*v.ConsentVersion != 1 || *v.Level != "full" || v.ArmProbability == nil {
			t.Errorf("session %+v", v)
		}
	}
	if want := map[string]int{"finished": 4, "returned": 1, "withdrawn": 1}; !cmp.Equal(outcomes, want) || int(of) != s.Submitted {
		t.Errorf("outcomes %v, %d pages; want %v, %d", outcomes, of, want, s.Submitted)
	}
}

// The store does not depend on the number of workers.
func TestStudyJobs(t *testing.T) {
	for _, task := range []string{"browse", "tag"} {
		_, one, d := ingestStudy(t, task, 1)
		_, three, _ := ingestStudy(t, task, 3)
		for _, table := range store.TablesOf(d.Rows) {
			a, err := os.ReadFile(filepath.Join(one, d.Name, table+".parquet"))
			if err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(filepath.Join(three, d.Name, table+".parquet"))
			if err != nil || !slices.Equal(a, b) {
				t.Errorf("%s/%s differs (%v)", d.Name, table, err)
			}
		}
	}
}

// A store without studies has neither their tables nor their columns, and a later one without a study loses
// the tables of the one before.
func TestStudyReplaced(t *testing.T) {
	_, out, _ := ingestStudy(t, "browse", 1)
	record := filepath.Join(t.TempDir(), "r.json")
	if err := os.WriteFile(record, []byte(`{"imageID":"n01440764/n01440764_1","selected":true,"arm":"red","known":true,"deselectedRecord":[{"x":1}]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	a, err := Run(context.Background(), Options{Sources: []string{record}, Out: out, Force: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(a.DataSets[0].Studies) != 0 || len(a.DataSets[0].Nulled) != 0 {
		t.Errorf("account %+v", a.DataSets[0])
	}
	for _, table := range store.StudyTables {
		if _, err := os.Stat(filepath.Join(out, "imagenet", table+".parquet")); err == nil {
			t.Errorf("the table %s of the old store is still there", table)
		}
	}
	sizes, err := store.ColumnSizes(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sizes {
		if s.Column == "arm" || strings.HasPrefix(s.Column, "deselects") {
			t.Errorf("the store has the column %s", s.Column)
		}
	}
}

// Programs that know the tables as they were before studies read those of a study.
func TestStudyOldReaders(t *testing.T) {
	type action struct {
		Type *string `parquet:"type"`
		Icon *string `parquet:"icon"`
		T    *int64  `parquet:"t"`
	}
	type page struct {
		ImageID int64           `parquet:"image_id"`
		Actions []action        `parquet:"actions,list"`
		Mouse   []schema.Sample `parquet:"mouse,list"`
	}
	_, out, _ := ingestStudy(t, "tag", 1)
	whole := readTable[schema.COCOAnnotation](t, out, "coco/annotations")
	for i, old := range readTable[page](t, out, "coco/annotations") {
		row := whole[i]
		if old.ImageID != row.ImageID || len(old.Actions) != len(row.Actions) || *old.Actions[0].Icon != *row.Actions[0].Icon ||
			*old.Actions[0].T != *row.Actions[0].T || !cmp.Equal(old.Mouse, row.Mouse) {
			t.Errorf("row %d is read as %+v", i, old)
		}
	}
}

func TestStudyArrow(t *testing.T) {
	s, _, _ := ingestStudy(t, "browse", 1)
	out := filepath.Join(t.TempDir(), "store")
	if _, err := Run(t.Context(), Options{Sources: []string{s.Dir}, Out: out, Format: "arrow"}); err != nil {
		t.Fatal(err)
	}
	sameRows[schema.ImageNetAnnotation](t, out, out, "imagenet/annotations")
	sameRows[schema.PageAttempt](t, out, out, "imagenet/pages")
	sameRows[schema.Session](t, out, out, "imagenet/sessions")
}

func TestStudyErrors(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "study.toml"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Run(t.Context(), Options{Sources: []string{dir}, Out: filepath.Join(t.TempDir(), "store")})
	if err == nil || !strings.Contains(err.Error(), "was never served") {
		t.Errorf("error %v", err)
	}
}

// Decisions of people become rows, with what the rules said when they were made.
func TestStudyReviews(t *testing.T) {
	s, err := teststudy.Make(t.Context(), filepath.Join(t.TempDir(), "birds"), "browse")
	if err != nil {
		t.Fatal(err)
	}
	db, err := storage.Open(s.Dir, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var a storage.Assignment
	if err := db.View(t.Context(), func(v *storage.View) error {
		all, err := v.Assignments()
		a = all[1] // the first one is accepted already
		return err
	}); err != nil {
		t.Fatal(err)
	}
	const said = `{"rules":[{"name":"recall","value":"open","lost":true},{"name":"amount","value":"fails"},{"name":"record","value":"holds"}],"signals":[{"name":"even"}]}`
	for _, r := range []storage.Review{
		{Assignment: a.ID, At: 5, Via: "page", Decision: "reject", Reason: "few images", Grounds: "amount even", Proposal: "reject", Rules: said},
		{Assignment: a.ID, At: 6, Via: "command", Decision: "accept", Proposal: "reject", Rules: "{}"},
	} {
		if n, err := db.Decide(t.Context(), []storage.Review{r}, true); err != nil || n != 1 {
			t.Fatal(n, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "store")
	account, err := Run(t.Context(), Options{Sources: []string{s.Dir}, Out: out})
	if err != nil {
		t.Fatal(err)
	}
	open, fails := "open", "fails"
	want := []schema.Review{
		{Source: "birds", AssignmentID: a.ID, HITID: a.HIT, WorkerID: a.Worker, Number: 1, At: 5, Decision: "reject", Reason: "few images",
			Grounds: []string{"amount", "even"}, Proposal: "reject", Recall: &open, Amount: &fails, Signals: []string{"even"}},
		{Source: "birds", AssignmentID: a.ID, HITID: a.HIT, WorkerID: a.Worker, Number: 2, Counts: true, At: 6, Decision: "accept",
			Grounds: []string{}, Proposal: "reject", Signals: []string{}},
	}
	rows := readTable[schema.Review](t, out, "imagenet/reviews")
	if diff := cmp.Diff(want, rows[1:]); diff != "" {
		t.Error(diff)
	}
	if n := account.DataSets[0].Rows["reviews"]; n != 3 || rows[0].Decision != "accept" || !rows[0].Counts {
		t.Errorf("the account has %d reviews", n)
	}
}

// In whichever order the requests of annotators arrive, and however often, the store has the same bytes.
func TestStudyInterleaved(t *testing.T) {
	for _, task := range []string{"browse", "tag"} {
		t.Run(task, func(t *testing.T) {
			made := func(next func(n int) (int, bool)) map[string]string {
				dir, out := filepath.Join(t.TempDir(), "birds"), filepath.Join(t.TempDir(), "store")
				if _, err := teststudy.Shuffled(t.Context(), dir, task, next); err != nil {
					t.Fatal(err)
				}
				if _, err := Run(t.Context(), Options{Sources: []string{dir}, Out: out}); err != nil {
					t.Fatal(err)
				}
				return tables(t, out)
			}
			want := made(func(int) (int, bool) { return 0, false })
			if len(want) < 4 {
				t.Fatalf("%d tables", len(want))
			}
			for seed := range uint64(6) {
				random := rand.New(rand.NewPCG(seed, 1))
				got := made(func(n int) (int, bool) { return random.IntN(n), random.IntN(3) == 0 })
				for name, text := range want {
					if got[name] != text {
						t.Errorf("order %d: %s differs", seed, name)
					}
				}
			}
		})
	}
}

// tables returns the bytes of the tables of a store.
func tables(t *testing.T, out string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(out, "*", "*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(file)] = string(b)
	}
	return all
}
