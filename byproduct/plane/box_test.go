package plane

import "testing"

func TestNearest(t *testing.T) {
	big, small, far := Box{0, 0, 0.5, 0.5}, Box{0.1, 0.1, 0.3, 0.3}, Box{0.8, 0.8, 0.9, 0.9}
	for _, c := range []struct {
		boxes []Box
		x, y  float64
		want  int
	}{
		{[]Box{big, small}, 0.2, 0.2, 1}, // in both: the smaller
		{[]Box{big, small}, 0.4, 0.4, 0}, // in one
		{[]Box{small, small}, 0.2, 0.2, 0},
		{[]Box{big, far}, 0.7, 0.7, 1},
		{[]Box{{0, 0, 0.4, 1}, {0.6, 0, 1, 1}}, 0.5, 0.5, 0}, // as far: as large: the first
	} {
		if have := Nearest(c.boxes, c.x, c.y); have != c.boxes[c.want] {
			t.Errorf("nearest of %v to %v, %v is %v, want box %d", c.boxes, c.x, c.y, have, c.want)
		}
	}
	if d := big.Distance(0.8, 0.9); !close9(d, 0.5) {
		t.Errorf("distance to the box is %v, want 0.5", d)
	}
}
