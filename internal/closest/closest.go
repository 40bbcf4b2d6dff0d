// Package closest suggests the known name that is closest to a misspelt one.
package closest

import "strings"

// DidYouMean returns a question for the end of a message, or "" if no name is close.
func DidYouMean(wrong string, names []string) string {
	if n := Name(wrong, names); n != "" {
		return "; did you mean " + n + "?"
	}
	return ""
}

// Name returns the name that takes the fewest edits, or a name that contains the wrong one. It returns ""
// if no name is close.
func Name(wrong string, names []string) string {
	wrong = strings.ToLower(wrong)
	if wrong == "" {
		return ""
	}
	best, at := "", max(2, len(wrong)/3)+1
	for _, n := range names {
		if d := distance(wrong, strings.ToLower(n)); d < at {
			best, at = n, d
		}
	}
	if best != "" {
		return best
	}
	for _, n := range names {
		if l := strings.ToLower(n); len(wrong) > 2 && (strings.Contains(l, wrong) || strings.Contains(wrong, l) && len(l) > 2) {
			return n
		}
	}
	return ""
}

// distance returns the number of insertions, deletions, replacements and swaps of neighbours that turn a
// into b.
func distance(a, b string) int {
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
