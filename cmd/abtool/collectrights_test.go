package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"abtool/collect"
	"abtool/collect/storage"
)

// A person is erased by the participation code, while the study is open elsewhere. The sheet for boards counts it.
func TestErase(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	command(t, "collect", "demo", "--people", "6", "--speed", "0", "--unattended", "--addr", "127.0.0.1:0", "--out", dir)
	at := filepath.Join(dir, "study")
	study, err := collect.Open(at)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := study.Keys()
	if err != nil {
		t.Fatal(err)
	}
	db, err := storage.Open(at, storage.Options{}) // as a server has it
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var worker, other string
	var chunk []byte
	if err := db.View(t.Context(), func(v *storage.View) error {
		all, err := v.Assignments()
		if err != nil {
			return err
		}
		worker, other = all[0].Worker, all[1].Worker
		pages, err := v.Pages(all[0].ID)
		if err != nil {
			return err
		}
		chunks, err := v.Chunks(pages[0].UUID, 1)
		chunk = chunks[0].Body
		return err
	}); err != nil {
		t.Fatal(err)
	}
	traces := func() (n int) {
		err := filepath.WalkDir(at, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			n += bytes.Count(b, chunk) + bytes.Count(b, []byte(worker))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if traces() == 0 {
		t.Fatal("the traces are not there before the erasure")
	}
	out := filepath.Join(dir, "store")
	command(t, "ingest", at, "--out", out, "--quiet")
	code := strings.ToLower(strings.ReplaceAll(keys.ParticipationCode("demo", worker), "-", " "))
	printed := command(t, "collect", "erase", at, "--code", code, "--yes")
	if !regexp.MustCompile(`^erased ` + worker + `: 1 visit, 1 assignment, 4 pages, [0-9]+ chunks, [0-9,]+ events, and what .*\nThis is erasure 1 of`).MatchString(printed) {
		t.Errorf("erase prints\n%s", printed)
	}
	const older = "ImageNet-AB was made before the last erasure of the study study"
	for _, args := range [][]string{{"info", out}, {"info", out, "--study", at}} {
		if text := command(t, args...); !strings.Contains(text, older) {
			t.Errorf("%v prints\n%s", args, text)
		}
	}
	if text := command(t, "info", out, "--json"); !strings.Contains(text, `"older_than_an_erasure": [`) {
		t.Errorf("info --json prints\n%s", text)
	}
	for _, args := range [][]string{{"stats", out, "--quiet", "--bootstrap", "0"}, {"report", out, "--quiet", "--out", filepath.Join(dir, "report")}} {
		var stdout, stderr strings.Builder
		if code := run(args, strings.NewReader(""), &stdout, &stderr); code != 0 || !strings.Contains(stderr.String(), older) {
			t.Errorf("%v returns %d and prints %s", args, code, stderr.String())
		}
	}
	if text := command(t, "store", "erase", out, "--quiet"); !strings.Contains(text, "of which 4 erased") {
		t.Errorf("store erase prints\n%s", text)
	}
	if text := command(t, "info", out); strings.Contains(text, older) {
		t.Errorf("info prints after the erasure\n%s", text)
	}
	if text := command(t, "store", "erase", out); !strings.Contains(text, "has nothing that annotators had deleted") {
		t.Errorf("store erase prints\n%s", text)
	}
	if n := traces(); n > 0 {
		t.Errorf("%d traces are left", n)
	}
	command(t, "collect", "check", at)
	if out := command(t, "collect", "status", at); !strings.Contains(out, "24 shown = 20 submitted + 0 open + 0 left + 4 withdrawn") {
		t.Errorf("status prints\n%s", out)
	}
	sheet := command(t, "collect", "status", at, "--ethics")
	for _, want := range []string{"# Which images show it?", "| full | the path of the pointer", "| events | the same without", "Who sees it: **not said yet**",
		"the ids of 5 annotators are there now. They are deleted 90 days", "| 1 | en | ", "| agreed, and are not deleted | 5 |",
		"| asked for deletion later | 1 |", "| asked | 1 | 4 |"} {
		if !strings.Contains(sheet, want) {
			t.Errorf("the sheet does not have %q:\n%s", want, sheet)
		}
	}
	if out := command(t, "collect", "forget", at, "--before", "2020-01-01", "--yes"); !strings.Contains(out, "ids of 0 annotators; the ids of 5 are left") {
		t.Errorf("forget prints\n%s", out)
	}
	if out := command(t, "collect", "forget", at, "--yes"); !strings.Contains(out, "ids of 5 annotators; the ids of 0 are left") {
		t.Errorf("forget prints\n%s", out)
	}
	// The study is over, and so is the key of pseudonyms; codes still work.
	if err := os.Remove(filepath.Join(at, "secrets", "pseudonym.key")); err != nil {
		t.Fatal(err)
	}
	if out := command(t, "collect", "erase", at, "--code", keys.ParticipationCode("demo", other), "--yes"); !strings.Contains(out, "erasure 2 of the study") {
		t.Errorf("erase prints\n%s", out)
	}
}
