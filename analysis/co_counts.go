package analysis

import (
	"slices"

	"abtool/byproduct/coco"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// cocoCounts is how much there is (C1, C2).
type cocoCounts struct {
	records, withTruth, icons, actions, steps, samples, unknownType, unknownIcon, annotated int64
	images, instances, crowds                                                               int64
}

func newCOCOCounts(*cocoEngine, *stat.Ratios) *cocoCounts { return &cocoCounts{} }

func (a *cocoCounts) row(r *cocoRow) {
	p := r.page
	a.records++
	a.actions += p.actions
	a.steps += p.steps
	a.samples += p.samples
	a.unknownType += p.unknownType
	a.unknownIcon += p.unknownIcon
	if p.actions+p.steps+p.samples > 0 {
		a.annotated++
	}
	for i := range p.icons {
		if p.icons[i].Added() {
			a.icons++
		}
	}
}

func (a *cocoCounts) page(p *page) {
	if p.truth != nil {
		a.withTruth++
	}
}

func (a *cocoCounts) truth(m *coco.Image) {
	a.images++
	a.instances += int64(len(m.Instances))
	for i := range m.Instances {
		if m.Instances[i].Crowd {
			a.crowds++
		}
	}
}

func (a *cocoCounts) Merge(o *cocoCounts) {
	for _, f := range []struct{ to, from *int64 }{
		{&a.records, &o.records}, {&a.withTruth, &o.withTruth}, {&a.icons, &o.icons}, {&a.actions, &o.actions}, {&a.steps, &o.steps}, {&a.samples, &o.samples},
		{&a.unknownType, &o.unknownType}, {&a.unknownIcon, &o.unknownIcon}, {&a.annotated, &o.annotated}, {&a.images, &o.images}, {&a.instances, &o.instances}, {&a.crowds, &o.crowds},
	} {
		*f.to += *f.from
	}
}

func (a *cocoCounts) Result(e *cocoEngine, r *Statistic) {
	r.add(
		count("records", "pages: one image, one annotator", "pages", a.records),
		proportion("byproduct_records", "pages with an action, a step or a mouse sample", "pages", a.annotated, a.records),
		count("images_gt", "images of the ground truth", "images", a.images),
		proportion("records_with_gt", "pages whose image the ground truth has", "pages", a.withTruth, a.records),
		count("icons", "icons with a point: one a page and class with an add that has a place", "icons", a.icons),
		count("instances", "objects of the ground truth", "instances", a.instances),
		proportion("crowds", "of them, groups under one mask", "instances", a.crowds, a.instances),
		count("actions", "steps with icons", "actions", a.actions),
		count("steps", "steps through the superclasses", "steps", a.steps),
		count("samples", "mouse samples", "samples", a.samples),
		count("unknown_type", "actions that are neither add, move nor remove, on any icon: left out",
			"actions", a.unknownType),
		count("unknown_icon", "actions of known type on an icon whose name is not a class of the ground truth: left out",
			"actions", a.unknownIcon),
	)
	if a.images == 0 {
		r.warn("There is no ground truth, so nothing can be said of precision and recall: ingest with --instances instances_train2014.json.")
	}
}

// browsing is how annotators step through the superclasses (C13).
type browsing struct {
	r                                 *stat.Ratios
	events, distinct, keyboard, reach stat.RatioID
	known                             stat.RatioID // by the keyboard, of the events that say
	pages                             stat.RatioID // with a step by the keyboard
	unknown                           int64
	bySuper                           map[int64]*superclass
}

type superclass struct{ events, pages, keyboard, known int64 }

func newBrowsing(_ *cocoEngine, r *stat.Ratios) *browsing {
	id := r.Declare(6)
	return &browsing{
		r: r, events: id, distinct: id + 1, keyboard: id + 2, reach: id + 3, known: id + 4, pages: id + 5,
		bySuper: map[int64]*superclass{},
	}
}

func (a *browsing) row(r *cocoRow) {
	p := r.page
	a.r.Add(p.cluster, a.events, float64(p.steps))
	a.r.Add(p.cluster, a.distinct, float64(p.distinct))
	a.r.Count(p.cluster, a.reach, p.reached)
	a.r.Count(p.cluster, a.pages, p.keyboard > 0)
	a.r.AddCount(p.cluster, a.keyboard, p.keyboard, p.steps)
	a.r.AddCount(p.cluster, a.known, p.keyboard, p.steps-p.keyUnknown)
	a.unknown += p.keyUnknown
	for i, super := range r.browse {
		known, yes := r.keyboard[i] != columnar.Null, r.keyboard[i] == 1
		if super == columnar.Null {
			continue
		}
		s := a.at(super)
		s.events++
		if !slices.Contains(r.browse[:i], super) {
			s.pages++
		}
		if known {
			s.known++
			if yes {
				s.keyboard++
			}
		}
	}
}

func (a *browsing) at(super int64) *superclass {
	if a.bySuper[super] == nil {
		a.bySuper[super] = &superclass{}
	}
	return a.bySuper[super]
}

func (a *browsing) Merge(from *browsing) {
	a.unknown += from.unknown
	for super, o := range from.bySuper {
		s := a.at(super)
		s.events += o.events
		s.pages += o.pages
		s.keyboard += o.keyboard
		s.known += o.known
	}
}

func (a *browsing) Result(e *cocoEngine, r *Statistic) {
	records := e.ratios.Total(a.events)
	r.add(count("events", "steps through the superclasses", "steps", records.Count()),
		e.ratio("events_mean", "mean steps on a page", "count", "pages", a.events),
		e.ratio("distinct_mean", "mean different superclasses on a page; the opening one is not logged until it is returned to", "count", "pages", a.distinct),
		e.ratio("keyboard_share", "steps made by the keyboard", unitShare, "steps", a.keyboard),
		e.ratio("keyboard_share.known", "variant: of the steps whose key or button is known", unitShare,
			"such steps", a.known),
		countOf("keyboard_unknown", "steps of which it is unknown whether the key or the button was used",
			"steps", a.unknown, records.Count()),
		e.ratio("records_with_keyboard", "pages with a step made by the keyboard", unitShare, "pages", a.pages),
		e.ratio("reached_last", "pages on which the last superclass was reached, without which a page cannot be submitted", unitShare, "pages", a.reach))
	t := Table{Name: "by_superclass", Title: "Steps by superclass", Columns: Header{
		{"category_idx", "", "number of the superclass, 0 to 10"}, {"events", "count", "steps to it"}, {"pages", "count", "pages on which it was stepped to"},
		{"returns", "count", "steps beyond the first of a page"}, {"keyboard_share", unitShare, "of the steps to it, those by the keyboard"},
		{"keyboard_unknown", "count", "steps to it of which it is unknown whether the key or the button was used"},
	}.Columns()}
	var order []int64
	for super := range a.bySuper {
		order = append(order, super)
	}
	slices.Sort(order)
	for _, super := range order {
		s := a.bySuper[super]
		t.Rows = append(t.Rows, []any{super, s.events, s.pages, s.events - s.pages, stat.Share(s.keyboard, s.events), s.events - s.known})
	}
	r.Tables = append(r.Tables, t)
	r.warnFew(r.Values[1])
}

// pageTime is the time on a page (C14).
type pageTime struct {
	r       *stat.Ratios
	mean    stat.RatioID
	spent   []int64
	bins    logHistogram
	without int64
}

func newPageTime(_ *cocoEngine, r *stat.Ratios) *pageTime {
	return &pageTime{r: r, mean: r.Declare(1)}
}

func (a *pageTime) row(r *cocoRow) {
	if r.page.spent == columnar.Null {
		a.without++
		return
	}
	a.spent = append(a.spent, r.page.spent)
	a.bins.add(float64(r.page.spent))
	a.r.Add(r.page.cluster, a.mean, float64(r.page.spent))
}

func (a *pageTime) Merge(o *pageTime) {
	a.spent = append(a.spent, o.spent...)
	a.bins.merge(&o.bins)
	a.without += o.without
}

func (a *pageTime) Result(e *cocoEngine, r *Statistic) {
	quantiles := tabulated(a.spent) // sorts the times
	n := int64(len(a.spent))
	r.add(e.ratio("mean", "mean time on a page", unitMS, "pages with a time", a.mean),
		Value{Name: "median", Title: "median time on a page", Value: stat.Number(stat.Quantile(a.spent, 0.5)), Unit: unitMS, N: n, Of: "pages with a time", Interval: stat.MedianInterval(a.spent)})
	r.warnFew(r.Values[0])
	t := quantileTable("Time on a page", Header{
		{"time", unitMS, "time, interpolated linearly between ranks"},
	}.Columns(), quantiles)
	r.Tables = append(r.Tables, t, logTable(&a.bins, "time_spent", "Time on a page", unitMS, "pages"))
	r.exclude("no time_spent", "pages", a.without)
	if n > 0 && n < 100 {
		r.warn("quantile: %d pages are too few for the 1 %% and 99 %% quantiles.", n)
	}
}

// meanOf is the mean over units, such as HITs, with the population standard deviation as a value
// beside it.
func meanOf(name, title, unit, of string, m *stat.Mean) []Value {
	return []Value{
		{Name: name, Title: title, Value: m.Value(), Unit: unit, N: m.N, Of: of, Interval: m.Interval()},
		{Name: name + "_std", Title: "population standard deviation of the same", Value: stat.Number(m.Deviation()), Unit: unit, N: m.N, Of: of},
	}
}
