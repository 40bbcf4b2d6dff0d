package analysis

import (
	"math"
	"slices"

	"abtool/byproduct"
	"abtool/byproduct/coco"
	"abtool/byproduct/plane"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// A cocoProfile is what the pages of one annotator, HIT, class or week have in common.
type cocoProfile struct {
	pages, known, classes, retrieved int64 // known: pages whose image is in the ground truth
	icons, hits, judged, centre      int64 // judged: icons with a point on such images
	placed, actions, moves, removes  int64
	steps, keyboard, keyUnknown      int64
	boxed                            int64
	recall                           stat.Mean
	distance, dx, dy, du, dv         stat.Sum
	spent, first                     []int64
	pageNumbers                      []int64
	workers, assignments             []int32
	samples                          int64
	still                            int64 // pages with icons and no mouse sample
}

// addPage adds a page's own figures; those of its ground truth follow in judge.
func (p *cocoProfile) addPage(r *cocoRow) {
	g := r.page
	p.pages++
	p.actions += g.actions
	p.steps += g.steps
	p.keyboard += g.keyboard
	p.keyUnknown += g.keyUnknown
	p.samples += g.samples
	if g.spent != columnar.Null {
		p.spent = append(p.spent, g.spent)
	}
	if g.index != columnar.Null && !slices.Contains(p.pageNumbers, g.index) {
		p.pageNumbers = append(p.pageNumbers, g.index)
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

func (p *cocoProfile) addIcon(k *icon) {
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
	if d <= centreRadius {
		p.centre++
	}
}

func (p *cocoProfile) judgeIcon(k *icon) {
	if !k.Added() {
		return
	}
	p.judged++
	if k.onMask {
		p.hits++
	}
	if k.nearest {
		p.boxed++
		p.du.Add(k.u - 0.5)
		p.dv.Add(k.v - 0.5)
	}
}

// judge adds what the ground truth says of a page.
func (p *cocoProfile) judge(g *page) {
	if g.truth == nil {
		return
	}
	p.known++
	p.classes += g.classes
	p.retrieved += g.retrieved
	if v, ok := g.recall(false); ok {
		p.recall.Add(v)
	}
	for i := range g.icons {
		p.judgeIcon(&g.icons[i])
	}
}

func (p *cocoProfile) merge(o *cocoProfile) {
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
	p.pageNumbers = unite(p.pageNumbers, o.pageNumbers)
	p.workers, p.assignments = unite(p.workers, o.workers), unite(p.assignments, o.assignments)
}

func unite[T comparable](to, from []T) []T {
	for _, v := range from {
		if !slices.Contains(to, v) {
			to = append(to, v)
		}
	}
	return to
}

// duration is the sum of the times of pages (C9); ok is false where none is known.
func (p *cocoProfile) duration() (ms int64, ok bool) {
	for _, t := range p.spent {
		ms += t
	}
	return ms, len(p.spent) > 0
}

var cocoProfileColumns = Header{
	{"pages", "count", "pages annotated"},
	{"pages_with_gt", "count", "of them, whose image is in the ground truth"},
	{"recall", unitShare, "mean over pages of the share of the image's classes whose icon stays (C8)"},
	{"recall_pooled", unitShare, "of all pairs of a page and a class of its image, those whose icon stays"},
	{"icons", "count", "icons with a point (C3)"},
	{"judged", "count", "of them, on images of the ground truth"},
	{"precision", unitShare, "of judged, those on a mask of their class (C4, C5)"},
	{"precision_low", unitShare, "95 % interval (wilson)"},
	{"precision_high", unitShare, "95 % interval (wilson)"},
	{"icons_per_page", "count", "mean number of icons that stay on a page"},
	{"actions", "count", "actions with icons"},
	{"moves", "count", "moves of icons of known classes: a second thought about the place"},
	{"removes", "count", "removals of icons of known classes"},
	{"centre_distance", unitShare, "mean distance of the icon from (0.5, 0.5)"},
	{"centre_share", unitShare, "icons within 0.05 of it"},
	{"bias_x", unitShare, "mean of x − 0.5 of icons"},
	{"bias_y", unitShare, "mean of y − 0.5 of icons; y points down"},
	{"bias_u", "fraction of the box", "mean displacement of the icon from the centre of the nearest box of its class, across"},
	{"bias_v", "fraction of the box", "the same, down"},
	{"time_spent", unitMS, "median time on a page"},
	{"time_spent_p10", unitMS, "its 10 % quantile"},
	{"time_spent_p90", unitMS, "its 90 % quantile"},
	{"first_add", unitMS, "median time until the first icon of a page was placed"},
	{"steps_per_page", "count", "mean steps through the superclasses"},
	{"keyboard_share", unitShare, "of all steps, those by the keyboard; an unknown key is not the keyboard"},
	{"samples_per_page", "count", "mean mouse samples"},
	{"no_trace", unitShare, "pages with an icon but no mouse sample, of all pages"},
	{"keyboard_unknown", "count", "steps of which it is unknown whether the key or the button was used"},
}.Columns()

func (p *cocoProfile) row() []any {
	slices.Sort(p.spent)
	slices.Sort(p.first)
	low, high := bounds(stat.Wilson(p.hits, p.judged))
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

// cocoBreakdown profiles pages by a key.
type cocoBreakdown struct {
	key     string
	by      *byproduct.Names
	list    []*cocoProfile
	of      func(*page) int32 // −1: none
	without int64
}

func newCOCOBreakdown(e *cocoEngine, key string) *cocoBreakdown {
	b := &cocoBreakdown{key: key}
	switch key {
	case "worker":
		b.by, b.of = e.workers, func(p *page) int32 { return p.worker }
	case "hit":
		b.by, b.of = e.hits, func(p *page) int32 { return p.hit }
	case "week":
		b.by, b.of = e.weeks, func(p *page) int32 { return e.week(p.started) }
	case "class":
		b.by = byproduct.NewNames(e.categories...)
	}
	return b
}

func (b *cocoBreakdown) at(id int32) *cocoProfile {
	for int(id) >= len(b.list) {
		b.list = append(b.list, nil)
	}
	if b.list[id] == nil {
		b.list[id] = &cocoProfile{}
	}
	return b.list[id]
}

func (b *cocoBreakdown) row(r *cocoRow) {
	if b.key == "class" {
		for i := range r.page.icons {
			k := &r.page.icons[i]
			p := b.at(k.Class)
			p.pages++
			p.actions += int64(k.actions)
			p.addIcon(k)
		}
		return
	}
	if id := b.of(r.page); id >= 0 {
		b.at(id).addPage(r)
	} else {
		b.without++
	}
}

func (b *cocoBreakdown) page(g *page) {
	if g.truth == nil {
		return
	}
	if b.key != "class" {
		if id := b.of(g); id >= 0 {
			b.at(id).judge(g)
		}
		return
	}
	for i := range g.icons {
		b.at(g.icons[i].Class).judgeIcon(&g.icons[i])
	}
	for _, f := range g.found {
		p := b.at(f.class)
		p.known++
		p.classes++
		p.retrieved += b2i(f.placed)
		p.recall.Add(float64(b2i(f.placed)))
	}
}

func (b *cocoBreakdown) merge(o *cocoBreakdown) {
	for id, from := range o.list {
		if from != nil {
			b.at(int32(id)).merge(from)
		}
	}
	b.without += o.without
}

func (b *cocoBreakdown) each(f func(name string, p *cocoProfile)) {
	for _, id := range b.by.Sorted() {
		if int(id) < len(b.list) && b.list[id] != nil {
			f(b.by.List[id], b.list[id])
		}
	}
}

func (b *cocoBreakdown) table(name, title string, e *cocoEngine, columns []Column, extra func(p *cocoProfile) []any) Table {
	all := slices.Clone(cocoProfileColumns)
	if b.key == "class" { // of a class, a page is one on which its icon was used
		all[0].Title, all[1].Title = "pages on which its icon was used", "annotated images that have it"
	}
	t := Table{Name: name, Title: title, Columns: append(append(Header{{b.key, "", "the " + b.key}}.Columns(), columns...), all...)}
	b.each(func(name string, p *cocoProfile) {
		row := []any{e.o.show(b.key, name)}
		if extra != nil {
			row = append(row, extra(p)...)
		}
		t.Rows = append(t.Rows, append(row, p.row()...))
	})
	return t
}

// cocoBy is the table that Options.By asks for.
func cocoBy(key string) entry {
	definition := "Over the pages of each " + key + ": recall, precision, where icons are put, actions, time, steps and mouse."
	if key == "class" {
		definition = "Over the icons of each class, and the annotated images that have it: recall, precision, where icons are put, actions."
	}
	return entry{Entry{Name: "by_" + key, Title: "By " + key, Rules: "C3, C4, C7, C8", Definition: definition}, gathers(newCOCOGroups)}
}

// cocoGroups gathers that table.
type cocoGroups struct{ *cocoBreakdown }

func newCOCOGroups(e *cocoEngine, _ *stat.Ratios) cocoGroups {
	return cocoGroups{newCOCOBreakdown(e, e.o.By)}
}

func (a cocoGroups) Merge(o cocoGroups) { a.cocoBreakdown.merge(o.cocoBreakdown) }

func (a cocoGroups) Result(e *cocoEngine, r *Statistic) {
	r.Tables = append(r.Tables, a.table("by_"+a.key, "Pages by "+a.key, e, nil, nil))
	r.exclude("no "+a.key, "pages", a.without)
}

// cocoHITs is what the paper's checks of a HIT say (C9).
type cocoHITs struct{ *cocoBreakdown }

func newCOCOHITs(e *cocoEngine, _ *stat.Ratios) cocoHITs {
	return cocoHITs{newCOCOBreakdown(e, "hit")}
}

func (a cocoHITs) Merge(o cocoHITs) { a.cocoBreakdown.merge(o.cocoBreakdown) }

func (a cocoHITs) Result(e *cocoEngine, r *Statistic) {
	rules := e.o.Rules
	var n, withRecall, withPrecision, lowRecall, lowPrecision, fewPages, flagged int64
	var recall, precision stat.Mean
	var durations, pages []int64
	var recalls, precisions []float64
	t := a.table("by_hit", "HITs", e, Header{
		{"worker", "", "the annotator"}, {"distinct_pages", "count", "distinct page numbers"}, {"duration", unitMS, "sum of the times of its pages"},
		{"low_recall", "", "recall below the threshold; null where it is undefined"}, {"low_precision", "", "precision below the threshold; null where it is undefined"}, {"few_pages", "", "pages below the threshold"},
	}.Columns(), func(p *cocoProfile) []any {
		n++
		pages = append(pages, p.pages)
		var low, wrong any
		bad := false
		if p.recall.N > 0 {
			v := float64(p.recall.Value())
			recall.Add(v)
			recalls = append(recalls, v)
			withRecall++
			low = v < rules.MinRecall
			if v < rules.MinRecall {
				lowRecall++
				bad = true
			}
		}
		if p.judged > 0 {
			v := float64(stat.Share(p.hits, p.judged))
			precision.Add(v)
			precisions = append(precisions, v)
			withPrecision++
			wrong = v < rules.MinPrecision
			if v < rules.MinPrecision {
				lowPrecision++
				bad = true
			}
		}
		short := len(p.pageNumbers) < rules.MinCOCOPages
		if short {
			fewPages++
			bad = true
		}
		if bad {
			flagged++
		}
		var d, worker any
		if ms, ok := p.duration(); ok {
			durations = append(durations, ms)
			d = ms
		}
		if w := firstName(p.workers, e.workers); w != "" {
			worker = e.o.show("worker", w)
		}
		return []any{worker, int64(len(p.pageNumbers)), d, low, wrong, short}
	})
	_, _, skew := stat.Moments(recalls)
	byPages, byRecall, byPrecision := tabulated(pages), tabulated(recalls), tabulated(precisions) // sorts them
	const withClass = "HITs with a page whose image has a class"
	r.add(count("hits", "HITs", "HITs", n))
	r.add(meanOf("recall", "mean over HITs of the mean recall of their pages", unitShare, withClass, &recall)...)
	r.add(medianValue("recall_median", "median of the same", unitShare, withClass, recalls),
		Value{Name: "recall_skew", Title: "skew m3/m2^1.5 of the same", Value: stat.Number(skew), N: recall.N, Of: withClass},
		medianValue("pages_median", "median number of pages of a HIT in the data", "count", "HITs", pages))
	r.add(meanOf("precision", "mean over HITs of the share of icons on their mask", unitShare, "HITs with an icon on an image of the ground truth", &precision)...)
	r.add(Value{Name: "duration_median", Title: "median of the sum of the times of pages", Value: stat.Number(stat.Median(durations)), Unit: unitMS, N: int64(len(durations)), Of: "HITs with known times", Interval: stat.MedianInterval(durations)},
		proportion("low_recall", "HITs with a recall below the threshold", "HITs that have one", lowRecall, withRecall),
		proportion("low_precision", "HITs with a precision below the threshold", "HITs that have one", lowPrecision, withPrecision),
		proportion("few_pages", "HITs with fewer pages than the threshold", "HITs", fewPages, n),
		proportion("flagged", "HITs with any of the three", "HITs", flagged, n))
	r.warnFew(r.Values[0])
	r.exclude("no hit_id", "pages", a.without)
	if n > 0 {
		r.warn("The release holds approved HITs alone, and only pages whose image was kept: few_pages flags more HITs than the checks of the collection did.")
	}
	r.Tables = append(r.Tables, t, quantileTable("Pages of a HIT, its recall and its precision", Header{
		{"pages", "count", "pages in the data"}, {"recall", unitShare, "mean over its pages, of HITs that have one"},
		{"precision", unitShare, "hits / icons, of HITs that have one"},
	}.Columns(), byPages, byRecall, byPrecision))
}

// firstName is the first by name of some numbers; "" for none.
func firstName(ids []int32, by *byproduct.Names) (first string) {
	for i, id := range ids {
		if n := by.List[id]; i == 0 || n < first {
			first = n
		}
	}
	return first
}

// cocoAnnotators is one row for each annotator.
type cocoAnnotators struct {
	*cocoBreakdown
}

func newCOCOAnnotators(e *cocoEngine, _ *stat.Ratios) *cocoAnnotators {
	return &cocoAnnotators{newCOCOBreakdown(e, "worker")}
}

func (a *cocoAnnotators) Merge(o *cocoAnnotators) {
	a.cocoBreakdown.merge(o.cocoBreakdown)
}

func (a *cocoAnnotators) Result(e *cocoEngine, r *Statistic) {
	var all []*cocoProfile
	var trials []stat.Tally
	a.each(func(_ string, p *cocoProfile) {
		all = append(all, p)
		trials = append(trials, stat.Tally{Hits: p.hits, N: p.judged})
	})
	pool := stat.FitPool(trials)
	ranks := pool.Ranks(trials)
	var times []float64
	for _, p := range all {
		if p.icons >= flagClicks && len(p.spent) > 0 {
			times = append(times, stat.Median(p.spent))
		}
	}
	usual := stat.Median(times)
	var centre, rush, bot, judged int64
	i := 0
	t := a.table("by_worker", "Annotators", e, Header{
		{"hits", "count", "HITs"},
		{"pooled_precision", unitShare, "precision drawn towards that of all, the more the fewer icons: posterior mean of a beta-binomial model"},
		{"pooled_low", unitShare, "95 % interval of it (posterior)"}, {"pooled_high", unitShare, "95 % interval of it (posterior)"}, {"rank", "", "by pooled precision, 1 is the best"},
		{"flag_centre", "", "more than half of 20 icons or more lie within 0.05 of the centre"},
		{"flag_rush", "", "median time on a page below half of the median worker's"},
		{"flag_bot", "", "more than a fifth of the pages have an icon but no mouse sample"},
	}.Columns(), func(p *cocoProfile) []any {
		post := pool.Posterior(trials[i])
		var rank any
		if ranks[i] > 0 {
			rank = ranks[i]
		}
		i++
		enough := p.icons >= flagClicks
		isCentre := enough && float64(p.centre) > centreFlagShare*float64(p.icons)
		isRush := enough && len(p.spent) > 0 && stat.Median(p.spent) < rushFlagTime*usual
		isBot := enough && float64(p.still) > botFlagShare*float64(p.pages)
		for _, f := range []struct {
			yes bool
			n   *int64
		}{{enough, &judged}, {isCentre, &centre}, {isRush, &rush}, {isBot, &bot}} {
			if f.yes {
				*f.n++
			}
		}
		return []any{int64(len(p.assignments)), post.Mean, post.Low, post.High, rank, isCentre, isRush, isBot}
	})
	n := int64(len(all))
	var pages []int64
	for _, p := range all {
		pages = append(pages, p.pages)
	}
	r.add(count("workers", "annotators", "workers", n),
		Value{Name: "pages_median", Title: "median number of pages of a worker", Value: stat.Number(stat.Median(pages)), Unit: "count", N: n, Of: "workers"},
		proportion("flag_centre", "workers who put icons in the centre", "workers with 20 icons or more", centre, judged),
		proportion("flag_rush", "workers who rush", "workers with 20 icons or more", rush, judged),
		proportion("flag_bot", "workers with icons but no mouse", "workers with 20 icons or more", bot, judged))
	r.add(poolValues(pool, "precision", "workers with icons on images of the ground truth")...)
	r.exclude("no worker_id", "pages", a.without)
	if n > 0 && math.IsNaN(pool.Alpha) {
		r.warn("The model of annotators cannot be fitted: it needs two annotators with icons on images of the ground truth, and both hits and misses.")
	}
	r.Tables = append(r.Tables, t)
}
