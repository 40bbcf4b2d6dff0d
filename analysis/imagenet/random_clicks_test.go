package imagenet

import (
	"math"
	"math/rand/v2"
	"testing"

	"abtool/byproduct/plane"
	"abtool/internal/stat"
)

func close9(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }

// The three treatments of clicks that leave the image, where they have closed forms.
func TestRandomClicks(t *testing.T) {
	sums := func(boxes []plane.Box, sigma float64) *randomSums {
		s := &randomSums{sigma: make([][treatments][imageSets]stat.Mean, 1)}
		s.add(boxes, [imageSets]bool{true, true, true, true}, []float64{sigma}, &randomWork{})
		return s
	}
	at := func(s *randomSums, treatment int) float64 { return float64(s.sigma[0][treatment][setBC].Value()) }
	phi := func(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

	boxes := func(x0, y0, x1, y1 float64) []plane.Box { return []plane.Box{{X0: x0, Y0: y0, X1: x1, Y1: y1}} }

	half := sums(boxes(0, 0, 0.5, 1), 0.5) // the left half
	inside := phi(1) - phi(-1)
	for treatment, want := range []float64{0.5, inside / 2 * inside, 0.5} {
		if have := at(half, treatment); !close9(have, want) {
			t.Errorf("left half, %s: %v, want %v", treatmentNames[treatment], have, want)
		}
	}
	whole := sums(boxes(-0.5, -0.5, 1.5, 1.5), 0.5) // more than the image
	for treatment, want := range []float64{1, inside * inside, 1} {
		if have := at(whole, treatment); !close9(have, want) {
			t.Errorf("whole image, %s: %v, want %v", treatmentNames[treatment], have, want)
		}
	}
	edge := sums(boxes(0.9, 0.4, 1, 0.6), 0.5) // clicks beyond the right edge are moved to it
	if have, want := at(edge, clamped), (1-phi(0.8))*(phi(0.2)-phi(-0.2)); !close9(have, want) {
		t.Errorf("at the edge, clamped: %v, want %v", have, want)
	}
	outside := sums(boxes(1.1, 0, 1.2, 1), 0.5)
	if at(outside, truncated) != 0 || at(outside, clamped) != 0 || at(outside, unclipped) != 0 ||
		float64(outside.uniform[setBC].Value()) != 0 {
		t.Error("a box beyond the image")
	}
	// One box is a union of one.
	rng := rand.New(rand.NewPCG(11, 12))
	for range 500 {
		x, y := rng.Float64()*1.6-0.5, rng.Float64()*1.6-0.5
		b := boxes(x, y, x+0.001+rng.Float64(), y+0.001+rng.Float64())[0]
		if rng.IntN(4) == 0 && b.X1 > 0 {
			b.X0 = 0
		}
		one, two := sums([]plane.Box{b}, 0.3), sums([]plane.Box{b, b}, 0.3)
		for treatment, name := range treatmentNames {
			if !close9(at(one, treatment), at(two, treatment)) {
				t.Fatalf("%v, %s: alone %v, as a union %v", b, name, at(one, treatment), at(two, treatment))
			}
		}
	}
	// σ → 0 is the centre, σ → ∞ uniform.
	near := sums(boxes(0.4, 0.4, 0.7, 0.9), 1e-3)
	wide := sums(boxes(0.1, 0.2, 0.4, 0.9), 1e4)
	if !close9(at(near, truncated), 1) || math.Abs(at(wide, truncated)-0.21) > 1e-8 {
		t.Errorf("limits: %v, %v", at(near, truncated), at(wide, truncated))
	}
}
