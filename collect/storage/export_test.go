package storage

import (
	"context"
	"fmt"
)

// LeaveRoom lets the database grow by n pages and no more, as on a disk that is nearly full; a negative n lifts
// the limit.
func (db *DB) LeaveRoom(n int) error {
	return db.writer.do(context.Background(), true, func(t *tx) error {
		most := 1 << 30
		if n >= 0 {
			var used int
			if err := db.writer.conn.QueryRowContext(context.Background(), "PRAGMA page_count").Scan(&used); err != nil {
				return err
			}
			most = used + n
		}
		_, err := db.writer.conn.ExecContext(context.Background(), fmt.Sprintf("PRAGMA max_page_count = %d", most))
		return err
	})
}

// Left returns the mark of traces of what was deleted.
func (i *Identities) Left(ctx context.Context) (string, error) {
	value, _, err := i.left(ctx)
	return value, err
}

// Settle ends a Finish that found a mark.
func (i *Identities) Settle(ctx context.Context, mark string) (bool, error) {
	return i.w.settle(ctx, mark)
}

// InPostgres returns the statements of a text as PostgreSQL gets them.
func InPostgres(text string) (all []string) {
	for _, s := range statements(text) {
		all = append(all, new(postgres).text(s))
	}
	return all
}

var TooMany = tooMany
