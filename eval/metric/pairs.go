package metric

import (
	"cmp"
	"math"

	"abtool/internal/stat"
)

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

// difference subtracts the first network's number from the second's, over the images that both answered.
func (l *linear) difference(c *comparison) (d compared) {
	counts := l.pairCounts(c)
	shares := make([]float64, len(l.terms))
	variance := 0.0
	for i, n := range counts {
		if n.n == 0 {
			return undefined
		}
		shares[i] = float64(n.onlyB-n.onlyA) / float64(n.n)
		variance += l.terms[i].weight * l.terms[i].weight * n.variance()
	}
	if l.clustered {
		variance = l.variance(c.first, c.second, shares)
	}
	return l.compare(counts, variance)
}

// compare returns the difference that pairs of every term have, with its variance.
func (l *linear) compare(counts []pairCount, variance float64) (d compared) {
	value := 0.0
	for i, n := range counts {
		d.n += n.n
		d.onlyA += n.onlyA
		d.onlyB += n.onlyB
		value += l.terms[i].weight * float64(n.onlyB-n.onlyA) / float64(n.n)
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
