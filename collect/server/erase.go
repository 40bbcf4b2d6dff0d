package server

import (
	"context"
	"errors"

	"abtool/collect"
	"abtool/collect/platform"
	"abtool/collect/storage"
)

// Erase deletes an annotator and everything that was recorded. If study.toml wants it, what paying for finished work
// needs is kept, apart from the pseudonym. FinishErasures of the database has to follow.
func Erase(ctx context.Context, study *collect.Study, db *storage.DB, identities *storage.Identities, worker, why string, now int64) (e storage.Erasure, err error) {
	if err := keepPayments(ctx, study, db, identities, worker, 0); err != nil {
		return e, err
	}
	return db.Erase(ctx, worker, why, now)
}

// keepPayments keeps what paying a worker needs, if study.toml wants it: for all submitted assignments, or for those with
// the ticket of a visit, if that is not 0.
func keepPayments(ctx context.Context, study *collect.Study, db *storage.DB, identities *storage.Identities, worker string, visit int64) error {
	if !study.Privacy.KeepPayment {
		return nil
	}
	keys, err := study.Keys("code")
	if err != nil {
		return err
	}
	from, id, err := identities.Find(ctx, worker)
	if errors.Is(err, storage.ErrUnknown) { // the platform's id was forgotten
		return nil
	}
	if err != nil {
		return err
	}
	var list []storage.Assignment
	var decided map[string]storage.Review
	if err := db.View(ctx, func(v *storage.View) (err error) {
		if list, err = v.AssignmentsOf(worker); err == nil {
			decided, err = v.Decisions()
		}
		return err
	}); err != nil {
		return err
	}
	params := func(visit int64) (platform.Params, error) {
		e, err := identities.Entry(ctx, visit)
		if errors.Is(err, storage.ErrUnknown) {
			err = nil
		}
		return platform.ParseParams(e.Params), err
	}
	var own platform.Params
	if visit != 0 {
		if own, err = params(visit); err != nil {
			return err
		}
	}
	var keep []storage.Payment
	for _, a := range list {
		if a.State != storage.Submitted || a.Visit == nil {
			continue
		}
		p, err := params(*a.Visit)
		if err != nil {
			return err
		}
		if visit != 0 && p.Ticket() != own.Ticket() {
			continue
		}
		r := decided[a.ID]
		keep = append(keep, storage.Payment{Platform: from, ID: id, Params: p.String(), Code: keys.CompletionCode(study.Study.ID, a.ID, worker),
			Submitted: *a.Submitted, Decision: r.Decision, Reason: r.Reason})
	}
	return identities.KeepPayments(ctx, keep)
}
