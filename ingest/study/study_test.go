package study

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"abtool/collect"
	"abtool/collect/recording"
	"abtool/collect/storage"
	"abtool/internal/teststudy"
	"abtool/schema"
)

// A folder that was never served, or has no plan, is named with what to do.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(t.Context(), dir, "birds"); err == nil || !strings.Contains(err.Error(), "was never served") {
		t.Error(err)
	}
	if _, _, err := Identity(t.Context(), dir); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	db, err := storage.Open(dir, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, "birds"); err == nil || !strings.Contains(err.Error(), "plan them with abtool collect plan "+dir) {
		t.Error(err)
	}
}

// Every page that was shown is read once, with a record if it was submitted, whatever the number of jobs. An error of
// who takes pages ends the reading.
func TestRead(t *testing.T) {
	for _, task := range []string{collect.Browse, collect.Tag} {
		dir := filepath.Join(t.TempDir(), "birds")
		made, err := teststudy.Make(t.Context(), dir, task)
		if err != nil {
			t.Fatal(err)
		}
		var first []string
		for _, jobs := range []int{1, 4} {
			s, err := Open(t.Context(), dir, "birds")
			if err != nil {
				t.Fatal(err)
			}
			records, shown := 0, int64(0)
			var order []string
			sessions, reviews, err := s.Read(t.Context(), jobs, func(p *Page) error {
				shown++
				for i, x := range p.Attempts {
					order = append(order, x.PageUUID)
					if int(x.Reloads) != i || x.ChunksStored > x.ChunksAnnounced || x.Source != "birds" {
						t.Errorf("attempt %d: %+v", i, x)
					}
				}
				if p.Record == nil {
					return nil
				}
				records++
				if !json.Valid(p.Record) || !strings.HasSuffix(string(p.Record), "}\n") || strings.Count(string(p.Record), "\n") != 1 {
					t.Errorf("a record is not a line of JSON: %q", p.Record)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			a := s.Account
			if records != made.Submitted || int64(records) != a.Submitted || a.Shown != shown || a.Shown != a.Submitted+a.Open+a.Left+a.Withdrawn ||
				a.ChunksMissing != int64(made.Unsent) || a.EventsMissing != int64(made.UnsentRows) || a.Task != task {
				t.Errorf("%s: %d records, %d pages, %+v; %+v was made", task, records, shown, a, made)
			}
			if len(sessions) != 7 || sessions[0].Pages != 2 || sessions[0].Assignments != 1 || len(reviews) != 1 || *sessions[0].Browser != "Chromium 120" {
				t.Errorf("%d sessions, the first one %+v; %d reviews", len(sessions), sessions[0], len(reviews))
			}
			if first == nil {
				first = order
			}
			if strings.Join(first, " ") != strings.Join(order, " ") {
				t.Errorf("%d jobs give another order", jobs)
			}
			stop := errors.New("stop")
			if _, _, err := s.Read(t.Context(), jobs, func(*Page) error { return stop }); !errors.Is(err, stop) {
				t.Error(err)
			}
			over, cancel := context.WithCancel(t.Context())
			cancel()
			if _, _, err := s.Read(over, jobs, func(*Page) error { return nil }); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// The arm of a page is that of the page, if pages have arms.
func TestPageArm(t *testing.T) {
	dir := t.TempDir()
	db, err := storage.Open(dir, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	images := []collect.Image{{ID: "a", Class: "robin", Path: "a.jpg", Width: 40, Height: 30, SHA256: "00"}, {ID: "b", Class: "robin", Path: "b.jpg", Width: 40, Height: 30, SHA256: "00"}}
	hit := collect.HIT{ID: "h", Task: collect.Browse, K: 1}
	for _, m := range images {
		hit.Pages = append(hit.Pages, collect.Page{Class: "robin", Slots: []collect.Slot{{Image: m.ID}}})
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, ids := t.Context(), 0
	_, err = db.SetPlan(ctx, images, []collect.HIT{hit})
	must(err)
	_, err = db.SetConsent(ctx, "en", "digest", "text", 1)
	must(err)
	visit, _, err := db.Visit(ctx, storage.NewVisit{Worker: "ann", Platform: "link", Token: []byte("t"), Device: "no JSON"}, 1)
	must(err)
	_, err = db.Agree(ctx, "ann", "full", 1, nil, nil, 1000, 1)
	must(err)
	arms := []storage.Arm{{Name: "plain", Weight: 1}, {Name: "red", Weight: 1}}
	a, _, err := db.Lease(ctx, "ann", visit.ID, storage.Terms{Idle: 1e6, Longest: 1e6, Arms: arms, Pick: func(n int) int { return n - 1 },
		NewID: func() string { ids++; return "id" + string(rune('a'+ids)) }}, 1)
	must(err)
	var pages []storage.Page
	must(db.View(ctx, func(v *storage.View) (err error) {
		pages, err = v.Pages(a.ID)
		return err
	}))
	for _, p := range pages {
		body, err := json.Marshal(&recording.Chunk{Format: recording.Format, Page: p.UUID, Attempt: 1, T0: 1})
		must(err)
		_, err = db.PutChunk(ctx, "ann", storage.Chunk{Page: p.UUID, Attempt: 1, Received: 2, SHA256: recording.Digest(body), Body: body}, 1, 1e6)
		must(err)
		_, err = db.Submit(ctx, "ann", p.UUID, storage.Submit{Attempt: 1, Chunks: 1, Chain: recording.Chain([]string{recording.Digest(body)}), Ended: 5,
			Answer: `{"selected":[]}`}, 1e6, 3)
		must(err)
	}
	must(db.Close())
	s, err := Open(ctx, dir, "birds")
	must(err)
	var got []string
	sessions, _, err := s.Read(ctx, 1, func(p *Page) error {
		got = append(got, *p.Attempts[0].Arm)
		if !strings.Contains(string(p.Record), `"arm":"`+*p.Attempts[0].Arm+`"`) {
			t.Errorf("the record has another arm: %s", p.Record)
		}
		return nil
	})
	must(err)
	if strings.Join(got, " ") != "red plain" {
		t.Errorf("arms %q", got)
	}
	if x := sessions[0]; x.Arm != nil || x.Browser != nil || x.Pages != 2 {
		t.Errorf("%+v", x)
	}
	must(s.Close())
}

// Distances of samples are counted in steps of 0.1 ms up to 100 ms.
func TestHistogram(t *testing.T) {
	var h, sum histogram
	if h.quantile(0.5) != nil {
		t.Error("without samples there is no median")
	}
	p := &recording.Page{}
	for _, at := range []int64{0, 8000, 16_000, 24_049, 324_049, 332_099} { // µs; one pause
		p.Samples = append(p.Samples, recording.Sample{T: at})
	}
	h.addPage(p)
	sum.add(&h)
	sum.add(&h)
	if *sum.quantile(0.5) != 8 || *sum.quantile(1) != 8.1 || sum.n != 8 {
		t.Errorf("median %v, largest %v, %d distances", *sum.quantile(0.5), *sum.quantile(1), sum.n)
	}
	var row schema.Session
	describe(&row, `{"pointers": "fine"}`)
	if row.Pointers != nil {
		t.Error("a device of another form is not described")
	}
}
