package ui

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Thousands writes 1234567 as 1,234,567.
func Thousands(n int64) string { return Grouped(strconv.FormatInt(n, 10)) }

// Quantity returns a number with a noun, which gets its plural.
func Quantity[N int | int64](n N, noun string) string {
	return Thousands(int64(n)) + " " + Noun(n, noun)
}

// Noun returns a noun as it stands after a number.
func Noun[N int | int64](n N, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "s"):
		noun += "es"
	default:
		noun += "s"
	}
	return noun
}

// Grouped separates the thousands of a whole number's digits, which may have a minus sign.
func Grouped(digits string) string {
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Minus writes the sign of a number as a page does: − for the hyphen that programs and terminals take.
func Minus(number string) string {
	if digits, negative := strings.CutPrefix(number, "-"); negative {
		return "−" + digits
	}
	return number
}

// Size writes bytes in decimal units: 999 B, 1.5 kB.
func Size(n int64) string {
	v, unit := float64(n), "B"
	for _, u := range []string{"kB", "MB", "GB", "TB"} {
		if v < 1000 {
			break
		}
		v, unit = v/1000, u
	}
	if unit == "B" {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", v, unit)
}

// Percent writes a share, 0 to 1, with so many decimals: 12.3 %.
func Percent(share float64, decimals int) string {
	return strconv.FormatFloat(100*share, 'f', decimals, 64) + " %"
}

// Duration writes a time in ms: 340 ms, 12.30 s, 9.05 min.
func Duration(ms float64) string {
	switch a := math.Abs(ms); {
	case a < 1000:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	case a < float64(time.Minute/time.Millisecond):
		return strconv.FormatFloat(ms/1000, 'f', 2, 64) + " s"
	}
	return strconv.FormatFloat(ms/60000, 'f', 2, 64) + " min"
}

// Number writes a value with its unit (fraction, count, ms; any other has no name); what is not finite is
// a dash.
func Number(v float64, unit string) string {
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "–"
	case unit == "fraction":
		return Percent(v, 2)
	case unit == "count" && v == math.Trunc(v):
		return Grouped(strconv.FormatFloat(v, 'f', 0, 64))
	case unit == "count":
		return strconv.FormatFloat(v, 'f', 3, 64)
	case unit == "ms":
		return Duration(v)
	}
	return strconv.FormatFloat(v, 'f', 4, 64)
}

// Clean returns a text from the input without the characters that a terminal would obey.
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}
