package storage

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"abtool/collect/recording"
)

// Limits of a page, over all of its attempts.
const (
	MaxChunks = recording.MaxChunks
	MaxBytes  = 64 << 20
	MaxEvents = 4 << 20
)

// A Chunk is a part of a recording, as it was received.
type Chunk struct {
	Page     string
	Attempt  int
	Seq      int
	Received int64
	SHA256   string // of Body
	Encoding string // gzip, or "" if Body is JSON
	Events   int    // in the chunk
	Body     []byte
}

// PutChunk stores a chunk of a worker's page. It reports whether the chunk is new; the same bytes again are not.
// The error is ErrDiffers if other bytes were stored under its number: then these are kept apart. t0 is when
// the attempt began by the clock of the browser, µs.
func (db *DB) PutChunk(ctx context.Context, worker string, c Chunk, t0, idle int64) (stored bool, err error) {
	differs := false
	err = db.write(ctx, func(t *tx) error {
		stored, differs = false, false
		var assignment string
		var chunks, bytes int64
		if err := pageOf(t, worker, c.Page, &assignment, &chunks, &bytes); err != nil {
			return err
		}
		var have string
		err := t.row("SELECT sha256 FROM chunk WHERE page = ? AND attempt = ? AND seq = ?", []any{c.Page, c.Attempt, c.Seq}, &have)
		if err == nil && have == c.SHA256 {
			_, err := touch(t, assignment, false, idle, c.Received)
			return err
		}
		if err != nil && !errors.Is(err, ErrUnknown) {
			return err
		}
		var events int
		if err := t.row("SELECT coalesce(sum(events), 0) FROM attempt WHERE page = ?", []any{c.Page}, &events); err != nil {
			return err
		}
		if chunks >= MaxChunks || bytes+int64(len(c.Body)) > MaxBytes || events+c.Events > MaxEvents {
			return ErrTooMuch
		}
		if differs = err == nil; differs {
			return conflict(t, c)
		}
		if err := fits(t, c, t0); err != nil {
			return err
		}
		stored = true
		return insertChunk(t, c, assignment, t0, idle)
	})
	if err == nil && differs {
		err = ErrDiffers
	}
	return stored && err == nil, err
}

// fits returns an error for a chunk that cannot be of its attempt.
func fits(t *tx, c Chunk, t0 int64) error {
	var start int64
	var announced *int
	var state string
	err := t.row("SELECT t0, announced_chunks, state FROM attempt WHERE page = ? AND attempt = ?", []any{c.Page, c.Attempt}, &start, &announced, &state)
	switch {
	case errors.Is(err, ErrUnknown):
		return nil
	case err != nil:
		return err
	case start != t0:
		return ErrStart
	case state != "open" && announced != nil && c.Seq >= *announced:
		return ErrEnded
	}
	return nil
}

// conflict keeps bytes that came under the number of another chunk.
func conflict(t *tx, c Chunk) error {
	n, err := t.change("INSERT INTO conflict VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		c.Page, c.Attempt, c.Seq, c.Received, c.SHA256, c.Encoding, c.Body)
	if err != nil || n == 0 {
		return err
	}
	return t.exec("UPDATE page SET chunks = chunks + 1, bytes = bytes + ? WHERE uuid = ?", len(c.Body), c.Page)
}

func insertChunk(t *tx, c Chunk, assignment string, t0, idle int64) error {
	if err := t.exec(`INSERT INTO attempt (page, attempt, state, first, t0, chunks, events, last) VALUES (?, ?, 'open', ?, ?, 1, ?, ?)
		ON CONFLICT (page, attempt) DO UPDATE SET chunks = attempt.chunks + 1, events = attempt.events + excluded.events,
		last = CASE WHEN attempt.last < excluded.last THEN excluded.last ELSE attempt.last END`,
		c.Page, c.Attempt, c.Received, t0, c.Events, c.Seq); err != nil {
		return err
	}
	if err := t.exec("INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		c.Page, c.Attempt, c.Seq, c.Received, c.SHA256, c.Encoding, c.Events, c.Body); err != nil {
		return err
	}
	if err := t.exec("UPDATE page SET chunks = chunks + 1, bytes = bytes + ? WHERE uuid = ?", len(c.Body), c.Page); err != nil {
		return err
	}
	_, err := touch(t, assignment, true, idle, c.Received)
	return err
}

// pageOf finds a page of a worker who has not withdrawn.
func pageOf(t *tx, worker, page string, assignment *string, chunks, bytes *int64) error {
	var who string
	if err := t.row(`SELECT p.assignment, p.chunks, p.bytes, w.state FROM page p JOIN assignment a ON a.id = p.assignment
		JOIN worker w ON w.id = a.worker WHERE p.uuid = ? AND a.worker = ?`, []any{page, worker},
		assignment, chunks, bytes, &who); err != nil {
		return err
	}
	if who == Withdrawn {
		return ErrWithdrawn
	}
	return nil
}

// A Submit ends an attempt at a page.
type Submit struct {
	Attempt int
	Chunks  int   // how many the browser made
	Events  int   // in all of them
	Lost    []int // numbers of chunks that the browser no longer has, ascending; some may have arrived
	Chain   string
	Ended   int64 // by the clock of the browser, ms
	Answer  string
	Blank   bool // no image had loaded
}

// A Receipt is the answer to a submit.
type Receipt struct {
	Missing []int // chunks to be sent before the submit is stored
	Surplus bool  // another attempt was submitted before
	Done    bool  // all pages of the assignment are submitted
}

// Submit stores the end of an attempt, if its chunks are stored. A submit that comes again gets the same
// receipt; the error is ErrDiffers if its content is another one.
func (db *DB) Submit(ctx context.Context, worker, page string, s Submit, idle, now int64) (r Receipt, err error) {
	err = db.write(ctx, func(t *tx) error {
		r = Receipt{}
		var assignment string
		var chunks, bytes int64
		if err := pageOf(t, worker, page, &assignment, &chunks, &bytes); err != nil {
			return err
		}
		var have Submit
		var attempt string
		var events int
		err := t.row(`SELECT state, events, coalesce(announced_chunks, 0), coalesce(announced_events, 0), chain, answer
			FROM attempt WHERE page = ? AND attempt = ?`, []any{page, s.Attempt},
			&attempt, &events, &have.Chunks, &have.Events, &have.Chain, &have.Answer)
		switch {
		case errors.Is(err, ErrUnknown): // not one chunk has come
			if r.Missing = missing(nil, s.Chunks, s.Lost); len(r.Missing) > 0 {
				return nil
			}
			if err := allLost(t, page, assignment, s, idle, now); err != nil {
				return err
			}
		case err != nil:
			return err
		case attempt != "open":
			if have.Chunks != s.Chunks || have.Events != s.Events || have.Chain != s.Chain || have.Answer != s.Answer {
				return ErrDiffers
			}
			r.Surplus = attempt == surplusAttempt
			return t.row("SELECT state = 'submitted' FROM assignment WHERE id = ?", []any{assignment}, &r.Done)
		}
		digests, err := digests(t, page, s.Attempt)
		if err != nil {
			return err
		}
		if r.Missing = missing(digests, s.Chunks, s.Lost); len(r.Missing) > 0 {
			if _, err := touch(t, assignment, false, idle, now); err != nil {
				return err
			}
			return t.exec("UPDATE attempt SET announced_chunks = ?, announced_events = ?, lost = ? WHERE page = ? AND attempt = ?",
				s.Chunks, s.Events, text(s.Lost), page, s.Attempt)
		}
		return store(t, page, assignment, s, &r, flags(s, digests, events), idle, now)
	})
	return r, err
}

// allLost makes the attempt of a submit whose chunks are all lost. When it began is not known.
func allLost(t *tx, page, assignment string, s Submit, idle, now int64) error {
	if err := t.exec("INSERT INTO attempt (page, attempt, state, first, t0, last) VALUES (?, ?, 'open', ?, ?, -1)",
		page, s.Attempt, now, s.Ended*1000); err != nil {
		return err
	}
	_, err := touch(t, assignment, true, idle, now)
	return err
}

// text returns a list of numbers as JSON.
func text(list []int) string {
	if len(list) == 0 {
		return "[]"
	}
	b, _ := json.Marshal(list)
	return string(b)
}

// digests returns the digests of the chunks of an attempt, by number.
func digests(t *tx, page string, attempt int) (map[int]string, error) {
	m := map[int]string{}
	return m, t.rows("SELECT seq, sha256 FROM chunk WHERE page = ? AND attempt = ?", []any{page, attempt},
		func(scan func(...any) error) error {
			var seq int
			var digest string
			err := scan(&seq, &digest)
			m[seq] = digest
			return err
		})
}

// flags compares what a submit says with what is stored. Finished work is stored in any case.
func flags(s Submit, digests map[int]string, events int) string {
	var list []string
	var stored, known []string // known: without those that the browser lost after they had been sent
	for seq := range s.Chunks {
		if d := digests[seq]; d != "" {
			stored = append(stored, d)
			if !slices.Contains(s.Lost, seq) {
				known = append(known, d)
			}
		}
	}
	if len(digests) != len(stored) || s.Chain != recording.Chain(stored) && s.Chain != recording.Chain(known) {
		list = append(list, "chain_differs")
	}
	if len(s.Lost) == 0 && events != s.Events || events > s.Events {
		list = append(list, "events_differ")
	}
	return strings.Join(list, " ")
}

// store ends an attempt, and the assignment when it was the last page.
func store(t *tx, page, assignment string, s Submit, r *Receipt, flags string, idle, now int64) error {
	var before bool
	if err := t.row("SELECT EXISTS (SELECT 1 FROM attempt WHERE page = ? AND state = 'submitted')", []any{page}, &before); err != nil {
		return err
	}
	state := Submitted
	if r.Surplus = before; before {
		state = surplusAttempt
	}
	if err := t.exec(`UPDATE attempt SET state = ?, announced_chunks = ?, announced_events = ?, lost = ?, chain = ?, ended = ?, submitted = ?,
		answer = ?, flags = ?, blank = ? WHERE page = ? AND attempt = ?`, state, s.Chunks, s.Events, text(s.Lost), s.Chain, s.Ended, now,
		s.Answer, flags, s.Blank, page, s.Attempt); err != nil {
		return err
	}
	left, err := pagesLeft(t, assignment)
	if err != nil {
		return err
	}
	if r.Done = left == 0; !r.Done {
		if _, err := touch(t, assignment, false, idle, now); err != nil {
			return err
		}
		return t.exec(recount+" WHERE id IN (SELECT hit FROM assignment WHERE id = ? AND state IN ('returned', 'abandoned'))", assignment)
	}
	if before { // the assignment was done before
		return nil
	}
	return endAssignment(t, assignment, now)
}

// surplusAttempt is the state of an attempt that was submitted and does not count.
const surplusAttempt = "surplus"

// pagesLeft returns the number of pages of an assignment that are not submitted.
func pagesLeft(t *tx, assignment string) (n int, err error) {
	err = t.row(`SELECT count(*) FROM page p WHERE p.assignment = ? AND NOT EXISTS
		(SELECT 1 FROM attempt x WHERE x.page = p.uuid AND x.state = 'submitted')`, []any{assignment}, &n)
	return n, err
}

// endAssignment ends an assignment whose pages are all submitted. It is surplus if enough others have done them.
func endAssignment(t *tx, assignment string, now int64) error {
	if err := t.exec("UPDATE assignment SET state = 'submitted', submitted = ?, surplus = "+enough("assignment")+" WHERE id = ?",
		now, assignment); err != nil {
		return err
	}
	return t.exec(recount+" WHERE id = (SELECT hit FROM assignment WHERE id = ?)", assignment)
}
