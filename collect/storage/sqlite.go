package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// File is the name of the database in the folder of a study, and IdentityFile of that of the identities.
const (
	File         = "collect.db"
	IdentityFile = "identity.db"
)

// sqlite is a file, given by its path.
type sqlite string

func (e sqlite) String() string { return string(e) }

func (e sqlite) identities() engine {
	return sqlite(filepath.Join(filepath.Dir(string(e)), IdentityFile))
}

func (e sqlite) exists() error {
	_, err := os.Stat(string(e))
	return err
}

// pool opens connections with the settings without which a commit could be lost or deleted bytes be read.
func (e sqlite) pool(write bool) (*sql.DB, error) {
	address := "file:" + (&url.URL{Path: string(e)}).EscapedPath() + "?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)" +
		"&_pragma=secure_delete(1)&_pragma=synchronous(FULL)"
	if !write {
		return sql.Open("sqlite", address+"&_pragma=query_only(1)")
	}
	if err := checkPlace(filepath.Dir(string(e))); err != nil {
		return nil, err
	}
	// SQLite gives its log the mode of the database, so that has to be right from the beginning.
	f, err := os.OpenFile(string(e), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	return sql.Open("sqlite", address+"&_pragma=journal_mode(WAL)")
}

func (sqlite) text(statement string) string { return statement }

func (sqlite) isolation() sql.IsolationLevel { return sql.LevelDefault }

func (sqlite) begin() []string { return []string{"BEGIN IMMEDIATE"} }

func (sqlite) reconnects() bool { return false }

func (sqlite) usable(context.Context, querier) error { return nil }

func (sqlite) format(ctx context.Context, q querier) (version int, err error) {
	err = q.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	return version, err
}

func (sqlite) create() []string { return nil }

func (sqlite) setFormat(version int) []string {
	return []string{fmt.Sprintf("PRAGMA user_version = %d", version), setFormat(version)}
}

// clean moves everything from the log into the database, and empties the log; with rewrite, it writes the whole
// database again before. It does not wait long for readers, because nobody else can write meanwhile.
func (sqlite) clean(t *tx, rewrite bool) error {
	if rewrite {
		if err := t.exec("VACUUM"); err != nil {
			return err
		}
	}
	var busy, log, moved, ms int
	if err := t.row("PRAGMA busy_timeout = 100", nil, &ms); err != nil {
		return err
	}
	err := t.row("PRAGMA wal_checkpoint(TRUNCATE)", nil, &busy, &log, &moved)
	err = errors.Join(err, t.row("PRAGMA busy_timeout = 10000", nil, &ms))
	if err == nil && busy != 0 {
		err = errBeingRead
	}
	return err
}

func (sqlite) damage(v *View) (text string, err error) {
	if err = v.row("PRAGMA quick_check(1)").Scan(&text); text == "ok" {
		text = ""
	}
	return text, err
}

func (e sqlite) space() (free, all uint64, err error) { return Space(filepath.Dir(string(e))) }
