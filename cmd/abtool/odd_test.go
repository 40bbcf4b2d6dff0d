package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"abtool/analysis/result"
	"abtool/features"
	"abtool/features/format"
	"abtool/internal/usage"
	"abtool/query"
	"abtool/query/shell"
	"abtool/reports/chart"
)

// Limits of the process that runs the commands over one store.
const (
	oddMemory = 2 << 30 // bytes that it may have in memory
	oddTime   = 8 * time.Minute
)

// An answer is what a command gave.
type answer struct {
	Code     int
	Out, Err string
}

// TestOddStores runs every command, view, macro, rule, signal, format and key over stores that lack
// something. A command does its work or says what is missing and what to do; it never prints an undefined
// number, and it never takes the machine's memory.
func TestOddStores(t *testing.T) {
	if withRace {
		t.Skip("thousands of separate processes take too long with the race detector: go " +
			"test runs them without")
	}
	for _, o := range oddStores {
		t.Run(o.name(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			c := startCommands(t, dir)
			args := append([]string{"ingest", o.input(t, dir), "--as", o.set, "--out", "store", "--quiet"},
				o.truth(t, dir)...)
			if a := c.run(args...); a.Code != usage.ExitDone {
				t.Fatalf("the store is not made: %s", a.Err)
			}
			other := oddStore{set: o.set}
			c.run(append([]string{"ingest", other.input(t, dir), "--out", "whole", "--quiet"},
				other.truth(t, dir)...)...)
			oddImages(t, dir, o.set)
			for _, args := range oddCommands(t, dir, o.set) {
				c.check(args, c.run(args...))
			}
			checkReports(t, dir)
		})
	}
}

// oddCommands are the commands to run over the store in dir/store.
func oddCommands(t *testing.T, dir, set string) (list [][]string) {
	add := func(args ...string) { list = append(list, args) }
	add("info", "store")
	add("info", "store", "--json")
	add("sql", "store", "--json", "--file", writeFile(t, filepath.Join(dir, "every.sql"), []byte(everyQuery(set))))
	add(append([]string{"shell", "store"}, everyDot(set)...)...)
	for _, how := range [][]string{nil, {"--json"}, {"--csv"}} {
		add(append([]string{"stats", "store"}, how...)...)
		add(append([]string{"stats", "store", set}, how...)...)
		add(append([]string{"stats", "store", "--compare", "whole"}, how...)...)
		for _, key := range result.Keys {
			add(append([]string{"stats", "store", "--by", key}, how...)...)
		}
	}
	add("stats", "whole", "--compare", "store")
	add("stats", "store", "--compare", "store")
	add("report", "store", "--out", "report")
	add("report", "store", "--out", "report-compared", "--compare", "whole", "--only", set+"-comparison")
	add("report", "whole", "--out", "report-compared-with", "--compare", "store", "--only", set+"-comparison")
	list = append(list, oddTargets(set)...)
	for _, supervision := range []string{"none", "rand", "luab"} {
		train := []string{"train", "--dry-run", "--images", "images", "--out", "run", "--quiet",
			"--arch", "cnn5", "--size", "16", "--batch", "2", "--holdout", "0.3"}
		if supervision != "none" || set == "coco" {
			train = append(train, "--targets", "all.parquet", "--rule", features.DefaultRule(set), "--partial")
		}
		if set == "coco" {
			train = append(train, "--set", "multi=true")
		}
		add(append(train, "--supervision", supervision)...)
	}
	return list
}

// oddTargets are the commands that write targets with every rule, signal, format and table.
func oddTargets(set string) (list [][]string) {
	files := 0
	add := func(ext string, args ...string) {
		files++
		out := fmt.Sprintf("targets%d%s", files, ext)
		list = append(list, append([]string{"targets", "store", "--out", out}, args...))
	}
	list = append(list, []string{"targets", "store", "--out", "all.parquet", "--rule", "all", "--all"})
	for _, r := range features.Rules() {
		if slices.Contains(r.Sets, set) {
			add(".csv", "--rule", r.Name)
		}
	}
	for _, s := range features.SignalList() {
		add(".csv", "--signal", s.Name)
	}
	for _, key := range features.SplitKeys {
		add(".csv", "--split", key)
	}
	for _, f := range format.All() {
		format := []string{"--format", f.Name}
		if f.Name == "webdataset" {
			format = append(format, "--images", "images")
		}
		add(f.Ext, format...)
		add(f.Ext, append(format, "--rule", "all", "--signal", "all", "--all")...)
		for _, table := range features.Tables() {
			switch table.Name {
			case "targets":
			case "classes":
				add(f.Ext, append(format, "--classes")...)
			default:
				add(f.Ext, append(format, "--"+table.Name, "2")...)
			}
		}
	}
	return list
}

// everyQuery reads every view, counts its rows, and calls every macro.
func everyQuery(set string) string {
	var b strings.Builder
	for _, v := range query.Views(set) {
		fmt.Fprintf(&b, "FROM %s LIMIT 20;\nSELECT count(*) AS n FROM %[1]s;\n%s;\n", v.Name, v.Example)
	}
	for _, m := range query.Macros() {
		switch {
		case m.Table && m.Set == set:
			fmt.Fprintf(&b, "%s;\n", m.Example)
		case !m.Table:
			fmt.Fprintf(&b, "SELECT %s AS result;\n", m.Example)
		}
	}
	return b.String()
}

// everyDot are lines for the shell that have every command, and print every view, each in the next mode.
func everyDot(set string) (lines []string) {
	for _, name := range shell.Commands() {
		switch name {
		case ".quit":
		case ".once":
			lines = append(lines, ".once once.csv", "SELECT 1 AS one;")
		case ".param":
			lines = append(lines, ".param n=1", "SELECT $n AS n;")
		case ".timer":
			lines = append(lines, ".timer off")
		default:
			lines = append(lines, name)
		}
	}
	for i, v := range query.Views(set) {
		lines = append(lines, ".schema "+v.Name, ".mode "+shell.Modes()[i%len(shell.Modes())],
			"FROM "+v.Name+" LIMIT 5;")
	}
	return append(lines, ".quit")
}

// helpful are the errors that a store that lacks something may end in: each says what is missing and what to
// do.
var helpful = []*regexp.Regexp{
	regexp.MustCompile(`--format \S+ is for targets, not for `),
	regexp.MustCompile(`was not made from a study of abtool collect: only annotators of a study have arms`),
	regexp.MustCompile(`needs ground truth, and the store has no (boxes: ingest with --boxes|instances: ingest with --instances)`),
	regexp.MustCompile(`no image to write: no target was derived. abtool stats STORE counts shows`),
	regexp.MustCompile(`it has no targets: .* abtool stats STORE counts shows`),
}

// undefined is what no command prints.
var undefined = regexp.MustCompile(`(?i)\b(nan|inf|infinity|panic|goroutine \d+)\b|%!`)

func (c *commands) check(args []string, a answer) {
	c.t.Helper()
	line := "abtool " + strings.Join(args, " ")
	if args[0] == "shell" {
		line = "the shell"
	}
	if at := undefined.FindString(a.Out + a.Err); at != "" {
		c.t.Errorf("%s prints %s:\n%s", line, at, around(a.Out+a.Err, at))
	}
	if a.Code == usage.ExitDone {
		return
	}
	if a.Code != usage.ExitFailed && a.Code != usage.ExitWrong {
		c.t.Errorf("%s exits with %d", line, a.Code)
	}
	if !slices.ContainsFunc(helpful, func(r *regexp.Regexp) bool { return r.MatchString(a.Err) }) {
		c.t.Errorf("%s fails without saying what the store lacks and what to do:\n%s", line, a.Err)
	}
}

// around is the line of a text that has a word.
func around(text, word string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, word) {
			return line
		}
	}
	return ""
}

// checkReports looks for undefined numbers in what reports wrote.
func checkReports(t *testing.T, dir string) {
	files, err := filepath.Glob(filepath.Join(dir, "report*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	figures, err := filepath.Glob(filepath.Join(dir, "report*", "figures", "*.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(files, figures...) {
		if filepath.Base(path) == "figures" {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text = regexp.MustCompile(`(?s)<script>.*</script>|base64,[^"]*`).ReplaceAll(text, nil)
		if at := undefined.Find(text); at != nil {
			t.Errorf("%s has %s:\n%s", path, at, around(string(text), string(at)))
		}
	}
}

// commands runs command lines in a process that is ended when it takes too much memory or time.
type commands struct {
	t      *testing.T
	to     *json.Encoder
	from   *bufio.Reader
	failed func() string // why the process ended
}

// startCommands starts the process in a folder.
func startCommands(t *testing.T, dir string) *commands {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), oddTime)
	cmd := exec.CommandContext(ctx, "abtool-lines")
	cmd.Dir = dir
	var errs bytes.Buffer
	cmd.Stderr = &errs
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan string, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if most := watchMemory(ctx, cmd.Process.Pid); most > oddMemory {
			over <- fmt.Sprintf("it took %d MB of memory", most>>20)
			cancel()
		}
	}()
	t.Cleanup(func() {
		stdin.Close()
		cancel()
		<-done
		cmd.Wait() // what it ended with is reported by run
	})
	failed := func() string {
		err := cmd.Wait()
		select {
		case text := <-over:
			return text
		default:
			return fmt.Sprintf("%v, %v: %s", err, ctx.Err(), errs.String())
		}
	}
	return &commands{t, json.NewEncoder(stdin), bufio.NewReader(stdout), failed}
}

// watchMemory returns when the process has more than oddMemory bytes in memory, or ctx ends.
func watchMemory(ctx context.Context, pid int) (resident int64) {
	for ctx.Err() == nil && resident <= oddMemory {
		time.Sleep(10 * time.Millisecond)
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
		if err != nil {
			return 0 // it ended, or the system has no such file
		}
		var pages int64
		fmt.Sscan(string(text), new(int64), &pages)
		resident = pages * int64(os.Getpagesize())
	}
	return resident
}

// run runs one command line in the process.
func (c *commands) run(args ...string) (a answer) {
	c.t.Helper()
	err := c.to.Encode(args)
	if err == nil {
		var line []byte
		if line, err = c.from.ReadBytes('\n'); err == nil {
			err = json.Unmarshal(line, &a)
		}
	}
	if err != nil {
		c.t.Fatalf("abtool %s ended the process: %s", strings.Join(args, " "), c.failed())
	}
	return a
}

// runLines is the process of commands: it reads the arguments of a command a line, and answers with a line.
func runLines() {
	chart.Formats = []string{"svg"} // a PNG is the same drawing, and slow under the race detector
	lines, answers := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var args []string
		if err := lines.Decode(&args); err != nil {
			return
		}
		var out, errs bytes.Buffer
		a := answer{Code: usage.ExitDone}
		if args[0] == "shell" {
			if err := runShell(args[1], strings.Join(args[2:], "\n")+"\n", &out, &errs); err != nil {
				a.Code = usage.ExitFailed
				fmt.Fprintln(&errs, err)
			}
		} else {
			a.Code = run(args, strings.NewReader(""), &out, &errs)
		}
		a.Out, a.Err = out.String(), errs.String()
		if err := answers.Encode(a); err != nil {
			return
		}
	}
}

// runShell gives lines to a shell over a store. It returns an error if a statement or command fails.
func runShell(store, lines string, out, errs io.Writer) error {
	ctx := context.Background()
	db, err := query.Open(ctx, store, query.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	session, err := db.Session(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	p := &shell.Printer{W: out, Mode: "csv", Limit: shell.DefaultRows}
	r := &shell.Runner{Session: session, Params: query.Params{}, Timeout: time.Minute, Printer: p, Notes: errs}
	return shell.New(db, r, strings.NewReader(lines)).Run(ctx)
}
