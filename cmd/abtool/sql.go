package main

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/query"
	"abtool/query/shell"
)

type sqlOptions struct {
	query.Options
	place              string   // of the store or stores
	query              []string // the QUERY, if there is one
	file, mode, out    string
	params             []string
	limit              int
	limited            bool // --limit was given
	timeout            time.Duration
	json, setup, force bool
	notes              notesFile
}

const defaultTimeout = 10 * time.Minute

func sqlCommand(s streams) *cobra.Command {
	var o sqlOptions
	c := &cobra.Command{
		Use:   "sql STORE... [QUERY]",
		Short: "Query a store in SQL, from the command line or in a shell",
		Long: `Query a store in SQL, with an embedded DuckDB. There are views of samples, clicks, hovers, icon
actions, steps, boxes, instances, images, workers, HITs and pages, and macros for frequent
questions: docs/reference/views.md describes them, and docs/guide/cookbook.md answers questions
with them. Without a QUERY and without --file, the query is read from standard input; on a
terminal a shell reads statements line by line, and its command .help lists the others.

A query can read only the store, and it cannot write anything: --out FILE writes its result, and
--allow-files lets it read and write other files. The default mode is box on a terminal and csv
in a pipe. In CSV a null is an empty field and an empty text is ""; in a result of one column a
null is "" too, since readers skip empty lines.

A result may be larger than the memory, as DuckDB keeps it on the disk; only the mode box with
--limit 0 holds all of it in memory. The first row is printed when the whole result is ready. To
look at the start of a large result give --limit 10 instead of a pipe to head.

` + severalStores,
		Example: `  abtool sql store "SELECT count(*), avg(x), avg(y) FROM imagenet_samples"
  abtool sql store "SELECT avg(hit::int) AS accuracy FROM imagenet_localization"
  abtool sql store "FROM imagenet_workers WHERE showings > \$n" --param n=100 --mode markdown
  abtool sql store -f query.sql --out result.parquet
  abtool sql store --print-setup > setup.sql    # the views, for any other DuckDB
  abtool sql store`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				place, rest, err := leadingStores(args, func(string) bool { return false })
				if err != nil {
					return err
				}
				if len(rest) < 2 {
					o.place, o.query = place, rest
					return nil
				}
			}
			return usage.Errorf("sql takes a STORE and a QUERY in quotes: got %d arguments", len(args))
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.limited = cmd.Flags().Changed("limit")
			defer ui.HoldPipe()()
			err := o.run(cmd.Context(), s)
			if ui.BrokenPipe(err, s.out) {
				return nil
			}
			return err
		},
	}
	f := c.Flags()
	f.StringVarP(&o.file, "file", "f", "", "read the statements from `FILE`")
	f.StringArrayVar(&o.params, "param", nil,
		"`NAME=VALUE` sets the parameter $NAME of the query. The value is a\n"+
			"number, true, false, null, or else a text; quotes make any value a text")
	f.StringVar(&o.mode, "mode", "", "how to print results: "+strings.Join(shell.Modes(), ", "))
	f.BoolVar(&o.json, "json", false, "the same as --mode json")
	f.StringVar(&o.out, "out", "", "write the last statement's result to a .parquet, .arrow or .csv `FILE`")
	f.BoolVar(&o.force, "force", false, "replace the file given by --out")
	f.IntVar(&o.limit, "limit", shell.DefaultRows, "rows to print, 0 for all; the default is for mode box")
	f.DurationVar(&o.timeout, "timeout", defaultTimeout, "stop a statement after this time, 0 for no limit")
	f.StringVar(&o.Memory, "memory", query.DefaultMemory, "how much memory DuckDB may use")
	f.IntVar(&o.Threads, "threads", 0, "number of threads, 0 for one per processor")
	f.BoolVar(&o.AllowFiles, "allow-files", false, "let queries read and write files outside the store")
	o.notes.flag(f, "the view notes")
	f.BoolVar(&o.setup, "print-setup", false, "print the SQL that defines the views and macros, for another DuckDB")
	return c
}

func (o *sqlOptions) run(ctx context.Context, s streams) error {
	if o.setup {
		if len(o.query) > 0 {
			return usage.Errorf("--print-setup takes no query")
		}
		text, err := query.Setup(o.place)
		if err == nil {
			_, err = io.WriteString(s.out, text)
		}
		return err
	}
	params, err := o.check()
	if err != nil {
		return err
	}
	text, from, interactive, err := o.text(s)
	if err != nil {
		return err
	}
	if !interactive {
		if err := shell.CheckParams(params, text); err != nil {
			return err
		}
	}
	var to *shell.Export
	if o.out != "" {
		if to, err = shell.NewExport(o.out, o.place, o.force); err != nil {
			return err
		}
		defer to.Discard()
		o.Outputs = []string{to.Temp()}
	}
	noteRepeats(s.err, o.place)
	if o.Notes, err = o.notes.open(o.place); err != nil {
		return err
	}
	db, err := query.Open(ctx, o.place, o.Options)
	if err != nil {
		return err
	}
	defer db.Close()
	session, err := db.Session(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	printer := shell.NewPrinter(s.out)
	printer.Limit, printer.Limited = o.limit, o.limited
	if o.mode != "" {
		printer.Mode = o.mode
	}
	r := &shell.Runner{Session: session, Params: params, Timeout: o.timeout, Printer: printer, Notes: s.err}
	if interactive {
		return shell.New(db, r, s.in).Run(ctx)
	}
	return r.Run(ctx, text, from, to)
}

// check reports wrong use before anything is opened, and parses the parameters.
func (o *sqlOptions) check() (query.Params, error) {
	if o.json {
		if o.mode != "" && o.mode != "json" {
			return nil, usage.Errorf("--json and --mode %s: give one of them", o.mode)
		}
		o.mode = "json"
	}
	if o.mode != "" && !slices.Contains(shell.Modes(), o.mode) {
		return nil, usage.Errorf("unknown mode %q: give one of %s", o.mode, strings.Join(shell.Modes(), ", "))
	}
	if o.limit < 0 {
		return nil, usage.Errorf("--limit %d: give a number of rows, or 0 for all", o.limit)
	}
	if o.timeout < 0 {
		return nil, usage.Errorf("--timeout %v: give a time such as 90s or 5m, or 0 for no limit", o.timeout)
	}
	if err := o.Check(); err != nil {
		return nil, err
	}
	return shell.ParseParams(o.params)
}

// text returns the statements to run and the name of their file; interactive is true if a shell should ask for
// them instead.
func (o *sqlOptions) text(s streams) (text, from string, interactive bool, err error) {
	switch {
	case len(o.query) > 0 && o.file != "":
		return "", "", false, usage.Errorf("there are a QUERY and a --file: give one of them")
	case len(o.query) > 0 && o.query[0] != "-":
		return o.query[0], "", false, nil
	}
	if _, ok := ui.Terminal(s.in); ok && len(o.query) == 0 && o.file == "" {
		if o.out != "" {
			return "", "", false, usage.Errorf("--out needs a query: give one, or use .once FILE in the shell")
		}
		return "", "", true, nil
	}
	text, from, err = shell.ReadStatements(o.file, s.in)
	return text, from, false, err
}
