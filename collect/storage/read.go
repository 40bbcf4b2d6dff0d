package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"abtool/collect"
)

// States of an assignment.
const (
	Offered   = "offered"   // leased, nothing was recorded
	Working   = "working"   // leased, and something was recorded
	Submitted = "submitted" // all pages are submitted
	Returned  = "returned"  // the annotator stopped
	Abandoned = "abandoned" // the lease ended
	// Withdrawn is also a state of an assignment: the annotator withdrew.
)

// An Assignment is a HIT that an annotator was given.
type Assignment struct {
	ID         string
	HIT        string
	Worker     string
	Visit      *int64 // the last one in which it was leased
	State      string
	Offered    int64
	Started    *int64 // first chunk
	Submitted  *int64
	LeaseUntil int64
	LeaseEnd   int64
	Surplus    bool // others had finished the HIT before
	Rejected   bool // by the last review
}

const assignmentColumns = `a.id, a.hit, a.worker, a.visit, a.state, a.offered, a.started, a.submitted, a.lease_until,
	a.lease_end, a.surplus, a.rejected`

func (a *Assignment) fields() []any {
	return []any{&a.ID, &a.HIT, &a.Worker, &a.Visit, &a.State, &a.Offered, &a.Started, &a.Submitted, &a.LeaseUntil,
		&a.LeaseEnd, &a.Surplus, &a.Rejected}
}

// A Page is a page of an assignment.
type Page struct {
	UUID       string
	Assignment string
	Number     int    // within the HIT, from 0
	Arm        string // "" if pages have none
	Attempts   []Attempt
}

// Submitted returns the attempt that was submitted and counts, or nil.
func (p *Page) Submitted() *Attempt {
	for i := range p.Attempts {
		if p.Attempts[i].State == Submitted {
			return &p.Attempts[i]
		}
	}
	return nil
}

// An Attempt is a time that a page was shown from its beginning.
type Attempt struct {
	Page            string
	Attempt         int
	State           string // open, submitted, surplus
	First           int64  // when its first chunk was stored
	T0              int64  // when it began by the clock of the browser, µs since 1970
	Chunks          int    // stored
	Events          int    // stored
	Last            int    // largest number of a stored chunk
	AnnouncedChunks *int   // by the submit; nil without one
	AnnouncedEvents *int
	Lost            []int // numbers of chunks that the browser lost, by the submit; some may have arrived
	Chain           string
	Ended           *int64 // by the clock of the browser, ms
	Submitted       *int64
	Answer          string // JSON, as it was submitted; "" without a submit
	Flags           string // chain_differs, events_differ; separated by spaces
}

// Announced returns how many chunks the browser has made as far as is known.
func (x *Attempt) Announced() int {
	if x.AnnouncedChunks != nil {
		return max(*x.AnnouncedChunks, x.Last+1)
	}
	return x.Last + 1
}

// A View reads a state of the database, in which nothing changes.
type View struct {
	db  *DB
	tx  *sql.Tx
	ctx context.Context
}

func (v *View) query(text string, args ...any) (*sql.Rows, error) {
	return v.tx.QueryContext(v.ctx, v.db.engine.text(text), args...)
}

func (v *View) row(text string, args ...any) *sql.Row {
	return v.tx.QueryRowContext(v.ctx, v.db.engine.text(text), args...)
}

// View calls f with a view of the database.
func (db *DB) View(ctx context.Context, f func(*View) error) error {
	t, err := db.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: db.engine.isolation()})
	if err != nil {
		return err
	}
	defer t.Rollback()
	return f(&View{db, t, ctx})
}

// list reads all rows of a query.
func list[T any](v *View, query string, args []any, fields func(*T) []any) (all []T, err error) {
	rows, err := v.query(query, args...)
	return all, each(rows, err)(func(scan func(...any) error) error {
		var one T
		err := scan(fields(&one)...)
		all = append(all, one)
		return err
	})
}

// Images returns the images of the plan, by id.
func (v *View) Images() ([]collect.Image, error) {
	return list(v, "SELECT id, class, path, width, height, sha256, known, gold FROM image ORDER BY id", nil, imageFields)
}

func imageFields(m *collect.Image) []any {
	return []any{&m.ID, &m.Class, &m.Path, &m.Width, &m.Height, &m.SHA256, &m.Known, &m.Gold}
}

// ImagePath returns the path of an image, relative to the folder of the images, or ErrUnknown.
func (v *View) ImagePath(id string) (path string, err error) {
	err = v.row("SELECT path FROM image WHERE id = ?", id).Scan(&path)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrUnknown
	}
	return path, err
}

// HITs returns the HITs of the plan in its order. HITs that were assigned and are no longer in the plan come
// first.
func (v *View) HITs() ([]collect.HIT, error) { return v.hits("", nil) }

// HIT returns a HIT, or ErrUnknown.
func (v *View) HIT(id string) (collect.HIT, error) {
	hits, err := v.hits("WHERE h.id = ?", []any{id})
	if err == nil && len(hits) == 0 {
		err = ErrUnknown
	}
	if err != nil {
		return collect.HIT{}, err
	}
	return hits[0], nil
}

// Issued returns the HITs that were assigned.
func (v *View) Issued() ([]collect.HIT, error) {
	return v.hits("WHERE EXISTS (SELECT 1 FROM assignment a WHERE a.hit = h.id)", nil)
}

func (v *View) hits(where string, args []any) (all []collect.HIT, err error) {
	rows, err := v.query(`SELECT h.id, h.task, h.k, h.priority, p.number, p.class, s.image, s.role, s.known
		FROM hit h JOIN hit_page p ON p.hit = h.id JOIN slot s ON s.hit = h.id AND s.number = p.number `+where+`
		ORDER BY h.place, h.id, p.number, s.slot`, args...)
	return all, each(rows, err)(func(scan func(...any) error) error {
		var h collect.HIT
		var p collect.Page
		var s collect.Slot
		var number int
		if err := scan(&h.ID, &h.Task, &h.K, &h.Priority, &number, &p.Class, &s.Image, &s.Role, &s.Known); err != nil {
			return err
		}
		if len(all) == 0 || all[len(all)-1].ID != h.ID {
			all = append(all, h)
		}
		last := &all[len(all)-1]
		if len(last.Pages) == number {
			last.Pages = append(last.Pages, p)
		}
		page := &last.Pages[len(last.Pages)-1]
		page.Slots = append(page.Slots, s)
		return nil
	})
}

// Taken returns the number of assignments of each HIT that are live or submitted, without surplus and rejected ones.
func (v *View) Taken() (map[string]int, error) {
	rows, err := v.query("SELECT id, taken FROM hit")
	m := map[string]int{}
	return m, each(rows, err)(func(scan func(...any) error) error {
		var id string
		var n int
		err := scan(&id, &n)
		m[id] = n
		return err
	})
}

// PageArms returns how many pages that were shown have each arm, if pages have arms.
func (v *View) PageArms() (map[string]int64, error) {
	rows, err := v.query(`SELECT arm, count(*) FROM page WHERE arm <> ''
		AND EXISTS (SELECT 1 FROM attempt x WHERE x.page = page.uuid) GROUP BY arm`)
	m := map[string]int64{}
	return m, each(rows, err)(func(scan func(...any) error) error {
		var arm string
		var n int64
		err := scan(&arm, &n)
		m[arm] = n
		return err
	})
}

// Workers returns the annotators, the first one to come first.
func (v *View) Workers() ([]Worker, error) {
	return list(v, "SELECT "+workerColumns+" FROM worker w ORDER BY w.created, w.id", nil, (*Worker).fields)
}

// Visits returns the visits in the order in which they began.
func (v *View) Visits() ([]Visit, error) {
	return list(v, "SELECT "+visitColumns+" FROM visit v ORDER BY v.id", nil, (*Visit).fields)
}

// Consents returns the texts that annotators agreed to, by version.
func (v *View) Consents() ([]Consent, error) {
	return list(v, "SELECT version, language, sha256, body, since FROM consent ORDER BY version", nil, func(c *Consent) []any {
		return []any{&c.Version, &c.Language, &c.SHA256, &c.Body, &c.Since}
	})
}

// Assignments returns all assignments in the order in which they were offered.
func (v *View) Assignments() ([]Assignment, error) {
	return list(v, "SELECT "+assignmentColumns+" FROM assignment a ORDER BY a.offered, a.id", nil, (*Assignment).fields)
}

// MedianTime returns the median time of the submitted assignments, in ms from the first chunk to the submit of the last
// page, and their number.
func (v *View) MedianTime() (ms, n int64, err error) {
	const timed = " FROM assignment WHERE state = 'submitted' AND started IS NOT NULL"
	if err := v.row("SELECT count(*)" + timed).Scan(&n); err != nil || n == 0 {
		return 0, n, err
	}
	return ms, n, v.row("SELECT submitted - started"+timed+" ORDER BY submitted - started LIMIT 1 OFFSET ?", n/2).Scan(&ms)
}

// AssignmentsOf returns the assignments of a worker in the order in which they were offered.
func (v *View) AssignmentsOf(worker string) ([]Assignment, error) {
	return list(v, "SELECT "+assignmentColumns+" FROM assignment a WHERE a.worker = ? ORDER BY a.offered, a.id", []any{worker},
		(*Assignment).fields)
}

// Pages returns the pages of an assignment with their attempts, by number.
func (v *View) Pages(assignment string) ([]Page, error) {
	pages, err := list(v, "SELECT uuid, assignment, number, arm FROM page WHERE assignment = ? ORDER BY number", []any{assignment},
		func(p *Page) []any { return []any{&p.UUID, &p.Assignment, &p.Number, &p.Arm} })
	if err != nil {
		return nil, err
	}
	for i := range pages {
		if pages[i].Attempts, err = v.attempts(pages[i].UUID); err != nil {
			return nil, err
		}
	}
	return pages, nil
}

func (v *View) attempts(page string) (all []Attempt, err error) {
	rows, err := v.query(`SELECT page, attempt, state, first, t0, chunks, events, last, announced_chunks,
		announced_events, lost, chain, ended, submitted, answer, flags FROM attempt WHERE page = ? ORDER BY attempt`, page)
	return all, each(rows, err)(func(scan func(...any) error) error {
		var x Attempt
		var lost []byte
		if err := scan(&x.Page, &x.Attempt, &x.State, &x.First, &x.T0, &x.Chunks, &x.Events, &x.Last, &x.AnnouncedChunks,
			&x.AnnouncedEvents, &lost, &x.Chain, &x.Ended, &x.Submitted, &x.Answer, &x.Flags); err != nil {
			return err
		}
		all = append(all, x)
		if err := json.Unmarshal(lost, &all[len(all)-1].Lost); err != nil {
			return fmt.Errorf("page %s, attempt %d: lost: %w", x.Page, x.Attempt, err)
		}
		return nil
	})
}

// Chunks returns the chunks of an attempt, by number.
func (v *View) Chunks(page string, attempt int) ([]Chunk, error) {
	return list(v, "SELECT page, attempt, seq, received, sha256, encoding, events, body FROM chunk WHERE page = ? AND attempt = ? ORDER BY seq",
		[]any{page, attempt}, func(c *Chunk) []any {
			return []any{&c.Page, &c.Attempt, &c.Seq, &c.Received, &c.SHA256, &c.Encoding, &c.Events, &c.Body}
		})
}

// An Account says what became of everything that was shown. Shown = Submitted + Open + Left + Withdrawn, and
// chunks announced = stored + missing.
type Account struct {
	HITs            int64            `json:"hits"`
	Needed          int64            `json:"needed"`      // assignments that the plan needs: k of each HIT
	Done            int64            `json:"done"`        // how many of these are done, at most k of a HIT; rests of HITs together make whole ones
	Assignments     int64            `json:"assignments"` // of all states
	States          map[string]int64 `json:"states"`
	Surplus         int64            `json:"surplus"`
	Rejected        int64            `json:"rejected"` // without surplus
	Shown           int64            `json:"pages_shown"`
	Submitted       int64            `json:"pages_submitted"`
	Open            int64            `json:"pages_open"`
	Left            int64            `json:"pages_left"`
	Withdrawn       int64            `json:"pages_withdrawn"` // with those that were erased
	Erased          int64            `json:"pages_erased"`
	ChunksAnnounced int64            `json:"chunks_announced"`
	ChunksStored    int64            `json:"chunks_stored"`
	ChunksMissing   int64            `json:"chunks_missing"`
	Conflicts       int64            `json:"chunks_in_conflict"`
	EventsStored    int64            `json:"events_stored"`
	Bytes           int64            `json:"bytes"` // of the chunks
	Flagged         int64            `json:"attempts_flagged"`
	Blank           int64            `json:"pages_without_images"` // submitted, though no image had loaded
}

// Account counts what is stored.
func (v *View) Account() (a Account, err error) {
	a.States = map[string]int64{}
	rows, err := v.query("SELECT state, count(*), count(*) FILTER (WHERE surplus), count(*) FILTER (WHERE rejected AND NOT surplus) FROM assignment GROUP BY state")
	if err := each(rows, err)(func(scan func(...any) error) error {
		var state string
		var n, surplus, rejected int64
		err := scan(&state, &n, &surplus, &rejected)
		a.States[state] = n
		a.Assignments += n
		if state == Submitted {
			a.Surplus, a.Rejected = surplus, rejected
		}
		return err
	}); err != nil {
		return a, err
	}
	one := func(query string, to ...any) {
		if err == nil {
			err = v.row(query).Scan(to...)
		}
	}
	one("SELECT count(*), coalesce(sum(k), 0), coalesce(sum(CASE WHEN done < k THEN done ELSE k END), 0) FROM (SELECT k, "+done+" AS done FROM hit) AS each",
		&a.HITs, &a.Needed, &a.Done)
	one(`SELECT count(*), count(*) FILTER (WHERE submitted),
		count(*) FILTER (WHERE NOT submitted AND state IN ('offered', 'working')),
		count(*) FILTER (WHERE NOT submitted AND state NOT IN ('offered', 'working', 'withdrawn')),
		count(*) FILTER (WHERE NOT submitted AND state = 'withdrawn')
		FROM (SELECT a.state, EXISTS (SELECT 1 FROM attempt x WHERE x.page = p.uuid AND x.state = 'submitted') AS submitted
		FROM page p JOIN assignment a ON a.id = p.assignment WHERE EXISTS (SELECT 1 FROM attempt x WHERE x.page = p.uuid)) AS shown`, &a.Shown, &a.Submitted, &a.Open, &a.Left, &a.Withdrawn)
	one("SELECT coalesce(sum(pages), 0) FROM erasure", &a.Erased)
	one(`SELECT coalesce(sum(CASE WHEN announced_chunks > last THEN announced_chunks ELSE last + 1 END), 0), coalesce(sum(chunks), 0),
		coalesce(sum(events), 0), count(*) FILTER (WHERE flags <> ''), count(*) FILTER (WHERE blank AND state = 'submitted') FROM attempt`,
		&a.ChunksAnnounced, &a.ChunksStored, &a.EventsStored, &a.Flagged, &a.Blank)
	one("SELECT count(*) FROM conflict", &a.Conflicts)
	one("SELECT coalesce(sum(bytes), 0) FROM page", &a.Bytes)
	a.Shown += a.Erased
	a.Withdrawn += a.Erased
	a.ChunksMissing = a.ChunksAnnounced - a.ChunksStored
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return a, err
}

// A Place is what a slot of a page of an assignment shows.
type Place struct {
	Image string // id
	Path  string // relative to the folder of the images
}

// Slot returns the image of a slot. The error is ErrUnknown if there is none, or if the annotator has left.
func (db *DB) Slot(ctx context.Context, page string, slot int) (p Place, err error) {
	err = db.row(ctx, `SELECT m.id, m.path FROM page p JOIN assignment a ON a.id = p.assignment
		JOIN slot s ON s.hit = a.hit AND s.number = p.number JOIN image m ON m.id = s.image
		WHERE p.uuid = ? AND s.slot = ? AND a.state NOT IN ('returned', 'withdrawn')`, page, slot).Scan(&p.Image, &p.Path)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrUnknown
	}
	return p, err
}

// Slots returns the number of slots of a worker's page. The error is ErrUnknown if it is not the worker's.
func (db *DB) Slots(ctx context.Context, worker, page string) (n int, err error) {
	err = db.row(ctx, `SELECT count(*) FROM page p JOIN assignment a ON a.id = p.assignment
		JOIN slot s ON s.hit = a.hit AND s.number = p.number WHERE p.uuid = ? AND a.worker = ?`, page, worker).Scan(&n)
	if err == nil && n == 0 {
		err = ErrUnknown
	}
	return n, err
}

// Progress is what a worker has and may get.
type Progress struct {
	Open      bool // an assignment that can be gone on with
	Submitted int  // assignments
	Done      bool // the assignment of the ticket is submitted; without a ticket, all that were begun
	More      bool // whether a lease would give a new assignment
}

// Progress returns what a worker has and may get with a ticket (or without one, ""), if at most most HITs are given to
// each (0: any number).
func (v *View) Progress(worker, ticket string, most int) (w Progress, err error) {
	var ofTicket bool
	err = v.row(`SELECT count(*) FILTER (WHERE a.state IN ('offered', 'working', 'abandoned')) > 0,
		count(*) FILTER (WHERE a.state = 'submitted'), count(*) FILTER (WHERE a.state = 'submitted' AND x.ticket <> '' AND x.ticket = ?) > 0
		FROM assignment a LEFT JOIN visit x ON x.id = a.visit WHERE a.worker = ?`, ticket, worker).Scan(&w.Open, &w.Submitted, &ofTicket)
	w.Done = ofTicket || ticket == "" && !w.Open && w.Submitted > 0
	if err != nil || ofTicket || most > 0 && w.Submitted >= most {
		return w, err
	}
	err = v.row(`SELECT EXISTS (SELECT 1 FROM hit WHERE taken < k AND NOT EXISTS
		(SELECT 1 FROM assignment a WHERE a.hit = hit.id AND a.worker = ?))`, worker).Scan(&w.More)
	return w, err
}
