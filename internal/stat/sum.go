package stat

import (
	"math"
	"math/bits"
)

// A Sum adds real numbers so that the result does not depend on their order. It stores multiples of 2⁻⁶⁴,
// so that adding is exact. An addend is rounded to such a multiple, which is about 5e-20, and must be below
// 2⁶² in size, as must the sum.
type Sum struct {
	hi int64
	lo uint64
}

// Add adds v. NaN and values that are too large are a mistake of the caller and count as 0.
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

// Whole returns the sum if all addends were whole numbers; otherwise ok is false.
func (s Sum) Whole() (n int64, ok bool) { return s.hi, s.lo == 0 }

// Float returns the sum as the nearest float64, within rounding.
func (s Sum) Float() float64 { return float64(s.hi) + float64(s.lo)*0x1p-64 }

// Words returns the sum as hi + lo · 2⁻⁶⁴, and SumOf makes it again.
func (s Sum) Words() (hi int64, lo uint64) { return s.hi, s.lo }

// SumOf returns the sum hi + lo · 2⁻⁶⁴.
func SumOf(hi int64, lo uint64) Sum { return Sum{hi, lo} }
