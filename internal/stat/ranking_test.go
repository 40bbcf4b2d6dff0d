package stat

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func rank(scores []float32, positive string) *Ranking {
	flags := make([]bool, len(scores))
	for i := range flags {
		flags[i] = positive[i] == '+'
	}
	return Rank(scores, flags)
}

func TestAveragePrecision(t *testing.T) {
	for _, c := range []struct {
		scores   []float32
		positive string
		want     float64
	}{
		{[]float32{.9, .8, .7, .6}, "+-+-", (1 + 2./3) / 2},
		{[]float32{.5, .5}, "+-", 0.5},
		{[]float32{.5, .5}, "-+", 0.5},
		{[]float32{-.3, -.9, -.5, -.8}, "++--", 0.75},
		{[]float32{3, 2, 1}, "+++", 1},
	} {
		if got := rank(c.scores, c.positive).AveragePrecision(nil); math.Abs(got-c.want) > 1e-15 {
			t.Errorf("%v %s: %v, want %v", c.scores, c.positive, got, c.want)
		}
	}
	if got := rank([]float32{1, 2}, "--").AveragePrecision(nil); !math.IsNaN(got) {
		t.Errorf("without positive observations: %v", got)
	}
}

func TestAUROC(t *testing.T) {
	r := rank([]float32{-.3, -.9, -.5, -.8}, "++--")
	if got := r.AUROC(nil); got != 0.5 {
		t.Errorf("AUROC %v, want 0.5", got)
	}
	if got := r.FPR(0.95, nil); got != 1 {
		t.Errorf("FPR95 %v, want 1", got)
	}
	if got := r.FPR(0.5, nil); got != 0 {
		t.Errorf("FPR50 %v, want 0", got)
	}
	if got := rank([]float32{1, 1, 1}, "+-+").AUROC(nil); got != 0.5 {
		t.Errorf("AUROC of equal scores %v, want 0.5", got)
	}
}

// The definitions by loops over thresholds and pairs give the same numbers, with repeated observations, for scores
// with many ties.
func TestRankingBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2))
	for range 300 {
		n := 2 + rng.IntN(30)
		scores, positive, times := make([]float32, n), make([]bool, n), make([]int32, n)
		for i := range n {
			scores[i], positive[i], times[i] = float32(rng.IntN(6)), rng.IntN(3) == 0, int32(rng.IntN(3))
		}
		r := Rank(scores, positive)
		ap, auroc, fpr, has := brute(scores, positive, times)
		if !has {
			continue
		}
		for _, c := range []struct{ got, want float64 }{{r.AveragePrecision(times), ap},
			{r.AUROC(times), auroc}, {r.FPR(0.95, times), fpr}} {
			if math.Abs(c.got-c.want) > 1e-12 {
				t.Fatalf("%v %v %v: %v, want %v", scores, positive, times, c.got, c.want)
			}
		}
		// A function that keeps the order keeps the numbers.
		moved := make([]float32, n)
		for i, s := range scores {
			moved[i] = float32(math.Exp(float64(s))) - 7
		}
		if m := Rank(moved, positive); m.AveragePrecision(nil) != r.AveragePrecision(nil) ||
			m.AUROC(nil) != r.AUROC(nil) {
			t.Fatal("a monotone function of the scores changes the numbers")
		}
		checkPlacements(t, r, positive)
	}
}

// checkPlacements compares both means of the placements with the AUROC.
func checkPlacements(t *testing.T, r *Ranking, positive []bool) {
	t.Helper()
	var sum, count [2]float64
	for i, v := range r.Placements() {
		sum[One(positive[i])] += v
		count[One(positive[i])]++
	}
	want := r.AUROC(nil)
	for k := range sum {
		if got := sum[k] / count[k]; math.Abs(got-want) > 1e-12 && !math.IsNaN(want) {
			t.Fatalf("the mean of the placements is %v, and the AUROC %v", got, want)
		}
	}
}

func brute(scores []float32, positive []bool, times []int32) (ap, auroc, fpr float64, ok bool) {
	var pos, neg []float32
	for i, s := range scores {
		for range times[i] {
			if positive[i] {
				pos = append(pos, s)
			} else {
				neg = append(neg, s)
			}
		}
	}
	if len(pos) == 0 || len(neg) == 0 {
		return 0, 0, 0, false
	}
	atLeast := func(v []float32, s float32) (n float64) {
		for _, x := range v {
			if x >= s {
				n++
			}
		}
		return n
	}
	last := 0.0
	fpr = 2
	for s := float32(6); s >= 0; s-- {
		recall := atLeast(pos, s) / float64(len(pos))
		if recall > last {
			ap += (recall - last) * atLeast(pos, s) / (atLeast(pos, s) + atLeast(neg, s))
		}
		if last = recall; recall >= 0.95 && fpr == 2 {
			fpr = atLeast(neg, s) / float64(len(neg))
		}
	}
	for _, p := range pos {
		for _, n := range neg {
			if p > n {
				auroc++
			} else if p == n {
				auroc += 0.5
			}
		}
	}
	return ap, auroc / float64(len(pos)*len(neg)), fpr, true
}

// McNemar's exact test, by integers.
func TestBinomialTest(t *testing.T) {
	for _, c := range [][2]int64{{0, 0}, {1, 0}, {5, 5}, {0, 6}, {3, 9}, {20, 45}, {400, 480}, {1, 300}} {
		n, k := c[0]+c[1], min(c[0], c[1])
		sum := new(big.Int)
		for i := int64(0); i <= k; i++ {
			sum.Add(sum, new(big.Int).Binomial(n, i))
		}
		want, _ := new(big.Rat).SetFrac(sum.Lsh(sum, 1), new(big.Int).Lsh(big.NewInt(1), uint(n))).Float64()
		want = min(want, 1)
		got := BinomialTest(c[0], c[1])
		if math.Abs(got-want) > 1e-9*want || got != BinomialTest(c[1], c[0]) {
			t.Errorf("%v: %v, want %v", c, got, want)
		}
	}
	if p := BinomialTest(10000, 30000); p < 0 || p > 1e-300 {
		t.Errorf("10,000 against 30,000: %v", p)
	}
	if p := NormalTest(Z95); math.Abs(p-0.05) > 1e-12 {
		t.Errorf("z of 1.96 has p %v", p)
	}
}
