package imagenet

import (
	"slices"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct"
	"abtool/byproduct/imagenet"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// A profile is what the showings of one annotator, HIT, class or week have in common; of an annotator, the values
// of I19 (docs/design/definitions.md#i19).
type profile struct {
	showings, selected, clicked, boxed, hits int64
	centre                                   int64 // clicks on the centre
	deselections                             int64
	distance, dx, dy, du, dv                 stat.Sum // of clicks; du, dv of those on boxed images
	speeds, visits, timed                    int64
	speed                                    stat.Sum
	noTrace                                  int64 // timed clicks without a sample since entering
	finals, finalHits                        int64 // images whose final click is among them, with a box; those it hits
	pairs, agree                             int64 // of showings of one image
	straight, traces                         int64 // of traces long enough to tell, those without a bend
	estimate, toClick                        []int64
	hit                                      *imagenet.HIT // of a HIT
	workers                                  []int32       // of a HIT
}

// add adds a showing; w is the way to its click, nil if it has none that counts.
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

// ofHIT adds what is asked of a HIT alone: its checks and its worker.
func (p *profile) ofHIT(s *showing) {
	if p.hit == nil {
		p.hit = imagenet.NewHIT()
	}
	p.hit.Add(&s.Showing)
	if s.worker >= 0 && !slices.Contains(p.workers, s.worker) {
		p.workers = append(p.workers, s.worker)
	}
}

// workerName is who did a HIT; of several, which is a fault of the data, the first by name.
func (p *profile) workerName(by *byproduct.Names) any {
	var name any
	for _, w := range p.workers {
		if n := by.List[w]; name == nil || n < name.(string) {
			name = n
		}
	}
	return name
}

func (p *profile) addClick(s *showing, w *way) {
	x, y, _ := s.click()
	p.clicked++
	d := plane.CentreDistance(x, y)
	p.distance.Add(d)
	p.dx.Add(x - 0.5)
	p.dy.Add(y - 0.5)
	if d <= pass.CentreRadius {
		p.centre++
	}
	if len(s.boxes) > 0 {
		p.boxed++
		if s.hit {
			p.hits++
		}
		u, v := plane.Nearest(s.boxes, x, y).Frame(x, y)
		p.du.Add(u - 0.5)
		p.dv.Add(v - 0.5)
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

func (p *profile) merge(o *profile) {
	for _, f := range []struct{ to, from *int64 }{
		{&p.showings, &o.showings}, {&p.selected, &o.selected}, {&p.clicked, &o.clicked}, {&p.boxed, &o.boxed}, {&p.hits, &o.hits},
		{&p.centre, &o.centre}, {&p.deselections, &o.deselections}, {&p.speeds, &o.speeds}, {&p.visits, &o.visits}, {&p.timed, &o.timed},
		{&p.noTrace, &o.noTrace}, {&p.pairs, &o.pairs}, {&p.agree, &o.agree}, {&p.straight, &o.straight}, {&p.traces, &o.traces}, {&p.finals, &o.finals}, {&p.finalHits, &o.finalHits},
	} {
		*f.to += *f.from
	}
	for _, f := range []struct{ to, from *stat.Sum }{{&p.distance, &o.distance}, {&p.dx, &o.dx}, {&p.dy, &o.dy}, {&p.du, &o.du}, {&p.dv, &o.dv}, {&p.speed, &o.speed}} {
		f.to.Merge(*f.from)
	}
	p.estimate, p.toClick = append(p.estimate, o.estimate...), append(p.toClick, o.toClick...)
	p.workers = pass.Unite(p.workers, o.workers)
	switch {
	case p.hit == nil:
		p.hit = o.hit
	case o.hit != nil:
		p.hit.Merge(o.hit)
	}
}

// profileColumns are the columns of a table of profiles, after the key.
var profileColumns = result.Header{
	{"showings", "count", "times an image was shown"},
	{"selected", "count", "of them, selected"},
	{"recall", result.UnitShare, "selected / showings: a lower bound of the true images that were found"},
	{"clicked", "count", "selected showings with a click"},
	{"boxed", "count", "of them, on images with a usable box"},
	{"accuracy", result.UnitShare, "of boxed, the share whose click is in a box (I19)"},
	{"accuracy_low", result.UnitShare, "95 % interval (wilson)"},
	{"accuracy_high", result.UnitShare, "95 % interval (wilson)"},
	{"centre_distance", result.UnitShare, "mean distance of the click from (0.5, 0.5)"},
	{"centre_share", result.UnitShare, "clicks within 0.05 of it"},
	{"bias_x", result.UnitShare, "mean of x − 0.5 of clicks"},
	{"bias_y", result.UnitShare, "mean of y − 0.5 of clicks; y points down"},
	{"bias_u", "fraction of the box", "mean displacement of the click from the centre of the nearest box, across"},
	{"bias_v", "fraction of the box", "the same, down"},
	{"speed", "px/s", "mean over traces of path length / duration, on the display, from entering to the click"},
	{"visits", "count", "mean number of entries at or before the click: 1 is without hesitation"},
	{"time_to_click", result.UnitMS, "median time from the last entry to the click"},
	{"time_to_click_p10", result.UnitMS, "its 10 % quantile"},
	{"time_to_click_p90", result.UnitMS, "its 90 % quantile"},
	{"estimate_time", result.UnitMS, "median time hovered, over all showings that tell it (I19)"},
	{"estimate_time_p25", result.UnitMS, "its quartile"},
	{"estimate_time_p75", result.UnitMS, "its upper quartile"},
	{"deselections", "count", "selections taken back"},
	{"no_trace", result.UnitShare, "clicks with known times but no mouse sample since entering"},
	{"straight", result.UnitShare, "traces of 6 samples or more that bend by less than half a pixel"},
	{"agreement", result.UnitShare, "pairs of showings of one image that agree on selecting it; of a worker or HIT, pairs with another"},
	{"pairs", "count", "such pairs"},
	{"final_boxed", "count", "images with a box whose final click is among them (I4, I5)"},
	{"final_accuracy", result.UnitShare, "of them, those that it hits (I6)"},
	{"final_low", result.UnitShare, "95 % interval (wilson)"},
	{"final_high", result.UnitShare, "95 % interval (wilson)"},
}.Columns()

func (p *profile) row() []any {
	slices.Sort(p.estimate)
	slices.Sort(p.toClick)
	low, high := result.Bounds(stat.Wilson(p.hits, p.boxed))
	finalLow, finalHigh := result.Bounds(stat.Wilson(p.finalHits, p.finals))
	mean := func(s stat.Sum, n int64) stat.Number { return stat.Quotient(s.Float(), float64(n)) }
	q := func(v []int64, at float64) stat.Number { return stat.Number(stat.Quantile(v, at)) }
	return []any{
		p.showings, p.selected, stat.Share(p.selected, p.showings), p.clicked, p.boxed, stat.Share(p.hits, p.boxed), low, high,
		mean(p.distance, p.clicked), stat.Share(p.centre, p.clicked), mean(p.dx, p.clicked), mean(p.dy, p.clicked),
		mean(p.du, p.boxed), mean(p.dv, p.boxed), mean(p.speed, p.speeds), stat.Share(p.visits, p.clicked),
		q(p.toClick, 0.5), q(p.toClick, 0.1), q(p.toClick, 0.9), q(p.estimate, 0.5), q(p.estimate, 0.25), q(p.estimate, 0.75),
		p.deselections, stat.Share(p.noTrace, p.timed), stat.Share(p.straight, p.traces), stat.Share(p.agree, p.pairs), p.pairs,
		p.finals, stat.Share(p.finalHits, p.finals), finalLow, finalHigh,
	}
}

// profiles are profiles by a key.
type profiles struct {
	by   *byproduct.Names
	list []*profile
}

func (p *profiles) at(id int32) *profile {
	for int(id) >= len(p.list) {
		p.list = append(p.list, nil)
	}
	if p.list[id] == nil {
		p.list[id] = &profile{}
	}
	return p.list[id]
}

func (p *profiles) merge(o *profiles) {
	for id, from := range o.list {
		if from != nil {
			p.at(int32(id)).merge(from)
		}
	}
}

// each calls f for every profile, in the order of the keys' names.
func (p *profiles) each(f func(name string, p *profile)) {
	for _, id := range p.by.Sorted() {
		if int(id) < len(p.list) && p.list[id] != nil {
			f(p.by.List[id], p.list[id])
		}
	}
}

// pairUp adds the agreement of the showings of one image, each with each, to the profiles that
// they have. With others, a showing is held against those of another profile alone.
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

// pair counts a pair of showings of one image.
func (p *profile) pair(agree bool) {
	if p == nil {
		return
	}
	p.pairs++
	if agree {
		p.agree++
	}
}
