package stat

import (
	"math"
	"slices"
)

// A real is a type of values that have quantiles.
type real interface {
	~int32 | ~int64 | ~float64
}

// Quantile returns the q-quantile of sorted values by linear interpolation between the two nearest ranks,
// which is numpy's default (C14, docs/design/definitions.md#c14). It returns NaN without values.
func Quantile[T real](sorted []T, q float64) float64 {
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	at := q * float64(n-1)
	i := int(math.Floor(at))
	if i >= n-1 {
		return float64(sorted[n-1])
	}
	a, b := float64(sorted[i]), float64(sorted[i+1])
	return a + (b-a)*(at-float64(i))
}

// Median sorts values and returns their 0.5-quantile, or NaN without values.
func Median[T real](values []T) float64 {
	slices.Sort(values)
	return Quantile(values, 0.5)
}

// MiddleOf returns the Middle of all values of several sorted lists. It modifies lists.
func MiddleOf(lists [][]float64) float64 {
	n := 0
	for _, l := range lists {
		n += len(l)
	}
	low := math.NaN()
	for k := 0; k <= n/2 && n > 0; k++ {
		least := -1
		for i, l := range lists {
			if len(l) > 0 && (least < 0 || l[0] < lists[least][0]) {
				least = i
			}
		}
		v := lists[least][0]
		lists[least] = lists[least][1:]
		switch {
		case k == n/2 && n%2 == 1:
			return v
		case k == n/2:
			return (low + v) / 2
		}
		low = v
	}
	return math.NaN()
}

// Middle returns the middle one of sorted values, or the mean of the two in the middle; NaN without values.
// Median interpolates between the two, so that it may differ in the last bit.
func Middle(v []float64) float64 {
	n := len(v)
	switch {
	case n == 0:
		return math.NaN()
	case n%2 == 1:
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}
