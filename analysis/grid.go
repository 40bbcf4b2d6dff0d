package analysis

import (
	"math"
	"slices"
)

// gridSize is the number of rows and columns of the maps of an image (I10): the middle cell of
// 11 × 11 has 0.82 % of the area, as the paper's.
const gridSize = 11

// A grid counts points of an image, in fractions, on 11 × 11 cells.
type grid struct {
	cells   [gridSize][gridSize]int64
	outside int64
}

// cellOf is the cell floor(11 v) of a point, 1.0 in the last; ok is false outside of 0…1.
func cellOf(x, y float64) (row, col int, ok bool) {
	if !(x >= 0 && x <= 1 && y >= 0 && y <= 1) {
		return 0, 0, false
	}
	return min(int(y*gridSize), gridSize-1), min(int(x*gridSize), gridSize-1), true
}

func (g *grid) add(x, y float64) {
	if r, c, ok := cellOf(x, y); ok {
		g.cells[r][c]++
	} else {
		g.outside++
	}
}

func (g *grid) merge(o *grid) {
	for r := range g.cells {
		for c := range g.cells[r] {
			g.cells[r][c] += o.cells[r][c]
		}
	}
	g.outside += o.outside
}

func (g *grid) inside() (n int64) {
	for r := range g.cells {
		for c := range g.cells[r] {
			n += g.cells[r][c]
		}
	}
	return n
}

func (g *grid) middle() int64 { return g.cells[gridSize/2][gridSize/2] }

func (g *grid) counts() (counts [][]int64) {
	for r := range g.cells {
		counts = append(counts, slices.Clone(g.cells[r][:]))
	}
	return counts
}

// gridHistogram is a map of the image.
func gridHistogram(name, title, of string, g *grid) Histogram {
	return Histogram{
		Name: name, Title: title, X: [2]float64{0, 1}, Y: [2]float64{0, 1}, Counts: g.counts(), Outside: g.outside, Of: of,
	}
}

// countMiddle counts a point on the image as in the middle cell or not.
func (r *ratios) countMiddle(cluster int32, id ratioID, x, y float64) {
	if row, col, ok := cellOf(x, y); ok {
		r.count(cluster, id, row == gridSize/2 && col == gridSize/2)
	}
}

// addGrid adds a map and the share of its middle cell. The interval is that of the ratio middle,
// or Wilson's where it is negative.
func (r *Statistic) addGrid(name, title, of string, g *grid, b *bootstrap, middle ratioID) {
	v := proportion(name+".share", title+": share of the middle cell, 0.82 % of the area", of, g.middle(), g.inside())
	if middle >= 0 {
		v.Interval, v.replicates = b.interval(middle), b.samples(middle)
	}
	r.add(v)
	r.Histograms = append(r.Histograms, gridHistogram(name, title, of, g))
}

// frameSize is the number of rows and columns of the maps in the frame of a box (I15), which
// reach from −1 to 2 where the box is 0…1.
const frameSize = 41

// A frame gathers points in the frames of their boxes: 0…1 is the box, v points down.
type frame struct {
	cells   [frameSize][frameSize]int64
	outside int64
	u, v    []float64
}

// inFrame places a point in the frame of a box.
func inFrame(b box, x, y float64) (u, v float64) {
	return (x - b.x0) / (b.x1 - b.x0), (y - b.y0) / (b.y1 - b.y0)
}

func (f *frame) add(u, v float64) {
	f.u, f.v = append(f.u, u), append(f.v, v)
	if !(u >= -1 && u <= 2 && v >= -1 && v <= 2) {
		f.outside++
		return
	}
	cell := func(w float64) int { return min(int(math.Floor((w+1)*frameSize/3)), frameSize-1) }
	f.cells[cell(v)][cell(u)]++
}

func (f *frame) merge(o *frame) {
	for r := range f.cells {
		for c := range f.cells[r] {
			f.cells[r][c] += o.cells[r][c]
		}
	}
	f.outside += o.outside
	f.u, f.v = append(f.u, o.u...), append(f.v, o.v...)
}

func (f *frame) counts() (counts [][]int64) {
	for r := range f.cells {
		counts = append(counts, slices.Clone(f.cells[r][:]))
	}
	return counts
}

// frameHistogram is a map in the frame of boxes.
func frameHistogram(name, title, of string, f *frame) Histogram {
	return Histogram{
		Name: name, Title: title, X: [2]float64{-1, 2}, Y: [2]float64{-1, 2}, Counts: f.counts(), Outside: f.outside, Of: of,
	}
}

// mode is the middle of the fullest cell; of several the first by rows.
func (f *frame) mode() (u, v float64, n int64) {
	u, v = math.NaN(), math.NaN()
	middle := func(i int) float64 { return -1 + 3*(float64(i)+0.5)/frameSize }
	for r := range f.cells {
		for c, k := range f.cells[r] {
			if k > n {
				u, v, n = middle(c), middle(r), k
			}
		}
	}
	return u, v, n
}
