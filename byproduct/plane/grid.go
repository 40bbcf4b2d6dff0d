package plane

import (
	"math"
	"slices"
)

// GridSize is the number of rows and columns of the maps of an image (I10, docs/design/definitions.md#i10):
// the middle cell of 11 × 11 has 0.82 % of the area, as the paper's.
const GridSize = 11

// A Grid counts points of an image, in fractions, on 11 × 11 cells.
type Grid struct {
	Cells   [GridSize][GridSize]int64
	Outside int64
}

// Cell returns the cell floor(11 v) of a point, 1.0 in the last; ok is false outside of 0…1.
func Cell(x, y float64) (row, col int, ok bool) {
	if !(x >= 0 && x <= 1 && y >= 0 && y <= 1) {
		return 0, 0, false
	}
	return min(int(y*GridSize), GridSize-1), min(int(x*GridSize), GridSize-1), true
}

// Add counts a point.
func (g *Grid) Add(x, y float64) {
	if r, c, ok := Cell(x, y); ok {
		g.Cells[r][c]++
	} else {
		g.Outside++
	}
}

// Merge adds the counts of another grid.
func (g *Grid) Merge(o *Grid) {
	for r := range g.Cells {
		for c := range g.Cells[r] {
			g.Cells[r][c] += o.Cells[r][c]
		}
	}
	g.Outside += o.Outside
}

// Inside returns the number of points in cells.
func (g *Grid) Inside() (n int64) {
	for r := range g.Cells {
		for c := range g.Cells[r] {
			n += g.Cells[r][c]
		}
	}
	return n
}

// Middle returns the number of points in the middle cell.
func (g *Grid) Middle() int64 { return g.Cells[GridSize/2][GridSize/2] }

// Counts returns a copy of the cells.
func (g *Grid) Counts() (counts [][]int64) {
	for r := range g.Cells {
		counts = append(counts, slices.Clone(g.Cells[r][:]))
	}
	return counts
}

// FrameSize is the number of rows and columns of the maps in the frame of a box (I15,
// docs/design/definitions.md#i15), which reach from −1 to 2 where the box is 0…1.
const FrameSize = 41

// A Frame gathers points in the frames of their boxes: 0…1 is the box, v points down.
type Frame struct {
	Cells   [FrameSize][FrameSize]int64
	Outside int64
	U, V    []float64
}

// Add counts a point of the frame.
func (f *Frame) Add(u, v float64) {
	f.U, f.V = append(f.U, u), append(f.V, v)
	if !(u >= -1 && u <= 2 && v >= -1 && v <= 2) {
		f.Outside++
		return
	}
	cell := func(w float64) int { return min(int(math.Floor((w+1)*FrameSize/3)), FrameSize-1) }
	f.Cells[cell(v)][cell(u)]++
}

// Merge adds the points of another frame.
func (f *Frame) Merge(o *Frame) {
	for r := range f.Cells {
		for c := range f.Cells[r] {
			f.Cells[r][c] += o.Cells[r][c]
		}
	}
	f.Outside += o.Outside
	f.U, f.V = append(f.U, o.U...), append(f.V, o.V...)
}

// Counts returns a copy of the cells.
func (f *Frame) Counts() (counts [][]int64) {
	for r := range f.Cells {
		counts = append(counts, slices.Clone(f.Cells[r][:]))
	}
	return counts
}

// Mode returns the middle of the cell with the most points, and their number; of several such cells the first
// by rows.
func (f *Frame) Mode() (u, v float64, n int64) {
	u, v = math.NaN(), math.NaN()
	middle := func(i int) float64 { return -1 + 3*(float64(i)+0.5)/FrameSize }
	for r := range f.Cells {
		for c, k := range f.Cells[r] {
			if k > n {
				u, v, n = middle(c), middle(r), k
			}
		}
	}
	return u, v, n
}
