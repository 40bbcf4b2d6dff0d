package features

import (
	"math"
	"slices"
)

// calibrationFolds is the number of parts that annotators are divided into, by a hash of their
// name: what is taken from the clicks of a part is fitted on the others.
const calibrationFolds = 5

// calibrationLeast is how many clicks of a class tell the size of its boxes; with fewer, those of
// all classes do.
const calibrationLeast = 20

// A framed click is one that can be held against the nearest box of its class.
type framed struct {
	fold, class int32
	u, v        float64 // in the frame of the box: 0…1 is inside
	w, h        float64 // of the box, fractions of the image
}

func (b box) frame(fold, class int32, x, y float64) framed {
	w, h := b.x1-b.x0, b.y1-b.y0
	return framed{fold, class, (x - b.x0) / w, (y - b.y0) / h, w, h}
}

// calibration is the systematic displacement of clicks from the centre of the box: its median in
// the frame of the box, times the mean size of boxes that were clicked. Both are fitted on
// annotators of other parts.
type calibration struct {
	clicks [calibrationFolds]int     // that each part's shift is fitted on
	shift  [calibrationFolds]extents // of a click, in fractions of the box
	all    [calibrationFolds]extents // mean size of boxes, of all classes
	class  [calibrationFolds][]sized // by class
}

type extents struct{ w, h float64 }

type sized struct {
	extents
	n int
}

// fitCalibration needs the clicks in an order that does not depend on the number of workers.
func fitCalibration(clicks []framed, classes, jobs int) *calibration {
	c := &calibration{}
	parallel(jobs, 2, func(axis int) {
		type at struct {
			v    float64
			fold int32
		}
		list := make([]at, len(clicks))
		for i, k := range clicks {
			list[i] = at{k.u, k.fold}
			if axis == 1 {
				list[i].v = k.v
			}
		}
		slices.SortFunc(list, func(a, b at) int {
			switch {
			case a.v < b.v:
				return -1
			case a.v > b.v:
				return 1
			}
			return 0
		})
		for f := range int32(calibrationFolds) {
			n := 0
			for _, k := range list {
				if k.fold != f {
					n++
				}
			}
			shift, seen := nan, 0
			for _, k := range list {
				if k.fold == f {
					continue
				}
				if seen == (n-1)/2 {
					shift = k.v
				}
				if seen == n/2 {
					shift = (shift+k.v)/2 - 0.5
					break
				}
				seen++
			}
			if axis == 0 {
				c.shift[f].w, c.clicks[f] = shift, n
			} else {
				c.shift[f].h = shift
			}
		}
	})
	parallel(jobs, calibrationFolds, func(f int) {
		sums := make([]sized, classes)
		var all sized
		for _, k := range clicks {
			if k.fold == int32(f) {
				continue
			}
			all.add(k.w, k.h)
			if k.class >= 0 {
				sums[k.class].add(k.w, k.h)
			}
		}
		for i := range sums {
			sums[i].mean()
		}
		all.mean()
		c.all[f], c.class[f] = all.extents, sums
	})
	return c
}

func (s *sized) add(w, h float64) {
	s.w, s.h = s.w+w, s.h+h
	s.n++
}

func (s *sized) mean() {
	if s.n > 0 {
		s.w, s.h = s.w/float64(s.n), s.h/float64(s.n)
	}
}

// apply takes the displacement that others have from a click; ok is false where there are no
// others.
func (c *calibration) apply(fold, class int32, x, y float64) (cx, cy float64, ok bool) {
	if c == nil || c.clicks[fold] == 0 {
		return 0, 0, false
	}
	size := c.all[fold]
	if class >= 0 && c.class[fold][class].n >= calibrationLeast {
		size = c.class[fold][class].extents
	}
	// Each product is rounded by itself, so that the result is the same on every processor.
	return x - float64(c.shift[fold].w*size.w), y - float64(c.shift[fold].h*size.h), true
}

// calibrationFold is the part that an annotator is in; points of unknown annotators are in that
// of their image.
func calibrationFold(worker, image string) int32 {
	if worker == "" {
		worker = "image " + image
	}
	d := digest(0, "fold", worker)
	return int32(unit(&d, 0) * calibrationFolds)
}

// medianSorted is the median of sorted values, NaN of none.
func medianSorted(v []float64) float64 {
	n := len(v)
	switch {
	case n == 0:
		return math.NaN()
	case n%2 == 1:
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}
