package removal

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
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
}

// A Reason says why an edit was left out.
type Reason string

// The reasons.
const (
	TooLarge Reason = "too large"          // more than Limit of the image would be removed
	NoMask   Reason = "no mask"            // the class has an object whose place is unknown
	NotGiven Reason = "no image was given" // there is no file of the edit
)

// A Measure is a mean with the number of pairs of an image and a class of it, and its 95 % interval: percentiles
// over samples of images, drawn with replacement.
type Measure struct {
	Value    float64        `json:"value"`
	Interval *stat.Interval `json:"interval,omitempty"`

	ByClass         float64        `json:"by_class"` // the mean over classes of the mean of their pairs
	ByClassInterval *stat.Interval `json:"by_class_interval,omitempty"`

	images           string    // a hash of the images, in their order
	drawn, byClasses []float64 // bootstrap samples
}

// Minus returns the difference of a measure and that of another network, with its 95 % interval over samples of
// images, which are the same for both. There is no interval unless both are of the same images.
func (m *Measure) Minus(o *Measure) Measure {
	d := Measure{Value: m.Value - o.Value, ByClass: m.ByClass - o.ByClass}
	if m.images != o.images {
		return d
	}
	less := func(a, b []float64) (list []float64) {
		for i := range a {
			list = append(list, a[i]-b[i])
		}
		return list
	}
	d.Interval, d.ByClassInterval = stat.Percentiles(less(m.drawn, o.drawn)), stat.Percentiles(less(m.byClasses, o.byClasses))
	return d
}

// A Result says how much the scores of classes depend on the other objects in their images.
//
// A pair is an image with one of its classes, c; o are the other classes of the image. A violation of c by o is
// that the score of c is lower without o than without c itself.
type Result struct {
	Images  int64 `json:"images"` // with at least two classes
	Edits   int64 `json:"edits"`  // images with a class removed
	Pairs   int64 `json:"pairs"`
	Classes int   `json:"classes"` // with a pair

	Left    map[Reason]int64 `json:"left_out"`       // edits that were left out
	Without int64            `json:"pairs_left_out"` // pairs that were left out, because c or all o could not be removed
	Outside int64            `json:"outside"`        // edits that change nothing that the network sees

	// VAvg is the share of violations by a random other class, VMin the share of pairs with a violation by
	// any. DeltaAvg and DeltaMin are the differences in probability instead: that of c without c, less the mean
	// or the least without an o.
	VAvg     Measure `json:"v_avg"`
	VMin     Measure `json:"v_min"`
	DeltaAvg Measure `json:"delta_avg"`
	DeltaMin Measure `json:"delta_min"`
}

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
	names, classes := sha256.New(), 0
	for len(sorted) > 0 {
		n := 1
		for n < len(sorted) && sorted[n].Image == sorted[0].Image {
			n++
		}
		if list := r.image(sorted[:n]); len(list) > 0 {
			images = append(images, list)
			fmt.Fprintf(names, "%q", sorted[0].Image)
			classes = max(classes, list[len(list)-1].class+1)
		}
		sorted = sorted[n:]
	}
	once := make([]int, len(images))
	for i := range once {
		once[i] = 1
	}
	of := [4]*Measure{&r.VAvg, &r.VMin, &r.DeltaAvg, &r.DeltaMin}
	means, byClass, seen := average(images, once, classes)
	r.Classes = seen
	for k, m := range of {
		m.Value, m.ByClass = means[k], byClass[k]
	}
	if len(images) < 2 {
		return r
	}
	var drawn [2][4][]float64
	times := make([]int, len(images))
	for s := range samples {
		rng := rand.New(rand.NewPCG(1, uint64(s)))
		clear(times)
		for range images {
			times[rng.IntN(len(images))]++
		}
		means, byClass, _ := average(images, times, classes)
		for k := range of {
			drawn[0][k], drawn[1][k] = append(drawn[0][k], means[k]), append(drawn[1][k], byClass[k])
		}
	}
	for k, m := range of {
		m.images, m.drawn, m.byClasses = string(names.Sum(nil)), drawn[0][k], drawn[1][k]
		m.Interval, m.ByClassInterval = stat.Percentiles(m.drawn), stat.Percentiles(m.byClasses)
	}
	return r
}

// average returns the means over pairs and over classes, with each image a number of times.
func average(images [][]share, times []int, classes int) (means, byClass [4]float64, seen int) {
	var all sums
	each := make([]sums, classes)
	for i, n := range times {
		if n == 0 {
			continue
		}
		for _, s := range images[i] {
			all.add(s.sums, float64(n))
			each[s.class].add(s.sums, float64(n))
		}
	}
	for k := range means {
		means[k] = all.v[k] / all.n
		seen = 0
		for _, c := range each {
			if c.n > 0 {
				byClass[k] += c.v[k] / c.n
				seen++
			}
		}
		byClass[k] /= float64(seen)
	}
	return means, byClass, seen
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
		own := c.Scores[c.Class]
		others, violations, any := 0, 0, false
		sum, least := 0.0, math.Inf(1)
		for _, o := range rows {
			if o.Class == c.Class || o.Left != "" {
				continue
			}
			score := o.Scores[c.Class]
			p := probability(score)
			sum, least = sum+p, min(least, p)
			others++
			if score < own {
				violations++
				any = true
			}
		}
		if others == 0 {
			r.Without++
			continue
		}
		r.Pairs++
		p, n := probability(own), float64(others)
		list = append(list, share{c.Class, sums{1, [4]float64{float64(violations) / n, float64(stat.One(any)), p - sum/n, p - least}}})
	}
	return list
}

// probability returns the logistic function of a logit.
func probability(logit float32) float64 { return 1 / (1 + math.Exp(-float64(logit))) }
