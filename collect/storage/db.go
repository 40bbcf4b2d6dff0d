// Package storage keeps a study: the plan, visits, assignments, pages and chunks.
//
// The database is SQLite in the study's folder, or a schema of PostgreSQL ([Home]). A method that writes returns
// after its transaction is committed and synced. One goroutine writes: it commits what has come meanwhile in one
// transaction, so that many annotators share the cost of a sync. Reads have connections that see only what is
// committed.
//
// Platforms' ids of annotators are in another file or schema ([Identities]).
package storage

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"strconv"
)

//go:embed schema.sql
var schema string

//go:embed identity.sql
var identitySchema string

// Errors of the methods that write. Others mean that nothing was stored and that the same call may succeed
// later: the disk is full, for example.
var (
	ErrUnknown   = errors.New("storage: unknown")                                          // no such worker, page or assignment
	ErrDiffers   = errors.New("storage: other content was stored before")                  // of a chunk or a submit
	ErrStart     = errors.New("storage: the attempt began at another time")                // of a chunk
	ErrEnded     = errors.New("storage: the attempt was submitted without this chunk")     // of a chunk
	ErrTooMuch   = errors.New("storage: the page has too many chunks, events or bytes")    // MaxChunks, MaxEvents, MaxBytes
	ErrWithdrawn = errors.New("storage: the annotator has withdrawn")                      // nothing more is stored
	ErrElsewhere = errors.New("storage: the annotator is at work in another visit")        // of a lease
	ErrState     = errors.New("storage: the annotator has not agreed to the current text") // before the consent
)

// A DB is the database of a study. Several goroutines can call its methods.
type DB struct {
	engine  engine
	readers *sql.DB
	writer  *writer
}

// Options are for tests and for the server.
type Options struct {
	BeforeCommit func() error // called before each transaction is committed; an error rolls it back
}

// Open opens the database of a study, and makes it if there is none.
func (h Home) Open(o Options) (*DB, error) {
	e, err := h.engine()
	if err != nil {
		return nil, err
	}
	w, err := openWriter(e, schema, o.BeforeCommit)
	if err != nil {
		return nil, err
	}
	readers, err := openReaders(e)
	if err != nil {
		w.close()
		return nil, err
	}
	return &DB{engine: e, readers: readers, writer: w}, nil
}

// OpenRead opens the database of a study for reading. A server may write to it at the same time. The error is
// os.ErrNotExist if the study was never served.
func (h Home) OpenRead() (*DB, error) {
	e, err := h.engine()
	if err != nil {
		return nil, err
	}
	return openRead(e)
}

func openRead(e engine) (*DB, error) {
	if err := e.exists(); err != nil {
		return nil, err
	}
	readers, err := openReaders(e)
	if err != nil {
		return nil, err
	}
	db := &DB{engine: e, readers: readers}
	version, err := e.format(context.Background(), readers)
	switch {
	case err != nil:
	case version == 0:
		err = fmt.Errorf("%v has no tables of a study: %w", e, os.ErrNotExist)
	default:
		err = checkFormat(e, version)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func openReaders(e engine) (*sql.DB, error) {
	readers, err := e.pool(false)
	if err != nil {
		return nil, err
	}
	readers.SetMaxOpenConns(8)
	readers.SetMaxIdleConns(8)
	return readers, nil
}

// Close commits what has been accepted and closes the database.
func (db *DB) Close() error {
	var err error
	if db.writer != nil {
		err = db.writer.close()
	}
	return errors.Join(err, db.readers.Close())
}

// Ping writes to the database and returns an error if that is not possible.
func (db *DB) Ping(ctx context.Context, now int64) error {
	return db.write(ctx, func(t *tx) error {
		return t.exec("INSERT INTO meta VALUES ('ping', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
			strconv.FormatInt(now, 10))
	})
}

// Claim notes whose keys the study has. The error is ErrDiffers if it has others: then its pseudonyms and codes would
// not be those of before.
func (db *DB) Claim(ctx context.Context, fingerprint string) error {
	return db.write(ctx, func(t *tx) error {
		if err := t.exec("INSERT INTO meta VALUES ('keys', ?) ON CONFLICT DO NOTHING", fingerprint); err != nil {
			return err
		}
		var have string
		if err := t.row("SELECT value FROM meta WHERE key = 'keys'", nil, &have); err != nil {
			return err
		}
		if have != fingerprint {
			return ErrDiffers
		}
		return nil
	})
}

// Load returns how much was written since the database was opened.
func (db *DB) Load() (l Load) {
	if w := db.writer; w != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		l = w.load
		l.Waiting = len(w.requests)
	}
	return l
}

// Space returns the number of bytes that can be written to the disk of the database, and of all bytes of its file
// system. The error says that they are not known.
func (db *DB) Space() (free, all uint64, err error) { return db.engine.space() }

func (db *DB) row(ctx context.Context, text string, args ...any) *sql.Row {
	return db.readers.QueryRowContext(ctx, db.engine.text(text), args...)
}
