package analysis

import (
	"fmt"
	"math"

	"abtool/internal/stat"
)

// Schema names the layout of a Document. Within one version keys are added, not changed.
const Schema = "abtool.stats/1"

// A Document is the statistics of a store, as data: reports and tables only format it.
type Document struct {
	Schema   string    `json:"schema"`    // abtool.stats/1
	Tool     string    `json:"tool"`      // version of abtool
	Store    string    `json:"store"`     // as it was named
	Options  Options   `json:"options"`   // that the numbers depend on
	DataSets []DataSet `json:"data_sets"` // imagenet, coco, or both
}

// A DataSet has the statistics of one data set, in the order of the catalogue.
type DataSet struct {
	Name       string      `json:"name"`
	Statistics []Statistic `json:"statistics"`
	// Warnings of the data set, whichever statistics are asked for: that its records and its
	// ground truth share no image.
	Warnings []string `json:"warnings,omitempty"`
}

// DataSet returns a data set of the document; nil if there is none of the name.
func (d *Document) DataSet(name string) *DataSet {
	for i := range d.DataSets {
		if d.DataSets[i].Name == name {
			return &d.DataSets[i]
		}
	}
	return nil
}

// Statistic returns a statistic of a data set; nil if there is none of these names.
func (d *Document) Statistic(set, name string) *Statistic {
	if s := d.DataSet(set); s != nil {
		return s.Statistic(name)
	}
	return nil
}

// Statistic returns a statistic; nil if there is none of the name.
func (d *DataSet) Statistic(name string) *Statistic {
	for i := range d.Statistics {
		if d.Statistics[i].Name == name {
			return &d.Statistics[i]
		}
	}
	return nil
}

// A Statistic is a result: some values, histograms and tables that belong together.
type Statistic struct {
	Name       string      `json:"name"`
	Title      string      `json:"title"`
	Rules      string      `json:"rules"`           // the definitions that it follows, as "I4, I6"
	Paper      string      `json:"paper,omitempty"` // where the paper has it
	Definition string      `json:"definition"`
	Values     []Value     `json:"values,omitempty"`
	Excluded   []Excluded  `json:"excluded,omitempty"`
	Histograms []Histogram `json:"histograms,omitempty"`
	Tables     []Table     `json:"tables,omitempty"`
	Warnings   []string    `json:"warnings,omitempty"`
}

// Value returns a value of the statistic; nil if there is none of the name.
func (s *Statistic) Value(name string) *Value {
	for i := range s.Values {
		if s.Values[i].Name == name {
			return &s.Values[i]
		}
	}
	return nil
}

// A Value is a number with what it means and how sure it is.
type Value struct {
	Name      string         `json:"name"` // unique in its statistic: accuracy, or for a variant accuracy.first
	Title     string         `json:"title"`
	Value     stat.Number    `json:"value"` // null: undefined, as a share of nothing
	Unit      string         `json:"unit"`
	N         int64          `json:"n"`           // units that it is over
	K         *int64         `json:"k,omitempty"` // of a share: the units that count
	Of        string         `json:"of"`
	Interval  *stat.Interval `json:"interval,omitempty"` // none for counts of the whole
	Published *Published     `json:"published,omitempty"`

	Replicates []float64 `json:"-"` // of the bootstrap, for comparisons
}

// Published is a value that the paper reports of its own data, for comparison.
type Published struct {
	Value    float64 `json:"value"`
	Relation string  `json:"relation,omitempty"` // >, < or ≈ where the paper gives a bound or reads from a figure
	Where    string  `json:"where"`              // section, table or figure
	Covered  *bool   `json:"covered,omitempty"`  // whether the interval agrees with it; none without an interval
}

// Excluded is how many units a statistic leaves out, and why.
type Excluded struct {
	Reason string `json:"reason"`
	Of     string `json:"of"`
	Count  int64  `json:"count"`
}

// A Histogram counts points on a grid: Counts[row][column], row 0 on top.
type Histogram struct {
	Name    string     `json:"name"`
	Title   string     `json:"title"`
	X       [2]float64 `json:"x"` // left and right edge
	Y       [2]float64 `json:"y"` // upper and lower edge: y points down
	Counts  [][]int64  `json:"counts"`
	Outside int64      `json:"outside"` // points that are in no cell
	Of      string     `json:"of"`
}

// Total is the number of points in cells.
func (h *Histogram) Total() (n int64) {
	for _, row := range h.Counts {
		for _, c := range row {
			n += c
		}
	}
	return n
}

// A Table has rows of values: texts, whole numbers, Numbers and booleans, or nil.
type Table struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Columns []Column `json:"columns"`
	Rows    [][]any  `json:"rows"`
}

// A Column of a Table.
type Column struct {
	Name  string `json:"name"`
	Unit  string `json:"unit,omitempty"`
	Title string `json:"title"`
}

// A Header names the columns of a table: name, unit and title of each.
type Header [][3]string

// Columns returns the columns of a table.
func (h Header) Columns() []Column {
	columns := make([]Column, len(h))
	for i, c := range h {
		columns[i] = Column{Name: c[0], Unit: c[1], Title: c[2]}
	}
	return columns
}

// Units of values.
const (
	unitShare = "fraction"
	unitMS    = "ms"
	unitNone  = ""
)

// count is a Value that counts units.
func count(name, title, of string, n int64) Value {
	return countOf(name, title, of, n, n)
}

// countOf is a Value that counts k of n units.
func countOf(name, title, of string, k, n int64) Value {
	return Value{Name: name, Title: title, Value: stat.Number(k), Unit: "count", N: n, Of: of}
}

// medianValue is the median of sorted independent values, with the interval of order statistics.
func medianValue[T int64 | int32 | float64](name, title, unit, of string, sorted []T) Value {
	return Value{
		Name: name, Title: title, Value: stat.Number(stat.Quantile(sorted, 0.5)), Unit: unit, N: int64(len(sorted)), Of: of,
		Interval: stat.MedianInterval(sorted),
	}
}

// describe is a ratio as a Value.
func describe(r *stat.Ratios, b *stat.Bootstrap, name, title, unit, of string, id stat.RatioID) Value {
	t := r.Total(id)
	v := Value{
		Name: name, Title: title, Value: t.Value(), Unit: unit, N: t.Den, Of: of,
		Interval: b.Interval(id), Replicates: b.Samples(id),
	}
	if k, ok := t.Num.Whole(); ok && unit == unitShare {
		v.K = &k
	}
	return v
}

// proportion is the share of k of n independent units, with Wilson's interval.
func proportion(name, title, of string, k, n int64) Value {
	return Value{Name: name, Title: title, Value: stat.Share(k, n), Unit: unitShare, N: n, K: &k, Of: of, Interval: stat.Wilson(k, n)}
}

// warn adds a warning.
func (s *Statistic) warn(format string, args ...any) {
	s.Warnings = append(s.Warnings, fmt.Sprintf(format, args...))
}

// few is the number of units below which a statistic says that they are few.
const few = 30

// warnFew warns of a value over few units, or none.
func (s *Statistic) warnFew(v Value) {
	switch {
	case v.N == 0:
		s.warn("%s: no %s, so there is no value.", v.Name, v.Of)
	case v.N < few:
		s.warn("%s: %d %s are few: take the value with its interval.", v.Name, v.N, v.Of)
	}
}

func (s *Statistic) add(v ...Value) { s.Values = append(s.Values, v...) }

func (s *Statistic) exclude(reason, of string, n int64) {
	s.Excluded = append(s.Excluded, Excluded{reason, of, n})
}

// bounds are the ends of an interval, undefined for none.
func bounds(i *stat.Interval) (low, high stat.Number) {
	if i == nil {
		return stat.Number(math.NaN()), stat.Number(math.NaN())
	}
	return stat.Number(i.Low), stat.Number(i.High)
}

// b2i is 1 for true.
func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
