package features

import (
	"slices"

	"abtool/byproduct/plane"
	"abtool/internal/parallel"
	"abtool/internal/stat"
)

// calibrationFolds is the number of parts (folds) that annotators are divided into, by a hash of their name.
// The clicks of a part are corrected by a displacement that is fitted on the other parts.
const calibrationFolds = 5

// calibrationLeast is the least number of clicks of a class from which the mean size of its boxes is taken.
// With fewer, the mean over all classes is used.
const calibrationLeast = 20

// A calibration is the systematic displacement of clicks from the centre of the box: the median displacement
// in the frame of the box, times the mean size of the boxes that were clicked. For each part of the
// annotators, both are fitted on the other parts.
type calibration struct {
	clicks [calibrationFolds]int     // number of clicks that each part's shift is fitted on
	shift  [calibrationFolds]extents // median displacement of a click, in fractions of the box
	all    [calibrationFolds]extents // mean size of the boxes of all classes
	class  [calibrationFolds][]sized // the same by class; the last is for unknown classes
}

type extents struct{ w, h float64 }

type sized struct {
	extents
	n int
}

// A calibrationFit collects the clicks that a calibration is fitted to, by part.
type calibrationFit struct {
	u, v  [calibrationFolds][]float64 // in the frame of the box: 0…1 is inside
	sizes [calibrationFolds][]sized   // sums of sizes by class; the last is for unknown classes
}

// newCalibrationFit returns an empty fit with room for about the given number of clicks.
func newCalibrationFit(classes, clicks int) *calibrationFit {
	c := &calibrationFit{}
	for f := range calibrationFolds {
		room := clicks/calibrationFolds + clicks/50
		c.u[f], c.v[f], c.sizes[f] = make([]float64, 0, room), make([]float64, 0, room), make([]sized, classes+1)
	}
	return c
}

// add adds a click with the nearest box of its class. The order of calls must not depend on the number of
// goroutines, because sums of floating-point numbers depend on it.
func (c *calibrationFit) add(fold, class int32, b plane.Box, x, y float64) {
	u, v := b.Frame(x, y)
	c.u[fold], c.v[fold] = append(c.u[fold], u), append(c.v[fold], v)
	if class < 0 {
		class = int32(len(c.sizes[fold]) - 1)
	}
	c.sizes[fold][class].add(b.X1-b.X0, b.Y1-b.Y0, 1)
}

// done fits the calibration to the clicks that were added.
func (c *calibrationFit) done(jobs int) *calibration {
	parallel.For(jobs, 2*calibrationFolds, func(i int) {
		if i%2 == 0 {
			slices.Sort(c.u[i/2])
		} else {
			slices.Sort(c.v[i/2])
		}
	})
	out := &calibration{}
	parallel.For(jobs, calibrationFolds, func(f int) {
		out.shift[f] = extents{stat.MiddleOf(without(c.u[:], f)) - 0.5, stat.MiddleOf(without(c.v[:], f)) - 0.5}
		var all sized
		sums := make([]sized, len(c.sizes[f]))
		for _, part := range without(c.sizes[:], f) {
			for i, s := range part {
				sums[i].add(s.w, s.h, s.n)
				all.add(s.w, s.h, s.n)
			}
		}
		for i := range sums {
			sums[i].mean()
		}
		out.clicks[f] = all.n
		all.mean()
		out.all[f], out.class[f] = all.extents, sums
	})
	return out
}

// without concatenates all parts except part f.
func without[T any](parts []T, f int) []T { return slices.Concat(parts[:f], parts[f+1:]) }

func (s *sized) add(w, h float64, n int) {
	s.w, s.h, s.n = s.w+w, s.h+h, s.n+n
}

func (s *sized) mean() {
	if s.n > 0 {
		s.w, s.h = s.w/float64(s.n), s.h/float64(s.n)
	}
}

// apply returns a click minus the displacement fitted on the other parts; ok is false if these have no click.
func (c *calibration) apply(fold, class int32, x, y float64) (cx, cy float64, ok bool) {
	if c == nil || c.clicks[fold] == 0 {
		return 0, 0, false
	}
	size := c.all[fold]
	if class >= 0 && c.class[fold][class].n >= calibrationLeast {
		size = c.class[fold][class].extents
	}
	// The conversions round each product separately, so that the result is the same on every processor.
	return x - float64(c.shift[fold].w*size.w), y - float64(c.shift[fold].h*size.h), true
}

// calibrationFold returns the part that an annotator is in; if the annotator is unknown, the part that the
// image is in.
func calibrationFold(worker, image string) int32 {
	if worker == "" {
		worker = "image " + image
	}
	d := digest(0, "fold", worker)
	return int32(unit(&d, 0) * calibrationFolds)
}
