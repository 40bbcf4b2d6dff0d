package pass

import (
	"abtool/analysis/result"
	"abtool/internal/stat"
)

// Sampled has ratios over annotators with the bootstrap samples for their intervals.
type Sampled struct {
	Ratios *stat.Ratios
	Boot   *stat.Bootstrap // nil without samples
}

// Sample draws bootstrap samples of the annotators for ratios.
func (e *Base) Sample(r *stat.Ratios) Sampled {
	if e.Options.Bootstrap <= 0 {
		return Sampled{Ratios: r}
	}
	return Sampled{r, r.Resample(e.Clusters.Sorted(), e.Options.Bootstrap, e.Options.Seed, e.Options.Jobs)}
}

// Ratio returns the value of a ratio.
func (s Sampled) Ratio(name, title, unit, of string, id stat.RatioID) result.Value {
	t := s.Ratios.Total(id)
	v := result.Value{
		Name: name, Title: title, Value: t.Value(), Unit: unit, N: t.Den, Of: of,
		Interval: s.Boot.Interval(id), Replicates: s.Boot.Samples(id),
	}
	if k, ok := t.Num.Whole(); ok && unit == result.UnitShare {
		v.K = &k
	}
	return v
}

// Mean returns the value of a ratio that is a mean of fractions, so that it has no K.
func (s Sampled) Mean(name, title, of string, id stat.RatioID) result.Value {
	v := s.Ratio(name, title, result.UnitShare, of, id)
	v.K = nil
	return v
}

// Difference returns the value of x − y, whose N is the smaller of their numbers of units.
func (s Sampled) Difference(name, title, unit, of string, x, y stat.RatioID) result.Value {
	a, b := s.Ratios.Total(x), s.Ratios.Total(y)
	v := result.Value{Name: name, Title: title, Value: a.Value() - b.Value(), Unit: unit,
		N: min(a.Den, b.Den), Of: of}
	v.Replicates = s.Boot.Difference(x, y)
	v.Interval = stat.Percentiles(v.Replicates)
	return v
}

// Cells returns the cells for a ratio: its number of units, the sum of the numerator, the ratio, and the
// ends of its interval.
func (s Sampled) Cells(id stat.RatioID) []any {
	t := s.Ratios.Total(id)
	low, high := result.Bounds(s.Boot.Interval(id))
	return []any{t.Den, t.Count(), t.Value(), low, high}
}
