package analysis

import "slices"

// sortedBy is a sorted copy.
func sortedBy[T any](s []T, less func(a, b T) bool) []T {
	out := slices.Clone(s)
	slices.SortFunc(out, func(a, b T) int {
		switch {
		case less(a, b):
			return -1
		case less(b, a):
			return 1
		}
		return 0
	})
	return out
}
