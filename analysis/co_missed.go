package analysis

import (
	"cmp"
	"slices"
)

// missedClasses is which of the classes that images have were never placed on them (C7). Of the
// pairs of an annotated image and a class that it has, each is one of three: retrieved, its icon
// stays; taken away, it was added and does not stay; never placed, the rest.
type missedClasses struct {
	unseen
	r                *ratios
	never, away      ratioID // over pairs
	images           ratioID // with a class that was never placed
	byClass          ratioID // never placed, over the pairs of each class
	retrieved, taken []int64 // pairs by class
	byImage          []int64 // images by the number of classes never placed
	noTruth, noClass int64
}

func newMissedClasses(e *cocoEngine, r *ratios) cocoStatistic {
	n := len(e.categories)
	id := r.declare(3)
	return &missedClasses{
		r: r, never: id, away: id + 1, images: id + 2, byClass: r.declare(n),
		retrieved: make([]int64, n), taken: make([]int64, n),
	}
}

func (a *missedClasses) page(p *page) {
	switch {
	case p.truth == nil:
		a.noTruth++
		return
	case p.classes == 0:
		a.noClass++
		return
	}
	missed := 0
	for _, f := range p.found {
		never, away := !f.placed && !f.anyAdd, !f.placed && f.anyAdd
		a.r.count(p.cluster, a.never, never)
		a.r.count(p.cluster, a.away, away)
		a.r.count(p.cluster, a.byClass+ratioID(f.class), never)
		switch {
		case never:
			missed++
		case away:
			a.taken[f.class]++
		default:
			a.retrieved[f.class]++
		}
	}
	a.r.count(p.cluster, a.images, missed > 0)
	a.grow(missed + 1)
	a.byImage[missed]++
}

func (a *missedClasses) grow(n int) {
	for len(a.byImage) < n {
		a.byImage = append(a.byImage, 0)
	}
}

func (a *missedClasses) merge(other cocoStatistic) {
	o := other.(*missedClasses)
	for c := range a.taken {
		a.retrieved[c] += o.retrieved[c]
		a.taken[c] += o.taken[c]
	}
	a.grow(len(o.byImage))
	for k, n := range o.byImage {
		a.byImage[k] += n
	}
	a.noTruth += o.noTruth
	a.noClass += o.noClass
}

func (a *missedClasses) result(e *cocoEngine, r *Statistic) {
	const pairs = "pairs of an annotated image and a class that it has"
	r.add(e.ratio("never_placed", "classes of images that were never placed", unitShare, pairs, a.never),
		e.ratio("taken_away", "classes of images that were added, and do not stay", unitShare, pairs, a.away),
		e.ratio("images_with_never_placed", "pages with a class that was never placed", unitShare,
			"pages whose image has a class", a.images))
	r.warnFew(r.Values[0])
	r.exclude("the image is not in the ground truth", "pages", a.noTruth)
	r.exclude("the image has no object", "pages", a.noClass)
	r.Tables = append(r.Tables, a.classes(e), a.numbers())
}

// classes is the table by class, of the most images that lack it first.
func (a *missedClasses) classes(e *cocoEngine) Table {
	t := Table{Name: "by_class", Title: "Classes that were never placed, by how often", Columns: []Column{
		{"category", "", "the class"}, {"n", "count", "annotated images that have it"},
		{"never_placed", "count", "of them, where it was never placed"},
		{"share", unitShare, "never_placed / n"},
		{"low", unitShare, "95 % interval (bootstrap)"}, {"high", unitShare, "95 % interval (bootstrap)"},
		{"taken_away", "count", "of them, where it was added, and does not stay"},
		{"retrieved", "count", "of them, where it stays; the three add up to n"},
	}}
	var order []class
	for c := range e.categories {
		if a.of(e, class(c)).den > 0 {
			order = append(order, class(c))
		}
	}
	slices.SortFunc(order, func(x, y class) int {
		return cmp.Or(cmp.Compare(a.of(e, y).count(), a.of(e, x).count()), cmp.Compare(x, y))
	})
	for _, c := range order {
		total := a.of(e, c)
		low, high := bounds(e.boot.interval(a.byClass + ratioID(c)))
		t.Rows = append(t.Rows, []any{
			e.categories[c], total.den, total.count(), total.value(), low, high, a.taken[c], a.retrieved[c],
		})
	}
	return t
}

// of returns the share of a class's pairs in which it was never placed.
func (a *missedClasses) of(e *cocoEngine, c class) ratio {
	return e.ratios.total(a.byClass + ratioID(c))
}

// numbers is the table by how many classes of an image were never placed.
func (a *missedClasses) numbers() Table {
	t := Table{Name: "by_number", Title: "Images by how many of their classes were never placed", Columns: []Column{
		{"never_placed", "count", "classes of the image that were never placed"},
		{"pages", "count", "annotated images with that many"},
		{"share", unitShare, "of annotated images that have a class"},
	}}
	var total int64
	for _, n := range a.byImage {
		total += n
	}
	for k, n := range a.byImage {
		t.Rows = append(t.Rows, []any{int64(k), n, share(n, total)})
	}
	return t
}
