package query

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"abtool/internal/closest"
	"abtool/store"
)

// Errors of a statement, for errors.Is.
var (
	ErrRefused = errors.New("refused")  // the statement would write a file or change a setting
	ErrTimeout = errors.New("time out") // the deadline of its context stopped it
	ErrStopped = errors.New("stopped")  // its context stopped it

	ErrNoResult = errors.New("the statement has no rows to write to a file: give a SELECT, " +
		"PIVOT, DESCRIBE, SHOW or SUMMARIZE")
)

// advice says what to do about errors.
type advice struct{ files, function, writes, settings, memory, param string }

var (
	ofCommand = advice{
		files:    "A query can only read the store; --allow-files lets it read and write other files.",
		function: "--allow-files allows it",
		writes:   "--out FILE writes a result, --allow-files allows the rest",
		settings: "use the flags --memory, --threads and --timeout",
		memory: "Allow more memory with --memory, or need less with aggregates or LIMIT; " +
			"--out FILE.parquet writes a large result without keeping it in memory.",
		param: "give --param NAME=VALUE",
	}
	ofPage = advice{
		files:    "Queries of this page can only read the store.",
		function: "abtool sql has an option for it",
		writes:   "the page saves a result as CSV, JSON, Parquet or Markdown",
		settings: "use the flags --memory, --threads and --timeout of abtool explore",
		memory:   "Need less with aggregates or LIMIT, or start abtool explore with more --memory.",
		param:    "fill in the field $NAME",
	}
)

// QueryError is an error that DuckDB reports for a statement, with the line of the statement that it is in.
type QueryError struct {
	Msg  string // message of one or more lines, without the excerpt
	Line int    // line in the statement, from 1; 0 if DuckDB does not report it
	Code string // excerpt of that line
	Mark int    // column of the excerpt that the caret points to, from 0
	Hint string // suggestion for the user; may be empty
}

// Error returns the message, the excerpt with a caret below the mistake, and the hint.
func (e *QueryError) Error() string {
	var b strings.Builder
	b.WriteString(e.Msg)
	if e.Line > 0 {
		label := fmt.Sprintf("line %d: ", e.Line)
		fmt.Fprintf(&b, "\n  %s%s\n  %s^", label, e.Code, strings.Repeat(" ", len(label)+e.Mark))
	}
	if e.Hint != "" {
		b.WriteString("\n" + e.Hint)
	}
	return b.String()
}

var excerpt = regexp.MustCompile(`(?s)\n\nLINE (\d+): ([^\n]*)\n( *)\^`)

// queryError converts DuckDB's error of a statement to a QueryError.
func (s *Session) queryError(ctx context.Context, err error, text string) error {
	if err == nil {
		return nil
	}
	switch ctx.Err() {
	case context.DeadlineExceeded:
		return ErrTimeout
	case context.Canceled:
		return ErrStopped
	}
	msg := plain(err).Error()
	q := &QueryError{}
	if m := excerpt.FindStringSubmatchIndex(msg); m != nil {
		line, _ := strconv.Atoi(msg[m[2]:m[3]])
		q.Line, q.Code = line, msg[m[4]:m[5]]
		q.Mark = max(0, m[7]-m[6]-len("LINE : ")-(m[3]-m[2]))
		msg = msg[:m[0]] + msg[m[1]:]
	}
	q.Msg = strings.TrimSpace(msg)
	switch {
	case strings.Contains(q.Msg, "file system operations are disabled"):
		q.Hint = s.db.advice.files
	case strings.Contains(q.Msg, "configuration has been locked"):
		q.Hint = "For settings, " + s.db.advice.settings + "."
	case strings.HasPrefix(q.Msg, "Out of Memory"):
		q.Msg, _, _ = strings.Cut(q.Msg, "\n")
		q.Hint = s.db.advice.memory
	default:
		q.Msg, q.Hint = s.hint(q.Msg, text)
	}
	return q
}

// plain returns DuckDB's message without the driver's wrapping.
func plain(err error) error {
	var d *duckdb.Error
	if errors.As(err, &d) {
		return errors.New(d.Msg)
	}
	return err
}

var (
	missingColumn = regexp.MustCompile(`Referenced column "([^"]*)" (?:was )?not found`)
	missingField  = regexp.MustCompile(`Could not find key "([^"]*)" in struct`)
	tableColumn   = regexp.MustCompile(`does not have a column named "([^"]*)"`)
	missingTable  = regexp.MustCompile(`Table with name "?([^" ]*)"? does not exist`)
	missingFunc   = regexp.MustCompile(`(?:Function|function)(?: with name)? "?([^" ]*)"? does not exist`)
	didYouMean    = regexp.MustCompile(`(?s)\s*(?:Did you mean|Candidate (?:bindings|functions|Entries)).*$`)
	quotedName    = regexp.MustCompile(`"([^"]*)"`)
)

// hint returns a message, and the nearest name to one that does not exist, among the views, the macros and
// DuckDB's proposals. With a name, the message comes back without the proposals. Without one near, it is
// unchanged.
func (s *Session) hint(msg, text string) (string, string) {
	var wrong string
	names := proposed(msg)
	switch {
	case strings.Contains(msg, "because the FROM clause is missing") && first(missingColumn, msg, &wrong):
		return msg, s.sourceOf(wrong)
	case first(missingColumn, msg, &wrong) || first(tableColumn, msg, &wrong) || first(missingField, msg, &wrong):
		for _, v := range s.mentioned(text) {
			for _, c := range v.Columns {
				names = append(names, c.Name)
			}
		}
	case first(missingTable, msg, &wrong):
		for _, v := range s.db.Views() {
			names = append(names, v.Name)
		}
		for _, v := range StudyViews(s.db.Sets...) {
			if v.Name == wrong && !slices.Contains(names, wrong) {
				return withoutProposals(msg), "Only a store that was made from a study of abtool collect has it."
			}
		}
		for _, set := range store.Sets {
			if !slices.Contains(s.db.Sets, set) && strings.HasPrefix(wrong, set+"_") {
				return withoutProposals(msg),
					"This store has no " + set + " data set; it has " + strings.Join(s.db.Sets, " and ") + "."
			}
		}
	case first(missingFunc, msg, &wrong):
		names = append(names, maskDoc.Name)
		for _, m := range macros {
			names = append(names, m.Name)
		}
	default:
		return msg, ""
	}
	if near := closest.Name(wrong, names); near != "" {
		return withoutProposals(msg), fmt.Sprintf("Did you mean %s?", near)
	}
	if names := proposed(msg); len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return !systemTable(n) }) {
		return withoutProposals(msg), ""
	}
	return msg, ""
}

// sourceOf says where a column of a query without FROM could be from.
func (s *Session) sourceOf(column string) string {
	views := s.db.Views()
	for _, v := range views {
		if slices.ContainsFunc(v.Columns, func(c Column) bool { return c.Name == column }) {
			return fmt.Sprintf("Add FROM %s, which has it.", v.Name)
		}
	}
	return fmt.Sprintf("Add FROM and a view, such as FROM %s. A text is in single quotes.", views[0].Name)
}

// withoutProposals returns a message of DuckDB without the names that it proposes.
func withoutProposals(msg string) string {
	return strings.TrimSpace(didYouMean.ReplaceAllString(msg, ""))
}

// systemTable reports whether a table is one of DuckDB's own, which nobody misspells.
func systemTable(name string) bool {
	return strings.HasPrefix(name, "pg_") || strings.HasPrefix(name, "duckdb_") || strings.HasPrefix(name, "sqlite_")
}

// proposed returns the names that a message of DuckDB proposes.
func proposed(msg string) (names []string) {
	for _, m := range quotedName.FindAllStringSubmatch(didYouMean.FindString(msg), -1) {
		names = append(names, m[1][strings.LastIndexByte(m[1], '.')+1:])
	}
	return names
}

// mentioned returns the views whose names occur in a query.
func (s *Session) mentioned(text string) (out []View) {
	lower := strings.ToLower(text)
	for _, v := range s.db.Views() {
		if strings.Contains(lower, v.Name) {
			out = append(out, v)
		}
	}
	return out
}

func first(re *regexp.Regexp, msg string, to *string) bool {
	m := re.FindStringSubmatch(msg)
	if m == nil {
		return false
	}
	*to = m[1]
	return true
}
