// Package teststudy makes folders of studies for tests, without a browser or a server: annotators of a few
// lines do pages, and what a page would have recorded is put into the database of the study.
package teststudy

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"abtool/collect"
	"abtool/collect/derive"
	"abtool/collect/recording"
	"abtool/collect/storage"
)

// A Study is a folder, and what was done in it.
type Study struct {
	Dir        string
	Selections int // choices on submitted pages, all attempts
	Deselected int
	Icons      int // actions on submitted pages
	Submitted  int // pages
	Answers    int // selected slots, or icons, of submitted pages
	Unsent     int // chunks that were made and not stored
	UnsentRows int // events of these on submitted pages
}

// maker makes a study.
type maker struct {
	*Study
	db    *storage.DB
	rand  *rand.Rand
	now   int64 // ms
	ids   int
	image map[string]collect.Image
	hits  map[string]collect.HIT
	// later has the requests that are delivered at the end, and report whether they have to come again; nil if they are
	// delivered at once.
	later []func() (again bool, err error)
	next  func(n int) (i int, again bool) // nil: at once
}

const began = 1_795_448_000_000 // ms

var (
	classes = []string{"goldfish", "robin"}
	icons   = []string{"person", "dog", "cup"}
)

// Make makes a study of the task browse or tag in dir. Two annotators do each of two HITs; one more leaves in
// the middle, one withdraws, and one is at work. One reloads a page, one submits a page of which a chunk was
// lost, and one submits a page with two attempts. The first assignment is accepted.
func Make(ctx context.Context, dir, task string) (*Study, error) {
	return run(ctx, dir, task, []habit{{}, {reload: true}, {lose: true}, {twice: true}, {leave: "return"}, {leave: "withdraw"}, {leave: "stay"}}, nil)
}

// Shuffled makes a study in which four annotators do a HIT each, one of whom reloads a page, and one loses a chunk.
// Their requests arrive in an order that next draws from those that have not arrived, some of them more than once: next
// returns a number below n, and whether this request comes again.
func Shuffled(ctx context.Context, dir, task string, next func(n int) (i int, again bool)) (*Study, error) {
	return run(ctx, dir, task, []habit{{}, {reload: true}, {lose: true}, {}}, next)
}

// Rest makes a study in which the rest of a HIT is given to somebody else. Three annotators are at a HIT of two pages
// for two annotators: the first one returns it after the first page, the second one does both, and the third one is
// given the second page.
func Rest(ctx context.Context, dir, task string) (*Study, error) {
	return run(ctx, dir, task, []habit{{early: true}, {}, {}}, nil)
}

func run(ctx context.Context, dir, task string, habits []habit, next func(n int) (int, bool)) (_ *Study, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	settings := fmt.Sprintf("[study]\nid = \"birds\"\n\n[task]\nkind = %q\npages = 2\nimages = 6\n", task)
	if err := os.WriteFile(filepath.Join(dir, "study.toml"), []byte(settings), 0o644); err != nil {
		return nil, err
	}
	db, err := storage.Open(dir, storage.Options{})
	if err != nil {
		return nil, err
	}
	m := &maker{Study: &Study{Dir: dir}, db: db, rand: rand.New(rand.NewPCG(1, 2)), now: began,
		image: map[string]collect.Image{}, hits: map[string]collect.HIT{}, next: next}
	defer func() { err = errors.Join(err, db.Close()) }()
	images, hits := m.plan(task)
	if _, err := db.SetPlan(ctx, images, hits); err != nil {
		return nil, err
	}
	if _, err := db.SetConsent(ctx, "en", "digest", "We record how the pointer moves.", m.now); err != nil {
		return nil, err
	}
	if err := db.SetRest(ctx, habits[0].early); err != nil {
		return nil, err
	}
	for i, habit := range habits {
		if err := m.person(ctx, fmt.Sprintf("00000000%02X", 10+i), habit); err != nil {
			return nil, err
		}
	}
	switch {
	case next != nil:
		return m.Study, m.deliver()
	case habits[0].early:
		return m.Study, nil
	}
	return m.Study, m.review(ctx)
}

// send delivers a request now, or at the end.
func (m *maker) send(request func() (again bool, err error)) error {
	if m.next != nil {
		m.later = append(m.later, request)
		return nil
	}
	again, err := request()
	if err == nil && again {
		err = errors.New("teststudy: a chunk is missing")
	}
	return err
}

// deliver delivers the requests that wait, in the order that next draws.
func (m *maker) deliver() error {
	for len(m.later) > 0 {
		i, twice := m.next(len(m.later))
		again, err := m.later[i]()
		if err != nil {
			return err
		}
		if !again && !twice {
			m.later = append(m.later[:i], m.later[i+1:]...)
		}
	}
	return nil
}

// received returns when the server gets a request. If the order is drawn, all come at one time.
func (m *maker) received() int64 {
	if m.next != nil {
		return began + 5*minute
	}
	return m.now
}

// review accepts the first assignment.
func (m *maker) review(ctx context.Context) error {
	var all []storage.Assignment
	if err := m.db.View(ctx, func(v *storage.View) (err error) {
		all, err = v.Assignments()
		return err
	}); err != nil {
		return err
	}
	const said = `{"rules":[{"name":"recall","value":"open"},{"name":"pages","value":"holds"}],"signals":[{"name":"even"}]}`
	_, err := m.db.Decide(ctx, []storage.Review{{Assignment: all[0].ID, At: m.now, Via: "command", Decision: storage.Accepted,
		Proposal: "look", Rules: said}}, false)
	return err
}

// plan returns two HITs for two annotators, and a third for those who do not end one.
func (m *maker) plan(task string) (images []collect.Image, hits []collect.HIT) {
	for h := range 3 {
		hit := collect.HIT{ID: fmt.Sprintf("hit%d", h), Task: task, K: 2, Priority: 3 - h}
		if h == 2 {
			hit.K = 3
		}
		for p := range 2 {
			page := collect.Page{}
			slots := 1
			if task == "browse" {
				page.Class, slots = classes[p], 6
			}
			for s := range slots {
				known := s%3 != 2
				id := fmt.Sprintf("%s_%d%d", page.Class, h, s)
				if task == "tag" {
					id = fmt.Sprint(100 + 10*h + p)
				}
				image := collect.Image{ID: id, Class: page.Class, Path: id + ".jpg", Width: 500, Height: 375, SHA256: "00", Known: &known, Gold: s == 5}
				images = append(images, image)
				m.image[id] = image
				page.Slots = append(page.Slots, collect.Slot{Image: id, Known: &known})
			}
			hit.Pages = append(hit.Pages, page)
		}
		hits = append(hits, hit)
		m.hits[hit.ID] = hit
	}
	return images, hits
}

// habit says what is special about an annotator.
type habit struct {
	reload bool   // reloads the first page in the middle
	lose   bool   // the browser loses the second chunk of the first page
	twice  bool   // submits a second attempt at the first page
	early  bool   // returns after the first page
	leave  string // after half of the first page: return, withdraw, stay
}

const minute = 60_000 // ms

func (m *maker) person(ctx context.Context, worker string, h habit) error {
	token := []byte(worker)
	device := `{"pointers": ["fine"], "width": 1920, "height": 1080, "ratio": 1, "browser": "Chromium 120", "system": "Linux", "clock_step_us": 100, "language": "en"}`
	visit, _, err := m.db.Visit(ctx, storage.NewVisit{Worker: worker, Platform: "link", Token: token, Device: device}, m.now)
	if err != nil {
		return err
	}
	arms := []storage.Arm{{Name: "plain", Weight: 1}, {Name: "red", Weight: 1}}
	if _, err := m.db.Agree(ctx, worker, "full", 1, arms, func(int) int { return 0 }, 10*minute, m.now); err != nil {
		return err
	}
	a, ok, err := m.db.Lease(ctx, worker, visit.ID, storage.Terms{Idle: 10 * minute, Longest: 60 * minute, NewID: m.id}, m.now)
	if err != nil || !ok {
		return errors.Join(err, errors.New("teststudy: nothing to lease"))
	}
	var pages []storage.Page
	if err := m.db.View(ctx, func(v *storage.View) (err error) {
		pages, err = v.Pages(a.ID)
		return err
	}); err != nil {
		return err
	}
	for i, p := range pages {
		of := habit{}
		if i == 0 {
			of = h
		}
		if err := m.page(ctx, worker, p.UUID, m.hits[a.HIT].Pages[p.Number], of); err != nil {
			return err
		}
		if h.early || h.leave != "" {
			break
		}
	}
	switch {
	case h.early, h.leave == "return":
		return m.db.Return(ctx, worker, visit.ID, m.now)
	case h.leave == "withdraw":
		return m.db.Withdraw(ctx, worker, visit.ID, m.now)
	case h.leave == "stay":
		return nil
	}
	if m.next != nil {
		return nil
	}
	_, _, err = m.db.Finish(ctx, worker, visit.ID, m.now)
	return err
}

func (m *maker) id() string {
	m.ids++
	return fmt.Sprintf("0ca3e522-0000-4000-8000-%012x", m.ids)
}

// page does a page with its attempts.
func (m *maker) page(ctx context.Context, worker, id string, plan collect.Page, h habit) error {
	n := &hand{rand: m.rand, plan: plan, selected: map[int]bool{}, placed: map[string]derive.Icon{}}
	attempt := 1
	if h.reload {
		if err := m.attempt(ctx, worker, id, attempt, n, 0.5, h, false); err != nil {
			return err
		}
		attempt++
	}
	if h.leave != "" {
		return m.attempt(ctx, worker, id, attempt, n, 0.5, h, false)
	}
	if err := m.attempt(ctx, worker, id, attempt, n, 1, h, true); err != nil || !h.twice {
		return err
	}
	return m.attempt(ctx, worker, id, attempt+1, n, 1, habit{twice: true}, true)
}

// attempt records an attempt, stores its chunks, and submits it.
func (m *maker) attempt(ctx context.Context, worker, id string, attempt int, n *hand, share float64, h habit, submit bool) error {
	counts := submit && (!h.twice || attempt == 1) || h.reload
	before := *n
	e := n.work(share)
	if counts {
		m.Selections += n.selections - before.selections
		m.Deselected += n.deselections - before.deselections
		m.Icons += n.actions - before.actions
	}
	t0 := m.now*1000 + 400
	m.now += n.ms + 2000
	chunks := cut(e, id, attempt, t0)
	s := storage.Submit{Attempt: attempt, Chunks: len(chunks), Events: e.Len(), Ended: t0/1000 + n.ms}
	var digests []string
	for _, c := range chunks {
		text, err := json.Marshal(c)
		if err != nil {
			return err
		}
		body := zipped(text)
		if h.lose && c.Seq == 1 {
			s.Lost = []int{1}
			m.Unsent++
			m.UnsentRows += c.Len()
			continue
		}
		digests = append(digests, recording.Digest(body))
		chunk := storage.Chunk{Page: id, Attempt: attempt, Seq: c.Seq, Received: m.received(), SHA256: recording.Digest(body),
			Encoding: "gzip", Events: c.Len(), Body: body}
		if err := m.send(func() (bool, error) {
			_, err := m.db.PutChunk(ctx, worker, chunk, t0, 10*minute)
			return false, err
		}); err != nil {
			return err
		}
	}
	if !submit {
		return nil
	}
	s.Chain = recording.Chain(digests)
	answer := n.answer()
	text, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	s.Answer = string(text)
	at := m.received()
	if err := m.send(func() (bool, error) {
		r, err := m.db.Submit(ctx, worker, id, s, 10*minute, at)
		return len(r.Missing) > 0, err
	}); err != nil {
		return err
	}
	if counts {
		m.Submitted++
		m.Answers += len(answer.Selected) + len(answer.Icons)
	}
	return nil
}

func zipped(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(text)
	z.Close()
	return b.Bytes()
}

// cut cuts a recording into chunks of about 5 s.
func cut(e recording.Events, id string, attempt int, t0 int64) []*recording.Chunk {
	const every = 5_000_000 // µs
	times := e.Times()
	n := int(times[len(times)-1]/every) + 1
	chunks := make([]*recording.Chunk, n)
	for i := range chunks {
		c := &recording.Chunk{Format: recording.Format, Page: id, Attempt: attempt, Seq: i, T0: t0}
		from, to := int64(i)*every, int64(i+1)*every
		c.Views = within(e.Views, from, to, func(x recording.View) int64 { return x.T })
		c.Layouts = within(e.Layouts, from, to, func(x recording.Layout) int64 { return x.T })
		c.Images = within(e.Images, from, to, func(x recording.ImageState) int64 { return x.T })
		c.States = within(e.States, from, to, func(x recording.PageState) int64 { return x.T })
		c.Scrolls = within(e.Scrolls, from, to, func(x recording.Scroll) int64 { return x.T })
		c.Crosses = within(e.Crosses, from, to, func(x recording.Crossing) int64 { return x.T })
		c.Samples = within(e.Samples, from, to, func(x recording.Sample) int64 { return x.T })
		c.Presses = within(e.Presses, from, to, func(x recording.Press) int64 { return x.T })
		c.Keys = within(e.Keys, from, to, func(x recording.Key) int64 { return x.T })
		c.Drags = within(e.Drags, from, to, func(x recording.Drag) int64 { return x.T })
		c.Choices = within(e.Choices, from, to, func(x recording.Choice) int64 { return x.T })
		c.Icons = within(e.Icons, from, to, func(x recording.IconChange) int64 { return x.T })
		c.Steps = within(e.Steps, from, to, func(x recording.Step) int64 { return x.T })
		c.Notes = within(e.Notes, from, to, func(x recording.Note) int64 { return x.T })
		c.Gaps = within(e.Gaps, from, to, func(x recording.Gap) int64 { return x.T })
		chunks[i] = c
	}
	return chunks
}

func within[E any](all []E, from, to int64, t func(E) int64) (some []E) {
	for _, e := range all {
		if t(e) >= from && t(e) < to {
			some = append(some, e)
		}
	}
	return some
}
