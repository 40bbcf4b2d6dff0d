package kernel

import (
	"sync"

	"gonum.org/v1/gonum/blas"
)

// depth is the number of rows of a right operand's panel that are used at a time. Together with the rows of
// the left operand for a tile they fit a first-level cache.
const depth = 256

// right is the right operand of a product, k × n. A prepared one is stored in panels of tileCols columns,
// each k × tileCols.
type right struct {
	trans  bool
	n, k   int
	data   []float32
	ld     int
	panels []float32 // nil if not prepared
}

// prepare returns op(b) for several products. The team owns its panels, which are valid until the next
// prepare.
func (t *Team) prepare(trans bool, n, k int, b []float32, ld int) right {
	r := right{trans: trans, n: n, k: k, data: b, ld: ld}
	if !useTiles {
		return r
	}
	count := (n + tileCols - 1) / tileCols
	t.panels = grown(t.panels, count*k*tileCols)
	r.panels = t.panels
	t.Split(count, func(_, from, to int) {
		for p := from; p < to; p++ {
			r.pack(p, 0, k, r.panels[p*k*tileCols:])
		}
	})
	return r
}

// pack writes rows [from, to) of panel p to dst; columns beyond n are zero.
func (r right) pack(p, from, to int, dst []float32) {
	first := p * tileCols
	width := min(tileCols, r.n-first)
	if !r.trans {
		for k := from; k < to; k++ {
			row := dst[(k-from)*tileCols : (k-from+1)*tileCols]
			copy(row, r.data[k*r.ld+first:k*r.ld+first+width])
			clear(row[width:])
		}
		return
	}
	if width < tileCols {
		clear(dst[:(to-from)*tileCols])
	}
	for j := range width {
		column := r.data[(first+j)*r.ld+from : (first+j)*r.ld+to]
		out := dst[j : (to-from-1)*tileCols+j+1]
		for k, v := range column {
			out[k*tileCols] = v
		}
	}
}

// gemm computes c ← alpha·op(a)·op(b) + beta·c for op(a) m × k, op(b) k × n and beta 0 or 1; ld are the row
// lengths in memory.
func gemm(ta, tb bool, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32, c []float32, ldc int) {
	right{trans: tb, n: n, k: k, data: b, ld: ldb}.multiply(ta, m, alpha, a, lda, beta, c, ldc)
}

// multiply computes c ← alpha·op(a)·r + beta·c for op(a) m × k and beta 0 or 1.
func (r right) multiply(ta bool, m int, alpha float32, a []float32, lda int, beta float32, c []float32, ldc int) {
	if m == 0 || r.n == 0 {
		return
	}
	if !useTiles || r.k == 0 {
		sgemm(transpose(ta), transpose(r.trans), m, r.n, r.k, alpha, a, lda, r.data, r.ld, beta, c, ldc)
		return
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	rowStride, stepStride := lda, 1
	if ta {
		rowStride, stepStride = 1, lda
	}
	for from := 0; from < r.k; from += depth {
		to := min(r.k, from+depth)
		add := beta != 0 || from > 0
		left := a[from*stepStride:]
		rest := m % tileRows
		if rest > 0 {
			packRows(s.rows[:], left, m-rest, rest, to-from, rowStride, stepStride)
		}
		for p := 0; p*tileCols < r.n; p++ {
			b, stride := r.panel(p, from, to, s)
			width := min(tileCols, r.n-p*tileCols)
			for i := 0; i < m; i += tileRows {
				rows := min(tileRows, m-i)
				x, rs, ss := left[i*rowStride:], rowStride, stepStride
				if rows < tileRows {
					x, rs, ss = s.rows[:], 1, tileRows
				}
				if rows == tileRows && width == tileCols {
					tile(to-from, x, rs, ss, b, stride, c[i*ldc+p*tileCols:], ldc, alpha, add)
					continue
				}
				tile(to-from, x, rs, ss, b, stride, s.tile[:], tileCols, alpha, false)
				copyTile(c[i*ldc+p*tileCols:], ldc, s.tile[:], rows, width, add)
			}
		}
	}
}

// scratch has the buffers of one product.
type scratch struct {
	panel [depth * maxTileCols]float32
	rows  [depth * maxTileRows]float32
	tile  [maxTileRows * maxTileCols]float32
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

const maxTileRows, maxTileCols = 12, 32

// panel returns rows [from, to) of panel p, and the length of a row in memory.
func (r right) panel(p, from, to int, s *scratch) ([]float32, int) {
	switch {
	case r.panels != nil:
		return r.panels[(p*r.k+from)*tileCols:], tileCols
	case !r.trans && (p+1)*tileCols <= r.n:
		return r.data[from*r.ld+p*tileCols:], r.ld
	}
	r.pack(p, from, to, s.panel[:])
	return s.panel[:], tileCols
}

// packRows copies the last rows of op(a) to dst, step by step, and pads them to tileRows rows with zeros.
func packRows(dst, a []float32, first, rows, steps, rowStride, stepStride int) {
	clear(dst[:steps*tileRows])
	for i := range rows {
		row := a[(first+i)*rowStride:]
		for k := range steps {
			dst[k*tileRows+i] = row[k*stepStride]
		}
	}
}

// copyTile copies or adds the valid part of a tile to c.
func copyTile(c []float32, ldc int, tile []float32, rows, width int, add bool) {
	for i := range rows {
		out, in := c[i*ldc:i*ldc+width], tile[i*tileCols:i*tileCols+width]
		if !add {
			copy(out, in)
			continue
		}
		for j, v := range in {
			out[j] += v
		}
	}
}

func transpose(t bool) blas.Transpose {
	if t {
		return blas.Trans
	}
	return blas.NoTrans
}
