package plane

import (
	"iter"
	"math"
	"slices"
)

// A Mask is a set of pixels, given by polygons, by run lengths, or by both (C5,
// docs/design/definitions.md#c5). Rings has the number of values of each polygon. A pixel is in a polygon if
// its centre is, by the even-odd rule for each polygon separately. Run lengths go down the columns; crowds
// have them.
type Mask struct {
	Polygon       []float64 // x0, y0, x1, y1, … px
	Rings         []int64
	Height, Width int64   // size of the image of the runs, px
	Runs          []int64 // lengths down the columns, zeros first
}

// Empty reports whether there is neither polygon nor run, so that the place of the object is unknown.
func (m *Mask) Empty() bool { return len(m.Rings) == 0 && len(m.Runs) == 0 }

// Pixel returns the pixel under a point in fractions of a width × height image (C5); ok is false outside of
// it.
func Pixel(x, y float64, width, height int64) (px, py int64, ok bool) {
	if !(x >= 0 && x <= 1 && y >= 0 && y <= 1) || width <= 0 || height <= 0 {
		return 0, 0, false
	}
	return min(int64(x*float64(width)), width-1), min(int64(y*float64(height)), height-1), true
}

// Has reports whether a pixel is set: its centre is in a polygon, or its run is one of ones.
func (m *Mask) Has(px, py int64) bool {
	return m.InPolygons(float64(px)+0.5, float64(py)+0.5) || m.InRuns(px, py)
}

// InPolygons reports whether a point, px, is in any of the polygons by the even-odd rule (C5).
func (m *Mask) InPolygons(x, y float64) bool {
	for p := range m.polygons() {
		in := false
		for cross := range crossings(p, y) {
			in = in != (x < cross)
		}
		if in {
			return true
		}
	}
	return false
}

// polygons iterates over the values of each polygon.
func (m *Mask) polygons() iter.Seq[[]float64] {
	return func(yield func([]float64) bool) {
		at := int64(0)
		for _, n := range m.Rings {
			if n < 0 || at+n > int64(len(m.Polygon)) || !yield(m.Polygon[at:at+n]) {
				return
			}
			at += n
		}
	}
}

// crossings iterates over the x at which the edges of a polygon cross a height y.
func crossings(p []float64, y float64) iter.Seq[float64] {
	return func(yield func(float64) bool) {
		n := len(p) / 2
		if n == 0 {
			return
		}
		xj, yj := p[2*n-2], p[2*n-1]
		for i := range n {
			xi, yi := p[2*i], p[2*i+1]
			// The conversion keeps processors from rounding once where the definition rounds twice.
			if (yi > y) != (yj > y) && !yield(float64((xj-xi)*(y-yi)/(yj-yi))+xi) {
				return
			}
			xj, yj = xi, yi
		}
	}
}

// InRuns reports whether a pixel's run is one of ones.
func (m *Mask) InRuns(px, py int64) bool {
	if len(m.Runs) == 0 || px >= m.Width || py >= m.Height {
		return false
	}
	left, set := px*m.Height+py, false
	for _, n := range m.Runs {
		if left < n {
			return set
		}
		left -= n
		set = !set
	}
	return false
}

// A Raster computes the centroids of masks. It reuses its memory.
type Raster struct {
	cross []float64
	spans [][2]int64
}

// Centroid returns the mean of the centres of the mask's pixels on a width × height image, px; ok is
// false if it has none. Of a mask with polygons and runs, the polygons count.
func (r *Raster) Centroid(m *Mask, width, height int64) (x, y float64, ok bool) {
	if len(m.Rings) == 0 {
		return m.runsCentroid(width, height)
	}
	top, bottom := math.Inf(1), math.Inf(-1)
	for i := 1; i < len(m.Polygon); i += 2 {
		top, bottom = min(top, m.Polygon[i]), max(bottom, m.Polygon[i])
	}
	var n, sx, sy int64 // number of pixels, and twice the sum of their centres
	for py := max(0, int64(math.Floor(max(top, 0)))); py < height && float64(py) <= bottom; py++ {
		for _, s := range r.row(m, float64(py)+0.5, width) {
			k := s[1] - s[0]
			n += k
			sx += (s[0] + s[1]) * k // the mean of 2·px + 1 over the span is the sum of its ends
			sy += (2*py + 1) * k
		}
	}
	return ratio(sx, n), ratio(sy, n), n > 0
}

// Fill sets the pixels of the mask, its polygons and its runs, on a width × height image, row by row. It leaves the
// other pixels as they are.
func (r *Raster) Fill(m *Mask, width, height int64, to []bool) {
	if len(m.Rings) > 0 {
		for py := range height {
			for _, s := range r.row(m, float64(py)+0.5, width) {
				line := to[py*width+s[0] : py*width+s[1]]
				for i := range line {
					line[i] = true
				}
			}
		}
	}
	if m.Height <= 0 {
		return
	}
	at := int64(0)
	for i, run := range m.Runs {
		for end := at + run; at < end; at++ {
			if px, py := at/m.Height, at%m.Height; i%2 == 1 && px < min(width, m.Width) && py < height {
				to[py*width+px] = true
			}
		}
	}
}

// row returns the spans of pixels that are set at a height, each from span[0] to before span[1]. They do not
// overlap.
func (r *Raster) row(m *Mask, y float64, width int64) [][2]int64 {
	r.spans = r.spans[:0]
	for p := range m.polygons() {
		r.cross = slices.AppendSeq(r.cross[:0], crossings(p, y))
		slices.Sort(r.cross)
		for i := 0; i+1 < len(r.cross); i += 2 {
			from, to := firstPixel(r.cross[i], width), firstPixel(r.cross[i+1], width)
			if from < to {
				r.spans = append(r.spans, [2]int64{from, to})
			}
		}
	}
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

// firstPixel returns the first pixel whose centre is not left of x, within 0 … width.
func firstPixel(x float64, width int64) int64 {
	return int64(min(max(math.Ceil(x-0.5), 0), float64(width)))
}

func (m *Mask) runsCentroid(width, height int64) (x, y float64, ok bool) {
	if m.Height <= 0 {
		return 0, 0, false
	}
	var n, sx, sy, at int64
	for i, run := range m.Runs {
		for ; i%2 == 1 && run > 0; at++ { // one column's part at a time
			px, py := at/m.Height, at%m.Height
			if px >= width {
				return ratio(sx, n), ratio(sy, n), n > 0
			}
			k := min(run, m.Height-py)
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

// ratio returns the mean of centres from twice their sum.
func ratio(twice, n int64) float64 { return float64(twice) / float64(2*max(n, 1)) }
