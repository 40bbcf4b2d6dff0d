package coco

import (
	"slices"

	"abtool/analysis/internal/partial"
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/coco"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// A profile summarises the pages of one annotator, HIT, class or week.
type profile struct {
	aim                             pass.Aim // of icons; judged if the image is in the ground truth
	pages, known                    int64    // known counts pages whose image is in the ground truth
	classes, retrieved              int64
	placed, actions, moves, removes int64
	steps, keyboard, unsaid         int64
	samples                         int64
	still                           int64 // pages with icons but no mouse sample
	recall                          stat.Mean
	spent, first                    []int64
	workers, assignments            []int32
	hit                             *coco.HIT // only if the profile is of a HIT
}

// addPage adds the values of a page that do not need ground truth; addTruth adds the others.
func (p *profile) addPage(r *record) {
	g := r.page
	p.pages++
	p.actions += g.actions
	p.steps += g.browsing.Steps
	p.keyboard += g.browsing.Keyboard
	p.unsaid += g.browsing.Unsaid
	p.samples += g.samples
	if g.spent != columnar.Null {
		p.spent = append(p.spent, g.spent)
	}
	if p.hit != nil {
		p.hit.AddPage(g.index, g.spent, g.ofPages)
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
	p.aim.Add(k.X, k.Y)
}

func (p *profile) addIconTruth(k *icon) {
	if !k.Added() {
		return
	}
	p.aim.Judged.Add(k.onMask)
	if p.hit != nil {
		p.hit.AddIcon(k.onMask)
	}
	if k.nearest {
		p.aim.AddBox(k.u, k.v)
	}
}

// addTruth adds the values of a page that need ground truth.
func (p *profile) addTruth(g *page) {
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
		p.addIconTruth(&g.icons[i])
	}
}

// Merge adds the pages of another profile.
func (p *profile) Merge(o *profile) {
	for _, f := range []struct{ to, from *int64 }{
		{&p.pages, &o.pages}, {&p.known, &o.known}, {&p.classes, &o.classes}, {&p.retrieved, &o.retrieved},
		{&p.placed, &o.placed}, {&p.actions, &o.actions}, {&p.moves, &o.moves}, {&p.removes, &o.removes},
		{&p.steps, &o.steps}, {&p.keyboard, &o.keyboard}, {&p.unsaid, &o.unsaid},
		{&p.samples, &o.samples}, {&p.still, &o.still},
	} {
		*f.to += *f.from
	}
	p.aim.Merge(&o.aim)
	p.recall.Merge(&o.recall)
	p.spent, p.first = append(p.spent, o.spent...), append(p.first, o.first...)
	switch {
	case p.hit == nil:
		p.hit = o.hit
	case o.hit != nil:
		p.hit.Merge(o.hit)
	}
	p.workers, p.assignments = pass.Unite(p.workers, o.workers), pass.Unite(p.assignments, o.assignments)
}

// Columns visits the profile.
func (p *profile) Columns(c *partial.Columns) {
	p.aim.Columns(c)
	c.Ints([]string{"pages", "known", "classes", "retrieved", "placed", "actions", "moves", "removes", "steps", "keyboard", "unsaid",
		"samples", "still"}, &p.pages, &p.known, &p.classes, &p.retrieved, &p.placed, &p.actions, &p.moves, &p.removes,
		&p.steps, &p.keyboard, &p.unsaid, &p.samples, &p.still)
	c.Mean("recall", &p.recall)
	partial.Bag(c, "time_spent", &p.spent)
	partial.Bag(c, "first_add", &p.first)
	c.Refs("workers", partial.Workers, &p.workers)
	c.Refs("hits", partial.HITs, &p.assignments)
	h, is := p.hit, p.hit != nil
	if c.Bool("is_hit", &is); h == nil {
		h = &coco.HIT{}
	}
	c.Mean("hit.recall", &h.Recall)
	c.Ints([]string{"hit.icons", "hit.hits", "hit.spent", "hit.given_pages", "hit.whole_pages"},
		&h.Icons, &h.Hits, &h.Spent, &h.OfPages.Given, &h.OfPages.Whole)
	c.Bool("hit.timed", &h.Timed)
	if partial.Bag(c, "hit.pages", &h.Pages); is {
		p.hit = h
	}
}

// profileHeader names the cells of Row.
var profileHeader = slices.Concat(result.Header{
	{"pages", "count", "pages annotated"},
	{"pages_with_gt", "count", "pages whose image is in the ground truth"},
	{"recall", result.UnitShare, "mean over pages of the share of the image's classes whose icon stays (C8)"},
	{"recall_pooled", result.UnitShare, "share of all pairs of a page and a class of its image whose icon stays"},
	{"icons", "count", "icons with a point (C3)"},
	{"judged", "count", "icons with a point, on images of the ground truth"},
	{"precision", result.UnitShare, "share of judged on a mask of their class (C4, C5)"},
	{"precision_low", result.UnitShare, "95 % interval (wilson)"},
	{"precision_high", result.UnitShare, "95 % interval (wilson)"},
	{"icons_per_page", "count", "mean number of icons that stay on a page"},
	{"actions", "count", "actions with icons"},
	{"moves", "count", "moves of icons of known classes"},
	{"removes", "count", "removals of icons of known classes"},
}, pass.BiasHeader("icon", "the nearest box of its class"), result.Header{
	{"time_spent", result.UnitMS, "median time on a page"},
	{"time_spent_p10", result.UnitMS, "10 % quantile of the time on a page"},
	{"time_spent_p90", result.UnitMS, "90 % quantile of the time on a page"},
	{"first_add", result.UnitMS, "median time until the first icon of a page was added"},
	{"steps_per_page", "count", "mean number of steps through the superclasses on a page"},
	{"keyboard_share", result.UnitShare, "share of all steps that were by the keyboard; a step that does " +
		"not record it counts as not by the keyboard"},
	{"samples_per_page", "count", "mean number of mouse samples on a page"},
	{"no_trace", result.UnitShare, "share of all pages that have an icon but no mouse sample"},
	{"keyboard_unknown", "count", "steps that do not record whether the key or the button was used"},
})

// Row returns the cells of a table's row. It sorts the times.
func (p *profile) Row() []any {
	slices.Sort(p.spent)
	slices.Sort(p.first)
	q := func(v []int64, at float64) stat.Number { return stat.Number(stat.Quantile(v, at)) }
	perPage := func(n int64) stat.Number { return stat.Share(n, p.pages) }
	return slices.Concat(
		[]any{p.pages, p.known, p.recall.Value(), stat.Share(p.retrieved, p.classes), p.aim.N}, p.aim.Hits(),
		[]any{perPage(p.placed), p.actions, p.moves, p.removes}, p.aim.Bias(),
		[]any{
			q(p.spent, 0.5), q(p.spent, 0.1), q(p.spent, 0.9), q(p.first, 0.5), perPage(p.steps),
			stat.Share(p.keyboard, p.steps), perPage(p.samples), perPage(p.still), p.unsaid,
		})
}
