package pass

import (
	"abtool/analysis/result"
	"abtool/internal/parallel"
	"abtool/internal/stat"
)

// An Entry is a statistic with what makes it.
type Entry struct {
	result.Entry
	Make Maker
}

// A Maker makes a statistic for an engine, once for each goroutine.
type Maker func(engine any, c *Counts) gathered

// gathered is a statistic as one goroutine gathers it.
type gathered struct {
	*Counts
	statistic any
	merge     func(from any)
	result    func(*result.Statistic)
}

// Gathers returns the maker of a statistic of the engine E, which has those methods of its data set's calls
// that it needs, and the method Merge(T) if it has more than its Counts to merge. What it merges must not
// depend on the order.
func Gathers[E any, T interface{ Result(E, *result.Statistic) }](make func(E, *Counts) T) Maker {
	return func(engine any, c *Counts) gathered {
		e := engine.(E)
		s := make(e, c)
		merge := func(any) {}
		if m, ok := any(s).(interface{ Merge(T) }); ok {
			merge = func(from any) { m.Merge(from.(T)) }
		}
		return gathered{c, s, merge, func(r *result.Statistic) { s.Result(e, r) }}
	}
}

// A Gathering is all statistics as one goroutine gathers them.
type Gathering struct {
	all    []gathered
	ratios *stat.Ratios
}

// Gather makes statistics for a goroutine of an engine.
func Gather(engine any, entries []Entry) Gathering {
	g := Gathering{ratios: &stat.Ratios{}}
	for _, x := range entries {
		g.all = append(g.all, x.Make(engine, &Counts{Ratios: g.ratios}))
	}
	return g
}

// With returns the statistics of a gathering that have the methods of M.
func With[M any](g Gathering) (some []M) {
	for _, s := range g.all {
		if m, ok := s.statistic.(M); ok {
			some = append(some, m)
		}
	}
	return some
}

// Merge adds what another goroutine gathered.
func (g Gathering) Merge(o Gathering) {
	for i := range g.all {
		g.all[i].Counts.merge(o.all[i].Counts)
		g.all[i].merge(o.all[i].statistic)
	}
	g.ratios.Merge(o.ratios)
}

// Results returns the statistics of a gathering into which all others were merged, with the values that
// the paper reports, by statistic and value.
func (e *Base) Results(g Gathering, entries []Entry, published map[string]result.Published) []result.Statistic {
	e.Sampled = e.Sample(g.ratios)
	out := make([]result.Statistic, len(g.all))
	parallel.For(e.Options.Jobs, len(out), func(i int) {
		out[i] = entries[i].Statistic()
		g.all[i].report(&out[i])
		g.all[i].result(&out[i])
		refer(&out[i], published)
	})
	return out
}

// refer puts the published values next to those of a statistic.
func refer(s *result.Statistic, published map[string]result.Published) {
	for i := range s.Values {
		v := &s.Values[i]
		p, ok := published[s.Name+"."+v.Name]
		if !ok {
			continue
		}
		if v.Interval != nil {
			yes := agrees(&p, v.Interval)
			p.Covered = &yes
		}
		v.Published = &p
	}
}

// agrees reports whether some value of the interval is what the paper says.
func agrees(p *result.Published, i *stat.Interval) bool {
	switch p.Relation {
	case ">":
		return i.High > p.Value
	case "<":
		return i.Low < p.Value
	}
	return i.Covers(p.Value)
}
