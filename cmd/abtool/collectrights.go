package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"abtool/collect"
	"abtool/collect/server"
	"abtool/collect/storage"
	"abtool/internal/ui"
	"abtool/internal/usage"
)

type collectEraseOptions struct {
	code, worker string
	yes          bool
}

func collectEraseCommand(s streams) *cobra.Command {
	var o collectEraseOptions
	c := &cobra.Command{
		Use:   "erase DIR --code PARTICIPATION | --worker PSEUDONYM",
		Short: "Delete everything that was recorded of an annotator",
		Long: `Delete an annotator: visits, assignments, pages, chunks, answers, notes, and what the platform calls
this person. Who asks for it gives the participation code that the page showed. Only numbers are
kept: how many pages and assignments were deleted, and when. Their HITs are given to others.

A server may run meanwhile. The database is then written again, so that no unused place of it has
the deleted bytes; on large studies annotators may have to wait some seconds. If the command is
interrupted, either nothing is deleted, or the next erase or start of the server completes it.
Without --code and --worker, erase only does that.

Stores that were made before still have the data: abtool info says so. Copies and backups of the
folder are out of reach of this command.`,
		Example: `  abtool collect erase birds --code K7QF-2M9X-0AB1-C
  abtool collect erase birds --worker 0f3a9b1c2d --yes`,
		Args: exactly(1, "collect erase takes one argument, the folder of the study"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), s, args[0]) },
	}
	f := c.Flags()
	f.StringVar(&o.code, "code", "", "participation `CODE` that the annotator was shown")
	f.StringVar(&o.worker, "worker", "", "`PSEUDONYM` of the annotator, as the administrator's pages show it")
	f.BoolVar(&o.yes, "yes", false, "do not ask for confirmation")
	return c
}

func (o *collectEraseOptions) run(ctx context.Context, s streams, dir string) (err error) {
	if o.code != "" && o.worker != "" {
		return usage.Errorf("give either --code or --worker")
	}
	if o.code != "" && !collect.CodeIsWellFormed(o.code) {
		return usage.Errorf("--code %s: not a participation code; a character may be mistyped", o.code)
	}
	study, err := collect.Open(dir)
	if err != nil {
		return err
	}
	var worker string
	var platform, traces bool
	var e storage.Erasure
	err = viewStudy(ctx, dir, func(v *storage.View) (err error) {
		if platform, traces, err = v.Unfinished(); err != nil || o.code+o.worker == "" {
			return err
		}
		if worker, err = o.find(study, v); err == nil {
			e, err = v.Recorded(worker)
		}
		return err
	})
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s was never served, so that there is nothing to delete", dir)
	case err != nil:
		return err
	case worker == "" && !platform && !traces:
		return usage.Errorf("say who is to be erased: --code PARTICIPATION or --worker PSEUDONYM")
	}
	if worker != "" {
		if ok, err := confirm(s, o.yes, fmt.Sprintf("Delete annotator %s with %s for good?", worker, recorded(&e))); err != nil || !ok {
			return err
		}
	}
	db, identities, err := openToErase(home(ctx, dir))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, identities.Close(), db.Close()) }()
	if worker != "" {
		if e, err = server.Erase(ctx, study, db, identities, worker, "asked", time.Now().UnixMilli()); err != nil {
			return err
		}
	}
	// What was begun is completed even if the user has interrupted the command.
	if err := finishErasures(context.WithoutCancel(ctx), db, identities, dir); err != nil {
		return err
	}
	if platform {
		fmt.Fprintln(s.out, "An erasure before was interrupted. It is complete now.")
	} else if traces {
		fmt.Fprintln(s.out, "Traces of an erasure before, in unused places of the database, are gone now.")
	}
	if worker != "" {
		fmt.Fprintf(s.out, "erased %s: %s, and what the platform calls this person\n", worker, recorded(&e))
		fmt.Fprintf(s.out, "This is erasure %d of the study. Stores that were made before it still have the data: abtool store erase STORE\n", e.Number)
	}
	return nil
}

// find returns the pseudonym of who is to be erased.
func (o *collectEraseOptions) find(study *collect.Study, v *storage.View) (string, error) {
	workers, err := v.Workers()
	if err != nil {
		return "", err
	}
	var is func(worker string) bool
	if o.code == "" {
		is = func(worker string) bool { return strings.EqualFold(worker, o.worker) }
	} else {
		keys, err := study.Keys("participation") // the key of pseudonyms may have been deleted
		if err != nil {
			return "", err
		}
		is = func(worker string) bool { return keys.IsParticipationCode(o.code, study.Study.ID, worker) }
	}
	for _, w := range workers {
		if is(w.ID) {
			return w.ID, nil
		}
	}
	if o.code == "" {
		return "", fmt.Errorf("%s has no annotator %s; who was erased before is not known any more", study.Dir, o.worker)
	}
	return "", fmt.Errorf("%s has no annotator with the participation code %s; who was erased before is not known any more", study.Dir, o.code)
}

// recorded prints what an erasure deletes.
func recorded(e *storage.Erasure) string {
	return fmt.Sprintf("%s, %s, %s, %s, %s", plural(int(e.Visits), "visit"), plural(int(e.Assignments), "assignment"),
		plural(int(e.Pages), "page"), plural(int(e.Chunks), "chunk"), plural(int(e.Events), "event"))
}

// openToErase opens the databases of a study that was served.
func openToErase(h storage.Home) (*storage.DB, *storage.Identities, error) {
	db, err := h.Open(storage.Options{})
	if err != nil {
		return nil, nil, err
	}
	identities, err := h.OpenIdentities()
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return db, identities, nil
}

// finishErasures removes the last traces. A server that reads meanwhile may have to be waited for.
func finishErasures(ctx context.Context, db *storage.DB, identities *storage.Identities, dir string) error {
	for range 20 {
		done, err := db.FinishErasures(ctx, identities, true)
		if done || err != nil {
			return err
		}
		time.Sleep(500 * time.Millisecond)
	}
	return fmt.Errorf("the rows are deleted, but others read the database all the time, so that traces are left in its log: "+
		"stop what reads it, and complete the erasure with abtool collect erase %s", dir)
}

// confirm asks whether to do something that cannot be undone. ok is true with yes.
func confirm(s streams, yes bool, question string) (ok bool, err error) {
	if yes {
		return true, nil
	}
	if _, ok := ui.Terminal(s.in); !ok {
		return false, usage.Errorf("this cannot be undone: give --yes to do it without being asked")
	}
	fmt.Fprintf(s.out, "%s This cannot be undone. [y/N] ", question)
	line, err := bufio.NewReader(s.in).ReadString('\n')
	if err != nil {
		return false, err
	}
	if answer := strings.ToLower(strings.TrimSpace(line)); answer != "y" && answer != "yes" {
		fmt.Fprintln(s.out, "Nothing was deleted.")
		return false, nil
	}
	return true, nil
}

type collectForgetOptions struct {
	before string
	yes    bool
}

func collectForgetCommand(s streams) *cobra.Command {
	var o collectForgetOptions
	c := &cobra.Command{
		Use:   "forget DIR",
		Short: "Delete what platforms call the annotators, and keep the recordings",
		Long: `Delete the ids that platforms gave annotators (identity.db), of all annotators or of those whose
last visit was before a date. Recordings stay, under their pseudonyms. The server does it by itself
after identities_days of study.toml.

Afterwards nobody can say which payment or message belongs to a pseudonym. Participation codes and
completion codes still work. As long as secrets/pseudonym.key exists, who has it and an id can
compute the pseudonym: delete the key when nobody will take part any more.`,
		Example: `  abtool collect forget birds --before 2026-03-01
  abtool collect forget birds --yes`,
		Args: exactly(1, "collect forget takes one argument, the folder of the study"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), s, args[0]) },
	}
	c.Flags().StringVar(&o.before, "before", "", "only those whose last visit was before this `DATE`, such as 2026-03-01 (UTC)")
	c.Flags().BoolVar(&o.yes, "yes", false, "do not ask for confirmation")
	return c
}

func (o *collectForgetOptions) run(ctx context.Context, s streams, dir string) (err error) {
	before, whom := time.Now().Add(24*time.Hour), "all annotators"
	if o.before != "" {
		if before, err = time.Parse(time.DateOnly, o.before); err != nil {
			return usage.Errorf("--before %s: give a date such as 2026-03-01", o.before)
		}
		whom = "the annotators whose last visit was before " + o.before
	}
	if _, err := collect.Open(dir); err != nil {
		return err
	}
	there, err := home(ctx, dir).HasIdentities(ctx)
	if err != nil {
		return err
	}
	if !there {
		return fmt.Errorf("%s was never served, so that there is nothing to delete", dir)
	}
	if ok, err := confirm(s, o.yes, "Delete what the platforms call "+whom+"?"); err != nil || !ok {
		return err
	}
	identities, err := home(ctx, dir).OpenIdentities()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, identities.Close()) }()
	n, err := identities.Forget(ctx, before.UnixMilli())
	if err != nil {
		return err
	}
	done, err := identities.Finish(ctx)
	if err == nil && !done {
		ui.Note(s.err, "others read the database, so that traces of what was deleted are left: run this again later")
	}
	if err != nil {
		return err
	}
	left, err := identities.Count(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, `deleted the platform's ids of %s; the ids of %d are left
What can no longer be done for them: find the recording by the platform's id, pay or write to who made it, and see
in a list of the platform who has taken part. Participation and completion codes still work. The key
secrets/pseudonym.key can still make a pseudonym of a platform's id: delete it when nobody will take part any more.
`, plural(int(n), "annotator"), left)
	return nil
}
