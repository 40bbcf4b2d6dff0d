package main

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"abtool/collect"
	"abtool/collect/platform"
	"abtool/collect/quality"
	"abtool/internal/replace"
)

// hitFile is the file of a study with the HIT to make on Mechanical Turk.
const hitFile = "hit.json"

// A platformSheet prints what has to be filled in on the pages of the platforms that a study uses.
type platformSheet struct {
	study *collect.Study
	pace  quality.Pace
	pay   float64 // for an hour; 0: not known
	write bool    // hitFile
}

func (p *platformSheet) print(w io.Writer) error {
	s := &p.study.Platform
	if len(s.Used()) == 0 {
		return nil
	}
	_, hits, err := p.study.Plan()
	if err != nil {
		return err
	}
	longest, assignments := 0, 0
	for _, h := range hits {
		longest, assignments = max(longest, len(h.Pages)), assignments+h.K
	}
	minutes := p.pace.Minutes(p.study, longest)
	if p.study.Serve.Public == "" {
		fmt.Fprintf(w, "\nThe addresses below are examples: set public_url in %s.\n", collect.SettingsFile)
	}
	if s.Prolific != nil {
		p.printProlific(w, assignments, minutes)
	}
	if s.SONA != nil {
		fmt.Fprintf(w, "\nSONA\n  study URL       %s?survey_code=%%SURVEY_CODE%%\n", p.study.Page())
		fmt.Fprintf(w, "  completion URL  %s\n", cmp.Or(s.SONA.CreditURL, "missing: copy the one of the client side from SONA, as credit_url in "+collect.SettingsFile))
	}
	if s.MTurk != nil {
		return p.printMTurk(w, len(hits), minutes)
	}
	return nil
}

// printProlific prints the fields of a study on Prolific.
func (p *platformSheet) printProlific(w io.Writer, assignments int, minutes float64) {
	s := p.study.Platform.Prolific
	fmt.Fprintln(w, "\nProlific")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, value string) { fmt.Fprintf(t, "  %s\t%s\n", name, value) }
	line("study URL", p.study.Page()+"?PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}")
	if s.Verify != "" {
		line("secured URL", "on: only signed addresses are accepted")
	}
	line("places", plural(assignments, "assignment")+", and a few more for people who return theirs")
	line("estimated time", fmt.Sprintf("%.0f minutes", max(1, minutes)))
	for _, o := range []platform.Outcome{platform.Completed, platform.ScreenedOut, platform.NoConsent, platform.Withdrawn, platform.Full} {
		code := s.Code(o)
		switch {
		case code != "":
		case o == platform.Completed:
			code = "missing: invent one, as completed in " + collect.SettingsFile
		default:
			code = "none; people are asked to return the submission"
		}
		line("code, "+strings.ReplaceAll(string(o), "_", " "), code)
	}
	t.Flush()
}

// printMTurk prints the HIT to make on Mechanical Turk, and writes it into hitFile.
func (p *platformSheet) printMTurk(w io.Writer, hits int, minutes float64) error {
	m := *p.study.Platform.MTurk
	k, file := p.study.Assign.K, filepath.Join(p.study.Dir, hitFile)
	if m.Reward == "" && p.pay > 0 {
		m.Reward = strconv.FormatFloat(p.pay*minutes/60, 'f', 2, 64)
	}
	hit := m.NewHIT(p.study.Study.Title, p.study.Page(), k, p.study.Longest())
	if m.Reward != "" && p.write {
		if err := replace.Bytes(file, []byte(hit.JSON())); err != nil {
			return err
		}
	}
	site := "Mechanical Turk"
	if m.Sandbox {
		site += ", in the sandbox (set sandbox = false when it works there)"
	}
	fmt.Fprintf(w, "\n%s\n", site)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, x := range [][2]string{{"title", hit.Title}, {"description", hit.Description}, {"study URL", p.study.Page()},
		{"workers", fmt.Sprintf("%d for each HIT", k)}, {"time", p.study.Assign.Lease},
		{"days", fmt.Sprintf("%d to be found, %d until work is approved by itself", m.Days, m.ApproveDays)},
		{"reward", cmp.Or(m.Reward, "missing: set reward in "+collect.SettingsFile+", or compute it with abtool collect plan "+p.study.Dir+" --pay AMOUNT")}} {
		fmt.Fprintf(t, "  %s\t%s\n", x[0], x[1])
	}
	t.Flush()
	switch {
	case m.Reward == "":
		return nil
	case p.write:
		fmt.Fprintf(w, "%s is the HIT in the form that Amazon's program takes. The plan has %s:\n", file, plural(hits, "HIT"))
	default:
		fmt.Fprintf(w, "abtool collect plan %s writes it into %s. The plan has %s:\n", p.study.Dir, file, plural(hits, "HIT"))
	}
	fmt.Fprintf(w, "  for n in $(seq %d); do %s; done\n", hits, m.Command("create-hit", "--cli-input-json", "file://"+file))
	fmt.Fprintf(w, "%s. Other programs take the question alone:\n%s\n", platform.Fee(k), hit.Question)
	return nil
}
