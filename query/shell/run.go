package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"abtool/internal/filetype"
	"abtool/internal/ui"
	"abtool/internal/usage"
	"abtool/query"
)

// Runner runs statements and prints their results.
type Runner struct {
	Session *query.Session
	Params  query.Params
	Timeout time.Duration // time limit of a statement; 0 is no limit
	Printer *Printer
	Notes   io.Writer // gets notes about a result, such as the number of rows written
}

// ReadStatements reads the text of statements from a file, or from in if the name of the file is "" or "-".
// from is the name of the file that was read.
func ReadStatements(file string, in io.Reader) (text, from string, err error) {
	if file != "" && file != "-" {
		data, err := filetype.ReadText(file)
		if err != nil {
			return "", "", fmt.Errorf("reading the query: %w", err)
		}
		return string(data), file, nil
	}
	data, err := io.ReadAll(in)
	if err != nil {
		return "", "", fmt.Errorf("reading the query from standard input: %w", err)
	}
	return string(data), "", nil
}

// Run runs every statement of a text. It writes the last result to the file, if there is one, and prints the
// others. An error names the line of the text, and from if it is not "".
func (r *Runner) Run(ctx context.Context, text, from string, to *Export) error {
	list := query.Split(text)
	if len(list) == 0 {
		return usage.Errorf("the query is empty")
	}
	for i, st := range list {
		if strings.HasPrefix(strings.TrimSpace(st.Text), ".") {
			name, _, _ := strings.Cut(strings.TrimSpace(st.Text), "\n")
			return usage.Errorf("%s: commands that begin with a dot work only in the shell, which abtool "+
				"sql STORE opens on a terminal", name)
		}
		var err error
		if to != nil && i == len(list)-1 {
			err = r.export(ctx, st.Text, to)
		} else {
			err = r.ask(ctx, st.Text)
		}
		if err != nil {
			return r.explain(err, st, from, len(list))
		}
	}
	return nil
}

// ask runs one statement and prints its result.
func (r *Runner) ask(ctx context.Context, text string) error {
	ctx, cancel := r.bound(ctx)
	defer cancel()
	rows, err := r.Session.Result(ctx, text, r.Params, r.Printer.Want())
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Reads {
		return nil
	}
	return r.Printer.Print(ctx, rows, r.Notes)
}

func (r *Runner) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if r.Timeout > 0 {
		return context.WithTimeout(ctx, r.Timeout)
	}
	return context.WithCancel(ctx)
}

func (r *Runner) export(ctx context.Context, text string, e *Export) error {
	ctx, cancel := r.bound(ctx)
	defer cancel()
	n, err := e.write(ctx, r.Session, text, r.Params)
	if err != nil {
		return err
	}
	fmt.Fprintf(r.Notes, "%s written to %s\n", ui.Quantity(n, "row"), e.path)
	return nil
}

// explain returns an error with its place in the text that the user wrote.
func (r *Runner) explain(err error, st query.Statement, from string, n int) error {
	var q *query.QueryError
	switch {
	case errors.Is(err, query.ErrTimeout):
		return fmt.Errorf("the statement was stopped after %v, the limit set by --timeout: %s",
			r.Timeout, brief(st.Text))
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

// brief returns the beginning of a text on one line.
func brief(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 60 {
		text = string(r[:60]) + "…"
	}
	return text
}
