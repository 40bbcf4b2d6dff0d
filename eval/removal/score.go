package removal

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"

	"abtool/internal/stat"
)

// A Row has the scores of an image, as it is or without the objects of a class.
type Row struct {
	Image   string
	Class   int       // the class that was removed; -1: none
	Share   float64   // of the image that was removed
	Outside bool      // what was removed lies outside of what the network sees
	Left    Reason    // why there are no scores; "": there are
	Scores  []float32 // logits by class

	Unreadable bool // the image could not be read, and counts as wrong: every pair has a violation, and differences of 1
}

// A Reason says why an edit was left out.
type Reason string

// The reasons.
const (
	TooLarge Reason = "too large"          // more than Limit of the image would be removed
	NoMask   Reason = "no mask"            // the class has an object whose place is unknown
	NotGiven Reason = "no image was given" // there is no file of the edit
)

// A Measure is a mean over pairs of an image and a class of it, and the mean over classes of the mean of their pairs,
// with their values in bootstrap samples of images.
type Measure struct{ Pairs, Classes stat.Sampled }

// Minus returns the difference of a measure and that of another network on the same pairs.
func (m Measure) Minus(o Measure) Measure {
	return Measure{m.Pairs.Minus(o.Pairs), m.Classes.Minus(o.Classes)}
}

// A Result says how much the scores of classes depend on the other objects in their images.
//
// A pair is an image with one of its classes, c; o are the other classes of the image. A violation of c by o is
// that the score of c is lower without o than without c itself.
type Result struct {
	Images  int64 // with at least two classes
	Edits   int64 // images with a class removed
	Pairs   int64
	Classes int // with a pair

	Left    map[Reason]int64 // edits that were left out
	Without int64            // pairs that were left out, because c or all o could not be removed
	Outside int64            // edits that change nothing that the network sees

	Unreadable int64 // of Images: they could not be read, and count as wrong

	// VAvg is the share of violations by a random other class, VMin the share of pairs with a violation by
	// any. DeltaAvg and DeltaMin are the differences in probability instead: that of c without c, less the mean
	// or the least without an o.
	VAvg, VMin, DeltaAvg, DeltaMin Measure

	pairs string // a hash of the images and their numbers of pairs
}

// Same reports whether two results are of the same pairs, so that they can be compared.
func (r *Result) Same(o *Result) bool { return r.pairs == o.pairs }

// samples is the number of bootstrap samples.
const samples = 1000

// sums has the sums of the four measures over some pairs.
type sums struct {
	n float64
	v [4]float64
}

// share is what an image contributes to a class.
type share struct {
	class int
	sums
}

// Reduce computes the result from the rows of all images, in any order.
func Reduce(rows []Row) *Result {
	r := &Result{Left: map[Reason]int64{}}
	sorted := slices.Clone(rows)
	slices.SortFunc(sorted, func(a, b Row) int { return cmp.Or(cmp.Compare(a.Image, b.Image), cmp.Compare(a.Class, b.Class)) })
	var images [][]share
	pairs, classes := sha256.New(), 0
	for len(sorted) > 0 {
		n := 1
		for n < len(sorted) && sorted[n].Image == sorted[0].Image {
			n++
		}
		if list := r.image(sorted[:n]); len(list) > 0 {
			images = append(images, list)
			fmt.Fprintf(pairs, "%q %d ", sorted[0].Image, len(list))
			classes = max(classes, list[len(list)-1].class+1)
		}
		sorted = sorted[n:]
	}
	r.pairs = string(pairs.Sum(nil))
	of := [...]*stat.Sampled{
		&r.VAvg.Pairs, &r.VMin.Pairs, &r.DeltaAvg.Pairs, &r.DeltaMin.Pairs,
		&r.VAvg.Classes, &r.VMin.Classes, &r.DeltaAvg.Classes, &r.DeltaMin.Classes,
	}
	values := make([]float64, len(of))
	r.Classes = average(images, nil, classes, values)
	for k, s := range of {
		s.Value = values[k]
	}
	if len(images) < 2 {
		return r
	}
	drawn := stat.ResampleAll(samples, []int{len(images)}, len(of), func(times []int32, to []float64) {
		average(images, times, classes, to)
	})
	for k, s := range of {
		s.Samples = drawn[k]
	}
	return r
}

// average writes the means of the four measures over pairs, and then those over classes, with each image a number of
// times; nil is once. It returns the number of classes with a pair.
func average(images [][]share, times []int32, classes int, to []float64) (seen int) {
	var all sums
	each := make([]sums, classes)
	for i := range images {
		n := 1.0
		if times != nil {
			n = float64(times[i])
		}
		if n == 0 {
			continue
		}
		for _, s := range images[i] {
			all.add(s.sums, n)
			each[s.class].add(s.sums, n)
		}
	}
	for k := range all.v {
		to[k] = all.v[k] / all.n
		sum := 0.0
		seen = 0
		for _, c := range each {
			if c.n > 0 {
				sum += c.v[k] / c.n
				seen++
			}
		}
		to[len(all.v)+k] = sum / float64(seen)
	}
	return seen
}

func (s *sums) add(o sums, times float64) {
	s.n += times * o.n
	for k := range s.v {
		s.v[k] += times * o.v[k]
	}
}

// image returns the pairs of an image, by class, and counts what is left out.
func (r *Result) image(rows []Row) (list []share) {
	rows = slices.DeleteFunc(slices.Clone(rows), func(row Row) bool { return row.Class < 0 })
	if len(rows) < 2 {
		return nil
	}
	r.Images++
	r.Unreadable += stat.One(rows[0].Unreadable)
	for _, row := range rows {
		if row.Left != "" {
			r.Left[row.Left]++
			continue
		}
		r.Edits++
		r.Outside += stat.One(row.Outside)
	}
	for _, c := range rows {
		if c.Left != "" {
			r.Without++
			continue
		}
		others, violations := 0, 0
		own, sum, least := 1.0, 0.0, 1.0 // probabilities
		for _, o := range rows {
			if o.Class == c.Class || o.Left != "" {
				continue
			}
			others++
			if c.Unreadable {
				least = 0
				violations++
				continue
			}
			own = probability(c.Scores[c.Class])
			p := probability(o.Scores[c.Class])
			sum, least = sum+p, min(least, p)
			violations += int(stat.One(o.Scores[c.Class] < c.Scores[c.Class]))
		}
		if others == 0 {
			r.Without++
			continue
		}
		r.Pairs++
		n := float64(others)
		list = append(list, share{c.Class, sums{1, [4]float64{float64(violations) / n, float64(stat.One(violations > 0)), own - sum/n, own - least}}})
	}
	return list
}

// probability returns the logistic function of a logit.
func probability(logit float32) float64 { return 1 / (1 + math.Exp(-float64(logit))) }
