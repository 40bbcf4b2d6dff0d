package cam

import (
	"math"
	"slices"
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
type Precision struct {
	images int64
	counts [2][bins]int64 // of the background and of the foreground
	each   []float64      // PxAP of single images
}

// Add counts the pixels of an image. mask has as many as the map.
func (p *Precision) Add(m *Map, mask []Pixel) {
	var one [2][bins]int64
	for i, v := range m.Values {
		if mask[i] != Ignored {
			one[mask[i]][bin(v)]++
		}
	}
	p.images++
	for k := range one {
		for i, n := range one[k] {
			p.counts[k][i] += n
		}
	}
	if ap := average(&one); !math.IsNaN(ap) {
		p.each = append(p.each, ap)
	}
}

// Merge adds what another Precision counted.
func (p *Precision) Merge(o *Precision) {
	p.images += o.images
	p.each = append(p.each, o.each...)
	for k := range p.counts {
		for i, n := range o.counts[k] {
			p.counts[k][i] += n
		}
	}
}

// Images returns the number of images.
func (p *Precision) Images() int64 { return p.images }

// PxAP returns the average precision of the pixels of all images together: the sum of precisions at the
// thresholds, from the highest, weighted with the steps in recall. It is NaN if no pixel is of the foreground.
func (p *Precision) PxAP() float64 { return average(&p.counts) }

// Mean returns the mean of the PxAP of single images, and how many have a pixel of the foreground.
func (p *Precision) Mean() (mean float64, n int) {
	list := slices.Sorted(slices.Values(p.each)) // so that the order of images does not matter
	sum := 0.0
	for _, v := range list {
		sum += v
	}
	return sum / float64(len(list)), len(list)
}

func average(counts *[2][bins]int64) float64 {
	total := int64(0)
	for _, n := range counts[Foreground] {
		total += n
	}
	if total == 0 {
		return math.NaN()
	}
	sum, yes, no := 0.0, int64(0), int64(0)
	for i := bins - 1; i >= 0; i-- {
		found := counts[Foreground][i]
		yes += found
		no += counts[Background][i]
		if found > 0 {
			sum += float64(found) / float64(total) * float64(yes) / float64(yes+no)
		}
	}
	return sum
}

// A ClassPrecision is a Precision for each class, for images with several labels. It is made with the number
// of classes.
type ClassPrecision []Precision

// ClassPxAP has mPxAP.
type ClassPxAP struct {
	Classes int     `json:"classes"`  // with pixels of the foreground
	Pairs   int64   `json:"pairs"`    // of an image and a class that it has
	Mean    float64 `json:"mean"`     // of the classes' PxAP, each over the pixels of all its images: mPxAP
	ByImage float64 `json:"by_image"` // mean over pairs of the PxAP of a single image
}

// Result returns mPxAP and its variant.
func (c ClassPrecision) Result() ClassPxAP {
	r, pairs := ClassPxAP{}, 0
	for i := range c {
		r.Pairs += c[i].images
		if v := c[i].PxAP(); !math.IsNaN(v) {
			r.Mean += v
			r.Classes++
		}
		if mean, n := c[i].Mean(); n > 0 {
			r.ByImage += mean * float64(n)
			pairs += n
		}
	}
	r.Mean /= float64(r.Classes)
	r.ByImage /= float64(pairs)
	return r
}
