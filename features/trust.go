package features

import (
	"math"

	"abtool/internal/parallel"
	"abtool/internal/stat"
)

// trustFolds is the number of parts (folds) that images are divided into, by a hash of their id. The beta
// distribution that is used for an image is fitted on the other parts.
const trustFolds = 5

// A trust estimates the accuracy of annotators. For each image the estimate uses only other images.
type trust struct {
	all   []stat.Tally // by annotator
	folds [trustFolds]stat.BetaBinomial
}

// trustParts are the tallies of the annotators, for each part of the images.
type trustParts [trustFolds][]stat.Tally

func newTrustParts(workers int) *trustParts {
	parts := &trustParts{}
	for f := range parts {
		parts[f] = make([]stat.Tally, workers)
	}
	return parts
}

func newTrust(parts *trustParts, jobs int) *trust {
	workers := len(parts[0])
	t := &trust{all: make([]stat.Tally, workers)}
	for _, p := range parts {
		for w, c := range p {
			t.all[w] = t.all[w].Plus(c)
		}
	}
	parallel.For(jobs, trustFolds, func(f int) {
		rest := make([]stat.Tally, workers)
		for w, c := range parts[f] {
			rest[w] = t.all[w].Minus(c)
		}
		t.folds[f] = stat.FitCounts(rest)
	})
	return t
}

// of returns the expected accuracy of an annotator, and the number of points that it is estimated from. own
// is the tally on the image itself, which is left out. The accuracy is NaN for an unknown annotator, or
// without data.
func (t *trust) of(worker int32, fold int, own stat.Tally) (mean float64, n int32) {
	if worker < 0 {
		return math.NaN(), 0
	}
	rest := t.all[worker].Minus(own)
	return t.folds[fold].Mean(rest), int32(rest.N)
}

// trustFold returns the part that an image is in.
func trustFold(image string) int {
	h := uint32(2166136261) // FNV-1a
	for i := range len(image) {
		h = (h ^ uint32(image[i])) * 16777619
	}
	return int((h>>16 ^ h) % trustFolds)
}
