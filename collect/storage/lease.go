package storage

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"

	"abtool/collect"
)

// restOnly is true if of a HIT that was left only the remaining pages are issued again.
const restOnly = "EXISTS (SELECT 1 FROM meta WHERE key = 'rest')"

// takers joins pages h of HITs with the assignments that count, and takes counts those that have the page: they are live
// or submitted, or were left after the page was submitted.
const (
	takers = `hit_page h LEFT JOIN assignment a ON a.hit = h.hit AND NOT a.surplus AND NOT a.rejected
		LEFT JOIN page p ON p.assignment = a.id AND p.number = h.number`
	takes = `count(CASE WHEN p.uuid IS NOT NULL AND (a.state IN ('offered', 'working', 'submitted') OR a.state IN ('returned', 'abandoned')
		AND ` + pageDone + `) THEN 1 END)`
	pageDone = "EXISTS (SELECT 1 FROM attempt x WHERE x.page = p.uuid AND x.state = 'submitted')"
)

// done returns how often the HIT of hit is done: the number of submitted assignments that count or, if only the remaining
// pages of a HIT are issued again, of annotators who have submitted the page that the fewest have.
const done = `CASE WHEN ` + restOnly + ` THEN (SELECT count(CASE WHEN a.state <> 'withdrawn' AND ` + pageDone + ` THEN 1 END)
	FROM ` + takers + ` WHERE h.hit = hit.id GROUP BY h.number ORDER BY 1 LIMIT 1)
	ELSE (SELECT count(*) FROM assignment a WHERE a.hit = hit.id AND NOT a.surplus AND NOT a.rejected AND a.state = 'submitted') END`

// recount begins an update of the number of assignments of HITs that are live or submitted.
const recount = `UPDATE hit SET taken = CASE WHEN ` + restOnly + ` THEN
	(SELECT ` + takes + ` FROM ` + takers + ` WHERE h.hit = hit.id GROUP BY h.number ORDER BY 1 LIMIT 1)
	ELSE (SELECT count(*) FROM assignment a WHERE a.hit = hit.id AND NOT a.surplus AND NOT a.rejected
	AND a.state IN ('offered', 'working', 'submitted')) END`

// SetRest says whether only the remaining pages of a HIT that was left are issued again.
func (db *DB) SetRest(ctx context.Context, rest bool) error {
	return db.write(ctx, func(t *tx) error {
		query := "DELETE FROM meta WHERE key = 'rest'"
		if rest {
			query = "INSERT INTO meta VALUES ('rest', '1') ON CONFLICT DO NOTHING"
		}
		n, err := t.change(query)
		if err != nil || n == 0 {
			return err
		}
		return t.exec(recount)
	})
}

// enough returns a condition: whether k others have done the HIT of an assignment a or, if only the remaining pages of
// a HIT are issued again, each page that a has.
func enough(a string) string {
	k := "(SELECT k FROM hit WHERE id = " + a + ".hit)"
	others := "o.hit = " + a + ".hit AND o.id <> " + a + ".id AND NOT o.surplus AND NOT o.rejected"
	return `CASE WHEN ` + restOnly + ` THEN NOT EXISTS (SELECT 1 FROM page q WHERE q.assignment = ` + a + `.id
		AND (SELECT count(*) FROM assignment o JOIN page p ON p.assignment = o.id JOIN attempt x ON x.page = p.uuid
		WHERE ` + others + ` AND o.state <> 'withdrawn' AND p.number = q.number AND x.state = 'submitted') < ` + k + `)
		ELSE (SELECT count(*) FROM assignment o WHERE ` + others + ` AND o.state = 'submitted') >= ` + k + ` END`
}

// markSurplus makes assignments surplus that a HIT that a condition selects does not need, the last ones first.
func markSurplus(t *tx, hits string, args ...any) error {
	for {
		n, err := t.change(`UPDATE assignment SET surplus = TRUE WHERE `+hits+` AND id = (SELECT b.id FROM assignment b WHERE b.hit = assignment.hit
			AND b.state = 'submitted' AND NOT b.surplus AND NOT b.rejected AND `+enough("b")+` ORDER BY b.submitted DESC, b.id DESC LIMIT 1)`, args...)
		if err != nil || n == 0 {
			return err
		}
	}
}

// countSurplus lets surplus assignments count while a HIT that a condition selects needs them, the first ones first.
func countSurplus(t *tx, hits string, args ...any) error {
	for {
		n, err := t.change(`UPDATE assignment SET surplus = FALSE WHERE `+hits+` AND id = (SELECT b.id FROM assignment b WHERE b.hit = assignment.hit
			AND b.state = 'submitted' AND b.surplus AND NOT b.rejected AND NOT `+enough("b")+` ORDER BY b.submitted, b.id LIMIT 1)`, args...)
		if err != nil || n == 0 {
			return err
		}
	}
}

// SetPlan replaces the plan. HITs that were assigned stay as they are, also if the new plan does not have
// them; the result says how many these are. With another k, other assignments of them may be surplus. The plan that the study has already is not written again.
func (db *DB) SetPlan(ctx context.Context, images []collect.Image, hits []collect.HIT) (kept int, err error) {
	digest, err := planDigest(images, hits)
	if err != nil {
		return 0, err
	}
	err = db.write(ctx, func(t *tx) error {
		var same bool
		if err := t.row(`SELECT EXISTS (SELECT 1 FROM meta WHERE key = 'plan' AND value = ?) AND (SELECT count(*) FROM hit) = ?
			AND (SELECT count(*) FROM image) = ?`, []any{digest, len(hits), len(images)}, &same); err != nil || same {
			kept = 0
			return err
		}
		if err := t.exec("DELETE FROM hit WHERE NOT EXISTS (SELECT 1 FROM assignment a WHERE a.hit = hit.id)"); err != nil {
			return err
		}
		if err := t.exec("DELETE FROM image WHERE NOT EXISTS (SELECT 1 FROM slot s WHERE s.image = image.id)"); err != nil {
			return err
		}
		for _, m := range images {
			if err := t.exec(`INSERT INTO image VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
				class = excluded.class, path = excluded.path, known = excluded.known, gold = excluded.gold`,
				m.ID, m.Class, m.Path, m.Width, m.Height, m.SHA256, m.Known, m.Gold); err != nil {
				return err
			}
		}
		have := map[string]int{} // k
		if err := t.rows("SELECT id, k FROM hit", nil, func(scan func(...any) error) error {
			var id string
			var k int
			err := scan(&id, &k)
			have[id] = k
			return err
		}); err != nil {
			return err
		}
		kept = len(have)
		for place, h := range hits {
			if k, ok := have[h.ID]; ok {
				kept--
				if err := t.exec("UPDATE hit SET place = ?, k = ?, priority = ? WHERE id = ?", place, h.K, h.Priority, h.ID); err != nil {
					return err
				}
				if err := changeK(t, h.ID, h.K-k); err != nil {
					return err
				}
				continue
			}
			if err := insertHIT(t, h, place); err != nil {
				return err
			}
		}
		return t.exec("INSERT INTO meta VALUES ('plan', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", digest)
	})
	return kept, err
}

// changeK lets as much work count as a HIT needs whose k has grown by a number.
func changeK(t *tx, hit string, by int) (err error) {
	switch {
	case by == 0:
		return nil
	case by > 0:
		err = countSurplus(t, "hit = ?", hit)
	default:
		err = markSurplus(t, "hit = ?", hit)
	}
	if err != nil {
		return err
	}
	return t.exec(recount+" WHERE id = ?", hit)
}

// planDigest returns a digest of a plan.
func planDigest(images []collect.Image, hits []collect.HIT) (string, error) {
	sum := sha256.New()
	err := json.NewEncoder(sum).Encode([]any{images, hits})
	return hex.EncodeToString(sum.Sum(nil)), err
}

func insertHIT(t *tx, h collect.HIT, place int) error {
	if err := t.exec("INSERT INTO hit (id, place, task, k, priority, pages) VALUES (?, ?, ?, ?, ?, ?)",
		h.ID, place, h.Task, h.K, h.Priority, len(h.Pages)); err != nil {
		return err
	}
	for n, p := range h.Pages {
		if err := t.exec("INSERT INTO hit_page VALUES (?, ?, ?)", h.ID, n, p.Class); err != nil {
			return err
		}
		for i, s := range p.Slots {
			if err := t.exec("INSERT INTO slot VALUES (?, ?, ?, ?, ?, ?)", h.ID, n, i, s.Image, s.Role, s.Known); err != nil {
				return err
			}
		}
	}
	return nil
}

// sweep ends leases without a sign of life. Their HITs are free again.
func sweep(t *tx, now int64) error {
	n, err := t.change("UPDATE assignment SET state = 'abandoned' WHERE state IN ('offered', 'working') AND lease_until < ?", now)
	if err != nil || n == 0 {
		return err
	}
	return t.exec(recount + " WHERE id IN (SELECT hit FROM assignment WHERE state = 'abandoned')")
}

// Sweep ends leases without a sign of life, as every lease does.
func (db *DB) Sweep(ctx context.Context, now int64) error {
	return db.write(ctx, func(t *tx) error { return sweep(t, now) })
}

// Terms are the rules of leases.
type Terms struct {
	Idle    int64           // ms without a sign of life after which a lease ends
	Longest int64           // ms after which a lease ends in any case, if that is more than 3 times the median
	Alive   int64           // ms since the last sign of life in which another visit keeps its assignment; 0: it never does
	Most    int             // HITs of a worker; 0: any number
	Arms    []Arm           // of the pages of new assignments, which have them in permuted blocks; nil if workers have arms
	Pick    func(n int) int // returns a random number below n; needed with Arms
	NewID   func() string
}

// Lease returns the assignment that a worker has to go on with, or a new one. An assignment that was
// abandoned is taken up again. ok is false if there is nothing left for this worker. The error is ErrElsewhere if the
// worker is at the assignment in another visit.
func (db *DB) Lease(ctx context.Context, worker string, visit int64, terms Terms, now int64) (a Assignment, ok bool, err error) {
	err = db.write(ctx, func(t *tx) error {
		ok = false
		var state string
		if err := t.row("SELECT state FROM worker WHERE id = ?", []any{worker}, &state); err != nil {
			return err
		}
		switch state {
		case Withdrawn:
			return ErrWithdrawn
		case Work:
		default:
			return ErrState
		}
		if err := sweep(t, now); err != nil {
			return err
		}
		var done bool // the ticket of the visit has its assignment
		if err := t.row("SELECT EXISTS (SELECT 1 FROM assignment a WHERE a.worker = ? AND a.state = 'submitted' AND "+ofTicket+")",
			[]any{worker, visit}, &done); err != nil || done {
			return err
		}
		err := t.row("SELECT "+assignmentColumns+` FROM assignment a WHERE a.worker = ?
			AND a.state IN ('offered', 'working', 'abandoned') ORDER BY a.state = 'abandoned', a.offered LIMIT 1`, []any{worker}, a.fields()...)
		switch {
		case err == nil:
			if there, err := elsewhere(t, &a, visit, now-terms.Alive); err != nil || there {
				return cmp.Or(err, ErrElsewhere)
			}
			ok = true
			return resume(t, &a, visit, terms, now)
		case errors.Is(err, ErrUnknown):
			ok, err = offer(t, &a, worker, visit, terms, now)
		}
		return err
	})
	return a, ok, err
}

// ofTicket is true of assignments a that belong to the ticket of a visit. It is false if the visit has none.
const ofTicket = "EXISTS (SELECT 1 FROM visit x JOIN visit v ON v.ticket = x.ticket WHERE x.id = a.visit AND v.id = ? AND v.ticket <> '')"

// elsewhere reports whether there was a sign of life of an assignment in another visit, which was not left.
func elsewhere(t *tx, a *Assignment, visit, since int64) (there bool, err error) {
	if a.State == Abandoned || a.Visit == nil || *a.Visit == visit {
		return false, nil
	}
	err = t.row("SELECT ended IS NULL AND seen > ? FROM visit WHERE id = ?", []any{since, *a.Visit}, &there)
	return there, err
}

// resume goes on with an assignment.
func resume(t *tx, a *Assignment, visit int64, terms Terms, now int64) error {
	if a.State == Abandoned {
		longest, err := longest(t, terms)
		if err != nil {
			return err
		}
		a.LeaseEnd = now + longest
		if a.State = Offered; a.Started != nil {
			a.State = Working
		}
	}
	a.LeaseUntil = min(now+terms.Idle, a.LeaseEnd)
	if err := t.exec("UPDATE assignment SET state = ?, visit = ?, lease_until = ?, lease_end = ? WHERE id = ?",
		a.State, visit, a.LeaseUntil, a.LeaseEnd, a.ID); err != nil {
		return err
	}
	return t.exec(recount+" WHERE id = ?", a.HIT)
}

// longest returns the longest time of a lease: three times the median of what was submitted, if that is more
// than the terms say.
func longest(t *tx, terms Terms) (int64, error) {
	var median int64
	err := t.row(`SELECT submitted - offered FROM assignment WHERE state = 'submitted' ORDER BY submitted - offered
		LIMIT 1 OFFSET (SELECT count(*) / 2 FROM assignment WHERE state = 'submitted')`, nil, &median)
	if err != nil && !errors.Is(err, ErrUnknown) {
		return 0, err
	}
	return max(terms.Longest, 3*median), nil
}

// offer makes an assignment of the HIT that has the fewest annotators among those of the largest priority.
func offer(t *tx, a *Assignment, worker string, visit int64, terms Terms, now int64) (bool, error) {
	if terms.Most > 0 {
		var n int
		if err := t.row("SELECT count(*) FROM assignment WHERE worker = ? AND state = 'submitted'", []any{worker}, &n); err != nil {
			return false, err
		}
		if n >= terms.Most {
			return false, nil
		}
	}
	err := t.row(`SELECT id FROM hit WHERE taken < k AND NOT EXISTS
		(SELECT 1 FROM assignment a WHERE a.hit = hit.id AND a.worker = ?) ORDER BY priority DESC, taken, place LIMIT 1`,
		[]any{worker}, &a.HIT)
	if errors.Is(err, ErrUnknown) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var pages []int
	if err := t.rows("SELECT h.number FROM "+takers+" WHERE h.hit = ? GROUP BY h.number HAVING NOT "+restOnly+" OR "+takes+
		" < (SELECT k FROM hit WHERE id = ?) ORDER BY h.number", []any{a.HIT, a.HIT}, func(scan func(...any) error) error {
		var n int
		err := scan(&n)
		pages = append(pages, n)
		return err
	}); err != nil {
		return false, err
	}
	longest, err := longest(t, terms)
	if err != nil {
		return false, err
	}
	*a = Assignment{ID: terms.NewID(), HIT: a.HIT, Worker: worker, Visit: &visit, State: Offered, Offered: now,
		LeaseUntil: now + min(terms.Idle, longest), LeaseEnd: now + longest}
	return true, assign(t, a, pages, terms)
}

// assign stores an assignment of a HIT, with the pages that have these numbers.
func assign(t *tx, a *Assignment, pages []int, terms Terms) error {
	if err := t.exec(`INSERT INTO assignment (id, hit, worker, visit, state, offered, lease_until, lease_end)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, a.ID, a.HIT, a.Worker, a.Visit, a.State, a.Offered, a.LeaseUntil, a.LeaseEnd); err != nil {
		return err
	}
	arms := blocks(terms.Arms, terms.Pick, len(pages))
	for i, n := range pages {
		if err := t.exec("INSERT INTO page (uuid, assignment, number, arm) VALUES (?, ?, ?, ?)", terms.NewID(), a.ID, n, arms[i]); err != nil {
			return err
		}
	}
	return t.exec(recount+" WHERE id = ?", a.HIT)
}

// blocks returns the names of n arms in permuted blocks, each of which has an arm as often as its weight says. Without
// arms they are "".
func blocks(arms []Arm, pick func(int) int, n int) []string {
	all := make([]string, n)
	var block []string
	for i := range all {
		if len(block) == 0 {
			for _, a := range arms {
				block = append(block, slices.Repeat([]string{a.Name}, a.Weight)...)
			}
		}
		if len(block) > 0 {
			j := pick(len(block))
			all[i] = block[j]
			block = slices.Delete(block, j, j+1)
		}
	}
	return all
}

// touch is a sign of life of an assignment. One that was abandoned is live again if its HIT is still free. begun
// says that something was recorded.
func touch(t *tx, assignment string, begun bool, idle, now int64) (until int64, err error) {
	var was, hit string
	var end int64
	var free, started bool
	if err := t.row(`SELECT a.state, a.hit, a.lease_until, a.lease_end, h.taken < h.k, a.started IS NOT NULL
		FROM assignment a JOIN hit h ON h.id = a.hit WHERE a.id = ?`, []any{assignment}, &was, &hit, &until, &end, &free, &started); err != nil {
		return 0, err
	}
	state, begin := was, begun && !started
	started = started || begun
	live := was == Offered || was == Working
	if live || was == Abandoned && free && now < end {
		until = min(now+idle, end)
		if state = Offered; started {
			state = Working
		}
	} else if !begin {
		return until, nil
	}
	if err := t.exec("UPDATE assignment SET state = ?, lease_until = ? WHERE id = ?", state, until, assignment); err != nil {
		return 0, err
	}
	if begin {
		if err := t.exec("UPDATE assignment SET started = ? WHERE id = ?", now, assignment); err != nil {
			return 0, err
		}
	}
	if live || state == was {
		return until, nil
	}
	return until, t.exec(recount+" WHERE id = ?", hit)
}

// A Clock compares the clocks of the browser and of the server. Its fields are nil if they are not known.
type Clock struct{ Offset, Delay *float64 } // ms

// Beat stores a sign of life, or the last one of a page that is being left. It returns the end of the lease of the
// visit's worker, 0 without one, and whether another visit took the assignment over.
func (db *DB) Beat(ctx context.Context, visit int64, clock Clock, leaving bool, idle, now int64) (until int64, taken bool, err error) {
	err = db.write(ctx, func(t *tx) error {
		until, taken = 0, false
		n, err := t.change(`UPDATE visit SET seen = CASE WHEN seen < ? THEN ? ELSE seen END,
			ended = CASE WHEN outcome <> '' THEN ended WHEN ? THEN ? END WHERE id = ?`, now, now, leaving, now, visit)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrUnknown
		}
		if clock.Offset != nil && clock.Delay != nil {
			if err := t.exec("UPDATE visit SET clock_offset = ?, clock_delay = ? WHERE id = ? AND (clock_delay IS NULL OR clock_delay > ?)",
				*clock.Offset, *clock.Delay, visit, *clock.Delay); err != nil {
				return err
			}
		}
		var assignment string
		err = t.row(`SELECT a.id, a.state <> 'abandoned' AND coalesce(a.visit <> v.id, FALSE) FROM assignment a JOIN visit v ON v.worker = a.worker WHERE v.id = ?
			AND a.state IN ('offered', 'working', 'abandoned') ORDER BY a.state = 'abandoned', a.offered LIMIT 1`, []any{visit}, &assignment, &taken)
		if errors.Is(err, ErrUnknown) {
			return nil
		}
		if err == nil {
			until, err = touch(t, assignment, false, idle, now)
		}
		return err
	})
	return until, taken, err
}

// Incomplete is what is missing of an assignment.
type Incomplete struct {
	Missing []MissingChunks
	Open    []string // pages without a submit, by number
}

// MissingChunks are chunks that a submit counted and that were not stored.
type MissingChunks struct {
	Page    string `json:"page"`
	Attempt int    `json:"attempt"`
	Chunks  []int  `json:"chunks"`
}

// Finish returns the last assignment of a worker and what is missing of it: of those that belong to the visit's
// ticket, if it has one. If nothing is missing, the visit is finished. The error is ErrUnknown if there is no
// assignment.
func (db *DB) Finish(ctx context.Context, worker string, visit, now int64) (a Assignment, lack Incomplete, err error) {
	err = db.write(ctx, func(t *tx) error {
		lack = Incomplete{}
		if err := t.row("SELECT "+assignmentColumns+` FROM assignment a WHERE a.worker = ? AND a.state NOT IN ('returned', 'withdrawn')
			AND (`+ofTicket+` OR EXISTS (SELECT 1 FROM visit v WHERE v.id = ? AND v.ticket = ''))
			ORDER BY a.state = 'submitted', coalesce(a.submitted, a.offered) DESC LIMIT 1`, []any{worker, visit, visit}, a.fields()...); err != nil {
			return err
		}
		if a.State == Submitted {
			return endVisit(t, visit, "finished", now)
		}
		return lack.read(t, a.ID)
	})
	return a, lack, err
}

func (lack *Incomplete) read(t *tx, assignment string) error {
	if err := t.rows(`SELECT p.uuid FROM page p WHERE p.assignment = ? AND NOT EXISTS
		(SELECT 1 FROM attempt x WHERE x.page = p.uuid AND x.state = 'submitted') ORDER BY p.number`, []any{assignment},
		func(scan func(...any) error) error {
			var page string
			err := scan(&page)
			lack.Open = append(lack.Open, page)
			return err
		}); err != nil {
		return err
	}
	var asked []MissingChunks
	var counts []int
	var lost [][]int
	if err := t.rows(`SELECT x.page, x.attempt, x.announced_chunks, x.lost FROM attempt x JOIN page p ON p.uuid = x.page
		WHERE p.assignment = ? AND x.state = 'open' AND x.announced_chunks IS NOT NULL ORDER BY p.number, x.attempt`, []any{assignment},
		func(scan func(...any) error) error {
			var m MissingChunks
			var n int
			var text string
			if err := scan(&m.Page, &m.Attempt, &n, &text); err != nil {
				return err
			}
			var without []int
			if err := json.Unmarshal([]byte(text), &without); err != nil {
				return err
			}
			asked, counts, lost = append(asked, m), append(counts, n), append(lost, without)
			return nil
		}); err != nil {
		return err
	}
	for i, m := range asked {
		digests, err := digests(t, m.Page, m.Attempt)
		if err != nil {
			return err
		}
		m.Chunks = missing(digests, counts[i], lost[i])
		lack.Missing = append(lack.Missing, m)
	}
	return nil
}

// missing returns the numbers below n that were neither stored nor lost.
func missing(digests map[int]string, n int, lost []int) (list []int) {
	for seq := range n {
		if _, ok := digests[seq]; !ok && !slices.Contains(lost, seq) {
			list = append(list, seq)
		}
	}
	return list
}
