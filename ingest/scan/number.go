package scan

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"unsafe"
)

// Grammar chooses which texts are numbers (R5).
type Grammar bool

const (
	XML  Grammar = false // optional sign, digits, point, exponent
	JSON Grammar = true  // RFC 8259: no plus, no leading zeros, digits on both sides of the point
)

// Number parses the longest number at the beginning of b. It returns the number and its length, or 0 and 0 if
// b does not begin with a number. The result is the same as from strconv.ParseFloat on the same bytes, except
// that a number too large for a float64 is an infinity without an error.
func Number(b []byte, g Grammar) (float64, int) {
	if len(b) >= ShortRoom {
		if v, n := Short(b); n > 0 {
			return v, n
		}
	}
	i, neg := 0, false
	if i < len(b) && (b[i] == '-' || b[i] == '+' && g == XML) {
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
	if g == JSON && (whole == 0 || whole > 1 && b[start] == '0') {
		return 0, 0
	}
	total, frac := whole, 0
	if i < len(b) && b[i] == '.' {
		j := i + 1
		for len(b)-j >= 8 {
			v, n := digits(binary.LittleEndian.Uint64(b[j:]))
			if n < 8 {
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
		if g == JSON && frac == 0 {
			return 0, 0
		}
		total += frac
		i = j
	}
	if total == 0 {
		return 0, 0
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		end := exponentEnd(b, i+1)
		if end == 0 {
			return 0, 0
		}
		return parseSlow(b[:end]), end
	}
	// Leading zeros as in 0.000123 are not significant digits and need not be counted. At most 19 digits in
	// all, leading zeros included, is a simple test that mant has not overflowed.
	if total > 19 {
		return parseSlow(b[:i]), i
	}
	v := scale(mant, frac)
	if neg {
		v = -v
	}
	return v, i
}

// ShortRoom is the number of bytes that Short needs.
const ShortRoom = 32

// Short parses the most frequent forms of numbers, such as 0.5925925925925926 and 24560, eight digits at a
// time. It returns length 0 if b begins with anything else. b must have at least ShortRoom bytes.
func Short(b []byte) (float64, int) {
	_ = b[ShortRoom-1]
	w := binary.LittleEndian.Uint64(b)
	if w&0xffff != '0'|'.'<<8 {
		m, n := digits(w)
		if n == 8 {
			low, more := digits(binary.LittleEndian.Uint64(b[8:]))
			if more == 8 {
				return 0, 0
			}
			m, n = m*pow10[more]+low, 8+more
		}
		if n == 0 || n > 1 && b[0] == '0' || b[n] == '.' || b[n]|0x20 == 'e' {
			return 0, 0
		}
		return float64(m), n
	}
	// The digits after the point are always read as 19, with zeros after the last one, so that no branch
	// depends on their number.
	a, n := leading(binary.LittleEndian.Uint64(b[2:]))
	c, more := leading(binary.LittleEndian.Uint64(b[10:]))
	if n < 8 {
		c, more = 0, 0
	}
	n += more
	e, more := leading(binary.LittleEndian.Uint64(b[18:]))
	if n < 16 {
		e, more = 0, 0
	}
	n += more
	if n-1 > 18 || b[2+n]|0x20 == 'e' { // none, or more than 19
		return 0, 0
	}
	m := (eight(a)*1e8+eight(c))*1000 + e&0xff*100 + e>>8&0xff*10 + e>>16&0xff
	return scale(m, 19), int(2 + n)
}

// leading returns the digits at the beginning of the ASCII text w as bytes from 0 to 9, the first one
// lowest, followed by zeros. n is their number.
func leading(w uint64) (v uint64, n uint) {
	w ^= 0x3030303030303030                                      // digits are 0 to 9 now
	other := (w | (w + 0x7676767676767676)) & 0x8080808080808080 // no carry comes into the first other byte
	return w & ((other&-other)>>7 - 1), uint(bits.TrailingZeros64(other)) >> 3
}

// digits returns the number of ASCII digits at the beginning of w and the digits, the first one in the
// lowest byte.
func digits(w uint64) (v uint64, n int) {
	v, k := leading(w)
	return eight(v << (64 - 8*k)), int(k)
}

// eight returns the number whose digits are the bytes of v, the first one in the lowest byte.
func eight(v uint64) uint64 {
	v = v*10 + v>>8 // pairs, in every other byte
	const mask = 0x000000ff000000ff
	return ((v&mask)*(100+1000000<<32) + (v>>16&mask)*(1+10000<<32)) >> 32
}

// exponentEnd returns where an exponent ends whose digits or sign begin at b[i], after the e. It returns 0
// if b[i] does not begin one.
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

// pow10 has the powers of ten that a uint64 can represent.
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
	// The product with 1/10^k, taken to 64 bits, is too small by less than one unit of its upper half. That
	// decides the rounding unless the dropped bits are next to a rounding boundary.
	lm := bits.LeadingZeros64(m)
	hi, _ := bits.Mul64(m<<lm, inverse[k].m) // in [2^62, 2^64)
	drop := 10 + hi>>63
	half := uint64(1) << (drop - 1)
	if (hi+1)&(half-1) > 1 {
		q := (hi>>(drop-1) + 1) >> 1
		return float64(q) * math.Float64frombits(uint64(int(drop)+64-lm-inverse[k].exp+1023)<<52)
	}
	return divide(m, pow10[k])
}

// inverse has 1/10^k as m / 2^exp with m in [2^63, 2^64), rounded down.
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

// divide returns m / d, correctly rounded. It computes 64 bits of the quotient and whether there is a
// remainder, and rounds half to even.
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

// IsInf reports whether a number is not finite.
func IsInf(v float64) bool { return v-v != 0 }
