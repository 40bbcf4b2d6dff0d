package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"abtool/internal/docgen"
	"abtool/internal/teststore"
	"abtool/query"
	"abtool/query/shell"
)

var update = flag.Bool("update", false, "rewrite the results in docs/guide/cookbook, and docs/reference/commands.md")

// readmeShows checks that every line which the README shows below demo's commands is in the output of demo.
func readmeShows(t *testing.T, out string) {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	printed := map[string]bool{}
	for line := range strings.Lines(out) {
		printed[strings.TrimSpace(line)] = true
	}
	checked := 0
	for i, block := range strings.Split(string(text), "\n```") {
		if i%2 == 0 || !strings.HasPrefix(block, "\n$ abtool ingest abtool-demo") &&
			!strings.HasPrefix(block, "\n$ abtool stats store click_accuracy") {
			continue
		}
		for line := range strings.Lines(block) {
			line = strings.TrimSpace(line)
			if line == "" || line == "…" || strings.HasPrefix(line, "$") || strings.Contains(line, "abtool-demo") {
				continue
			}
			if checked++; !printed[line] {
				t.Errorf("README.md shows a line that abtool demo does not print: %q", line)
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d lines of README.md were compared with the output of abtool demo, want 20 or more", checked)
	}
}

// Every query of the cookbook gives the result that is printed below it, on the store that abtool demo makes.
func TestCookbook(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "abtool-demo")
	readmeShows(t, command(t, "demo", "--out", dir))
	ctx := context.Background()
	db, err := query.Open(ctx, filepath.Join(dir, "store"), query.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	session, err := db.Session(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	index, err := os.ReadFile("../../docs/guide/cookbook.md")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob("../../docs/guide/cookbook/*.md")
	if err != nil {
		t.Fatal(err)
	}
	questions := 0
	for _, file := range pages {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if title, ok := strings.CutPrefix(line, "## "); ok {
				link := fmt.Sprintf("[%s](cookbook/%s#%s)", strings.TrimSpace(title), filepath.Base(file),
					docgen.Anchor(title))
				if !strings.Contains(string(index), link) {
					t.Errorf("the index of the cookbook lacks %s", link)
				}
			}
		}
		questions += checkQueries(t, session, file, string(text))
	}
	if questions < 50 {
		t.Errorf("only %d queries were found in docs/guide/cookbook, want 50 or more", questions)
	}
}

// checkQueries checks the results of the queries on a page, and returns their number.
func checkQueries(t *testing.T, session *query.Session, file, text string) (questions int) {
	t.Helper()
	got := eachQuery(text, func(query string) string {
		questions++
		var b bytes.Buffer
		p := &shell.Printer{W: &b, Mode: "box", Limit: shell.DefaultRows}
		r := &shell.Runner{Session: session, Printer: p, Notes: &b}
		if err := r.Run(context.Background(), query, "", nil); err != nil {
			t.Errorf("%s\n%v", query, err)
		}
		return b.String()
	})
	switch {
	case got == text:
	case *update:
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not up to date: go test ./cmd/abtool -run TestCookbook -update\n%s", file,
			firstDifference(text, got))
	}
	return questions
}

// The queries about studies give the results that are printed below them.
func TestCookbookOfStudies(t *testing.T) {
	store, err := teststore.Make(t.Context(), t.TempDir(), teststore.Options{Studies: []string{"browse", "tag"}})
	if err != nil {
		t.Fatal(err)
	}
	db, err := query.Open(t.Context(), store, query.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	session, err := db.Session(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	const file = "../../docs/guide/collect-data.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := checkQueries(t, session, file, string(text)); n < 8 {
		t.Errorf("only %d queries were found in %s", n, file)
	}
}

// eachQuery puts the result of every block of SQL into the block of text below it.
func eachQuery(text string, result func(query string) string) string {
	const begin, end = "```sql\n", "```\n"
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, begin)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		query, rest, _ := strings.Cut(rest, end)
		fmt.Fprintf(&b, "%s%s%s\n```text\n%s```\n", begin, query, end, result(query))
		if old, found := strings.CutPrefix(strings.TrimLeft(rest, "\n"), "```text\n"); found {
			_, rest, _ = strings.Cut(old, end)
		}
		text = rest
	}
}

func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return fmt.Sprintf("line %d: %s\nnow: %s", i+1, as[i], bs[i])
		}
	}
	return "one has more lines than the other"
}
