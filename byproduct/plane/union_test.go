package plane

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The probability of random clicks on planted boxes.
func TestUnion(t *testing.T) {
	var u Union
	for _, c := range []struct {
		boxes []Box
		area  float64
	}{
		{[]Box{{0.1, 0.1, 0.6, 0.5}}, 0.2},
		{[]Box{{0, 0, 0.5, 0.5}, {0.25, 0.25, 0.75, 0.75}}, 0.25 + 0.25 - 0.0625},
		{[]Box{{0, 0, 1, 1}, {0.2, 0.2, 0.3, 0.3}}, 1},
		{[]Box{{0, 0, 0.5, 1}, {0.5, 0, 1, 1}}, 1},
		{[]Box{{0, 0, 0.2, 0.2}, {0.8, 0.8, 1, 1}}, 0.08},
		{[]Box{{0.1, 0, 0.2, 1}, {0, 0.1, 1, 0.2}, {0.1, 0.1, 0.2, 0.2}}, 0.19},
		{nil, 0},
	} {
		u.Of(c.boxes)
		if !close9(u.Area(), c.area) {
			t.Errorf("the union of %v is %v, want %v", c.boxes, u.Area(), c.area)
		}
	}
	// Against inclusion and exclusion over random boxes.
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		boxes := make([]Box, 1+rng.IntN(5))
		for i := range boxes {
			x, y := rng.Float64()*1.2-0.1, rng.Float64()*1.2-0.1
			boxes[i] = Box{x, y, x + 0.01 + 0.5*rng.Float64(), y + 0.01 + 0.5*rng.Float64()}
		}
		var area, mass float64
		const sigma = 0.3
		for set := 1; set < 1<<len(boxes); set++ {
			in, sign := Box{-9, -9, 9, 9}, -1.0
			for i, b := range boxes {
				if set>>i&1 == 1 {
					in, sign = Box{max(in.X0, b.X0), max(in.Y0, b.Y0), min(in.X1, b.X1), min(in.Y1, b.Y1)}, -sign
				}
			}
			if in.X1 > in.X0 && in.Y1 > in.Y0 {
				area += sign * in.Area()
				mass += sign * NormalMass(in.X0, in.X1, sigma) * NormalMass(in.Y0, in.Y1, sigma)
			}
		}
		u.Of(boxes)
		if !close9(u.Area(), area) || !close9(u.Gaussian(sigma), mass) {
			t.Fatalf("%v: area %v, want %v; mass %v, want %v", boxes, u.Area(), area, u.Gaussian(sigma), mass)
		}
	}
}

func close9(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(1, math.Abs(a), math.Abs(b)) }
