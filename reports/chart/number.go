package chart

import (
	"fmt"
	"math"
	"strconv"

	"abtool/analysis/result"
	"abtool/internal/ui"
)

// short writes a number with at most four decimals, and no needless digits.
func short(v float64) string {
	if v = math.Round(v*1e4) / 1e4; v == 0 {
		v = 0 // and not −0
	}
	return ui.Minus(strconv.FormatFloat(v, 'f', -1, 64))
}

// Grouped writes a number with its thousands apart, a fraction with at most four decimals.
func Grouped[N ~int | ~int64 | ~float64](n N) string {
	v := float64(n)
	if v != math.Trunc(v) || math.Abs(v) < 1000 {
		return short(v)
	}
	return ui.Minus(ui.Grouped(strconv.FormatFloat(v, 'f', 0, 64)))
}

// Percent writes a share, 0 to 1, with at most one decimal: 12.3 %.
func Percent[N ~float64](share N) string {
	v := float64(share)
	if math.IsNaN(v) {
		return "undefined"
	}
	return short(math.Round(v*1000)/10) + " %"
}

// PercentTick writes a share, 0 to 1, in two digits or more, as a label of a scale.
func PercentTick(v float64) string {
	switch v *= 100; {
	case v == 0:
		return "0 %"
	case v < 0.1:
		return fmt.Sprintf("%.2g %%", v)
	case v < 10:
		return fmt.Sprintf("%.1f %%", v)
	}
	return fmt.Sprintf("%.0f %%", v)
}

// WithInterval writes a share with its interval, if it has one.
func WithInterval(v result.Value) string {
	text := Percent(v.Value)
	if v.Interval != nil {
		text += fmt.Sprintf(" (95 %% interval %s to %s)", Percent(v.Interval.Low), Percent(v.Interval.High))
	}
	return text
}

// Decimal writes a number with so many digits after the point.
func Decimal[N ~float64](n N, digits int) string {
	if math.IsNaN(float64(n)) {
		return "undefined"
	}
	return ui.Minus(strconv.FormatFloat(float64(n), 'f', digits, 64))
}

// Signed writes a number with two digits after the point and its sign, + too.
func Signed[N ~float64](n N) string {
	text := Decimal(n, 2)
	if n >= 0 {
		text = "+" + text
	}
	return text
}
