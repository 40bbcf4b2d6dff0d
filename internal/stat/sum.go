package stat

import (
	"math"
	"math/bits"
)

// A Sum adds real numbers so that the result does not depend on their order: it is a whole
// number of 2⁻⁶⁴, so that adding is exact. An addend is rounded to that unit, 5e-20, and must
// be below 2⁶² in size, as must the sum.
type Sum struct {
	hi int64
	lo uint64
}

// Add adds v; NaN and what is too large are a bug of the caller's and count as 0.
func (s *Sum) Add(v float64) {
	if !(math.Abs(v) < 1<<62) {
		return
	}
	whole := math.Floor(v)
	lo := uint64(0)
	if frac := v - whole; frac < 1 {
		lo = uint64(frac * 0x1p64)
	} else { // v is negative and tiny
		whole++
	}
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, lo, 0)
	s.hi += int64(whole) + int64(carry)
}

// Merge adds another sum.
func (s *Sum) Merge(o Sum) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, o.lo, 0)
	s.hi += o.hi + int64(carry)
}

// Whole returns a sum of whole numbers; ok is false if an addend was not one.
func (s Sum) Whole() (n int64, ok bool) { return s.hi, s.lo == 0 }

// Float returns the sum as the nearest number, within rounding.
func (s Sum) Float() float64 { return float64(s.hi) + float64(s.lo)*0x1p-64 }
