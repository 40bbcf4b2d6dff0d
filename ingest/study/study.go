// Package study reads the folder of a study: the records of the pages that were submitted, and tables of
// everything that was recorded.
package study

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"abtool/collect"
	"abtool/collect/derive"
	"abtool/collect/recording"
	"abtool/collect/records"
	"abtool/collect/storage"
	"abtool/internal/parallel"
	"abtool/schema"
	"abtool/store"
)

// Is reports whether a folder is of a study.
func Is(dir string) bool { return collect.IsStudy(dir) }

// A Study is a folder that is being read.
type Study struct {
	Task    string // browse, tag
	Account store.Study
	name    string
	supers  []string // superclasses of icons
	pages   int      // of a whole HIT
	images  int
	db      *storage.DB
}

// Open opens the folder of a study, which has the given name as a source.
func Open(ctx context.Context, dir, name string) (*Study, error) {
	db, err := storage.OpenRead(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the study in %s was never served, so that nothing was recorded: serve it with abtool collect serve %s", dir, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("the study in %s: %w", dir, err)
	}
	s := &Study{name: name, db: db}
	if s.supers, err = superclasses(dir); err != nil {
		db.Close()
		return nil, err
	}
	if s.pages, s.images, err = collect.WholeHIT(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		db.Close()
		return nil, err
	}
	err = db.View(ctx, func(v *storage.View) error {
		hits, err := v.HITs()
		if err == nil && len(hits) == 0 {
			err = fmt.Errorf("the study in %s has no HITs: plan them with abtool collect plan %s", dir, dir)
		}
		if err == nil {
			s.Task = hits[0].Task
		}
		return err
	})
	if err != nil {
		db.Close()
		return nil, err
	}
	return s, nil
}

// Identity returns the id of the study in a folder, and the number of its last erasure.
func Identity(ctx context.Context, dir string) (id string, erasures int64, err error) {
	db, err := storage.OpenRead(dir)
	if err != nil {
		return "", 0, fmt.Errorf("the study in %s: %w", dir, err)
	}
	err = db.View(ctx, func(v *storage.View) error {
		id, erasures, err = v.Identity()
		return err
	})
	return id, erasures, errors.Join(err, db.Close())
}

// Stored returns the number of pages of a study that were submitted, and the number of its last erasure.
func Stored(ctx context.Context, dir string) (pages, erasures int64, err error) {
	db, err := storage.OpenRead(dir)
	if err != nil {
		return 0, 0, fmt.Errorf("the study in %s: %w", dir, err)
	}
	err = db.View(ctx, func(v *storage.View) error {
		a, err := v.Account()
		if err != nil {
			return err
		}
		pages = a.Submitted
		_, erasures, err = v.Identity()
		return err
	})
	return pages, erasures, errors.Join(err, db.Close())
}

// superclasses returns the names of the superclasses of icons, or nil if the study does not describe its classes.
func superclasses(dir string) (names []string, err error) {
	if _, err := os.Stat(filepath.Join(dir, collect.ClassesFile)); err != nil {
		return nil, nil
	}
	s, err := collect.Open(dir)
	if err != nil {
		return nil, err
	}
	for _, super := range s.Superclasses() {
		names = append(names, super.Name)
	}
	return names, nil
}

// Close closes the database.
func (s *Study) Close() error { return s.db.Close() }

// A Page is a page that was shown, as it is read.
type Page struct {
	Record   []byte // the page with its records as JSON on one line; nil if it was not submitted
	Attempts []schema.PageAttempt
	Read     [][]byte // the chunks as they were received
	visit    *int64
	gaps     histogram
}

// job is a page to be read.
type job struct {
	page       storage.Page
	assignment *storage.Assignment
	plan       *collect.Page
	worker     *storage.Worker
	arm        string
	part       derive.Part
}

// frontEnd reports whether an original front end sent the page.
func (j *job) frontEnd() bool { return j.worker.Platform == storage.Compat }

// Read reads the study. It calls take for each page that was shown, in the order in which assignments were
// offered, then for annotations of the original front ends without a HIT, and returns the sessions and reviews. The database does not change meanwhile.
func (s *Study) Read(ctx context.Context, jobs int, take func(*Page) error) (sessions []schema.Session, reviews []schema.Review, err error) {
	err = s.db.View(ctx, func(v *storage.View) error {
		pages, err := s.list(v)
		if err != nil {
			return err
		}
		images, err := records.Images(v)
		if err != nil {
			return err
		}
		if reviews, err = s.reviews(v); err != nil {
			return err
		}
		visits, err := newVisits(v, s.name)
		if err != nil {
			return err
		}
		var one sync.Mutex // of the view
		chunks := func(page string, attempt int) ([]storage.Chunk, error) {
			one.Lock()
			defer one.Unlock()
			return v.Chunks(page, attempt)
		}
		err = parallel.InOrder(ctx, jobs, len(pages), func(_, i int) (*Page, error) {
			return s.read(&pages[i], images, chunks)
		}, func(i int, p *Page) error {
			s.count(p)
			visits.count(&pages[i], p)
			return take(p)
		})
		sessions = visits.rows()
		if err != nil {
			return err
		}
		return takeFree(v, take)
	})
	return sessions, reviews, err
}

// takeFree calls take for what an original front end sent without a HIT, as for a page without attempts.
func takeFree(v *storage.View, take func(*Page) error) error {
	all, err := v.CompatFree()
	if err != nil {
		return err
	}
	for _, f := range all {
		record, err := derive.FrontEndFree([]byte(f.Body), f.Worker, f.SHA256, f.Received)
		if err != nil {
			return fmt.Errorf("annotations without a HIT of worker %s: %w", f.Worker, err)
		}
		if err := take(&Page{Record: append(record, '\n'), Read: [][]byte{[]byte(f.Body)}}); err != nil {
			return err
		}
	}
	return nil
}

// list lists the pages that were shown, and counts assignments.
func (s *Study) list(v *storage.View) (pages []job, err error) {
	hits, err := v.HITs()
	if err != nil {
		return nil, err
	}
	plan := map[string]*collect.HIT{}
	for i := range hits {
		plan[hits[i].ID] = &hits[i]
	}
	workers, err := v.Workers()
	if err != nil {
		return nil, err
	}
	people := map[string]*storage.Worker{}
	for i := range workers {
		people[workers[i].ID] = &workers[i]
	}
	arms, err := armsOf(v, workers)
	if err != nil {
		return nil, err
	}
	assignments, err := v.Assignments()
	if err != nil {
		return nil, err
	}
	erasures, err := v.Erasures()
	if err != nil {
		return nil, err
	}
	id, number, err := v.Identity()
	if err != nil {
		return nil, err
	}
	s.Account = store.Study{ID: id, Name: s.name, Task: s.Task, Erasures: number, States: map[string]int64{}}
	for _, e := range erasures {
		s.Account.Erased += e.Pages
	}
	s.Account.Shown, s.Account.Withdrawn = s.Account.Erased, s.Account.Erased
	for i := range assignments {
		a := &assignments[i]
		s.Account.Assignments++
		s.Account.States[a.State]++
		of, err := v.Pages(a.ID)
		if err != nil {
			return nil, err
		}
		for _, p := range of {
			if len(p.Attempts) == 0 {
				continue
			}
			hit := plan[a.HIT]
			if hit == nil || p.Number >= len(hit.Pages) {
				return nil, fmt.Errorf("the study %s has no plan for page %d of HIT %s, which was shown", s.name, p.Number, a.HIT)
			}
			who := people[a.Worker]
			arm, ok := arms[a.ID]
			if !ok {
				arm = cmp.Or(p.Arm, who.Arm)
			}
			pages = append(pages, job{p, a, &hit.Pages[p.Number], who, arm, records.PartOf(of, hit, s.pages, s.images)})
		}
	}
	return pages, nil
}

// armsOf returns the arms of the assignments of the original front ends, which have one for each.
func armsOf(v *storage.View, workers []storage.Worker) (map[string]string, error) {
	if !slices.ContainsFunc(workers, func(w storage.Worker) bool { return w.Platform == storage.Compat }) {
		return nil, nil
	}
	all, err := v.CompatAnnotations()
	arms := map[string]string{}
	for _, c := range all {
		if _, ok := arms[c.Assignment]; !ok {
			arms[c.Assignment] = c.Arm
		}
	}
	return arms, err
}

// read reads the attempts at a page, and derives its record if it was submitted.
func (s *Study) read(j *job, images map[string]*collect.Image, chunks func(string, int) ([]storage.Chunk, error)) (*Page, error) {
	p := &Page{visit: j.assignment.Visit}
	submitted := j.page.Submitted()
	if j.frontEnd() {
		return s.readFrontEnd(j, p, images, chunks)
	}
	var recorded []*recording.Page // up to the attempt that was submitted
	for i := range j.page.Attempts {
		x := &j.page.Attempts[i]
		stored, err := chunks(j.page.UUID, x.Attempt)
		if err != nil {
			return nil, err
		}
		r, readable, events := records.Join(x, stored)
		for _, c := range stored {
			p.Read = append(p.Read, c.Body)
		}
		row := s.row(j, x, r, images)
		row.Reloads = int32(i)
		row.ChunksAnnounced, row.ChunksStored, row.EventsStored = int64(x.Announced()), int64(readable), int64(events)
		p.Attempts = append(p.Attempts, row)
		p.gaps.addPage(r)
		if submitted != nil && x.Attempt <= submitted.Attempt {
			recorded = append(recorded, r)
		}
	}
	if submitted == nil {
		return p, nil
	}
	return p, s.derive(p, j, submitted, recorded, images)
}

// readFrontEnd reads the versions of a page that an original front end sent. The one that counts is its record.
func (s *Study) readFrontEnd(j *job, p *Page, images map[string]*collect.Image, chunks func(string, int) ([]storage.Chunk, error)) (*Page, error) {
	for i := range j.page.Attempts {
		x := &j.page.Attempts[i]
		stored, err := chunks(j.page.UUID, x.Attempt)
		if err != nil {
			return nil, err
		}
		for _, c := range stored {
			p.Read = append(p.Read, c.Body)
		}
		row := s.row(j, x, &recording.Page{Page: x.Page, Attempt: x.Attempt, T0: x.T0}, images)
		row.Started, row.SubmitVia = ptr(x.T0/1000), nil
		row.ActiveMS, row.IdleMS, row.Pauses = row.VisibleMS, 0, nil // the front ends do not record pauses
		row.ChunksAnnounced, row.ChunksStored = 1, int64(len(stored))
		p.Attempts = append(p.Attempts, row)
		if x.State != storage.Submitted {
			continue
		}
		d, err := records.Describe(&j.page, x, j.plan, images)
		if err != nil {
			return nil, err
		}
		body, err := records.FrontEnd(stored)
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", j.page.UUID, err)
		}
		d.Arm, d.Part = j.arm, j.part
		record, err := derive.FrontEnd(body, s.ids(j), d, j.assignment.Submitted)
		if err != nil {
			return nil, err
		}
		p.Record = append(record, '\n')
	}
	return p, nil
}

// ids returns the identifiers of the assignment of a page.
func (s *Study) ids(j *job) derive.Ids {
	ids := derive.Ids{Worker: j.assignment.Worker, Assignment: j.assignment.ID, HIT: j.assignment.HIT}
	if s.Task == collect.Browse {
		ids.Candidates = j.assignment.HIT
	}
	return ids
}

// derive makes the record of a page that was submitted.
func (s *Study) derive(p *Page, j *job, submitted *storage.Attempt, recorded []*recording.Page, images map[string]*collect.Image) error {
	d, err := records.Describe(&j.page, submitted, j.plan, images)
	if err != nil {
		return err
	}
	d.Superclasses, d.Arm, d.Part = s.supers, j.arm, j.part
	var page any
	var mismatch bool
	if s.Task == collect.Browse {
		b, err := derive.Browse(recorded, d)
		if err != nil {
			return err
		}
		for _, a := range b.Annotations {
			a.SubmitTime = j.assignment.Submitted
		}
		page, mismatch = b, b.Mismatch
	} else {
		t, err := derive.Tag(recorded, d)
		if err != nil {
			return err
		}
		page, mismatch = t, t.Mismatch
	}
	for i := range p.Attempts {
		if p.Attempts[i].State == storage.Submitted {
			p.Attempts[i].AnswerMismatch = &mismatch
		}
	}
	record, err := derive.Dump(s.ids(j), page)
	p.Record = append(record, '\n')
	return err
}

// count adds a page to the account.
func (s *Study) count(p *Page) {
	a := &s.Account
	a.Shown++
	state := p.Attempts[0].State
	for i := range p.Attempts {
		x := &p.Attempts[i]
		if x.State == storage.Submitted {
			state = x.State
		}
		a.ChunksAnnounced += x.ChunksAnnounced
		a.ChunksStored += x.ChunksStored
		announced := x.EventsStored
		if x.EventsAnnounced != nil {
			announced = max(announced, *x.EventsAnnounced)
		}
		a.EventsAnnounced += announced
		a.EventsStored += x.EventsStored
		a.EventsUnknown += x.EventsUnknown
		a.Thinned += x.Thinned
		a.Dropped += x.Dropped
		a.Lost += x.Lost
	}
	a.ChunksMissing, a.EventsMissing = a.ChunksAnnounced-a.ChunksStored, a.EventsAnnounced-a.EventsStored
	switch state {
	case storage.Submitted:
		a.Submitted++
	case open:
		a.Open++
	case storage.Withdrawn:
		a.Withdrawn++
	default:
		a.Left++
	}
}
