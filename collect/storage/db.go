// Package storage keeps a study: the plan, visits, assignments, pages and chunks.
//
// The database is SQLite in the study's folder. A method that writes returns after its transaction is
// committed and synced. One goroutine writes: it commits what has come meanwhile in one transaction, so that
// many annotators share the cost of a sync. Reads have connections that see only what is committed.
//
// Platforms' ids of annotators are in another file, identity.db ([Identities]).
package storage

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

//go:embed schema.sql
var schema string

//go:embed identity.sql
var identitySchema string

// upgrades are what earlier versions of the program did not make, by file: a question whose answer is 0 if it is
// missing, and the statement that adds it.
var upgrades = map[string][][2]string{
	File: {
		{"SELECT count(*) FROM pragma_table_info('visit') WHERE name = 'ticket'", "ALTER TABLE visit ADD COLUMN ticket TEXT NOT NULL DEFAULT ''"},
		{"SELECT count(*) FROM pragma_table_info('visit') WHERE name = 'own'", "ALTER TABLE visit ADD COLUMN own INTEGER NOT NULL DEFAULT 1"},
	},
	IdentityFile: {
		{"SELECT count(*) FROM sqlite_schema WHERE name = 'entry'", entryTable},
		{"SELECT count(*) FROM sqlite_schema WHERE name = 'payment'", paymentTable},
	},
}

// Tables of identity.db. An entry is how a visit began; a payment is what is kept of somebody who was erased.
const (
	entryTable = `CREATE TABLE entry (visit INTEGER PRIMARY KEY, worker TEXT NOT NULL, platform TEXT NOT NULL, params TEXT NOT NULL,
		seen INTEGER NOT NULL)`
	paymentTable = `CREATE TABLE payment (code TEXT PRIMARY KEY, platform TEXT NOT NULL, platform_id TEXT NOT NULL, params TEXT NOT NULL,
		submitted INTEGER NOT NULL, decision TEXT NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID`
)

// formatVersion is the version of the tables, in meta.
const formatVersion = 1

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
	path    string
	readers *sql.DB
	writer  *writer
}

// Options are for tests and for the server.
type Options struct {
	BeforeCommit func() error // called before each transaction is committed; an error rolls it back
}

// File is the name of the database in the folder of a study.
const File = "collect.db"

// Open opens the database in a folder, and makes it if there is none.
func Open(dir string, o Options) (*DB, error) {
	if err := checkPlace(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, File)
	w, err := openWriter(path, schema, o.BeforeCommit)
	if err != nil {
		return nil, err
	}
	readers, err := openReaders(path)
	if err != nil {
		w.close()
		return nil, err
	}
	db := &DB{path: path, readers: readers, writer: w}
	if err := db.makeCompat(context.Background()); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// OpenRead opens the database in a folder for reading. A server may write to it at the same time. The error
// is os.ErrNotExist if the study was never served.
func OpenRead(dir string) (*DB, error) {
	path := filepath.Join(dir, File)
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	readers, err := openReaders(path)
	if err != nil {
		return nil, err
	}
	db := &DB{path: path, readers: readers}
	if err := checkFormat(readers.QueryRow, path); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

func openReaders(path string) (*sql.DB, error) {
	readers, err := sql.Open("sqlite", address(path)+"&_pragma=query_only(1)")
	if err != nil {
		return nil, err
	}
	readers.SetMaxOpenConns(8)
	readers.SetMaxIdleConns(8)
	return readers, nil
}

// address returns the address of a database for the driver, with the settings of each connection.
func address(path string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)" +
		"&_pragma=secure_delete(1)&_pragma=synchronous(FULL)"
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

// checkFormat returns an error for a database of another version.
func checkFormat(query func(string, ...any) *sql.Row, path string) error {
	var version int
	err := query("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'format'").Scan(&version)
	if err != nil {
		return fmt.Errorf("%s is not the database of a study: %w", path, err)
	}
	if version != formatVersion {
		return fmt.Errorf("%s has format %d; this program reads format %d", path, version, formatVersion)
	}
	return nil
}
