package analysis_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"abtool/analysis/result"
	"abtool/internal/teststore"
	"abtool/schema"
)

// imagenetChecked are the statistics that the reference has.
var imagenetChecked = []string{"counts", "rounds", "click_accuracy", "centre_bias", "random_clicks",
	"off_centre", "accuracy_maps",
	"last_samples", "trace_quantiles", "time_quantiles", "trace_lengths", "box_frame", "hits", "workers", "quality"}

// imagenetUnreferenced are values that the definitions do not have, or leave to the program.
var imagenetUnreferenced = []string{"workers.flag_*", "workers.pool_*", "workers.by_experience", "quality.checks",
	"quality.selected_count", "quality.hovered_count", "quality.unmatched_hovers", "quality.click_without_sample",
	"quality.sample_after_click", "quality.estimate_above_hover", "quality.estimate_zero",
	"quality.times_backwards", "quality.after_submission", "quality.long_before_submission",
	"quality.size_zero", "quality.repeated_images", "quality.repeated_by_worker"}

// refImage is an image of the universe (I1) with what is known of it.
type refImage struct {
	boxes    []refBox                    // relative; none if not usable
	showings []schema.ImageNetAnnotation // in document order

	shown *schema.ImageNetAnnotation // of the final click
	click schema.Point               // the final click, if shown is there
}

// refBox is a box, or any rectangle, in fractions of the image.
type refBox struct{ x0, y0, x1, y1 float64 }

func (b refBox) has(x, y float64) bool { return x >= b.x0 && x <= b.x1 && y >= b.y0 && y <= b.y1 }

func (b refBox) distance(x, y float64) float64 {
	dx, dy := max(b.x0-x, 0, x-b.x1), max(b.y0-y, 0, y-b.y1)
	return math.Sqrt(dx*dx + dy*dy)
}

// nearest is the box that a point belongs to, and the point in its frame (I15).
func nearest(boxes []refBox, x, y float64) (u, v float64) {
	best := boxes[0]
	for _, b := range boxes[1:] {
		area, bestArea := (b.x1-b.x0)*(b.y1-b.y0), (best.x1-best.x0)*(best.y1-best.y0)
		d, bestD := b.distance(x, y), best.distance(x, y)
		if d < bestD || d == bestD && area < bestArea {
			best = b
		}
	}
	return (x - best.x0) / (best.x1 - best.x0), (y - best.y0) / (best.y1 - best.y0)
}

func (im *refImage) hit(x, y float64) bool {
	return slices.ContainsFunc(im.boxes, func(b refBox) bool { return b.has(x, y) })
}

func (im *refImage) boxed() bool { return len(im.boxes) > 0 }
func (im *refImage) bc() bool    { return im.boxed() && im.shown != nil }

func (im *refImage) hits() bool { return im.hit(*im.click.X, *im.click.Y) }

func placed(points []schema.Point) (out []schema.Point) {
	for _, p := range points {
		if p.X != nil && p.Y != nil {
			out = append(out, p)
		}
	}
	return out
}

func isSelected(s *schema.ImageNetAnnotation) bool { return s.Selected != nil && *s.Selected }

// bySubmission are the showings in order of hit_submit_time, missing times first (I3).
func (im *refImage) bySubmission() (out []*schema.ImageNetAnnotation) {
	for i := range im.showings {
		out = append(out, &im.showings[i])
	}
	slices.SortStableFunc(out, func(a, b *schema.ImageNetAnnotation) int {
		at := func(s *schema.ImageNetAnnotation) int64 {
			if s.HITSubmitTime == nil {
				return -1
			}
			return *s.HITSubmitTime
		}
		return int(min(1, max(-1, at(a)-at(b))))
	})
	return out
}

// inDocument are the showings in document order.
func (im *refImage) inDocument() (out []*schema.ImageNetAnnotation) {
	for i := range im.showings {
		out = append(out, &im.showings[i])
	}
	return out
}

// lastClicked is the last of showings that is selected and has a click with a place.
func lastClicked(showings []*schema.ImageNetAnnotation) *schema.ImageNetAnnotation {
	for _, s := range slices.Backward(showings) {
		if isSelected(s) && len(placed(s.Clicks)) > 0 {
			return s
		}
	}
	return nil
}

func last[T any](v []T) T { return v[len(v)-1] }

// imagenetImages are the images of a store, in its order.
func imagenetImages(t *testing.T, store string) (images []*refImage) {
	showings := map[string][]schema.ImageNetAnnotation{}
	for _, s := range readRows[schema.ImageNetAnnotation](t, store, "imagenet", "annotations.parquet") {
		showings[s.ImageID] = append(showings[s.ImageID], s)
	}
	for _, row := range readRows[schema.ImageNetImage](t, store, "imagenet", "images.parquet") {
		if row.Shown == nil {
			continue
		}
		im := &refImage{showings: showings[row.ImageID]}
		if row.Width != nil && row.Height != nil {
			w, h := float64(*row.Width), float64(*row.Height)
			for _, b := range row.Boxes {
				im.boxes = append(im.boxes, refBox{b.XMin / w, b.YMin / h, b.XMax / w, b.YMax / h})
			}
		}
		if s := lastClicked(im.bySubmission()); s != nil {
			im.shown, im.click = s, last(placed(s.Clicks))
		}
		images = append(images, im)
	}
	return images
}

// keep are the images of which is is true.
func keep(images []*refImage, is func(im *refImage) bool) (out []*refImage) {
	for _, im := range images {
		if is(im) {
			out = append(out, im)
		}
	}
	return out
}

func imagenetReference(t *testing.T, store string, sigmas []float64) *reference {
	r := newReference()
	images := imagenetImages(t, store)
	r.imagenetCounts(images)
	r.rounds(images)
	r.clickAccuracy(images)
	r.imagenetCentres(images)
	r.randomClicks(images, sigmas)
	r.offCentre(images)
	r.accuracyMaps(images)
	r.lastSamples(images)
	r.quantiles(images)
	r.traceLengths(images)
	r.boxFrame(images)
	r.imagenetGroups(images)
	r.imagenetQuality(images)
	return r
}

func (r *reference) imagenetCounts(images []*refImage) {
	var showings, selectedShowings, boxes, clicks, samples, hovers int
	var byproducts, selected int
	for _, im := range images {
		var some, chosen bool
		for _, s := range im.showings {
			showings++
			clicks, samples, hovers = clicks+len(s.Clicks), samples+len(s.Mouse), hovers+len(s.Hovers)
			some = some || len(s.Clicks)+len(s.Mouse)+len(s.Hovers) > 0
			if isSelected(&s) {
				selectedShowings++
				chosen = true
			}
		}
		if some {
			byproducts++
		}
		if chosen {
			selected++
		}
		boxes += len(im.boxes)
	}
	n := len(images)
	r.count("counts.images", n)
	r.count("counts.showings", showings)
	r.share("counts.byproduct_images", byproducts, n)
	r.share("counts.selected_images", selected, n)
	r.share("counts.selected_showings", selectedShowings, showings)
	r.share("counts.final_clicks", len(keep(images, func(im *refImage) bool { return im.shown != nil })), n)
	r.share("counts.boxed_images", len(keep(images, (*refImage).boxed)), n)
	r.share("counts.clicked_boxed", len(keep(images, (*refImage).bc)), n)
	r.count("counts.boxes", boxes)
	r.count("counts.clicks", clicks)
	r.count("counts.samples", samples)
	r.count("counts.hovers", hovers)
}

func (r *reference) rounds(images []*refImage) {
	most := 0
	for _, im := range images {
		most = max(most, len(im.showings))
	}
	shares, times := make([]int, max(3, most+1)), make([]int, most+1)
	twice := 0
	for _, im := range images {
		n := 0
		for i := range im.showings {
			if isSelected(&im.showings[i]) {
				n++
			}
		}
		times[n]++
		if n > 1 {
			twice++
		}
	}
	for n, k := range times {
		r.row("rounds.by_times_selected", n, map[string]any{"images": int64(k), "share": ratio(k, len(images))})
	}
	r.share("rounds.selected_twice", twice, len(images))
	for k := 1; k <= most; k++ {
		var shown, selected, first int
		for _, im := range images {
			order := im.bySubmission()
			if len(order) < k {
				continue
			}
			shown++
			if isSelected(order[k-1]) {
				selected++
				if !slices.ContainsFunc(order[:k-1], isSelected) {
					first++
				}
			}
		}
		shares[k] = first
		r.row("rounds.by_showing", k, map[string]any{"shown": int64(shown), "selected": int64(selected),
			"selected_share": ratio(selected, shown),
			"first_selected": int64(first), "share_of_images": ratio(first, len(images))})
	}
	r.share("rounds.first_round", shares[1], len(images))
	r.share("rounds.second_round", shares[2], len(images))
}

func (r *reference) clickAccuracy(images []*refImage) {
	bc := keep(images, (*refImage).bc)
	var final, document, first, meaned, others, othersBC, disagree int
	for _, im := range keep(images, func(im *refImage) bool { return im.shown != nil }) {
		other := lastClicked(im.inDocument())
		if other.Seq == im.shown.Seq {
			continue
		}
		others++
		if im.boxed() {
			othersBC++
			if p := last(placed(other.Clicks)); im.hits() != im.hit(*p.X, *p.Y) {
				disagree++
			}
		}
	}
	for _, im := range bc {
		if im.hits() {
			final++
		}
		inOrder := im.inDocument()
		var x, y []float64
		for _, s := range inOrder {
			if clicks := placed(s.Clicks); isSelected(s) && len(clicks) > 0 {
				x, y = append(x, *clicks[0].X), append(y, *clicks[0].Y)
			}
		}
		if p := last(placed(lastClicked(inOrder).Clicks)); im.hit(*p.X, *p.Y) {
			document++
		}
		if p := placed(im.shown.Clicks)[0]; im.hit(*p.X, *p.Y) {
			first++
		}
		if im.hit(mean(x), mean(y)) {
			meaned++
		}
	}
	r.share("click_accuracy.accuracy", final, len(bc))
	r.share("click_accuracy.accuracy.document", document, len(bc))
	r.share("click_accuracy.accuracy.first", first, len(bc))
	r.share("click_accuracy.accuracy.mean", meaned, len(bc))
	clicked := len(keep(images, func(im *refImage) bool { return im.shown != nil }))
	r.share("click_accuracy.order_differs", others, clicked)
	r.share("click_accuracy.order_differs.bc", othersBC, len(bc))
	r.share("click_accuracy.order_disagrees", disagree, len(bc))
	boxed := len(keep(images, (*refImage).boxed))
	r.excluded["click_accuracy: no usable box (images)"] = int64(len(images) - boxed)
	r.excluded["click_accuracy: no final click (images)"] = int64(boxed - len(bc))
}

// middle adds a map with the share of its middle cell.
func (r *reference) middle(name string, m *refMap) {
	r.maps[name] = m
	r.share(name+".share", int(m.counts[5][5]), m.total())
}

func (r *reference) imagenetCentres(images []*refImage) {
	centres, clicks, clicksBC := newRefMap(11, 0, 1), newRefMap(11, 0, 1), newRefMap(11, 0, 1)
	for _, im := range images {
		for _, b := range im.boxes {
			centres.add((b.x0+b.x1)/2, (b.y0+b.y1)/2)
		}
		if im.shown != nil {
			clicks.add(*im.click.X, *im.click.Y)
		}
		if im.bc() {
			clicksBC.add(*im.click.X, *im.click.Y)
		}
	}
	r.middle("centre_bias.gt_centres", centres)
	r.middle("centre_bias.clicks", clicks)
	r.middle("centre_bias.clicks_bc", clicksBC)
}

// A measure is the probability that a coordinate lies in [low, high], edges included.
type measure func(low, high float64) float64

// uniform returns the probability that a coordinate, uniform on the image, lies between two places.
func uniform(low, high float64) float64 { return max(0, min(high, 1)-max(low, 0)) }

// normal returns the same probability for N(0.5, σ²).
func normal(sigma, low, high float64) float64 {
	z := func(v float64) float64 { return (v - 0.5) / sigma / math.Sqrt2 }
	return (math.Erfc(z(low)) - math.Erfc(z(high))) / 2
}

func unclipped(sigma float64) measure {
	return func(low, high float64) float64 {
		low, high = max(low, 0), min(high, 1)
		if low > high {
			return 0
		}
		return normal(sigma, low, high)
	}
}

func truncated(sigma float64) measure {
	return func(low, high float64) float64 { return unclipped(sigma)(low, high) / normal(sigma, 0, 1) }
}

// clamped has all that is below 0 at 0, and all that is above 1 at 1.
func clamped(sigma float64) measure {
	return func(low, high float64) float64 {
		if low > high || high < 0 || low > 1 {
			return 0
		}
		p := unclipped(sigma)(low, high)
		if low <= 0 {
			p += normal(sigma, math.Inf(-1), 0)
		}
		if high >= 1 {
			p += normal(sigma, 1, math.Inf(1))
		}
		return p
	}
}

// union returns the probability of the union of boxes, by inclusion and exclusion: the sum over sets of boxes of
// the probability of their intersection, with alternating signs.
func union(boxes []refBox, p measure) float64 {
	var sum float64
	var walk func(i int, common refBox, sign float64)
	walk = func(i int, common refBox, sign float64) {
		if common.x0 > common.x1 || common.y0 > common.y1 {
			return // of this set and of every set that it is in
		}
		if sign != 0 {
			sum += sign * p(common.x0, common.x1) * p(common.y0, common.y1)
		}
		if sign == 0 {
			sign = -1
		}
		for ; i < len(boxes); i++ {
			b := boxes[i]
			walk(i+1, refBox{max(common.x0, b.x0), max(common.y0, b.y0), min(common.x1, b.x1),
				min(common.y1, b.y1)}, -sign)
		}
	}
	walk(0, refBox{math.Inf(-1), math.Inf(-1), math.Inf(1), math.Inf(1)}, 0)
	return sum
}

// cells is the same probability by the grid that all edges make: it is the sum over its cells
// whose middle is in a box. It is for measures without an atom.
func cells(boxes []refBox, p measure) (sum float64) {
	var xs, ys []float64
	for _, b := range boxes {
		xs, ys = append(xs, b.x0, b.x1), append(ys, b.y0, b.y1)
	}
	slices.Sort(xs)
	slices.Sort(ys)
	for i := range len(xs) - 1 {
		for j := range len(ys) - 1 {
			x, y := (xs[i]+xs[i+1])/2, (ys[j]+ys[j+1])/2
			if slices.ContainsFunc(boxes, func(b refBox) bool { return b.has(x, y) }) {
				sum += p(xs[i], xs[i+1]) * p(ys[j], ys[j+1])
			}
		}
	}
	return sum
}

func (r *reference) randomClicks(images []*refImage, sigmas []float64) {
	sets := map[string][]*refImage{
		"bc":            keep(images, (*refImage).bc),
		"all_boxed":     keep(images, (*refImage).boxed),
		"single_box":    keep(images, func(im *refImage) bool { return len(im.boxes) == 1 }),
		"single_box_bc": keep(images, func(im *refImage) bool { return len(im.boxes) == 1 && im.bc() }),
	}
	for set, of := range sets {
		average := func(p measure) float64 {
			var v []float64
			for _, im := range of {
				v = append(v, union(im.boxes, p))
			}
			return mean(v)
		}
		centre := keep(of, func(im *refImage) bool { return im.hit(0.5, 0.5) })
		r.share("random_clicks.centre."+set, len(centre), len(of))
		r.real("random_clicks.uniform."+set, average(uniform), len(of))
		var sums []float64
		for _, im := range of {
			sum := 0.0
			for _, b := range im.boxes {
				sum += uniform(b.x0, b.x1) * uniform(b.y0, b.y1)
			}
			sums = append(sums, sum)
		}
		r.real("random_clicks.uniform_sum."+set, mean(sums), len(of))
		for _, sigma := range sigmas {
			if r.tables["random_clicks.by_sigma"] == nil ||
				r.tables["random_clicks.by_sigma"].rows[fmt.Sprint(sigma)] == nil {
				r.row("random_clicks.by_sigma", sigma, map[string]any{})
			}
			row := r.tables["random_clicks.by_sigma"].rows[fmt.Sprint(sigma)]
			row["truncated_"+set] = average(truncated(sigma))
			row["unclipped_"+set] = average(unclipped(sigma))
			row["clamped_"+set] = average(clamped(sigma))
		}
	}
}

func (r *reference) offCentre(images []*refImage) {
	off := func(im *refImage) bool { return !im.hit(0.5, 0.5) }
	bc, boxed := keep(images, (*refImage).bc), keep(images, (*refImage).boxed)
	subset := keep(bc, off)
	r.share("off_centre.share", len(subset), len(bc))
	r.share("off_centre.accuracy", len(keep(subset, (*refImage).hits)), len(subset))
	r.share("off_centre.share.all_boxed", len(keep(boxed, off)), len(boxed))
}

func (r *reference) accuracyMaps(images []*refImage) {
	boxesN, boxesHit, clicksN, clicksHit := newRefMap(11, 0, 1), newRefMap(11, 0, 1), newRefMap(11, 0,
		1), newRefMap(11, 0, 1)
	for _, im := range keep(images, (*refImage).bc) {
		for _, b := range im.boxes {
			x, y := (b.x0+b.x1)/2, (b.y0+b.y1)/2
			boxesN.add(x, y)
			if im.hits() {
				boxesHit.add(x, y)
			}
		}
		clicksN.add(*im.click.X, *im.click.Y)
		if im.hits() {
			clicksHit.add(*im.click.X, *im.click.Y)
		}
	}
	r.maps["accuracy_maps.by_gt_cell_n"], r.maps["accuracy_maps.by_gt_cell_hits"] = boxesN, boxesHit
	r.maps["accuracy_maps.by_click_cell_n"], r.maps["accuracy_maps.by_click_cell_hits"] = clicksN, clicksHit
	for ring := range 6 {
		in := func(m *refMap) (n int) {
			for i, row := range m.counts {
				for j, c := range row {
					if max(max(i-5, 5-i), max(j-5, 5-j)) == ring {
						n += int(c)
					}
				}
			}
			return n
		}
		r.row("accuracy_maps.by_gt_ring", ring, tally(in(boxesHit), in(boxesN)))
		r.row("accuracy_maps.by_click_ring", ring, tally(in(clicksHit), in(clicksN)))
	}
}

func tally(hits, n int) map[string]any {
	return map[string]any{"n": int64(n), "hits": int64(hits), "accuracy": ratio(hits, n)}
}

// trace are the samples with a place and a time from one time to another, in document order.
func trace(s *schema.ImageNetAnnotation, from, to int64) (out []schema.Point) {
	for _, p := range placed(s.Mouse) {
		if p.T != nil && *p.T >= from && *p.T <= to {
			out = append(out, p)
		}
	}
	return out
}

// entered is the greatest time of an enter at or before t.
func entered(s *schema.ImageNetAnnotation, t int64) (at int64, ok bool) {
	for _, h := range s.Hovers {
		if h.Action != nil && *h.Action == "enter" && h.T != nil && *h.T <= t && (!ok || *h.T > at) {
			at, ok = *h.T, true
		}
	}
	return at, ok
}

func (r *reference) lastSamples(images []*refImage) {
	bc := keep(images, (*refImage).bc)
	var n, hits, segmentN, segmentHits [9]int
	untimed := 0
	for _, im := range bc {
		n[0]++
		if im.hits() {
			hits[0]++
		}
		if im.click.T == nil {
			untimed++
			continue
		}
		count := func(samples []schema.Point, n, hits *[9]int) {
			for k := 1; k <= 8 && k <= len(samples); k++ {
				n[k]++
				if p := samples[len(samples)-k]; im.hit(*p.X, *p.Y) {
					hits[k]++
				}
			}
		}
		count(trace(im.shown, math.MinInt64, *im.click.T), &n, &hits)
		if enter, ok := entered(im.shown, *im.click.T); ok {
			count(trace(im.shown, enter, *im.click.T), &segmentN, &segmentHits)
		}
	}
	segmentN[0], segmentHits[0] = n[0], hits[0]
	for k := range 9 {
		r.row("last_samples.last_n", k, tally(hits[k], n[k]))
		r.row("last_samples.last_n_segment", k, tally(segmentHits[k], segmentN[k]))
	}
	r.share("last_samples.accuracy.0", hits[0], n[0])
	r.share("last_samples.accuracy.8", hits[8], n[8])
	r.excluded["last_samples: the click has no time, so that no sample is known to be before it (images "+
		"with a box and a final click)"] = int64(untimed)
}

func (r *reference) quantiles(images []*refImage) {
	var bySamples, byTime quantileTable
	var untimed, unentered, empty, instant int64
	for _, im := range keep(images, (*refImage).bc) {
		if im.click.T == nil {
			untimed++
			continue
		}
		click := *im.click.T
		enter, ok := entered(im.shown, click)
		if !ok {
			unentered++
			continue
		}
		samples := trace(im.shown, enter, click)
		if len(samples) == 0 {
			empty++
			continue
		}
		bySamples.image(im, samples, func(i int) int64 { return int64(10 * i / len(samples)) })
		if click == enter {
			instant++
			continue
		}
		byTime.image(im, samples, func(i int) int64 { return min(9, 10*(*samples[i].T-enter)/(click-enter)) })
	}
	for name, table := range map[string]*quantileTable{"trace_quantiles": &bySamples, "time_quantiles": &byTime} {
		for q := range 10 {
			row := tally(table.hits[q], table.n[q])
			row["mean_of_images"], row["images"] = mean(table.images[q]), int64(len(table.images[q]))
			r.row(name+".samples", q, row)
		}
		r.share(name+".accuracy.0", table.hits[0], table.n[0])
		r.share(name+".accuracy.9", table.hits[9], table.n[9])
		of := " (images with a box and a final click)"
		r.excluded[name+": the click has no time"+of] = untimed
		r.excluded[name+": no enter is recorded at or before the click"+of] = unentered
		r.excluded[name+": no sample between enter and click"+of] = empty
	}
	r.excluded["time_quantiles: enter and click at the same time (images with a box and a final click)"] = instant
}

func (r *reference) traceLengths(images []*refImage) {
	var recorded, before, segment, duration []float64
	var untimed, unentered, empty int64
	for _, im := range images {
		for _, s := range im.showings {
			recorded = append(recorded, float64(len(s.Mouse)))
		}
		if im.shown == nil {
			continue
		}
		if im.click.T == nil {
			untimed++
			continue
		}
		click := *im.click.T
		before = append(before, float64(len(trace(im.shown, math.MinInt64, click))))
		if enter, ok := entered(im.shown, click); !ok {
			unentered++
		} else if n := len(trace(im.shown, enter, click)); n == 0 {
			empty++
		} else {
			segment, duration = append(segment, float64(n)), append(duration, float64(click-enter))
		}
	}
	lists := map[string][]float64{"recorded": recorded, "before": before, "segment": segment, "duration": duration}
	r.quantileRows("trace_lengths.quantile", lists)
	for name, values := range lists {
		r.real("trace_lengths."+name+"_median", median(values), len(values))
	}
	of := " (images with a final click)"
	r.excluded["trace_lengths: the click has no time"+of] = untimed
	r.excluded["trace_lengths: no enter is recorded at or before the click"+of] = unentered
	r.excluded["trace_lengths: no sample between enter and click"+of] = empty
}

type quantileTable struct {
	n, hits [10]int
	images  [10][]float64
}

func (q *quantileTable) image(im *refImage, samples []schema.Point, tenth func(i int) int64) {
	var n, hits [10]int
	for i, p := range samples {
		n[tenth(i)]++
		if im.hit(*p.X, *p.Y) {
			hits[tenth(i)]++
		}
	}
	for i := range n {
		if n[i] > 0 {
			q.n[i], q.hits[i] = q.n[i]+n[i], q.hits[i]+hits[i]
			q.images[i] = append(q.images[i], ratio(hits[i], n[i]))
		}
	}
}

func (r *reference) boxFrame(images []*refImage) {
	var u, v, singleU, singleV []float64
	for _, im := range keep(images, (*refImage).bc) {
		x, y := nearest(im.boxes, *im.click.X, *im.click.Y)
		u, v = append(u, x), append(v, y)
		if len(im.boxes) == 1 {
			singleU, singleV = append(singleU, x), append(singleV, y)
		}
	}
	r.frame("box_frame.nearest_box", u, v)
	r.frame("box_frame.single_box", singleU, singleV)
}

// frame is what is said of points in the frames of boxes.
func (r *reference) frame(name string, u, v []float64) {
	m := newRefMap(41, -1, 2)
	for i := range u {
		m.add(u[i], v[i])
	}
	r.maps[name+"_map"] = m
	for axis, values := range map[string][]float64{"u": u, "v": v} {
		r.real(name+".mean_"+axis, mean(values), len(values))
		r.real(name+".median_"+axis, median(values), len(values))
		r.real(name+".std_"+axis, std(values), len(values))
		r.real(name+".skew_"+axis, skew(values), len(values))
	}
	// The fullest cell; of several, the first by row and column.
	var row, column int
	for i := range m.counts {
		for j, c := range m.counts[i] {
			if c > m.counts[row][column] {
				row, column = i, j
			}
		}
	}
	middle := func(cell int) float64 { return -1 + (float64(cell)+0.5)*3/41 }
	modeU, modeV, full := middle(column), middle(row), m.counts[row][column]
	if full == 0 {
		modeU, modeV = math.NaN(), math.NaN()
	}
	r.real(name+".mode_u", modeU, len(u))
	r.real(name+".mode_v", modeV, len(u))
	r.values[name+".mode_count"] = refValue{full, int64(len(u)), -1}
}

// refGroup is the showings of a HIT or a worker (I17, I19).
type refGroup struct {
	workers, hits, pages                     map[string]bool
	showings, selected, clicked, boxed, hit  int
	distances, dx, dy, du, dv, estimates     []float64
	near, finalBoxed, finalHit, pairs, agree int
	submitted, earliest                      int64
	hasSubmitted, hasEarliest                bool
}

func (g *refGroup) add(im *refImage, s *schema.ImageNetAnnotation) {
	if g.pages == nil {
		g.workers, g.hits, g.pages = map[string]bool{}, map[string]bool{}, map[string]bool{}
	}
	g.showings++
	if s.WorkerID != nil {
		g.workers[*s.WorkerID] = true
	}
	if s.AssignmentID != nil {
		g.hits[*s.AssignmentID] = true
	}
	if s.PageIdx != nil {
		g.pages[fmt.Sprint(*s.PageIdx)] = true
	}
	if s.EstimateTime != nil {
		g.estimates = append(g.estimates, float64(*s.EstimateTime))
	}
	g.times(s)
	if im.shown == s && im.boxed() {
		g.finalBoxed++
		if im.hits() {
			g.finalHit++
		}
	}
	if !isSelected(s) {
		return
	}
	g.selected++
	clicks := placed(s.Clicks)
	if len(clicks) == 0 {
		return
	}
	g.clicked++
	x, y := *last(clicks).X, *last(clicks).Y
	d := math.Sqrt((x-.5)*(x-.5) + (y-.5)*(y-.5))
	g.distances, g.dx, g.dy = append(g.distances, d), append(g.dx, x-.5), append(g.dy, y-.5)
	if d <= 0.05 {
		g.near++
	}
	if im.boxed() {
		g.boxed++
		if im.hit(x, y) {
			g.hit++
		}
		u, v := nearest(im.boxes, x, y)
		g.du, g.dv = append(g.du, u-.5), append(g.dv, v-.5)
	}
}

func (g *refGroup) times(s *schema.ImageNetAnnotation) {
	if s.HITSubmitTime != nil && (!g.hasSubmitted || *s.HITSubmitTime > g.submitted) {
		g.submitted, g.hasSubmitted = *s.HITSubmitTime, true
	}
	event := func(t *int64) {
		if t != nil && (!g.hasEarliest || *s.T0+*t < g.earliest) {
			g.earliest, g.hasEarliest = *s.T0+*t, true
		}
	}
	for _, p := range s.Clicks {
		event(p.T)
	}
	for _, p := range s.Mouse {
		event(p.T)
	}
	for _, h := range s.Hovers {
		event(h.T)
	}
}

func (g *refGroup) row() map[string]any {
	return map[string]any{
		"showings": int64(g.showings), "selected": int64(g.selected), "recall": ratio(g.selected, g.showings),
		"clicked": int64(g.clicked), "boxed": int64(g.boxed), "accuracy": ratio(g.hit, g.boxed),
		"centre_distance": mean(g.distances), "centre_share": ratio(g.near, g.clicked), "bias_x": mean(g.dx),
		"bias_y": mean(g.dy),
		"bias_u": mean(g.du), "bias_v": mean(g.dv),
		"estimate_time": median(g.estimates), "estimate_time_p25": quantile(g.estimates, 0.25),
		"estimate_time_p75": quantile(g.estimates, 0.75),
		"final_boxed":       int64(g.finalBoxed), "final_accuracy": ratio(g.finalHit, g.finalBoxed),
	}
}

// agreement are the pairs of showings of one image by different groups that are known to be
// selected or not, and of them those that agree on it.
func agreement(images []*refImage, groups map[string]*refGroup, key func(s *schema.ImageNetAnnotation) *string) {
	for _, im := range images {
		for i := range im.showings {
			for j := range im.showings {
				a, b := key(&im.showings[i]), key(&im.showings[j])
				if a == nil || b == nil || *a == *b || im.showings[i].Selected == nil ||
					im.showings[j].Selected == nil {
					continue
				}
				groups[*a].pairs++
				if isSelected(&im.showings[i]) == isSelected(&im.showings[j]) {
					groups[*a].agree++
				}
			}
		}
	}
}

func (r *reference) imagenetGroups(images []*refImage) {
	hits, workers := map[string]*refGroup{}, map[string]*refGroup{}
	var noHIT, noWorker int64
	put := func(groups map[string]*refGroup, key *string, im *refImage,
		s *schema.ImageNetAnnotation, missing *int64) {
		if key == nil {
			*missing++
			return
		}
		if groups[*key] == nil {
			groups[*key] = &refGroup{}
		}
		groups[*key].add(im, s)
	}
	for _, im := range images {
		for i := range im.showings {
			s := &im.showings[i]
			put(hits, s.AssignmentID, im, s, &noHIT)
			put(workers, s.WorkerID, im, s, &noWorker)
		}
	}
	r.excluded["hits: no assignment_id (showings)"] = noHIT
	r.excluded["workers: no worker_id (showings)"] = noWorker
	r.imagenetHITs(hits)

	agreement(images, workers, func(s *schema.ImageNetAnnotation) *string { return s.WorkerID })
	var showings []float64
	for id, g := range workers {
		row := g.row()
		row["agreement"], row["pairs"], row["hits"] = ratio(g.agree, g.pairs), int64(g.pairs), int64(len(g.hits))
		r.row("workers.by_worker", id, row)
		showings = append(showings, float64(g.showings))
	}
	r.count("workers.workers", len(workers))
	r.real("workers.showings_median", median(showings), len(workers))
}

func (r *reference) imagenetHITs(hits map[string]*refGroup) {
	var recalls, durations, images []float64
	var lowRecall, fewSelected, fewPages, flagged int
	for id, g := range hits {
		row := g.row()
		recall := ratio(g.selected, g.showings)
		low, selected, pages := recall < 0.333, g.selected < 30, len(g.pages) < 9
		row["pages"], row["low_recall"], row["few_selected"], row["few_pages"] = int64(len(g.pages)), low, selected, pages
		row["duration"] = nil
		if g.hasSubmitted && g.hasEarliest {
			row["duration"] = g.submitted - g.earliest
			durations = append(durations, float64(g.submitted-g.earliest))
		}
		if len(g.workers) == 1 {
			for w := range g.workers {
				row["worker"] = w
			}
		}
		r.row("hits.by_hit", id, row)
		recalls, images = append(recalls, recall), append(images, float64(g.showings))
		for is, n := range map[*int]bool{&lowRecall: low, &fewSelected: selected, &fewPages: pages,
			&flagged: low || selected || pages} {
			if n {
				*is++
			}
		}
	}
	r.count("hits.hits", len(hits))
	r.real("hits.recall", mean(recalls), len(hits))
	r.real("hits.recall_median", median(recalls), len(hits))
	r.real("hits.recall_std", std(recalls), len(hits))
	r.real("hits.recall_skew", skew(recalls), len(hits))
	r.real("hits.images_median", median(images), len(hits))
	r.quantileRows("hits.quantile", map[string][]float64{"images": images, "recall": recalls})
	r.real("hits.duration_median", median(durations), len(durations))
	r.share("hits.low_recall", lowRecall, len(hits))
	r.share("hits.few_selected", fewSelected, len(hits))
	r.share("hits.few_pages", fewPages, len(hits))
	r.share("hits.flagged", flagged, len(hits))
}

// imagenetQuality has the checks whose names say all: parity (I16), and what is missing or outside.
func (r *reference) imagenetQuality(images []*refImage) {
	var odd, even, unselectedOdd, known, showings, noClick, noWorker, noAssignment, noTime int
	var clicks, samples pointChecks
	for _, im := range images {
		for _, s := range im.showings {
			showings++
			if s.Selected != nil {
				known++
				if *s.Selected != (len(s.Clicks)%2 == 1) {
					odd++
				}
				if *s.Selected && len(s.Clicks)%2 == 0 {
					even++
				}
				if !*s.Selected && len(s.Clicks)%2 == 1 {
					unselectedOdd++
				}
			}
			if isSelected(&s) && len(placed(s.Clicks)) == 0 {
				noClick++
			}
			if s.WorkerID == nil {
				noWorker++
			}
			if s.AssignmentID == nil {
				noAssignment++
			}
			if s.HITSubmitTime == nil {
				noTime++
			}
			clicks.add(s.Clicks)
			samples.add(s.Mouse)
		}
	}
	check := func(name string, n, of int) { r.values["quality."+name] = refValue{int64(n), int64(of), -1} }
	check("parity", odd, known)
	check("selected_even", even, known)
	check("unselected_odd", unselectedOdd, known)
	check("no_worker", noWorker, showings)
	check("no_assignment", noAssignment, showings)
	check("no_submit_time", noTime, showings)
	check("clicks_outside", clicks.outside, clicks.placed)
	check("clicks_without_place", clicks.n-clicks.placed, clicks.n)
	check("clicks_without_time", clicks.untimed, clicks.n)
	check("samples_outside", samples.outside, samples.placed)
	check("samples_without_place", samples.n-samples.placed, samples.n)
	check("samples_without_time", samples.untimed, samples.n)
	r.selectedWithoutClick(images, noClick)
}

// selectedWithoutClick is over the selected showings.
func (r *reference) selectedWithoutClick(images []*refImage, n int) {
	selected := 0
	for _, im := range images {
		for _, s := range im.showings {
			if isSelected(&s) {
				selected++
			}
		}
	}
	r.values["quality.selected_without_click"] = refValue{int64(n), int64(selected), -1}
}

type pointChecks struct{ n, placed, outside, untimed int }

func (c *pointChecks) add(points []schema.Point) {
	c.n += len(points)
	for _, p := range points {
		if p.T == nil {
			c.untimed++
		}
	}
	for _, p := range placed(points) {
		c.placed++
		if !(refBox{0, 0, 1, 1}).has(*p.X, *p.Y) {
			c.outside++
		}
	}
}

// Simulated stores, with defects.
func TestReferenceImageNet(t *testing.T) {
	for _, seed := range []uint64{1, 20, 300} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			store, err := teststore.Make(context.Background(), t.TempDir(),
				teststore.Options{Images: 1500, Seed: seed, Dirty: 0.05})
			if err != nil {
				t.Fatal(err)
			}
			regroup[schema.ImageNetAnnotation](t, 100, store, "imagenet", "annotations.parquet")
			want := imagenetReference(t, store, result.DefaultSigmas)
			check(t, computed(t, store, "imagenet"), want, imagenetChecked, imagenetUnreferenced)
		})
	}
}

// Stores of images with everything awkward that the formats allow: see awkward.
func TestReferenceImageNetAwkward(t *testing.T) {
	for i, n := range []int{1, 2, 3, 10, 150, 150, 150, 400} {
		t.Run(fmt.Sprint("store ", i), func(t *testing.T) {
			store := awkwardImageNet(t, n, uint64(i), nil)
			regroup[schema.ImageNetAnnotation](t, 7, store, "imagenet", "annotations.parquet")
			want := imagenetReference(t, store, result.DefaultSigmas)
			check(t, computed(t, store, "imagenet"), want, imagenetChecked, imagenetUnreferenced)
		})
	}
}

// The probabilities of the reference, against integration and against each other.
func TestReferenceProbability(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var boxes []refBox
		for range 1 + dice.IntN(6) {
			x, y := dice.Float64()*1.4-0.3, dice.Float64()*1.4-0.3
			boxes = append(boxes, refBox{x, y, x + dice.Float64()*0.7, y + dice.Float64()*0.7})
		}
		sigma := []float64{0.05, 0.3, 2}[dice.IntN(3)]
		simpson := func(low, high float64) float64 {
			const steps = 4000
			low, high = max(low, 0), min(high, 1)
			if low >= high {
				return 0
			}
			h, sum := (high-low)/steps, 0.0
			for i := range steps + 1 {
				z := (low + h*float64(i) - 0.5) / sigma
				sum += []float64{2, 4}[i%2] * math.Exp(-z*z/2)
			}
			sum -= math.Exp(-math.Pow((low-0.5)/sigma, 2)/2) + math.Exp(-math.Pow((high-0.5)/sigma, 2)/2)
			return sum * h / 3 / sigma / math.Sqrt(2*math.Pi)
		}
		for _, c := range []struct {
			name string
			a, b float64
		}{
			{"uniform", union(boxes, uniform), cells(boxes, uniform)},
			{"normal", union(boxes, unclipped(sigma)), cells(boxes, simpson)},
			{"truncated", union(boxes, truncated(sigma)), cells(boxes, simpson) / math.Pow(simpson(0, 1), 2)},
		} {
			if math.Abs(c.a-c.b) > 1e-9 {
				t.Errorf("%s: %v by inclusion and exclusion, %v by cells of %v", c.name, c.a, c.b, boxes)
			}
		}
		if p := union(append(boxes, refBox{0, 0, 1, 1}), clamped(sigma)); math.Abs(p-1) > 1e-9 {
			t.Errorf("a clamped click is on the image with probability %v", p)
		}
	}
}

// awkwardImageNet is a store of images whose clicks, samples and boxes lie on a coarse grid, so
// that points are on edges and on cells' borders; whose times are few, so that they tie; and
// where anything may be missing. shuffle, if not nil, reorders the files of the archive.
func awkwardImageNet(t *testing.T, images int, seed uint64, shuffle func(n int, swap func(i, j int))) string {
	t.Helper()
	a := &awkward{rand.New(rand.NewPCG(seed, 7))}
	files := make([]string, images)
	for i := range files {
		files[i] = a.image(i)
	}
	order := make([]int, images)
	for i := range order {
		order[i] = i
	}
	if shuffle != nil {
		shuffle(images, func(i, j int) { order[i], order[j] = order[j], order[i] })
	}
	return imagenetStore(t, files, order...)
}

// awkward draws inputs that are valid, or nearly so, and awkward.
type awkward struct{ *rand.Rand }

// one draws one of some texts.
func (a *awkward) one(of ...string) string { return of[a.IntN(len(of))] }

// coordinate is often on a border of a box, a cell or the image.
func (a *awkward) coordinate() string {
	switch a.IntN(20) {
	case 0:
		return a.one("", "NaN", "None", "243px", "1e999", "101")
	case 1:
		return a.one("-0.01", "1.0000001", "1.2", "-3", "2.5", "100")
	case 2:
		return fmt.Sprint(a.Float64())
	case 3:
		return fmt.Sprint(float64(a.IntN(12)) / 11)
	default:
		return a.one("0", "0.1", "0.25", "0.3", "0.5", "0.6", "0.7", "0.75", "0.9", "1")
	}
}

// moment is one of a few times, in ms, sometimes in seconds, sometimes not usable.
func (a *awkward) moment() string {
	switch a.IntN(20) {
	case 0:
		return a.one("", "-5", "soon", "None")
	case 1:
		return "1641431028"
	default:
		return fmt.Sprint(1641431028000 + int64(a.IntN(12)))
	}
}

func (a *awkward) image(i int) string {
	var b strings.Builder
	b.WriteString("<annotation>")
	if a.IntN(3) > 0 {
		fmt.Fprintf(&b, "<filename>n01440764_%d</filename>", i)
	}
	if a.IntN(4) > 0 {
		b.WriteString(a.one("<size><width>20</width><height>10</height></size>",
			"<size><width>30</width><height>30</height></size>",
			"<size><width>0</width><height>10</height></size>"))
	}
	for range a.IntN(6) {
		at := func(limit int) (low, high int) { low = a.IntN(limit+6) - 4; return low, low + 1 + a.IntN(limit) }
		x0, x1 := at(20)
		y0, y1 := at(10)
		switch a.IntN(10) {
		case 0:
			x1 = x0
		case 1:
			x0, x1, y0, y1 = 0, 20, 0, 10
		case 2:
			x0, x1, y0, y1 = 5, 15, 2, 8
		}
		fmt.Fprintf(&b, "<object><bndbox><xmin>%d</xmin><ymin>%d</ymin><xmax>%d</xmax><ymax>%d</ymax></bndbox></object>", x0, y0, x1, y1)
	}
	for range a.IntN(5) {
		a.showing(&b)
	}
	b.WriteString("</annotation>")
	return b.String()
}

func (a *awkward) showing(b *strings.Builder) {
	b.WriteString("<metadata>")
	field := func(name string, values ...string) {
		if a.IntN(12) > 0 {
			fmt.Fprintf(b, "<%s>%s</%[1]s>", name, a.one(values...))
		}
	}
	field("assignment_id", "A", "B", "C", "D", "E", "F")
	field("worker_id", "V", "W", "X", "Y", "Z")
	field("hit_submit_time", "1641431100", "1641431100", "1641431101", "1641431100500", "-1", "late", "1641431028")
	field("page_idx", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "-1", "2.5")
	field("image_idx", "0", "1", "47")
	field("estimateTime", "0", "10", "100", "100", "250", "-4", "None")
	field("originalImageWidth", "20", "40", "0")
	field("originalImageHeight", "10", "20", "0")
	field("imageWidth", "200")
	field("imageHeight", "100", "0")
	field("selected", "True", "True", "True", "true", "False", "maybe", "None")
	list := func(name string, most int, entry func()) {
		n := a.IntN(most + 1)
		if n == 0 {
			b.WriteString(a.one("", "<"+name+">None</"+name+">", "<"+name+"/>"))
		}
		for range n {
			b.WriteString("<" + name + ">")
			entry()
			b.WriteString("</" + name + ">")
		}
	}
	point := func() {
		fmt.Fprintf(b, "<time>%s</time><x>%s</x><y>%s</y>", a.moment(), a.coordinate(), a.coordinate())
	}
	list("selectedRecord", 3, point)
	list("mouseTracking", 14, point)
	list("hoveredRecord", 4, func() {
		fmt.Fprintf(b, "<action>%s</action><time>%s</time>", a.one("enter", "enter", "leave", "Enter"), a.moment())
	})
	b.WriteString("</metadata>")
}
