package chart

import (
	"fmt"
	"math"
	"strconv"

	"abtool/analysis/result"
	"abtool/internal/ui"
)

// short formats a number with at most four decimals and without trailing zeros.
func short(v float64) string {
	if v = math.Round(v*1e4) / 1e4; v == 0 {
		v = 0 // and not −0
	}
	return ui.Minus(strconv.FormatFloat(v, 'f', -1, 64))
}

// Grouped formats a number with groups of thousands and at most four decimals.
func Grouped[N ~int | ~int64 | ~float64](n N) string {
	v := float64(n)
	if v != math.Trunc(v) || math.Abs(v) < 1000 {
		return short(v)
	}
	return ui.Minus(ui.Grouped(strconv.FormatFloat(v, 'f', 0, 64)))
}

// Percent formats a share from 0 to 1 in per cent with at most one decimal, for example 12.3 %.
func Percent[N ~float64](share N) string {
	v := float64(share)
	if math.IsNaN(v) {
		return "undefined"
	}
	return short(math.Round(v*1000)/10) + " %"
}

// PercentTick formats a share from 0 to 1 in per cent with two digits or more, as a label of a scale.
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

// WithInterval formats a share in per cent, with its interval if it has one.
func WithInterval(v result.Value) string {
	text := Percent(v.Value)
	if v.Interval != nil {
		text += fmt.Sprintf(" (95 %% interval %s to %s)", Percent(v.Interval.Low), Percent(v.Interval.High))
	}
	return text
}

// Decimal formats a number with a given number of decimals.
func Decimal[N ~float64](n N, digits int) string {
	if math.IsNaN(float64(n)) {
		return "undefined"
	}
	return ui.Minus(strconv.FormatFloat(float64(n), 'f', digits, 64))
}

// Signed formats a number with two decimals and its sign, also for +.
func Signed[N ~float64](n N) string {
	text := Decimal(n, 2)
	if n >= 0 {
		text = "+" + text
	}
	return text
}
