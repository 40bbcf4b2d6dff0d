package shell

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"abtool/internal/teststore"
	"abtool/query"
)

// demoShell returns a shell over a small store that reads the given lines.
func demoShell(t *testing.T, lines string) (sh *Shell, out, errs *bytes.Buffer) {
	t.Helper()
	ctx := context.Background()
	store, err := teststore.Make(ctx, t.TempDir(), teststore.Options{Images: 200, Pages: 20})
	if err != nil {
		t.Fatal(err)
	}
	db, err := query.Open(ctx, store, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	session, err := db.Session(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close() })
	out, errs = new(bytes.Buffer), new(bytes.Buffer)
	p := &Printer{W: out, Mode: "csv", Limit: DefaultRows}
	r := &Runner{Session: session, Params: query.Params{}, Timeout: time.Minute, Printer: p, Notes: errs}
	return New(db, r, strings.NewReader(lines)), out, errs
}

func TestShell(t *testing.T) {
	dir := t.TempDir()
	parquet, text := filepath.Join(dir, "x.parquet"), filepath.Join(dir, "x.txt")
	sh, out, errs := demoShell(t, `-- a question over several lines
SELECT 40
  + $n AS sum
;
.param n=2
SELECT 40 + $n AS sum; SELECT ';' AS semicolon;
.mode json
SELECT 1 AS a;
.once `+parquet+`
SELECT count(*) AS n FROM imagenet_samples;
.once `+text+`
SELECT 5 AS five;
.once `+parquet+`
SELECT 1;
.mode fancy
.nonsense
SELECT nothing FROM imagenet_clicks;
CREATE TEMP TABLE t AS SELECT 7 AS seven;
FROM t;
.timer on
SELECT 3 AS three;
.timer off
.limit 1
.mode csv
FROM range(3);
.tables
.schema coco_steps
.schema nowhere
.help
.quit
SELECT 'never';
`)
	if err := sh.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"sum\n42\nsemicolon\n;\n[{\"a\":1}]\n", "[{\"seven\":7}]", "[{\"three\":3}]\nrange\n0\n",
		"one icon that has a point", "coco_steps: one row is one step", ".once FILE",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	for _, want := range []string{
		"ImageNet-AB and COCO-AB. A statement ends with a semicolon", "abtool>    ...>    ...>    ...> ",
		"needs a value for $n", "1 row written to " + parquet,
		parquet + " already exists", `mode "fancy"`, "unknown command .nonsense",
		`column "nothing" not found`, "unknown view nowhere", "0.0",
	} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("no %q in\n%s", want, errs)
		}
	}
	if strings.Contains(out.String(), "never") {
		t.Error(".quit does not quit")
	}
	if data, err := os.ReadFile(text); err != nil || string(data) != "[{\"five\":5}]\n" {
		t.Errorf("%s, %v", data, err)
	}
}

// An interrupt stops the statement and not the shell.
func TestShellInterrupt(t *testing.T) {
	sh, out, errs := demoShell(t, "SELECT count(*) FROM range(1000000000000);\nSELECT 'alive' AS state;\n")
	go func() {
		time.Sleep(500 * time.Millisecond)
		syscall.Kill(os.Getpid(), syscall.SIGINT)
	}()
	start := time.Now()
	if err := sh.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(errs.String(), "stopped: SELECT count") ||
		!strings.Contains(out.String(), "alive") || time.Since(start) > 10*time.Second {
		t.Errorf("%s\n%s", out, errs)
	}
}

// keeper is a reader that keeps the history.
type keeper struct {
	plainReader
	history []string
}

func (k *keeper) SaveToHistory(line string) error {
	k.history = append(k.history, line)
	return nil
}

// Names are completed, and what the history holds says the same as what was typed.
func TestEditing(t *testing.T) {
	sh, out, _ := demoShell(t, "")
	for _, c := range []struct{ typed, line, want string }{
		{"", "SELECT worker_i", "d"},
		{"FROM imagenet_boxes\n", "SELECT worker_i", ""},
		{"", "FROM imagenet_loc", "alization"},
		{"SELECT * FROM imagenet_samples\n", "WHERE worker_i", "d"},
		{"", "SELECT path_len", "gth("},
		{"", "select * fro", "m"},
		{"", ".sch", "ema"},
		{"", ".schema coco_st", "eps"},
		{"", ".mode mark", "down"},
		{"", "SELECT mt_ma", "D("},
	} {
		sh.typed = c.typed
		ends, n := sh.completer().Do([]rune(c.line), len(c.line))
		got := ""
		if len(ends) > 0 {
			got = string(ends[0])
		}
		if got != c.want || c.want != "" && n == 0 {
			t.Errorf("%q: %q, want %q", c.line, got, c.want)
		}
	}

	lines := "SELECT 1 -- one\n  AS a, 'x  y' AS b;\n.mode json\nSELECT 'x\n  y' AS c;\n"
	k := &keeper{plainReader: plainReader{in: bufio.NewReader(strings.NewReader(lines)), out: out}}
	sh.lines, sh.typed = k, ""
	if err := sh.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	want := []string{"SELECT 1 AS a, 'x  y' AS b;", ".mode json", "SELECT 'x", "  y' AS c;"}
	if !slices.Equal(k.history, want) {
		t.Errorf("the history is %q, want %q", k.history, want)
	}
}
