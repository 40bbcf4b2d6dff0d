package metric

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"testing"

	"abtool/internal/stat"
)

// scored returns random images of some classes with scores, many of which are equal.
func scored(rng *rand.Rand, images, classes int) (labels [][]int32, scores [][]float32) {
	for range images {
		var l []int32
		s := make([]float32, classes)
		for c := range classes {
			s[c] = float32(rng.IntN(8))
			if rng.IntN(4) == 0 {
				l = append(l, int32(c))
			}
		}
		labels, scores = append(labels, l), append(scores, s)
	}
	return labels, scores
}

func multiLabel(t testing.TB, labels [][]int32, scores [][]float32, order []int) *MultiLabel {
	t.Helper()
	m := NewMultiLabel(len(scores[0]))
	for _, i := range order {
		if err := m.Add(fmt.Sprint(i), labels[i], scores[i]); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func TestMultiLabel(t *testing.T) {
	m := multiLabel(t, [][]int32{{0}, {}, {0, 1}, {}}, [][]float32{{.9, .5, 0}, {.8, .5, 0}, {.7, .5, 0},
		{.6, .5, 0}}, []int{0, 1, 2, 3})
	ap := m.AP()
	if math.Abs(ap[0]-5./6) > 1e-12 || ap[1] != 0.25 || !math.IsNaN(ap[2]) {
		t.Errorf("average precisions %v, want 0.8333, 0.25 and none", ap)
	}
	if x := m.Number(); math.Abs(float64(x.Value)-(5./6+0.25)/2) > 1e-12 || x.N != 4 || x.Interval == nil {
		t.Errorf("%+v", x)
	}
	if err := m.Add("x", nil, []float32{1}); err == nil {
		t.Error("an image with fewer logits is accepted")
	}
}

// mAP does not depend on the order of images, nor on a monotone function of the scores, and differences are paired.
func TestMultiLabelOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	labels, scores := scored(rng, 60, 5)
	order := rng.Perm(60)
	a, b := multiLabel(t, labels, scores, order), multiLabel(t, labels, scores, rng.Perm(60))
	x, y := a.Number(), b.Number()
	if x.Value != y.Value || *x.Interval != *y.Interval {
		t.Errorf("%v %+v and %v %+v", x.Value, x.Interval, y.Value, y.Interval)
	}
	if d := CompareMultiLabel(a, b); d.Value != 0 || d.SE != 0 || d.P != 1 || d.N != 60 {
		t.Errorf("%+v", d)
	}
	_, others := scored(rng, 60, 5)
	c := multiLabel(t, labels, others, order[:50])
	d := CompareMultiLabel(a, c)
	if d.N != 50 || d.SE <= 0 || !d.Interval.Covers(float64(d.Value)) {
		t.Errorf("%+v", d)
	}
}

// Average precision and AUROC are those of scikit-learn, with and without equal scores.
func TestScikitLearn(t *testing.T) {
	python := "/usr/bin/python3"
	if exec.Command(python, "-c", "import sklearn").Run() != nil {
		if python = "python3"; exec.Command(python, "-c", "import sklearn").Run() != nil {
			t.Skip("needs scikit-learn for python3 (Debian's python3-sklearn)")
		}
	}
	type problem struct {
		Scores   []float32
		Positive []bool
	}
	rng := rand.New(rand.NewPCG(3, 4))
	var all []problem
	for k := range 40 {
		n := 2 + rng.IntN(200)
		p := problem{make([]float32, n), make([]bool, n)}
		for i := range n {
			p.Positive[i] = i == 0 || i > 1 && rng.IntN(3) == 0
			if p.Scores[i] = rng.Float32(); k%2 == 0 {
				p.Scores[i] = float32(rng.IntN(9))
			}
		}
		all = append(all, p)
	}
	input, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", `
import json, sys
from sklearn.metrics import average_precision_score, roc_auc_score
print(json.dumps([[average_precision_score(p["Positive"], p["Scores"]), roc_auc_score(p["Positive"], p["Scores"])]
                  for p in json.load(sys.stdin)]))`)
	cmd.Stdin = bytes.NewReader(input)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want [][2]float64
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	for i, p := range all {
		r := stat.Rank(p.Scores, p.Positive)
		if got := [2]float64{r.AveragePrecision(nil), r.AUROC(nil)}; math.Abs(got[0]-want[i][0]) > 1e-9 ||
			math.Abs(got[1]-want[i][1]) > 1e-9 {
			t.Errorf("%d observations: %v, and scikit-learn has %v", len(p.Scores), got, want[i])
		}
	}
}

// The scores of COCO's validation images for its 80 classes.
func BenchmarkMultiLabel(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 5))
	labels, scores := scored(rng, 40504, 80)
	for i := range scores {
		for c := range scores[i] {
			scores[i][c] = rng.Float32()
		}
	}
	m := multiLabel(b, labels, scores, rng.Perm(40504))
	b.ResetTimer()
	for range b.N {
		m.Number()
	}
}
