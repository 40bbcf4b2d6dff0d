package stat

import "testing"

func TestMannWhitney(t *testing.T) {
	greater, pairs := MannWhitney([]int64{1, 3, 3, 9}, []int64{0, 3, 5})
	if want := 1 + 1.5 + 1.5 + 3; greater != want || pairs != 12 {
		t.Errorf("%v of %d, want %v of 12", greater, pairs, want)
	}
}
