package imagenet

import (
	"cmp"
	"slices"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/imagenet"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
)

// clickAccuracy counts the final clicks that lie in a box, and the variants of the final click (I4–I6).
type clickAccuracy struct {
	r                            *pass.Counts
	last, document, first, meanC stat.RatioID
	differs                      stat.RatioID // document order gives another showing: of all images, of BC
	disagrees                    stat.RatioID // the click of one order hits and the click of the other misses
	noBox, noClick               int64
}

func newClickAccuracy(_ *engine, r *pass.Counts) *clickAccuracy {
	id := r.Declare(4)
	a := &clickAccuracy{
		r: r, last: id, document: id + 1, first: id + 2, meanC: id + 3, differs: r.Declare(2),
		disagrees: r.Declare(1),
	}
	r.Excludes(&a.noBox, "no usable box", "images")
	r.Excludes(&a.noClick, "no final click", "images")
	return a
}

func (a *clickAccuracy) picture(p *picture) {
	last := p.lastInDocument()
	if last != nil {
		a.r.Count(p.final.cluster, a.differs, last != p.final)
	}
	switch {
	case len(p.boxes) == 0:
		a.noBox++
		return
	case p.final == nil:
		a.noClick++
		return
	}
	cluster := p.final.cluster
	a.r.Count(cluster, a.last, p.hit)
	a.r.Count(cluster, a.differs+1, last != p.final)
	a.r.Count(cluster, a.disagrees, last.hit != p.hit)
	var mean imagenet.FirstMean
	for _, s := range byDocument(p.showings) {
		if s.clicked() {
			mean.Add(s.Clicks.X[s.first], s.Clicks.Y[s.first])
		}
	}
	x, y := mean.Point()
	a.r.Count(cluster, a.document, last.hit)
	a.r.Count(cluster, a.first, plane.InAny(p.boxes, p.final.Clicks.X[p.final.first],
		p.final.Clicks.Y[p.final.first]))
	a.r.Count(cluster, a.meanC, plane.InAny(p.boxes, x, y))
}

// lastInDocument returns the last selected showing with a click in document order (I4), or nil for an image
// without a final click.
func (p *picture) lastInDocument() *showing {
	last := p.final
	for _, s := range p.showings {
		if s.clicked() && s.Seq > last.Seq {
			last = s
		}
	}
	return last
}

func (a *clickAccuracy) Result(e *engine, r *result.Statistic) {
	const of = "images with a box and a final click"
	r.Add(
		e.Ratio("accuracy", "the final click is in a box", result.UnitShare, of, a.last),
		e.Ratio("accuracy.document", "variant: the click of the last selected showing in document order",
			result.UnitShare, of, a.document),
		e.Ratio("accuracy.first", "variant: the first click of the same showing", result.UnitShare, of, a.first),
		e.Ratio("accuracy.mean", "variant: the mean of the first clicks of all selected showings, as in "+
			"the published loader", result.UnitShare, of, a.meanC),
		e.Ratio("order_differs", "the last selected showing with a click differs between document order "+
			"and submit time",
			result.UnitShare, "images with a final click", a.differs),
		e.Ratio("order_differs.bc", "the same, over images with a box", result.UnitShare, of, a.differs+1),
		e.Ratio("order_disagrees", "the click of one order is in a box and the click of the other is not",
			result.UnitShare, of, a.disagrees),
	)
	r.WarnFew(r.Values[0])
}

// byDocument returns the showings in document order.
func byDocument(s []*showing) []*showing {
	if len(s) < 2 {
		return s
	}
	return slices.SortedFunc(slices.Values(s), func(a, b *showing) int { return cmp.Compare(a.Seq, b.Seq) })
}
