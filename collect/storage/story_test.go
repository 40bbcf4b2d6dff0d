package storage_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"abtool/collect/recording"
	"abtool/collect/storage"
	"abtool/collect/storage/storagetest"
)

// A tab is a browser tab of an annotator, with the page that is open in it.
type tab struct {
	worker    string
	visit     int64
	pages     []storage.Page
	at        int // page
	attempt   int
	sent      int // chunks of the attempt
	submitted bool
}

// A story is what annotators do with tabs that know nothing of each other, and what the database has acknowledged.
type story struct {
	*rapid.T
	db       *storage.DB
	p        *storagetest.People
	k        int
	arms     []storage.Arm
	tabs     []*tab
	past     []func() // requests that were sent, to be sent again
	chunks   map[string]string
	done     map[string]bool // pages whose submit was acknowledged
	mixed    map[string]bool // attempts, as Check names them, that two tabs took for theirs
	people   int
	versions int
	original map[string]string // bodies of the original front end that were acknowledged, by digest: the annotation
	headers  map[string]bool   // annotations whose header has come
}

// Whatever annotators do, in several tabs, with reloads, repetitions and leases that end: nobody gets a HIT twice, at
// most k assignments of a HIT count, arms are drawn in blocks, and everything that was acknowledged is stored once.
func TestStories(t *testing.T) {
	eachEngine(t, func(t *testing.T, home func(testing.TB) storage.Home) {
		rounds := 0
		rapid.Check(t, func(r *rapid.T) {
			if rounds++; rounds > mostRounds(t)/15 {
				return
			}
			db, err := home(t).Open(storage.Options{})
			if err != nil {
				r.Fatal(err)
			}
			defer db.Close()
			s := &story{T: r, db: db, k: rapid.IntRange(1, 2).Draw(r, "k"), chunks: map[string]string{}, done: map[string]bool{},
				mixed: map[string]bool{}, original: map[string]string{}, headers: map[string]bool{}}
			s.p = storagetest.NewPeople(t, db, rapid.IntRange(1, 3).Draw(r, "hits"), s.k)
			for _, name := range []string{"a", "b", "c"}[:rapid.IntRange(2, 3).Draw(r, "arms")] {
				s.arms = append(s.arms, storage.Arm{Name: name, Weight: rapid.IntRange(1, 2).Draw(r, "weight")})
			}
			steps := map[string]func(){"come": s.come, "lease": s.lease, "chunk": s.chunk, "more": s.chunk, "submit": s.submit, "next": s.submit,
				"reload": s.reload, "again": s.again, "wait": s.wait, "leave": s.leave, "tab": s.open, "original": s.front}
			names := slices.Sorted(maps.Keys(steps))
			for range rapid.IntRange(10, 80).Draw(r, "steps") {
				steps[rapid.SampledFrom(names).Draw(r, "what")]()
				checkLeases(r, db, s.k, s.p.Now)
			}
			s.end()
		})
	})
}

// come lets a new person visit and agree, and checks that the arm is of the block that is to be filled.
func (s *story) come() {
	if s.people > 9 {
		return
	}
	s.people++
	worker := fmt.Sprint("w", s.people)
	have := s.inArms()
	s.newTab(worker)
	w, err := s.db.Agree(context.Background(), worker, "full", 1, s.arms, func(n int) int { return rapid.IntRange(0, n-1).Draw(s.T, "draw") }, 10*60_000, s.p.Now)
	if err != nil {
		s.Fatal(err)
	}
	drawn, lowest := -1, -1
	for _, a := range s.arms {
		block := have[a.Name] / a.Weight
		if lowest < 0 || block < lowest {
			lowest = block
		}
		if a.Name == w.Arm {
			drawn = block
		}
	}
	if drawn != lowest {
		s.Fatalf("arm %s was drawn with %v there", w.Arm, have)
	}
}

// inArms counts the people of each arm who are there or have done something.
func (s *story) inArms() map[string]int {
	have := map[string]int{}
	if err := s.db.Sweep(context.Background(), s.p.Now); err != nil {
		s.Fatal(err)
	}
	s.view(func(v *storage.View) error {
		workers, err := v.Workers()
		if err != nil {
			return err
		}
		all, err := v.Assignments()
		for _, w := range workers {
			counts := w.ConsentAt > s.p.Now-10*60_000
			for _, a := range all {
				counts = counts || a.Worker == w.ID && (a.State == storage.Offered || a.State == storage.Working || a.State == storage.Submitted)
			}
			if counts && w.Arm != "" && w.State == storage.Work {
				have[w.Arm]++
			}
		}
		return err
	})
	return have
}

func (s *story) view(f func(*storage.View) error) {
	if err := s.db.View(context.Background(), f); err != nil {
		s.Fatal(err)
	}
}

func (s *story) newTab(worker string) {
	v, _, err := s.db.Visit(context.Background(), storage.NewVisit{Worker: worker, Platform: "link", Token: fmt.Append(nil, "token ", len(s.tabs)), Device: "{}"}, s.p.Now)
	if err != nil {
		s.Fatal(err)
	}
	s.tabs = append(s.tabs, &tab{worker: worker, visit: v.ID})
}

// any returns one of the tabs, or nil.
func (s *story) any() *tab {
	if len(s.tabs) == 0 {
		return nil
	}
	return rapid.SampledFrom(s.tabs).Draw(s.T, "tab")
}

// open opens another tab of somebody.
func (s *story) open() {
	if b := s.any(); b != nil {
		s.newTab(b.worker)
	}
}

func (s *story) lease() {
	b := s.any()
	if b == nil {
		return
	}
	a, ok, err := s.db.Lease(context.Background(), b.worker, b.visit, s.p.Terms(), s.p.Now)
	if err != nil {
		s.Fatal(err)
	}
	if b.pages = nil; !ok {
		return
	}
	s.view(func(v *storage.View) (err error) {
		b.pages, err = v.Pages(a.ID)
		return err
	})
	b.at = -1
	s.next(b)
}

// next opens the next page that is not submitted, in a new attempt.
func (s *story) next(b *tab) {
	for b.at++; b.at < len(b.pages) && b.pages[b.at].Submitted() != nil; b.at++ {
	}
	if b.at < len(b.pages) {
		b.attempt, b.sent, b.submitted = 1, 0, false
		for _, x := range b.pages[b.at].Attempts {
			b.attempt = max(b.attempt, x.Attempt+1)
		}
	}
}

// working returns a tab with a page, or nil.
func (s *story) working() *tab {
	if b := s.any(); b != nil && b.at < len(b.pages) && len(b.pages) > 0 && !b.submitted {
		return b
	}
	return nil
}

func (s *story) chunk() {
	b := s.working()
	if b == nil {
		return
	}
	page, attempt, seq := b.pages[b.at].UUID, b.attempt, b.sent
	b.sent++
	send := func() {
		_, err := s.p.Put(b.worker, page, attempt, seq, storagetest.Body(page, seq))
		switch {
		case errors.Is(err, storage.ErrEnded): // another tab ended this attempt without the chunk
		case err != nil:
			s.Fatal(err)
		default:
			s.chunks[fmt.Sprint(page, " ", attempt, " ", seq)] = recording.Digest(storagetest.Body(page, seq))
		}
	}
	send()
	s.past = append(s.past, send)
}

func (s *story) reload() {
	if b := s.working(); b != nil {
		b.attempt, b.sent = b.attempt+1, 0
	}
}

func (s *story) submit() {
	b := s.working()
	if b == nil || b.sent == 0 {
		return
	}
	for key := range s.chunks {
		var page string
		var attempt, seq int
		if fmt.Sscan(key, &page, &attempt, &seq); page == b.pages[b.at].UUID && attempt == b.attempt && seq >= b.sent {
			s.mixed[fmt.Sprintf("page %s, attempt %d", page, attempt)] = true // the submit says so, and is flagged
		}
	}
	page, submission := b.pages[b.at].UUID, storagetest.Submission(b.pages[b.at].UUID, b.attempt, b.sent)
	send := func() {
		receipt, err := s.db.Submit(context.Background(), b.worker, page, submission, 10*60_000, s.p.Now)
		switch {
		case errors.Is(err, storage.ErrDiffers): // another tab submitted this attempt with more or fewer chunks
		case err != nil || len(receipt.Missing) > 0:
			s.Fatalf("%v, missing %v", err, receipt.Missing)
		default:
			s.done[page] = true
		}
	}
	send()
	s.past = append(s.past, send)
	b.submitted = true
	s.next(b)
}

// again repeats a request.
func (s *story) again() {
	if len(s.past) > 0 {
		rapid.SampledFrom(s.past).Draw(s.T, "request")()
	}
}

func (s *story) wait() { s.p.Now += rapid.Int64Range(1, 15).Draw(s.T, "minutes") * 60_000 }

func (s *story) leave() {
	if b := s.any(); b != nil {
		if err := s.db.Return(context.Background(), b.worker, b.visit, s.p.Now); err != nil {
			s.Fatal(err)
		}
	}
}

// front lets an original front end send a header or a version of a page.
func (s *story) front() {
	worker := rapid.SampledFrom([]string{"f1", "f2"}).Draw(s.T, "worker")
	hit := rapid.SampledFrom(s.hits()).Draw(s.T, "hit")
	annotation := fmt.Sprint(worker, " ", hit, " ", rapid.IntRange(1, 2).Draw(s.T, "tab of the front end"))
	send := func() {
		if err := s.db.CompatHeader(context.Background(), storagetest.Header(annotation, hit, worker), s.p.Terms(), s.p.Now); err != nil {
			s.Fatal(err)
		}
		s.headers[annotation] = true
	}
	if rapid.Bool().Draw(s.T, "page") {
		s.versions++
		page := s.p.Version(annotation, rapid.IntRange(0, 1).Draw(s.T, "number"), s.versions)
		send = func() {
			if _, err := s.db.CompatPage(context.Background(), page, 10*60_000); err != nil {
				s.Fatal(err)
			}
			s.original[page.SHA256] = annotation
		}
	}
	send()
	s.past = append(s.past, send)
}

func (s *story) hits() (ids []string) {
	s.view(func(v *storage.View) error {
		all, err := v.HITs()
		for _, h := range all {
			ids = append(ids, h.ID)
		}
		return err
	})
	return ids
}

// end checks that what was acknowledged is stored, once.
func (s *story) end() {
	submitted := map[string]bool{}
	loose := 0
	for digest, annotation := range s.original {
		if !s.headers[annotation] {
			loose++
			delete(s.original, digest)
		}
	}
	s.view(func(v *storage.View) error {
		if n, err := v.CompatLoose(); err != nil || int(n) != loose {
			s.Fatalf("%d loose pages, want %d; %v", n, loose, err)
		}
		if _, err := v.Check(func(where, what string) {
			if where != "" && what != "" && len(s.chunks) > 0 && !knownToBeNoRecording(what) && !s.mixed[where] {
				s.Fatalf("%s: %s", where, what)
			}
		}); err != nil {
			return err
		}
		all, err := v.Assignments()
		for _, a := range all {
			pages, err := v.Pages(a.ID)
			if err != nil {
				return err
			}
			for _, p := range pages {
				if p.Submitted() != nil {
					submitted[p.UUID] = true
				}
				for _, x := range p.Attempts {
					stored, err := v.Chunks(x.Page, x.Attempt)
					if err != nil {
						return err
					}
					for _, c := range stored {
						key := fmt.Sprint(c.Page, " ", c.Attempt, " ", c.Seq)
						switch {
						case c.Encoding == storage.FrontEnd && s.original[c.SHA256] != "":
							delete(s.original, c.SHA256)
						case c.Encoding == "" && s.chunks[key] == c.SHA256:
							delete(s.chunks, key)
						default:
							s.Fatalf("chunk %s is stored, and was not acknowledged, or is stored twice", key)
						}
					}
				}
			}
		}
		return err
	})
	if len(s.chunks)+len(s.original) > 0 {
		s.Fatalf("acknowledged and not stored: %v, %v", s.chunks, s.original)
	}
	for page := range s.done {
		if !submitted[page] {
			s.Fatalf("page %s was acknowledged and is not submitted", page)
		}
	}
}

// knownToBeNoRecording reports whether a complaint is about the bodies of these tests, which are no recordings.
func knownToBeNoRecording(what string) bool { return len(what) > 6 && what[:6] == "chunk:" }
