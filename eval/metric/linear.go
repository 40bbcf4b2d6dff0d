package metric

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"abtool/internal/stat"
)

// compareGroups orders names of groups: numbers by their values, before other names.
func compareGroups(a, b string) int {
	x, errA := numbers(a)
	y, errB := numbers(b)
	switch {
	case errA == nil && errB == nil:
		return cmp.Or(slices.Compare(x, y), cmp.Compare(a, b))
	case errA == nil:
		return -1
	case errB == nil:
		return 1
	}
	return cmp.Compare(a, b)
}

// numbers reads numbers between commas.
func numbers(s string) (v []float64, err error) {
	for part := range strings.SplitSeq(s, ",") {
		x, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return nil, err
		}
		v = append(v, x)
	}
	return v, nil
}

// A term is the share of images with an answer, of some images of a set, and its weight in a number.
type term struct {
	set    string
	group  string // "": all groups
	all    bool   // all groups
	mask   answer // only images that have these bits
	is     answer
	weight float64
}

// linear is a number that is a weighted sum of shares and a constant. Shares of the same images, such as those of one
// validation image with several corruptions, are not independent.
type linear struct {
	constant  float64
	terms     []term
	clustered bool // several terms have the same images
}

// share returns the number that is one share.
func share(set string, mask, is answer) linear {
	return linear{terms: []term{{set: set, all: true, mask: mask, is: is, weight: 1}}}
}

// groupShare returns the share of one group.
func groupShare(set, group string, is answer) linear {
	return linear{terms: []term{{set: set, group: group, is: is, weight: 1}}}
}

// counts returns how many images of every term have the answer, and how many there are.
func (l *linear) counts(n *Network) []count {
	out := make([]count, len(l.terms))
	for i, t := range l.terms {
		a := n.Set(t.set)
		if a == nil {
			continue
		}
		for g, c := range a.groupCounts(t.mask, t.is) {
			if t.all || a.groups[g] == t.group {
				out[i].right += c.right
				out[i].n += c.n
			}
		}
	}
	return out
}

// measure returns the value, its standard error, its interval, and the number of answers.
func (l *linear) measure(n *Network, bounded bool) (m measured) {
	counts := l.counts(n)
	value := l.constant
	for i, t := range l.terms {
		c := counts[i]
		if c.n == 0 {
			return measured{value: math.NaN(), se: math.NaN()}
		}
		value += t.weight * float64(c.right) / float64(c.n)
		m.n += c.n
	}
	m.value = value
	if l.clustered {
		m.se = math.Sqrt(l.variance(n, nil, means(counts)))
	} else {
		for i, p := range means(counts) {
			m.se += l.terms[i].weight * l.terms[i].weight * p * (1 - p) / float64(counts[i].n)
		}
		m.se = math.Sqrt(m.se)
	}
	if len(l.terms) == 1 && l.constant == 0 && l.terms[0].weight == 1 {
		m.interval = stat.Wilson(counts[0].right, counts[0].n)
		return m
	}
	m.interval = l.combine(counts, value)
	if clusters := stat.Z95 * m.se; l.clustered && clusters > 0 {
		m.interval = &stat.Interval{Low: value - clusters, High: value + clusters, Level: stat.Level, Method: MethodClusters}
	}
	if bounded {
		m.interval.Low, m.interval.High = max(0, m.interval.Low), min(1, m.interval.High)
	}
	return m
}

// Methods of intervals, in addition to those of package stat.
const (
	MethodClusters = "clusters" // linearised, with all answers for one image as a cluster
	MethodWilsons  = "wilsons"  // of a sum of independent shares, from Wilson's interval of each (Newcombe 1998)
	MethodDeLong   = "delong"   // of an AUROC (DeLong, DeLong, Clarke-Pearson 1988)
	MethodPaired   = "paired"   // of a difference between two networks: the answers for an image are a pair
)

func means(counts []count) []float64 {
	out := make([]float64, len(counts))
	for i, c := range counts {
		out[i] = float64(c.right) / float64(c.n)
	}
	return out
}

// combine returns the interval of a weighted sum of independent shares: the distances from each share to the ends of
// its Wilson interval, weighted, are added as squares. It is not empty when all or no answers are right.
func (l *linear) combine(counts []count, value float64) *stat.Interval {
	low, high := 0.0, 0.0
	for i, t := range l.terms {
		w, p := stat.Wilson(counts[i].right, counts[i].n), float64(counts[i].right)/float64(counts[i].n)
		down, up := t.weight*(p-w.Low), t.weight*(w.High-p)
		if t.weight < 0 {
			down, up = -up, -down
		}
		low += down * down
		high += up * up
	}
	return &stat.Interval{Low: value - math.Sqrt(low), High: value + math.Sqrt(high), Level: stat.Level, Method: MethodWilsons}
}

// variance returns the variance of the number over samples of images. A record of image i changes the number by
// weight · (answer − share) / n of its term; changes of one image are added before they are squared. With pairs, the
// answers are differences between two networks.
func (l *linear) variance(n *Network, other *Network, shares []float64) float64 {
	sum := 0.0
	for _, set := range l.setNames() {
		sum += l.setVariance(n, other, set, shares)
	}
	return sum
}

func (l *linear) setNames() (names []string) {
	for _, t := range l.terms {
		if !slices.Contains(names, t.set) {
			names = append(names, t.set)
		}
	}
	return names
}

// byGroup returns for each group of a set the terms that are about it, so that a record is only compared with these.
func (l *linear) byGroup(a *Answers) [][]int {
	out := make([][]int, len(a.groups))
	for g, name := range a.groups {
		for i := range l.terms {
			if t := &l.terms[i]; t.set == a.About.Name && (t.all || t.group == name) {
				out[g] = append(out[g], i)
			}
		}
	}
	return out
}

func (l *linear) setVariance(n, other *Network, set string, shares []float64) float64 {
	a := n.Set(set)
	byGroup := l.byGroup(a)
	sizes := make([]float64, len(l.terms))
	visit := func(f func(key uint64, term int, d float64)) {
		if other == nil {
			for k := range a.records {
				r := &a.records[k]
				for _, i := range byGroup[r.group] {
					if t := &l.terms[i]; r.is&t.mask == t.mask {
						f(r.key, i, float64(stat.One(r.is&t.is != 0)))
					}
				}
			}
			return
		}
		pairs(a, other.Set(set), func(x, y *record) {
			for _, i := range byGroup[x.group] {
				if t := &l.terms[i]; x.is&t.mask == t.mask && y.is&t.mask == t.mask {
					f(x.key, i, float64(stat.One(y.is&t.is != 0)-stat.One(x.is&t.is != 0)))
				}
			}
		})
	}
	visit(func(_ uint64, i int, _ float64) { sizes[i]++ })
	sum, cluster, last := 0.0, 0.0, uint64(0)
	visit(func(key uint64, i int, d float64) {
		if key != last {
			sum += cluster * cluster
			cluster, last = 0, key
		}
		cluster += l.terms[i].weight * (d - shares[i]) / sizes[i]
	})
	return sum + cluster*cluster
}

// pairs calls f for every image that both networks answered, in order.
func pairs(a, b *Answers, f func(x, y *record)) {
	if a == nil || b == nil {
		return
	}
	for i, j := 0, 0; i < len(a.records) && j < len(b.records); {
		x, y := &a.records[i], &b.records[j]
		c := cmp.Compare(x.key, y.key)
		if c == 0 && a.groups[x.group] != b.groups[y.group] {
			c = compareGroups(a.groups[x.group], b.groups[y.group])
		}
		switch {
		case c == 0:
			f(x, y)
			i++
			j++
		case c < 0:
			i++
		default:
			j++
		}
	}
}

// A pairCount has the number of images that two networks answered, and of those that only one of them has right.
type pairCount struct{ n, onlyA, onlyB int64 }

// variance returns the variance of the share of images that only the second network has right, minus the share that
// only the first has right.
func (c pairCount) variance() float64 {
	n, d := float64(c.n), float64(c.onlyB-c.onlyA)
	return (float64(c.onlyA+c.onlyB) - d*d/n) / (n * n)
}

// A comparison has two networks, and the pairs of their answers that were counted.
type comparison struct {
	first, second *Network
	counted       map[pairsOf][]pairCount
}

type pairsOf struct {
	set string
	which
}

// groupCounts counts pairs by group of the first network's answers for a set.
func (c *comparison) groupCounts(set string, w which) []pairCount {
	if out, ok := c.counted[pairsOf{set, w}]; ok {
		return out
	}
	a, b := c.first.Set(set), c.second.Set(set)
	if a == nil || b == nil {
		return nil
	}
	out := make([]pairCount, len(a.groups))
	pairs(a, b, func(x, y *record) {
		if x.is&w.mask != w.mask || y.is&w.mask != w.mask {
			return
		}
		to := &out[x.group]
		right, other := x.is&w.is != 0, y.is&w.is != 0
		to.n++
		to.onlyA += stat.One(right && !other)
		to.onlyB += stat.One(other && !right)
	})
	c.counted[pairsOf{set, w}] = out
	return out
}

// pairCounts returns the pairs of every term.
func (l *linear) pairCounts(c *comparison) []pairCount {
	out := make([]pairCount, len(l.terms))
	for i, t := range l.terms {
		for g, n := range c.groupCounts(t.set, which{t.mask, t.is}) {
			if t.all || c.first.Set(t.set).groups[g] == t.group {
				out[i].n += n.n
				out[i].onlyA += n.onlyA
				out[i].onlyB += n.onlyB
			}
		}
	}
	return out
}

// unseen returns how large a difference may be although the networks agree on all images: if a share of 3.7/n of all
// images differed, n images would rarely agree.
func (l *linear) unseen(counts []pairCount) float64 {
	sum, squares := 0.0, 0.0
	for i, c := range counts {
		v := l.terms[i].weight * -math.Log((1-stat.Level)/2) / float64(c.n)
		sum += math.Abs(v)
		squares += v * v
	}
	if l.clustered {
		return sum
	}
	return math.Sqrt(squares)
}

// difference returns the number of the second network minus that of the first, over the images that both answered.
func (l *linear) difference(c *comparison) (d compared) {
	counts := l.pairCounts(c)
	shares := make([]float64, len(l.terms))
	value, variance := 0.0, 0.0
	for i, n := range counts {
		if n.n == 0 {
			return undefined
		}
		d.n += n.n
		d.onlyA += n.onlyA
		d.onlyB += n.onlyB
		shares[i] = float64(n.onlyB-n.onlyA) / float64(n.n)
		value += l.terms[i].weight * shares[i]
		variance += l.terms[i].weight * l.terms[i].weight * n.variance()
	}
	if l.clustered {
		variance = l.variance(c.first, c.second, shares)
	}
	d.value, d.se = value, math.Sqrt(max(0, variance))
	half := stat.Z95 * d.se
	if d.onlyA+d.onlyB == 0 {
		half = l.unseen(counts)
	}
	d.interval = &stat.Interval{Low: value - half, High: value + half, Level: stat.Level, Method: MethodPaired}
	switch {
	case len(l.terms) == 1 && math.Abs(l.terms[0].weight) == 1:
		d.p, d.test = stat.BinomialTest(d.onlyA, d.onlyB), TestMcNemar
	case d.se > 0:
		d.p, d.test = stat.NormalTest(value/d.se), TestNormal
	default:
		d.p, d.test = 1, TestNormal
	}
	return d
}
