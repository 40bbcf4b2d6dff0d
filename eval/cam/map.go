package cam

import "math"

// A Map says how much each pixel of a view speaks for a class: a value in [0, 1], row by row.
type Map struct {
	Width, Height int
	Values        []float64
}

// New returns the map of a class from its logits at the rows × columns positions of a network's last map: it
// resizes them to width × height pixels and normalises them.
func New(logits []float32, rows, columns, width, height int) *Map {
	values := make([]float64, len(logits))
	for i, v := range logits {
		values[i] = float64(v)
	}
	m := &Map{width, height, resize(values, columns, rows, width, height)}
	normalise(m.Values)
	return m
}

// normalise scales values to 0…1 in place. Values that are all equal, or of which one is not a number, become
// zeros.
func normalise(values []float64) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if math.IsNaN(v) {
			clear(values)
			return
		}
		low, high = min(low, v), max(high, v)
	}
	if !(low < high) || math.IsInf(high-low, 0) {
		clear(values)
		return
	}
	for i := range values {
		values[i] = (values[i] - low) / (high - low)
	}
}

// resize scales a map as OpenCV's INTER_CUBIC does: cubic convolution with a = -0.75, whose centres are half
// a pixel from the edges, without smoothing, with repeated edges.
func resize(from []float64, w0, h0, w, h int) []float64 {
	columns, rows := taps(w0, w), taps(h0, h)
	wide := make([]float64, h0*w)
	for y := range h0 {
		row, out := from[y*w0:(y+1)*w0], wide[y*w:(y+1)*w]
		for x := range out {
			t := &columns[x]
			out[x] = row[t.at[0]]*t.weight[0] + row[t.at[1]]*t.weight[1] + row[t.at[2]]*t.weight[2] + row[t.at[3]]*t.weight[3]
		}
	}
	to := make([]float64, w*h)
	for y := range h {
		t := &rows[y]
		a, b, c, d := wide[t.at[0]*w:][:w], wide[t.at[1]*w:][:w], wide[t.at[2]*w:][:w], wide[t.at[3]*w:][:w]
		out := to[y*w : (y+1)*w]
		for x := range out {
			out[x] = a[x]*t.weight[0] + b[x]*t.weight[1] + c[x]*t.weight[2] + d[x]*t.weight[3]
		}
	}
	return to
}

// tap has the four values that a resized value is made of.
type tap struct {
	at     [4]int
	weight [4]float64
}

// taps returns the taps of n values that are made of n0. It rounds to float32 where OpenCV does.
func taps(n0, n int) []tap {
	list := make([]tap, n)
	scale := float64(n0) / float64(n)
	for i := range list {
		place := float32((float64(i)+0.5)*scale - 0.5)
		first := int(math.Floor(float64(place)))
		x := place - float32(first)
		const a = float32(-0.75)
		w := [4]float32{
			((a*(x+1)-5*a)*(x+1)+8*a)*(x+1) - 4*a,
			((a+2)*x-(a+3))*x*x + 1,
			((a+2)*(1-x)-(a+3))*(1-x)*(1-x) + 1,
		}
		w[3] = 1 - w[0] - w[1] - w[2]
		for k := range w {
			list[i].at[k] = min(max(first-1+k, 0), n0-1)
			list[i].weight[k] = float64(w[k])
		}
	}
	return list
}

// bytes returns the map in 256 steps and the largest of them.
func (m *Map) bytes(to []uint8) (u []uint8, most uint8) {
	u = to[:0]
	for _, v := range m.Values {
		b := uint8(v * 255)
		u = append(u, b)
		most = max(most, b)
	}
	return u, most
}

// threshold returns the byte that pixels of the foreground exceed at a threshold of a map whose largest byte
// is most.
func threshold(tau float64, most uint8) int { return int(tau * float64(most)) }
