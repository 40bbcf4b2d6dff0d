package result

import "abtool/internal/stat"

// A Value is a number with its meaning, its unit and its uncertainty.
type Value struct {
	Name      string         `json:"name"` // unique in its statistic: accuracy, or accuracy.first for a variant
	Title     string         `json:"title"`
	Value     stat.Number    `json:"value"` // null if undefined, for example a share of 0 units
	Unit      string         `json:"unit"`
	N         int64          `json:"n"`           // number of units that the value is over
	K         *int64         `json:"k,omitempty"` // of a share: number of units in the numerator
	Of        string         `json:"of"`
	Interval  *stat.Interval `json:"interval,omitempty"` // nil for complete counts
	Published *Published     `json:"published,omitempty"`

	Replicates []float64 `json:"-"` // the value in each bootstrap sample, for comparisons
}

// Published is a value that the paper reports of its own data, for comparison.
type Published struct {
	Value    float64 `json:"value"`
	Relation string  `json:"relation,omitempty"` // >, < or ≈ where the paper gives a bound or reads from a figure
	Where    string  `json:"where"`              // section, table or figure
	Covered  *bool   `json:"covered,omitempty"`  // whether the interval agrees with it; nil without an interval
}

// Units of values.
const (
	UnitShare = "fraction"
	UnitMS    = "ms"
	UnitNone  = ""
)

// Count returns a Value that counts all n units.
func Count(name, title, of string, n int64) Value {
	return CountOf(name, title, of, n, n)
}

// CountOf returns a Value that counts k of n units.
func CountOf(name, title, of string, k, n int64) Value {
	return Value{Name: name, Title: title, Value: stat.Number(k), Unit: "count", N: n, Of: of}
}

// Median returns the median of sorted independent values, with an interval from order statistics.
func Median[T int64 | int32 | float64](name, title, unit, of string, sorted []T) Value {
	return Value{
		Name: name, Title: title, Value: stat.Number(stat.Quantile(sorted, 0.5)), Unit: unit,
		N: int64(len(sorted)), Of: of,
		Interval: stat.MedianInterval(sorted),
	}
}

// Proportion returns the share k / n of independent units, with Wilson's interval.
func Proportion(name, title, of string, k, n int64) Value {
	return Value{Name: name, Title: title, Value: stat.Share(k, n), Unit: UnitShare, N: n, K: &k, Of: of,
		Interval: stat.Wilson(k, n)}
}

// MeanOf returns the mean over units, such as HITs, and their population standard deviation.
func MeanOf(name, title, unit, of string, m *stat.Mean) []Value {
	return []Value{
		{Name: name, Title: title, Value: m.Value(), Unit: unit, N: m.N, Of: of, Interval: m.Interval()},
		{Name: name + "_std", Title: "population standard deviation of the same",
			Value: stat.Number(m.Deviation()), Unit: unit, N: m.N, Of: of},
	}
}
