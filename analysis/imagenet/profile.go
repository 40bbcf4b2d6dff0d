package imagenet

import (
	"slices"

	"abtool/analysis/internal/partial"
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/imagenet"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// A profile summarises the showings of one annotator, HIT, class or week. For an annotator it has the values
// of I19 (docs/design/definitions.md#i19).
type profile struct {
	clicks             pass.Aim // judged if the image has a usable box
	showings, selected int64
	deselections       int64
	speeds, visits     int64
	speed              stat.Sum
	timed, noTrace     int64 // clicks with known times, and how many of these have no sample since entering
	finals, finalHits  int64 // images with a box whose final click is among the clicks, and those that it hits
	pairs, agree       int64 // pairs of showings of one image, and those that agree on selecting it
	straight, traces   int64 // traces without a bend, and traces that are long enough to have one
	estimate, toClick  []int64
	hit                *imagenet.HIT // only if the profile is of a HIT
	workers            []int32       // only if the profile is of a HIT
}

// add adds a showing. w is the way to its click, or nil if it has no click that counts.
func (p *profile) add(s *showing, w *way) {
	p.showings++
	if s.IsSelected() {
		p.selected++
	}
	if s.estimate != columnar.Null {
		p.estimate = append(p.estimate, s.estimate)
	}
	if n := int64(s.Clicks.Len()); s.IsSelected() && n > 0 {
		p.deselections += n - 1
	} else if !s.IsSelected() {
		p.deselections += n
	}
	if w != nil {
		p.addClick(s, w)
	}
}

// ofHIT adds the values that only the profile of a HIT has: its checks and its worker.
func (p *profile) ofHIT(s *showing) {
	if p.hit == nil {
		p.hit = imagenet.NewHIT()
	}
	p.hit.Add(&s.Showing)
	if s.worker >= 0 && !slices.Contains(p.workers, s.worker) {
		p.workers = append(p.workers, s.worker)
	}
}

func (p *profile) addClick(s *showing, w *way) {
	x, y, _ := s.click()
	p.clicks.Add(x, y)
	if len(s.boxes) > 0 {
		p.clicks.Judged.Add(s.hit)
		p.clicks.AddBox(plane.Nearest(s.boxes, x, y).Frame(x, y))
	}
	p.visits += w.visits
	if w.timed {
		p.timed++
		p.toClick = append(p.toClick, w.toClick)
		if w.samples == 0 {
			p.noTrace++
		}
	}
	if w.speed == w.speed {
		p.speeds++
		p.speed.Add(w.speed)
	}
	if w.traced {
		p.traces++
		if w.straight {
			p.straight++
		}
	}
}

// Merge adds the showings of another profile.
func (p *profile) Merge(o *profile) {
	for _, f := range []struct{ to, from *int64 }{
		{&p.showings, &o.showings}, {&p.selected, &o.selected}, {&p.deselections, &o.deselections},
		{&p.speeds, &o.speeds}, {&p.visits, &o.visits}, {&p.timed, &o.timed}, {&p.noTrace, &o.noTrace},
		{&p.finals, &o.finals}, {&p.finalHits, &o.finalHits}, {&p.pairs, &o.pairs}, {&p.agree, &o.agree},
		{&p.straight, &o.straight}, {&p.traces, &o.traces},
	} {
		*f.to += *f.from
	}
	p.clicks.Merge(&o.clicks)
	p.speed.Merge(o.speed)
	p.estimate, p.toClick = append(p.estimate, o.estimate...), append(p.toClick, o.toClick...)
	p.workers = pass.Unite(p.workers, o.workers)
	switch {
	case p.hit == nil:
		p.hit = o.hit
	case o.hit != nil:
		p.hit.Merge(o.hit)
	}
}

// Columns visits the profile.
func (p *profile) Columns(c *partial.Columns) {
	p.clicks.Columns(c)
	c.Ints([]string{"showings", "selected", "deselections", "speeds", "visits", "timed", "no_trace", "finals", "final_hits", "pairs", "agree",
		"straight", "traces"}, &p.showings, &p.selected, &p.deselections, &p.speeds, &p.visits, &p.timed, &p.noTrace, &p.finals,
		&p.finalHits, &p.pairs, &p.agree, &p.straight, &p.traces)
	c.Sum("speed", &p.speed)
	partial.Bag(c, "estimate_time", &p.estimate)
	partial.Bag(c, "time_to_click", &p.toClick)
	c.Refs("workers", partial.Workers, &p.workers)
	h, is := p.hit, p.hit != nil
	if c.Bool("is_hit", &is); h == nil {
		h = imagenet.NewHIT()
	}
	c.Ints([]string{"hit.showings", "hit.selected", "hit.known", "hit.found", "hit.first", "hit.submit", "hit.given_pages", "hit.whole_pages",
		"hit.given_images", "hit.whole_images"}, &h.Showings, &h.Selected, &h.Known, &h.Found, &h.First, &h.Submit,
		&h.OfPages.Given, &h.OfPages.Whole, &h.OfImages.Given, &h.OfImages.Whole)
	if partial.Bag(c, "hit.pages", &h.Pages); is {
		p.hit = h
	}
}

// profileHeader names the cells of Row.
var profileHeader = slices.Concat(result.Header{
	{"showings", "count", "times an image was shown"},
	{"selected", "count", "showings that ended selected"},
	{"recall", result.UnitShare, "selected / showings, a lower bound of the share of true images that were found; of a HIT, over the images " +
		"known to show the class (I17)"},
	{"clicked", "count", "selected showings with a click"},
	{"boxed", "count", "selected showings with a click, of images with a usable box"},
	{"accuracy", result.UnitShare, "share of boxed whose click is in a box (I19)"},
	{"accuracy_low", result.UnitShare, "95 % interval (wilson)"},
	{"accuracy_high", result.UnitShare, "95 % interval (wilson)"},
}, pass.BiasHeader("click", "the nearest box"), result.Header{
	{"speed", "px/s", "mean over traces of path length / duration from entering to the click, on the display"},
	{"visits", "count", "mean number of entries at or before the click; 1 means no hesitation"},
	{"time_to_click", result.UnitMS, "median time from the last entry to the click"},
	{"time_to_click_p10", result.UnitMS, "10 % quantile of that time"},
	{"time_to_click_p90", result.UnitMS, "90 % quantile of that time"},
	{"estimate_time", result.UnitMS, "median of estimate_time over all showings that have it (I19)"},
	{"estimate_time_p25", result.UnitMS, "lower quartile of estimate_time"},
	{"estimate_time_p75", result.UnitMS, "upper quartile of estimate_time"},
	{"deselections", "count", "times a selection was taken back"},
	{"no_trace", result.UnitShare, "share of clicks with known times that have no mouse sample since entering"},
	{"straight", result.UnitShare, "share of traces of 6 samples or more that bend by less than half a pixel"},
	{"agreement", result.UnitShare, "share of pairs of showings of one image that agree on selecting it; " +
		"for a worker or HIT, pairs with another one"},
	{"pairs", "count", "pairs of showings of one image that agreement is over"},
	{"final_boxed", "count", "images with a box whose final click is among the clicks (I4, I5)"},
	{"final_accuracy", result.UnitShare, "share of final_boxed whose final click is in a box (I6)"},
	{"final_low", result.UnitShare, "95 % interval (wilson)"},
	{"final_high", result.UnitShare, "95 % interval (wilson)"},
})

// Row returns the cells of a table's row. It sorts the times.
func (p *profile) Row() []any {
	slices.Sort(p.estimate)
	slices.Sort(p.toClick)
	q := func(v []int64, at float64) stat.Number { return stat.Number(stat.Quantile(v, at)) }
	clicked, recall := p.clicks.N, stat.Share(p.selected, p.showings)
	if p.hit != nil {
		recall = stat.Number(p.hit.Recall())
	}
	return slices.Concat(
		[]any{p.showings, p.selected, recall, clicked}, p.clicks.Hits(), p.clicks.Bias(),
		[]any{
			stat.Quotient(p.speed.Float(), float64(p.speeds)), stat.Share(p.visits, clicked),
			q(p.toClick, 0.5), q(p.toClick, 0.1), q(p.toClick, 0.9),
			q(p.estimate, 0.5), q(p.estimate, 0.25), q(p.estimate, 0.75),
			p.deselections, stat.Share(p.noTrace, p.timed), stat.Share(p.straight, p.traces),
			stat.Share(p.agree, p.pairs), p.pairs, p.finals,
		},
		pass.Share(p.finalHits, p.finals))
}

// pairUp compares each pair of showings of one image and adds their agreement to their profiles. With
// others, it compares only showings of different profiles.
func pairUp(p *picture, at func(*showing) *profile, others bool) {
	for i, a := range p.showings {
		for _, b := range p.showings[i+1:] {
			if a.Selected == columnar.Null || b.Selected == columnar.Null {
				continue
			}
			first, second := at(a), at(b)
			if others && (first == nil || second == nil || first == second) {
				continue
			}
			first.pair(a.Selected == b.Selected)
			if second != first {
				second.pair(a.Selected == b.Selected)
			}
		}
	}
}

// pair counts a pair of showings of one image and whether they agree.
func (p *profile) pair(agree bool) {
	if p == nil {
		return
	}
	p.pairs++
	if agree {
		p.agree++
	}
}
