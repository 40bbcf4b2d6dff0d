package byproduct

import (
	"math"

	"abtool/store/columnar"
)

// Latest returns the latest known time, columnar.Null if none is known.
func Latest(times []int64) int64 {
	last := int64(columnar.Null)
	for _, t := range times {
		last = max(last, t)
	}
	return last
}

// Earliest returns the earliest known time, math.MaxInt64 if none is known.
func Earliest(times []int64) int64 {
	first := int64(math.MaxInt64)
	for _, t := range times {
		if t != columnar.Null {
			first = min(first, t)
		}
	}
	return first
}

// Backwards reports whether a known time is less than the known time before it.
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
