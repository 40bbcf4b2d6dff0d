package storage

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"abtool/collect"
	"abtool/collect/recording"
)

// Compat is the platform of annotators who come by the original front ends.
const Compat = "compat"

// FrontEnd is the encoding of a chunk that is a page as the original front ends send it, compressed with gzip.
// Its digest is that of the page without compression.
const FrontEnd = "front-end"

// MaxFrontEnd is the largest size of a page of the original front ends, without compression.
const MaxFrontEnd = 10 << 20

// Limits of what the original front ends send.
const (
	maxAnnotations = 100    // of an assignment
	maxHeaders     = 20     // that differ from the first one
	maxVersions    = 100    // of a page
	maxLoose       = 10_000 // pages of annotations that are not known
	maxFree        = 1000   // of a worker
)

// A CompatHeader begins an annotation.
type CompatHeader struct {
	Annotation string // its id, which the front end chose
	HIT        string
	Worker     string // pseudonym
	Dataset    string // the name under which the front end knows the study
	Arm        string // "" if it is not known
	Body       string // JSON, with the pseudonym for the platform's id
}

// CompatHeader stores a header, and makes the worker and the assignment that it needs. Pages of the annotation
// that came before are added to the assignment. Headers that come again change nothing; another one is noted. The
// error is ErrUnknown for an unknown HIT, and ErrDiffers for the annotation of another worker or HIT.
func (db *DB) CompatHeader(ctx context.Context, h CompatHeader, terms Terms, now int64) error {
	return db.write(ctx, func(t *tx) error {
		var worker, hit, have string
		err := t.row("SELECT a.worker, a.hit, c.header FROM compat_annotation c JOIN assignment a ON a.id = c.assignment WHERE c.id = ?",
			[]any{h.Annotation}, &worker, &hit, &have)
		switch {
		case err == nil && (worker != h.Worker || hit != h.HIT):
			return ErrDiffers
		case err == nil && have == h.Body:
			return nil
		case err == nil:
			return noteHeader(t, h, now)
		case !errors.Is(err, ErrUnknown):
			return err
		}
		assignment, err := compatAssignment(t, h, terms, now)
		if err != nil {
			return err
		}
		var n int
		if err := t.row("SELECT count(*) FROM compat_annotation WHERE assignment = ?", []any{assignment}, &n); err != nil {
			return err
		}
		if n >= maxAnnotations {
			return ErrTooMuch
		}
		if err := t.exec("INSERT INTO compat_annotation (id, assignment, dataset, arm, received, header) VALUES (?, ?, ?, ?, ?, ?)",
			h.Annotation, assignment, h.Dataset, h.Arm, now, h.Body); err != nil {
			return err
		}
		return adopt(t, h.Annotation, assignment, terms.Idle)
	})
}

// noteHeader keeps a header that differs from the first one of its annotation.
func noteHeader(t *tx, h CompatHeader, now int64) error {
	const kind = "compat header"
	var n int
	if err := t.row("SELECT count(*) FROM event WHERE worker = ? AND kind = ? AND detail <> ?", []any{h.Worker, kind, h.Body}, &n); err != nil {
		return err
	}
	if n >= maxHeaders {
		return ErrTooMuch
	}
	return note(t, h.Worker, kind, h.Body, now)
}

// compatAssignment returns the assignment of a header's worker and HIT. If there is none, it makes one, with a
// visit. An assignment of somebody who has done another HIT of the data set is surplus: the front end tells them
// so, and sends a page all the same.
func compatAssignment(t *tx, h CompatHeader, terms Terms, now int64) (id string, err error) {
	var pages int
	if err := t.row("SELECT pages FROM hit WHERE id = ?", []any{h.HIT}, &pages); err != nil {
		return "", err
	}
	if err := compatWorker(t, h.Worker, h.Arm, now); err != nil {
		return "", err
	}
	if err := sweep(t, now); err != nil {
		return "", err
	}
	if err := t.row("SELECT id FROM assignment WHERE hit = ? AND worker = ?", []any{h.HIT, h.Worker}, &id); !errors.Is(err, ErrUnknown) {
		return id, err
	}
	token := sha256.Sum256([]byte("\x00compat\x00" + h.Annotation)) // of no token that a request can have
	if err := t.exec("INSERT INTO visit (worker, token, started, seen, device) VALUES (?, ?, ?, ?, '{}')", h.Worker, token[:], now, now); err != nil {
		return "", err
	}
	var visit int64
	if err := t.row("SELECT id FROM visit WHERE token = ?", []any{token[:]}, &visit); err != nil {
		return "", err
	}
	longest, err := longest(t, terms)
	if err != nil {
		return "", err
	}
	a := Assignment{ID: terms.NewID(), HIT: h.HIT, Worker: h.Worker, Visit: &visit, State: Offered, Offered: now,
		LeaseUntil: now + min(terms.Idle, longest), LeaseEnd: now + longest}
	numbers := make([]int, pages)
	for n := range numbers {
		numbers[n] = n
	}
	if err := assign(t, &a, numbers, terms); err != nil {
		return "", err
	}
	var done int
	if err := t.row(`SELECT count(*) FROM assignment b JOIN compat_annotation c ON c.assignment = b.id
		WHERE b.worker = ? AND b.state = 'submitted' AND c.dataset = ?`, []any{h.Worker, h.Dataset}, &done); err != nil {
		return "", err
	}
	if done > 0 {
		if err := t.exec("UPDATE assignment SET surplus = TRUE WHERE id = ?", a.ID); err != nil {
			return "", err
		}
		return a.ID, t.exec(recount+" WHERE id = ?", a.HIT)
	}
	return a.ID, nil
}

// compatWorker makes a worker, who is not asked for consent: the front ends do not show one.
func compatWorker(t *tx, worker, arm string, now int64) error {
	if err := t.exec("INSERT INTO worker (id, platform, created, state, arm) VALUES (?, ?, ?, 'work', ?) ON CONFLICT DO NOTHING",
		worker, Compat, now, arm); err != nil {
		return err
	}
	var state string
	if err := t.row("SELECT state FROM worker WHERE id = ?", []any{worker}, &state); err != nil {
		return err
	}
	if state == Withdrawn {
		return ErrWithdrawn
	}
	return nil
}

// CompatFree is a body with annotations of a worker without a HIT.
type CompatFree struct {
	Worker   string // pseudonym
	SHA256   string // of Body
	Body     string // JSON, with the pseudonym for the platform's id
	Received int64
}

// CompatFree returns the annotations without a HIT, in the order in which they came.
func (v *View) CompatFree() ([]CompatFree, error) {
	return list(v, "SELECT worker, sha256, body, received FROM compat_free ORDER BY received, worker, sha256", nil,
		func(p *CompatFree) []any { return []any{&p.Worker, &p.SHA256, &p.Body, &p.Received} })
}

// CompatFree stores annotations without a HIT. The same again change nothing.
func (db *DB) CompatFree(ctx context.Context, p CompatFree, now int64) error {
	return db.write(ctx, func(t *tx) error {
		if err := compatWorker(t, p.Worker, "", now); err != nil {
			return err
		}
		var n int
		if err := t.row("SELECT count(*) FROM compat_free WHERE worker = ? AND sha256 <> ?", []any{p.Worker, p.SHA256}, &n); err != nil {
			return err
		}
		if n >= maxFree {
			return ErrTooMuch
		}
		return t.exec("INSERT INTO compat_free (worker, sha256, received, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
			p.Worker, p.SHA256, now, p.Body)
	})
}

// A CompatPage is a page as a front end sends it.
type CompatPage struct {
	Annotation     string
	Number         int   // within the HIT, from 0
	Started, Ended int64 // by the clock of the browser, ms
	Received       int64
	SHA256         string // of Body
	Body           []byte // JSON as it came
}

// CompatPage stores a page. The same bytes again change nothing. Of several versions of a page the last one counts
// that came before the next page or the end of the assignment; the others are surplus. A page of an annotation that
// is not known is kept until its header comes; then known is false. The error is ErrUnknown if the HIT has no
// such page.
func (db *DB) CompatPage(ctx context.Context, p CompatPage, idle int64) (known bool, err error) {
	body, err := zip(p.Body)
	if err != nil {
		return false, err
	}
	err = db.write(ctx, func(t *tx) error {
		known = false
		var assignment, state string
		err := t.row(`SELECT a.id, w.state FROM compat_annotation c JOIN assignment a ON a.id = c.assignment JOIN worker w ON w.id = a.worker
			WHERE c.id = ?`, []any{p.Annotation}, &assignment, &state)
		switch {
		case errors.Is(err, ErrUnknown):
			return keepLoose(t, p)
		case err != nil:
			return err
		case state == Withdrawn:
			return ErrWithdrawn
		}
		known = true
		return storeCompat(t, p, body, assignment, idle)
	})
	return known, err
}

// keepLoose keeps a page of an annotation that is not known.
func keepLoose(t *tx, p CompatPage) error {
	var n, same, number int
	if err := t.row("SELECT count(*) FROM compat_loose", nil, &n); err != nil {
		return err
	}
	if err := t.row("SELECT count(*), coalesce(max(number), 0) FROM compat_loose WHERE annotation = ?", []any{p.Annotation}, &same, &number); err != nil {
		return err
	}
	err := t.row("SELECT number FROM compat_loose WHERE annotation = ? AND sha256 = ?", []any{p.Annotation, p.SHA256}, new(int))
	switch {
	case err == nil:
		return nil
	case !errors.Is(err, ErrUnknown):
		return err
	case n >= maxLoose || same >= maxVersions:
		return ErrTooMuch
	}
	return t.exec("INSERT INTO compat_loose (annotation, number, pageno, started, ended, received, sha256, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		p.Annotation, number+1, p.Number, p.Started, p.Ended, p.Received, p.SHA256, p.Body)
}

// adopt adds the loose pages of an annotation to its assignment, in the order in which they came. Those that its
// HIT does not have stay loose.
func adopt(t *tx, annotation, assignment string, idle int64) error {
	var pages []CompatPage
	var numbers []int
	if err := t.rows("SELECT number, pageno, started, ended, received, sha256, body FROM compat_loose WHERE annotation = ? ORDER BY number", []any{annotation},
		func(scan func(...any) error) error {
			p := CompatPage{Annotation: annotation}
			var number int
			err := scan(&number, &p.Number, &p.Started, &p.Ended, &p.Received, &p.SHA256, &p.Body)
			pages, numbers = append(pages, p), append(numbers, number)
			return err
		}); err != nil {
		return err
	}
	for i, p := range pages {
		body, err := zip(p.Body)
		if err != nil {
			return err
		}
		if err := storeCompat(t, p, body, assignment, idle); errors.Is(err, ErrUnknown) {
			continue
		} else if err != nil {
			return err
		}
		if err := t.exec("DELETE FROM compat_loose WHERE annotation = ? AND number = ?", annotation, numbers[i]); err != nil {
			return err
		}
	}
	return nil
}

// storeCompat stores a page of an assignment as an attempt with one chunk.
func storeCompat(t *tx, p CompatPage, body []byte, assignment string, idle int64) error {
	var page string
	var chunks, bytes int64
	if err := t.row("SELECT uuid, chunks, bytes FROM page WHERE assignment = ? AND number = ?", []any{assignment, p.Number}, &page, &chunks, &bytes); err != nil {
		return err
	}
	err := t.row("SELECT sha256 FROM chunk WHERE page = ? AND sha256 = ?", []any{page, p.SHA256}, new(string))
	if err == nil {
		_, err := touch(t, assignment, false, idle, p.Received)
		return err
	}
	if !errors.Is(err, ErrUnknown) {
		return err
	}
	if chunks >= maxVersions || bytes+int64(len(body)) > MaxBytes {
		return ErrTooMuch
	}
	var counts, over, next int
	if err := t.row("SELECT count(*) FROM attempt WHERE page = ? AND state = 'submitted'", []any{page}, &counts); err != nil {
		return err
	}
	if err := t.row("SELECT count(*) FROM assignment WHERE id = ? AND state = 'submitted'", []any{assignment}, &over); err != nil {
		return err
	}
	if err := t.row("SELECT count(*) FROM attempt x JOIN page p ON p.uuid = x.page WHERE p.assignment = ? AND p.number > ?",
		[]any{assignment, p.Number}, &next); err != nil {
		return err
	}
	state := Submitted
	if counts > 0 {
		if over+next > 0 {
			state = surplusAttempt
		} else if err := t.exec("UPDATE attempt SET state = ? WHERE page = ? AND state = 'submitted'", surplusAttempt, page); err != nil {
			return err
		}
	}
	attempt := chunks + 1
	if err := t.exec(`INSERT INTO attempt (page, attempt, state, first, t0, chunks, events, last, announced_chunks, announced_events, chain, ended,
		submitted) VALUES (?, ?, ?, ?, ?, 1, 0, 0, 1, 0, ?, ?, ?)`, page, attempt, state, p.Received, p.Started*1000,
		recording.Chain([]string{p.SHA256}), p.Ended, p.Received); err != nil {
		return err
	}
	if err := t.exec("INSERT INTO chunk (page, attempt, seq, received, sha256, encoding, events, body) VALUES (?, ?, 0, ?, ?, ?, 0, ?)",
		page, attempt, p.Received, p.SHA256, FrontEnd, body); err != nil {
		return err
	}
	if err := t.exec("UPDATE page SET chunks = chunks + 1, bytes = bytes + ? WHERE uuid = ?", len(body), page); err != nil {
		return err
	}
	if _, err := touch(t, assignment, true, idle, p.Received); err != nil {
		return err
	}
	if err := t.exec("UPDATE visit SET seen = ? WHERE id = (SELECT visit FROM assignment WHERE id = ?) AND seen < ?", p.Received, assignment, p.Received); err != nil {
		return err
	}
	if over > 0 {
		return nil
	}
	return endCompat(t, assignment, p.Received)
}

// endCompat ends an assignment whose pages are all stored.
func endCompat(t *tx, assignment string, now int64) error {
	left, err := pagesLeft(t, assignment)
	if err != nil || left > 0 {
		return err
	}
	var surplus int
	if err := t.row("SELECT count(*) FROM assignment WHERE id = ? AND surplus", []any{assignment}, &surplus); err != nil {
		return err
	}
	var visit *int64
	if err := t.row("SELECT visit FROM assignment WHERE id = ?", []any{assignment}, &visit); err != nil {
		return err
	}
	if err := endAssignment(t, assignment, now); err != nil {
		return err
	}
	if surplus > 0 { // from the beginning
		if err := t.exec("UPDATE assignment SET surplus = TRUE WHERE id = ?", assignment); err != nil {
			return err
		}
		if err := t.exec(recount+" WHERE id = (SELECT hit FROM assignment WHERE id = ?)", assignment); err != nil {
			return err
		}
	}
	if visit == nil {
		return nil
	}
	return endVisit(t, *visit, "finished", now)
}

func zip(text []byte) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// unzip returns what is compressed in a text, at most limit bytes.
func unzip(text []byte, limit int64) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	inside, err := io.ReadAll(io.LimitReader(z, limit+1))
	if err == nil && int64(len(inside)) > limit {
		err = fmt.Errorf("the chunk has more than %d bytes without compression", limit)
	}
	return inside, err
}

// checkFrontEnd returns what is wrong with a page of a front end, or "".
func (c *Chunk) checkFrontEnd() string {
	inside, err := c.JSON()
	if err != nil {
		return err.Error()
	}
	if d := recording.Digest(inside); d != c.SHA256 {
		return fmt.Sprintf("its SHA-256 is %s, but %s was acknowledged", d, c.SHA256)
	}
	return ""
}

// A CompatAnnotation is an annotation of the original front ends.
type CompatAnnotation struct {
	ID         string
	Assignment string
	HIT        string
	Worker     string
	Dataset    string
	Arm        string
	Header     string // JSON as it came, with the pseudonym for the platform's id
	Done       bool   // all pages are stored
	Pages      int    // stored from the first one on without a gap
}

const compatColumns = `c.id, c.assignment, a.hit, a.worker, c.dataset, c.arm, c.header, a.state = 'submitted', (SELECT count(*) FROM page p
	WHERE p.assignment = a.id AND NOT EXISTS (SELECT 1 FROM page q WHERE q.assignment = a.id AND q.number <= p.number
	AND NOT EXISTS (SELECT 1 FROM attempt x WHERE x.page = q.uuid))) FROM compat_annotation c JOIN assignment a ON a.id = c.assignment`

func (c *CompatAnnotation) fields() []any {
	return []any{&c.ID, &c.Assignment, &c.HIT, &c.Worker, &c.Dataset, &c.Arm, &c.Header, &c.Done, &c.Pages}
}

// CompatAnnotations returns all annotations in the order in which their headers came.
func (v *View) CompatAnnotations() ([]CompatAnnotation, error) {
	return list(v, "SELECT "+compatColumns+" ORDER BY c.received, c.id", nil, (*CompatAnnotation).fields)
}

// CompatAnnotationsOf returns the annotations of a worker in a data set, those of a HIT first.
func (v *View) CompatAnnotationsOf(worker, dataset, hit string) ([]CompatAnnotation, error) {
	return list(v, "SELECT "+compatColumns+" WHERE a.worker = ? AND c.dataset = ? ORDER BY CASE WHEN a.hit = ? THEN 0 ELSE 1 END, c.received, c.id",
		[]any{worker, dataset, hit}, (*CompatAnnotation).fields)
}

// CompatLoose returns the number of pages of annotations that are not known.
func (v *View) CompatLoose() (n int64, err error) {
	err = v.row("SELECT count(*) FROM compat_loose").Scan(&n)
	return n, err
}

// CompatKnows reports whether the header of an annotation has come.
func (v *View) CompatKnows(annotation string) (known bool, err error) {
	err = v.row("SELECT EXISTS (SELECT 1 FROM compat_annotation WHERE id = ?)", annotation).Scan(&known)
	return known, err
}

// ImagesOf returns the images of a HIT by their ids.
func (v *View) ImagesOf(hit string) (map[string]collect.Image, error) {
	all, err := list(v, `SELECT id, class, path, width, height, sha256, known, gold FROM image m
		WHERE EXISTS (SELECT 1 FROM slot s WHERE s.hit = ? AND s.image = m.id)`, []any{hit}, imageFields)
	images := map[string]collect.Image{}
	for _, m := range all {
		images[m.ID] = m
	}
	return images, err
}

// CompatImage returns the path of the image of a slot of a HIT, relative to the folder of the images, or ErrUnknown.
func (db *DB) CompatImage(ctx context.Context, hit string, page, slot int) (path string, err error) {
	err = db.row(ctx, `SELECT m.path FROM slot s JOIN image m ON m.id = s.image
		WHERE s.hit = ? AND s.number = ? AND s.slot = ?`, hit, page, slot).Scan(&path)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrUnknown
	}
	return path, err
}

// A CompatSlot is a place of the plan that shows an image as a candidate for its class.
type CompatSlot struct {
	HIT        string
	Page, Slot int
	Image      collect.Image
}

// CompatSlots returns a place for each candidate for a class, or for one candidate of each class if class is "".
func (v *View) CompatSlots(class string) ([]CompatSlot, error) {
	what, args := "WHERE m.class = ? AND NOT EXISTS (SELECT 1 FROM slot b WHERE b.image = m.id AND b.role = '' AND b.hit < s.hit)", []any{class}
	if class == "" {
		what, args = "WHERE m.id IN (SELECT min(id) FROM image GROUP BY class)", nil
	}
	return list(v, `SELECT s.hit, s.number, s.slot, m.id, m.class, m.path FROM image m JOIN slot s ON s.image = m.id AND s.role = '' `+what+
		" ORDER BY m.id, s.hit", args, func(c *CompatSlot) []any {
		return []any{&c.HIT, &c.Page, &c.Slot, &c.Image.ID, &c.Image.Class, &c.Image.Path}
	})
}
