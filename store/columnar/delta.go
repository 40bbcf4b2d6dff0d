package columnar

import (
	"encoding/binary"
	"math/bits"
)

const (
	deltaBlock = 128
	deltaMinis = 4
	deltaMini  = deltaBlock / deltaMinis
)

// appendDelta appends values in the encoding DELTA_BINARY_PACKED, in a form that compresses well.
//
// Within lists of times most differences are small, but each list begins with a large negative one, and the
// format stores all differences of a block as wide as the widest. appendDelta therefore writes differences
// in whole bytes and relative to a base that is the same for most blocks. The lower bytes are then the
// differences themselves and the upper bytes are nearly constant, which compressors handle well because
// they work on bytes.
func appendDelta(dst []byte, values []int64) []byte {
	dst = binary.AppendUvarint(dst, deltaBlock)
	dst = binary.AppendUvarint(dst, deltaMinis)
	dst = binary.AppendUvarint(dst, uint64(len(values)))
	if len(values) == 0 {
		return binary.AppendVarint(dst, 0)
	}
	dst = binary.AppendVarint(dst, values[0])
	var block [deltaBlock]int64
	for values = values[0:]; len(values) > 1; {
		n := min(len(values)-1, deltaBlock)
		lo, hi := values[1]-values[0], values[1]-values[0]
		for i := range n {
			d := values[i+1] - values[i]
			block[i] = d
			lo, hi = min(lo, d), max(hi, d)
		}
		values = values[n:]
		base, wide := deltaBase(lo, hi)
		dst = binary.AppendVarint(dst, base)
		for m := range deltaMinis {
			w := wide
			if m*deltaMini >= n {
				w = 0
			}
			dst = append(dst, byte(8*w))
		}
		for i := n; i < deltaBlock; i++ {
			block[i] = base
		}
		end := (n + deltaMini - 1) / deltaMini * deltaMini
		for _, d := range block[:end] {
			v := uint64(d - base)
			switch wide {
			case 0:
			case 1:
				dst = append(dst, byte(v))
			case 2:
				dst = append(dst, byte(v), byte(v>>8))
			case 3:
				dst = append(dst, byte(v), byte(v>>8), byte(v>>16))
			default:
				for k := range wide {
					dst = append(dst, byte(v>>(8*k)))
				}
			}
		}
	}
	return dst
}

// deltaBase returns the base to subtract from differences between lo and hi, and the number of bytes of the
// remainders.
func deltaBase(lo, hi int64) (base int64, wide int) {
	switch {
	case lo == hi:
		return lo, 0
	case lo >= 0 && hi < 1<<8:
		return 0, 1
	case lo >= -1<<15 && hi < 1<<15:
		return -1 << 15, 2
	case lo >= -1<<23 && hi < 1<<23:
		return -1 << 23, 3
	}
	return lo, (bits.Len64(uint64(hi-lo)) + 7) / 8
}
