package stat

import (
	"math/rand/v2"

	"abtool/internal/parallel"
)

// A Ratio is Σ num / Σ den: an accuracy, a share, a mean.
type Ratio struct {
	Num Sum
	Den int64
}

// Merge adds another ratio.
func (r *Ratio) Merge(o Ratio) {
	r.Num.Merge(o.Num)
	r.Den += o.Den
}

// Count returns Σ num, which must be a sum of whole numbers.
func (r Ratio) Count() int64 { return r.Num.hi }

// Value returns the ratio, undefined for Σ den = 0.
func (r Ratio) Value() Number { return Quotient(r.Num.Float(), float64(r.Den)) }

// A RatioID is the index of a ratio in Ratios.
type RatioID int

// Ratios has ratios by cluster. Clicks of the same annotator are not independent, because whether they hit
// depends on who clicked. The sums are therefore kept for each annotator, and the interval comes from
// drawing annotators.
type Ratios struct {
	width    int
	clusters [][]Ratio
}

// Declare makes room for n ratios and returns the index of the first one.
func (r *Ratios) Declare(n int) RatioID {
	id := RatioID(r.width)
	r.width += n
	return id
}

// Add adds a unit with a value.
func (r *Ratios) Add(cluster int32, id RatioID, num float64) {
	r.At(cluster, id).Num.Add(num)
	r.At(cluster, id).Den++
}

// AddPoint adds the two coordinates of a point to two consecutive ratios.
func (r *Ratios) AddPoint(cluster int32, id RatioID, x, y float64) {
	r.Add(cluster, id, x)
	r.Add(cluster, id+1, y)
}

// Count adds a unit to a ratio: 1 of 1 for a yes, 0 of 1 for a no.
func (r *Ratios) Count(cluster int32, id RatioID, yes bool) {
	at := r.At(cluster, id)
	at.Den++
	if yes {
		at.Num.hi++
	}
}

// AddCount adds n units to a ratio, yes of which count as 1.
func (r *Ratios) AddCount(cluster int32, id RatioID, yes, n int64) {
	at := r.At(cluster, id)
	at.Num.hi += yes
	at.Den += n
}

// At returns a ratio of one cluster.
func (r *Ratios) At(cluster int32, id RatioID) *Ratio {
	for int(cluster) >= len(r.clusters) {
		r.clusters = append(r.clusters, nil)
	}
	if r.clusters[cluster] == nil {
		r.clusters[cluster] = make([]Ratio, r.width)
	}
	return &r.clusters[cluster][id]
}

// Width returns the number of ratios.
func (r *Ratios) Width() int { return r.width }

// Clusters returns the number of clusters, some of which may have no unit.
func (r *Ratios) Clusters() int { return len(r.clusters) }

// Of returns the ratios of a cluster, or nil if it has no unit.
func (r *Ratios) Of(cluster int32) []Ratio { return r.clusters[cluster] }

// Move gives clusters new numbers, by their old ones.
func (r *Ratios) Move(to []int32) {
	from := r.clusters
	r.clusters = nil
	for c, row := range from {
		if row != nil {
			r.At(to[c], 0)
			r.clusters[to[c]] = row
		}
	}
}

// Merge adds the ratios of o.
func (r *Ratios) Merge(o *Ratios) {
	for c, from := range o.clusters {
		if from == nil {
			continue
		}
		r.At(int32(c), 0)
		to := r.clusters[c]
		for i := range from {
			to[i].Merge(from[i])
		}
	}
}

// Total returns a ratio over all clusters.
func (r *Ratios) Total(id RatioID) (t Ratio) {
	for _, c := range r.clusters {
		if c != nil {
			t.Merge(c[id])
		}
	}
	return t
}

// Resample draws as many clusters as there are, with replacement, and repeats that samples times. Sample k
// depends only on the seed, k and the order of all clusters, including clusters without a unit in r, so
// that all ratios of a data set use the same draws.
func (r *Ratios) Resample(order []int32, samples int, seed uint64, jobs int) *Bootstrap {
	var rows [][]Ratio
	for _, id := range order {
		if int(id) < len(r.clusters) && r.clusters[id] != nil {
			rows = append(rows, r.clusters[id])
		} else {
			rows = append(rows, nil)
		}
	}
	b := &Bootstrap{clusters: len(rows), values: make([][]float64, r.width)}
	for i := range b.values {
		b.values[i] = make([]float64, samples)
	}
	num, den := flatten(rows, r.width)
	parallel.For(jobs, samples, func(k int) {
		rng := rand.New(rand.NewPCG(seed, uint64(k)))
		sampleOnce(num, den, r.width, len(rows), rng, func(id int, v float64) { b.values[id][k] = v })
	})
	return b
}
