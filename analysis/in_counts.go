package analysis

import (
	"cmp"
	"slices"

	"abtool/byproduct/imagenet"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
)

// imagenetCounts is how much there is: images, showings, selected, with any byproduct (I1, I2).
type imagenetCounts struct {
	r                                                                   *stat.Ratios
	byproduct, selectedImages, selectedShowings, finalClicks, clickedBC stat.RatioID
	showings, clicks, samples, hovers                                   int64
}

func newImageNetCounts(_ *imagenetEngine, r *stat.Ratios) *imagenetCounts {
	id := r.Declare(5)
	return &imagenetCounts{r: r, byproduct: id, selectedImages: id + 1, selectedShowings: id + 2, finalClicks: id + 3, clickedBC: id + 4}
}

func (a *imagenetCounts) showing(s *showing) {
	a.showings++
	a.r.Count(s.cluster, a.selectedShowings, s.isSelected())
	a.clicks += int64(s.clicks.Len())
	a.samples += int64(s.mouse.Len())
	a.hovers += int64(len(s.hovers.T))
}

func (a *imagenetCounts) picture(p *picture) {
	a.r.Count(p.cluster, a.selectedImages, slices.ContainsFunc(p.showings, (*showing).isSelected))
	a.r.Count(p.cluster, a.byproduct, p.byproduct)
	a.r.Count(p.cluster, a.finalClicks, p.final != nil)
	a.r.Count(p.cluster, a.clickedBC, p.clickedBoxed())
}

func (a *imagenetCounts) Merge(o *imagenetCounts) {
	a.showings += o.showings
	a.clicks += o.clicks
	a.samples += o.samples
	a.hovers += o.hovers
}

func (a *imagenetCounts) Result(e *imagenetEngine, r *Statistic) {
	images, boxed, boxes := e.images.Universe()
	r.add(
		count("images", "images that the byproducts speak of", "images", images),
		count("showings", "times an image was shown", "showings", a.showings),
		e.ratio("byproduct_images", "images with a click, a sample or a hover", unitShare, "images", a.byproduct),
		e.ratio("selected_images", "images selected at least once", unitShare, "images", a.selectedImages),
		e.ratio("selected_showings", "showings that ended selected", unitShare, "showings", a.selectedShowings),
		e.ratio("final_clicks", "images with a final click", unitShare, "images", a.finalClicks),
		proportion("boxed_images", "images with a usable ground-truth box", "images", boxed, images),
		e.ratio("clicked_boxed", "images with both: the set BC of accuracies", unitShare, "images", a.clickedBC),
		count("boxes", "ground-truth boxes of boxed images", "boxes", boxes),
		count("clicks", "selecting clicks", "clicks", a.clicks),
		count("samples", "mouse samples", "samples", a.samples),
		count("hovers", "entries and leaves", "hovers", a.hovers),
	)
	if _, _, apart := e.images.Apart(); boxed == 0 && !apart {
		r.warn("No image has a usable box, so nothing can be said of accuracy: ingest with --boxes Annotations/CLS-LOC/train.")
	}
}

// rounds is at which showing images are selected (I3). The rounds of the collection are not in
// the data: the k-th showing stands for them.
type rounds struct {
	r                              *stat.Ratios
	firstRound                     stat.RatioID // the two rounds of the collection
	twice                          stat.RatioID // selected in two showings or more
	shown, selected, firstSelected []int64
	times                          []int64 // images by how often they were selected
}

func newRounds(_ *imagenetEngine, r *stat.Ratios) *rounds {
	return &rounds{r: r, firstRound: r.Declare(2), twice: r.Declare(1)}
}

func (a *rounds) picture(p *picture) {
	a.grow(len(p.showings))
	first := slices.IndexFunc(p.showings, (*showing).isSelected)
	times := 0
	for k, s := range p.showings {
		a.shown[k]++
		if s.isSelected() {
			a.selected[k]++
			times++
		}
		if k == first {
			a.firstSelected[k]++
		}
	}
	for k := range 2 {
		cluster := p.cluster
		if k < len(p.showings) {
			cluster = p.showings[k].cluster
		}
		a.r.Count(cluster, a.firstRound+stat.RatioID(k), k == first)
	}
	a.times[times]++
	a.r.Count(p.cluster, a.twice, times >= 2)
}

func (a *rounds) grow(n int) {
	for len(a.shown) < n {
		a.shown, a.selected, a.firstSelected = append(a.shown, 0), append(a.selected, 0), append(a.firstSelected, 0)
	}
	for len(a.times) < n+1 {
		a.times = append(a.times, 0)
	}
}

func (a *rounds) Merge(o *rounds) {
	a.grow(len(o.shown))
	for k := range o.shown {
		a.shown[k] += o.shown[k]
		a.selected[k] += o.selected[k]
		a.firstSelected[k] += o.firstSelected[k]
	}
	for k, n := range o.times {
		a.times[k] += n
	}
}

func (a *rounds) Result(e *imagenetEngine, r *Statistic) {
	images, _, _ := e.images.Universe()
	t := Table{Name: "by_showing", Title: "Showings of an image, in order of submission", Columns: Header{
		{"showing", "", "k-th showing of an image"}, {"shown", "count", "images shown at least k times"}, {"selected", "count", "selected at that showing"},
		{"selected_share", unitShare, "selected / shown"}, {"first_selected", "count", "images first selected at that showing"},
		{"share_of_images", unitShare, "first selected there / all images"},
	}.Columns()}
	for k := range a.shown {
		t.Rows = append(t.Rows, []any{int64(k + 1), a.shown[k], a.selected[k], stat.Share(a.selected[k], a.shown[k]), a.firstSelected[k], stat.Share(a.firstSelected[k], images)})
	}
	times := Table{
		Name: "by_times_selected", Title: "Images by the number of showings in which they were selected",
		Columns: Header{
			{"times", "count", "showings in which the image was selected"}, {"images", "count", "images"},
			{"share", unitShare, "images / all images"},
		}.Columns(),
	}
	for k, n := range a.times {
		times.Rows = append(times.Rows, []any{int64(k), n, stat.Share(n, images)})
	}
	r.Tables = append(r.Tables, t, times)
	r.add(e.ratio("first_round", "images selected at the first showing", unitShare, "images", a.firstRound),
		e.ratio("second_round", "images first selected at the second showing", unitShare, "images", a.firstRound+1),
		e.ratio("selected_twice", "images selected in two showings or more", unitShare, "images", a.twice))
}

// clickAccuracy is the share of final clicks that lie in a box, and its variants (I4–I6).
type clickAccuracy struct {
	r                            *stat.Ratios
	last, document, first, meanC stat.RatioID
	differs                      stat.RatioID // the order gives another showing's click: of all, of BC
	disagrees                    stat.RatioID // and one of the two hits, the other misses
	noBox, noClick               int64
}

func newClickAccuracy(_ *imagenetEngine, r *stat.Ratios) *clickAccuracy {
	id := r.Declare(4)
	return &clickAccuracy{
		r: r, last: id, document: id + 1, first: id + 2, meanC: id + 3, differs: r.Declare(2), disagrees: r.Declare(1),
	}
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
			mean.Add(s.clicks.X[s.first], s.clicks.Y[s.first])
		}
	}
	x, y := mean.Point()
	a.r.Count(cluster, a.document, last.hit)
	a.r.Count(cluster, a.first, plane.InAny(p.boxes, p.final.clicks.X[p.final.first], p.final.clicks.Y[p.final.first]))
	a.r.Count(cluster, a.meanC, plane.InAny(p.boxes, x, y))
}

// lastInDocument returns the showing of the final click when showings are taken in document order
// (I4), and nil for an image without a final click.
func (p *picture) lastInDocument() *showing {
	last := p.final
	for _, s := range p.showings {
		if s.clicked() && s.seq > last.seq {
			last = s
		}
	}
	return last
}

func (a *clickAccuracy) Merge(o *clickAccuracy) {
	a.noBox += o.noBox
	a.noClick += o.noClick
}

func (a *clickAccuracy) Result(e *imagenetEngine, r *Statistic) {
	const of = "images with a box and a final click"
	r.add(
		e.ratio("accuracy", "the final click is in a box", unitShare, of, a.last),
		e.ratio("accuracy.document", "variant: of the last selected showing in document order", unitShare, of, a.document),
		e.ratio("accuracy.first", "variant: the first click of the same showing", unitShare, of, a.first),
		e.ratio("accuracy.mean", "variant: the mean of the first clicks of all selected showings, as the public loader has it", unitShare, of, a.meanC),
		e.ratio("order_differs", "the last selected showing with a click is another one in document order than in time",
			unitShare, "images with a final click", a.differs),
		e.ratio("order_differs.bc", "the same, of images with a box", unitShare, of, a.differs+1),
		e.ratio("order_disagrees", "of the clicks that the two orders give, one is in a box and the other is not",
			unitShare, of, a.disagrees),
	)
	r.warnFew(r.Values[0])
	r.exclude("no usable box", "images", a.noBox)
	r.exclude("no final click", "images", a.noClick)
}

// offCentre is the click's accuracy where always clicking the centre fails (I9).
type offCentre struct {
	r        *stat.Ratios
	accuracy stat.RatioID
	images   int64 // of BC
	bc       int64
}

func newOffCentre(_ *imagenetEngine, r *stat.Ratios) *offCentre {
	return &offCentre{r: r, accuracy: r.Declare(1)}
}

func (a *offCentre) picture(p *picture) {
	if !p.clickedBoxed() {
		return
	}
	a.bc++
	if !p.centre {
		a.images++
		a.r.Count(p.final.cluster, a.accuracy, p.hit)
	}
}

func (a *offCentre) Merge(o *offCentre) {
	a.images += o.images
	a.bc += o.bc
}

func (a *offCentre) Result(e *imagenetEngine, r *Statistic) {
	r.add(proportion("share", "images whose centre is in no box", "images with a box and a final click", a.images, a.bc))
	v := e.ratio("accuracy", "the final click is in a box there", unitShare, "such images", a.accuracy)
	r.add(v)
	r.warnFew(v)
	var off, boxed int64
	for i, n := range e.images.Shown {
		if b := e.images.Boxes(int32(i)); n >= 0 && len(b) > 0 {
			boxed++
			if !plane.InAny(b, 0.5, 0.5) {
				off++
			}
		}
	}
	r.add(proportion("share.all_boxed", "over all boxed images", "images with a box", off, boxed))
}

// centreBias is where the centres of boxes and the final clicks are (I10).
type centreBias struct {
	r                *stat.Ratios
	middle           stat.RatioID // of all clicks, of those on images with a box
	clicks, clicksBC stat.Grid
}

func newCentreBias(_ *imagenetEngine, r *stat.Ratios) *centreBias {
	return &centreBias{r: r, middle: r.Declare(2)}
}

func (a *centreBias) picture(p *picture) {
	if p.final == nil {
		return
	}
	a.clicks.Add(p.x, p.y)
	a.r.CountMiddle(p.cluster, a.middle, p.x, p.y)
	if len(p.boxes) > 0 {
		a.clicksBC.Add(p.x, p.y)
		a.r.CountMiddle(p.cluster, a.middle+1, p.x, p.y)
	}
}

func (a *centreBias) Merge(o *centreBias) {
	a.clicks.Merge(&o.clicks)
	a.clicksBC.Merge(&o.clicksBC)
}

func (a *centreBias) Result(e *imagenetEngine, r *Statistic) {
	var centres stat.Grid
	for i, n := range e.images.Shown {
		if n < 0 {
			continue
		}
		for _, b := range e.images.Boxes(int32(i)) {
			centres.Add(b.Centre())
		}
	}
	for _, g := range []struct {
		name, title, of string
		grid            *stat.Grid
		middle          stat.RatioID
	}{
		{"gt_centres", "centres of ground-truth boxes", "boxes", &centres, -1},
		{"clicks", "final clicks", "images with a final click", &a.clicks, a.middle},
		{"clicks_bc", "final clicks on images with a box", "images with a box and a final click", &a.clicksBC, a.middle + 1},
	} {
		r.addGrid(g.name, g.title, g.of, g.grid, e.boot, g.middle)
	}
}

// byDocument are the showings in document order.
func byDocument(s []*showing) []*showing {
	if len(s) < 2 {
		return s
	}
	return slices.SortedFunc(slices.Values(s), func(a, b *showing) int { return cmp.Compare(a.seq, b.seq) })
}

// accuracyMaps is the accuracy by where the box is, and by where the click is (I11).
type accuracyMaps struct{ gtN, gtHits, clickN, clickHits stat.Grid }

func newAccuracyMaps(*imagenetEngine, *stat.Ratios) *accuracyMaps { return &accuracyMaps{} }

func (a *accuracyMaps) picture(p *picture) {
	if !p.clickedBoxed() {
		return
	}
	for _, b := range p.boxes {
		x, y := b.Centre()
		a.gtN.Add(x, y)
		if p.hit {
			a.gtHits.Add(x, y)
		}
	}
	a.clickN.Add(p.x, p.y)
	if p.hit {
		a.clickHits.Add(p.x, p.y)
	}
}

func (a *accuracyMaps) Merge(o *accuracyMaps) {
	a.gtN.Merge(&o.gtN)
	a.gtHits.Merge(&o.gtHits)
	a.clickN.Merge(&o.clickN)
	a.clickHits.Merge(&o.clickHits)
}

func (a *accuracyMaps) Result(_ *imagenetEngine, r *Statistic) {
	const boxes, images = "boxes of images with a final click", "images with a box and a final click"
	r.Histograms = append(r.Histograms,
		gridHistogram("by_gt_cell_n", "boxes by the cell of their centre", boxes, &a.gtN),
		gridHistogram("by_gt_cell_hits", "of them, on images whose click hits", boxes, &a.gtHits),
		gridHistogram("by_click_cell_n", "images by the cell of the click", images, &a.clickN),
		gridHistogram("by_click_cell_hits", "of them, whose click hits", images, &a.clickHits))
	r.Tables = append(r.Tables, ringTable("by_gt_ring", "Accuracy by how far the centre of the box is from the middle cell", &a.gtN, &a.gtHits),
		ringTable("by_click_ring", "Accuracy by how far the click is from the middle cell", &a.clickN, &a.clickHits))
}

// ringTable sums the cells of a ring around the middle: ring 5 is the border.
func ringTable(name, title string, n, hits *stat.Grid) Table {
	t := Table{Name: name, Title: title, Columns: Header{
		{"ring", "cells", "0 is the middle cell, 5 the border"}, {"n", "count", "units"}, {"hits", "count", "of them, whose click hits"},
		{"accuracy", unitShare, "hits / n"}, {"low", unitShare, "95 % interval (wilson)"}, {"high", unitShare, "95 % interval (wilson)"},
	}.Columns()}
	const middle = stat.GridSize / 2
	for ring := range middle + 1 {
		var total, hit int64
		for r := range stat.GridSize {
			for c := range stat.GridSize {
				if max(abs(r-middle), abs(c-middle)) == ring {
					total += n.Cells[r][c]
					hit += hits.Cells[r][c]
				}
			}
		}
		low, high := bounds(stat.Wilson(hit, total))
		t.Rows = append(t.Rows, []any{int64(ring), total, hit, stat.Share(hit, total), low, high})
	}
	return t
}

func abs(i int) int { return max(i, -i) }
