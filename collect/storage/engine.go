package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// An engine is a database system. Statements are written once, in the SQL that all engines share, with ? for
// arguments; the schemas are written for SQLite. What differs is here.
type engine interface {
	identities() engine                           // where the identities of the study are
	exists() error                                // os.ErrNotExist if there is certainly no database
	String() string                               // where the database is, without a password
	pool(write bool) (*sql.DB, error)             // opens connections: one that writes, or several that read
	text(statement string) string                 // a statement in the engine's SQL
	isolation() sql.IsolationLevel                // of a view
	begin() []string                              // statements that begin a transaction in which nobody else writes
	reconnects() bool                             // whether a connection may end while the database lives on
	usable(context.Context, querier) error        // an error if what is committed could be lost, or nothing can be written
	format(context.Context, querier) (int, error) // version of the tables, 0 without tables
	create() []string                             // statements before those of a schema
	setFormat(version int) []string               // statements that note the version
	clean(t *tx, rewrite bool) error              // removes traces of deleted rows; errBeingRead: not all could be
	damage(*View) (string, error)                 // what the database itself finds wrong, or ""
	space() (free, all uint64, err error)
}

// A querier is a connection or a pool of them.
type querier interface {
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

// FormatVersion is the version of the tables that this program reads.
const FormatVersion = 2

// migrations holds what changes the tables of a version into those of the next, the first one those of version 1. The
// schemas are always those of FormatVersion.
var migrations = []migration{
	{study: `ALTER TABLE visit ADD COLUMN ticket TEXT NOT NULL DEFAULT '';
		ALTER TABLE visit ADD COLUMN own BOOLEAN NOT NULL DEFAULT TRUE;
		ALTER TABLE page ADD COLUMN arm TEXT NOT NULL DEFAULT '';
		ALTER TABLE attempt ADD COLUMN blank BOOLEAN NOT NULL DEFAULT FALSE;
		CREATE TABLE compat_annotation (
		  id TEXT PRIMARY KEY, assignment TEXT NOT NULL REFERENCES assignment ON DELETE CASCADE,
		  dataset TEXT NOT NULL, arm TEXT NOT NULL, received INTEGER NOT NULL,
		  header TEXT NOT NULL -- JSON as it came, with the pseudonym for the platform's id
		) WITHOUT ROWID;
		CREATE INDEX compat_annotation_assignment ON compat_annotation (assignment);
		CREATE TABLE compat_loose (
		  annotation TEXT NOT NULL, number INTEGER NOT NULL, pageno INTEGER NOT NULL, started INTEGER NOT NULL, ended INTEGER NOT NULL,
		  received INTEGER NOT NULL, sha256 TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (annotation, number)
		);
		CREATE TABLE compat_free ( -- annotations without a HIT
		  worker TEXT NOT NULL REFERENCES worker ON DELETE CASCADE, sha256 TEXT NOT NULL, received INTEGER NOT NULL, body TEXT NOT NULL,
		  PRIMARY KEY (worker, sha256)
		)`,
		identities: `CREATE TABLE entry (visit INTEGER PRIMARY KEY, worker TEXT NOT NULL, platform TEXT NOT NULL, params TEXT NOT NULL,
			seen INTEGER NOT NULL);
		CREATE TABLE payment (code TEXT PRIMARY KEY, platform TEXT NOT NULL, platform_id TEXT NOT NULL, params TEXT NOT NULL,
			submitted INTEGER NOT NULL, decision TEXT NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID`},
}

// A migration has statements for the tables of the study and for those of the identities.
type migration struct{ study, identities string }

// errOld is the error of tables of an earlier version.
var errOld = errors.New("abtool collect upgrade makes it one of this version")

// checkFormat returns an error for tables of another version.
func checkFormat(e engine, version int) error {
	switch {
	case version > FormatVersion:
		return fmt.Errorf("%v has format %d, and this program reads format %d: use the newer abtool that wrote it", e, version, FormatVersion)
	case version < FormatVersion:
		return fmt.Errorf("%v has format %d, and this program reads format %d: %w", e, version, FormatVersion, errOld)
	}
	return nil
}

// setFormat returns the statement that notes the version of the tables.
func setFormat(version int) string {
	return fmt.Sprintf("INSERT INTO meta VALUES ('format', '%d') ON CONFLICT (key) DO UPDATE SET value = excluded.value", version)
}

// statements divides a text at semicolons. Comments and texts in it have none.
func statements(text string) (all []string) {
	var lines []string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "--")
		lines = append(lines, line)
	}
	for part := range strings.SplitSeq(strings.Join(lines, "\n"), ";") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}
