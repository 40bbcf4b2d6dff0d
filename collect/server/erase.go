package server

import (
	"context"
	"errors"
	"net/http"
	"strings"

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

// erasePage asks whether to erase an annotator, and says what was erased.
type erasePage struct {
	storage.Erasure // Number is 0 while it is not done
	Worker          string
	Kept            bool // what paying needs
	Error           string
}

func (s *Server) askErase(w http.ResponseWriter, r *http.Request) {
	s.view(w, r, "erase.html", func(v *storage.View) (any, error) {
		e, err := v.Recorded(r.PathValue("id"))
		return erasePage{Erasure: e, Worker: r.PathValue("id"), Kept: s.Study.Privacy.KeepPayment}, err
	})
}

// eraseWorker erases an annotator, if the form names who that is.
func (s *Server) eraseWorker(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	id := r.PathValue("id")
	p := erasePage{Worker: id, Kept: s.Study.Privacy.KeepPayment}
	if !strings.EqualFold(strings.TrimSpace(r.PostFormValue("confirm")), id) {
		err := s.DB.View(r.Context(), func(v *storage.View) (err error) {
			p.Erasure, err = v.Recorded(id)
			return err
		})
		if err == nil {
			p.Error = "This is not the pseudonym. Nothing was deleted."
			s.show(w, http.StatusBadRequest, "erase.html", p)
			return
		}
		s.lacks(w, err)
		return
	}
	e, err := Erase(r.Context(), s.Study, s.DB, s.Identities, id, "asked", s.now())
	if err != nil {
		s.lacks(w, err)
		return
	}
	s.finishErasures(context.WithoutCancel(r.Context()), false)
	p.Erasure = e
	s.show(w, 200, "erase.html", p)
}

// lacks answers that there is no such annotator, or an error of the database.
func (s *Server) lacks(w http.ResponseWriter, err error) {
	if errors.Is(err, storage.ErrUnknown) {
		s.show(w, http.StatusNotFound, "lack.html", nil)
		return
	}
	http.Error(w, err.Error(), http.StatusInternalServerError)
}
