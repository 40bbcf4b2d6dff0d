package cam

import (
	"cmp"
	"slices"

	"abtool/internal/stat"
)

// The IoU from which a box counts.
var levels = [3]float64{0.3, 0.5, 0.7}

// middle is the place of 0.5 in levels.
const middle = 1

// Classic is the threshold of the first work on class activation maps (Zhou et al., CVPR 2016).
const Classic = 0.2

// classic is the place of Classic among the thresholds.
var classic = func() (i int) {
	for tau(i) < Classic {
		i++
	}
	return i
}()

// A Share is a number of images out of N, at a threshold of the maps.
type Share struct {
	K   int64
	N   int64
	Tau float64
}

// Value returns the share; it is NaN without images.
func (s Share) Value() float64 { return float64(stat.Share(s.K, s.N)) }

// Localised has what a Localisation counted.
type Localised struct {
	Images     int64 // with boxes of ground truth
	Without    int64 // images without any, which are left out
	Unreadable int64 // of Images: they could not be read, and count as wrong

	// GTKnown is the share of images whose box at the classic threshold has an IoU of 0.5 or more with a
	// box of ground truth; MaxBoxAcc is the same at the best threshold for all images together.
	GTKnown   Share
	MaxBoxAcc Share
	// Top1 and MaxTop1 count only images that the network classified correctly: top-1 localisation at the
	// classic and at the best threshold.
	Top1    Share
	MaxTop1 Share
	// ByIoU has the shares for 0.3, 0.5 and 0.7 where any contour of a map counts, each at its best
	// threshold.
	ByIoU [3]Share
}

// MaxBoxAccV2 returns the mean of ByIoU.
func (l *Localised) MaxBoxAccV2() float64 {
	sum := 0.0
	for _, s := range l.ByIoU {
		sum += s.Value()
	}
	return sum / float64(len(l.ByIoU))
}

// A Localisation has for every image the thresholds at which its boxes count. The zero value is ready.
type Localisation struct {
	without, unreadable int64
	images              []judged
	sorted              bool
}

// judged is an image with boxes of ground truth.
type judged struct {
	path  string
	right bool // the network's answer
	spans []span
}

// A span has the thresholds from…to−1, at which the boxes of a map count by a criterion.
type span struct {
	criterion uint8
	from, to  uint16
}

// The criteria: the largest contour with an IoU of 0.5, and any contour with 0.3, 0.5 and 0.7.
const (
	known     = iota
	any                           // the first of the three
	criteria  = any + len(levels) // how many there are
	correct   = criteria          // known, and the answer is right
	countings = criteria + 1
)

// Add counts an image. right says whether the network classified it correctly; an image without ground truth
// is nil.
func (l *Localisation) Add(path string, o *Overlaps, right bool) {
	if o == nil {
		l.without++
		return
	}
	j := judged{path: path, right: right}
	var since [criteria]int // where the span began, and −1 outside of spans
	for c := range since {
		since[c] = -1
	}
	put := func(c, i int, counts bool) {
		switch {
		case counts && since[c] < 0:
			since[c] = i
		case !counts && since[c] >= 0:
			j.spans = append(j.spans, span{uint8(c), uint16(since[c]), uint16(i)})
			since[c] = -1
		}
	}
	for i := range Thresholds {
		largest, all := o.At(tau(i))
		put(known, i, largest >= levels[middle])
		for k, level := range levels {
			put(any+k, i, all >= level)
		}
	}
	for c := range since {
		put(c, Thresholds, false)
	}
	l.images, l.sorted = append(l.images, j), false
}

// Unreadable counts an image with ground truth that could not be read, as wrong at every threshold.
func (l *Localisation) Unreadable(path string) {
	l.unreadable++
	l.images, l.sorted = append(l.images, judged{path: path}), false
}

// order sorts the images, so that samples do not depend on the order in which they were added.
func (l *Localisation) order() []judged {
	if !l.sorted {
		slices.SortStableFunc(l.images, func(a, b judged) int { return cmp.Compare(a.path, b.path) })
		l.sorted = true
	}
	return l.images
}

// counts has the number of images by criterion and threshold.
type counts [countings][Thresholds + 1]int64

// count counts the images, each as often as times says; nil is once.
func (l *Localisation) count(times []int32) *counts {
	c := new(counts)
	for i := range l.images {
		n := int64(1)
		if times != nil {
			n = int64(times[i])
		}
		if n == 0 {
			continue
		}
		j := &l.images[i]
		for _, s := range j.spans {
			c[s.criterion][s.from] += n
			c[s.criterion][s.to] -= n
			if s.criterion == known && j.right {
				c[correct][s.from] += n
				c[correct][s.to] -= n
			}
		}
	}
	for k := range c {
		for i := 1; i < len(c[k]); i++ {
			c[k][i] += c[k][i-1]
		}
	}
	return c
}

// Result returns the shares.
func (l *Localisation) Result() *Localised {
	c, n := l.count(nil), int64(len(l.images))
	best := func(criterion int) Share {
		at := c.best(criterion)
		return Share{c[criterion][at], n, tau(at)}
	}
	r := &Localised{
		Images: n, Without: l.without, Unreadable: l.unreadable,
		GTKnown: Share{c[known][classic], n, Classic}, MaxBoxAcc: best(known),
		Top1: Share{c[correct][classic], n, Classic}, MaxTop1: best(correct),
	}
	for k := range levels {
		r.ByIoU[k] = best(any + k)
	}
	return r
}

// best returns the threshold at which the count is largest, the lowest of equals.
func (c *counts) best(criterion int) (at int) {
	for i := range Thresholds {
		if c[criterion][i] > c[criterion][at] {
			at = i
		}
	}
	return at
}

// Maxima has the numbers that are a maximum over thresholds, with their values in bootstrap samples of the images.
// Each sample has best thresholds of its own, so that the choice of the threshold is part of the uncertainty.
type Maxima struct {
	MaxTop1, MaxBoxAcc, MaxBoxAccV2 stat.Sampled
	ByIoU                           [3]stat.Sampled
}

// samples is the number of bootstrap samples.
const samples = 1000

// Maxima computes the numbers from the images.
func (l *Localisation) Maxima() *Maxima {
	n := len(l.order())
	compute := func(times []int32, to []float64) {
		c := l.count(times)
		share := func(criterion int) float64 {
			return float64(c[criterion][c.best(criterion)]) / float64(n)
		}
		to[0], to[1], to[2] = share(correct), share(known), 0
		for k := range levels {
			to[3+k] = share(any + k)
			to[2] += to[3+k] / float64(len(levels))
		}
	}
	m := new(Maxima)
	of := []*stat.Sampled{&m.MaxTop1, &m.MaxBoxAcc, &m.MaxBoxAccV2, &m.ByIoU[0], &m.ByIoU[1], &m.ByIoU[2]}
	values, drawn := make([]float64, len(of)), make([][]float64, len(of))
	compute(nil, values)
	if n > 1 {
		drawn = stat.ResampleAll(samples, []int{n}, len(of), compute)
	}
	for i, s := range of {
		*s = stat.Sampled{Value: values[i], Samples: drawn[i]}
	}
	return m
}

// Only returns how many images only one of two networks has right, l first: by top-1 localisation, and by GT-known
// localisation, both at the classic threshold. ok is false if the images are not the same.
func (l *Localisation) Only(o *Localisation) (top1, gtKnown [2]int64, ok bool) {
	a, b := l.order(), o.order()
	if !slices.EqualFunc(a, b, func(x, y judged) bool { return x.path == y.path }) {
		return top1, gtKnown, false
	}
	for i := range a {
		x, y := a[i].at(known, classic), b[i].at(known, classic)
		gtKnown[0] += stat.One(x && !y)
		gtKnown[1] += stat.One(y && !x)
		x, y = x && a[i].right, y && b[i].right
		top1[0] += stat.One(x && !y)
		top1[1] += stat.One(y && !x)
	}
	return top1, gtKnown, true
}

// at reports whether an image counts by a criterion at a threshold.
func (j *judged) at(criterion uint8, threshold int) bool {
	return slices.ContainsFunc(j.spans, func(s span) bool {
		return s.criterion == criterion && int(s.from) <= threshold && threshold < int(s.to)
	})
}
