package cam

// A contour is the border of a connected set of pixels, or of a hole in one.
type contour struct {
	box   Box // of the pixels of the border
	twice int // twice the area of the polygon through their centres
}

// border is a contour with its place in the tree of contours.
type border struct {
	contour
	hole     bool
	parent   int
	children []int
}

// around has the 8 neighbours of a pixel, clockwise from the right, as steps in x and y.
var around = [8][2]int{{1, 0}, {1, 1}, {0, 1}, {-1, 1}, {-1, 0}, {-1, -1}, {0, -1}, {1, -1}}

// contours returns the contours of the pixels above a threshold, 8-connected, in the order of OpenCV's
// findContours with RETR_TREE: each contour before those inside it, and neighbours from the last to the first
// in the order of their first pixels. It follows the borders as Suzuki and Abe describe (1985).
func contours(u []uint8, width, height, above int) []contour {
	s := suzuki{width: width + 2, f: make([]int32, (width+2)*(height+2))}
	for y := range height {
		for x := range width {
			if int(u[y*width+x]) > above {
				s.f[(y+1)*s.width+x+1] = 1
			}
		}
	}
	// The frame is the border of a hole, which contains all others.
	s.borders = []border{{}, {hole: true}}
	for y := 1; y <= height; y++ {
		last := int32(1)
		for x := 1; x <= width; x++ {
			at := y*s.width + x
			f := s.f[at]
			switch {
			case f == 0:
				continue
			case f == 1 && s.f[at-1] == 0:
				s.follow(x, y, 4, false, last)
			case f >= 1 && s.f[at+1] == 0:
				if f > 1 {
					last = f
				}
				s.follow(x, y, 0, true, last)
			}
			if f := s.f[at]; f != 1 {
				last = max(f, -f)
			}
		}
	}
	var list []contour
	var walk func(i int)
	walk = func(i int) {
		if i > 1 {
			list = append(list, s.borders[i].contour)
		}
		for k := len(s.borders[i].children) - 1; k >= 0; k-- {
			walk(s.borders[i].children[k])
		}
	}
	walk(1)
	return list
}

type suzuki struct {
	width   int
	f       []int32 // 0: background, 1: foreground, ±n: on border n, negative where its right neighbour is background
	borders []border
}

// follow follows the border that begins at (x, y), where the neighbour in direction from is background. last
// is the border that was met last in the row.
func (s *suzuki) follow(x, y, from int, hole bool, last int32) {
	number := int32(len(s.borders))
	parent := int(last)
	if s.borders[last].hole == hole {
		parent = s.borders[last].parent
	}
	b := border{contour: contour{box: Box{x, y, x, y}}, hole: hole, parent: parent}
	s.borders[parent].children = append(s.borders[parent].children, int(number))
	defer func() {
		b.box = Box{b.box.X0 - 1, b.box.Y0 - 1, b.box.X1 - 1, b.box.Y1 - 1} // without the frame
		b.twice = max(b.twice, -b.twice)
		s.borders = append(s.borders, b)
	}()
	first := -1
	for k := range 8 { // clockwise
		if d := (from + k) & 7; s.set(x, y, d) {
			first = d
			break
		}
	}
	if first < 0 {
		s.f[y*s.width+x] = -number
		return
	}
	x1, y1 := x+around[first][0], y+around[first][1]
	px, py, back := x, y, first // the pixel, and the direction to the one before it
	for {
		right := false // whether the pixel to the right was looked at and is background
		d := back
		for {
			d = (d - 1) & 7 // counterclockwise
			if s.set(px, py, d) {
				break
			}
			right = right || d == 0
		}
		at := py*s.width + px
		if right {
			s.f[at] = -number
		} else if s.f[at] == 1 {
			s.f[at] = number
		}
		nx, ny := px+around[d][0], py+around[d][1]
		b.twice += px*ny - nx*py
		b.box = Box{min(b.box.X0, px), min(b.box.Y0, py), max(b.box.X1, px), max(b.box.Y1, py)}
		if nx == x && ny == y && px == x1 && py == y1 {
			return
		}
		px, py, back = nx, ny, (d+4)&7
	}
}

func (s *suzuki) set(x, y, direction int) bool {
	return s.f[(y+around[direction][1])*s.width+x+around[direction][0]] != 0
}
