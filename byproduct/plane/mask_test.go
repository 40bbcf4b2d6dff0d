package plane

import (
	"math/rand/v2"
	"testing"
)

// A mask of planted polygons and runs, against every pixel.
func TestMask(t *testing.T) {
	square := Mask{Polygon: []float64{2, 2, 6, 2, 6, 6, 2, 6}, Rings: []int64{8}}
	two := Mask{Polygon: []float64{0, 0, 4, 0, 4, 4, 0, 4, 2, 2, 6, 2, 6, 6, 2, 6}, Rings: []int64{8, 8}}
	column := Mask{Height: 8, Width: 8, Runs: []int64{8 + 3, 4, 64 - 15}} // rows 3…6 of column 1
	for py := range int64(8) {
		for px := range int64(8) {
			in := px >= 2 && px < 6 && py >= 2 && py < 6
			if square.Has(px, py) != in {
				t.Errorf("square: pixel %d, %d", px, py)
			}
			if two.Has(px, py) != (in || px < 4 && py < 4) {
				t.Errorf("two squares, which overlap: pixel %d, %d", px, py)
			}
			if column.Has(px, py) != (px == 1 && py >= 3 && py <= 6) {
				t.Errorf("column: pixel %d, %d", px, py)
			}
		}
	}
	if px, py, ok := Pixel(1, 1, 8, 4); !ok || px != 7 || py != 3 {
		t.Errorf("the corner is pixel %d, %d", px, py)
	}
	if _, _, ok := Pixel(1.0001, 0.5, 8, 4); ok {
		t.Error("a point outside of the image has a pixel")
	}
	var r Raster
	for _, c := range []struct {
		m    Mask
		x, y float64
	}{{square, 4, 4}, {column, 1.5, 5}, {Mask{Polygon: []float64{-9, -9, 2, -9, 2, 4, -9, 4},
		Rings: []int64{8}}, 1, 2}} {
		if x, y, ok := r.Centroid(&c.m, 8, 8); !ok || x != c.x || y != c.y {
			t.Errorf("the centroid of %+v is %v, %v, want %v, %v", c.m, x, y, c.x, c.y)
		}
	}
	if _, _, ok := r.Centroid(&Mask{}, 8, 8); ok {
		t.Error("no mask has a centroid")
	}
	// Two that overlap: every pixel counts once.
	var n, sx, sy float64
	for py := range int64(8) {
		for px := range int64(8) {
			if two.Has(px, py) {
				n, sx, sy = n+1, sx+float64(px)+0.5, sy+float64(py)+0.5
			}
		}
	}
	if x, y, _ := r.Centroid(&two, 8, 8); x != sx/n || y != sy/n {
		t.Errorf("the centroid of two squares is %v, %v, want %v, %v", x, y, sx/n, sy/n)
	}
}

// Fill must set the pixels that Has reports, for random polygons, which may cross themselves and reach out of
// the image, and random runs.
func TestFill(t *testing.T) {
	const width, height = 13, 9
	r, raster := rand.New(rand.NewPCG(1, 2)), new(Raster)
	for k := range 200 {
		m := Mask{}
		for range r.IntN(3) {
			corners := 3 + r.IntN(5)
			for range corners {
				m.Polygon = append(m.Polygon, r.Float64()*20-3, r.Float64()*16-3)
			}
			m.Rings = append(m.Rings, int64(2*corners))
		}
		if r.IntN(2) > 0 {
			m.Width, m.Height = int64(10+r.IntN(6)), int64(7+r.IntN(4))
			for left := m.Width * m.Height; left > 0; {
				n := min(left, int64(r.IntN(20)))
				m.Runs = append(m.Runs, n)
				left -= n
			}
		}
		to := make([]bool, width*height)
		raster.Fill(&m, width, height, to)
		for i, got := range to {
			if want := m.Has(int64(i%width), int64(i/width)); got != want {
				t.Fatalf("mask %d, %+v: pixel %d, %d is %v, want %v", k, m, i%width, i/width, got, want)
			}
		}
	}
}
