// Package storagetest has the tests that every engine of package storage has to pass.
package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"abtool/collect"
	"abtool/collect/recording"
	"abtool/collect/storage"
)

// minute is in ms, like all times of package storage.
const minute = 60_000

// Plan returns images and n HITs of two pages with two images each.
func Plan(n, k int) (images []collect.Image, hits []collect.HIT) {
	yes := true
	for h := range n {
		hit := collect.HIT{ID: fmt.Sprintf("h%02d", h), Task: "browse", K: k}
		for p := range 2 {
			page := collect.Page{Class: fmt.Sprintf("class%d", p)}
			for s := range 2 {
				id := fmt.Sprintf("m%d_%d_%d", h, p, s)
				images = append(images, collect.Image{ID: id, Class: page.Class, Path: id + ".jpg", Width: 40, Height: 30, SHA256: "00", Known: &yes})
				page.Slots = append(page.Slots, collect.Slot{Image: id, Known: &yes})
			}
			hit.Pages = append(hit.Pages, page)
		}
		hits = append(hits, hit)
	}
	return images, hits
}

// A People makes annotators of a database for tests.
type People struct {
	t      testing.TB
	DB     *storage.DB
	Now    int64
	visits map[string]int64
	mu     sync.Mutex
	ids    int
}

// NewPeople returns annotators of a database that has a plan.
func NewPeople(t testing.TB, db *storage.DB, hits, k int) *People {
	images, list := Plan(hits, k)
	if _, err := db.SetPlan(t.Context(), images, list); err != nil {
		t.Fatal(err)
	}
	if _, err := db.SetConsent(t.Context(), "en", "digest", "text", 1); err != nil {
		t.Fatal(err)
	}
	return &People{t: t, DB: db, Now: 1000, visits: map[string]int64{}}
}

// Terms returns the terms of leases: 10 minutes, at most 60.
func (p *People) Terms() storage.Terms {
	return storage.Terms{Idle: 10 * minute, Longest: 60 * minute, NewID: p.id}
}

func (p *People) id() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ids++
	return fmt.Sprintf("id%04d", p.ids)
}

// Agree lets a worker visit and agree.
func (p *People) Agree(worker string) {
	p.t.Helper()
	p.Visit(worker, "")
}

// Visit lets a worker visit with a ticket, and agree.
func (p *People) Visit(worker, ticket string) storage.Visit {
	p.t.Helper()
	v, _, err := p.DB.Visit(p.t.Context(), storage.NewVisit{Worker: worker, Platform: "link", Ticket: ticket, Token: []byte(p.id()), Device: "{}"}, p.Now)
	if err != nil {
		p.t.Fatal(err)
	}
	p.visits[worker] = v.ID
	arms := []storage.Arm{{Name: "plain", Weight: 1}, {Name: "red", Weight: 1}}
	if _, err := p.DB.Agree(p.t.Context(), worker, "full", 1, arms, func(n int) int { return p.ids % n }, 10*minute, p.Now); err != nil {
		p.t.Fatal(err)
	}
	return v
}

// Lease leases for a worker; the assignment's id is "" if nothing is left.
func (p *People) Lease(worker string) storage.Assignment {
	p.t.Helper()
	a, ok, err := p.DB.Lease(p.t.Context(), worker, p.visits[worker], p.Terms(), p.Now)
	if err != nil {
		p.t.Fatal(err)
	}
	if !ok {
		return storage.Assignment{}
	}
	return a
}

// Pages returns the pages of an assignment.
func (p *People) Pages(assignment string) (pages []storage.Page) {
	p.t.Helper()
	p.view(func(v *storage.View) (err error) {
		pages, err = v.Pages(assignment)
		return err
	})
	return pages
}

func (p *People) view(f func(v *storage.View) error) {
	p.t.Helper()
	if err := p.DB.View(p.t.Context(), f); err != nil {
		p.t.Fatal(err)
	}
}

// Account returns the account and checks that it adds up.
func (p *People) Account() (a storage.Account) {
	p.t.Helper()
	p.view(func(v *storage.View) (err error) {
		a, err = v.Account()
		return err
	})
	if a.Shown != a.Submitted+a.Open+a.Left+a.Withdrawn || a.ChunksAnnounced != a.ChunksStored+a.ChunksMissing {
		p.t.Errorf("the account does not add up: %+v", a)
	}
	return a
}

// Body returns the bytes of the chunk with a number.
func Body(page string, seq int) []byte { return fmt.Appendf(nil, "chunk %d of page %s", seq, page) }

// Put stores a chunk of 10 events.
func (p *People) Put(worker, page string, attempt, seq int, body []byte) (bool, error) {
	return p.DB.PutChunk(p.t.Context(), worker, storage.Chunk{Page: page, Attempt: attempt, Seq: seq, Received: p.Now,
		SHA256: recording.Digest(body), Events: 10, Body: body}, 5, 10*minute)
}

// Submission returns the submit of an attempt with n chunks that Body made.
func Submission(page string, attempt, n int) storage.Submit {
	var digests []string
	for seq := range n {
		digests = append(digests, recording.Digest(Body(page, seq)))
	}
	return storage.Submit{Attempt: attempt, Chunks: n, Events: 10 * n, Chain: recording.Chain(digests), Ended: 77, Answer: `{"selected":[1]}`}
}

// Submit submits an attempt.
func (p *People) Submit(worker, page string, s storage.Submit) storage.Receipt {
	p.t.Helper()
	r, err := p.DB.Submit(p.t.Context(), worker, page, s, 10*minute, p.Now)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// Work does all pages of an assignment that are open, with two chunks each.
func (p *People) Work(worker string, a storage.Assignment) {
	p.t.Helper()
	for _, page := range p.Pages(a.ID) {
		if page.Submitted() != nil {
			continue
		}
		for seq := range 2 {
			if _, err := p.Put(worker, page.UUID, 1, seq, Body(page.UUID, seq)); err != nil {
				p.t.Fatal(err)
			}
		}
		p.Submit(worker, page.UUID, Submission(page.UUID, 1, 2))
	}
}

// State returns the state of an assignment.
func (p *People) State(id string) string {
	p.t.Helper()
	var state string
	p.view(func(v *storage.View) error {
		all, err := v.Assignments()
		for _, a := range all {
			if a.ID == id {
				if state = a.State; a.Surplus {
					state += " surplus"
				}
			}
		}
		return err
	})
	return state
}

// Run runs the suite. open opens an empty database.
func Run(t *testing.T, open func(t *testing.T) *storage.DB) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, db *storage.DB)
	}{
		{"plan", plan}, {"chunks", chunks}, {"limits", limits}, {"submit", submit}, {"attempts", attempts}, {"lost chunks", lost},
		{"leases", leases}, {"leases at once", leasesAtOnce}, {"abandoned", abandoned}, {"surplus", surplus}, {"longest lease", longest},
		{"arms", arms}, {"consent", consent}, {"finish", finish}, {"tickets", tickets}, {"leave", leave}, {"erase", erase}, {"reviews", reviews}, {"invites", invites}, {"clock", clock}, {"compat", compat}, {"takeover", takeover}, {"visits", visits}, {"rest", rest}, {"arms of pages", pageArms}, {"surplus counts", surplusCounts},
		{"rest comes back", restComesBack}, {"pages erased", pagesErased},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
}

// What was planned is read back; a new plan leaves HITs that were assigned, and replaces the others.
func plan(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 3, 1)
	for _, k := range []int{1, 2, 1} { // the same plan again, one that differs in a number, and the first one
		images, hits := Plan(3, k)
		kept, err := db.SetPlan(t.Context(), images, hits)
		p.view(func(v *storage.View) error {
			all, err := v.HITs()
			if len(all) != 3 || all[2].K != k || len(all[2].Pages) != 2 {
				t.Errorf("k = %d: %+v", k, all)
			}
			return err
		})
		if kept != 0 || err != nil {
			t.Errorf("kept %d, error %v", kept, err)
		}
	}
	p.Agree("ann")
	issued := p.Lease("ann").HIT
	images, hits := Plan(3, 1)
	p.view(func(v *storage.View) error {
		haveImages, err := v.Images()
		if err != nil {
			return err
		}
		haveHITs, err := v.HITs()
		if len(haveImages) != len(images) || fmt.Sprint(haveHITs[2].Pages[1].Slots[1].Image) != hits[2].Pages[1].Slots[1].Image || !*haveHITs[0].Pages[0].Slots[0].Known {
			t.Errorf("got %v %v", haveImages, haveHITs)
		}
		return err
	})
	other := hits[0]
	other.ID = "other"
	kept, err := db.SetPlan(t.Context(), images[:4], []collect.HIT{other})
	if err != nil || kept != 1 {
		t.Errorf("kept %d, error %v; want 1", kept, err)
	}
	p.view(func(v *storage.View) error {
		all, err := v.HITs()
		var ids []string
		for _, h := range all {
			ids = append(ids, h.ID)
		}
		slices.Sort(ids)
		if fmt.Sprint(ids) != fmt.Sprint([]string{issued, "other"}) {
			t.Errorf("HITs after the new plan: %v", ids)
		}
		got, err2 := v.Issued()
		if len(got) != 1 || got[0].ID != issued {
			t.Errorf("issued: %v", got)
		}
		return errors.Join(err, err2)
	})
}

// The same bytes are stored once; other bytes are kept apart; pages of others do not exist.
func chunks(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 2, 1)
	p.Agree("ann")
	p.Agree("bob")
	page := p.Pages(p.Lease("ann").ID)[0].UUID
	p.Lease("bob")
	for i, want := range []bool{true, false, false} {
		if stored, err := p.Put("ann", page, 1, 0, Body(page, 0)); stored != want || err != nil {
			t.Errorf("put %d: stored %v, error %v; want %v", i, stored, err, want)
		}
	}
	for range 2 {
		if _, err := p.Put("ann", page, 1, 0, []byte("other")); !errors.Is(err, storage.ErrDiffers) {
			t.Errorf("other bytes: %v", err)
		}
	}
	if _, err := p.Put("bob", page, 1, 1, []byte("x")); !errors.Is(err, storage.ErrUnknown) {
		t.Errorf("somebody else's page: %v", err)
	}
	if _, err := p.Put("ann", page, 1, 3, Body(page, 3)); err != nil {
		t.Error(err)
	}
	a := p.Account()
	if a.ChunksStored != 2 || a.ChunksAnnounced != 4 || a.ChunksMissing != 2 || a.Conflicts != 1 || a.Shown != 1 || a.Open != 1 || a.EventsStored != 20 {
		t.Errorf("%+v", a)
	}
	p.view(func(v *storage.View) error {
		got, err := v.Chunks(page, 1)
		if len(got) != 2 || !bytes.Equal(got[0].Body, Body(page, 0)) || got[1].Seq != 3 || got[1].Received != p.Now {
			t.Errorf("%+v", got)
		}
		return err
	})
}

func limits(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 1, 1)
	p.Agree("ann")
	page := p.Pages(p.Lease("ann").ID)[0].UUID
	big := make([]byte, storage.MaxBytes/8)
	for seq := range 8 {
		big[0] = byte(seq)
		if _, err := p.Put("ann", page, 1, seq, big); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Put("ann", page, 2, 0, []byte("x")); !errors.Is(err, storage.ErrTooMuch) {
		t.Errorf("one byte more: %v", err)
	}
	if stored, err := p.Put("ann", page, 1, 7, big); stored || err != nil {
		t.Errorf("a chunk that is stored may come again: %v %v", stored, err)
	}
	page = p.Pages(p.Lease("ann").ID)[1].UUID
	many := storage.Chunk{Page: page, Attempt: 1, Received: p.Now, SHA256: recording.Digest(nil), Events: storage.MaxEvents, Body: []byte{}}
	if _, err := p.DB.PutChunk(t.Context(), "ann", many, 5, 10*minute); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Put("ann", page, 2, 0, []byte("x")); !errors.Is(err, storage.ErrTooMuch) {
		t.Errorf("too many events: %v", err)
	}
}

func submit(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 1, 1)
	p.Agree("ann")
	a := p.Lease("ann")
	pages := p.Pages(a.ID)
	page := pages[0].UUID
	s := Submission(page, 1, 3)
	if r := p.Submit("ann", page, s); fmt.Sprint(r.Missing) != "[0 1 2]" {
		t.Errorf("without a chunk: %+v", r)
	}
	p.Put("ann", page, 1, 0, Body(page, 0))
	p.Put("ann", page, 1, 2, Body(page, 2))
	if r := p.Submit("ann", page, s); fmt.Sprint(r.Missing) != "[1]" {
		t.Errorf("a chunk is missing: %+v", r)
	}
	if a := p.Account(); a.ChunksAnnounced != 3 || a.ChunksMissing != 1 || a.Submitted != 0 {
		t.Errorf("%+v", a)
	}
	p.Put("ann", page, 1, 1, Body(page, 1))
	for range 2 {
		if r := p.Submit("ann", page, s); r.Missing != nil || r.Surplus || r.Done {
			t.Errorf("%+v", r)
		}
	}
	other := s
	other.Answer = `{"selected":[]}`
	if _, err := db.Submit(t.Context(), "ann", page, other, minute, p.Now); !errors.Is(err, storage.ErrDiffers) {
		t.Errorf("another answer: %v", err)
	}
	if _, err := db.Submit(t.Context(), "bob", page, s, minute, p.Now); !errors.Is(err, storage.ErrUnknown) {
		t.Errorf("somebody else: %v", err)
	}
	x := p.Pages(a.ID)[0].Submitted()
	if x == nil || x.Answer != s.Answer || *x.AnnouncedEvents != 30 || x.Events != 30 || x.Flags != "" || *x.Ended != 77 || x.T0 != 5 {
		t.Errorf("%+v", x)
	}
	p.Put("ann", pages[1].UUID, 1, 0, Body(pages[1].UUID, 0))
	wrong := Submission(pages[1].UUID, 1, 1)
	wrong.Chain, wrong.Events = "x", 9
	if r := p.Submit("ann", pages[1].UUID, wrong); !r.Done {
		t.Errorf("the last page: %+v", r)
	}
	if x := p.Pages(a.ID)[1].Submitted(); x == nil || x.Flags != "chain_differs events_differ" {
		t.Errorf("flags: %+v", x)
	}
	if s := p.State(a.ID); s != "submitted" {
		t.Errorf("state %s", s)
	}
}

// Of two attempts at a page both are stored, and one is submitted.
func attempts(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 1, 1)
	p.Agree("ann")
	a := p.Lease("ann")
	page := p.Pages(a.ID)[0].UUID
	for attempt := 1; attempt <= 3; attempt++ {
		if _, err := p.Put("ann", page, attempt, 0, Body(page, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if r := p.Submit("ann", page, Submission(page, 2, 1)); r.Surplus {
		t.Errorf("%+v", r)
	}
	for range 2 {
		if r := p.Submit("ann", page, Submission(page, 1, 1)); !r.Surplus {
			t.Errorf("second attempt: %+v", r)
		}
	}
	got := p.Pages(a.ID)[0]
	if len(got.Attempts) != 3 || got.Submitted().Attempt != 2 || got.Attempts[0].State != "surplus" || got.Attempts[2].State != "open" {
		t.Errorf("%+v", got)
	}
	if c := p.Account(); c.Shown != 1 || c.Submitted != 1 || c.ChunksStored != 3 {
		t.Errorf("%+v", c)
	}
}

// Chunks that the browser lost do not block a page.
func lost(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 1, 1)
	p.Agree("ann")
	a := p.Lease("ann")
	page := p.Pages(a.ID)[0].UUID
	p.Put("ann", page, 1, 0, Body(page, 0))
	s := Submission(page, 1, 0)
	s.Chunks, s.Events, s.Lost = 3, 30, []int{0, 1, 2} // 0 arrived although the browser does not know
	if r := p.Submit("ann", page, s); r.Missing != nil {
		t.Errorf("%+v", r)
	}
	x := p.Pages(a.ID)[0].Submitted()
	if fmt.Sprint(x.Lost) != "[0 1 2]" || x.Flags != "" || x.Announced() != 3 {
		t.Errorf("%+v", x)
	}
	if c := p.Account(); c.ChunksAnnounced != 3 || c.ChunksMissing != 2 {
		t.Errorf("%+v", c)
	}
	if stored, err := p.Put("ann", page, 1, 1, Body(page, 1)); !stored || err != nil {
		t.Errorf("a chunk that was lost comes late: %v %v", stored, err)
	}
	if _, err := p.Put("ann", page, 1, 3, Body(page, 3)); !errors.Is(err, storage.ErrEnded) {
		t.Errorf("a chunk after the end: %v", err)
	}
	for _, page := range p.Pages(a.ID)[1:] { // nothing of these has arrived, and nothing is left
		s := storage.Submit{Attempt: 1, Chunks: 2, Events: 20, Lost: []int{1}, Ended: 77, Answer: `{"selected":[1]}`}
		if r := p.Submit("ann", page.UUID, s); fmt.Sprint(r.Missing) != "[0]" {
			t.Errorf("%+v", r)
		}
		s.Lost = []int{0, 1}
		for range 2 {
			if r := p.Submit("ann", page.UUID, s); r.Missing != nil || r.Surplus {
				t.Errorf("%+v", r)
			}
		}
	}
	if state := p.State(a.ID); state != storage.Submitted {
		t.Errorf("the state is %s", state)
	}
	if c := p.Account(); c.Submitted != int64(len(p.Pages(a.ID))) {
		t.Errorf("%+v", c)
	}
	p.view(func(v *storage.View) error {
		_, err := v.Check(func(where, what string) {
			if !strings.Contains(where, "chunk") { // those of Body are not chunks
				t.Errorf("%s: %s", where, what)
			}
		})
		return err
	})
}

func leases(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 3, 2)
	p.Agree("ann")
	first := p.Lease("ann")
	if again := p.Lease("ann"); again.ID != first.ID {
		t.Error("an open assignment is given again")
	}
	if first.State != storage.Offered || first.LeaseUntil != p.Now+10*minute {
		t.Errorf("%+v", first)
	}
	p.Agree("bob")
	if second := p.Lease("bob"); second.HIT == first.HIT {
		t.Error("the second annotator takes a HIT that has one already")
	}
	done := map[string]bool{}
	for range 3 {
		a := p.Lease("ann")
		if done[a.HIT] {
			t.Errorf("HIT %s twice", a.HIT)
		}
		done[a.HIT] = true
		p.Work("ann", a)
	}
	if a := p.Lease("ann"); a.ID != "" {
		t.Errorf("ann has done everything: %+v", a)
	}
	_, _, err := db.Lease(t.Context(), "nobody", 1, p.Terms(), p.Now)
	if !errors.Is(err, storage.ErrUnknown) {
		t.Error(err)
	}
	p.Agree("cat")
	terms := p.Terms()
	terms.Most = 1
	p.Work("cat", p.Lease("cat"))
	if a, ok, err := db.Lease(t.Context(), "cat", p.visits["cat"], terms, p.Now); ok || err != nil {
		t.Errorf("more than one HIT: %+v %v", a, err)
	}
}

// However many ask at once, a HIT has at most k annotators.
func leasesAtOnce(t *testing.T, db *storage.DB) {
	const k, hits, people = 3, 4, 20
	p := NewPeople(t, db, hits, k)
	for i := range people {
		p.Agree(fmt.Sprint("w", i))
	}
	var wg sync.WaitGroup
	given := make([]storage.Assignment, people)
	for i := range people {
		wg.Go(func() { given[i] = p.Lease(fmt.Sprint("w", i)) })
	}
	wg.Wait()
	count := map[string]int{}
	for _, a := range given {
		if a.ID != "" {
			count[a.HIT]++
		}
	}
	for _, n := range count {
		if n != k {
			t.Errorf("HITs have %v annotators, want %d each", count, k)
		}
	}
	if len(count) != hits {
		t.Errorf("HITs have %v annotators", count)
	}
}

func abandoned(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 1, 1)
	p.Agree("ann")
	p.Agree("bob")
	a := p.Lease("ann")
	page := p.Pages(a.ID)[0].UUID
	if b := p.Lease("bob"); b.ID != "" {
		t.Fatal("the only HIT is leased")
	}
	p.Now += 9 * minute
	p.Put("ann", page, 1, 0, Body(page, 0)) // extends the lease
	p.Now += 9 * minute
	if b := p.Lease("bob"); b.ID != "" {
		t.Error("the lease was extended")
	}
	if s := p.State(a.ID); s != "working" {
		t.Error(s)
	}
	p.Now += 2 * minute
	if err := db.Sweep(t.Context(), p.Now); err != nil {
		t.Fatal(err)
	}
	if c := p.Account(); p.State(a.ID) != "abandoned" || c.Left != 1 || c.Open != 0 {
		t.Errorf("%s %+v", p.State(a.ID), c)
	}
	if _, _, err := db.Beat(t.Context(), p.visits["ann"], storage.Clock{}, false, 10*minute, p.Now); err != nil || p.State(a.ID) != "working" {
		t.Errorf("a sign of life while the HIT is free: %v %s", err, p.State(a.ID))
	}
	p.Now += 11 * minute
	b := p.Lease("bob")
	if b.HIT != a.HIT {
		t.Fatal("an abandoned HIT comes back at once")
	}
	if _, _, err := db.Beat(t.Context(), p.visits["ann"], storage.Clock{}, false, 10*minute, p.Now); err != nil || p.State(a.ID) != "abandoned" {
		t.Errorf("a sign of life when somebody else has the HIT: %v %s", err, p.State(a.ID))
	}
}

// Finished work is stored although somebody else was quicker.
func surplus(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 1, 1)
	p.Agree("ann")
	p.Agree("bob")
	a := p.Lease("ann")
	p.Now += 11 * minute
	b := p.Lease("bob")
	p.Work("bob", b)
	if again := p.Lease("ann"); again.ID != a.ID {
		t.Error("ann may go on")
	}
	p.Now++
	p.Work("ann", a)
	if p.State(a.ID) != "submitted surplus" || p.State(b.ID) != "submitted" {
		t.Errorf("ann %s, bob %s", p.State(a.ID), p.State(b.ID))
	}
	if c := p.Account(); c.Done != 1 || c.Surplus != 1 {
		t.Errorf("%+v", c)
	}
	// A plan for more annotators needs the surplus, one for fewer does not: the work that came first counts.
	for _, c := range []struct {
		k, done int
		ann     string
	}{{3, 2, "submitted"}, {2, 2, "submitted"}, {1, 1, "submitted surplus"}, {2, 2, "submitted"}} {
		images, hits := Plan(1, c.k)
		if _, err := db.SetPlan(t.Context(), images, hits); err != nil {
			t.Fatal(err)
		}
		if n := p.Account(); int(n.Done) != c.done || p.State(a.ID) != c.ann || p.State(b.ID) != "submitted" {
			t.Errorf("k = %d: ann %s, bob %s, %d done", c.k, p.State(a.ID), p.State(b.ID), n.Done)
		}
		p.checkHITs()
	}
	p.Agree("cat")
	p.leasePages("cat")
}

// A decision is stored once, all of a list or none. A HIT of which an assignment is rejected needs another one.
func reviews(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 2, 1)
	for _, name := range []string{"ann", "bob", "eve"} {
		p.Agree(name)
	}
	a, b := p.Lease("ann"), p.Lease("bob")
	p.Work("ann", a)
	of := func(id, decision, reason string) storage.Review {
		return storage.Review{Assignment: id, At: p.Now, Via: "command", Decision: decision, Reason: reason, Grounds: "recall", Proposal: "look", Rules: "{}"}
	}
	decide := func(force bool, want error, stored int, list ...storage.Review) {
		t.Helper()
		if n, err := db.Decide(t.Context(), list, force); !errors.Is(err, want) || n != stored {
			t.Errorf("%d decisions are stored, %v; want %d, %v", n, err, stored, want)
		}
	}
	decide(false, storage.ErrNotSubmitted, 0, of(a.ID, "accept", ""), of(b.ID, "accept", ""))
	decide(false, storage.ErrUnknown, 0, of(a.ID, "accept", ""), of("nobody", "accept", ""))
	if c := p.Account(); c.Done != 1 || c.Rejected != 0 {
		t.Errorf("%+v", c)
	}
	if p.Lease("eve").ID != "" {
		t.Error("both HITs are taken")
	}
	decide(false, nil, 1, of(a.ID, "reject", "nothing was found"))
	decide(false, nil, 0, of(a.ID, "reject", "nothing was found"))
	decide(false, storage.ErrDecided, 0, of(a.ID, "reject", "another reason"))
	decide(false, storage.ErrDecided, 0, of(a.ID, "accept", "nothing was found"))
	if c := p.Account(); c.Done != 0 || c.Rejected != 1 {
		t.Errorf("%+v", c)
	}
	again := p.Lease("eve")
	if again.HIT != a.HIT {
		t.Fatalf("the HIT of the rejected assignment is not given again: %+v", again)
	}
	p.Work("eve", again)
	if p.State(again.ID) != "submitted" {
		t.Errorf("the new assignment is %s", p.State(again.ID))
	}
	// Meanwhile somebody else has done the HIT, so that an acceptance makes it surplus.
	decide(true, nil, 1, of(a.ID, "accept", "a mistake"))
	if c := p.Account(); c.Done != 1 || c.Surplus != 1 || c.Rejected != 0 || p.State(a.ID) != "submitted surplus" {
		t.Errorf("%s: %+v", p.State(a.ID), c)
	}
	p.view(func(v *storage.View) error {
		all, err := v.Reviews()
		if err != nil || len(all) != 2 || all[0].Decision != "reject" || all[1].Number != 2 || all[1] != func() storage.Review {
			r := of(a.ID, "accept", "a mistake")
			r.Number = 2
			return r
		}() {
			t.Errorf("%+v %v", all, err)
		}
		last, err := v.Decisions()
		if err != nil || len(last) != 1 || last[a.ID].Reason != "a mistake" {
			t.Errorf("%+v %v", last, err)
		}
		c, err := v.Check(func(where, what string) {
			if !strings.Contains(what, "chunk") { // the chunks of this suite are not real ones
				t.Errorf("%s: %s", where, what)
			}
		})
		if err != nil || c.Assignments != 3 {
			t.Errorf("%+v %v", c, err)
		}
		return nil
	})
	// Decisions go with the annotator.
	if _, err := db.Erase(t.Context(), "ann", "a test", p.Now); err != nil {
		t.Fatal(err)
	}
	p.view(func(v *storage.View) error {
		if all, err := v.Reviews(); err != nil || len(all) != 0 {
			t.Errorf("%+v %v", all, err)
		}
		return nil
	})
}

func longest(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 2, 1)
	p.Agree("ann")
	a := p.Lease("ann")
	for range 7 {
		p.Now += 9 * minute
		db.Beat(t.Context(), p.visits["ann"], storage.Clock{}, false, 10*minute, p.Now)
	}
	if err := db.Sweep(t.Context(), p.Now); err != nil || p.State(a.ID) != "abandoned" {
		t.Errorf("after 63 minutes of beats: %s, %v", p.State(a.ID), err)
	}
	p.Now -= 13 * minute // a HIT that took 50 minutes
	p.Lease("ann")
	p.Work("ann", a)
	p.Agree("bob")
	if b := p.Lease("bob"); b.LeaseEnd != p.Now+150*minute {
		t.Errorf("a lease ends after %d minutes, want 3 times the median", (b.LeaseEnd-p.Now)/minute)
	}
}

// Arms are equal within a block of two; a worker keeps the arm; places of workers who are lost are taken.
func arms(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 20, 1)
	count := func() (plain, red int) {
		p.view(func(v *storage.View) error {
			workers, err := v.Workers()
			for _, w := range workers {
				if *w.ArmProbability != 0.5 && *w.ArmProbability != 1 {
					t.Errorf("probability %v", *w.ArmProbability)
				}
				if w.State != storage.Work {
					continue
				}
				if w.Arm == "red" {
					red++
				} else {
					plain++
				}
			}
			return err
		})
		return plain, red
	}
	for i := range 10 {
		p.Agree(fmt.Sprint("w", i))
		p.Lease(fmt.Sprint("w", i))
		if plain, red := count(); max(plain-red, red-plain) > 1 {
			t.Errorf("%d plain, %d red", plain, red)
		}
	}
	var red []string
	p.view(func(v *storage.View) error {
		workers, err := v.Workers()
		for _, w := range workers {
			if w.Arm == "red" {
				red = append(red, w.ID)
			}
		}
		return err
	})
	for _, w := range red[:3] {
		if err := db.Withdraw(t.Context(), w, p.visits[w], p.Now); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		p.Agree(fmt.Sprint("new", i))
		p.Lease(fmt.Sprint("new", i))
	}
	if plain, red := count(); plain != 5 || red != 5 {
		t.Errorf("after 3 lost and 3 new: %d plain, %d red", plain, red)
	}
	p.Agree(red[4])
	if plain, red := count(); plain != 5 || red != 5 {
		t.Errorf("who agrees again keeps the arm: %d plain, %d red", plain, red)
	}
}

func consent(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 1, 1)
	first, err := db.SetConsent(t.Context(), "en", "digest", "text", 5)
	if err != nil || first.Version != 1 || first.Since != 1 {
		t.Errorf("the same text: %+v %v", first, err)
	}
	second, err := db.SetConsent(t.Context(), "en", "digest2", "text2", 5)
	if err != nil || second.Version != 2 {
		t.Errorf("another text: %+v %v", second, err)
	}
	_, w, err := db.Visit(t.Context(), storage.NewVisit{Worker: "ann", Platform: "link", Token: []byte("t"), Device: `{"width":1}`}, 7)
	if err != nil || w.State != storage.New || w.Created != 7 {
		t.Errorf("%+v %v", w, err)
	}
	if _, _, err := db.Lease(t.Context(), "ann", 1, p.Terms(), 7); !errors.Is(err, storage.ErrState) {
		t.Errorf("a lease before consent: %v", err)
	}
	if w, err = db.Agree(t.Context(), "ann", "events", 2, nil, nil, 0, 9); err != nil || w.Level != "events" || w.Consent != 2 || w.ConsentAt != 9 || w.Arm != "" {
		t.Errorf("%+v %v", w, err)
	}
	v, w, err := db.Session(t.Context(), []byte("t"))
	if err != nil || w.State != storage.Work || w.Level != "events" || v.Device != `{"width":1}` {
		t.Errorf("%+v %+v %v", v, w, err)
	}
	if err := db.Refuse(t.Context(), "ann", v.ID, 10); err != nil {
		t.Error(err)
	}
	if v, w, _ = db.Session(t.Context(), []byte("t")); w.State != storage.Refused || v.Outcome != "refused" || *v.Ended != 10 {
		t.Errorf("%+v %+v", v, w)
	}
	if _, _, err := db.Session(t.Context(), []byte("other")); !errors.Is(err, storage.ErrUnknown) {
		t.Error(err)
	}
}

func finish(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 1, 1)
	p.Agree("ann")
	if _, _, err := db.Finish(t.Context(), "ann", p.visits["ann"], p.Now); !errors.Is(err, storage.ErrUnknown) {
		t.Errorf("without an assignment: %v", err)
	}
	a := p.Lease("ann")
	pages := p.Pages(a.ID)
	p.Put("ann", pages[0].UUID, 1, 1, Body(pages[0].UUID, 1))
	p.Submit("ann", pages[0].UUID, Submission(pages[0].UUID, 1, 2))
	_, lack, err := db.Finish(t.Context(), "ann", p.visits["ann"], p.Now)
	want := fmt.Sprintf("[{%s 1 [0]}] [%s %s]", pages[0].UUID, pages[0].UUID, pages[1].UUID)
	if err != nil || fmt.Sprint(lack.Missing, lack.Open) != want {
		t.Errorf("%v %v, want %s", lack, err, want)
	}
	p.Work("ann", a)
	got, lack, err := db.Finish(t.Context(), "ann", p.visits["ann"], p.Now)
	if err != nil || lack.Open != nil || got.ID != a.ID || got.State != storage.Submitted {
		t.Errorf("%+v %v %v", got, lack, err)
	}
}

// A ticket gets one assignment, and finishes only that. Visits with another ticket than the first are not certain to
// be the worker's.
func tickets(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 4, 1)
	progress := func(ticket string) (w storage.Progress) {
		p.view(func(v *storage.View) (err error) {
			w, err = v.Progress("ann", ticket, 0)
			return err
		})
		return w
	}
	if v := p.Visit("ann", "one"); v.Ticket != "one" || !v.Own {
		t.Errorf("the first visit: %+v", v)
	}
	first := p.Lease("ann")
	p.Work("ann", first)
	if w := progress("one"); !w.Done || w.More {
		t.Errorf("after the work: %+v", w)
	}
	if again := p.Lease("ann"); again.ID != "" {
		t.Errorf("a second assignment for a ticket: %+v", again)
	}
	if v := p.Visit("ann", "two"); v.Own {
		t.Error("a visit with another ticket is the worker's without proof")
	}
	if _, _, err := db.Finish(t.Context(), "ann", p.visits["ann"], p.Now); !errors.Is(err, storage.ErrUnknown) {
		t.Errorf("another ticket finishes the work of the first: %v", err)
	}
	if w := progress("two"); w.Done || !w.More || w.Submitted != 1 {
		t.Errorf("another ticket: %+v", w)
	}
	second := p.Lease("ann")
	if second.ID == "" || second.HIT == first.HIT {
		t.Errorf("the assignment of another ticket: %+v", second)
	}
	p.Visit("ann", "three") // the platform lets go on under another ticket
	if third := p.Lease("ann"); third.ID != second.ID {
		t.Errorf("what was begun is not gone on with: %+v", third)
	}
	p.Work("ann", second)
	if got, _, err := db.Finish(t.Context(), "ann", p.visits["ann"], p.Now); err != nil || got.ID != second.ID {
		t.Errorf("%+v %v", got, err)
	}
	if two, three := progress("two"), progress("three"); two.Done || !three.Done {
		t.Errorf("the assignment does not belong to the last ticket: %+v %+v", two, three)
	}
	if err := db.EraseTicket(t.Context(), "ann", p.visits["ann"], "withdrawn", p.Now); err != nil {
		t.Fatal(err)
	}
	if c := p.Account(); p.State(second.ID) != "" || p.State(first.ID) != "submitted" || c.Erased != 2 || c.Done != 1 {
		t.Errorf("after the erasure of a ticket: %+v", c)
	}
	v, _, err := db.Visit(t.Context(), storage.NewVisit{Worker: "ann", Platform: "link", Ticket: "four", Verified: true, Token: []byte("t"), Device: "{}"}, p.Now)
	if err != nil || !v.Own {
		t.Errorf("a verified visit: %+v %v", v, err)
	}
}

func leave(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 1, 1)
	p.Agree("ann")
	a := p.Lease("ann")
	page := p.Pages(a.ID)[0].UUID
	p.Put("ann", page, 1, 0, Body(page, 0))
	if err := db.Return(t.Context(), "ann", p.visits["ann"], p.Now); err != nil {
		t.Fatal(err)
	}
	if c := p.Account(); p.State(a.ID) != "returned" || c.Left != 1 {
		t.Errorf("%s %+v", p.State(a.ID), c)
	}
	p.Agree("bob")
	b := p.Lease("bob")
	if b.HIT != a.HIT {
		t.Error("a HIT that was returned is free")
	}
	page = p.Pages(b.ID)[0].UUID
	p.Put("bob", page, 1, 0, Body(page, 0))
	if err := db.Withdraw(t.Context(), "bob", p.visits["bob"], p.Now); err != nil {
		t.Fatal(err)
	}
	if c := p.Account(); p.State(b.ID) != "withdrawn" || c.Withdrawn != 1 || c.ChunksStored != 2 {
		t.Errorf("%s %+v", p.State(b.ID), c)
	}
	if _, err := p.Put("bob", page, 1, 1, Body(page, 1)); !errors.Is(err, storage.ErrWithdrawn) {
		t.Errorf("a chunk after the withdrawal: %v", err)
	}
	if _, err := db.Agree(t.Context(), "bob", "full", 1, nil, nil, 0, p.Now); !errors.Is(err, storage.ErrWithdrawn) {
		t.Errorf("agree after the withdrawal: %v", err)
	}
}

// Nothing is left of a worker who wants it, but the number of pages; the HIT is free again.
func erase(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 1, 1)
	p.Agree("ann")
	p.Agree("bob")
	a := p.Lease("ann")
	p.Work("ann", a)
	if b := p.Lease("bob"); b.ID != "" {
		t.Fatal("the HIT is done")
	}
	e, err := db.Erase(t.Context(), "ann", "withdrawn", p.Now)
	if err != nil {
		t.Fatal(err)
	}
	if want := (storage.Erasure{Number: 1, At: p.Now, Why: "withdrawn", Assignments: 1, Pages: 2, Chunks: 4, Events: 40, Visits: 1}); e != want {
		t.Errorf("%+v, want %+v", e, want)
	}
	c := p.Account()
	if c.Shown != 2 || c.Withdrawn != 2 || c.Erased != 2 || c.ChunksStored != 0 || c.Assignments != 0 || c.Done != 0 || c.Bytes != 0 {
		t.Errorf("%+v", c)
	}
	p.view(func(v *storage.View) error {
		workers, err := v.Workers()
		if len(workers) != 1 || workers[0].ID != "bob" {
			t.Errorf("%+v", workers)
		}
		erasures, err2 := v.Erasures()
		if len(erasures) != 1 || erasures[0].Pages != 2 || erasures[0].Chunks != 4 || erasures[0].Events != 40 {
			t.Errorf("%+v", erasures)
		}
		return errors.Join(err, err2)
	})
	if b := p.Lease("bob"); b.HIT != a.HIT {
		t.Error("the HIT is free again")
	}
	if _, err := db.Erase(t.Context(), "ann", "withdrawn", p.Now); !errors.Is(err, storage.ErrUnknown) {
		t.Errorf("twice: %v", err)
	}
}

func invites(t *testing.T, db *storage.DB) {
	numbers, err := db.AddInvites(t.Context(), [][]byte{[]byte("a"), []byte("b")}, 1)
	if err != nil || fmt.Sprint(numbers) != "[1 2]" {
		t.Errorf("%v %v", numbers, err)
	}
	for range 2 {
		if n, err := db.UseInvite(t.Context(), []byte("b"), 2); n != 2 || err != nil {
			t.Errorf("%d %v", n, err)
		}
	}
	if _, err := db.UseInvite(t.Context(), []byte("c"), 2); !errors.Is(err, storage.ErrUnknown) {
		t.Error(err)
	}
}

// Another visit of the worker takes an assignment over if it asks for that, if the first one was left, or if there is no
// sign of life of it.
func takeover(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 1, 1)
	p.Agree("ann")
	a, first := p.Lease("ann"), p.visits["ann"]
	p.Agree("ann")
	second := p.visits["ann"]
	terms := p.Terms()
	terms.Alive = minute
	lease := func(visit int64, want error) {
		t.Helper()
		if b, ok, err := db.Lease(t.Context(), "ann", visit, terms, p.Now); !errors.Is(err, want) || ok != (want == nil) || ok && b.ID != a.ID {
			t.Errorf("%+v, %v: %v, want %v", b, ok, err, want)
		}
	}
	beat := func(visit int64, leaving, want bool) {
		t.Helper()
		if _, taken, err := db.Beat(t.Context(), visit, storage.Clock{}, leaving, 10*minute, p.Now); err != nil || taken != want {
			t.Errorf("taken %v, %v; want %v", taken, err, want)
		}
	}
	lease(second, storage.ErrElsewhere)
	lease(first, nil)
	beat(first, true, false)
	lease(second, nil)
	beat(first, false, true)
	beat(second, false, false)
	lease(first, storage.ErrElsewhere)
	p.Now += minute
	lease(first, nil)
	beat(first, false, false)
	terms.Alive = 0
	lease(second, nil)
	p.Work("ann", a)
	beat(first, false, false)
}

// Somebody who opens the link again and again leaves a limited number of visits.
func visits(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 1, 1)
	p.Agree("ann")
	p.Agree("ann")
	a := p.Lease("ann")
	for range 300 {
		p.Agree("ann")
	}
	p.view(func(v *storage.View) error {
		all, err := v.Visits()
		if len(all) != 102 || all[0].ID != 1 || all[1].ID != *a.Visit || all[101].ID != p.visits["ann"] {
			t.Errorf("%d visits, from %d and %d to %d", len(all), all[0].ID, all[1].ID, all[len(all)-1].ID)
		}
		return err
	})
}

// Of a HIT that was left only the remaining pages are given to others, and each page has k annotators in the end.
func rest(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 1, 2)
	if err := db.SetRest(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ann", "bob", "cat", "dan", "eve", "fay"} {
		p.Agree(name)
	}
	lease := p.leasePages
	a := lease("ann", 0, 1)
	p.submitFirst("ann", a)
	p.Now += 11 * minute
	b := lease("bob", 0, 1)
	left := lease("cat", 1)
	lease("dan")
	p.Work("bob", b)
	p.Now += 11 * minute // cat leaves, too
	c := lease("dan", 1)
	p.Work("dan", c)
	if p.State(a.ID) != "abandoned" || p.State(b.ID) != "submitted" || p.State(c.ID) != "submitted" {
		t.Errorf("ann %s, bob %s, dan %s", p.State(a.ID), p.State(b.ID), p.State(c.ID))
	}
	lease("eve")
	if n := p.Account(); n.Done != 2 || n.Needed != 2 || n.Submitted != 4 {
		t.Errorf("%+v", n)
	}
	// What ann did no longer counts, so that somebody has to do her page.
	if _, err := db.Erase(t.Context(), "ann", "test", p.Now); err != nil {
		t.Fatal(err)
	}
	e := lease("eve", 0)
	p.checkHITs()
	p.Work("eve", e)
	lease("fay")
	// Cat comes back, but the page has two others.
	p.Work("cat", left)
	if p.State(e.ID) != "submitted" || p.State(left.ID) != "submitted surplus" {
		t.Errorf("eve %s, cat %s", p.State(e.ID), p.State(left.ID))
	}
	lease("fay")
	p.checkHITs()
	if err := db.SetRest(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	p.Account()
}

// leasePages leases for a worker, who has to get the pages with these numbers.
func (p *People) leasePages(worker string, want ...int) storage.Assignment {
	p.t.Helper()
	a := p.Lease(worker)
	var got []int
	if a.ID != "" {
		for _, page := range p.Pages(a.ID) {
			got = append(got, page.Number)
		}
	}
	if !slices.Equal(got, want) {
		p.t.Errorf("%s has the pages %v, want %v", worker, got, want)
	}
	return a
}

// submitFirst submits the first page of an assignment.
func (p *People) submitFirst(worker string, a storage.Assignment) {
	p.t.Helper()
	p.Submit(worker, p.Pages(a.ID)[0].UUID, storage.Submit{Attempt: 1, Chunks: 1, Lost: []int{0}, Answer: "{}"})
}

// checkHITs checks the counts of HITs.
func (p *People) checkHITs() {
	p.t.Helper()
	p.view(func(v *storage.View) error {
		_, err := v.Check(func(where, what string) {
			if strings.HasPrefix(where, "HIT") { // the chunks of the suite are not of their pages
				p.t.Errorf("%s: %s", where, what)
			}
		})
		return err
	})
}

// Somebody who left a page, and finishes the HIT after somebody else did the rest, is not surplus: the HIT needs the page.
// When somebody is rejected, as much surplus work counts as the pages need.
func restComesBack(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 2, 1)
	if err := db.SetRest(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ann", "bob", "cat", "dan", "eve", "fay", "guy"} {
		p.Agree(name)
	}
	states := func(want string, all ...storage.Assignment) {
		t.Helper()
		var got []string
		for _, a := range all {
			got = append(got, p.State(a.ID))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("the assignments are %q, want %q", got, want)
		}
		p.checkHITs()
	}
	a := p.leasePages("ann", 0, 1)
	p.submitFirst("ann", a)
	p.Now += 11 * minute
	b := p.leasePages("bob", 1)
	p.Work("bob", b)
	if n := p.Account(); n.Done != 1 || n.Needed != 2 { // ann's page and bob's
		t.Errorf("%d of %d are done", n.Done, n.Needed)
	}
	p.Work("ann", a)
	states("submitted, submitted", a, b)
	if n := p.Account(); n.States["submitted"] != 2 || n.Done != 1 { // the other HIT is not begun
		t.Errorf("%d of %d are done: %v", n.Done, n.Needed, n.States)
	}
	// The other HIT is cat's, and then dan and eve do the same pages.
	c := p.leasePages("cat", 0, 1)
	p.Now += 11 * minute
	d := p.leasePages("dan", 0, 1)
	p.submitFirst("dan", d)
	p.Now += 11 * minute
	e := p.leasePages("eve", 1)
	p.Now += 11 * minute
	f := p.leasePages("fay", 1)
	p.Work("cat", c)
	p.Now++
	p.Work("eve", e)
	p.Now++
	p.Work("dan", d)
	states("submitted, submitted surplus, submitted surplus, offered", c, d, e, f)
	review := storage.Review{Assignment: c.ID, At: p.Now, Via: "command", Decision: "reject", Reason: "test"}
	if _, err := db.Decide(t.Context(), []storage.Review{review}, false); err != nil {
		t.Fatal(err)
	}
	states("submitted, submitted, submitted, offered", c, d, e, f)
	p.Now += 11 * minute
	p.leasePages("guy")
	review.Decision = "accept"
	if _, err := db.Decide(t.Context(), []storage.Review{review}, true); err != nil {
		t.Fatal(err)
	}
	states("submitted surplus, submitted, submitted, abandoned", c, d, e, f)
}

// When a page that counts is erased or withdrawn, surplus work of others for it counts.
func pagesErased(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 4, 1)
	for i, c := range []struct {
		rest, done bool // done: bob has done the HIT, and not only the first page
		erase      func(visit int64) error
	}{
		{false, true, func(visit int64) error { return db.EraseTicket(t.Context(), "bob1", visit, "test", p.Now) }},
		{true, true, func(visit int64) error { return db.EraseTicket(t.Context(), "bob2", visit, "test", p.Now) }},
		{true, false, func(int64) error { return db.EraseAbandoned(t.Context(), p.Now, p.Now) }},
		{true, false, func(visit int64) error { return db.Withdraw(t.Context(), "bob4", visit, p.Now) }},
	} {
		if err := db.SetRest(t.Context(), c.rest); err != nil {
			t.Fatal(err)
		}
		ann, bob := fmt.Sprint("ann", i+1), fmt.Sprint("bob", i+1)
		p.Agree(ann)
		p.Visit(bob, "ticket "+bob)
		a := p.Lease(ann)
		p.Now += 11 * minute
		b := p.Lease(bob)
		if a.HIT != b.HIT {
			t.Fatalf("%s has HIT %s, and %s %s", ann, a.HIT, bob, b.HIT)
		}
		if c.done {
			p.Work(bob, b)
		} else {
			p.submitFirst(bob, b)
			p.Now += 11 * minute
			cat := fmt.Sprint("cat", i+1)
			p.Agree(cat)
			p.Work(cat, p.leasePages(cat, 1))
		}
		p.Work(ann, a)
		if p.State(a.ID) != "submitted surplus" {
			t.Errorf("%d: %s before the deletion", i, p.State(a.ID))
		}
		if err := c.erase(p.visits[bob]); err != nil {
			t.Fatal(err)
		}
		if p.State(a.ID) != "submitted" {
			t.Errorf("%d: %s after the deletion", i, p.State(a.ID))
		}
		p.checkHITs()
	}
	p.Agree("eve")
	p.leasePages("eve") // all HITs are complete
}

// Pages have arms in blocks if workers have none.
func pageArms(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 3, 1)
	p.Agree("ann")
	terms := p.Terms()
	terms.Arms, terms.Pick = []storage.Arm{{Name: "plain", Weight: 1}, {Name: "red", Weight: 1}}, func(n int) int { return p.ids % n }
	for range 3 {
		a, _, err := db.Lease(t.Context(), "ann", p.visits["ann"], terms, p.Now)
		if err != nil {
			t.Fatal(err)
		}
		pages := p.Pages(a.ID)
		if pages[0].Arm == pages[1].Arm || !slices.Contains([]string{"plain", "red"}, pages[0].Arm) {
			t.Errorf("arms %q and %q", pages[0].Arm, pages[1].Arm)
		}
		p.Work("ann", a)
	}
}

// When somebody is erased or rejected, what others did for the same HIT counts, though it was surplus.
func surplusCounts(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 1, 1)
	for _, name := range []string{"ann", "bob", "cat", "eve"} {
		p.Agree(name)
	}
	a := p.Lease("ann")
	p.Now += 11 * minute
	b := p.Lease("bob")
	p.Now += 11 * minute
	c := p.Lease("cat")
	for name, x := range map[string]storage.Assignment{"ann": a, "bob": b, "cat": c} {
		p.Work(name, x)
		p.Now++
	}
	for _, name := range []string{"ann", "bob"} {
		if n := p.Account(); n.Done != 1 {
			t.Errorf("before %s is erased: %+v", name, n)
		}
		if _, err := db.Erase(t.Context(), name, "test", p.Now); err != nil {
			t.Fatal(err)
		}
	}
	if n := p.Account(); n.Done != 1 || n.Surplus != 0 || p.State(c.ID) != "submitted" || p.Lease("eve").ID != "" {
		t.Errorf("%+v", n)
	}
}

// The exchange with the shortest round trip counts.
func clock(t *testing.T, db *storage.DB) {
	p := NewPeople(t, db, 1, 1)
	p.Agree("ann")
	for _, c := range [][2]float64{{5, 20}, {3, 8}, {7, 30}} {
		if _, _, err := db.Beat(t.Context(), p.visits["ann"], storage.Clock{Offset: &c[0], Delay: &c[1]}, false, minute, p.Now+1); err != nil {
			t.Fatal(err)
		}
	}
	p.view(func(v *storage.View) error {
		visits, err := v.Visits()
		if len(visits) != 1 || *visits[0].ClockOffset != 3 || *visits[0].ClockDelay != 8 || visits[0].Seen != p.Now+1 {
			t.Errorf("%+v", visits)
		}
		return err
	})
	if _, _, err := db.Beat(t.Context(), 99, storage.Clock{}, false, minute, p.Now); !errors.Is(err, storage.ErrUnknown) {
		t.Error(err)
	}
}
