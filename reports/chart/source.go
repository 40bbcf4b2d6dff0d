package chart

import (
	"fmt"
	"math"
	"slices"

	"abtool/analysis"
	"abtool/internal/stat"
)

// Source finds numbers of a document.
type Source struct {
	Set   string
	Stats map[string]*analysis.Statistic
}

func NewSource(d *analysis.DataSet) Source {
	s := Source{d.Name, map[string]*analysis.Statistic{}}
	for i := range d.Statistics {
		s.Stats[d.Statistics[i].Name] = &d.Statistics[i]
	}
	return s
}

func (s Source) Has(names ...string) bool {
	for _, n := range names {
		if s.Stats[n] == nil {
			return false
		}
	}
	return true
}

// Value is a value of a statistic; an undefined one if there is none.
func (s Source) Value(statistic, name string) analysis.Value {
	if st := s.Stats[statistic]; st != nil {
		if v := st.Value(name); v != nil {
			return *v
		}
	}
	return analysis.Value{Value: stat.Number(math.NaN())}
}

// Column has the numbers of a column of a table; NaN where there is none.
func (s Source) Column(statistic, table, column string) (out []float64) {
	s.cells(statistic, table, column, func(v any) { out = append(out, CellNumber(v)) })
	return out
}

// Texts has the texts of a column.
func (s Source) Texts(statistic, table, column string) (out []string) {
	s.cells(statistic, table, column, func(v any) { out = append(out, fmt.Sprint(v)) })
	return out
}

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

// Histogram is a map of a statistic; nil for none.
func (s Source) Histogram(statistic, name string) *analysis.Histogram {
	if st := s.Stats[statistic]; st != nil {
		for i := range st.Histograms {
			if st.Histograms[i].Name == name {
				return &st.Histograms[i]
			}
		}
	}
	return nil
}

// Any reports whether a column of a table has a number, and with counts a number above 0.
func (s Source) Any(statistic, table, column string) bool {
	return slices.ContainsFunc(s.Column(statistic, table, column), func(v float64) bool { return !math.IsNaN(v) })
}

// Counted reports whether a column of counts has one above 0.
func (s Source) Counted(statistic, table, column string) bool {
	return slices.ContainsFunc(s.Column(statistic, table, column), func(v float64) bool { return v > 0 })
}

// Binned reports whether a histogram over bins that grow has something in a bin that logBars draws.
func (s Source) Binned(statistic, table string) bool {
	from, to := s.Column(statistic, table, "from"), s.Column(statistic, table, "to")
	for i, n := range s.Column(statistic, table, "n") {
		if n > 0 && from[i] > 0 && !math.IsNaN(to[i]) {
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

func Sum(v []float64) (total float64) {
	for _, x := range v {
		if !math.IsNaN(x) {
			total += x
		}
	}
	return total
}

// Defined reports whether a value is one of something.
func Defined(v analysis.Value) bool { return v.Value.Defined() && v.N > 0 }
