package byproduct

import "abtool/store/columnar"

// A Share says how much of a whole HIT of its study somebody was given (I18, docs/design/definitions.md#i18): the rest of
// a HIT that another annotator had begun, or a HIT that the plan made smaller. The zero value says nothing.
type Share struct{ Given, Whole int64 }

// ShareOf returns a share as annotations have it. All is given where a value is columnar.Null.
func ShareOf(given, whole int64) Share {
	if given == columnar.Null || whole == columnar.Null {
		return Share{1, 1}
	}
	return Share{given, whole}
}

// Union returns the larger one of two shares.
func (s Share) Union(o Share) Share {
	if s.Whole == 0 || o.Given*s.Whole > s.Given*o.Whole {
		return o
	}
	return s
}

// OfWhole returns the count of a whole HIT to which a count of the share corresponds. It is below a threshold exactly if
// the count is below the same share of the threshold, rounded down.
func (s Share) OfWhole(n int64) int64 {
	if s.Given <= 0 || s.Given >= s.Whole {
		return n
	}
	return ((n+1)*s.Whole - 1) / s.Given
}
