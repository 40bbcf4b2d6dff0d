package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"abtool/internal/teststudy"
	"abtool/store"
)

// A study goes through ingest, info, stats, targets and report like the releases.
func TestStudy(t *testing.T) {
	dir := t.TempDir()
	args := []string{"ingest", "--quiet", "--out", filepath.Join(dir, "store")}
	for _, task := range []string{"browse", "tag"} {
		s, err := teststudy.Make(t.Context(), filepath.Join(dir, task), task)
		if err != nil {
			t.Fatal(err)
		}
		truth, err := teststudy.Truth(dir, task)
		if err != nil {
			t.Fatal(err)
		}
		option := map[string]string{"browse": "--boxes", "tag": "--instances"}[task]
		args = append(args, s.Dir, option, truth)
	}
	printed := command(t, args...)
	at := filepath.Join(dir, "store")
	info := command(t, "info", at)
	for _, want := range []string{
		`  study browse\n    assignments      +7 +1 returned, 4 submitted, 1 withdrawn, 1 working\n`,
		`    pages shown      +11 += 8 submitted \+ 1 open \+ 1 left \+ 1 withdrawn\n`,
		`    chunks announced +[0-9]+ += [0-9]+ stored \+ 1 missing\n`,
		`    events announced +[0-9,]+ += [0-9,]+ stored \+ [0-9]+ missing\n`,
		`    not recorded +[0-9]+ thinned, 0 dropped, 0 lost\n`,
		`study, tag +[0-9.]+ kB +8 += +8 +\+ +0 +8\n`,
		`  sessions +7 `,
	} {
		for what, text := range map[string]string{"ingest": printed, "info": info} {
			if !regexp.MustCompile(want).MatchString(text) {
				t.Errorf("abtool %s does not print %s:\n%s", what, want, text)
			}
		}
	}
	var account store.Account
	if err := json.Unmarshal([]byte(command(t, "info", at, "--json")), &account); err != nil || len(account.DataSets) != 2 || account.DataSets[1].Studies[0].Shown != 11 {
		t.Errorf("info --json: %v, %+v", err, account)
	}
	for _, set := range []string{"imagenet", "coco"} {
		if out := command(t, "stats", at, set, "--quiet", "--bootstrap", "20"); undefined.MatchString(out) || strings.Count(out, "\n") < 50 {
			t.Errorf("stats %s:\n%s", set, out)
		}
		if out := command(t, "stats", at, set, "--by", "arm", "--quiet"); !strings.Contains(out, "plain") || !strings.Contains(out, "red") {
			t.Errorf("stats %s --by arm:\n%s", set, out)
		}
		targets := filepath.Join(dir, set+".csv")
		command(t, "targets", at, "--set", set, "--out", targets, "--quiet")
		if text, err := os.ReadFile(targets); err != nil || strings.Count(string(text), "\n") < 6 {
			t.Errorf("targets of %s: %v, %d bytes", set, err, len(text))
		}
	}
	command(t, "report", at, "--out", filepath.Join(dir, "report"), "--quiet")
	if page, err := os.ReadFile(filepath.Join(dir, "report", "index.html")); err != nil || len(page) < 10_000 {
		t.Errorf("report: %v, %d bytes", err, len(page))
	}
	if out := command(t, "sql", at, "SELECT count(*) AS n FROM sessions WHERE outcome = 'finished'"); !strings.Contains(out, "8") {
		t.Errorf("sql:\n%s", out)
	}
}
