package storage

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// batch is the largest number of requests in one transaction.
const batch = 256

// A writer executes requests one after another. It takes the requests that wait and commits them together.
// Each has a savepoint: a request that fails leaves nothing, and does not disturb the others.
type writer struct {
	engine   engine
	db       *sql.DB
	conn     *sql.Conn // nil: to be opened again
	prepared map[string]*sql.Stmt
	requests chan *request
	closing  chan struct{}
	done     chan struct{}
	once     sync.Once
	before   func() error

	mu   sync.Mutex
	load Load
}

// Load says how much is written.
type Load struct {
	Waiting  int           // requests
	Requests int64         // that were executed
	Commits  int64         // transactions that were committed
	Failed   int64         // transactions that failed
	Time     time.Duration // spent in transactions
}

type request struct {
	do   func(*tx) error
	done chan error
	solo bool // not within a transaction
}

var errClosed = errors.New("storage: the database is closed")

func openWriter(e engine, schema string, before func() error) (*writer, error) {
	db, err := e.pool(true)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	w := &writer{engine: e, db: db, requests: make(chan *request, batch), closing: make(chan struct{}), done: make(chan struct{}), before: before}
	if err = w.connect(); err == nil {
		err = w.create(schema)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	go w.run()
	return w, nil
}

// connect opens the connection if there is none.
func (w *writer) connect() (err error) {
	if w.conn != nil {
		return nil
	}
	w.prepared = map[string]*sql.Stmt{}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if w.conn, err = w.db.Conn(ctx); err != nil {
		if w.engine.reconnects() { // not wrapped: see format
			return fmt.Errorf("%v cannot be opened: %v", w.engine, err)
		}
		return fmt.Errorf("%v cannot be opened: %w", w.engine, err)
	}
	if err := w.engine.usable(ctx, w.conn); err != nil {
		w.disconnect()
		return err
	}
	return nil
}

// disconnect ends the connection, so that the next request opens another one.
func (w *writer) disconnect() {
	w.conn.Raw(func(any) error { return driver.ErrBadConn }) // does not go back to the pool
	w.conn.Close()
	w.conn = nil
}

// patience is how long a statement may take.
const patience = time.Minute

// create makes the tables of a new database.
func (w *writer) create(schema string) error {
	version, err := w.engine.format(context.Background(), w.conn)
	if err != nil {
		return fmt.Errorf("%v is not the database of a study: %w", w.engine, err)
	}
	if version > 0 {
		return checkFormat(w.engine, version)
	}
	return w.transaction(func(t *tx) error {
		// Another server may have made them meanwhile.
		if version, err := w.engine.format(context.Background(), w.conn); err != nil || version > 0 {
			return err
		}
		var study [16]byte
		rand.Read(study[:])
		schema = strings.ReplaceAll(schema, "{study}", hex.EncodeToString(study[:]))
		return t.script(slices.Concat(w.engine.create(), statements(schema), w.engine.setFormat(FormatVersion)))
	})
}

// transaction executes f in a transaction. Nobody else uses the connection meanwhile.
func (w *writer) transaction(f func(*tx) error) error {
	t := &tx{w, context.Background()}
	err := t.begin()
	if err == nil {
		err = f(t)
	}
	if err == nil {
		err = t.exec("COMMIT")
	}
	if err != nil {
		t.exec("ROLLBACK")
		return fmt.Errorf("%v: %w", w.engine, err)
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
	ctx := context.Background()
	if w.engine.reconnects() { // a network may swallow what it is given
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	for len(list) > 0 && list[0].solo {
		err := w.connect()
		if err == nil {
			err = list[0].do(&tx{w, context.Background()})
		}
		list[0].done <- err
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
	began := time.Now()
	t := &tx{w, ctx}
	err := w.ready(t)
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
	if err != nil && w.conn != nil {
		// This fails if SQLite has rolled back by itself, or if the connection is lost.
		if t.exec("ROLLBACK") != nil && w.engine.reconnects() {
			w.disconnect()
		}
	}
	w.count(len(list), err, time.Since(began))
	for i, r := range list {
		if err != nil {
			r.done <- fmt.Errorf("storage: %w", err)
		} else {
			r.done <- errs[i]
		}
	}
}

// count counts a transaction.
func (w *writer) count(requests int, err error, took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.load.Requests += int64(requests)
	w.load.Time += took
	if err == nil {
		w.load.Commits++
	} else {
		w.load.Failed++
	}
}

// ready begins a transaction. A connection that was lost while nobody used it is opened again.
func (w *writer) ready(t *tx) error {
	err := w.connect()
	if err == nil {
		err = t.begin()
	}
	if err != nil && w.conn != nil && w.engine.reconnects() {
		t.exec("ROLLBACK")
		w.disconnect()
		if err = w.connect(); err == nil {
			err = t.begin()
		}
	}
	return err
}

// close commits what waits, and closes the database.
func (w *writer) close() error {
	w.once.Do(func() { close(w.closing) })
	<-w.done
	if w.conn == nil {
		return w.db.Close()
	}
	return errors.Join(w.conn.Close(), w.db.Close())
}

// A tx executes statements of a request. Their texts are constant: each is prepared once.
type tx struct {
	w   *writer
	ctx context.Context
}

func (t *tx) begin() error {
	for _, s := range t.w.engine.begin() {
		if err := t.exec(s); err != nil {
			return err
		}
	}
	return nil
}

// script executes statements that are not needed again.
func (t *tx) script(all []string) error {
	for _, s := range all {
		if _, err := t.w.conn.ExecContext(t.ctx, t.w.engine.text(s)); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) statement(text string) (*sql.Stmt, error) {
	if s := t.w.prepared[text]; s != nil {
		return s, nil
	}
	s, err := t.w.conn.PrepareContext(t.ctx, t.w.engine.text(text))
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
	r, err := s.ExecContext(t.ctx, args...)
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
	if err = s.QueryRowContext(t.ctx, args...).Scan(to...); errors.Is(err, sql.ErrNoRows) {
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
	return each(s.QueryContext(t.ctx, args...))(f)
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
