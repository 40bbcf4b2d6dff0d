package ingest

import (
	"encoding/json"
	"math"
)

// setRLE reads a run-length mask. Its runs must not be longer than the mask.
func (o *object) setRLE(seg json.RawMessage) bool {
	m, f := fields(seg)
	if f != nil {
		return false
	}
	size, ok := numbersOf(m["size"])
	if !ok || len(size) != 2 || !isSide(size[0]) || !isSide(size[1]) {
		return false
	}
	var counts []int64
	if text := scalarOf(m["counts"]); text.kind == jsonString {
		counts, ok = decodeRLE(string(text.text))
	} else {
		var runs []float64
		runs, ok = numbersOf(m["counts"])
		for _, n := range runs {
			ok = ok && isSide(n)
			counts = append(counts, int64(n))
		}
	}
	left := int64(size[0]) * int64(size[1])
	for _, n := range counts {
		if n < 0 || n > left {
			return false
		}
		left -= n
	}
	if ok {
		o.rleH, o.rleW, o.counts, o.hasRLE = size[0], size[1], counts, true
	}
	return ok
}

func isSide(v float64) bool { return v >= 0 && v <= math.MaxInt32 && v == math.Trunc(v) }

// decodeRLE reads COCO's compressed run lengths: each character holds five bits and whether
// the number goes on; from the fourth run on, numbers are differences to the run two before.
func decodeRLE(s string) (counts []int64, ok bool) {
	for i := 0; i < len(s); {
		var v int64
		for shift := 0; ; shift += 5 {
			if i == len(s) || shift > 55 {
				return nil, false
			}
			c := int64(s[i]) - '0'
			if c < 0 || c > 63 {
				return nil, false
			}
			i++
			v |= (c & 31) << shift
			if c&32 == 0 {
				if c&16 != 0 {
					v |= -1 << (shift + 5)
				}
				break
			}
		}
		if n := len(counts); n > 2 {
			v += counts[n-2]
		}
		counts = append(counts, v)
	}
	return counts, true
}
