package stat

import (
	"encoding/json"
	"math"
	"strconv"
)

// A Number is a real number; NaN and infinities are null in JSON.
type Number float64

// MarshalJSON writes the shortest text that is read as the same number.
func (n Number) MarshalJSON() ([]byte, error) {
	if f := float64(n); !math.IsNaN(f) && !math.IsInf(f, 0) {
		return json.Marshal(f)
	}
	return []byte("null"), nil
}

// UnmarshalJSON reads a number or null.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	f, err := strconv.ParseFloat(string(b), 64)
	*n = Number(f)
	return err
}

// Defined reports whether the number is not NaN.
func (n Number) Defined() bool { return !math.IsNaN(float64(n)) }

// Share returns k/n, undefined for n = 0.
func Share(k, n int64) Number { return Quotient(float64(k), float64(n)) }

// Quotient returns a/b, undefined for b = 0.
func Quotient(a, b float64) Number {
	if b == 0 {
		return Number(math.NaN())
	}
	return Number(a / b)
}
