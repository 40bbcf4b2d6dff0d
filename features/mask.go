package features

import (
	"math"
	"slices"
)

// A mask is polygons, of which rings tells the number of values each, or runs, or both.
type mask struct {
	polygon       []float64 // x0, y0, x1, y1, … px
	rings         []int64
	height, width int64   // of the runs
	runs          []int64 // down the columns, zeros first
}

func (m *mask) any() bool { return len(m.rings) > 0 || len(m.runs) > 0 }

// has tells whether a pixel is set: its centre is in a polygon, by the even-odd rule for each, or
// its run is one of ones (C5).
func (m *mask) has(px, py int64) bool {
	x, y := float64(px)+0.5, float64(py)+0.5
	in := false
	m.each(func(p []float64) { in = in || evenOdd(p, x, y) })
	return in || m.inRuns(px, py)
}

// each gives the polygons.
func (m *mask) each(f func([]float64)) {
	at := int64(0)
	for _, n := range m.rings {
		if n < 0 || at+n > int64(len(m.polygon)) {
			return
		}
		f(m.polygon[at : at+n])
		at += n
	}
}

func evenOdd(p []float64, x, y float64) bool {
	in := false
	edges(p, y, func(cross float64) { in = in != (x < cross) })
	return in
}

// edges gives where the polygon's edges cross a height.
func edges(p []float64, y float64, f func(x float64)) {
	n := len(p) / 2
	if n == 0 {
		return
	}
	xj, yj := p[2*n-2], p[2*n-1]
	for i := range n {
		xi, yi := p[2*i], p[2*i+1]
		if (yi > y) != (yj > y) {
			f(float64((xj-xi)*(y-yi)/(yj-yi)) + xi)
		}
		xj, yj = xi, yi
	}
}

func (m *mask) inRuns(px, py int64) bool {
	if px >= m.width || py >= m.height {
		return false
	}
	left, set := px*m.height+py, false
	for _, n := range m.runs {
		if left < n {
			return set
		}
		left -= n
		set = !set
	}
	return false
}

// raster finds the centroid of masks. It keeps its memory.
type raster struct {
	cross []float64
	spans [][2]int64
}

// centroid is the mean of the centres of the mask's pixels on a width × height image, px; ok is
// false if it has none. Of a mask with polygons and runs, the polygons count.
func (r *raster) centroid(m *mask, width, height int64) (x, y float64, ok bool) {
	if len(m.rings) == 0 {
		return m.runsCentroid(width, height)
	}
	top, bottom := math.Inf(1), math.Inf(-1)
	for i := 1; i < len(m.polygon); i += 2 {
		top, bottom = min(top, m.polygon[i]), max(bottom, m.polygon[i])
	}
	var n, sx, sy int64 // of pixels, and twice their centres
	for py := max(0, int64(math.Floor(max(top, 0)))); py < height && float64(py) <= bottom; py++ {
		for _, s := range r.row(m, float64(py)+0.5, width) {
			k := s[1] - s[0]
			n += k
			sx += (s[0] + s[1]) * k // the mean of 2·px + 1 over the span is its ends' sum
			sy += (2*py + 1) * k
		}
	}
	return ratio(sx, n), ratio(sy, n), n > 0
}

// row are the pixels from span[0] to before span[1] that are set at a height, without overlap.
func (r *raster) row(m *mask, y float64, width int64) [][2]int64 {
	r.spans = r.spans[:0]
	m.each(func(p []float64) {
		r.cross = r.cross[:0]
		edges(p, y, func(x float64) { r.cross = append(r.cross, x) })
		slices.Sort(r.cross)
		for i := 0; i+1 < len(r.cross); i += 2 {
			from, to := firstPixel(r.cross[i], width), firstPixel(r.cross[i+1], width)
			if from < to {
				r.spans = append(r.spans, [2]int64{from, to})
			}
		}
	})
	if len(r.spans) < 2 {
		return r.spans
	}
	slices.SortFunc(r.spans, func(a, b [2]int64) int { return int(a[0] - b[0]) })
	out := r.spans[:1]
	for _, s := range r.spans[1:] {
		if last := &out[len(out)-1]; s[0] <= last[1] {
			last[1] = max(last[1], s[1])
		} else {
			out = append(out, s)
		}
	}
	return out
}

// firstPixel is the first pixel whose centre is not left of x, within 0 … width.
func firstPixel(x float64, width int64) int64 {
	return int64(min(max(math.Ceil(x-0.5), 0), float64(width)))
}

func (m *mask) runsCentroid(width, height int64) (x, y float64, ok bool) {
	if m.height <= 0 {
		return 0, 0, false
	}
	var n, sx, sy, at int64
	for i, run := range m.runs {
		for ; i%2 == 1 && run > 0; at++ { // one column's part at a time
			px, py := at/m.height, at%m.height
			if px >= width {
				return ratio(sx, n), ratio(sy, n), n > 0
			}
			k := min(run, m.height-py)
			if seen := min(py+k, height) - py; seen > 0 {
				n += seen
				sx += (2*px + 1) * seen
				sy += (2*py + seen) * seen
			}
			run -= k
			at += k - 1
		}
		at += run
	}
	return ratio(sx, n), ratio(sy, n), n > 0
}

// ratio is the mean of centres from twice their sum.
func ratio(twice, n int64) float64 { return float64(twice) / float64(2*max(n, 1)) }
