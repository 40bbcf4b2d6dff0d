package ingest

import (
	"encoding/binary"
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
		for len(b)-j >= 8 {
			v, ok := eight(binary.LittleEndian.Uint64(b[j:]))
			if !ok {
				break
			}
			mant = mant*1e8 + v
			j += 8
		}
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

// eight reads eight ASCII digits, the first one in the lowest byte, at once; ok tells whether
// they are digits.
func eight(v uint64) (n uint64, ok bool) {
	const high, digits = 0xf0f0f0f0f0f0f0f0, 0x3030303030303030
	if v&high != digits || (v+0x0606060606060606)&high != digits {
		return 0, false
	}
	v -= digits
	v = v*10 + v>>8 // pairs, in every other byte
	const mask = 0x000000ff000000ff
	v = (v&mask)*(100+1000000<<32) + (v>>16&mask)*(1+10000<<32)
	return v >> 32, true
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
// Up to 2^53 both operands are exact, and one division rounds once.
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
	// The product with 1/10^k to 64 bits is too small by less than one unit in its upper half:
	// that decides the rounding unless the bits to be dropped are next to a boundary.
	lm := bits.LeadingZeros64(m)
	hi, _ := bits.Mul64(m<<lm, inverse[k].m) // in [2^62, 2^64)
	drop := 10 + hi>>63
	half := uint64(1) << (drop - 1)
	if d := hi & (2*half - 1); d != half-1 && d != half && d != 2*half-1 {
		q := hi >> drop
		if d > half {
			q++
		}
		return float64(q) * math.Float64frombits(uint64(int(drop)+64-lm-inverse[k].exp+1023)<<52)
	}
	return divide(m, pow10[k])
}

// inverse holds 1/10^k as m / 2^exp, m in [2^63, 2^64) and rounded down.
var inverse = func() (t [20]struct {
	m   uint64
	exp int
}) {
	for k := 1; k < len(t); k++ {
		n := bits.Len64(pow10[k])
		t[k].m, _ = bits.Div64(1<<(n-1), 0, pow10[k])
		t[k].exp = 63 + n
	}
	return t
}()

// divide returns m / d, correctly rounded: the quotient is taken to 64 bits with a sticky
// remainder, and rounded half to even by hand.
func divide(m, d uint64) float64 {
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
