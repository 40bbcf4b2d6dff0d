package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"abtool/internal/filetype"
	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/query"
)

type sqlOptions struct {
	query.Options
	file, mode, out    string
	params             []string
	limit              int
	limited            bool // --limit was given
	timeout            time.Duration
	json, setup, force bool
}

const (
	defaultRows    = 40 // that box mode shows
	defaultTimeout = 10 * time.Minute
)

func sqlCommand(s streams) *cobra.Command {
	var o sqlOptions
	c := &cobra.Command{
		Use:   "sql STORE [QUERY]",
		Short: "SQL over a store: a query, a file of them, or a shell",
		Long: `Ask a store in SQL, by an embedded DuckDB. There is a view for whatever can be counted (samples,
clicks, hovers, icon actions, steps, boxes, instances, images, workers, HITs, pages) and a macro
for what is often asked of them: docs/views.md lists them, docs/cookbook.md has questions with
their answers. Without a QUERY and a file, the query is read from standard input, or, on a
terminal, line by line in a shell: .help tells what it knows.

A query can read the store, and nothing else on the disk or the network, and it writes nothing:
--out FILE writes a result, --allow-files opens the rest. Modes: box (on a terminal), csv (in a
pipe), markdown, json, jsonlines, line. In CSV a null is an empty field, an empty text is "";
alone on its line a null is "" too, since readers skip empty lines. A result may be larger than
the memory: it is kept on the disk, and no mode but box with --limit 0 holds it. It is complete
before its first row is printed: for a look at a large one give --limit 10 rather than | head.`,
		Example: `  abtool sql store "SELECT count(*), avg(x), avg(y) FROM imagenet_samples"
  abtool sql store "SELECT avg(hit::int) AS accuracy FROM imagenet_localization"
  abtool sql store "FROM imagenet_workers WHERE showings > \$n" --param n=100 --mode markdown
  abtool sql store -f query.sql --out result.parquet
  abtool sql store --print-setup > setup.sql    # the views, for any other DuckDB
  abtool sql store`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 || len(args) == 2 {
				return nil
			}
			return usage.Errorf("a store and a query in quotes are wanted: %d arguments given", len(args))
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.limited = cmd.Flags().Changed("limit")
			defer holdPipe()()
			err := o.run(cmd.Context(), s, args)
			if brokenPipe(err, s.out) {
				return nil
			}
			return err
		},
	}
	f := c.Flags()
	f.StringVarP(&o.file, "file", "f", "", "read the statements from a file")
	f.StringArrayVar(&o.params, "param", nil, "`NAME=VALUE` of a parameter $NAME of the query; a number, true, false, null or a text ('5' is a text)")
	f.StringVar(&o.mode, "mode", "", "how results are printed: "+strings.Join(modeNames(), ", "))
	f.BoolVar(&o.json, "json", false, "the same as --mode json")
	f.StringVar(&o.out, "out", "", "write the result of the last statement to a .parquet, .arrow or .csv `FILE`")
	f.BoolVar(&o.force, "force", false, "replace the file given by --out")
	f.IntVar(&o.limit, "limit", defaultRows, "rows to print, 0 for all; without it, all but in box mode")
	f.DurationVar(&o.timeout, "timeout", defaultTimeout, "stop a statement after this time, 0 for never")
	f.StringVar(&o.Memory, "memory", query.DefaultMemory, "memory that DuckDB may take")
	f.IntVar(&o.Threads, "threads", 0, "threads; 0 is one a processor")
	f.BoolVar(&o.AllowFiles, "allow-files", false, "let queries read and write other files")
	f.BoolVar(&o.setup, "print-setup", false, "print the SQL that makes the views and macros in any DuckDB")
	return c
}

func (o *sqlOptions) run(ctx context.Context, s streams, args []string) error {
	if o.setup {
		if len(args) == 2 {
			return usage.Errorf("--print-setup takes no query")
		}
		text, err := query.Setup(args[0])
		if err == nil {
			_, err = io.WriteString(s.out, text)
		}
		return err
	}
	params, err := o.check()
	if err != nil {
		return err
	}
	text, from, interactive, err := o.text(s, args)
	if err != nil {
		return err
	}
	if !interactive {
		if err := unused(params, text); err != nil {
			return err
		}
	}
	var e *export
	if o.out != "" {
		if e, err = newExport(o.out, args[0], o.force); err != nil {
			return err
		}
		defer e.discard()
		o.Outputs = []string{e.temp}
	}
	db, err := query.Open(ctx, args[0], o.Options)
	if err != nil {
		return err
	}
	defer db.Close()
	session, err := db.Session(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	a := &asker{session: session, params: params, timeout: o.timeout, printer: o.printer(s.out)}
	if interactive {
		return newShell(s, db, a).run(ctx)
	}
	return a.statements(ctx, s, text, from, e)
}

// check tells wrong use before anything is opened.
func (o *sqlOptions) check() (query.Params, error) {
	if o.json {
		if o.mode != "" && o.mode != "json" {
			return nil, usage.Errorf("--json and --mode %s: give one of them", o.mode)
		}
		o.mode = "json"
	}
	if o.mode != "" && !slices.Contains(modeNames(), o.mode) {
		return nil, usage.Errorf("mode %q: it is %s", o.mode, strings.Join(modeNames(), ", "))
	}
	if o.limit < 0 {
		return nil, usage.Errorf("--limit %d: it is a number of rows, 0 for all", o.limit)
	}
	if o.timeout < 0 {
		return nil, usage.Errorf("--timeout %v: it is a time, as 90s or 5m, 0 for none", o.timeout)
	}
	if o.Threads < 0 {
		return nil, usage.Errorf("--threads %d: it is a number of threads, 0 for one a processor", o.Threads)
	}
	if err := checkMemory(o.Memory); err != nil {
		return nil, err
	}
	return parseParams(o.params)
}

var memorySize = regexp.MustCompile(`(?i)^(\d+(?:\.\d+)?) ?([kmgt])i?b$`)

const leastMemory = 10 // MB; with less DuckDB does not get as far as the views

func checkMemory(size string) error {
	m := memorySize.FindStringSubmatch(size)
	if m == nil {
		return usage.Errorf("--memory %s: it is a size, as 500MB or 2GiB", size)
	}
	n, err := strconv.ParseFloat(m[1], 64)
	mb := n * map[string]float64{"k": 1e-3, "m": 1, "g": 1e3, "t": 1e6}[strings.ToLower(m[2])]
	if err != nil || mb < leastMemory {
		return usage.Errorf("--memory %s: DuckDB wants %dMB or more, and more than that for all but small queries", size, leastMemory)
	}
	return nil
}

// text is what is to be run, and where it comes from; interactive if a person is to be asked.
func (o *sqlOptions) text(s streams, args []string) (text, from string, interactive bool, err error) {
	switch {
	case len(args) == 2 && o.file != "":
		return "", "", false, usage.Errorf("a query and a file of queries: give one of them")
	case len(args) == 2 && args[1] != "-":
		return args[1], "", false, nil
	case o.file != "" && o.file != "-":
		data, err := filetype.ReadText(o.file)
		if err != nil {
			return "", "", false, fmt.Errorf("reading the query: %w", err)
		}
		return string(data), o.file, false, nil
	}
	if _, ok := ui.Terminal(s.in); ok && len(args) == 1 && o.file == "" {
		if o.out != "" {
			return "", "", false, usage.Errorf("--out without a query: give one, or .once FILE in the shell")
		}
		return "", "", true, nil
	}
	data, err := io.ReadAll(s.in)
	if err != nil {
		return "", "", false, fmt.Errorf("reading the query from standard input: %w", err)
	}
	return string(data), "", false, nil
}

func (o *sqlOptions) printer(w io.Writer) *printer {
	mode := o.mode
	f, tty := ui.Terminal(w)
	if mode == "" {
		mode = "csv"
		if tty {
			mode = "box"
		}
	}
	p := &printer{w: w, mode: mode, limit: o.limit, limited: o.limited}
	if tty {
		p.width = func() int {
			width, _, err := term.GetSize(int(f.Fd()))
			if err != nil {
				return 0
			}
			return width
		}
	} else if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil {
		p.width = func() int { return n }
	}
	return p
}

// parseParams reads name=value pairs.
func parseParams(pairs []string) (query.Params, error) {
	params := query.Params{}
	for _, p := range pairs {
		name, value, ok := strings.Cut(p, "=")
		name = strings.TrimPrefix(name, "$")
		if !ok || name == "" {
			return nil, usage.Errorf("--param %s: it is NAME=VALUE", p)
		}
		if _, twice := params[name]; twice {
			return nil, usage.Errorf("--param %s is given twice", name)
		}
		params[name] = paramValue(value)
	}
	return params, nil
}

// unused reports a parameter that a text cannot use: a misspelt one would not be missed.
func unused(params query.Params, text string) error {
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if !regexp.MustCompile(`(?i)\$` + regexp.QuoteMeta(name) + `\b`).MatchString(text) {
			return usage.Errorf("--param %s: the query has no $%s", name, name)
		}
	}
	return nil
}

func paramValue(s string) any {
	switch s {
	case "true", "false":
		return s == "true"
	case "null":
		return nil
	}
	if n := len(s); n >= 2 && s[0] == '\'' && s[n-1] == '\'' {
		return strings.ReplaceAll(s[1:n-1], "''", "'")
	}
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i
	}
	if strings.ContainsAny(s, "0123456789") && !strings.ContainsAny(s, "xX_pP") {
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f
		}
	}
	return s
}

// asker runs statements and prints their results.
type asker struct {
	session *query.Session
	params  query.Params
	timeout time.Duration
	printer *printer
}

// statements runs every statement of a text; the result of the last one goes to e, if there is
// one.
func (a *asker) statements(ctx context.Context, s streams, text, from string, e *export) error {
	list := query.Split(text)
	if len(list) == 0 {
		return usage.Errorf("the query is empty")
	}
	for i, st := range list {
		var err error
		if e != nil && i == len(list)-1 {
			err = a.export(ctx, s.err, st.Text, e)
		} else {
			err = a.ask(ctx, s.err, st.Text)
		}
		if err != nil {
			return a.explain(err, st, from, len(list))
		}
	}
	return nil
}

// ask runs one statement and prints its result.
func (a *asker) ask(ctx context.Context, notes io.Writer, text string) error {
	ctx, cancel := a.bound(ctx)
	defer cancel()
	rows, err := a.session.Result(ctx, text, a.params, a.printer.want())
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Reads {
		return nil
	}
	return a.printer.print(ctx, rows, notes)
}

func (a *asker) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if a.timeout > 0 {
		return context.WithTimeout(ctx, a.timeout)
	}
	return context.WithCancel(ctx)
}

func (a *asker) export(ctx context.Context, notes io.Writer, text string, e *export) error {
	ctx, cancel := a.bound(ctx)
	defer cancel()
	n, err := e.write(ctx, a.session, text, a.params)
	if err != nil {
		return err
	}
	fmt.Fprintf(notes, "%s rows written to %s\n", ui.Thousands(n), e.path)
	return nil
}

// holdPipe keeps a reader that goes away, as head does, from killing the process, which has a
// folder to remove: writing fails instead. What it returns ends that.
func holdPipe() func() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGPIPE)
	return func() { signal.Stop(c) }
}

// brokenPipe tells the error of writing to out when nobody reads it any more.
func brokenPipe(err error, out io.Writer) bool {
	var at *os.PathError
	f, ok := out.(*os.File)
	return ok && errors.Is(err, syscall.EPIPE) && errors.As(err, &at) && at.Path == f.Name()
}

// explain puts an error into the place of the text that its reader knows.
func (a *asker) explain(err error, st query.Statement, from string, n int) error {
	var q *query.QueryError
	switch {
	case errors.Is(err, query.ErrTimeout):
		return fmt.Errorf("the statement was stopped after %v, the limit that --timeout sets: %s", a.timeout, brief(st.Text))
	case errors.Is(err, query.ErrStopped):
		return fmt.Errorf("stopped: %s", brief(st.Text))
	case errors.As(err, &q) && q.Line > 0:
		q.Line += st.Line - 1
	case n > 1:
		err = fmt.Errorf("the statement of line %d: %w", st.Line, err)
	}
	if from != "" {
		err = fmt.Errorf("%s: %w", filepath.Base(from), err)
	}
	return err
}

// brief is the beginning of a text, on one line.
func brief(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 60 {
		text = string(r[:60]) + "…"
	}
	return text
}
