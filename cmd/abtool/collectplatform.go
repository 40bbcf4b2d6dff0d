package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"abtool/collect"
	"abtool/collect/platform"
)

// printPlatforms prints what has to be filled in on the pages of the platforms that a study uses. pay is for an hour,
// and 0 if it is not known.
func printPlatforms(w io.Writer, study *collect.Study, pay float64) {
	s := &study.Platform
	if study.Serve.Public == "" && len(s.Used()) > 0 {
		fmt.Fprintf(w, "\nThe addresses below are examples: set public_url in %s.\n", collect.SettingsFile)
	}
	if p := s.Prolific; p != nil {
		parameters := "?PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}"
		fmt.Fprintf(w, "\nProlific\n  study URL         %s%s\n", study.Page(), parameters)
		if p.Verify != "" {
			fmt.Fprint(w, "  secured URL       on: only signed addresses are accepted\n")
		}
		for _, o := range []platform.Outcome{platform.Completed, platform.ScreenedOut, platform.NoConsent, platform.Withdrawn, platform.Full} {
			code := p.Code(o)
			if code == "" {
				code = "none; people are asked to return the submission"
			}
			fmt.Fprintf(w, "  code, %-11s %s\n", strings.ReplaceAll(string(o), "_", " "), code)
		}
	}
	if s.SONA != nil {
		fmt.Fprintf(w, "\nSONA\n  study URL         %s?survey_code=%%SURVEY_CODE%%\n", study.Page())
	}
	if m := s.MTurk; m != nil {
		printHIT(w, study, m, pay)
	}
	for _, key := range s.Blanks() {
		fmt.Fprintf(w, "\n%s of %s is still empty.\n", key, collect.SettingsFile)
	}
}

// printHIT prints the HIT to make on Mechanical Turk.
func printHIT(w io.Writer, study *collect.Study, m *platform.MTurk, pay float64) {
	_, hits, err := study.Plan()
	if err != nil {
		fmt.Fprintf(w, "\nMechanical Turk: %v\n", err)
		return
	}
	site := "www.mturk.com"
	if m.Sandbox {
		site = "the sandbox; set sandbox = false when it works there"
	}
	made := *m
	if made.Reward == "" && pay > 0 {
		made.Reward = strconv.FormatFloat(pay*study.Study.Minutes/60, 'f', 2, 64)
	}
	hit := made.NewHIT(study.Study.Title, study.Page(), study.Assign.K, study.Longest())
	fmt.Fprintf(w, "\nMechanical Turk (%s)\nWrite this into hit.json:\n%s\n", site, hit.JSON())
	fmt.Fprintf(w, "and make %s there, as many as the plan has, with\n  for n in $(seq %d); do %s; done\n", plural(len(hits), "HIT"), len(hits),
		m.Command("create-hit", "--cli-input-json", "file://hit.json"))
	fmt.Fprintf(w, "Each lets %s work. %s.\nOther programs take the question alone:\n%s\n", plural(study.Assign.K, "worker"), platform.Fee(study.Assign.K), hit.Question)
}
