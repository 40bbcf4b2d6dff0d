package chart

import (
	"fmt"
	"math"
	"strconv"

	"abtool/analysis"
	"abtool/internal/ui"
)

// short writes a number without needless digits.
func short(v float64) string {
	if v = math.Round(v*1e4) / 1e4; v == 0 {
		v = 0 // and not −0
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// fixedText writes a number with so many digits after the point.
func fixedText(v float64, digits int) string { return strconv.FormatFloat(v, 'f', digits, 64) }

// Grouped writes a whole number with its thousands apart.
func Grouped(v float64) string {
	if v != math.Trunc(v) || math.Abs(v) < 1000 {
		return short(v)
	}
	text := ui.Grouped(strconv.FormatFloat(math.Abs(v), 'f', 0, 64))
	if v < 0 {
		return "−" + text
	}
	return text
}

// Percent writes a share for people.
func Percent(v float64) string {
	if math.IsNaN(v) {
		return "undefined"
	}
	return short(math.Round(v*1000)/10) + " %"
}

func PercentsOf(v []float64) (out []string) {
	for _, x := range v {
		out = append(out, Percent(x))
	}
	return out
}

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

// WithInterval writes a value with its interval for people.
func WithInterval(v analysis.Value) string {
	text := Percent(float64(v.Value))
	if v.Interval != nil {
		text += fmt.Sprintf(" (95 %% interval %s to %s)", Percent(v.Interval.Low), Percent(v.Interval.High))
	}
	return text
}

// Decimal writes a number with so many digits after the point.
func Decimal(v analysis.Value, digits int) string {
	if !v.Value.Defined() {
		return "undefined"
	}
	return fixedText(float64(v.Value), digits)
}

func Signed(v float64) string {
	if math.IsNaN(v) {
		return "undefined"
	}
	text := fixedText(math.Abs(v), 2)
	if v < 0 {
		return "−" + text
	}
	return "+" + text
}
