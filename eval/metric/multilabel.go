package metric

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"abtool/internal/stat"
)

// MultiLabel has the scores of a network for images with several classes each.
type MultiLabel struct {
	classes int
	images  []labelled
	sorted  bool
}

type labelled struct {
	path   string
	labels []int32
	scores []float32
}

// NewMultiLabel returns a MultiLabel without images, for a network with a number of classes.
func NewMultiLabel(classes int) *MultiLabel { return &MultiLabel{classes: classes} }

// Add adds an image: its classes, none for an image with none of them, and the logit of every class. Logits are
// ranked and not their sigmoids, which are equal where they are near 0 or 1.
func (m *MultiLabel) Add(path string, labels []int32, logits []float32) error {
	if len(logits) != m.classes {
		return fmt.Errorf("reading answers: image %s has %d logits, want %d", path, len(logits), m.classes)
	}
	m.images = append(m.images, labelled{path, slices.Clone(labels), slices.Clone(logits)})
	m.sorted = false
	return nil
}

// sort orders the images, so that numbers do not depend on the order in which they were added.
func (m *MultiLabel) sort() {
	if !m.sorted {
		slices.SortFunc(m.images, func(a, b labelled) int { return cmp.Compare(a.path, b.path) })
		m.sorted = true
	}
}

// rankings returns the ranking of the images for every class.
func rankings(images []labelled, classes int) []*stat.Ranking {
	out := make([]*stat.Ranking, classes)
	for c := range out {
		scores, present := make([]float32, len(images)), make([]bool, len(images))
		for i := range images {
			scores[i], present[i] = images[i].scores[c], slices.Contains(images[i].labels, int32(c))
		}
		out[c] = stat.Rank(scores, present)
	}
	return out
}

// AP returns the average precision of every class; NaN for a class without images. Equal scores are one step.
func (m *MultiLabel) AP() []float64 {
	m.sort()
	out := make([]float64, m.classes)
	for c, r := range rankings(m.images, m.classes) {
		out[c] = r.AveragePrecision(nil)
	}
	return out
}

// mapID is the ID of mAP.
const mapID = "map"

// mapSamples is the number of bootstrap samples of images for the interval of mAP.
const mapSamples = 200

// Number returns mAP: the mean average precision of the classes that some image has, with a bootstrap interval over
// images.
func (m *MultiLabel) Number() Number {
	m.sort()
	r := rankings(m.images, m.classes)
	measure := func(times []int32) float64 { return stat.MeanAveragePrecision(r, times) }
	x := Number{
		ID: mapID, Measure: mapID, What: "mean average precision of the classes", Value: stat.Number(measure(nil)),
		N: int64(len(m.images)), SE: stat.Number(math.NaN()),
	}
	if len(m.images) > 1 {
		samples := stat.Resample(mapSamples, []int{len(m.images)}, measure)
		x.SE = stat.Number(stat.StandardDeviation(samples))
		x.Interval = stat.Spread(float64(x.Value), samples, 0, 1)
	}
	return x
}

// CompareMultiLabel returns the difference of mAP, second minus first, over the images that both have. Both are
// measured on the same samples of images.
func CompareMultiLabel(first, second *MultiLabel) Difference {
	first.sort()
	second.sort()
	var a, b []labelled
	for i, j := 0, 0; i < len(first.images) && j < len(second.images); {
		x, y := first.images[i], second.images[j]
		switch cmp.Compare(x.path, y.path) {
		case -1:
			i++
		case 1:
			j++
		default:
			a, b = append(a, x), append(b, y)
			i++
			j++
		}
	}
	ra, rb := rankings(a, first.classes), rankings(b, second.classes)
	measure := func(times []int32) float64 {
		return stat.MeanAveragePrecision(rb, times) - stat.MeanAveragePrecision(ra, times)
	}
	d := stat.Sampled{Value: measure(nil)}
	if len(a) > 1 {
		d.Samples = stat.Resample(mapSamples, []int{len(a)}, measure)
	}
	return Resampled(mapID, int64(len(a)), d)
}
