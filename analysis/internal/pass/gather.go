package pass

import (
	"fmt"

	"github.com/BurntSushi/toml"

	"abtool/analysis/result"
	"abtool/internal/parallel"
	"abtool/internal/stat"
)

// An Entry is a statistic with its maker.
type Entry struct {
	result.Entry
	Make Maker
}

// Entries returns the statistics that a TOML text describes, in its order, with their makers by name. It panics
// if the text is not valid, or has other statistics than makers.
func Entries(descriptions string, makers map[string]Maker) []Entry {
	var text struct{ Statistic []result.Entry }
	d, err := toml.Decode(descriptions, &text)
	if err != nil || len(d.Undecoded()) > 0 || len(text.Statistic) != len(makers) {
		panic(fmt.Sprintf("descriptions of statistics: %d for %d makers, unknown keys %v: %v",
			len(text.Statistic), len(makers), d.Undecoded(), err))
	}
	out := make([]Entry, len(text.Statistic))
	for i, e := range text.Statistic {
		if makers[e.Name] == nil {
			panic("descriptions of statistics: no maker of " + e.Name)
		}
		out[i] = Entry{e, makers[e.Name]}
	}
	return out
}

// A Maker makes a statistic for one goroutine of an engine.
type Maker func(engine any, c *Counts) gathered

// gathered is the part of a statistic that one goroutine gathers.
type gathered struct {
	*Counts
	statistic any
	merge     func(from any)
	result    func(*result.Statistic)
}

// Gathers returns the maker of a statistic T for the engine E. T has the methods of its data set that it
// needs, such as row or picture, and the method Merge(T) if it must merge more than its Counts. The result
// of merging must not depend on the order.
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

// A Gathering has the parts of all statistics that one goroutine gathers.
type Gathering struct {
	all    []gathered
	ratios *stat.Ratios
}

// Gather makes the statistics for one goroutine of an engine.
func Gather(engine any, entries []Entry) Gathering {
	g := Gathering{ratios: &stat.Ratios{}}
	for _, x := range entries {
		g.all = append(g.all, x.Make(engine, &Counts{Ratios: g.ratios}))
	}
	return g
}

// With returns the statistics of a gathering that implement the interface M.
func With[M any](g Gathering) (some []M) {
	for _, s := range g.all {
		if m, ok := s.statistic.(M); ok {
			some = append(some, m)
		}
	}
	return some
}

// Merge adds the gathering of another goroutine.
func (g Gathering) Merge(o Gathering) {
	for i := range g.all {
		g.all[i].Counts.merge(o.all[i].Counts)
		g.all[i].merge(o.all[i].statistic)
	}
	g.ratios.Merge(o.ratios)
}

// Results returns the statistics of a gathering into which all others were merged. published has the values
// that the paper reports, by names of statistic and value.
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

// refer adds the published values to the values of a statistic.
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

// agrees reports whether a value in the interval agrees with the published value.
func agrees(p *result.Published, i *stat.Interval) bool {
	switch p.Relation {
	case ">":
		return i.High > p.Value
	case "<":
		return i.Low < p.Value
	}
	return i.Covers(p.Value)
}
