package byproduct

import (
	"math"

	"abtool/store/columnar"
)

// Latest returns the greatest time, columnar.Null for none.
func Latest(times []int64) int64 {
	last := int64(columnar.Null)
	for _, t := range times {
		last = max(last, t)
	}
	return last
}

// Earliest returns the least time, math.MaxInt64 for none.
func Earliest(times []int64) int64 {
	first := int64(math.MaxInt64)
	for _, t := range times {
		if t != columnar.Null {
			first = min(first, t)
		}
	}
	return first
}

// Backwards reports whether the known times ever fall.
func Backwards(times []int64) bool {
	last := int64(columnar.Null)
	for _, t := range times {
		if t == columnar.Null {
			continue
		}
		if t < last {
			return true
		}
		last = t
	}
	return false
}
