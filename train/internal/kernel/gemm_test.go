package kernel

import (
	"math"
	"testing"

	"abtool/train/internal/draw"
)

// product returns op(a)·op(b), computed with plain loops.
func product(ta, tb bool, m, n, k int, a []float32, lda int, b []float32, ldb int, i, j int) float64 {
	s := 0.0
	for l := range k {
		x, y := i*lda+l, l*ldb+j
		if ta {
			x = l*lda + i
		}
		if tb {
			y = j*ldb + l
		}
		s += float64(a[x]) * float64(b[y])
	}
	return s
}

func TestGemm(t *testing.T) {
	eachWay(t, func() {
		for _, size := range [][3]int{{1, 1, 1}, {12, 32, 5}, {24, 64, 300}, {13, 33, 257}, {5, 70, 40}, {50, 10, 512}, {64, 147, 31}} {
			for _, ta := range []bool{false, true} {
				for _, tb := range []bool{false, true} {
					for _, beta := range []float32{0, 1} {
						checkGemm(t, ta, tb, size[0], size[1], size[2], beta)
					}
				}
			}
		}
	})
}

// eachWay runs f with each way of computing that this processor has.
func eachWay(t *testing.T, f func()) {
	rows, cols, tiles, avx := tileRows, tileCols, useTiles, useAVX
	defer func() { tileRows, tileCols, useTiles, useAVX = rows, cols, tiles, avx }()
	if tiles {
		f()
		tileRows, tileCols = 6, 16
	}
	f()
	useTiles, useAVX = false, false
	f()
	if t.Failed() {
		t.FailNow()
	}
}

func checkGemm(t *testing.T, ta, tb bool, m, n, k int, beta float32) {
	t.Helper()
	lda, ldb, ldc := k+3, n+2, n+1
	if ta {
		lda = m + 3
	}
	if tb {
		ldb = k + 2
	}
	a, b := draw.Values("a", max(m, k)*lda), draw.Values("b", max(n, k)*ldb)
	for _, prepared := range []bool{false, true} {
		c := draw.Values("c", m*ldc)
		before := draw.Values("c", m*ldc)
		if beta == 0 {
			c[0] = float32(math.NaN()) // must not be read
		}
		r := right{trans: tb, n: n, k: k, data: b, ld: ldb}
		if prepared {
			r = NewTeam(2).prepare(tb, n, k, b, ldb)
		}
		r.multiply(ta, m, 0.5, a, lda, beta, c, ldc)
		for i := range m {
			for j := range n {
				want := 0.5 * product(ta, tb, m, n, k, a, lda, b, ldb, i, j)
				if beta == 1 {
					want += float64(before[i*ldc+j])
				}
				if got := float64(c[i*ldc+j]); !(math.Abs(got-want) < 1e-4) {
					t.Fatalf("%v %v %d × %d × %d, beta %g, prepared %v: [%d,%d] is %g, want %g", ta, tb, m, n, k, beta, prepared, i, j, got, want)
				}
			}
			if i < m-1 && c[i*ldc+n] != before[i*ldc+n] {
				t.Fatalf("wrote beyond row %d", i)
			}
		}
	}
}

func BenchmarkGemm(b *testing.B) {
	for _, s := range []struct {
		name    string
		ta, tb  bool
		m, n, k int
	}{{"forward", false, true, 170, 64, 576}, {"back", false, false, 170, 576, 64}, {"weights", true, false, 64, 576, 170}, {"late", false, true, 64, 512, 4608}, {"square", false, false, 1024, 1024, 1024}} {
		b.Run(s.name, func(b *testing.B) {
			lda, ldb := s.k, s.n
			if s.ta {
				lda = s.m
			}
			if s.tb {
				ldb = s.k
			}
			x, y, c := make([]float32, s.m*s.k), make([]float32, s.k*s.n), make([]float32, s.m*s.n)
			r := NewTeam(1).prepare(s.tb, s.n, s.k, y, ldb)
			for b.Loop() {
				r.multiply(s.ta, s.m, 1, x, lda, 0, c, s.n)
			}
			b.ReportMetric(2e-9*float64(s.m*s.n*s.k)*float64(b.N)/b.Elapsed().Seconds(), "GFLOP/s")
		})
	}
}
