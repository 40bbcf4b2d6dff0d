package byproduct

import (
	"testing"

	"abtool/store/columnar"
)

// A count is compared with the share of the threshold, rounded down (I18): somebody with 4 of 10 pages needs 3 of them
// where 9 are needed of all.
func TestShare(t *testing.T) {
	rest := Share{4, 10}
	if rest.OfWhole(3) < 9 || rest.OfWhole(2) >= 9 {
		t.Errorf("3 and 2 of 4 pages are %d and %d of 10", rest.OfWhole(3), rest.OfWhole(2))
	}
	for whole := range int64(12) {
		for given := range whole + 2 {
			s := Share{given, whole}
			part := min(max(given, 1), max(whole, 1)) // of a share that says nothing, all
			if given == 0 {
				part = max(whole, 1)
			}
			for n := range int64(14) {
				for least := range int64(20) {
					if below, want := s.OfWhole(n) < least, n < least*part/max(whole, 1); below != want {
						t.Fatalf("%d of %+v is %d of all: below %d is %v", n, s, s.OfWhole(n), least, below)
					}
				}
			}
		}
	}
	all := ShareOf(columnar.Null, columnar.Null)
	if got := (Share{}).Union(rest).Union(Share{8, 20}).Union(Share{3, 10}); got != rest {
		t.Errorf("the union is %+v", got)
	}
	if rest.Union(all) != all || all.Union(rest) != all || all.OfWhole(7) != 7 || ShareOf(4, 10) != rest {
		t.Error("a whole HIT is not the largest share")
	}
}
