package scan

import (
	"fmt"
	"math"
)

// This file reads integers that identify something.
//
// Ids are computed from their digits and never through a float64, because from 2^53 on neighbouring ids
// would become equal. Every JSON number with an integer value is read as one (1.0, 1e3). A number that does
// not fit an int64 is rejected, not rounded. Digits in quotes may have leading zeros, as in names of files.

// WholeID returns the integer id that v has (R12). If it has none, wrong says why, in words that begin with
// name, the key of v.
func WholeID(name string, v Value) (id int64, wrong string) {
	switch v.Kind {
	case Null:
		return 0, name + " is missing"
	case Numeric:
		id, wrong = exactInt(v.Text)
	case String:
		id, wrong = DigitsID(v.Text)
	default:
		wrong = "is " + v.Kind.String()
	}
	if wrong != "" {
		return 0, name + " " + wrong
	}
	return id, ""
}

// DigitsID returns the integer whose decimal digits are t.
func DigitsID(t []byte) (id int64, wrong string) {
	if !AllDigits(t) {
		return 0, "is a string that is not digits"
	}
	return decimal(false, t, 0)
}

// exactInt returns the value of the JSON number t if it is an integer.
func exactInt(t []byte) (v int64, wrong string) {
	if len(t) <= 18 && AllDigits(t) {
		for _, c := range t {
			v = v*10 + int64(c-'0')
		}
		return v, ""
	}
	neg, i := t[0] == '-', 0
	if neg {
		i++
	}
	var digits []byte
	shift, point := 0, false
	for ; i < len(t) && t[i]|0x20 != 'e'; i++ {
		if t[i] == '.' {
			point = true
			continue
		}
		digits = append(digits, t[i])
		if point {
			shift--
		}
	}
	if i < len(t) {
		shift += exponent(t[i+1:])
	}
	if v, wrong = decimal(neg, digits, shift); wrong != "" {
		wrong = fmt.Sprintf("is %s, which %s", Snippet(t), wrong)
	}
	return v, wrong
}

// decimal returns ± digits · 10^shift.
func decimal(neg bool, digits []byte, shift int) (v int64, wrong string) {
	for len(digits) > 0 && digits[0] == '0' {
		digits = digits[1:]
	}
	for len(digits) > 0 && digits[len(digits)-1] == '0' {
		digits, shift = digits[:len(digits)-1], shift+1
	}
	switch {
	case len(digits) == 0:
		return 0, ""
	case shift < 0:
		return 0, "is not a whole number"
	case len(digits)+shift > 19:
		return 0, tooLarge
	}
	var u uint64 // 19 digits fit
	for _, c := range digits {
		u = u*10 + uint64(c-'0')
	}
	u *= pow10[shift]
	switch {
	case neg && u <= 1<<63:
		return int64(-u), ""
	case !neg && u <= math.MaxInt64:
		return int64(u), ""
	}
	return 0, tooLarge
}

const tooLarge = "does not fit 64 bits"

// maxExponent bounds exponents: numbers with larger ones are rejected in any case.
const maxExponent = 1 << 20

// exponent returns the value of the digits of an exponent, with their sign.
func exponent(t []byte) (e int) {
	neg := t[0] == '-'
	if neg || t[0] == '+' {
		t = t[1:]
	}
	for _, c := range t {
		e = min(e*10+int(c-'0'), maxExponent)
	}
	if neg {
		return -e
	}
	return e
}

// AllDigits reports whether t is one or more ASCII digits.
func AllDigits(t []byte) bool {
	for _, c := range t {
		if c-'0' > 9 {
			return false
		}
	}
	return len(t) > 0
}
