package plane

import (
	"math"
	"testing"
)

func TestCells(t *testing.T) {
	for v, want := range map[float64]int{0: 0, 1: 10, 0.5: 5, 1.0 / 11: 1, math.Nextafter(1.0/11, 0): 0, 0.999: 10} {
		if _, col, ok := Cell(v, 0.5); !ok || col != want {
			t.Errorf("%v is in cell %d, want %d", v, col, want)
		}
	}
	for _, v := range []float64{-1e-9, 1 + 1e-9, math.NaN()} {
		if _, _, ok := Cell(0.5, v); ok {
			t.Errorf("%v is outside of 0…1, but in a cell", v)
		}
	}
	var f Frame
	for _, p := range [][2]float64{{-1, -1}, {2, 2}, {0.5, 0.5}, {2.0001, 0}, {0.5, 0.5}} {
		f.Add(p[0], p[1])
	}
	if f.Cells[0][0] != 1 || f.Cells[40][40] != 1 || f.Cells[20][20] != 2 || f.Outside != 1 {
		t.Error("points of a frame are in other cells")
	}
	if u, v, n := f.Mode(); !close9(u, 0.5) || !close9(v, 0.5) || n != 2 {
		t.Errorf("mode %v, %v, %d", u, v, n)
	}
}
