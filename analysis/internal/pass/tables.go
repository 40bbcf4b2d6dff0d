package pass

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"

	"abtool/internal/parallel"
	"abtool/store/columnar"
)

// EachGroup calls f for each row group of a table, in as many goroutines as there are workers.
func EachGroup(
	ctx context.Context, t *columnar.Table, workers int, progress func(done, total int64),
	f func(worker, group int) error,
) error {
	var done atomic.Int64
	return parallel.Each(ctx, workers, t.Groups(), func(worker, group int) error {
		err := f(worker, group)
		if progress != nil {
			progress(done.Add(t.GroupRows(group)), t.Rows())
		}
		return err
	})
}

// Bind opens a reader of the columns in to and in more, and points each variable of to to its column.
func Bind(t *columnar.Table, to map[string]**columnar.Values, more ...string) (*columnar.Reader, error) {
	r, err := t.Reader(append(slices.Sorted(maps.Keys(to)), more...)...)
	if err != nil {
		return nil, err
	}
	for name, at := range to {
		*at = r.Column(name)
	}
	return r, nil
}
