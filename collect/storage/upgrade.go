package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Upgrade changes the tables of an earlier version of this program into those of this version, each database in one
// transaction, and returns the version that the study had. Nobody may serve the study meanwhile. The error is
// os.ErrNotExist if the study was never served.
func (h Home) Upgrade(ctx context.Context) (from int, err error) {
	e, err := h.engine()
	if err != nil {
		return 0, err
	}
	if from, err = upgrade(ctx, e, func(m migration) string { return m.study }); err != nil {
		return from, err
	}
	_, err = upgrade(ctx, e.identities(), func(m migration) string { return m.identities })
	if errors.Is(err, os.ErrNotExist) { // the first start was interrupted
		err = nil
	}
	return from, err
}

func upgrade(ctx context.Context, e engine, text func(migration) string) (from int, err error) {
	if err := e.exists(); err != nil {
		return 0, err
	}
	db, err := e.pool(true)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	w := &writer{engine: e, db: db}
	if err := w.connect(); err != nil {
		return 0, err
	}
	defer w.disconnect()
	err = w.transaction(func(t *tx) error {
		if from, err = e.format(ctx, w.conn); err != nil {
			return err
		}
		switch {
		case from == 0:
			return fmt.Errorf("it has no tables of a study: %w", os.ErrNotExist)
		case from > FormatVersion:
			return checkFormat(e, from)
		}
		for _, m := range migrations[from-1:] {
			if err := t.script(statements(text(m))); err != nil {
				return err
			}
		}
		return t.script(e.setFormat(FormatVersion))
	})
	return from, err
}
