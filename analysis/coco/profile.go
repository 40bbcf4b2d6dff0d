package coco

import (
	"slices"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/coco"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// A profile is what the pages of one annotator, HIT, class or week have in common.
type profile struct {
	pages, known, classes, retrieved int64 // known: pages whose image is in the ground truth
	icons, hits, judged, centre      int64 // judged: icons with a point on such images
	placed, actions, moves, removes  int64
	steps, keyboard, keyUnknown      int64
	boxed                            int64
	recall                           stat.Mean
	distance, dx, dy, du, dv         stat.Sum
	spent, first                     []int64
	hit                              *coco.HIT // of a HIT
	workers, assignments             []int32
	samples                          int64
	still                            int64 // pages with icons and no mouse sample
}

// addPage adds a page's own figures; those of its ground truth follow in judge.
func (p *profile) addPage(r *record) {
	g := r.page
	p.pages++
	p.actions += g.actions
	p.steps += g.browsing.Steps
	p.keyboard += g.browsing.Keyboard
	p.keyUnknown += g.browsing.Unsaid
	p.samples += g.samples
	if g.spent != columnar.Null {
		p.spent = append(p.spent, g.spent)
	}
	if p.hit != nil {
		p.hit.AddPage(g.index, g.spent)
	}
	if g.worker >= 0 && !slices.Contains(p.workers, g.worker) {
		p.workers = append(p.workers, g.worker)
	}
	if g.hit >= 0 && !slices.Contains(p.assignments, g.hit) {
		p.assignments = append(p.assignments, g.hit)
	}
	added := int64(columnar.Null)
	for i, k := range r.kind {
		if r.class[i] < 0 {
			continue
		}
		switch k {
		case coco.Move:
			p.moves++
		case coco.Remove:
			p.removes++
		case coco.Add:
			if r.t[i] != columnar.Null && (added == columnar.Null || r.t[i] < added) {
				added = r.t[i]
			}
		}
	}
	if added != columnar.Null {
		p.first = append(p.first, added)
	}
	points := false
	for i := range g.icons {
		points = points || g.icons[i].Added()
		p.addIcon(&g.icons[i])
	}
	if points && g.samples == 0 {
		p.still++
	}
}

func (p *profile) addIcon(k *icon) {
	if k.Placed {
		p.placed++
	}
	if !k.Added() {
		return
	}
	p.icons++
	d := plane.CentreDistance(k.X, k.Y)
	p.distance.Add(d)
	p.dx.Add(k.X - 0.5)
	p.dy.Add(k.Y - 0.5)
	if d <= pass.CentreRadius {
		p.centre++
	}
}

func (p *profile) judgeIcon(k *icon) {
	if !k.Added() {
		return
	}
	p.judged++
	p.hits += stat.One(k.onMask)
	if p.hit != nil {
		p.hit.AddIcon(k.onMask)
	}
	if k.nearest {
		p.boxed++
		p.du.Add(k.u - 0.5)
		p.dv.Add(k.v - 0.5)
	}
}

// judge adds what the ground truth says of a page.
func (p *profile) judge(g *page) {
	if g.truth == nil {
		return
	}
	p.known++
	p.classes += g.recall.Classes
	p.retrieved += g.recall.Placed
	if v, _, ok := g.recall.Share(); ok {
		p.recall.Add(v)
	}
	if p.hit != nil {
		p.hit.AddRecall(g.recall)
	}
	for i := range g.icons {
		p.judgeIcon(&g.icons[i])
	}
}

func (p *profile) merge(o *profile) {
	for _, f := range []struct{ to, from *int64 }{
		{&p.pages, &o.pages}, {&p.known, &o.known}, {&p.classes, &o.classes}, {&p.retrieved, &o.retrieved}, {&p.icons, &o.icons}, {&p.hits, &o.hits},
		{&p.judged, &o.judged}, {&p.centre, &o.centre}, {&p.placed, &o.placed}, {&p.actions, &o.actions}, {&p.moves, &o.moves}, {&p.removes, &o.removes},
		{&p.steps, &o.steps}, {&p.keyboard, &o.keyboard}, {&p.keyUnknown, &o.keyUnknown}, {&p.boxed, &o.boxed}, {&p.samples, &o.samples}, {&p.still, &o.still},
	} {
		*f.to += *f.from
	}
	for _, f := range []struct{ to, from *stat.Sum }{{&p.distance, &o.distance}, {&p.dx, &o.dx}, {&p.dy, &o.dy}, {&p.du, &o.du}, {&p.dv, &o.dv}} {
		f.to.Merge(*f.from)
	}
	p.recall.Merge(&o.recall)
	p.spent, p.first = append(p.spent, o.spent...), append(p.first, o.first...)
	if p.hit != nil {
		p.hit.Merge(o.hit)
	}
	p.workers, p.assignments = pass.Unite(p.workers, o.workers), pass.Unite(p.assignments, o.assignments)
}

var profileColumns = result.Header{
	{"pages", "count", "pages annotated"},
	{"pages_with_gt", "count", "of them, whose image is in the ground truth"},
	{"recall", result.UnitShare, "mean over pages of the share of the image's classes whose icon stays (C8)"},
	{"recall_pooled", result.UnitShare, "of all pairs of a page and a class of its image, those whose icon stays"},
	{"icons", "count", "icons with a point (C3)"},
	{"judged", "count", "of them, on images of the ground truth"},
	{"precision", result.UnitShare, "of judged, those on a mask of their class (C4, C5)"},
	{"precision_low", result.UnitShare, "95 % interval (wilson)"},
	{"precision_high", result.UnitShare, "95 % interval (wilson)"},
	{"icons_per_page", "count", "mean number of icons that stay on a page"},
	{"actions", "count", "actions with icons"},
	{"moves", "count", "moves of icons of known classes: a second thought about the place"},
	{"removes", "count", "removals of icons of known classes"},
	{"centre_distance", result.UnitShare, "mean distance of the icon from (0.5, 0.5)"},
	{"centre_share", result.UnitShare, "icons within 0.05 of it"},
	{"bias_x", result.UnitShare, "mean of x − 0.5 of icons"},
	{"bias_y", result.UnitShare, "mean of y − 0.5 of icons; y points down"},
	{"bias_u", "fraction of the box", "mean displacement of the icon from the centre of the nearest box of its class, across"},
	{"bias_v", "fraction of the box", "the same, down"},
	{"time_spent", result.UnitMS, "median time on a page"},
	{"time_spent_p10", result.UnitMS, "its 10 % quantile"},
	{"time_spent_p90", result.UnitMS, "its 90 % quantile"},
	{"first_add", result.UnitMS, "median time until the first icon of a page was placed"},
	{"steps_per_page", "count", "mean steps through the superclasses"},
	{"keyboard_share", result.UnitShare, "of all steps, those by the keyboard; an unknown key is not the keyboard"},
	{"samples_per_page", "count", "mean mouse samples"},
	{"no_trace", result.UnitShare, "pages with an icon but no mouse sample, of all pages"},
	{"keyboard_unknown", "count", "steps of which it is unknown whether the key or the button was used"},
}.Columns()

func (p *profile) row() []any {
	slices.Sort(p.spent)
	slices.Sort(p.first)
	low, high := result.Bounds(stat.Wilson(p.hits, p.judged))
	average := func(s stat.Sum, n int64) stat.Number { return stat.Quotient(s.Float(), float64(n)) }
	q := func(v []int64, at float64) stat.Number { return stat.Number(stat.Quantile(v, at)) }
	return []any{
		p.pages, p.known, p.recall.Value(), stat.Share(p.retrieved, p.classes), p.icons, p.judged, stat.Share(p.hits, p.judged), low, high,
		stat.Share(p.placed, p.pages), p.actions, p.moves, p.removes,
		average(p.distance, p.icons), stat.Share(p.centre, p.icons), average(p.dx, p.icons), average(p.dy, p.icons),
		average(p.du, p.boxed), average(p.dv, p.boxed),
		q(p.spent, 0.5), q(p.spent, 0.1), q(p.spent, 0.9), q(p.first, 0.5),
		stat.Share(p.steps, p.pages), stat.Share(p.keyboard, p.steps), stat.Share(p.samples, p.pages), stat.Share(p.still, p.pages), p.keyUnknown,
	}
}
