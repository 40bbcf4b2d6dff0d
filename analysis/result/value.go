package result

import "abtool/internal/stat"

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

// Units of values.
const (
	UnitShare = "fraction"
	UnitMS    = "ms"
	UnitNone  = ""
)

// Count returns a Value that counts units.
func Count(name, title, of string, n int64) Value {
	return CountOf(name, title, of, n, n)
}

// CountOf returns a Value that counts k of n units.
func CountOf(name, title, of string, k, n int64) Value {
	return Value{Name: name, Title: title, Value: stat.Number(k), Unit: "count", N: n, Of: of}
}

// Median returns the median of sorted independent values, with the interval of order statistics.
func Median[T int64 | int32 | float64](name, title, unit, of string, sorted []T) Value {
	return Value{
		Name: name, Title: title, Value: stat.Number(stat.Quantile(sorted, 0.5)), Unit: unit, N: int64(len(sorted)), Of: of,
		Interval: stat.MedianInterval(sorted),
	}
}

// Proportion returns the share of k of n independent units, with Wilson's interval.
func Proportion(name, title, of string, k, n int64) Value {
	return Value{Name: name, Title: title, Value: stat.Share(k, n), Unit: UnitShare, N: n, K: &k, Of: of, Interval: stat.Wilson(k, n)}
}

// MeanOf returns the mean over units, such as HITs, and the population standard deviation of the same.
func MeanOf(name, title, unit, of string, m *stat.Mean) []Value {
	return []Value{
		{Name: name, Title: title, Value: m.Value(), Unit: unit, N: m.N, Of: of, Interval: m.Interval()},
		{Name: name + "_std", Title: "population standard deviation of the same", Value: stat.Number(m.Deviation()), Unit: unit, N: m.N, Of: of},
	}
}
