package storage

import (
	"context"
	"errors"
	"fmt"
)

// ErrDecided is the error of a decision about an assignment that has another one.
var ErrDecided = errors.New("storage: it was decided before")

// ErrNotSubmitted is the error of a decision about an assignment that was not submitted.
var ErrNotSubmitted = errors.New("storage: it is not submitted")

// Decisions about assignments.
const (
	Accepted = "accept"
	Rejected = "reject"
)

// A Review is a decision of a person about an assignment.
type Review struct {
	Assignment string
	Number     int // 1 for the first decision about the assignment; the last one counts
	At         int64
	Via        string // page, command
	Decision   string // Accepted, Rejected
	Reason     string
	Grounds    string // names of rules and signals that it rests on, separated by spaces
	Proposal   string // what was proposed
	Rules      string // JSON: what the rules and signals said
}

// Decide stores decisions, all or none, and returns how many are new: a decision that is stored with the same
// reason is not stored again. Unless force is set, the error is ErrDecided for an assignment with another
// decision. A HIT of which an assignment is rejected needs another one.
func (db *DB) Decide(ctx context.Context, list []Review, force bool) (stored int, err error) {
	err = db.write(ctx, func(t *tx) error {
		stored = 0
		for i := range list {
			ok, err := decide(t, &list[i], force)
			if err != nil {
				return fmt.Errorf("assignment %s: %w", list[i].Assignment, err)
			}
			if ok {
				stored++
			}
		}
		return nil
	})
	if err != nil {
		stored = 0
	}
	return stored, err
}

func decide(t *tx, r *Review, force bool) (stored bool, err error) {
	var state string
	if err := t.row("SELECT state FROM assignment WHERE id = ?", []any{r.Assignment}, &state); err != nil {
		return false, err
	}
	if state != Submitted {
		return false, ErrNotSubmitted
	}
	var number int
	var decision, reason string
	err = t.row("SELECT number, decision, reason FROM review WHERE assignment = ? ORDER BY number DESC LIMIT 1", []any{r.Assignment},
		&number, &decision, &reason)
	switch {
	case errors.Is(err, ErrUnknown):
	case err != nil:
		return false, err
	case decision == r.Decision && reason == r.Reason:
		return false, nil
	case !force:
		return false, ErrDecided
	}
	if err := t.exec("INSERT INTO review VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", r.Assignment, number+1, r.At, r.Via, r.Decision, r.Reason,
		r.Grounds, r.Proposal, r.Rules); err != nil {
		return false, err
	}
	if r.Decision == Rejected {
		if err = t.exec("UPDATE assignment SET rejected = TRUE WHERE id = ?", r.Assignment); err == nil {
			err = countSurplus(t, "hit = (SELECT hit FROM assignment WHERE id = ?)", r.Assignment)
		}
	} else {
		err = t.exec("UPDATE assignment SET rejected = FALSE, surplus = surplus OR "+enough("assignment")+" WHERE id = ?", r.Assignment)
	}
	if err != nil {
		return false, err
	}
	return true, t.exec(recount+" WHERE id = (SELECT hit FROM assignment WHERE id = ?)", r.Assignment)
}

// Reviews returns all decisions, by assignment and number.
func (v *View) Reviews() ([]Review, error) {
	return list(v, "SELECT assignment, number, at, via, decision, reason, grounds, proposal, rules FROM review ORDER BY assignment, number",
		nil, func(r *Review) []any {
			return []any{&r.Assignment, &r.Number, &r.At, &r.Via, &r.Decision, &r.Reason, &r.Grounds, &r.Proposal, &r.Rules}
		})
}

// Decisions returns the decision that counts of each assignment that has one.
func (v *View) Decisions() (map[string]Review, error) {
	all, err := v.Reviews()
	last := map[string]Review{}
	for _, r := range all {
		last[r.Assignment] = r
	}
	return last, err
}
