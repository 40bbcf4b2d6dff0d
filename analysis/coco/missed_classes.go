package coco

import (
	"cmp"
	"slices"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/stat"
)

// missedClasses counts the classes of images that were never placed (C7). Each pair of an annotated image
// and a class that it has is one of three: retrieved, if the icon stays; taken away, if the icon was added
// and does not stay; never placed otherwise.
type missedClasses struct {
	r                *pass.Counts
	never, away      stat.RatioID // shares of pairs
	images           stat.RatioID // share of images with a class that was never placed
	byClass          stat.RatioID // by class: share of its pairs that were never placed
	retrieved, taken []int64      // pairs by class
	byImage          []int64      // images by the number of classes never placed
	noTruth, noClass int64
}

func newMissedClasses(e *engine, r *pass.Counts) *missedClasses {
	n := len(e.categories)
	id := r.Declare(3)
	a := &missedClasses{
		r: r, never: id, away: id + 1, images: id + 2, byClass: r.Declare(n),
		retrieved: make([]int64, n), taken: make([]int64, n),
	}
	r.Tallies("retrieved taken_away images", &a.retrieved, &a.taken, &a.byImage)
	r.Excludes(&a.noTruth, "the image is not in the ground truth", "pages")
	r.Excludes(&a.noClass, "the image has no object", "pages")
	return a
}

func (a *missedClasses) page(p *page) {
	switch {
	case p.truth == nil:
		a.noTruth++
		return
	case p.recall.Classes == 0:
		a.noClass++
		return
	}
	missed := 0
	for _, f := range p.found {
		never, away := f.NeverPlaced(), f.TakenAway()
		a.r.Count(p.cluster, a.never, never)
		a.r.Count(p.cluster, a.away, away)
		a.r.Count(p.cluster, a.byClass+stat.RatioID(f.Class), never)
		switch {
		case never:
			missed++
		case away:
			a.taken[f.Class]++
		default:
			a.retrieved[f.Class]++
		}
	}
	a.r.Count(p.cluster, a.images, missed > 0)
	*pass.Place(&a.byImage, missed)++
}

func (a *missedClasses) Result(e *engine, r *result.Statistic) {
	const pairs = "pairs of an annotated image and a class that it has"
	r.Add(e.Ratio("never_placed", "classes of images that were never placed", result.UnitShare, pairs, a.never),
		e.Ratio("taken_away", "classes of images that were added and do not stay", result.UnitShare, pairs, a.away),
		e.Ratio("images_with_never_placed", "pages with a class that was never placed", result.UnitShare,
			"pages whose image has a class", a.images))
	r.WarnFew(r.Values[0])
	r.Tables = append(r.Tables, a.classes(e), a.numbers())
}

// classes returns the table by class. It begins with the class that was never placed on the most images.
func (a *missedClasses) classes(e *engine) result.Table {
	t := result.Table{Name: "by_class", Title: "Images on which a class was never placed, by class",
		Columns: result.Header{
			{"category", "", "the class"}, {"n", "count", "annotated images that have the class"},
			{"never_placed", "count", "images on which it was never placed"},
			{"share", result.UnitShare, "never_placed / n"},
			{"low", result.UnitShare, "95 % interval (bootstrap)"},
			{"high", result.UnitShare, "95 % interval (bootstrap)"},
			{"taken_away", "count", "images on which it was added and does not stay"},
			{"retrieved", "count", "images on which it stays; the three counts add up to n"},
		}.Columns()}
	var order []class
	for c := range e.categories {
		if a.of(e, class(c)).Den > 0 {
			order = append(order, class(c))
		}
	}
	slices.SortFunc(order, func(x, y class) int {
		return cmp.Or(cmp.Compare(a.of(e, y).Count(), a.of(e, x).Count()), cmp.Compare(x, y))
	})
	for _, c := range order {
		t.Rows = append(t.Rows, slices.Concat(
			[]any{e.categories[c]}, e.Cells(a.byClass+stat.RatioID(c)), []any{a.taken[c], a.retrieved[c]}))
	}
	return t
}

// of returns the share of a class's pairs in which it was never placed.
func (a *missedClasses) of(e *engine, c class) stat.Ratio {
	return e.Ratios.Total(a.byClass + stat.RatioID(c))
}

// numbers returns the table of images by the number of their classes that were never placed.
func (a *missedClasses) numbers() result.Table {
	t := result.Table{Name: "by_number", Title: "Images by the number of their classes that were never placed", Columns: result.Header{
		{"never_placed", "count", "number of classes of the image that were never placed"},
		{"pages", "count", "annotated images with that many"},
		{"share", result.UnitShare, "pages / annotated images that have a class"},
	}.Columns()}
	var total int64
	for _, n := range a.byImage {
		total += n
	}
	for k, n := range a.byImage {
		t.Rows = append(t.Rows, []any{int64(k), n, stat.Share(n, total)})
	}
	return t
}
