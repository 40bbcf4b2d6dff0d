package synth

import "strconv"

func appendInt[T ~int | ~int32 | ~int64](b []byte, v T) []byte {
	return strconv.AppendInt(b, int64(v), 10)
}

// appendFloat writes a number as JavaScript and Python print it in the ranges that occur here:
// the shortest digits that read back as the same float64.
func appendFloat(b []byte, v float64) []byte { return strconv.AppendFloat(b, v, 'f', -1, 64) }

// appendRatio writes pixel/size as the front ends compute a relative coordinate.
func appendRatio(b []byte, pixel int32, size int) []byte {
	switch {
	case pixel == 0 || size == 0:
		return append(b, '0')
	case int(pixel) == size:
		return append(b, '1')
	}
	return appendFloat(b, float64(pixel)/float64(size))
}
