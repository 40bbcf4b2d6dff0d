package analysis

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"abtool/byproduct"
	"abtool/internal/parallel"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// An engine runs statistics over a data set of a store, in one pass over each of its tables. This is what
// the engines of both data sets have.
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
		o: o, workers: byproduct.NewNames(), hits: byproduct.NewNames(),
		cluster: byproduct.NewNames(), weeks: byproduct.NewNames(),
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

// week returns the number of the ISO week of a time, named as 2021-W52; −1 for unknown.
func (e *engine) week(ms int64) int32 {
	if ms == columnar.Null {
		return -1
	}
	y, w := time.UnixMilli(ms).UTC().ISOWeek()
	return e.weeks.ID(fmt.Sprintf("%04d-W%02d", y, w))
}

// anonymousClusters is the number of clusters that rows without worker and HIT are spread over.
const anonymousClusters = 1024

// anonymous returns the cluster of an image's rows without worker and HIT, by a hash of the image, which
// makes such rows effectively independent.
func (e *engine) anonymous(image string) int32 {
	h := fnv.New32a()
	h.Write([]byte(image))
	return e.cluster.ID(fmt.Sprintf("image %04d", h.Sum32()%anonymousClusters))
}

// people are those who made the rows of a row group.
type people struct {
	*engine
	worker, hit *columnar.Values

	workerIDs, hitIDs, clusterIDs []int32 // numbers, by place in the columns' Dict
}

// update must be called when another row group was read.
func (p *people) update() {
	p.workerIDs = p.workers.Number(p.workerIDs[:0], p.worker.Dict)
	p.hitIDs = p.hits.Number(p.hitIDs[:0], p.hit.Dict)
	p.clusterIDs = p.clusterIDs[:0]
	for _, s := range p.worker.Dict {
		p.clusterIDs = append(p.clusterIDs, p.cluster.ID("worker "+s))
	}
}

// of returns the numbers of the worker and the HIT of row i, −1 for unknown, and of its cluster: its
// worker; without one its HIT; without both an anonymous one.
func (p *people) of(i int, image func() string) (worker, hit, cluster int32) {
	worker, hit, cluster = -1, -1, -1
	if k := p.hit.Index[i]; k >= 0 {
		hit = p.hitIDs[k]
	}
	if k := p.worker.Index[i]; k >= 0 {
		worker, cluster = p.workerIDs[k], p.clusterIDs[k]
	} else if name, ok := p.hit.Text(i); ok {
		cluster = p.cluster.ID("hit " + name)
	} else {
		cluster = p.anonymous(image())
	}
	return worker, hit, cluster
}

// A maker makes a statistic for an engine, once for each goroutine. What the statistic counts in the ratios
// is merged without it.
type maker func(engine any, r *stat.Ratios) gathered

// gathered is a statistic as one goroutine gathers it.
type gathered struct {
	statistic any
	merge     func(from any)
	result    func(*Statistic)
}

// gathers returns the maker of a statistic of the engine E, which has those methods of its data set's calls
// that it needs. What it merges must not depend on the order.
func gathers[E any, T interface {
	Merge(T)
	Result(E, *Statistic)
}](make func(E, *stat.Ratios) T) maker {
	return func(engine any, r *stat.Ratios) gathered {
		e := engine.(E)
		s := make(e, r)
		return gathered{s, func(from any) { s.Merge(from.(T)) }, func(r *Statistic) { s.Result(e, r) }}
	}
}

// A gathering is all statistics as one goroutine gathers them.
type gathering struct {
	all    []gathered
	ratios *stat.Ratios
}

func newGathering(engine any, entries []entry) gathering {
	g := gathering{ratios: &stat.Ratios{}}
	for _, x := range entries {
		g.all = append(g.all, x.make(engine, g.ratios))
	}
	return g
}

// that returns the statistics that have the methods of M.
func that[M any](g gathering) (some []M) {
	for _, s := range g.all {
		if m, ok := s.statistic.(M); ok {
			some = append(some, m)
		}
	}
	return some
}

// merge adds what another goroutine gathered.
func (g gathering) merge(o gathering) {
	for i := range g.all {
		g.all[i].merge(o.all[i].statistic)
	}
	g.ratios.Merge(o.ratios)
}

// results returns the statistics of a gathering into which all others were merged, with the values that
// the paper reports, by statistic and value.
func (e *engine) results(g gathering, entries []entry, published map[string]Published) []Statistic {
	e.ratios = g.ratios
	e.boot = e.resample(g.ratios)
	out := make([]Statistic, len(g.all))
	parallel.For(e.o.Jobs, len(out), func(i int) {
		out[i] = entries[i].statistic()
		g.all[i].result(&out[i])
		refer(&out[i], published)
	})
	return out
}

// eachGroup gives the row groups of a table to as many goroutines as there are workers.
func eachGroup(
	ctx context.Context, t *columnar.Table, workers int, progress func(done, total int64), f func(worker, group int) error,
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
