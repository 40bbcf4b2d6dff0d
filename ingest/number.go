package ingest

import (
	"math"
	"math/bits"
	"strconv"
	"unsafe"
)

// grammar names what counts as a number (R5).
type grammar bool

const (
	xmlNumber  grammar = false // optional sign, digits, point, exponent
	jsonNumber grammar = true  // RFC 8259: no plus, no leading zeros, digits on both sides of the point
)

// number parses the longest number at the beginning of b and returns it with its length, 0
// when there is none. The result equals strconv.ParseFloat's on the same bytes; a number too
// large for a float64 is an infinity.
func number(b []byte, g grammar) (float64, int) {
	i, neg := 0, false
	if i < len(b) && (b[i] == '-' || b[i] == '+' && g == xmlNumber) {
		neg = b[i] == '-'
		i++
	}
	start := i
	var mant uint64 // the first 19 significant digits
	for i < len(b) && b[i]-'0' <= 9 {
		mant = mant*10 + uint64(b[i]-'0')
		i++
	}
	whole := i - start
	if g == jsonNumber && (whole == 0 || whole > 1 && b[start] == '0') {
		return 0, 0
	}
	digits, frac := whole, 0
	if i < len(b) && b[i] == '.' {
		j := i + 1
		for j < len(b) && b[j]-'0' <= 9 {
			mant = mant*10 + uint64(b[j]-'0')
			j++
		}
		frac = j - i - 1
		if g == jsonNumber && frac == 0 {
			return 0, 0
		}
		digits += frac
		i = j
	}
	if digits == 0 {
		return 0, 0
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		end := exponentEnd(b, i+1)
		if end == 0 {
			return 0, 0
		}
		return parseSlow(b[:end]), end
	}
	// 0.000123 has leading zeros that are not significant digits: at most 19 digits in all is
	// the simple test that mant did not overflow.
	if digits > 19 {
		return parseSlow(b[:i]), i
	}
	v := scale(mant, frac)
	if neg {
		v = -v
	}
	return v, i
}

// exponentEnd returns where the exponent that begins at b[i], behind the e, ends; 0 if there is none.
func exponentEnd(b []byte, i int) int {
	if i < len(b) && (b[i] == '+' || b[i] == '-') {
		i++
	}
	start := i
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	if i == start {
		return 0
	}
	return i
}

func parseSlow(b []byte) float64 {
	v, _ := strconv.ParseFloat(unsafe.String(unsafe.SliceData(b), len(b)), 64) // ±Inf when out of range
	return v
}

// pow10 holds the powers of ten that a uint64 can hold.
var pow10 = func() (p [20]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

// scale returns m / 10^k for k ≤ 19, correctly rounded.
//
// Up to 2^53 both operands are exact, and one division rounds once. Above, the quotient is
// taken to 64 bits with a sticky remainder, and rounded half to even by hand.
func scale(m uint64, k int) float64 {
	if k == 0 {
		return float64(m)
	}
	d := pow10[k]
	if m < 1<<53 && k <= 15 {
		return float64(m) / float64(d)
	}
	if m == 0 {
		return 0
	}
	lm, ld := bits.LeadingZeros64(m), bits.LeadingZeros64(d)
	m, d = m<<lm, d<<ld
	exp := ld - lm - 64 // value = q * 2^exp, q = floor(m * 2^64 / d)
	hi, lo := m, uint64(0)
	if m >= d { // q must fit 64 bits
		hi, lo, exp = m>>1, m<<63, exp+1
	}
	q, r := bits.Div64(hi, lo, d) // q in [2^63, 2^64)
	low := q & (1<<11 - 1)
	q >>= 11
	if low > 1<<10 || low == 1<<10 && (r != 0 || q&1 == 1) {
		q++
	}
	return float64(q) * math.Float64frombits(uint64(exp+11+1023)<<52) // exact: both are normal
}
