package cam

// A Box is a rectangle of pixels. X1 and Y1 are the last column and row.
type Box struct{ X0, Y0, X1, Y1 int }

func (b Box) area() int { return (b.X1 - b.X0 + 1) * (b.Y1 - b.Y0 + 1) }

// IoU returns the area that two boxes share as a share of their union.
func (b Box) IoU(o Box) float64 {
	w, h := min(b.X1, o.X1)-max(b.X0, o.X0)+1, min(b.Y1, o.Y1)-max(b.Y0, o.Y0)+1
	if w <= 0 || h <= 0 {
		return 0
	}
	return float64(w*h) / float64(b.area()+o.area()-w*h)
}

// best returns the largest IoU with any of some boxes.
func (b Box) best(truth []Box) float64 {
	most := 0.0
	for _, t := range truth {
		most = max(most, b.IoU(t))
	}
	return most
}

// wider returns the box as the benchmark states it: its right and lower edges are one beyond the last pixel,
// unless that is outside of the map.
func (b Box) wider(width, height int) Box {
	return Box{b.X0, b.Y0, min(b.X1+1, width-1), min(b.Y1+1, height-1)}
}

// Scaled returns a box of a width × height image on a view of size × size pixels, to which the image was
// squashed. Coordinates are truncated.
func (b Box) Scaled(width, height, size int) Box {
	x := func(v int) int { return int(float64(v) * float64(size) / float64(width)) }
	y := func(v int) int { return int(float64(v) * float64(size) / float64(height)) }
	return Box{x(b.X0), y(b.Y0), x(b.X1), y(b.Y1)}
}

// Boxes returns the boxes that a threshold, in [0, 1), cuts out of the map: that of the contour of the largest
// area, or those of all contours, holes included. If nothing exceeds the threshold, the box is the pixel at
// (0, 0).
func (m *Map) Boxes(tau float64, all bool) []Box {
	u, most := m.bytes(nil)
	list := contours(u, m.Width, m.Height, threshold(tau, most))
	if len(list) == 0 {
		return []Box{{}}
	}
	if !all {
		best := 0
		for i, c := range list {
			if c.twice > list[best].twice {
				best = i
			}
		}
		list = list[best : best+1]
	}
	boxes := make([]Box, len(list))
	for i, c := range list {
		boxes[i] = c.box.wider(m.Width, m.Height)
	}
	return boxes
}
