package kernel

import (
	"math"
	"testing"

	"abtool/train/internal/draw"
)

// These tests compare layers with plain loops in float64, and gradients with central differences of the
// forward pass. The engine's parity tests check gradients too.

func near(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	for i, w := range want {
		if d := math.Abs(float64(got[i]) - w); !(d <= tolerance*math.Max(1, math.Abs(w))) {
			t.Fatalf("%s: value %d is %g, want %g", what, i, got[i], w)
		}
	}
}

// plainConv returns the outputs, and the gradients at x and w for the gradient dy.
func plainConv(v Conv, n int, x, w, dy []float32) (y, dx, dw []float64) {
	y, dx, dw = make([]float64, n*v.pixels*v.O), make([]float64, len(x)), make([]float64, len(w))
	for b := range n {
		for oy := range v.OutH {
			for ox := range v.OutW {
				for o := range v.O {
					out := ((b*v.OutH+oy)*v.OutW+ox)*v.O + o
					for ky := range v.K {
						for kx := range v.K {
							iy, ix := oy*v.Stride-v.Pad+ky, ox*v.Stride-v.Pad+kx
							if iy < 0 || iy >= v.H || ix < 0 || ix >= v.W {
								continue
							}
							for c := range v.C {
								in, k := ((b*v.H+iy)*v.W+ix)*v.C+c, ((o*v.K+ky)*v.K+kx)*v.C+c
								y[out] += float64(x[in]) * float64(w[k])
								dx[in] += float64(dy[out]) * float64(w[k])
								dw[k] += float64(dy[out]) * float64(x[in])
							}
						}
					}
				}
			}
		}
	}
	return y, dx, dw
}

func TestConv(t *testing.T) {
	eachWay(t, func() {
		for _, s := range [][7]int{ // h, w, c, o, k, stride, pad
			{5, 7, 3, 4, 3, 1, 1}, {9, 9, 8, 16, 3, 2, 1}, {11, 8, 3, 5, 7, 2, 3}, {6, 6, 8, 9, 1, 1, 0}, {7, 5, 4, 6, 1, 2, 0}, {8, 8, 3, 12, 4, 4, 0},
			{2, 2, 170, 200, 3, 1, 1}, // the kernels' gradient is computed jointly
			{3, 3, 520, 520, 1, 1, 0},
		} {
			v := NewConv(s[0], s[1], s[2], s[3], s[4], s[5], s[6])
			in, out := v.Len()
			const n = 3
			x, w, dy := draw.Values("x", n*in), draw.Values("w", v.O*v.patch), draw.Values("dy", n*out)
			wantY, wantDX, wantDW := plainConv(v, n, x, w, dy)
			for _, size := range []int{1, 2, 5} {
				team := NewTeam(size)
				y, dx, dw := make([]float32, n*out), make([]float32, n*in), make([]float32, len(w))
				v.Forward(team, n, x, w, nil, y)
				near(t, "y", y, wantY, 1e-4)
				v.BackData(team, n, dy, w, dx)
				near(t, "dx", dx, wantDX, 1e-4)
				v.BackWeights(team, n, x, dy, dw)
				near(t, "dw", dw, wantDW, 1e-4)
			}
		}
	})
}

func TestPermute(t *testing.T) {
	src := draw.Values("p", 4*3*9)
	last, back := make([]float32, len(src)), make([]float32, len(src))
	Permute(last, src, 4, 3, 3, true)
	Permute(back, last, 4, 3, 3, false)
	for i := range src {
		if src[i] != back[i] {
			t.Fatal("Permute to channels last and back changes the kernels")
		}
	}
	if last[1*27+4*3+2] != src[1*27+2*9+4] {
		t.Error("the centre of channel 2 of kernel 1 is elsewhere")
	}
}

// slope compares the gradient dx of sum(weights·f(x)) with central differences.
func slope(t *testing.T, what string, x, dx []float32, f func() float64) {
	t.Helper()
	for i := range x {
		const h = 1.0 / 256
		old := x[i]
		x[i] = old + h
		up := f()
		x[i] = old - h
		down := f()
		x[i] = old
		if want := (up - down) / (2 * h); math.Abs(float64(dx[i])-want) > 6e-3*math.Max(1, math.Abs(want)) {
			t.Fatalf("%s: gradient %d is %g, differences give %g", what, i, dx[i], want)
		}
	}
}

func weighted(y, dy []float32) float64 {
	s := 0.0
	for i, v := range y {
		s += float64(v) * float64(dy[i])
	}
	return s
}

func TestNormalisations(t *testing.T) {
	eachWay(t, func() {
		for _, c := range []int{3, 8, 24} {
			const rows = 37
			team := NewTeam(2)
			x, dy, add := draw.Values("x", rows*c), draw.Values("dy", rows*c), draw.Values("add", rows*c)
			for i := range x {
				x[i] += 5 // far from 0: cancellation
			}
			gamma, beta := draw.Values("gamma", c), draw.Values("beta", c)
			y, dx := make([]float32, rows*c), make([]float32, rows*c)
			dgamma, dbeta := make([]float32, c), make([]float32, c)
			bn := NewBatchNorm(c, 1e-5, false)
			run := func() float64 {
				bn.Train(team, rows, x, gamma, beta, add, y, make([]float32, c), make([]float32, c), 0.1)
				return weighted(y, dy)
			}
			run()
			bn.Back(team, rows, x, gamma, nil, dy, dx, dgamma, dbeta)
			slope(t, "batch normalisation x", x, dx, run)
			slope(t, "batch normalisation gamma", gamma, dgamma, run)
			slope(t, "batch normalisation beta", beta, dbeta, run)

			ln := &LayerNorm{D: c, Eps: 1e-6}
			run = func() float64 {
				ln.Forward(team, rows, x, gamma, beta, y)
				return weighted(y, dy)
			}
			run()
			ln.Back(team, rows, x, gamma, dy, dx, dgamma, dbeta)
			slope(t, "layer normalisation gamma", gamma, dgamma, run)
			slope(t, "layer normalisation beta", beta, dbeta, run)
		}
	})
}

func TestBatchNormReLU(t *testing.T) {
	eachWay(t, func() {
		const rows, c = 300, 16
		x, add := draw.Values("x", rows*c), draw.Values("add", rows*c)
		gamma, beta := draw.Values("gamma", c), draw.Values("beta", c)
		mean, variance := make([]float32, c), make([]float32, c)
		plain, relu := make([]float32, rows*c), make([]float32, rows*c)
		NewBatchNorm(c, 1e-5, false).Train(NewTeam(3), rows, x, gamma, beta, nil, plain, mean, variance, 1)
		want := make([]float64, len(plain))
		for i, v := range plain {
			want[i] = math.Max(0, float64(v+add[i]))
		}
		bn := NewBatchNorm(c, 1e-5, true)
		bn.Train(NewTeam(2), rows, x, gamma, beta, add, relu, make([]float32, c), make([]float32, c), 1)
		near(t, "training", relu, want, 1e-5)
		for i := range variance {
			variance[i] *= float32(rows-1) / rows // the running variance is the unbiased one
		}
		bn.Eval(NewTeam(2), rows, x, gamma, beta, add, relu, mean, variance)
		near(t, "evaluation", relu, want, 1e-5)
	})
}

func TestGELU(t *testing.T) {
	var x []float32
	for v := float32(-12); v < 12; v += 0.003 {
		x = append(x, v)
	}
	ones, y, dx := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
	var value, gradient []float64
	for i, f := range x {
		ones[i] = 1
		v := float64(f)
		value = append(value, v*0.5*math.Erfc(-v/math.Sqrt2))
		gradient = append(gradient, 0.5*math.Erfc(-v/math.Sqrt2)+v*math.Exp(-v*v/2)/math.Sqrt(2*math.Pi))
	}
	GELU(NewTeam(2), x, y)
	near(t, "value", y, value, 1e-7)
	GELUBack(NewTeam(2), x, ones, dx)
	near(t, "gradient", dx, gradient, 1e-7)
	nan := []float32{float32(math.NaN())}
	GELU(NewTeam(1), nan, nan)
	if nan[0] == nan[0] {
		t.Error("NaN in the input does not give NaN in the output")
	}
}

func TestMaxPool(t *testing.T) {
	p := NewMaxPool(5, 4, 2, 3, 2, 1)
	x, y := draw.Values("x", 3*5*4*2), make([]float32, 3*3*2*2)
	x[7] = float32(math.NaN())
	p.Forward(NewTeam(2), 3, x, y)
	nan := 0
	for _, v := range y {
		if v != v {
			nan++
		}
	}
	if nan == 0 {
		t.Error("NaN in the input does not give NaN in the output")
	}
	x[7] = x[9] // equal values: the first has the gradient
	p.Forward(NewTeam(2), 3, x, y)
	dy, dx := make([]float32, len(y)), make([]float32, len(x))
	for i := range dy {
		dy[i] = 1
	}
	p.Back(NewTeam(2), 3, dy, dx)
	sum := float32(0)
	for _, v := range dx {
		sum += v
	}
	if sum != float32(len(dy)) {
		t.Errorf("gradients add up to %g, want %d", sum, len(dy))
	}
	if y[0] != max(x[0], x[2], x[8], x[10]) {
		t.Error("maximum of the first window:", y[0])
	}
}

func TestMask(t *testing.T) {
	eachWay(t, func() {
		y, dy, dx := draw.Values("y", 21), draw.Values("dy", 21), make([]float32, 21)
		mask(dx, dy, y)
		for i, v := range dx {
			if want := dy[i]; y[i] > 0 && v != want || y[i] <= 0 && v != 0 {
				t.Fatalf("%d: %g", i, v)
			}
		}
	})
}
