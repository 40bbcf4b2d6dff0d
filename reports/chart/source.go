package chart

import (
	"fmt"
	"math"
	"slices"

	"abtool/analysis/result"
	"abtool/internal/stat"
)

// A Source finds numbers in the statistics of a data set by name. It is not an error to ask for statistics,
// values, tables or columns that do not exist; they have no numbers.
type Source struct {
	Set   string                       // imagenet or coco
	Stats map[string]*result.Statistic // by name
}

// NewSource returns a source of the numbers of a data set.
func NewSource(d *result.DataSet) Source {
	s := Source{d.Name, map[string]*result.Statistic{}}
	for i := range d.Statistics {
		s.Stats[d.Statistics[i].Name] = &d.Statistics[i]
	}
	return s
}

// Has reports whether the data set has all of the statistics.
func (s Source) Has(names ...string) bool {
	for _, n := range names {
		if s.Stats[n] == nil {
			return false
		}
	}
	return true
}

// Value returns a value of a statistic. If it does not exist, the value is NaN over 0 units.
func (s Source) Value(statistic, name string) result.Value {
	if st := s.Stats[statistic]; st != nil {
		if v := st.Value(name); v != nil {
			return *v
		}
	}
	return result.Value{Value: stat.Number(math.NaN())}
}

// Column returns the numbers in a column of a table, as CellNumber returns them, in a new slice.
func (s Source) Column(statistic, table, column string) (out []float64) {
	s.cells(statistic, table, column, func(v any) { out = append(out, CellNumber(v)) })
	return out
}

// Texts returns the cells of a table's column as text.
func (s Source) Texts(statistic, table, column string) (out []string) {
	s.cells(statistic, table, column, func(v any) { out = append(out, fmt.Sprint(v)) })
	return out
}

// cells calls f with every cell of a column.
func (s Source) cells(statistic, table, column string, f func(any)) {
	st := s.Stats[statistic]
	if st == nil {
		return
	}
	for i := range st.Tables {
		if st.Tables[i].Name != table {
			continue
		}
		for c, col := range st.Tables[i].Columns {
			if col.Name == column {
				for _, row := range st.Tables[i].Rows {
					f(row[c])
				}
			}
		}
	}
}

// CellNumber returns the number in a cell of a table: 1 or 0 for a truth value, and NaN for a cell without a
// number.
func CellNumber(v any) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case stat.Number:
		return float64(v)
	case bool:
		if v {
			return 1
		}
		return 0
	}
	return math.NaN()
}

// Histogram returns a two-dimensional histogram of a statistic, or nil if it does not exist.
func (s Source) Histogram(statistic, name string) *result.Histogram {
	if st := s.Stats[statistic]; st != nil {
		for i := range st.Histograms {
			if st.Histograms[i].Name == name {
				return &st.Histograms[i]
			}
		}
	}
	return nil
}

// Any reports whether a column of a table has a number.
func (s Source) Any(statistic, table, column string) bool {
	isNumber := func(v float64) bool { return !math.IsNaN(v) }
	return slices.ContainsFunc(s.Column(statistic, table, column), isNumber)
}

// Counted reports whether a column of counts has a count above 0.
func (s Source) Counted(statistic, table, column string) bool {
	return slices.ContainsFunc(s.Column(statistic, table, column), func(v float64) bool { return v > 0 })
}

// bins returns the edges of the bins of a histogram over logarithmic bins, and the share of all counts in
// each bin.
func (s Source) bins(statistic, table string) (from, to, share []float64) {
	from, to = s.Column(statistic, table, "from"), s.Column(statistic, table, "to")
	share = s.Column(statistic, table, "n")
	total := 0.0
	for _, n := range share {
		if !math.IsNaN(n) {
			total += n
		}
	}
	for i := range share {
		share[i] /= max(total, 1)
	}
	return from, to, share
}

// Binned reports whether a histogram over logarithmic bins has a count above 0 in a bin that LogBars draws.
func (s Source) Binned(statistic, table string) bool {
	from, to, share := s.bins(statistic, table)
	for i, v := range share {
		if v > 0 && from[i] > 0 && !math.IsNaN(to[i]) {
			return true
		}
	}
	return false
}

// None reports whether a count or share is known to be 0.
func (s Source) None(statistic, name string) bool {
	v := s.Value(statistic, name)
	return v.Value == 0 || v.N == 0 && s.Has(statistic)
}

// Defined reports whether a value is a number, over at least one unit.
func Defined(v result.Value) bool { return v.Value.Defined() && v.N > 0 }
