package stat

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// FitLine returns the line a + b x of least squares and Pearson's correlation. They are NaN for fewer than
// two points and if x does not vary; the correlation is also NaN if y does not vary.
func FitLine(x, y []float64) (a, b, correlation float64) {
	if len(x) < 2 || slices.Max(x) == slices.Min(x) {
		return math.NaN(), math.NaN(), math.NaN()
	}
	a, b = stat.LinearRegression(x, y, nil, false)
	if slices.Max(y) == slices.Min(y) {
		return a, b, math.NaN() // y is constant; the rounding of its mean must not look like a spread
	}
	return a, b, stat.Correlation(x, y, nil)
}

// Slope returns the slope b of FitLine.
func Slope(x, y []float64) float64 { _, b, _ := FitLine(x, y); return b }

// Intercept returns the intercept a of FitLine.
func Intercept(x, y []float64) float64 { a, _, _ := FitLine(x, y); return a }

// Correlation returns the correlation of FitLine.
func Correlation(x, y []float64) float64 { _, _, c := FitLine(x, y); return c }

// MannWhitney returns the number of pairs of a value of a and a value of b, and the number of pairs in
// which a's value is greater; ties count as half. a and b must be sorted.
func MannWhitney(a, b []int64) (greater float64, pairs int64) {
	less, equal := 0, 0
	for _, v := range a {
		for less < len(b) && b[less] < v {
			less++
		}
		equal = max(equal, less)
		for equal < len(b) && b[equal] == v {
			equal++
		}
		greater += float64(less) + 0.5*float64(equal-less)
	}
	return greater, int64(len(a)) * int64(len(b))
}
