package pass

import (
	"fmt"
	"slices"

	"github.com/BurntSushi/toml"

	"abtool/analysis/internal/partial"
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
	first, end stat.RatioID // its ratios
	statistic  any
	merge      func(from any)
	result     func(*result.Statistic)
}

// Gathers returns the maker of a statistic T for the engine E. T has the methods of its data set that it
// needs, such as row or picture. It registers in its Counts what is to be merged. What cannot be written to a file, as
// an example, is merged by the method Merge(T) instead. The result of merging must not depend on the order.
func Gathers[E any, T interface{ Result(E, *result.Statistic) }](make func(E, *Counts) T) Maker {
	return func(engine any, c *Counts) gathered {
		e := engine.(E)
		first := stat.RatioID(c.Width())
		s := make(e, c)
		merge := func(any) {}
		if m, ok := any(s).(interface{ Merge(T) }); ok {
			merge = func(from any) { m.Merge(from.(T)) }
		}
		return gathered{c, first, stat.RatioID(c.Width()), s, merge, func(r *result.Statistic) { s.Result(e, r) }}
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

// Visit visits what the statistics gathered, or only those that implement only if it is not nil, as parts of a data set.
// entries are those that the gathering was made from.
func (g Gathering) Visit(v *partial.Visitor, set string, entries []Entry, only func(statistic any) bool) {
	for i, s := range g.all {
		if only != nil && !only(s.statistic) {
			continue
		}
		v.In(set + "/" + entries[i].Name)
		s.Counts.visit(v)
		if s.end > s.first {
			g.visitRatios(v, s.first, s.end)
		}
	}
	if to := v.NewNumbers(partial.Clusters); to != nil {
		g.ratios.Move(to)
	}
}

// visitRatios visits the ratios of a statistic, with a row for each cluster.
func (g Gathering) visitRatios(v *partial.Visitor, first, end stat.RatioID) {
	if v.NewNumbers(partial.Clusters) != nil {
		return // they are moved together
	}
	width := int(end - first)
	type row struct {
		cluster     int32
		hi, lo, den []int64
	}
	var rows []row
	for cluster := range int32(g.ratios.Clusters()) {
		all := g.ratios.Of(cluster)
		if v.Reads() || all == nil || !slices.ContainsFunc(all[first:end], func(r stat.Ratio) bool { return r != stat.Ratio{} }) {
			continue
		}
		r := row{cluster: cluster}
		for _, x := range all[first:end] {
			hi, lo := x.Num.Words()
			r.hi, r.lo, r.den = append(r.hi, hi), append(r.lo, int64(lo)), append(r.den, x.Den)
		}
		rows = append(rows, r)
	}
	partial.Rows(v, "ratios", &rows, func(r *row, c *partial.Columns) {
		c.Ref("cluster", partial.Clusters, &r.cluster)
		partial.List(c, "numerators.hi", &r.hi)
		partial.List(c, "numerators.lo", &r.lo)
		partial.List(c, "denominators", &r.den)
	})
	for _, r := range rows {
		if !v.Reads() {
			break
		}
		if r.cluster < 0 || len(r.hi) != width || len(r.lo) != width || len(r.den) != width {
			v.Fail("a row of ratios has %d of %d ratios", len(r.hi), width)
			return
		}
		for i := range r.hi {
			x := stat.Ratio{Num: stat.SumOf(r.hi[i], uint64(r.lo[i])), Den: r.den[i]}
			g.ratios.At(r.cluster, first+stat.RatioID(i)).Merge(x)
		}
	}
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
