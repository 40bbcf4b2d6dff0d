package features_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"abtool/features"
)

const epoch = 1641431010000 // ms, of the first click of annotation

// track writes samples as "t x y" with ";" between them, t in ms before the first click; and an enter.
func track(enter int, samples string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<hoveredRecord><action>enter</action><time>%d</time></hoveredRecord>", epoch-enter)
	for _, s := range strings.Split(samples, ";") {
		f := strings.Fields(s)
		var t int
		fmt.Sscan(f[0], &t)
		fmt.Fprintf(&b, "<mouseTracking><time>%d</time><x>%s</x><y>%s</y></mouseTracking>", epoch-t, f[1], f[2])
	}
	return b.String()
}

func near(t *testing.T, what string, got, want []float64, within float64) {
	t.Helper()
	ok := len(got) == len(want)
	for i := range want {
		ok = ok && (math.Abs(got[i]-want[i]) <= within || math.IsNaN(got[i]) && math.IsNaN(want[i]))
	}
	if !ok {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func traced(t *testing.T, samples string, o features.Options) features.Target {
	t.Helper()
	store := madeStore(t, map[string]string{"n01440764_1.xml": annotation("n01440764_1", nil, showing{"A", 1641432000, true, "0.8 0.4", track(400, samples)})}, "")
	o.Signals = []string{"all"}
	rows := all(t, store, o)
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	return rows[0]
}

func TestSignals(t *testing.T) {
	nan := math.NaN()
	// Before entering, at its time, twice at one time, out of order, without a place, after the click.
	x := traced(t, "900 0.1 0.1; 400 0.0 0.0; 200 0.9 0.9; 200 0.4 0.2; 100 0.6 0.4; 50 nothing 0.5; -30 0.7 0.7", features.Options{Scribble: 3, Steps: 6, StepMS: 100, Path: 5, Hull: 2, Grid: 2, Sigma: 1e-6})
	near(t, "scribble x", x.ScribbleX, []float64{0.9, 0.4, 0.6}, 0)
	near(t, "scribble y", x.ScribbleY, []float64{0.9, 0.2, 0.4}, 0)
	if !slices.Equal(x.ScribbleT, []int64{-200, -200, -100}) {
		t.Errorf("scribble times %v, want the last three samples before the click: -200, -200, -100", x.ScribbleT)
	}
	near(t, "step x", x.StepX, []float64{nan, 0, 0.2, 0.4, 0.6, 0.8}, 1e-12)
	near(t, "step y", x.StepY, []float64{nan, 0, 0.1, 0.2, 0.4, 0.4}, 1e-12)
	if !slices.Equal(x.StepMask, []int64{0, 1, 1, 1, 1, 1}) {
		t.Errorf("step mask %v, want 0 before the first sample since entering, then 1", x.StepMask)
	}
	near(t, "path x", x.PathX, []float64{0, 0.2, 0.4, 0.6, 0.8}, 1e-12)
	near(t, "path y", x.PathY, []float64{0, 0.1, 0.2, 0.4, 0.4}, 1e-12)
	// The pointer stays 200 ms in the corner, of which a quarter of the Gaussian is on the image, 100 ms in
	// the upper left and as long in the upper right.
	near(t, "attention", x.Attention, []float64{(50. + 100) / 250, 100. / 250, 0, 0}, 1e-9)
	near(t, "hull", x.Hull[:], []float64{0.4, 0.2, 0.8, 0.4}, 0)
	near(t, "hull area", []float64{x.HullArea}, []float64{0.2 * 0.2 / 2}, 1e-15)
	if x.TimeToClick != 400 || x.TrustN != math.MinInt64 || !math.IsNaN(x.Confidence) {
		t.Errorf("%+v: want 400 ms from entering to the click, and neither trust nor confidence without boxes", x)
	}

	// Everything since entering; out of order, samples go by their time.
	x = traced(t, "400 0.2 0.2; 100 0.2 0.6; 200 0.6 0.6; 300 0.6 0.2", features.Options{Path: 5, Grid: 4, Sigma: 0.2})
	near(t, "path x", x.PathX, []float64{0.2, 0.6, 0.6, 0.2, 0.8}, 1e-12)
	near(t, "hull", x.Hull[:], []float64{0.2, 0.2, 0.8, 0.6}, 0)
	near(t, "hull area", []float64{x.HullArea}, []float64{0.16 + 0.4*0.2/2}, 1e-12)
	near(t, "attention", x.Attention, soft(4, 0.2, [][3]float64{{0.2, 0.2, 100}, {0.6, 0.2, 100}, {0.6, 0.6, 100}, {0.2, 0.6, 100}}), 1e-5)
	sum := 0.0
	for _, v := range x.Attention {
		sum += v
	}
	near(t, "sum of attention", []float64{sum}, []float64{1}, 1e-12)

	// No sample since entering: only the scribble is left.
	x = traced(t, "900 0.1 0.1", features.Options{})
	if len(x.StepX)+len(x.PathX)+len(x.Attention) != 0 || !math.IsNaN(x.HullArea) || len(x.ScribbleX) != 1 {
		t.Errorf("%+v: want only a scribble, as there is no sample since entering", x)
	}
}

// soft integrates the Gaussians by adding up small squares.
func soft(n int, sigma float64, samples [][3]float64) []float64 {
	const fine = 200
	out := make([]float64, n*n)
	total := 0.0
	for i := range n * fine {
		for k := range n * fine {
			x, y := (float64(k)+0.5)/float64(n*fine), (float64(i)+0.5)/float64(n*fine)
			v := 0.0
			for _, s := range samples {
				v += s[2] * math.Exp(-((x-s[0])*(x-s[0])+(y-s[1])*(y-s[1]))/(2*sigma*sigma))
			}
			out[i/fine*n+k/fine] += v
			total += v
		}
	}
	for i := range out {
		out[i] /= total
	}
	return out
}

// The way to an icon begins at the action before its last add.
func TestSignalsCOCO(t *testing.T) {
	store := madeStore(t, map[string]string{"coco.json": `[{"image_id":7,"originalImageHeight":10,"originalImageWidth":10,"timeSpent":9000,"worker_id":"A","hit_id":"h","page_id":1,"categoryHistories":[],
		"actionHistories":[{"actionType":"add","iconType":"cat","pointTo":{"x":0.1,"y":0.1},"timeAt":1000},{"actionType":"remove","iconType":"cat","pointTo":null,"timeAt":2000},
			{"actionType":"add","iconType":"cat","pointTo":{"x":0.5,"y":0.5},"timeAt":3000},{"actionType":"move","iconType":"cat","pointTo":{"x":0.9,"y":0.9},"timeAt":4000}],
		"mouseTracking":[{"x":0.9,"y":0.1,"timeAt":1500},{"x":0.1,"y":0.3,"timeAt":2500},{"x":0.9,"y":0.9,"timeAt":3500}]}]`}, "")
	rows := all(t, store, features.Options{Signals: []string{"all"}, Path: 3})
	if len(rows) != 1 || rows[0].TimeToClick != 1000 {
		t.Fatalf("%+v", rows)
	}
	near(t, "path x", rows[0].PathX, []float64{0.1, 0.3, 0.5}, 1e-12)
	near(t, "path y", rows[0].PathY, []float64{0.3, 0.4, 0.5}, 1e-12)
	near(t, "scribble x", rows[0].ScribbleX, []float64{0.9, 0.1}, 0)
}

// Difficulty is robust and relative to the annotator: it is worked out again, by another way.
func TestDifficulty(t *testing.T) {
	rows := all(t, sample(t).store, features.Options{Set: features.ImageNet, Signals: []string{"difficulty"}})
	byWorker := map[string][]float64{}
	for _, x := range rows {
		if x.TimeToClick >= 0 && x.Worker != "" {
			byWorker[x.Worker] = append(byWorker[x.Worker], math.Log1p(float64(x.TimeToClick)))
		}
	}
	checked := 0
	for _, x := range rows {
		v := byWorker[x.Worker]
		if x.Worker == "" || x.TimeToClick < 0 || len(v) < 8 {
			continue
		}
		m := medianOf(v)
		var away []float64
		for _, u := range v {
			away = append(away, math.Abs(u-m))
		}
		want := (math.Log1p(float64(x.TimeToClick)) - m) / (1.4826 * medianOf(away))
		if math.Abs(x.Difficulty-want) > 1e-9 {
			t.Fatalf("difficulty of %s for annotator %s is %v, want %v", x.Image, x.Worker, x.Difficulty, want)
		}
		checked++
	}
	if checked < 1500 {
		t.Errorf("the difficulty of only %d clicks was checked, want 1500 or more", checked)
	}
}

func medianOf(list []float64) float64 {
	v := slices.Sorted(slices.Values(list))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
