package analysis

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"

	"abtool/byproduct"
	"abtool/internal/parallel"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// An engine runs statistics over a data set of a store, in one pass over each of its tables. This is what the engines
// of both data sets have.
type engine struct {
	o       Options
	workers *byproduct.Names
	hits    *byproduct.Names // ImageNet: assignments
	cluster *byproduct.Names
	weeks   *byproduct.Names
	ratios  *stat.Ratios // after the pass
	boot    *stat.Bootstrap
}

func newEngine(o Options) engine {
	return engine{
		o: o, workers: byproduct.NewNames(), hits: byproduct.NewNames(), cluster: byproduct.NewNames(), weeks: byproduct.NewNames(),
	}
}

// resample draws samples of the annotators for ratios; nil if none are asked for.
func (e *engine) resample(r *stat.Ratios) *stat.Bootstrap {
	if e.o.Bootstrap <= 0 {
		return nil
	}
	return r.Resample(e.cluster.Sorted(), e.o.Bootstrap, e.o.Seed, e.o.Jobs)
}

// ratio is the value of a ratio over annotators, with its interval.
func (e *engine) ratio(name, title, unit, of string, id stat.RatioID) Value {
	return describe(e.ratios, e.boot, name, title, unit, of, id)
}

// A maker makes a statistic of the engine E, once for each goroutine. What the statistic counts in the ratios is merged
// without it.
type maker[E any] func(E, *stat.Ratios) gathered[E]

// gathered is a statistic as one goroutine gathers it.
type gathered[E any] struct {
	statistic any
	merge     func(from any)
	result    func(E, *Statistic)
}

// gathers returns the maker of a statistic, which has those methods of its data set's calls that it needs. What it merges
// must not depend on the order.
func gathers[E any, T interface {
	Merge(T)
	Result(E, *Statistic)
}](make func(E, *stat.Ratios) T) maker[E] {
	return func(e E, r *stat.Ratios) gathered[E] {
		s := make(e, r)
		return gathered[E]{s, func(from any) { s.Merge(from.(T)) }, s.Result}
	}
}

// A gathering is all statistics as one goroutine gathers them.
type gathering[E any] struct {
	all    []gathered[E]
	ratios *stat.Ratios
}

func newGathering[E any](e E, entries []*Entry, maker func(*Entry) maker[E]) gathering[E] {
	g := gathering[E]{ratios: &stat.Ratios{}}
	for _, entry := range entries {
		g.all = append(g.all, maker(entry)(e, g.ratios))
	}
	return g
}

// that returns the statistics that have the methods of M.
func that[M, E any](g gathering[E]) (some []M) {
	for _, s := range g.all {
		if m, ok := s.statistic.(M); ok {
			some = append(some, m)
		}
	}
	return some
}

// merge adds what another goroutine gathered.
func (g gathering[E]) merge(o gathering[E]) {
	for i := range g.all {
		g.all[i].merge(o.all[i].statistic)
	}
	g.ratios.Merge(o.ratios)
}

// results are those of a gathering into which all others were merged.
func (g gathering[E]) results(e E, base *engine, entries []*Entry) []Statistic {
	base.ratios = g.ratios
	base.boot = base.resample(g.ratios)
	out := make([]Statistic, len(g.all))
	parallel.For(base.o.Jobs, len(out), func(i int) {
		out[i] = entries[i].statistic()
		g.all[i].result(e, &out[i])
	})
	return out
}

// eachGroup gives the row groups of a table to as many goroutines as there are workers.
func eachGroup(ctx context.Context, t *columnar.Table, workers int, progress func(done, total int64), f func(worker, group int) error) error {
	var done atomic.Int64
	return parallel.Each(ctx, workers, t.Groups(), func(worker, group int) error {
		err := f(worker, group)
		if progress != nil {
			progress(done.Add(t.GroupRows(group)), t.Rows())
		}
		return err
	})
}

// bind opens a reader of columns, and of more, and says where each of the first is.
func bind(t *columnar.Table, to map[string]**columnar.Values, more ...string) (*columnar.Reader, error) {
	r, err := t.Reader(append(slices.Sorted(maps.Keys(to)), more...)...)
	if err != nil {
		return nil, err
	}
	for name, at := range to {
		*at = r.Column(name)
	}
	return r, nil
}
