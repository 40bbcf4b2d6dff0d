package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// ErrPostgres is the error of a backup of a study in PostgreSQL, whose own programs make it.
var ErrPostgres = errors.New("the study is in PostgreSQL")

// Backup writes a copy of the database of a study into a file, as it is at one moment, while a server may write. Then
// it reads the copy: its structure is checked, and everything that is counted or has a digest is compared. An earlier
// copy is replaced once this one is complete; another file is not. The error is os.ErrNotExist if the study was never
// served.
func (h Home) Backup(ctx context.Context, file string) (c Checked, err error) {
	e, err := h.engine()
	if err != nil {
		return c, err
	}
	if err := earlier(ctx, e, file); err != nil {
		return c, err
	}
	err = copySQLite(ctx, e, file, func(half engine) (err error) {
		c, err = checkCopy(ctx, half)
		return err
	})
	return c, err
}

// BackupIdentities writes a copy of the platforms' ids of annotators into a file, as Backup does. The error is
// os.ErrNotExist if the study has none.
func (h Home) BackupIdentities(ctx context.Context, file string) error {
	e, err := h.engine()
	if err != nil {
		return err
	}
	return copySQLite(ctx, e.identities(), file, func(half engine) error {
		q, err := half.pool(false)
		if err != nil {
			return err
		}
		defer q.Close()
		_, err = half.format(ctx, q)
		return err
	})
}

// earlier returns an error if a file is there that is not an earlier copy of the study.
func earlier(ctx context.Context, e engine, file string) error {
	if _, ok := e.(sqlite); !ok {
		return ErrPostgres
	}
	if err := e.exists(); err != nil {
		return err
	}
	if err := logOf(file); err != nil {
		return err
	}
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	want, err := studyOf(ctx, e)
	if err != nil {
		return fmt.Errorf("%v: %w", e, err)
	}
	have, err := studyOf(ctx, sqlite(file))
	switch {
	case err != nil:
		return fmt.Errorf("%s is there, and is not the database of a study (%w): it is not replaced; copy to another place", file, err)
	case have != want:
		return fmt.Errorf("%s is the database of another study: it is not replaced; copy to another place", file)
	}
	return nil
}

// studyOf returns what tells studies apart, which copies share. Studies of earlier versions have no id, but keys.
func studyOf(ctx context.Context, e engine) (id string, err error) {
	db, err := e.pool(false)
	if err != nil {
		return "", err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, `SELECT coalesce((SELECT value FROM meta WHERE key = 'study'),
		(SELECT value FROM meta WHERE key = 'keys'), '')`).Scan(&id)
	return id, err
}

// logOf returns an error if a database has a log. SQLite would apply it to a file that takes the place of the database.
func logOf(file string) error {
	for _, end := range []string{"-wal", "-journal"} {
		if _, err := os.Lstat(file + end); err == nil {
			return fmt.Errorf("%s is there: %s is in use, or its program was killed; copy to another place", file+end, file)
		}
	}
	return nil
}

// copySQLite writes a copy of a database, which has no log and no unused places. It is put in place when it is
// synced and check has accepted it.
func copySQLite(ctx context.Context, e engine, to string, check func(half engine) error) (err error) {
	if _, ok := e.(sqlite); !ok {
		return ErrPostgres
	}
	if err := e.exists(); err != nil {
		return err
	}
	if err := logOf(to); err != nil {
		return err
	}
	readers, err := e.pool(false)
	if err != nil {
		return err
	}
	defer readers.Close()
	from, err := readers.Conn(ctx)
	if err != nil {
		return err
	}
	defer from.Close()
	half := to + ".half"
	if err := os.Remove(half); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	// SQLite takes an empty file, which others must not be able to read from the beginning.
	f, err := os.OpenFile(half, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(half)
		}
	}()
	_, err = from.ExecContext(ctx, "PRAGMA query_only = 0") // VACUUM INTO writes, though not to this database
	if err == nil {
		_, err = from.ExecContext(ctx, "VACUUM INTO ?", half)
	}
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("copying %v: %w", e, err)
	}
	if err := check(sqlite(half)); err != nil {
		return fmt.Errorf("the copy of %v: %w", e, err)
	}
	return os.Rename(half, to)
}

// checkCopy compares everything in a copy, and returns an error if something differs.
func checkCopy(ctx context.Context, e engine) (c Checked, err error) {
	db, err := openRead(e)
	if err != nil {
		return c, err
	}
	var wrong []error
	err = db.View(ctx, func(v *View) (err error) {
		c, err = v.Check(func(where, what string) {
			if len(wrong) < 10 {
				wrong = append(wrong, fmt.Errorf("%s: %s", where, what))
			}
		})
		return err
	})
	return c, errors.Join(errors.Join(wrong...), err, db.Close())
}
