package pass

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"

	"abtool/byproduct"
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

// Shares reads how much of a whole HIT annotators were given. Stores without such columns have whole HITs.
type Shares struct{ given, whole *columnar.Values }

// Ask adds the columns of pages or images to those that are read.
func (s *Shares) Ask(t *columnar.Table, of string, to map[string]**columnar.Values) {
	if given, whole := "given_"+of, "whole_"+of; t.Has(given) {
		to[given], to[whole] = &s.given, &s.whole
	}
}

// At returns the share of row i.
func (s *Shares) At(i int) byproduct.Share {
	if s.given == nil {
		return byproduct.ShareOf(columnar.Null, columnar.Null)
	}
	return byproduct.ShareOf(s.given.Ints[i], s.whole.Ints[i])
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
