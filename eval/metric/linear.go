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

// linear is a number that is a weighted sum of shares and a constant. Shares of the same images, such as
// validation images with several corruptions, are not independent.
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
		m.interval = &stat.Interval{Low: value - clusters, High: value + clusters, Level: stat.Level,
			Method: MethodClusters}
	}
	if bounded {
		m.interval.Low, m.interval.High = max(0, m.interval.Low), min(1, m.interval.High)
	}
	return m
}

// Methods of intervals, in addition to package stat's.
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
	return &stat.Interval{Low: value - math.Sqrt(low), High: value + math.Sqrt(high), Level: stat.Level,
		Method: MethodWilsons}
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
