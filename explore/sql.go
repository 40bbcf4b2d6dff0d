package explore

import (
	"context"
	sqldriver "database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"abtool/docs"
	"abtool/query"
	"abtool/query/shell"
	"abtool/store"
)

// mostResult is the number of rows of a result that the page of SQL gets. An export has all rows.
const mostResult = 2000

// sandbox returns the DuckDB of the SQL page. It is another one than that of the summaries, so that no query can
// touch them, or take their memory.
func (s *Server) sandbox(ctx context.Context) (*query.DB, error) {
	s.sandboxMade.Lock()
	defer s.sandboxMade.Unlock()
	if s.sandboxed != nil {
		return s.sandboxed, nil
	}
	memory := s.options.Memory
	if s.options.Public {
		memory = query.HalfMemory(memory)
	}
	db, err := s.db.Again(context.WithoutCancel(ctx), query.Options{Memory: memory, Threads: s.options.Threads, Hide: s.options.Hide, Page: true, Notes: s.notes})
	s.sandboxed = db
	return db, err
}

// An asked is a request of the SQL page.
type asked struct {
	Q      string            `json:"q"`
	Params map[string]string `json:"params"` // the values of $name, as abtool sql --param reads them
	Column string            `json:"column"` // of which a profile is wanted
}

func readAsked(r *http.Request) (a asked, err error) {
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&a); err != nil {
		return a, wrong("the request is not JSON such as {\"q\": \"SELECT 1\"}: %w", err)
	}
	return a, nil
}

// sqlResult is the result of the last statement of a request.
type sqlResult struct {
	reply
	Columns    []sqlColumn `json:"columns"`
	Data       [][]any     `json:"data"` // by column
	N          int         `json:"n"`    // rows in data
	Cut        bool        `json:"cut"`  // whether there are more
	Reads      bool        `json:"reads"`
	Statements int         `json:"statements"`
}

type sqlColumn struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Number bool   `json:"number"`
}

// sql runs statements, and answers with the result of the last one.
func (s *Server) sql(ctx context.Context, r *http.Request) (any, error) {
	start := time.Now()
	a, err := readAsked(r)
	if err != nil {
		return nil, err
	}
	out := sqlResult{Columns: []sqlColumn{}, Data: [][]any{}, Statements: len(query.Split(a.Q))}
	err = s.last(ctx, a, func(session *query.Session, text string, params query.Params) error {
		rows, err := session.Result(ctx, text, params, query.Want{First: mostResult + 1})
		if err != nil {
			return err
		}
		defer rows.Close()
		out.Reads = rows.Reads
		for _, c := range rows.Columns {
			out.Columns = append(out.Columns, sqlColumn{c.Name, c.Type.String(), c.Type.Numeric()})
			out.Data = append(out.Data, []any{})
		}
		return each(rows, func(row []sqldriver.Value) error {
			if out.N == mostResult {
				out.Cut = true
				return io.EOF
			}
			out.N++
			for i, v := range row {
				out.Data[i] = append(out.Data[i], plainJSON(rows.Columns[i].Type, v))
			}
			return nil
		})
	})
	out.reply = since(start)
	return out, err
}

// last runs all statements of a text but the last one, and calls f with that.
func (s *Server) last(ctx context.Context, a asked, f func(session *query.Session, text string, params query.Params) error) error {
	if c := clientOf(ctx); s.options.Public && c != nil {
		select {
		case c.asks <- struct{}{}:
			defer func() { <-c.asks }()
		default:
			return failure{http.StatusTooManyRequests, errors.New("another query of this browser is running: wait for it, or stop it")}
		}
	}
	if s.options.Public { // a token is for several browsers
		select {
		case s.asks <- struct{}{}:
			defer func() { <-s.asks }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	db, err := s.sandbox(ctx)
	if err != nil {
		return err
	}
	session, err := db.Session(ctx)
	if err != nil {
		return err
	}
	defer session.Close()
	statements := query.Split(a.Q)
	if len(statements) == 0 {
		return wrong("there is no statement")
	}
	params := query.Params{}
	for name, value := range a.Params {
		params[name] = shell.ParamValue(value)
	}
	for i, statement := range statements {
		if i == len(statements)-1 {
			err = f(session, statement.Text, params)
		} else if rows, wrong := session.Result(ctx, statement.Text, params, query.Want{First: 1}); wrong != nil {
			err = wrong
		} else {
			err = rows.Close()
		}
		if err != nil {
			return statementError(err, statement.Line)
		}
	}
	return nil
}

// statementError moves the line of an error from its statement to the whole text.
func statementError(err error, line int) error {
	var q *query.QueryError
	if errors.As(err, &q) && q.Line > 0 {
		moved := *q
		moved.Line += line - 1
		return failure{http.StatusBadRequest, &moved}
	}
	if errors.Is(err, query.ErrTimeout) || errors.Is(err, query.ErrStopped) {
		return err
	}
	return failure{http.StatusBadRequest, err}
}

// each calls f for each row until it returns io.EOF.
func each(rows *query.Rows, f func([]sqldriver.Value) error) error {
	row := make([]sqldriver.Value, len(rows.Columns))
	for {
		err := rows.Next(row)
		if err == nil {
			err = f(row)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// mostExact is the largest whole number that JavaScript holds.
const mostExact = 1 << 53

// plainJSON returns a value that JSON has: null, a boolean, a number or a text.
func plainJSON(t query.Type, v sqldriver.Value) any {
	switch v := v.(type) {
	case nil:
		return nil
	case bool:
		return v
	case int64:
		if v < mostExact && v > -mostExact {
			return v
		}
	case int32, int16, int8, uint8, uint16, uint32:
		return v
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v
		}
	case float32:
		if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f
		}
	}
	text := t.Text(v)
	const most = 2000
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + " …"
	}
	return text
}

// formats of exports: the mode in which package shell prints it, and its media type.
var formats = map[string]struct{ mode, media string }{
	"csv": {"csv", "text/csv; charset=utf-8"}, "json": {"json", "application/json"}, "md": {"markdown", "text/markdown; charset=utf-8"},
	"parquet": {"", "application/vnd.apache.parquet"},
}

// export answers with all rows of a result as a file. The limit of time is of the query: its rows may take as long to
// be sent as the browser takes.
func (s *Server) export(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	limit := time.AfterFunc(s.options.Timeout, func() { cancel(context.DeadlineExceeded) })
	name := r.FormValue("format")
	format, ok := formats[name]
	started := false
	start := func() {
		limit.Stop()
		w.Header().Set("Content-Disposition", `attachment; filename="result.`+name+`"`)
		w.Header().Set("Content-Type", format.media)
		started = true
	}
	err := wrong("format: give csv, json, md or parquet")
	if ok {
		err = s.exported(ctx, r, format.mode, w, start)
	}
	switch {
	case err == nil:
	case started:
		panic(http.ErrAbortHandler) // the browser must not take a part for the whole
	default:
		s.page("absent", func(context.Context, *http.Request) (string, any, error) {
			if context.Cause(ctx) == context.DeadlineExceeded {
				err = query.ErrTimeout
			}
			return "", nil, err
		}).ServeHTTP(w, r)
	}
}

// exported writes all rows of a result in a mode of package shell, or as Parquet. start is called before the first
// byte.
func (s *Server) exported(ctx context.Context, r *http.Request, mode string, w io.Writer, start func()) error {
	a := asked{Q: r.FormValue("q"), Params: map[string]string{}}
	for key, values := range r.URL.Query() {
		if name, ok := strings.CutPrefix(key, "p."); ok {
			a.Params[name] = values[0]
		}
	}
	printer := shell.Printer{W: w, Mode: mode}
	return s.last(ctx, a, func(session *query.Session, text string, params query.Params) error {
		if mode == "" {
			return s.parquet(ctx, session, text, params, w, start)
		}
		rows, err := session.Result(ctx, text, params, printer.Want())
		if err != nil {
			return err
		}
		defer rows.Close()
		if !rows.Reads {
			return query.ErrNoResult
		}
		start()
		return printer.Print(ctx, rows, io.Discard)
	})
}

// parquet writes a result as Parquet, by way of a file: its end says where its columns are.
func (s *Server) parquet(ctx context.Context, session *query.Session, text string, params query.Params, w io.Writer, start func()) error {
	path := s.sandboxed.Scratch(secret()[:16] + ".parquet")
	defer os.Remove(path)
	if _, err := session.Export(ctx, text, params, path, "FORMAT parquet, COMPRESSION zstd"); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	start()
	_, err = io.Copy(w, f)
	return err
}

// catalog answers with what a query can use: views with their columns, and macros.
func (s *Server) catalog(context.Context, *http.Request) (any, error) {
	type column struct {
		Name string `json:"name"`
		Unit string `json:"unit,omitempty"`
		Doc  string `json:"doc"`
	}
	type view struct {
		Name    string   `json:"name"`
		Row     string   `json:"row"`
		Example string   `json:"example"`
		Columns []column `json:"columns"`
	}
	type macro struct {
		Name string `json:"name"`
		Args string `json:"args"`
		Doc  string `json:"doc"`
		Unit string `json:"unit,omitempty"`
	}
	type question struct {
		Title string `json:"title"`
		Group string `json:"group"`
		SQL   string `json:"sql"`
	}
	out := struct {
		reply
		Views    []view     `json:"views"`
		Macros   []macro    `json:"macros"`
		Cookbook []question `json:"cookbook"`
	}{reply: reply{OK: true}}
	for _, v := range s.db.Views() {
		x := view{Name: v.Name, Row: v.Row, Example: v.Example}
		for _, c := range v.Columns {
			x.Columns = append(x.Columns, column{c.Name, c.Unit, c.Doc})
		}
		out.Views = append(out.Views, x)
	}
	for _, m := range query.Macros() {
		if m.Set == "" || s.account.DataSet(m.Set) != nil {
			out.Macros = append(out.Macros, macro{m.Name, m.Args, m.Doc, m.Unit})
		}
	}
	for _, q := range cookbook() {
		ok := true
		for _, set := range store.Sets {
			ok = ok && (s.account.DataSet(set) != nil || !strings.Contains(q.sql, set+"_"))
		}
		if ok {
			out.Cookbook = append(out.Cookbook, question{q.title, q.group, q.sql})
		}
	}
	return out, nil
}

type recipe struct{ group, title, sql string }

var recipes = regexp.MustCompile("(?s)\n## ([^\n]+)\n.*?\n```sql\n(.*?)\n```")

// cookbook returns the questions of the cookbook.
func cookbook() (all []recipe) {
	for _, name := range []string{"data", "clicks", "pointer", "pages", "annotators", "icons"} {
		page, err := docs.Cookbook.ReadFile("guide/cookbook/" + name + ".md")
		if err != nil {
			continue
		}
		title, _, _ := strings.Cut(strings.TrimPrefix(string(page), "# "), "\n")
		for _, m := range recipes.FindAllStringSubmatch(string(page), -1) {
			all = append(all, recipe{title, m[1], m[2]})
		}
	}
	return all
}

// sqlPage shows the editor.
func (s *Server) sqlPage(_ context.Context, r *http.Request) (string, any, error) {
	return "SQL", map[string]any{"Query": r.FormValue("q"), "Store": s.options.Store, "Shell": "abtool sql " + quoted(s.options.Store) + " ", "Setup": "abtool sql " + quoted(s.options.Store) + " --print-setup", "Sets": strings.Join(s.db.Sets, " "),
		"Limit": fmt.Sprint(mostResult)}, nil
}
