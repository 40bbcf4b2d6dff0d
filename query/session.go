package query

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// Rows is the result of a statement. It must be closed before the next statement.
type Rows struct {
	Columns []ResultColumn
	Reads   bool // whether the statement returns rows; other statements only have an effect

	rows   driver.Rows
	stmt   *duckdb.Stmt
	next   *batches // of Result; rows and stmt belong to the present one
	asText bool
}

// ResultColumn is a column of a result.
type ResultColumn struct {
	Name string
	Type Type
}

// Next fills dst with one value per column, or returns io.EOF. Lists are []any, structs are map[string]any,
// and JSON is a string.
func (r *Rows) Next(dst []driver.Value) error {
	for {
		err := io.EOF
		if r.rows != nil {
			err = r.rows.Next(dst)
		}
		switch {
		case err == nil && r.asText:
			for i, v := range dst {
				if v != nil {
					dst[i] = r.Columns[i].Type.Text(v)
				}
			}
			return nil
		case err == nil && r.next != nil:
			r.next.rows++
			return nil
		case err != io.EOF || r.next == nil:
			return err
		}
		if err := r.turn(); err != nil {
			return err
		}
	}
}

// turn moves to the next batch.
func (r *Rows) turn() error {
	r.closeBatch()
	b, err := r.next.open()
	if err == nil {
		r.rows, r.stmt = b.rows, b.stmt
	}
	return err
}

// Close frees the result.
func (r *Rows) Close() error {
	err := r.closeBatch()
	if r.next != nil {
		r.next.close()
		r.next = nil
	}
	return err
}

func (r *Rows) closeBatch() error {
	var err error
	if r.rows != nil {
		err = r.rows.Close()
		r.rows = nil
	}
	if r.stmt != nil {
		err = errors.Join(err, r.stmt.Close())
		r.stmt = nil
	}
	return err
}

// Params has the values of the parameters $name of a statement: nil, bool, int64, float64 or string.
type Params map[string]any

// Query runs one statement. It refuses statements that would write a file or change a setting.
func (s *Session) Query(ctx context.Context, text string, params Params) (*Rows, error) {
	stmt, kind, err := s.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.run(ctx, stmt, kind, text, params)
}

// Export writes the result of a SELECT to a file, in a format of DuckDB's COPY, without keeping it in
// memory. The file must be one of Options.Outputs, unless Options.AllowFiles is set.
func (s *Session) Export(ctx context.Context, text string, params Params, file,
	format string) (rows int64, err error) {
	stmt, kind, err := s.prepare(ctx, text)
	if err != nil {
		return 0, err
	}
	stmt.Close()
	if kind != duckdb.STATEMENT_TYPE_SELECT {
		return 0, ErrNoResult
	}
	source := text
	if pivots(text) { // COPY would not count its rows
		r, err := s.Result(ctx, text, params, Want{})
		if err != nil {
			return 0, err
		}
		defer r.Close()
		source = "FROM " + kept
	}
	c, err := s.compile(ctx, fmt.Sprintf("COPY (FROM (\n%s\n)) TO %s (%s, "+
		"USE_TMP_FILE false)", source, quote(file), format))
	if err != nil {
		return 0, nested(err)
	}
	r, err := s.run(ctx, c, duckdb.STATEMENT_TYPE_COPY, text, params)
	if err != nil {
		return 0, nested(err)
	}
	defer r.Close()
	dst := make([]driver.Value, len(r.Columns))
	if err := r.Next(dst); err == nil && len(dst) > 0 {
		rows, _ = dst[0].(int64)
	}
	return rows, nil
}

func (s *Session) run(ctx context.Context, stmt *duckdb.Stmt, kind duckdb.StmtType, text string,
	params Params) (*Rows, error) {
	args, err := arguments(stmt, params, s.db.advice)
	if err != nil {
		stmt.Close()
		return nil, err
	}
	rows, err := stmt.QueryContext(ctx, args)
	if err != nil {
		stmt.Close()
		return nil, s.queryError(ctx, err, text)
	}
	r := &Rows{rows: rows, stmt: stmt, Reads: reads[kind]}
	types := rows.(driver.RowsColumnTypeDatabaseTypeName)
	for i, name := range rows.Columns() {
		r.Columns = append(r.Columns, ResultColumn{name, parseType(types.ColumnTypeDatabaseTypeName(i))})
	}
	return r, nil
}

// Columns returns the names of the columns of a statement's result, without running it. It refuses what Query does.
func (s *Session) Columns(ctx context.Context, text string) (names []string, err error) {
	stmt, _, err := s.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	defer stmt.Close()
	n, err := stmt.ColumnCount()
	for i := 0; i < n && err == nil; i++ {
		var name string
		name, err = stmt.ColumnName(i)
		names = append(names, name)
	}
	return names, err
}

// prepare compiles one statement and refuses statements that may not run.
func (s *Session) prepare(ctx context.Context, text string) (*duckdb.Stmt, duckdb.StmtType, error) {
	if f := opening.FindString(text); f != "" && s.db.tables.hide {
		return nil, 0, fmt.Errorf("%w: %s: with pseudonyms, a query reads views and not the tables themselves", ErrRefused, f)
	}
	if f := reach(text); f != "" && !s.allow {
		return nil, 0, fmt.Errorf("%w: the function %s, which can access files (%s)", ErrRefused, f, s.db.advice.function)
	}
	stmt, err := s.compile(ctx, text)
	if err != nil {
		return nil, 0, err
	}
	kind, err := stmt.StatementType()
	if err == nil {
		err = s.check(ctx, kind, text)
	}
	if err != nil {
		stmt.Close()
		return nil, 0, err
	}
	return stmt, kind, nil
}

// compile prepares one statement. DuckDB refuses a text with two statements here, even if Split did not
// separate them.
func (s *Session) compile(ctx context.Context, text string) (*duckdb.Stmt, error) {
	if err := ctx.Err(); err != nil {
		return nil, s.queryError(ctx, err, text)
	}
	p, err := s.conn.Prepare(text)
	if err != nil && strings.Contains(err.Error(), "multi-statement") {
		if !pivots(text) {
			return nil, fmt.Errorf("%w: more than one statement where one is expected", ErrRefused)
		}
		p, err = s.conn.PrepareContext(ctx, text)
	}
	if err != nil {
		return nil, s.queryError(ctx, err, text)
	}
	return p.(*duckdb.Stmt), nil
}

// pivots reports whether a text is one PIVOT, which DuckDB divides into several statements. The text itself
// has only one statement if no semicolon is outside of plain quotes. A text with a semicolon and comments or
// other kinds of strings is refused, because DuckDB and this function could read its quotes differently.
func pivots(text string) bool {
	if !strings.Contains(strings.ToLower(text), "pivot") {
		return false
	}
	if !strings.Contains(text, ";") {
		return true
	}
	if strings.ContainsAny(text, "$\\") || strings.Contains(text, "--") || strings.Contains(text, "/*") {
		return false
	}
	for rest := text; rest != ""; {
		n := 1
		if rest[0] == '\'' || rest[0] == '"' {
			n = quoted(rest, rest[0], false)
		}
		if rest[0] == ';' {
			return false
		}
		rest = rest[n:]
	}
	return true
}

// reaching matches functions that a SELECT could call to change settings that name files, to run a text as
// SQL, or to read memory.
var reaching = regexp.MustCompile(`(?i)\b(enable_profiling|enable_logging|disable_logging|enable_peg_parser|json_execute_serialized_sql|arrow_scan|arrow_scan_dumb|seq_scan)\b`)

// opening matches the ways to open a file by its path, with which a query could read ids that views hide.
var opening = regexp.MustCompile(`(?i)\b(read_\w+|parquet_\w+|query_table|glob|sniff_csv)\b|\.parquet`)

// reach returns the first of them in a text, or "". It looks into strings and comments as well: it may
// refuse a harmless text, but misses nothing.
func reach(text string) string {
	if f := reaching.FindString(text); f != "" {
		return f
	}
	const query = "query"
	lower := strings.ToLower(text)
	for at := 0; ; {
		i := strings.Index(lower[at:], query)
		if i < 0 {
			return ""
		}
		i += at
		at = i + len(query)
		rest := skipBlank(strings.TrimPrefix(lower[at:], `"`))
		if (i == 0 || !isWord(lower[i-1])) && strings.HasPrefix(rest, "(") {
			return query
		}
	}
}

// reads has the kinds of statements that return rows.
var reads = map[duckdb.StmtType]bool{
	duckdb.STATEMENT_TYPE_SELECT: true, duckdb.STATEMENT_TYPE_EXPLAIN: true, duckdb.STATEMENT_TYPE_RELATION: true,
	duckdb.STATEMENT_TYPE_LOGICAL_PLAN: true,
}

// harmless has the kinds of statements that may run: they read, or change tables in memory.
var harmless = map[duckdb.StmtType]bool{
	duckdb.STATEMENT_TYPE_SELECT: true, duckdb.STATEMENT_TYPE_EXPLAIN: true, duckdb.STATEMENT_TYPE_RELATION: true,
	duckdb.STATEMENT_TYPE_INSERT: true, duckdb.STATEMENT_TYPE_UPDATE: true, duckdb.STATEMENT_TYPE_DELETE: true,
	duckdb.STATEMENT_TYPE_CREATE: true, duckdb.STATEMENT_TYPE_CREATE_FUNC: true,
	duckdb.STATEMENT_TYPE_DROP: true, duckdb.STATEMENT_TYPE_ALTER: true,
	duckdb.STATEMENT_TYPE_TRANSACTION: true,
}

var kinds = map[duckdb.StmtType]string{
	duckdb.STATEMENT_TYPE_COPY: "COPY", duckdb.STATEMENT_TYPE_EXPORT: "EXPORT",
	duckdb.STATEMENT_TYPE_ATTACH: "ATTACH", duckdb.STATEMENT_TYPE_DETACH: "DETACH",
	duckdb.STATEMENT_TYPE_SET: "SET", duckdb.STATEMENT_TYPE_VARIABLE_SET: "SET",
	duckdb.STATEMENT_TYPE_PRAGMA: "PRAGMA", duckdb.STATEMENT_TYPE_LOAD: "LOAD or INSTALL",
	duckdb.STATEMENT_TYPE_PREPARE: "PREPARE", duckdb.STATEMENT_TYPE_EXECUTE: "EXECUTE",
	duckdb.STATEMENT_TYPE_CALL: "CALL",
}

// check refuses the kinds of statements that have effects outside of the session. The settings of Open
// prevent DuckDB from opening other files; check prevents it from writing to the files that it may open.
func (s *Session) check(ctx context.Context, kind duckdb.StmtType, text string) error {
	if s.allow && kind != duckdb.STATEMENT_TYPE_SET {
		return nil
	}
	if !harmless[kind] {
		name := kinds[kind]
		if name == "" {
			name = "this kind of statement"
		}
		if kind == duckdb.STATEMENT_TYPE_SET {
			return fmt.Errorf("%w: %s: settings are locked; %s", ErrRefused, name, s.db.advice.settings)
		}
		return fmt.Errorf("%w: %s: a query reads the store and writes nothing (%s)", ErrRefused, name, s.db.advice.writes)
	}
	if kind == duckdb.STATEMENT_TYPE_EXPLAIN { // EXPLAIN ANALYZE runs what it explains
		inner := explained(text)
		if inner == "" {
			return fmt.Errorf("%w: this form of EXPLAIN", ErrRefused)
		}
		stmt, _, err := s.prepare(ctx, inner)
		if err != nil {
			return err
		}
		return stmt.Close()
	}
	return nil
}

// explained returns the statement after EXPLAIN and its options, or "" if it cannot be found.
func explained(text string) string {
	rest, ok := word(text, "explain")
	if !ok {
		return ""
	}
	if r, ok := word(rest, "analyze"); ok {
		rest = r
	} else if r, ok := word(rest, "analyse"); ok {
		rest = r
	}
	rest = skipBlank(rest)
	if strings.HasPrefix(rest, "(") { // (FORMAT json), or a query in parentheses
		inside := skipBlank(rest[1:])
		for _, option := range []string{"format", "analyze", "analyse", "verbose"} {
			if _, ok := word(inside, option); ok {
				return afterParen(rest)
			}
		}
	}
	return rest
}

// afterParen returns what follows the first closing parenthesis that is not in a comment, a string
// or a quoted name, or "".
func afterParen(s string) string {
	for s != "" {
		if s[0] == ')' {
			return skipBlank(s[1:])
		}
		n, _ := token(s)
		s = s[n:]
	}
	return ""
}

// word removes a leading word, in any case.
func word(s, w string) (string, bool) {
	s = skipBlank(s)
	if len(s) < len(w) || !strings.EqualFold(s[:len(w)], w) || len(s) > len(w) && isWord(s[len(w)]) {
		return s, false
	}
	return s[len(w):], true
}

func skipBlank(s string) string {
	for s != "" {
		n, blank := token(s)
		if !blank {
			break
		}
		s = s[n:]
	}
	return s
}

// arguments returns the values of a statement's parameters.
func arguments(stmt *duckdb.Stmt, params Params, advice *advice) ([]driver.NamedValue, error) {
	n := stmt.NumInput()
	args := make([]driver.NamedValue, n)
	for i := range n {
		name, err := stmt.ParamName(i + 1)
		if err != nil {
			return nil, err
		}
		v, ok := params[name]
		if !ok {
			var given []string
			for p := range params {
				given = append(given, p)
			}
			sort.Strings(given)
			if len(given) == 0 {
				given = []string{"none"}
			}
			return nil, fmt.Errorf("the query needs a value for $%s: %s (given: %s)", name,
				strings.ReplaceAll(advice.param, "NAME", name), strings.Join(given, ", "))
		}
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return args, nil
}
