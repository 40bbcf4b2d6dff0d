package analysis

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"sync"
)

// names gives numbers to names: workers, HITs, classes. The numbers depend on who comes first,
// so results are sorted by name.
type names struct {
	mu   sync.Mutex
	ids  map[string]int32
	list []string
}

func newNames() *names { return &names{ids: map[string]int32{}} }

func (n *names) id(name string) int32 {
	n.mu.Lock()
	defer n.mu.Unlock()
	id, ok := n.ids[name]
	if !ok {
		id = int32(len(n.list))
		n.ids[name] = id
		n.list = append(n.list, name)
	}
	return id
}

// sorted are the numbers in the order of their names.
func (n *names) sorted() []int32 {
	order := make([]int32, len(n.list))
	for i := range order {
		order[i] = int32(i)
	}
	sort.Slice(order, func(i, j int) bool { return n.list[order[i]] < n.list[order[j]] })
	return order
}

// A ratio is Σ num / Σ den: an accuracy, a share, a mean.
type ratio struct {
	num sum
	den int64
}

func (r *ratio) merge(o ratio) {
	r.num.merge(o.num)
	r.den += o.den
}

// count is Σ num of a ratio of whole numbers.
func (r ratio) count() int64 { return r.num.hi }

func (r ratio) value() Number { return quotient(r.num.float(), float64(r.den)) }

// ratioID is the place of a ratio in a ratios.
type ratioID int

// ratios are ratios by cluster. Clicks of one annotator are not independent: whether they hit
// depends on who clicked. So the sums are kept for each annotator, and the interval comes from
// drawing annotators.
type ratios struct {
	width    int
	clusters [][]ratio
}

// declare makes room for n ratios and returns the first one's place.
func (r *ratios) declare(n int) ratioID {
	id := ratioID(r.width)
	r.width += n
	return id
}

func (r *ratios) add(cluster int32, id ratioID, num float64) {
	r.at(cluster, id).num.add(num)
	r.at(cluster, id).den++
}

// addPoint adds the two coordinates of a point to two ratios that follow each other.
func (r *ratios) addPoint(cluster int32, id ratioID, x, y float64) {
	r.add(cluster, id, x)
	r.add(cluster, id+1, y)
}

// count is add for a yes or no.
func (r *ratios) count(cluster int32, id ratioID, yes bool) {
	at := r.at(cluster, id)
	at.den++
	if yes {
		at.num.hi++
	}
}

// counts adds n units, yes of which count.
func (r *ratios) counts(cluster int32, id ratioID, yes, n int64) {
	at := r.at(cluster, id)
	at.num.hi += yes
	at.den += n
}

func (r *ratios) at(cluster int32, id ratioID) *ratio {
	for int(cluster) >= len(r.clusters) {
		r.clusters = append(r.clusters, nil)
	}
	if r.clusters[cluster] == nil {
		r.clusters[cluster] = make([]ratio, r.width)
	}
	return &r.clusters[cluster][id]
}

func (r *ratios) merge(o *ratios) {
	for c, from := range o.clusters {
		if from == nil {
			continue
		}
		r.at(int32(c), 0)
		to := r.clusters[c]
		for i := range from {
			to[i].merge(from[i])
		}
	}
}

func (r *ratios) total(id ratioID) (t ratio) {
	for _, c := range r.clusters {
		if c != nil {
			t.merge(c[id])
		}
	}
	return t
}

// bootstrap are the values of every ratio in samples of the clusters.
type bootstrap struct {
	clusters int
	values   [][]float64 // by ratio and sample; NaN where the sample has none of its units
}

// resample draws as many clusters as there are, with replacement, samples times. Sample k
// depends on the seed, k and the order of all clusters alone, also of those without a
// unit in r: all ratios of a data set are drawn alike.
func (r *ratios) resample(order []int32, samples int, seed uint64, jobs int) *bootstrap {
	var rows [][]ratio
	for _, id := range order {
		if int(id) < len(r.clusters) && r.clusters[id] != nil {
			rows = append(rows, r.clusters[id])
		} else {
			rows = append(rows, nil)
		}
	}
	b := &bootstrap{clusters: len(rows), values: make([][]float64, r.width)}
	for i := range b.values {
		b.values[i] = make([]float64, samples)
	}
	num, den := flatten(rows, r.width)
	parallel(jobs, samples, func(k int) {
		sampleOnce(num, den, r.width, len(rows), rand.New(rand.NewPCG(seed, uint64(k))), func(id int, v float64) { b.values[id][k] = v })
	})
	return b
}

// flatten puts numerators and denominators side by side, a row a cluster.
func flatten(rows [][]ratio, width int) (num, den []float64) {
	num, den = make([]float64, len(rows)*width), make([]float64, len(rows)*width)
	for i, row := range rows {
		for k := range row {
			num[i*width+k], den[i*width+k] = row[k].num.float(), float64(row[k].den)
		}
	}
	return num, den
}

func sampleOnce(num, den []float64, width, clusters int, rng *rand.Rand, put func(id int, v float64)) {
	weights := make([]float64, clusters)
	for range clusters {
		weights[rng.IntN(clusters)]++
	}
	n, d := make([]float64, width), make([]float64, width)
	for c, w := range weights {
		if w == 0 {
			continue
		}
		rowN, rowD := num[c*width:][:width], den[c*width:][:width]
		for k := range n {
			n[k] += w * rowN[k]
			d[k] += w * rowD[k]
		}
	}
	for k := range n {
		v := math.NaN()
		if d[k] > 0 {
			v = n[k] / d[k]
		}
		put(k, v)
	}
}

// interval is the percentile interval of a ratio, nil where there are too few clusters for one.
func (b *bootstrap) interval(id ratioID) *Interval {
	if b == nil || b.clusters < 2 {
		return nil
	}
	return percentiles(b.values[id])
}

// samples are the values of a ratio, by sample; nil without a bootstrap.
func (b *bootstrap) samples(id ratioID) []float64 {
	if b == nil {
		return nil
	}
	return b.values[id]
}

// difference is a − b of every sample.
func (b *bootstrap) difference(x, y ratioID) []float64 {
	if b == nil || b.clusters < 2 {
		return nil
	}
	out := make([]float64, len(b.values[x]))
	for k := range out {
		out[k] = b.values[x][k] - b.values[y][k]
	}
	return out
}

// replicate computes f over the samples of ratios that stand for y.
func (b *bootstrap) replicate(ids []ratioID, x []float64, f func(x, y []float64) float64) []float64 {
	if b == nil || b.clusters < 2 || len(ids) == 0 {
		return nil
	}
	out := make([]float64, len(b.values[ids[0]]))
	var xs, ys []float64
	for k := range out {
		xs, ys = xs[:0], ys[:0]
		for i, id := range ids {
			if v := b.values[id][k]; !math.IsNaN(v) {
				xs, ys = append(xs, x[i]), append(ys, v)
			}
		}
		out[k] = f(xs, ys)
	}
	return out
}

// percentiles is the interval of the defined values of samples.
func percentiles(samples []float64) *Interval {
	var v []float64
	for _, x := range samples {
		if !math.IsNaN(x) {
			v = append(v, x)
		}
	}
	if len(v) < 2 {
		return nil
	}
	slices.Sort(v)
	return &Interval{quantile(v, (1-Level)/2), quantile(v, (1+Level)/2), Level, MethodBootstrap}
}

// parallel calls f for 0…n−1 from several goroutines.
func parallel(jobs, n int, f func(i int)) {
	var next int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range max(1, min(jobs, n)) {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= n {
					return
				}
				f(i)
			}
		})
	}
	wg.Wait()
}
