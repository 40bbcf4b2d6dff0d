package cam

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// two is a map with a block and a single pixel.
func two() *Map {
	m := &Map{6, 6, make([]float64, 36)}
	for y := 2; y <= 3; y++ {
		for x := 1; x <= 3; x++ {
			m.Values[6*y+x] = 1
		}
	}
	m.Values[6*5+5] = 0.6
	return m
}

func TestIoU(t *testing.T) {
	for _, c := range []struct {
		a, b Box
		want float64
	}{
		{Box{1, 2, 4, 4}, Box{1, 2, 3, 3}, 0.5}, {Box{}, Box{}, 1}, {Box{1, 2, 5, 6}, Box{3, 1, 4, 5}, 8.0 / 27},
		{Box{1, 1, 3, 3}, Box{4, 4, 5, 5}, 0}, {Box{4, 4, 5, 5}, Box{4, 4, 5, 5}, 1},
	} {
		if got := c.a.IoU(c.b); got != c.want || c.b.IoU(c.a) != c.want {
			t.Errorf("IoU of %v and %v is %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestScaled(t *testing.T) {
	// The first is of evaluation_test.py, with different factors for the two axes as two calls.
	if got := (Box{1, 2, 4, 3}).Scaled(10, 20, 35); got.X0 != 3 || got.X1 != 14 {
		t.Errorf("x scaled to %v", got)
	}
	if got := (Box{1, 2, 4, 3}).Scaled(10, 20, 10); got.Y0 != 1 || got.Y1 != 1 {
		t.Errorf("y scaled to %v", got)
	}
	if got := (Box{1, 2, 1, 2}).Scaled(3, 3, 3); got != (Box{1, 2, 1, 2}) {
		t.Errorf("an unscaled box became %v", got)
	}
}

func TestBoxes(t *testing.T) {
	m := two()
	for _, c := range []struct {
		tau  float64
		all  bool
		want []Box
	}{
		{0.5, false, []Box{{1, 2, 4, 4}}}, {0.7, false, []Box{{1, 2, 4, 4}}}, {0.7, true, []Box{{1, 2, 4, 4}}},
		{0.5, true, []Box{{5, 5, 5, 5}, {1, 2, 4, 4}}},
	} {
		if got := m.Boxes(c.tau, c.all); !slices.Equal(got, c.want) {
			t.Errorf("at %v, all %v: %v, want %v", c.tau, c.all, got, c.want)
		}
	}
}

// The maps of the benchmark's evaluation_test.py, with the boxes that OpenCV gives.
func TestBoxesOfTheBenchmark(t *testing.T) {
	for _, c := range []struct {
		name   string
		width  int
		values []float64
		want   []Box
	}{
		{"degenerate", 3, make([]float64, 9), []Box{{}, {}, {}, {}, {}}},
		{"unimodal", 5, []float64{
			0, 0, 0, 0, 0,
			0, .4, .4, .4, .6,
			0, .4, 1, .8, .6,
			0, .4, .4, .4, .6}, []Box{{1, 1, 4, 3}, {1, 1, 4, 3}, {2, 1, 4, 3}, {2, 2, 4, 3}, {2, 2, 3, 3}}},
		{"multimodal", 5, []float64{
			.4, 0, .2, .2, .2,
			.4, .4, 0, .4, 0,
			0, 0, 0, .4, 0,
			1, .6, .8, .2, .2}, []Box{{0, 0, 4, 3}, {0, 0, 2, 2}, {0, 3, 3, 3}, {2, 3, 3, 3}, {0, 3, 1, 3}}},
	} {
		m := &Map{c.width, len(c.values) / c.width, c.values}
		for i, want := range c.want {
			tau := float64(i) * 0.2
			if got := m.Boxes(tau, false); got[0] != want {
				t.Errorf("%s at %.1f: %v, want %v", c.name, tau, got, want)
			}
			if o, _ := new(Cutter).Overlaps(m, []Box{want}).At(tau); o != 1 {
				t.Errorf("%s at %.1f: IoU %v with the box", c.name, tau, o)
			}
		}
	}
}

// random returns a map whose structures have some size: a coarse map that is resized, with steps, so that
// there are plateaus, holes and islands.
func random(r *rand.Rand, width, height int) *Map {
	w, h := 1+r.IntN(width), 1+r.IntN(height)
	coarse := make([]float32, w*h)
	for i := range coarse {
		coarse[i] = r.Float32()
	}
	m := New(coarse, h, w, width, height)
	steps := float64(1 + r.IntN(8))
	for i, v := range m.Values {
		if steps < 8 {
			m.Values[i] = float64(int(v*steps)) / steps
		}
	}
	return m
}

func randomBoxes(r *rand.Rand, width, height int) []Box {
	list := make([]Box, 1+r.IntN(3))
	for i := range list {
		x0, y0 := r.IntN(width), r.IntN(height)
		list[i] = Box{x0, y0, x0 + r.IntN(width-x0), y0 + r.IntN(height-y0)}
	}
	return list
}

// Overlaps must be what the boxes of single thresholds give.
func TestOverlaps(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	c := new(Cutter)
	for k := range 300 {
		width, height := 1+r.IntN(24), 1+r.IntN(24)
		m, truth := random(r, width, height), randomBoxes(r, width, height)
		o := c.Overlaps(m, truth)
		for i := 0; i < Thresholds; i += 1 + r.IntN(40) {
			largest, all := o.At(tau(i))
			if got := most(m.Boxes(tau(i), false), truth); got != largest {
				t.Fatalf("map %d, %d × %d, at %v: the largest contour has IoU %v, want %v", k, width, height, tau(i), largest, got)
			}
			if got := most(m.Boxes(tau(i), true), truth); got != all {
				t.Fatalf("map %d, %d × %d, at %v: all contours have IoU %v, want %v", k, width, height, tau(i), all, got)
			}
		}
	}
}

func most(boxes, truth []Box) (most float64) {
	for _, b := range boxes {
		most = max(most, b.best(truth))
	}
	return most
}

func ExampleMap_Boxes() {
	// The logits of a class at 2 × 2 positions: the object is at the bottom right.
	m := New([]float32{0, 0, 0, 1}, 2, 2, 8, 8)
	fmt.Println(m.Boxes(0.5, false))
	// Output: [{4 4 7 7}]
}

func BenchmarkOverlaps(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		name string
		size int
	}{{"7x7", 7}, {"14x14", 14}, {"noise", 224}} {
		b.Run(c.name, func(b *testing.B) {
			coarse := make([]float32, c.size*c.size)
			for i := range coarse {
				coarse[i] = r.Float32()
			}
			m, truth, cut := New(coarse, c.size, c.size, 224, 224), []Box{{30, 40, 150, 180}}, new(Cutter)
			for b.Loop() {
				cut.Overlaps(m, truth)
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	coarse := make([]float32, 49)
	for i := range coarse {
		coarse[i] = rand.Float32()
	}
	for b.Loop() {
		New(coarse, 7, 7, 224, 224)
	}
}
