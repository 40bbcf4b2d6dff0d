package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"abtool/byproduct/coco"
	"abtool/collect"
	"abtool/collect/compat"
	"abtool/collect/platform"
	"abtool/collect/quality"
	"abtool/collect/storage"
	"abtool/internal/replace"
	"abtool/internal/ui"
	"abtool/internal/usage"
)

type collectReviewOptions struct {
	out, apply, truth string
	platform, batch   string
	codes, bonus      string
	ids, force        bool
}

func collectReviewCommand(s streams) *cobra.Command {
	var o collectReviewOptions
	c := &cobra.Command{
		Use:   "review DIR [--out FILE | --apply FILE | --for PLATFORM --out FILE]",
		Short: "Propose what to accept and reject, and store decisions",
		Long: `Judge the assignments of a study by the rules by which the paper rejected HITs, and list signals
that say where to look. A rule holds, fails, or is open, because it is too early or ground
truth is missing. Signals prove nothing, and the program decides nothing.

--out FILE writes a line for each assignment. Fill in its columns decision (accept or reject),
grounds (rules that fail, signals, or other) and reason, and give the file to --apply.
--for prolific --out FILE writes the decisions for Prolific: submissions, and messages to those who
are rejected; with --ids the ids of the accepted ones, one a line. It is refused if a rejection
breaks Prolific's rules.
--for mturk --out FILE writes them as commands of Amazon's program aws; with --batch RESULTS it
fills in the columns Approve and Reject of the results of a batch, as MTurk's page downloads them.
--bonus FILE writes bonuses in these forms. It is a CSV file with the columns assignment, bonus and
reason.
--codes FILE checks the completion codes that people gave: it prints the CSV file again with a
verdict for each row. A column such as WorkerId or participant_id says whose they are.

The rules recall and place of a tag study need ground truth: --truth STORE names a store that was
ingested with --instances. Thresholds are in study.toml, under [quality].`,
		Example: `  abtool collect review birds --out proposals.csv
  abtool collect review birds --apply proposals.csv
  abtool collect review birds --for prolific --out prolific.csv
  abtool collect review birds --codes pasted.csv`,
		Args: exactly(1, "collect review takes one argument, the folder of the study"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), s, args[0]) },
	}
	f := c.Flags()
	f.StringVar(&o.out, "out", "", "write proposals, or decisions for a platform, to a CSV `FILE`")
	f.StringVar(&o.apply, "apply", "", "store the decisions of a CSV `FILE`")
	f.StringVar(&o.truth, "truth", "", "`STORE` with the ground truth of a tag study")
	f.StringVar(&o.platform, "for", "", "`PLATFORM` that takes the decisions: prolific or mturk")
	f.StringVar(&o.batch, "batch", "", "CSV `FILE` with the results of a batch of MTurk")
	f.BoolVar(&o.ids, "ids", false, "with --for prolific: write only the ids of what is accepted")
	f.StringVar(&o.bonus, "bonus", "", "with --for: write the bonuses of a CSV `FILE` instead of decisions")
	f.StringVar(&o.codes, "codes", "", "check the completion codes of a CSV `FILE`")
	f.BoolVar(&o.force, "force", false, "decide again what was decided before")
	return c
}

func (o *collectReviewOptions) run(ctx context.Context, s streams, dir string) error {
	switch {
	case o.platform != "" && o.platform != "prolific" && o.platform != "mturk":
		return usage.Errorf("--for %q: it is prolific or mturk", o.platform)
	case o.platform != "" && o.out == "":
		return usage.Errorf("--for %s needs --out FILE, the file to write", o.platform)
	case o.apply != "" && (o.out != "" || o.platform != ""):
		return usage.Errorf("--apply stores decisions, --out writes them: give one of them")
	case o.codes != "" && (o.apply != "" || o.platform != ""):
		return usage.Errorf("--codes checks codes: give it without --apply and --for")
	case o.batch != "" && o.platform != platform.NameMTurk:
		return usage.Errorf("--batch FILE has the results of a batch of MTurk: give --for mturk as well")
	case o.ids && (o.platform != platform.NameProlific || o.bonus != ""):
		return usage.Errorf("--ids is for decisions that Prolific takes: give --for prolific as well, and no --bonus")
	case o.bonus != "" && (o.platform == "" || o.batch != ""):
		return usage.Errorf("--bonus FILE is for a platform: give --for prolific or --for mturk as well, and no --batch")
	case o.force && o.apply == "":
		return usage.Errorf("--force is for decisions: give --apply FILE as well")
	}
	study, err := collect.Open(dir)
	if err != nil {
		return err
	}
	if o.platform == platform.NameMTurk && o.batch == "" && study.Platform.MTurk == nil {
		return fmt.Errorf("%s has no table [platform.mturk], so that its HITs were made on MTurk's pages: give --batch FILE, the results of the batch", collect.SettingsFile)
	}
	truth, err := readTruth(study, o.truth)
	if err != nil {
		return err
	}
	var all []*quality.Assessment
	var account storage.Account
	err = viewStudy(ctx, dir, func(v *storage.View) (err error) {
		if account, err = v.Account(); err != nil {
			return err
		}
		all, err = quality.All(v, study, truth, nil)
		return err
	})
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s was never served, so there is nothing to review", dir)
	}
	if err != nil {
		return err
	}
	switch {
	case o.apply != "":
		return o.decide(ctx, s.out, dir, all)
	case o.codes != "":
		return o.verifyCodes(ctx, s, study, all)
	case o.platform != "":
		finished := account.Done >= account.Needed
		return o.export(ctx, s, study, all, finished)
	case o.out != "":
		if err := replace.File(o.out, func(w io.Writer) error { return quality.WriteProposals(w, study.Task.Kind, all) }); err != nil {
			return err
		}
	}
	return ui.Print(s.out, func(w io.Writer) { printReview(w, study, all) })
}

// readTruth reads the ground truth of a tag study, or returns nil if none is given.
func readTruth(study *collect.Study, path string) (*quality.Truth, error) {
	if path == "" {
		return nil, nil
	}
	if study.Task.Kind != collect.Tag {
		return nil, usage.Errorf("--truth is for tag studies; of a browse study, images.jsonl says what is known to be there")
	}
	images, _, err := study.Plan()
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, m := range images {
		have[m.ID] = true
	}
	return coco.ReadTruth(path, func(id string) bool { return have[id] })
}

// printReview prints how many assignments are proposed and decided, and what the rules and signals say.
func printReview(w io.Writer, study *collect.Study, all []*quality.Assessment) {
	c := quality.CountOf(all)
	share := func(n, of int) string {
		if of == 0 {
			return "–"
		}
		return ui.Percent(float64(n)/float64(of), 1)
	}
	fmt.Fprintf(w, "%s: %s submitted, %d at work\n\n", study.Study.Title, plural(c.Submitted, "assignment"), c.Live)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "proposed\t%d to accept, %d to look at, %d to reject (%s of the submitted)\n", c.Proposed[quality.Accept], c.Proposed[quality.Look],
		c.Proposed[quality.Reject], share(c.Proposed[quality.Reject], c.Submitted))
	decided := c.Decided[quality.Accept] + c.Decided[quality.Reject]
	fmt.Fprintf(t, "decided\t%d accepted, %d rejected (%s of the decided), %d not decided\n", c.Decided[quality.Accept], c.Decided[quality.Reject],
		share(c.Decided[quality.Reject], decided), c.Submitted-decided)
	fmt.Fprintf(t, "to compare\t%s\n", quality.Paper[study.Task.Kind])
	t.Flush()
	fmt.Fprint(w, "\nrules of the paper\n")
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "  rule\tholds\tfails\topen\tlost\t\n")
	for _, r := range quality.RulesOf(study.Task.Kind) {
		n := c.Rules[r.Name]
		fmt.Fprintf(t, "  %s\t%d\t%d\t%d\t%d\t%s\n", r.Name, n["holds"], n["fails"], n["open"], n["lost"], r.Says)
	}
	t.Flush()
	seen := false
	for _, x := range quality.SignalTexts {
		n := c.Signals[x.Name]
		if n == 0 {
			continue
		}
		if !seen {
			fmt.Fprint(w, "\nsignals, which say where to look and prove nothing\n")
			seen = true
		}
		fmt.Fprintf(w, "  %s, %s: %s.\n    %s\n", x.Name, plural(n, "assignment"), x.Says, x.ProvesNot)
	}
}

// decide stores the decisions of a file.
func (o *collectReviewOptions) decide(ctx context.Context, w io.Writer, dir string, all []*quality.Assessment) error {
	f, err := os.Open(o.apply)
	if err != nil {
		return err
	}
	decisions, err := quality.ReadDecisions(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", o.apply, err)
	}
	of := map[string]*quality.Assessment{}
	for _, a := range all {
		of[a.ID] = a
	}
	var reviews []storage.Review
	now := time.Now().UnixMilli()
	for _, d := range decisions {
		a := of[d.Assignment]
		if a == nil {
			return fmt.Errorf("%s, line %d: the study has no assignment %s", o.apply, d.Line, d.Assignment)
		}
		r, err := a.Decide(d, "command", now)
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", o.apply, d.Line, err)
		}
		reviews = append(reviews, r)
	}
	db, err := home(ctx, dir).Open(storage.Options{})
	if err != nil {
		return err
	}
	stored, err := db.Decide(ctx, reviews, o.force)
	err = errors.Join(err, db.Close())
	if errors.Is(err, storage.ErrDecided) {
		return fmt.Errorf("%w in another way; nothing of the file is stored. --force decides again", err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s stored; %d were stored before\n", plural(stored, "decision"), len(reviews)-stored)
	return nil
}

// compatMarks returns the platform's ids of the assignments that were done with an original front end, by which the rows
// of a batch are found: their codes prove nothing.
func compatMarks(ctx context.Context, study *collect.Study) (map[string]string, error) {
	marks := map[string]string{}
	if !study.Compat.Enabled {
		return marks, nil
	}
	return marks, viewStudy(ctx, study.Dir, func(v *storage.View) error {
		all, err := v.CompatAnnotations()
		for i := range all {
			marks[all[i].Assignment] = compat.AssignmentID(&all[i])
		}
		return err
	})
}

// checkCodes compares the codes of a batch with those of COCO-AB's front end.
func (o *collectReviewOptions) checkCodes(s streams, study *collect.Study) error {
	if o.batch == "" || !study.Compat.Enabled || study.Task.Kind != collect.Tag {
		return nil
	}
	f, err := os.Open(o.batch)
	if err != nil {
		return err
	}
	defer f.Close()
	right, wrong, err := compat.CheckCodes(f)
	if err != nil {
		return fmt.Errorf("%s: %w", o.batch, err)
	}
	ui.Note(s.err, fmt.Sprintf("%s with the code of COCO-AB's front end, %d without it; workers can compute it, so that it proves nothing", plural(right, "row"), wrong))
	return nil
}

// claims returns the finished assignments of annotators from a platform, "" for all, and says how many others there are.
// What was kept of people who were erased is among them.
func (o *collectReviewOptions) claims(ctx context.Context, study *collect.Study, all []*quality.Assessment) (list []quality.Claim, others int, err error) {
	keys, err := study.Keys("code")
	if err != nil {
		return nil, 0, err
	}
	identities, err := home(ctx, study.Dir).OpenIdentities()
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, identities.Close()) }()
	marks, err := compatMarks(ctx, study)
	if err != nil {
		return nil, 0, err
	}
	for _, a := range all {
		if a.State != storage.Submitted {
			continue
		}
		from, id, err := identities.Find(ctx, a.Worker)
		if err != nil && !errors.Is(err, storage.ErrUnknown) {
			return nil, 0, err
		}
		if !o.takes(from) {
			others++
			continue
		}
		c := quality.Claim{Assignment: a.ID, Worker: a.Worker, Person: id, Code: keys.CompletionCode(study.Study.ID, a.ID, a.Worker), Submitted: *a.Submitted, Assessed: a}
		if from == platform.NameLink { // what platforms call them is not known
			c.Person = ""
		}
		if a.Decision != nil {
			c.Decision, c.Reason = a.Decision.Decision, a.Decision.Reason
		}
		if a.Visit != nil {
			entry, err := identities.Entry(ctx, *a.Visit)
			if err != nil && !errors.Is(err, storage.ErrUnknown) {
				return nil, 0, err
			}
			c.Params = platform.ParseParams(entry.Params)
		}
		if id := marks[a.ID]; id != "" {
			c.Params = platform.OfAssignment(id)
		}
		list = append(list, c)
	}
	kept, err := identities.Payments(ctx)
	for _, p := range kept {
		if o.takes(p.Platform) {
			if p.Platform == platform.NameLink {
				p.ID = ""
			}
			list = append(list, quality.Erased(p))
		}
	}
	return list, others, err
}

// takes reports whether annotators who came from a platform are among those of --for. Workers of MTurk come by original
// front ends too, and with the links of the study to HITs that were made on MTurk's pages.
func (o *collectReviewOptions) takes(from string) bool {
	return o.platform == "" || from == o.platform || o.platform == platform.NameMTurk && from == storage.Compat ||
		o.batch != "" && from == platform.NameLink
}

// export writes the decisions for a platform.
func (o *collectReviewOptions) export(ctx context.Context, s streams, study *collect.Study, all []*quality.Assessment, finished bool) error {
	list, others, err := o.claims(ctx, study, all)
	if err != nil {
		return err
	}
	if o.bonus != "" {
		return o.exportBonuses(s, study, list)
	}
	n := len(list)
	decided := slices.DeleteFunc(list, func(c quality.Claim) bool { return c.Decision == "" })
	undecided := n - len(decided)
	if len(decided) == 0 {
		return fmt.Errorf("no assignment of an annotator from %s is decided; decide with --apply or on the administrator's pages", o.platform)
	}
	filled, left, without, now := len(decided), 0, 0, time.Now().UnixMilli()
	err = replace.File(o.out, func(w io.Writer) (err error) {
		switch {
		case o.platform == platform.NameProlific && o.ids:
			return quality.ProlificIDs(w, decided)
		case o.platform == platform.NameProlific:
			return quality.WriteProlific(w, &study.Settings, decided, finished, now)
		case o.batch == "":
			without, err = quality.WriteMTurk(w, study.Platform.MTurk, decided, now)
			filled -= without
			return err
		}
		batch, err := os.Open(o.batch)
		if err != nil {
			return err
		}
		defer batch.Close()
		filled, left, err = quality.FillMTurk(w, batch, study.Platform.MTurk, decided, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s is not written: %w", o.out, err)
	}
	fmt.Fprintf(s.out, "%s: %s\n", o.out, plural(filled, "decision"))
	if err := o.checkCodes(s, study); err != nil {
		return err
	}
	for _, x := range []struct {
		n    int
		what string
	}{{left, "rows of the batch have no decision, and stay as they are"}, {without, "decisions are left out: MTurk's ids of their assignments are not known"},
		{undecided, "submitted assignments are not decided"},
		{others, "submitted assignments are not from " + strings.ToUpper(o.platform[:1]) + o.platform[1:] + ", or its ids of them are deleted"}} {
		if x.n > 0 {
			ui.Note(s.err, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	return nil
}

// exportBonuses writes the bonuses of a file for a platform.
func (o *collectReviewOptions) exportBonuses(s streams, study *collect.Study, list []quality.Claim) error {
	f, err := os.Open(o.bonus)
	if err != nil {
		return err
	}
	bonuses, err := quality.ReadBonuses(f, list)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", o.bonus, err)
	}
	err = replace.File(o.out, func(w io.Writer) error {
		if o.platform == platform.NameProlific {
			return quality.WriteProlificBonuses(w, bonuses)
		}
		return quality.WriteMTurkBonuses(w, study.Platform.MTurk, bonuses)
	})
	if err != nil {
		return fmt.Errorf("%s is not written: %w", o.out, err)
	}
	noun := "bonuses"
	if len(bonuses) == 1 {
		noun = "bonus"
	}
	fmt.Fprintf(s.out, "%s: %d %s\n", o.out, len(bonuses), noun)
	return nil
}

// verifyCodes compares the codes of a file with those of finished assignments.
func (o *collectReviewOptions) verifyCodes(ctx context.Context, s streams, study *collect.Study, all []*quality.Assessment) error {
	list, _, err := o.claims(ctx, study, all)
	if err != nil {
		return err
	}
	f, err := os.Open(o.codes)
	if err != nil {
		return err
	}
	defer f.Close()
	var counts map[string]int
	check := func(w io.Writer) (err error) {
		counts, err = quality.CheckCodes(w, f, list)
		return err
	}
	if o.out == "" {
		err = check(s.out)
	} else {
		err = replace.File(o.out, check)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", o.codes, err)
	}
	for _, v := range quality.Verdicts {
		if counts[v] > 0 {
			fmt.Fprintf(s.err, "%6d %s\n", counts[v], v)
		}
	}
	return nil
}
