package analysis

import (
	"math"
	"slices"
)

// Level is the confidence level of every interval.
const Level = 0.95

// z95 is the 97.5 % point of the standard normal distribution.
const z95 = 1.959963984540054

// Methods of intervals.
const (
	MethodWilson    = "wilson"    // a proportion of independent units: Wilson's score interval
	MethodBootstrap = "bootstrap" // percentiles over samples of annotators, drawn with replacement
	MethodOrder     = "order"     // a median of independent units: the order statistics around it
	MethodMean      = "normal"    // a mean of independent units: mean ± 1.96 standard errors
)

// An Interval holds the true value with the probability Level, as far as its method's
// assumptions hold.
type Interval struct {
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Level  float64 `json:"level"`
	Method string  `json:"method"`
}

// Covers tells whether v lies in the interval.
func (i *Interval) Covers(v float64) bool { return i != nil && v >= i.Low && v <= i.High }

// Wilson is the score interval of a proportion of k of n independent trials (Wilson 1927):
// (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n). It is nil for n = 0.
func Wilson(k, n int64) *Interval {
	if n <= 0 {
		return nil
	}
	nf, p, z := float64(n), float64(k)/float64(n), z95
	mid := (p + z*z/(2*nf)) / (1 + z*z/nf)
	half := z * math.Sqrt(p*(1-p)/nf+z*z/(4*nf*nf)) / (1 + z*z/nf)
	low, high := max(0, mid-half), min(1, mid+half)
	if k == 0 {
		low = 0
	}
	if k == n {
		high = 1
	}
	return &Interval{low, high, Level, MethodWilson}
}

// meanInterval is the mean ± 1.96 s/√n of independent values, from their sum and the sum of
// their squares.
func meanInterval(n int64, total, squares float64) *Interval {
	if n < 2 {
		return nil
	}
	nf := float64(n)
	mean := total / nf
	v := max(0, squares/nf-mean*mean) * nf / (nf - 1)
	half := z95 * math.Sqrt(v/nf)
	return &Interval{mean - half, mean + half, Level, MethodMean}
}

// quantile is the q-quantile of sorted values by linear interpolation between the two nearest
// ranks, numpy's default (C14); NaN for none.
func quantile[T int64 | int32 | float64](sorted []T, q float64) float64 {
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	at := q * float64(n-1)
	i := int(math.Floor(at))
	if i >= n-1 {
		return float64(sorted[n-1])
	}
	a, b := float64(sorted[i]), float64(sorted[i+1])
	return a + (b-a)*(at-float64(i))
}

// tableQuantiles are the quantiles that tables of quantiles have.
var tableQuantiles = []float64{0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1}

// tabulated sorts values and returns their tableQuantiles; undefined for no values.
func tabulated[T int64 | int32 | float64](values []T) []Number {
	slices.Sort(values)
	var out []Number
	for _, q := range tableQuantiles {
		out = append(out, Number(quantile(values, q)))
	}
	return out
}

// quantileTable is a table of quantiles: a column for q, then one for each list of tabulated
// values.
func quantileTable(title string, columns []Column, lists ...[]Number) Table {
	t := Table{Name: "quantile", Title: title, Columns: []Column{{"q", unitShare, "share of the units below the quantile"}}}
	t.Columns = append(t.Columns, columns...)
	for i, q := range tableQuantiles {
		row := []any{Number(q)}
		for _, list := range lists {
			row = append(row, list[i])
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// median sorts values and takes their median; NaN for none.
func median[T int64 | int32 | float64](values []T) float64 {
	slices.Sort(values)
	return quantile(values, 0.5)
}

// moments are mean, population standard deviation and skew m3/m2^1.5 of values, the same for
// any order of them: they are sorted. NaN where they are undefined.
func moments(values []float64) (mean, std, skew float64) {
	slices.Sort(values)
	n := float64(len(values))
	if n == 0 {
		return math.NaN(), math.NaN(), math.NaN()
	}
	if values[0] == values[len(values)-1] {
		return values[0], 0, math.NaN() // the rounding of their mean must not look like a spread
	}
	for _, v := range values {
		mean += v
	}
	mean /= n
	var m2, m3 float64
	for _, v := range values {
		d := v - mean
		m2 += d * d
		m3 += d * d * d
	}
	m2, m3 = m2/n, m3/n
	return mean, math.Sqrt(m2), m3 / math.Pow(m2, 1.5)
}
