package storage

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
)

// An Erasure counts what was deleted when an annotator wanted it.
type Erasure struct {
	Number, At                         int64
	Why                                string
	Assignments, Pages, Chunks, Events int64
	Visits                             int64 // not stored: Erasures returns 0
}

// Erasures returns the erasures, the first one first.
func (v *View) Erasures() ([]Erasure, error) {
	return list(v, "SELECT number, at, why, assignments, pages, chunks, events FROM erasure ORDER BY number", nil, func(e *Erasure) []any {
		return []any{&e.Number, &e.At, &e.Why, &e.Assignments, &e.Pages, &e.Chunks, &e.Events}
	})
}

// Identity returns the id of the study, which no other study has and copies of the folder share, and the number of
// the last erasure. The id is "" in studies of earlier versions.
func (v *View) Identity() (id string, erasures int64, err error) {
	err = v.row(`SELECT coalesce((SELECT value FROM meta WHERE key = 'study'), ''),
		coalesce((SELECT max(number) FROM erasure), 0)`).Scan(&id, &erasures)
	return id, erasures, err
}

// attemptsOf begins a query of the attempts of a worker w.
const attemptsOf = "FROM attempt x JOIN page p ON p.uuid = x.page JOIN assignment a ON a.id = p.assignment WHERE a.worker = w.id"

// recorded counts what an erasure of a worker deletes.
const recorded = `SELECT (SELECT count(*) FROM visit WHERE worker = w.id), (SELECT count(*) FROM assignment WHERE worker = w.id),
	(SELECT count(DISTINCT x.page) ` + attemptsOf + `), (SELECT coalesce(sum(x.chunks), 0) ` + attemptsOf + `),
	(SELECT coalesce(sum(x.events), 0) ` + attemptsOf + `) FROM worker w WHERE w.id = ?`

func (e *Erasure) counts() []any {
	return []any{&e.Visits, &e.Assignments, &e.Pages, &e.Chunks, &e.Events}
}

// Recorded counts what an erasure of a worker would delete. The error is ErrUnknown if there is no such worker.
func (v *View) Recorded(worker string) (e Erasure, err error) {
	all, err := list(v, recorded, []any{worker}, (*Erasure).counts)
	if err == nil && len(all) == 0 {
		err = ErrUnknown
	}
	if err != nil {
		return e, err
	}
	return all[0], nil
}

// Keys of meta while an erasure is not complete. The value is another one for each erasure, so that who completes one
// does not delete what another one stored meanwhile.
const (
	erasedWorker = "erased " // and the pseudonym: the platform's id may still be stored
	tracesLeft   = "traces"  // unused places of the database, or its log, may have bytes of what was deleted
)

// Erase deletes a worker and everything that was recorded of this person, and returns what that was. The error
// is ErrUnknown if there is no such worker. When it returns, nobody can read the rows; FinishErasures has to
// follow, which deletes the platform's id and the last traces.
func (db *DB) Erase(ctx context.Context, worker, why string, now int64) (e Erasure, err error) {
	err = db.write(ctx, func(t *tx) error {
		e = Erasure{At: now}
		if err := t.row(recorded, []any{worker}, e.counts()...); err != nil {
			return err
		}
		if err := t.record(&e, why); err != nil {
			return err
		}
		if err := t.mark(erasedWorker+worker, strconv.FormatInt(e.Number, 10)); err != nil {
			return err
		}
		if err := t.exec("DELETE FROM event WHERE worker = ?", worker); err != nil {
			return err
		}
		if err := endAssignments(t, worker, "withdrawn"); err != nil {
			return err
		}
		// What this worker did no longer counts. Work of others for the same HITs that was surplus does.
		if err := t.exec("UPDATE assignment SET surplus = TRUE, state = 'withdrawn' WHERE worker = ?", worker); err != nil {
			return err
		}
		if err := countSurplus(t, "hit IN (SELECT hit FROM assignment WHERE worker = ?)", worker); err != nil {
			return err
		}
		if err := t.exec(recount+" WHERE id IN (SELECT hit FROM assignment WHERE worker = ?)", worker); err != nil {
			return err
		}
		return t.exec("DELETE FROM worker WHERE id = ?", worker)
	})
	return e, err
}

// EraseTicket deletes the assignments of a worker that belong to the ticket of a visit, with everything that was
// recorded of them, as one erasure. FinishErasures has to follow.
func (db *DB) EraseTicket(ctx context.Context, worker string, visit int64, why string, now int64) error {
	return db.write(ctx, func(t *tx) error {
		e := Erasure{At: now}
		if err := t.row(recordedOf+"a.worker = ? AND "+ofTicket, []any{worker, visit}, &e.Assignments, &e.Pages, &e.Chunks, &e.Events); err != nil {
			return err
		}
		if err := t.record(&e, why); err != nil {
			return err
		}
		if err := t.exec("UPDATE assignment AS a SET state = 'withdrawn', surplus = TRUE WHERE a.worker = ? AND "+ofTicket, worker, visit); err != nil {
			return err
		}
		hits := "(SELECT a.hit FROM assignment a WHERE a.worker = ? AND " + ofTicket + ")"
		if err := countSurplus(t, "hit IN "+hits, worker, visit); err != nil {
			return err
		}
		if err := t.exec(recount+" WHERE id IN "+hits, worker, visit); err != nil {
			return err
		}
		if err := t.exec("DELETE FROM assignment AS a WHERE a.worker = ? AND "+ofTicket, worker, visit); err != nil {
			return err
		}
		return endVisit(t, visit, "withdrawn", now)
	})
}

// EraseAbandoned deletes the assignments that were abandoned before a time, with everything that was recorded of
// them, as one erasure. FinishErasures has to follow.
func (db *DB) EraseAbandoned(ctx context.Context, before, now int64) error {
	return db.write(ctx, func(t *tx) error {
		e := Erasure{At: now}
		if err := t.row(recordedOf+"a.state = 'abandoned' AND a.lease_until < ?", []any{before}, &e.Assignments, &e.Pages, &e.Chunks, &e.Events); err != nil || e.Assignments == 0 {
			return err
		}
		if err := t.record(&e, "left"); err != nil {
			return err
		}
		// Their pages may count.
		if err := t.exec("UPDATE assignment SET surplus = TRUE WHERE state = 'abandoned' AND lease_until < ?", before); err != nil {
			return err
		}
		hits := "(SELECT hit FROM assignment WHERE state = 'abandoned' AND lease_until < ?)"
		if err := countSurplus(t, "hit IN "+hits, before); err != nil {
			return err
		}
		if err := t.exec(recount+" WHERE id IN "+hits, before); err != nil {
			return err
		}
		return t.exec("DELETE FROM assignment WHERE state = 'abandoned' AND lease_until < ?", before)
	})
}

// recordedOf begins a query of what was recorded of assignments a.
const recordedOf = `SELECT count(DISTINCT a.id), count(DISTINCT x.page), coalesce(sum(x.chunks), 0), coalesce(sum(x.events), 0)
	FROM assignment a LEFT JOIN page p ON p.assignment = a.id LEFT JOIN attempt x ON x.page = p.uuid WHERE `

// record stores that an erasure is done, and that traces of it may be left.
func (t *tx) record(e *Erasure, why string) error {
	e.Why = why
	if err := t.row("SELECT coalesce(max(number), 0) + 1 FROM erasure", nil, &e.Number); err != nil {
		return err
	}
	if err := t.exec("INSERT INTO erasure (number, at, why, assignments, pages, chunks, events) VALUES (?, ?, ?, ?, ?, ?, ?)",
		e.Number, e.At, why, e.Assignments, e.Pages, e.Chunks, e.Events); err != nil {
		return err
	}
	return t.mark(tracesLeft, strconv.FormatInt(e.Number, 10))
}

// mark stores that something is left to do.
func (t *tx) mark(key, value string) error {
	return t.exec("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value)
}

// settle deletes the mark of traces, unless its value has changed, and reports whether nothing is left to do.
func (w *writer) settle(ctx context.Context, value string) (done bool, err error) {
	err = w.do(ctx, false, func(t *tx) error {
		if err := t.exec("DELETE FROM meta WHERE key = ? AND value = ?", tracesLeft, value); err != nil {
			return err
		}
		return t.row("SELECT NOT EXISTS (SELECT 1 FROM meta WHERE key = ? OR substr(key, 1, 7) = ?)", []any{tracesLeft, erasedWorker}, &done)
	})
	return done && err == nil, err
}

// Quiet reports whether nobody has an assignment to work on, so that the database can be written again.
func (v *View) Quiet() (quiet bool, err error) {
	err = v.row("SELECT NOT EXISTS (SELECT 1 FROM assignment WHERE state IN ('offered', 'working'))").Scan(&quiet)
	return quiet, err
}

// Unfinished reports whether an erasure is not complete: platform says that the platform's id of somebody may
// still be stored, traces that unused places of the database may have bytes of what was deleted.
func (v *View) Unfinished() (platform, traces bool, err error) {
	err = v.row("SELECT EXISTS (SELECT 1 FROM meta WHERE substr(key, 1, 7) = ?), EXISTS (SELECT 1 FROM meta WHERE key = ?)",
		erasedWorker, tracesLeft).Scan(&platform, &traces)
	return platform, traces, err
}

// FinishErasures does what is left to do after Erase. It deletes the platform's ids of who was erased, and
// empties the log. SQLite overwrites deleted rows, but older copies of a row may stay in unused places of the
// file: with rewrite, the whole file is written again, which takes some seconds for each GB and lets nobody write
// meanwhile. It reports whether nothing is left to do: without rewrite, while somebody reads, or if somebody else was
// erased meanwhile, traces are left.
// An erasure that was interrupted is completed by the next call.
func (db *DB) FinishErasures(ctx context.Context, identities *Identities, rewrite bool) (done bool, err error) {
	type mark struct{ worker, value string }
	var workers []mark
	var traces string
	err = db.View(ctx, func(v *View) (err error) {
		workers, err = list(v, "SELECT substr(key, 8), value FROM meta WHERE substr(key, 1, 7) = ?", []any{erasedWorker},
			func(m *mark) []any { return []any{&m.worker, &m.value} })
		return errors.Join(err, v.row("SELECT coalesce((SELECT value FROM meta WHERE key = ?), '')", tracesLeft).Scan(&traces))
	})
	if err != nil {
		return false, err
	}
	for _, m := range workers {
		if err := identities.Erase(ctx, m.worker); err != nil {
			return false, fmt.Errorf("deleting the platform's id of who was erased: %w", err)
		}
		if err := db.write(ctx, func(t *tx) error {
			return t.exec("DELETE FROM meta WHERE key = ? AND value = ?", erasedWorker+m.worker, m.value)
		}); err != nil {
			return false, err
		}
	}
	if done, err := identities.Finish(ctx); !done || traces == "" && len(workers) == 0 {
		return done, err
	}
	switch err := db.writer.clean(ctx, rewrite); {
	case errors.Is(err, errBeingRead) || err == nil && !rewrite:
		return false, nil
	case err != nil:
		return false, fmt.Errorf("removing the last traces of what was erased: %w", err)
	}
	return db.writer.settle(ctx, traces)
}

var errBeingRead = errors.New("storage: the log could not be emptied because the database is being read; deleted rows are still in it")

// clean removes traces of deleted rows from the database.
func (w *writer) clean(ctx context.Context, rewrite bool) error {
	return w.do(ctx, true, func(t *tx) error { return w.engine.clean(t, rewrite) })
}

// Erase deletes the ids of a worker, so that their bytes are gone.
func (i *Identities) Erase(ctx context.Context, worker string) error {
	return i.delete(ctx, worker, "DELETE FROM identity WHERE worker = ?", "DELETE FROM entry WHERE worker = ?")
}

// Forget deletes the ids of all workers who were seen before a time, and payments of that time, so that their bytes
// are gone, and returns how many workers these were.
func (i *Identities) Forget(ctx context.Context, before int64) (n int64, err error) {
	var others int64
	err = i.w.do(ctx, false, func(t *tx) error {
		err := t.row("SELECT count(DISTINCT worker) FROM identity WHERE seen < ?", []any{before}, &n)
		return errors.Join(err, t.row("SELECT (SELECT count(*) FROM entry WHERE seen < ?) + (SELECT count(*) FROM payment WHERE submitted < ?)",
			[]any{before, before}, &others))
	})
	if err != nil || n+others == 0 {
		return 0, err
	}
	return n, i.delete(ctx, before, "DELETE FROM identity WHERE seen < ?", "DELETE FROM entry WHERE seen < ?", "DELETE FROM payment WHERE submitted < ?")
}

// Count returns how many workers have a platform's id.
func (i *Identities) Count(ctx context.Context) (n int64, err error) {
	err = i.w.do(ctx, false, func(t *tx) error { return t.row("SELECT count(DISTINCT worker) FROM identity", nil, &n) })
	return n, err
}

// delete executes statements in one transaction, and removes the bytes of what they delete. If others read meanwhile,
// Finish has to follow.
func (i *Identities) delete(ctx context.Context, arg any, statements ...string) error {
	if err := i.w.do(ctx, false, func(t *tx) error {
		for _, text := range statements {
			if err := t.exec(text, arg); err != nil {
				return err
			}
		}
		return t.mark(tracesLeft, rand.Text())
	}); err != nil {
		return err
	}
	_, err := i.Finish(ctx)
	return err
}

// Finish removes the bytes of what was deleted, and reports whether nothing is left of them. While somebody reads, it
// may not be possible.
func (i *Identities) Finish(ctx context.Context) (done bool, err error) {
	left, there, err := i.left(ctx)
	if err != nil || !there {
		return err == nil, err
	}
	if err := i.w.clean(ctx, true); err != nil {
		if errors.Is(err, errBeingRead) {
			err = nil
		}
		return false, err
	}
	return i.w.settle(ctx, left)
}

// left returns the value of the mark of traces, and whether there is one.
func (i *Identities) left(ctx context.Context) (value string, there bool, err error) {
	err = i.w.do(ctx, false, func(t *tx) error {
		return t.row("SELECT coalesce(max(value), ''), count(*) > 0 FROM meta WHERE key = ?", []any{tracesLeft}, &value, &there)
	})
	return value, there, err
}
