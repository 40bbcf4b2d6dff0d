package plane

import (
	"slices"
	"testing"
)

func TestHull(t *testing.T) {
	convexHull := func(p, to []Point) []Point {
		slices.SortFunc(p, Point.Compare)
		return ConvexHull(p, to)
	}
	points := []Point{{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0.5, 0.5}, {0.5, 0}, {1, 1}}
	hull := convexHull(points, nil)
	if len(hull) != 4 || !close9(PolygonArea(hull), 1) {
		t.Errorf("the hull of a square is %v", hull)
	}
	var work [2][]Point
	if a := PolygonArea(ClipToBox(hull, Box{0.5, 0.5, 2, 2}, &work)); !close9(a, 0.25) {
		t.Errorf("a quarter of it is %v", a)
	}
	triangle := convexHull([]Point{{0, 0}, {2, 0}, {0, 2}}, nil)
	if a := PolygonArea(ClipToBox(triangle, Box{0, 0, 1, 1}, &work)); !close9(a, 1) {
		t.Errorf("the corner of a triangle is %v", a)
	}
	if a := PolygonArea(ClipToBox(triangle, Box{1.5, 1.5, 3, 3}, &work)); a != 0 {
		t.Errorf("a box outside of the triangle cuts out the area %v, want 0", a)
	}
	for _, flat := range [][]Point{{{0, 0}}, {{0, 0}, {1, 1}}, {{0, 0}, {1, 1}, {2, 2}}, {{0, 0}, {0, 0}, {0, 0}}} {
		if a := PolygonArea(convexHull(slices.Clone(flat), nil)); a != 0 {
			t.Errorf("the hull of %v has area %v", flat, a)
		}
	}
	if v := Overlap(Box{0, 0, 1, 1}, Box{0.5, 0, 1.5, 1}); !close9(v, 1.0/3) {
		t.Errorf("overlap of two boxes that share a half is %v, want 1/3", v)
	}
}
