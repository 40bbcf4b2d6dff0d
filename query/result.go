package query

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// Want selects the rows of a result and their form. The zero value selects all rows, as values.
type Want struct {
	First int  // number of rows; 0 is all. No more of a SELECT is computed than these rows need
	Text  bool // whether every value is DuckDB's text of it, a string; nulls stay nil
}

const (
	kept      = "temp.main.abtool_result" // the result of the current statement
	batchRows = 8192
)

// catalogue matches statements that list tables, which would also list the temporary table.
var catalogue = regexp.MustCompile(`(?i)\b(show|duckdb_\w+|information_schema|pg_\w+|sqlite_master)\b`)

// Result runs one statement like Query, with a result of any size. DuckDB keeps the result of a SELECT in a
// temporary table, which is on disk if it exceeds the memory limit, and returns it in batches; ctx also
// applies to the batches. Columns with the same name get numbers: a, a_1.
func (s *Session) Result(ctx context.Context, text string, params Params, w Want) (*Rows, error) {
	stmt, kind, err := s.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	if kind == duckdb.STATEMENT_TYPE_SELECT && !catalogue.MatchString(text) {
		if create, e := s.compile(ctx, keeping("", text, w)); e == nil {
			stmt.Close()
			r, err := s.keep(ctx, create, text, params, w)
			if err == nil || !strings.Contains(err.Error(), "unnamed struct") { // row() makes unnamed structs
				return r, err
			}
			if create, err = s.compile(ctx, keeping("SELECT COLUMNS(*)::VARCHAR ", text, w)); err != nil {
				return nil, nested(err)
			}
			return s.keep(ctx, create, text, params, w)
		}
	}
	r, err := s.run(ctx, stmt, kind, text, params) // results of statements that cannot be in a FROM are small
	if err == nil {
		r.asText = w.Text
	}
	return r, err
}

// keeping returns the statement that stores the result of another statement in the temporary table.
func keeping(what, text string, w Want) string {
	limit := ""
	if w.First > 0 {
		limit = fmt.Sprintf(" LIMIT %d", w.First)
	}
	return "CREATE OR REPLACE TEMP TABLE abtool_result AS " + what + "FROM (\n" + text + "\n)" + limit
}

// keep fills the temporary table and opens it.
func (s *Session) keep(ctx context.Context, create *duckdb.Stmt, text string, params Params, w Want) (*Rows, error) {
	r, err := s.run(ctx, create, duckdb.STATEMENT_TYPE_CREATE, text, params)
	if err != nil {
		return nil, nested(err)
	}
	r.Close()
	r = &Rows{Reads: true, next: &batches{session: s, ctx: ctx}}
	if r.Columns, r.next.list, err = s.keptColumns(ctx, w.Text); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// nested corrects the place of an error by the line that was put before the statement.
func nested(err error) error {
	var q *QueryError
	if errors.As(err, &q) && q.Line > 1 {
		q.Line--
	}
	return err
}

// batches reads the temporary table in batches.
type batches struct {
	session *Session
	ctx     context.Context
	list    string // columns of the SELECT
	at      int    // number of rows in earlier batches
	rows    int    // number of rows of this batch that were read
}

// open returns the next batch, or io.EOF.
func (b *batches) open() (*Rows, error) {
	if b.at > 0 && b.rows < batchRows {
		return nil, io.EOF
	}
	r, err := b.session.own(b.ctx, fmt.Sprintf("SELECT %s FROM %s LIMIT %d OFFSET %d", b.list, kept, batchRows, b.at))
	b.at, b.rows = b.at+batchRows, 0
	return r, err
}

func (b *batches) close() {
	if r, err := b.session.own(context.WithoutCancel(b.ctx), "DROP TABLE IF EXISTS "+kept); err == nil {
		r.Close()
	}
}

// own runs a statement of this package, without checks.
func (s *Session) own(ctx context.Context, text string) (*Rows, error) {
	stmt, err := s.compile(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.run(ctx, stmt, duckdb.STATEMENT_TYPE_SELECT, text, nil)
}

// keptColumns returns the columns of the temporary table, and the list of a SELECT that reads them in the
// wanted form.
func (s *Session) keptColumns(ctx context.Context, text bool) ([]ResultColumn, string, error) {
	r, err := s.own(ctx, "FROM "+kept+" LIMIT 0")
	if err != nil {
		return nil, "", err
	}
	cols := r.Columns
	r.Close()
	if r, err = s.own(ctx, "SELECT column_type FROM (DESCRIBE "+kept+")"); err != nil {
		return nil, "", err
	}
	defer r.Close()
	list, row := make([]string, len(cols)), make([]driver.Value, 1)
	for i := range cols {
		if err := r.Next(row); err != nil {
			return nil, "", err
		}
		described, _ := row[0].(string)
		list[i] = `"` + strings.ReplaceAll(cols[i].Name, `"`, `""`) + `"`
		switch {
		case text || !cols[i].Type.readable():
			list[i] += "::VARCHAR"
		default:
			if as, t := withoutJSON(described); as != described {
				cols[i].Type.mark(t)
				list[i] += "::" + as
			}
		}
	}
	return cols, strings.Join(list, ", "), nil
}

// readable reports whether the driver can read values of the type. It cannot if the fields of a struct have
// no names or the keys of a map are not comparable in Go.
func (t Type) readable() bool {
	for _, f := range t.Fields {
		if f.Name == "" || !f.Type.readable() {
			return false
		}
	}
	if t.Key != nil {
		switch t.Key.Name {
		case "BLOB", "UUID", "BIT", "JSON", "LIST", "ARRAY", "STRUCT", "MAP", "UNION":
			return false
		}
	}
	return t.Elem == nil || t.Elem.readable()
}

// withoutJSON returns a type, as DESCRIBE writes it, with VARCHAR in place of JSON, and the type with JSON.
// The driver would parse JSON and lose the order of its keys and the digits of its numbers.
func withoutJSON(described string) (string, Type) {
	var b strings.Builder
	for rest := described; rest != ""; {
		n, _ := token(rest)
		if rest[:n] == "JSON" { // a field with this name would be quoted, because DESCRIBE quotes capitals
			b.WriteString("VARCHAR")
		} else {
			b.WriteString(rest[:n])
		}
		rest = rest[n:]
	}
	return b.String(), parseType(described)
}

// mark changes the parts of a type to JSON that are JSON in as.
func (t *Type) mark(as Type) {
	if as.Name == "JSON" {
		t.Name = as.Name
	}
	if t.Elem != nil && as.Elem != nil {
		t.Elem.mark(*as.Elem)
	}
	if t.Key != nil && as.Key != nil {
		t.Key.mark(*as.Key)
	}
	if len(t.Fields) == len(as.Fields) {
		for i := range t.Fields {
			t.Fields[i].Type.mark(as.Fields[i].Type)
		}
	}
}
