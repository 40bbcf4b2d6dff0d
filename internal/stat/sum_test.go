package stat

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// A Sum equals the exact sum, for any order and grouping of the addends.
func TestSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var values []float64
	exact := new(big.Rat)
	for range 2000 {
		v := rng.NormFloat64() * math.Pow(10, float64(rng.IntN(20)-8))
		values = append(values, v, -v/3)
	}
	for _, v := range values {
		exact.Add(exact, new(big.Rat).SetFloat64(v))
	}
	want, _ := exact.Float64()
	var forward, backward, left, right Sum
	for i, v := range values {
		forward.Add(v)
		backward.Add(values[len(values)-1-i])
		if i%3 == 0 {
			left.Add(v)
		} else {
			right.Add(v)
		}
	}
	left.Merge(right)
	if forward != backward || forward != left {
		t.Errorf("the sum depends on the order of addends: forward %v, backward %v, merged %v",
			forward, backward, left)
	}
	if !close9(forward.Float(), want) {
		t.Errorf("the sum is %v, want %v", forward.Float(), want)
	}
	for _, v := range []float64{-0x1p-70, 0x1p-64, -0x1p-64, 1 - 0x1p-53, -1, -2.5, 0} {
		var s Sum
		s.Add(v)
		if math.Abs(s.Float()-v) > 0x1p-63 {
			t.Errorf("%v is summed as %v", v, s.Float())
		}
	}
}

func close9(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }
