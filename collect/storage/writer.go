package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// batch is the largest number of requests in one transaction.
const batch = 256

// A writer executes requests one after another. It takes the requests that wait and commits them together.
// Each has a savepoint: a request that fails leaves nothing, and does not disturb the others.
type writer struct {
	db       *sql.DB
	conn     *sql.Conn
	prepared map[string]*sql.Stmt
	requests chan *request
	closing  chan struct{}
	done     chan struct{}
	once     sync.Once
	before   func() error
}

type request struct {
	do   func(*tx) error
	done chan error
	solo bool // not within a transaction
}

var errClosed = errors.New("storage: the database is closed")

func openWriter(path, schema string, before func() error) (*writer, error) {
	// SQLite gives its log the mode of the database, so that has to be right from the beginning.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", address(path)+"&_pragma=journal_mode(WAL)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	w := &writer{db: db, prepared: map[string]*sql.Stmt{}, requests: make(chan *request, batch),
		closing: make(chan struct{}), done: make(chan struct{}), before: before}
	if w.conn, err = db.Conn(context.Background()); err == nil {
		err = w.create(schema)
	}
	if err == nil {
		err = w.upgrade(upgrades[filepath.Base(path)])
	}
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	go w.run()
	return w, nil
}

// create makes the tables of a new database.
func (w *writer) create(schema string) error {
	ctx := context.Background()
	var version int
	if err := w.conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version == formatVersion {
		return nil
	}
	if version != 0 {
		return fmt.Errorf("format %d; this program reads format %d", version, formatVersion)
	}
	text := fmt.Sprintf("BEGIN IMMEDIATE; %s; PRAGMA user_version = %d; COMMIT", schema, formatVersion)
	_, err := w.conn.ExecContext(ctx, text)
	return err
}

// upgrade adds what is missing in a database of an earlier version.
func (w *writer) upgrade(list [][2]string) error {
	ctx := context.Background()
	for _, x := range list {
		var n int
		if err := w.conn.QueryRowContext(ctx, x[0]).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		if _, err := w.conn.ExecContext(ctx, x[1]); err != nil {
			return err
		}
	}
	return nil
}

// do executes a request and waits until it is committed.
func (w *writer) do(ctx context.Context, solo bool, f func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := &request{f, make(chan error, 1), solo}
	select {
	case <-w.closing:
		return errClosed
	default:
	}
	select {
	case w.requests <- r:
	case <-w.closing:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-r.done:
		return err
	case <-w.done: // the request came while the writer was closing
		select {
		case err := <-r.done:
			return err
		default:
			return errClosed
		}
	}
}

func (w *writer) run() {
	defer close(w.done)
	var list []*request
	for {
		list = list[:0]
		select {
		case r := <-w.requests:
			list = append(list, r)
		case <-w.closing:
		}
	more:
		for len(list) < batch {
			select {
			case r := <-w.requests:
				list = append(list, r)
			default:
				break more
			}
		}
		if len(list) == 0 {
			return // closing, and nothing waits
		}
		w.commit(list)
	}
}

// commit executes requests in one transaction, and answers them.
func (w *writer) commit(list []*request) {
	for len(list) > 0 && list[0].solo {
		list[0].done <- list[0].do(&tx{w})
		list = list[1:]
	}
	end := 0
	for end < len(list) && !list[end].solo {
		end++
	}
	if end == 0 {
		return
	}
	defer w.commit(list[end:])
	list = list[:end]
	errs := make([]error, len(list))
	t := &tx{w}
	err := t.exec("BEGIN IMMEDIATE")
	for i := 0; i < len(list) && err == nil; i++ {
		if err = t.exec("SAVEPOINT request"); err != nil {
			break
		}
		if errs[i] = list[i].do(t); errs[i] != nil && t.exec("ROLLBACK TO request") != nil {
			err = errs[i] // such as a full disk, after which SQLite has rolled back everything by itself
		}
		if err == nil {
			err = t.exec("RELEASE request")
		}
	}
	if err == nil && w.before != nil {
		err = w.before()
	}
	if err == nil {
		err = t.exec("COMMIT")
	}
	if err != nil {
		t.exec("ROLLBACK") // fails if SQLite has rolled back by itself
	}
	for i, r := range list {
		if err != nil {
			r.done <- fmt.Errorf("storage: %w", err)
		} else {
			r.done <- errs[i]
		}
	}
}

// close commits what waits, and closes the database.
func (w *writer) close() error {
	w.once.Do(func() { close(w.closing) })
	<-w.done
	return errors.Join(w.conn.Close(), w.db.Close())
}

// A tx executes statements of a request. Their texts are constant: each is prepared once.
type tx struct{ w *writer }

func (t *tx) statement(text string) (*sql.Stmt, error) {
	if s := t.w.prepared[text]; s != nil {
		return s, nil
	}
	s, err := t.w.conn.PrepareContext(context.Background(), text)
	if err == nil {
		t.w.prepared[text] = s
	}
	return s, err
}

func (t *tx) exec(text string, args ...any) error {
	_, err := t.change(text, args...)
	return err
}

// change executes a statement and returns the number of rows that it changed.
func (t *tx) change(text string, args ...any) (int64, error) {
	s, err := t.statement(text)
	if err != nil {
		return 0, err
	}
	r, err := s.Exec(args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// row reads the only row of a query. It returns ErrUnknown if there is none.
func (t *tx) row(text string, args []any, to ...any) error {
	s, err := t.statement(text)
	if err != nil {
		return err
	}
	if err = s.QueryRow(args...).Scan(to...); errors.Is(err, sql.ErrNoRows) {
		return ErrUnknown
	}
	return err
}

// rows calls f for each row of a query. f must not execute other statements.
func (t *tx) rows(text string, args []any, f func(scan func(...any) error) error) error {
	s, err := t.statement(text)
	if err != nil {
		return err
	}
	return each(s.Query(args...))(f)
}

// each reads the result of a query.
func each(rows *sql.Rows, err error) func(func(scan func(...any) error) error) error {
	return func(f func(func(...any) error) error) error {
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := f(rows.Scan); err != nil {
				return err
			}
		}
		return rows.Err()
	}
}

func (db *DB) write(ctx context.Context, f func(*tx) error) error {
	if db.writer == nil {
		return errors.New("storage: the database is open for reading only")
	}
	return db.writer.do(ctx, false, f)
}
