package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The bootstrap interval of a mean of cluster means is close to the theoretical one, and clusters that
// are alike have a narrower one.
func TestBootstrap(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var order []int32
	var r Ratios
	id := r.Declare(2)
	var squares float64
	const clusters, each = 200, 50
	means := make([]float64, clusters)
	for c := range clusters {
		cluster := int32(c)
		order = append(order, cluster)
		means[c] = rng.NormFloat64()
		for range each {
			r.Add(cluster, id, means[c])
			r.Add(cluster, id+1, rng.NormFloat64())
		}
	}
	total := float64(r.Total(id).Value())
	for _, m := range means {
		squares += (m - total) * (m - total)
	}
	se := math.Sqrt(squares) / clusters
	b := r.Resample(order, 2000, 1, 2)
	i := b.Interval(id)
	if have, want := i.High-i.Low, 2*Z95*se; math.Abs(have/want-1) > 0.1 || !i.Covers(total) {
		t.Errorf("the interval is %v wide, theory says %v", have, want)
	}
	if j := b.Interval(id + 1); (j.High-j.Low)*3 > i.High-i.Low {
		t.Errorf("the interval of independent units has width %v, want at most a third of the width %v for clustered units", j.High-j.Low, i.High-i.Low)
	}
	if again := r.Resample(order, 2000, 1, 7).Interval(id); *again != *i {
		t.Error("Resample depends on the number of goroutines")
	}
	if other := r.Resample(order, 2000, 2, 1).Interval(id); *other == *i {
		t.Error("Resample gives the same interval for two seeds")
	}
}
