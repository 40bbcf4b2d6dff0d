package cam

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"

	"abtool/internal/stat"
)

// A Pixel is what a mask says about a pixel.
type Pixel uint8

// The kinds of pixels.
const (
	Background Pixel = iota
	Foreground
	Ignored
)

// bins is the number of steps of a map's values: one for each threshold, and one for 1 itself.
const bins = Thresholds + 1

// edges has where each bin begins.
var edges = func() (e [bins]float64) {
	for i := range Thresholds {
		e[i] = tau(i)
	}
	e[Thresholds] = 1
	return e
}()

// bin returns the last bin that begins at a value or below it.
func bin(v float64) int {
	i := min(max(int(v*Thresholds), 0), Thresholds)
	for i > 0 && edges[i] > v {
		i--
	}
	for i < Thresholds && edges[i+1] <= v {
		i++
	}
	return i
}

// A Precision counts pixels by the value of a map and by what a mask says. The zero value is ready.
type Precision struct{ counts [2][bins]int64 } // of the background and of the foreground

// Add counts the pixels of an image. mask has as many as the map.
func (p *Precision) Add(m *Map, mask []Pixel) {
	for i, v := range m.Values {
		if mask[i] != Ignored {
			p.counts[mask[i]][bin(v)]++
		}
	}
}

// Merge adds what another Precision counted.
func (p *Precision) Merge(o *Precision) {
	for k := range p.counts {
		for i, n := range o.counts[k] {
			p.counts[k][i] += n
		}
	}
}

// PxAP returns the average precision of the pixels of all images together: the sum of precisions at the
// thresholds, from the highest, weighted with the steps in recall. It is NaN if no pixel is of the foreground.
func (p *Precision) PxAP() float64 { return average(p.counts[Background][:], p.counts[Foreground][:]) }

// average returns the average precision of pixels by bin.
func average(background, foreground []int64) float64 {
	total := int64(0)
	for _, n := range foreground {
		total += n
	}
	if total == 0 {
		return math.NaN()
	}
	sum, yes, no := 0.0, int64(0), int64(0)
	for i := len(foreground) - 1; i >= 0; i-- {
		found := foreground[i]
		yes += found
		no += background[i]
		if found > 0 {
			sum += float64(found) / float64(total) * float64(yes) / float64(yes+no)
		}
	}
	return sum
}

// A ClassPrecision counts the pixels of images with several labels, by class.
type ClassPrecision struct {
	classes []Precision
	pairs   []pair
}

// pair has the pixels of a map of a class of an image.
type pair struct {
	image  string
	class  int
	ap     float64 // of the image alone; NaN without foreground
	counts [2][coarse]uint32
}

// Bins for bootstrap samples, which would need much memory with all: each has together of the bins.
const (
	together = 10
	coarse   = Thresholds/together + 1
)

// NewClassPrecision returns a ClassPrecision for a number of classes.
func NewClassPrecision(classes int) *ClassPrecision {
	return &ClassPrecision{classes: make([]Precision, classes)}
}

// Add counts the pixels of the map of a class of an image.
func (c *ClassPrecision) Add(image string, class int, m *Map, mask []Pixel) {
	var one Precision
	one.Add(m, mask)
	c.classes[class].Merge(&one)
	p := pair{image: image, class: class, ap: one.PxAP()}
	for k := range one.counts {
		for i, n := range one.counts[k] {
			p.counts[k][i/together] += uint32(n)
		}
	}
	c.pairs = append(c.pairs, p)
}

// Merge adds what another ClassPrecision counted.
func (c *ClassPrecision) Merge(o *ClassPrecision) {
	for i := range c.classes {
		c.classes[i].Merge(&o.classes[i])
	}
	c.pairs = append(c.pairs, o.pairs...)
}

// ClassPxAP has mPxAP.
type ClassPxAP struct {
	Images  int64
	Classes int   // with pixels of the foreground
	Pairs   int64 // of an image and a class that it has

	// Mean is mPxAP: the mean of the classes' PxAP, each over the pixels of all its images. ByImage is the mean
	// over pairs of the PxAP of a single image. Samples are of images, and those of Mean are computed with
	// steps of 0.01 of the maps.
	Mean, ByImage stat.Sampled

	pairs string // a hash of the pairs
}

// Same reports whether two results are of the same pairs, so that they can be compared.
func (r *ClassPxAP) Same(o *ClassPxAP) bool { return r.pairs == o.pairs }

// pixelSamples is the number of bootstrap samples, which take seconds for COCO's images.
const pixelSamples = 200

// Result returns mPxAP and its variant.
func (c *ClassPrecision) Result() *ClassPxAP {
	slices.SortFunc(c.pairs, func(a, b pair) int { return cmp.Or(cmp.Compare(a.image, b.image), cmp.Compare(a.class, b.class)) })
	r := &ClassPxAP{Pairs: int64(len(c.pairs))}
	place, hash := make([]int, len(c.pairs)), sha256.New() // the image of each pair
	for i := range c.pairs {
		if p := &c.pairs[i]; i == 0 || p.image != c.pairs[i-1].image {
			r.Images++
		}
		place[i] = int(r.Images) - 1
		fmt.Fprintf(hash, "%q %d ", c.pairs[i].image, c.pairs[i].class)
	}
	r.pairs = string(hash.Sum(nil))
	for i := range c.classes {
		if v := c.classes[i].PxAP(); !math.IsNaN(v) {
			r.Mean.Value += v
			r.Classes++
		}
	}
	r.Mean.Value = float64(stat.Quotient(r.Mean.Value, float64(r.Classes)))
	r.ByImage.Value = c.byImage(func(int) float64 { return 1 })
	if r.Images < 2 {
		return r
	}
	drawn := stat.ResampleAll(pixelSamples, []int{int(r.Images)}, 2, func(times []int32, to []float64) {
		to[0] = c.sample(func(i int) int64 { return int64(times[place[i]]) })
		to[1] = c.byImage(func(i int) float64 { return float64(times[place[i]]) })
	})
	r.Mean.Samples, r.ByImage.Samples = drawn[0], drawn[1]
	return r
}

// byImage returns the mean of the pairs' own average precisions, each as often as times says.
func (c *ClassPrecision) byImage(times func(pair int) float64) float64 {
	sum, n := 0.0, 0.0
	for i := range c.pairs {
		if ap := c.pairs[i].ap; !math.IsNaN(ap) {
			sum += times(i) * ap
			n += times(i)
		}
	}
	return float64(stat.Quotient(sum, n))
}

// sample returns the mean over classes of their PxAP, with coarse bins, and each pair as often as times says.
func (c *ClassPrecision) sample(times func(pair int) int64) float64 {
	counts := make([][2][coarse]int64, len(c.classes))
	for i := range c.pairs {
		n := times(i)
		if n == 0 {
			continue
		}
		p := &c.pairs[i]
		to := &counts[p.class]
		for k := range p.counts {
			for b, v := range p.counts[k] {
				to[k][b] += n * int64(v)
			}
		}
	}
	sum, classes := 0.0, 0.0
	for i := range counts {
		if v := average(counts[i][Background][:], counts[i][Foreground][:]); !math.IsNaN(v) {
			sum += v
			classes++
		}
	}
	return float64(stat.Quotient(sum, classes))
}
