package storage

import (
	"context"
	"database/sql"
	"errors"
)

// States of a worker.
const (
	New       = "new"       // has not answered whether to take part
	Work      = "work"      // agreed
	Refused   = "refused"   // did not agree
	Withdrawn = "withdrawn" // stopped; what was recorded is kept
)

// A Worker is an annotator.
type Worker struct {
	ID             string // pseudonym
	Platform       string // link
	Created        int64
	State          string
	Level          string // full, events, answers; "" before consent
	Consent        int64  // version of the text, 0 before consent
	ConsentAt      int64
	Arm            string
	ArmProbability *float64
}

// A Visit is a time that an annotator spends with the study, from opening a link.
type Visit struct {
	ID          int64
	Worker      string
	Started     int64
	Seen        int64  // last sign of life
	Ended       *int64 // when it was finished, or its page was left
	Device      string // JSON
	ClockOffset *float64
	ClockDelay  *float64
	Outcome     string // "", finished, refused, returned, withdrawn
	Ticket      string // as in NewVisit; of Session and DB.Visit only
	Own         bool   // of Session and DB.Visit only: see NewVisit
}

// A NewVisit is what is known when a visit begins.
type NewVisit struct {
	Worker   string
	Platform string
	// Ticket names what the platform pays for once, as a keyed hash, or is "". An assignment belongs to the ticket
	// of the visit in which it was leased last, and a ticket gets one assignment.
	Ticket string
	// Verified says that it is certain who comes. Other visits are the worker's own if they have the ticket of the
	// worker's first visit. A platform's id in an address is a claim: visits that are not own see and delete
	// nothing that was recorded with other tickets.
	Verified bool
	Token    []byte // SHA-256 of the visit's token
	Device   string // JSON
}

const workerColumns = "w.id, w.platform, w.created, w.state, w.level, coalesce(w.consent, 0), coalesce(w.consent_at, 0), w.arm, w.arm_p"

func (w *Worker) fields() []any {
	return []any{&w.ID, &w.Platform, &w.Created, &w.State, &w.Level, &w.Consent, &w.ConsentAt, &w.Arm, &w.ArmProbability}
}

const visitColumns = "v.id, v.worker, v.started, v.seen, v.ended, v.device, v.clock_offset, v.clock_delay, v.outcome"

func (v *Visit) fields() []any {
	return []any{&v.ID, &v.Worker, &v.Started, &v.Seen, &v.Ended, &v.Device, &v.ClockOffset, &v.ClockDelay, &v.Outcome}
}

// maxVisits is about how many visits of a worker are kept. The first one says how the worker came, and those of
// assignments stay in any case.
const maxVisits = 100

// Visit stores a visit, and the worker when it is the first one. Of many visits it deletes those between the first and
// the last ones.
func (db *DB) Visit(ctx context.Context, n NewVisit, now int64) (v Visit, w Worker, err error) {
	err = db.write(ctx, func(t *tx) error {
		if err := t.exec("INSERT INTO worker (id, platform, created, state) VALUES (?, ?, ?, 'new') ON CONFLICT DO NOTHING",
			n.Worker, n.Platform, now); err != nil {
			return err
		}
		first := n.Ticket
		err := t.row("SELECT ticket FROM visit WHERE worker = ? ORDER BY id LIMIT 1", []any{n.Worker}, &first)
		if err != nil && !errors.Is(err, ErrUnknown) {
			return err
		}
		if err := t.exec("INSERT INTO visit (worker, token, ticket, own, started, seen, device) VALUES (?, ?, ?, ?, ?, ?, ?)",
			n.Worker, n.Token, n.Ticket, n.Verified || first == n.Ticket, now, now, n.Device); err != nil {
			return err
		}
		if err := t.exec(`DELETE FROM visit WHERE worker = ? AND id > (SELECT min(id) FROM visit WHERE worker = ?)
			AND id <= (SELECT id FROM visit WHERE worker = ? ORDER BY id DESC LIMIT 1 OFFSET ?)
			AND NOT EXISTS (SELECT 1 FROM assignment a WHERE a.visit = visit.id)`, n.Worker, n.Worker, n.Worker, maxVisits); err != nil {
			return err
		}
		return t.row(session, []any{n.Token}, sessionFields(&v, &w)...)
	})
	return v, w, err
}

// session begins a query of the visit of a token, and its worker.
const session = "SELECT " + visitColumns + ", v.ticket, v.own, " + workerColumns + " FROM visit v JOIN worker w ON w.id = v.worker WHERE v.token = ?"

func sessionFields(v *Visit, w *Worker) []any {
	return append(append(v.fields(), &v.Ticket, &v.Own), w.fields()...)
}

// Session returns the visit of a token, and its worker. The error is ErrUnknown if there is none.
func (db *DB) Session(ctx context.Context, token []byte) (v Visit, w Worker, err error) {
	if err = db.row(ctx, session, token).Scan(sessionFields(&v, &w)...); errors.Is(err, sql.ErrNoRows) {
		err = ErrUnknown
	}
	return v, w, err
}

// A Consent is a text that annotators agree to.
type Consent struct {
	Version  int64
	Language string
	SHA256   string
	Body     string
	Since    int64
}

// SetConsent makes a text the current one and returns it with its version. A text that was current before
// keeps its version.
func (db *DB) SetConsent(ctx context.Context, language, digest, body string, now int64) (c Consent, err error) {
	err = db.write(ctx, func(t *tx) error {
		if err := t.exec(`INSERT INTO consent (version, language, sha256, body, since)
			VALUES ((SELECT coalesce(max(version), 0) + 1 FROM consent), ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			language, digest, body, now); err != nil {
			return err
		}
		return t.row("SELECT version, language, sha256, body, since FROM consent WHERE sha256 = ?", []any{digest},
			&c.Version, &c.Language, &c.SHA256, &c.Body, &c.Since)
	})
	return c, err
}

// An Arm is a variant of the interface, with its share of the annotators.
type Arm struct {
	Name   string
	Weight int
}

// Agree stores that a worker agrees to a text, and draws an arm when the worker has none. The draw follows
// permuted blocks: a block has each arm as often as its weight says, the place in the first block that is not
// full is drawn at random, and places of workers who were lost are free again. pick returns a random number
// below n. grace is how long a worker without work counts as live, ms.
func (db *DB) Agree(ctx context.Context, worker, level string, version int64, arms []Arm, pick func(n int) int, grace, now int64) (w Worker, err error) {
	err = db.write(ctx, func(t *tx) error {
		if err := t.row("SELECT "+workerColumns+" FROM worker w WHERE w.id = ?", []any{worker}, w.fields()...); err != nil {
			return err
		}
		if w.State == Withdrawn {
			return ErrWithdrawn
		}
		if w.Arm == "" && len(arms) > 0 {
			if err := sweep(t, now); err != nil {
				return err
			}
			name, p, err := drawArm(t, worker, arms, pick, now-grace)
			if err != nil {
				return err
			}
			w.Arm, w.ArmProbability = name, &p
		}
		w.State, w.Level, w.Consent, w.ConsentAt = Work, level, version, now
		return t.exec("UPDATE worker SET state = 'work', level = ?, consent = ?, consent_at = ?, arm = ?, arm_p = ? WHERE id = ?",
			level, version, now, w.Arm, w.ArmProbability, worker)
	})
	return w, err
}

// drawArm counts the workers of each arm who are live or have finished something, and draws.
func drawArm(t *tx, worker string, arms []Arm, pick func(int) int, since int64) (string, float64, error) {
	have := map[string]int{}
	err := t.rows(`SELECT arm, count(*) FROM worker w WHERE arm <> '' AND state = 'work' AND id <> ?
		AND (consent_at > ? OR EXISTS (SELECT 1 FROM assignment a WHERE a.worker = w.id AND a.state IN ('offered', 'working', 'submitted')))
		GROUP BY arm`, []any{worker, since}, func(scan func(...any) error) error {
		var name string
		var n int
		if err := scan(&name, &n); err != nil {
			return err
		}
		have[name] = n
		return nil
	})
	if err != nil {
		return "", 0, err
	}
	block := -1 // the first block that is not full
	for _, a := range arms {
		if b := have[a.Name] / a.Weight; block < 0 || b < block {
			block = b
		}
	}
	free, all := make([]int, len(arms)), 0
	for i, a := range arms {
		free[i] = max((block+1)*a.Weight-have[a.Name], 0)
		all += free[i]
	}
	n := pick(all)
	for i, a := range arms {
		if n < free[i] {
			return a.Name, float64(free[i]) / float64(all), nil
		}
		n -= free[i]
	}
	panic("storage: pick returned a number that is too large")
}

// Refuse stores that a worker does not agree. Work that was leased goes back.
func (db *DB) Refuse(ctx context.Context, worker string, visit, now int64) error {
	return db.write(ctx, func(t *tx) error {
		if err := t.exec("UPDATE worker SET state = 'refused' WHERE id = ? AND state IN ('new', 'work')", worker); err != nil {
			return err
		}
		if err := endAssignments(t, worker, "returned"); err != nil {
			return err
		}
		return endVisit(t, visit, "refused", now)
	})
}

// endVisit stores the outcome of a visit.
func endVisit(t *tx, visit int64, outcome string, now int64) error {
	return t.exec("UPDATE visit SET outcome = ?, ended = ?, seen = ? WHERE id = ?", outcome, now, now, visit)
}

// endAssignments ends the live and abandoned assignments of a worker; their HITs are free again. If their pages no
// longer count, surplus work of others does.
func endAssignments(t *tx, worker, state string) error {
	if err := t.exec("UPDATE assignment SET state = ? WHERE worker = ? AND state IN ('offered', 'working', 'abandoned')",
		state, worker); err != nil {
		return err
	}
	if err := countSurplus(t, "hit IN (SELECT hit FROM assignment WHERE worker = ?)", worker); err != nil {
		return err
	}
	return t.exec(recount+" WHERE id IN (SELECT hit FROM assignment WHERE worker = ?)", worker)
}

// Return stores that a worker stops and may come back for other work.
func (db *DB) Return(ctx context.Context, worker string, visit, now int64) error {
	return db.write(ctx, func(t *tx) error {
		if err := endAssignments(t, worker, "returned"); err != nil {
			return err
		}
		return endVisit(t, visit, "returned", now)
	})
}

// Withdraw stores that a worker withdraws, and keeps what was recorded.
func (db *DB) Withdraw(ctx context.Context, worker string, visit, now int64) error {
	return db.write(ctx, func(t *tx) error {
		n, err := t.change("UPDATE worker SET state = 'withdrawn' WHERE id = ?", worker)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrUnknown
		}
		if err := endAssignments(t, worker, "withdrawn"); err != nil {
			return err
		}
		return endVisit(t, visit, "withdrawn", now)
	})
}

// AddInvites stores invitations by the SHA-256 of their tokens and returns their numbers.
func (db *DB) AddInvites(ctx context.Context, tokens [][]byte, now int64) (numbers []int64, err error) {
	err = db.write(ctx, func(t *tx) error {
		numbers = nil
		for _, token := range tokens {
			if err := t.exec("INSERT INTO invite (token, made) VALUES (?, ?)", token, now); err != nil {
				return err
			}
			var n int64
			if err := t.row("SELECT number FROM invite WHERE token = ?", []any{token}, &n); err != nil {
				return err
			}
			numbers = append(numbers, n)
		}
		return nil
	})
	return numbers, err
}

// UseInvite returns the number of an invitation, and notes that it was used. The error is ErrUnknown if there
// is none.
func (db *DB) UseInvite(ctx context.Context, token []byte, now int64) (number int64, err error) {
	err = db.write(ctx, func(t *tx) error {
		if err := t.row("SELECT number FROM invite WHERE token = ?", []any{token}, &number); err != nil {
			return err
		}
		return t.exec("UPDATE invite SET used = ? WHERE number = ? AND used IS NULL", now, number)
	})
	return number, err
}

// Note stores something that happened. worker may be "".
func (db *DB) Note(ctx context.Context, worker, kind, detail string, now int64) error {
	return db.write(ctx, func(t *tx) error { return note(t, worker, kind, detail, now) })
}

func note(t *tx, worker, kind, detail string, now int64) error {
	return t.exec("INSERT INTO event VALUES (?, nullif(?, ''), ?, ?)", now, worker, kind, detail)
}

// Identities holds the platforms' ids of annotators: who they are, how they came, and what is to be paid.
type Identities struct{ w *writer }

// Put stores which platform's id a worker has.
func (i *Identities) Put(ctx context.Context, worker, platform, id string, now int64) error {
	return i.w.do(ctx, false, func(t *tx) error {
		return t.exec(`INSERT INTO identity VALUES (?, ?, ?, ?)
			ON CONFLICT (platform, platform_id) DO UPDATE SET seen = excluded.seen`, worker, platform, id, now)
	})
}

// Identify stores the platform's id of a worker who is stored already, and how a visit began unless the entry is nil. An
// erasure finds both by the worker: if the worker was erased meanwhile, Identify deletes them. If it fails, the client
// has no token and asks again.
func (i *Identities) Identify(ctx context.Context, db *DB, worker, platform, id string, e *Entry, now int64) error {
	ctx = context.WithoutCancel(ctx) // the client may go
	err := i.Put(ctx, worker, platform, id, now)
	if err == nil && e != nil {
		err = i.PutEntry(ctx, *e, now)
	}
	if err != nil {
		return err
	}
	err = db.View(ctx, func(v *View) error {
		_, err := v.Recorded(worker)
		return err
	})
	if errors.Is(err, ErrUnknown) {
		return i.Erase(ctx, worker)
	}
	return err
}

// Find returns the platform's id of a worker, or ErrUnknown.
func (i *Identities) Find(ctx context.Context, worker string) (platform, id string, err error) {
	err = i.w.do(ctx, false, func(t *tx) error {
		return t.row("SELECT platform, platform_id FROM identity WHERE worker = ?", []any{worker}, &platform, &id)
	})
	return platform, id, err
}

// An Entry is how somebody came from a platform: what the way back and the platform's lists need.
type Entry struct {
	Visit    int64
	Worker   string
	Platform string
	Params   string // JSON: parameters of the address
}

// PutEntry stores how a visit began.
func (i *Identities) PutEntry(ctx context.Context, e Entry, now int64) error {
	return i.w.do(ctx, false, func(t *tx) error {
		return t.exec("INSERT INTO entry VALUES (?, ?, ?, ?, ?)", e.Visit, e.Worker, e.Platform, e.Params, now)
	})
}

// Entry returns how a visit began, or ErrUnknown.
func (i *Identities) Entry(ctx context.Context, visit int64) (e Entry, err error) {
	err = i.w.do(ctx, false, func(t *tx) error {
		return t.row("SELECT visit, worker, platform, params FROM entry WHERE visit = ?", []any{visit}, &e.Visit, &e.Worker, &e.Platform, &e.Params)
	})
	return e, err
}

// A Payment is a submitted assignment of somebody who was erased: what is needed to pay for it.
type Payment struct {
	Platform  string
	ID        string // the platform's, of the annotator
	Params    string // of the Entry; "" if there was none
	Code      string // completion code
	Submitted int64
	Decision  string // accept, reject, ""
	Reason    string
}

// KeepPayments stores payments. Those that are stored already, by their codes, are replaced.
func (i *Identities) KeepPayments(ctx context.Context, all []Payment) error {
	return i.w.do(ctx, false, func(t *tx) error {
		for _, p := range all {
			if err := t.exec("INSERT INTO payment VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (code) DO UPDATE SET decision = excluded.decision, reason = excluded.reason",
				p.Code, p.Platform, p.ID, p.Params, p.Submitted, p.Decision, p.Reason); err != nil {
				return err
			}
		}
		return nil
	})
}

// Payments returns the payments that are kept, in the order in which their assignments were submitted.
func (i *Identities) Payments(ctx context.Context) (all []Payment, err error) {
	err = i.w.do(ctx, false, func(t *tx) error {
		all = nil
		return t.rows("SELECT platform, platform_id, params, code, submitted, decision, reason FROM payment ORDER BY submitted, code", nil,
			func(scan func(...any) error) error {
				var p Payment
				err := scan(&p.Platform, &p.ID, &p.Params, &p.Code, &p.Submitted, &p.Decision, &p.Reason)
				all = append(all, p)
				return err
			})
	})
	return all, err
}

// Close closes the file.
func (i *Identities) Close() error { return i.w.close() }
