package removal

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"abtool/train/data"
)

func picture(r *rand.Rand, w, h int) *data.Pixels {
	m := &data.Pixels{W: w, H: h, Pix: make([]byte, 3*w*h)}
	for i := range m.Pix {
		m.Pix[i] = byte(r.IntN(256))
	}
	return m
}

// disc returns a mask of about a share of the image: an ellipse, with spots outside of it.
func disc(r *rand.Rand, w, h int, share float64) *Mask {
	m := &Mask{w, h, make([]bool, w*h)}
	a := math.Sqrt(share / math.Pi)
	for y := range h {
		for x := range w {
			u, v := (float64(x)/float64(w)-0.5)/a, (float64(y)/float64(h)-0.5)/a
			m.On[y*w+x] = u*u+v*v < 1 || r.IntN(200) == 0
		}
	}
	return m
}

// A plane is harmonic: it must come back, whatever was removed inside.
func TestHarmonicPlane(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const w, h = 60, 50
	m := &data.Pixels{W: w, H: h, Pix: make([]byte, 3*w*h)}
	for y := range h {
		for x := range w {
			i := 3 * (y*w + x)
			m.Pix[i], m.Pix[i+1], m.Pix[i+2] = byte(2*x+10), byte(3*y), byte(200-x-y)
		}
	}
	mask := disc(r, w, h, 0.3)
	for y := range h {
		mask.On[y*w], mask.On[y*w+w-1] = false, false
	}
	for x := range w {
		mask.On[x], mask.On[(h-1)*w+x] = false, false
	}
	damaged := &data.Pixels{W: w, H: h, Pix: slices.Clone(m.Pix)}
	for i, on := range mask.On {
		if on {
			damaged.Pix[3*i], damaged.Pix[3*i+1], damaged.Pix[3*i+2] = 255, 0, 128
		}
	}
	if got := Harmonic.Apply(damaged, mask); !slices.Equal(got.Pix, m.Pix) {
		t.Error("a plane does not come back")
	}
	if damaged.Pix[3*(25*w+30)] != 255 {
		t.Error("Apply changed its input")
	}
}

// Random images with random masks, among them such that touch the border, against many steps of Gauss and
// Seidel's method.
func TestHarmonic(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 30 {
		w, h := 1+r.IntN(40), 1+r.IntN(40)
		m, mask := picture(r, w, h), &Mask{w, h, make([]bool, w*h)}
		for range 1 + r.IntN(4) {
			x0, y0 := r.IntN(w), r.IntN(h)
			x1, y1 := min(w, x0+1+r.IntN(20)), min(h, y0+1+r.IntN(20))
			for y := y0; y < y1; y++ {
				for x := x0; x < x1; x++ {
					mask.On[y*w+x] = true
				}
			}
		}
		got := Harmonic.Apply(m, mask)
		if mask.Count() == w*h {
			continue
		}
		want := make([]float64, 3*w*h)
		for i, v := range m.Pix {
			want[i] = float64(v)
		}
		for range 6000 {
			for i, on := range mask.On {
				if !on {
					continue
				}
				for c := range 3 {
					sum, n := 0.0, 0.0
					add := func(ok bool, at int) {
						if ok {
							sum, n = sum+want[3*at+c], n+1
						}
					}
					x, y := i%w, i/w
					add(x > 0, i-1)
					add(x+1 < w, i+1)
					add(y > 0, i-w)
					add(y+1 < h, i+w)
					want[3*i+c] = sum / n
				}
			}
		}
		for i, v := range want {
			if math.Abs(float64(got.Pix[i])-v) > 0.6 {
				t.Fatalf("%d × %d, value %d: %d, want %.3f", w, h, i, got.Pix[i], v)
			}
		}
	}
}

func TestMeanAndBlur(t *testing.T) {
	m := &data.Pixels{W: 80, H: 70, Pix: make([]byte, 3*80*70)}
	for i := range m.Pix {
		m.Pix[i] = 90
	}
	m.Pix[3*(35*80+40)] = 250
	mask := &Mask{80, 70, make([]bool, 80*70)}
	mask.On[35*80+40], mask.On[0] = true, true
	if got := Mean.Apply(m, mask); !slices.Equal(got.Pix[:6], []byte{124, 116, 104, 90, 90, 90}) {
		t.Errorf("mean: %v", got.Pix[:6])
	}
	got := Blur.Apply(m, mask)
	// The value in the middle of a Gaussian of σ = 10 is 1/(2π·100): 160 · 0.0016 = 0.25.
	if at := 3 * (35*80 + 40); !slices.Equal(got.Pix[at:at+3], []byte{90, 90, 90}) || !slices.Equal(got.Pix[:3], []byte{90, 90, 90}) {
		t.Errorf("blur: %v", got.Pix[at:at+3])
	}
	// An edge in the middle of the mask becomes smooth, and what is not in the mask stays.
	for i := range 80 * 70 {
		if i%80 >= 40 {
			m.Pix[3*i] = 190
		}
	}
	for i := range mask.On {
		mask.On[i] = i/80 == 35 && i%80 >= 30 && i%80 < 50
	}
	got = Blur.Apply(m, mask)
	line := got.Pix[3*35*80:]
	if line[3*29] != 90 || line[3*50] != 190 || math.Abs(float64(line[3*39])+float64(line[3*40])-280) > 1 || line[3*30] < 100 || line[3*30] > 120 {
		t.Errorf("an edge became %v %v %v %v", line[3*30], line[3*39], line[3*40], line[3*49])
	}
}

func TestDilate(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		w, h, by := 1+r.IntN(20), 1+r.IntN(20), r.IntN(7)
		m := &Mask{w, h, make([]bool, w*h)}
		for i := range m.On {
			m.On[i] = r.IntN(30) == 0
		}
		want := make([]bool, w*h)
		for i, on := range m.On {
			for k := range want {
				dx, dy := i%w-k%w, i/w-k/w
				if on && max(dx, -dx) <= by && max(dy, -dy) <= by {
					want[k] = true
				}
			}
		}
		m.Dilate(by)
		if !slices.Equal(m.On, want) {
			t.Fatalf("%d × %d by %d: %v, want %v", w, h, by, m.On, want)
		}
	}
}

func BenchmarkFill(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	m, mask := picture(r, 640, 480), disc(r, 640, 480, 0.3)
	for _, f := range []Fill{Harmonic, Mean, Blur} {
		b.Run(string(f), func(b *testing.B) {
			for b.Loop() {
				f.Apply(m, mask)
			}
		})
	}
}
