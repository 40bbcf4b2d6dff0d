package columnar

import (
	"math"
	"math/bits"
)

// dict numbers distinct values in the order in which they first occur. It is an open-addressing hash table,
// at most half full, that stores only the numbers, so that it stays in the cache.
type dict struct {
	slots  []int32 // number + 1; 0 means free
	shift  uint
	values []uint64
}

const firstSlots = 1 << 10

// number returns the number of v, which it assigns if v is new.
func (d *dict) number(v uint64) int32 {
	if 2*len(d.values) >= len(d.slots) {
		d.grow()
	}
	slots, mask := d.slots, uint64(len(d.slots)-1)
	for h := scramble(v) >> (d.shift & 63); ; h++ {
		i := slots[h&mask]
		if i == 0 {
			d.values = append(d.values, v)
			slots[h&mask] = int32(len(d.values))
			return int32(len(d.values)) - 1
		}
		if d.values[i-1] == v {
			return i - 1
		}
	}
}

// scramble spreads the differences between values to the upper bits.
func scramble(v uint64) uint64 { return v * 0x9e3779b97f4a7c15 }

func (d *dict) grow() {
	d.slots = make([]int32, max(2*len(d.slots), firstSlots))
	d.shift = uint(64 - bits.Len(uint(len(d.slots)-1)))
	mask := uint64(len(d.slots) - 1)
	for i, v := range d.values {
		h := scramble(v) >> d.shift
		for d.slots[h&mask] != 0 {
			h++
		}
		d.slots[h&mask] = int32(i) + 1
	}
}

func (d *dict) reset() {
	clear(d.slots)
	d.values = d.values[:0]
}

// bounds returns the least and the greatest of the values, which are doubles or signed integers.
func bounds(values []uint64, double bool) (least, greatest uint64) {
	if !double {
		lo, hi := int64(math.MaxInt64), int64(math.MinInt64)
		for _, v := range values {
			lo, hi = min(lo, int64(v)), max(hi, int64(v))
		}
		return uint64(lo), uint64(hi)
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		f := math.Float64frombits(v)
		lo, hi = min(lo, f), max(hi, f)
	}
	if lo == 0 { // the format requires limits that hold for zeros of both signs
		lo = math.Copysign(0, -1)
	}
	return math.Float64bits(lo), math.Float64bits(hi + 0)
}

// fractions finds the numbers of a dictionary faster. Coordinates are often fractions k/n, and the
// coordinates in a list have the same n and similar k. A table for each n gives their numbers without a hash,
// from memory that was used just before.
type fractions struct {
	of    [maxWhole + 1][]int32 // by n and k: number + 1; 0 if the fraction has not occurred
	used  []int                 // every n that has a table
	whole float64               // n
	known []int32               // the table of n, or empty
}

const maxWhole = 2048

// setWhole sets the denominator n that the next values probably have.
func (f *fractions) setWhole(n float64) {
	f.known = nil
	if !(n >= 1 && n <= maxWhole) || n != math.Trunc(n) {
		return
	}
	i := int(n)
	if f.of[i] == nil {
		f.of[i] = make([]int32, 0, i+1)
	}
	if len(f.of[i]) == 0 {
		f.of[i] = f.of[i][:i+1]
		f.used = append(f.used, i)
	}
	f.whole, f.known = n, f.of[i]
}

func (f *fractions) reset() {
	for _, i := range f.used {
		clear(f.of[i])
		f.of[i] = f.of[i][:0]
	}
	f.used, f.known = f.used[:0], nil
}
