package view

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"abtool/query"
)

// queries keeps the rows of queries in tables, of the latest queries. A table that is in use is dropped by its last
// user.
type queries struct {
	db  *query.DB
	set string

	mu     sync.Mutex
	tables map[string]*rowsTable // by query
	recent []string              // their queries, the latest last
	made   int
}

// A rowsTable has the rows of a query.
type rowsTable struct {
	name  string
	ready chan struct{} // closed when the table is there, or err is set
	err   error

	users int  // that release it
	old   bool // whether the last user drops it
}

// keptQueries is the number of queries whose rows are kept in tables.
const keptQueries = 16

func newQueries(db *query.DB, set string) *queries {
	return &queries{db: db, set: set, tables: map[string]*rowsTable{}}
}

// use returns a table with the rows of a query, which is made once. It stays until release. The query is checked like
// one that a person writes.
func (q *queries) use(ctx context.Context, text string) (*rowsTable, error) {
	for {
		t, isNew := q.table(text)
		if isNew {
			t.err = q.fill(ctx, t.name, text)
			close(t.ready)
			q.keep(text, t)
		}
		var err error
		select {
		case <-t.ready:
			err = t.err
		case <-ctx.Done():
			err = ctx.Err()
		}
		if err == nil {
			return t, nil
		}
		q.release(t)
		// Who made the table may have gone away. Then the next one makes it.
		if stopped := errors.Is(err, context.Canceled) || errors.Is(err, query.ErrStopped); isNew || !stopped || ctx.Err() != nil {
			return nil, err
		}
	}
}

// table returns the table of a query for one more user, and whether that user must fill it.
func (q *queries) table(text string) (t *rowsTable, isNew bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	t = q.tables[text]
	if t == nil {
		q.made++
		t, isNew = &rowsTable{name: fmt.Sprintf("rows_%s_%d", q.set, q.made), ready: make(chan struct{})}, true
		q.tables[text] = t
	}
	t.users++
	q.recent = append(slices.DeleteFunc(q.recent, func(other string) bool { return other == text }), text)
	return t, isNew
}

// keep forgets a table that could not be made, or the table that was not used for the longest time.
func (q *queries) keep(text string, t *rowsTable) {
	q.mu.Lock()
	forget := text
	if t.err == nil {
		if len(q.recent) <= keptQueries {
			q.mu.Unlock()
			return
		}
		forget = q.recent[0]
	}
	old := q.tables[forget]
	q.recent = slices.DeleteFunc(q.recent, func(other string) bool { return other == forget })
	delete(q.tables, forget)
	drop := false
	if old != nil {
		old.old, drop = true, old.users == 0
	}
	q.mu.Unlock()
	if drop {
		q.drop(old)
	}
}

// release ends the use of a table.
func (q *queries) release(t *rowsTable) {
	q.mu.Lock()
	t.users--
	drop := t.old && t.users == 0
	q.mu.Unlock()
	if drop {
		q.drop(t)
	}
}

func (q *queries) drop(t *rowsTable) {
	q.db.Exec("DROP TABLE IF EXISTS " + t.name) // one that cannot be dropped only takes memory
}

// fill makes the table of a query.
func (q *queries) fill(ctx context.Context, name, text string) error {
	s, err := q.db.Session(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	columns, err := s.Columns(ctx, text) // an error of the query itself is told in its own words
	if err != nil {
		return err
	}
	rows := "SELECT DISTINCT seq::BIGINT AS seq FROM (\n" + text + "\n) WHERE seq IS NOT NULL"
	if !slices.Contains(columns, "seq") { // each image is shown by its first showing
		if !slices.Contains(columns, "image_id") {
			return &query.QueryError{Msg: "the query has no column seq or image_id, so that its rows are not images",
				Hint: "Its columns are " + strings.Join(columns, ", ") + "."}
		}
		rows = "SELECT min(seq) AS seq FROM summary_" + q.set +
			" WHERE image_id::VARCHAR IN (SELECT the_query.image_id::VARCHAR FROM (\n" + text + "\n) AS the_query) GROUP BY image_id"
	}
	r, err := s.Query(ctx, "CREATE TABLE "+name+" AS "+rows, nil)
	if err != nil {
		return moved(err)
	}
	return r.Close()
}

// moved corrects the line of an error by the line that was put before the query.
func moved(err error) error {
	var e *query.QueryError
	if errors.As(err, &e) && e.Line > 1 {
		e.Line--
	}
	return err
}
