package analysis

import (
	"cmp"
	"math"
	"slices"

	"abtool/byproduct"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// breakdown profiles showings by a key.
type breakdown struct {
	key      string
	profiles profiles
	of       func(*showing) int32 // number of the key, −1: none
	without  int64                // showings without the key
	tr       byproduct.Trace
}

// newBreakdown profiles by worker, class, hit or week.
func newBreakdown(e *imagenetEngine, key string) *breakdown {
	b := &breakdown{key: key}
	switch key {
	case "worker":
		b.profiles.by, b.of = e.workers, func(s *showing) int32 { return s.worker }
	case "hit":
		b.profiles.by, b.of = e.hits, func(s *showing) int32 { return s.assignment }
	case "class":
		b.profiles.by, b.of = e.classes, func(s *showing) int32 { return s.class }
	case "week":
		b.profiles.by, b.of = e.weeks, func(s *showing) int32 { return e.week(s.submit) }
	}
	return b
}

func (b *breakdown) showing(s *showing) {
	id := b.of(s)
	if id < 0 {
		b.without++
		return
	}
	var w *way
	if s.clicked() {
		w = s.way(&b.tr)
	}
	p := b.profiles.at(id)
	p.add(s, w)
	if b.key == "hit" {
		p.ofHIT(s)
	}
}

func (b *breakdown) picture(p *picture) {
	at := func(s *showing) *profile {
		if id := b.of(s); id >= 0 {
			return b.profiles.at(id)
		}
		return nil
	}
	pairUp(p, at, b.key == "worker" || b.key == "hit")
	if !p.clickedBoxed() {
		return
	}
	if q := at(p.final); q != nil {
		q.finals++
		if p.hit {
			q.finalHits++
		}
	}
}

func (b *breakdown) merge(o *breakdown) {
	b.profiles.merge(&o.profiles)
	b.without += o.without
}

// table is the table of profiles. extra gives columns between the key and the others.
func (b *breakdown) table(name, title string, e *imagenetEngine, columns []Column, extra func(name string, p *profile) []any) Table {
	t := Table{Name: name, Title: title, Columns: append(append(Header{{b.key, "", "the " + b.key}}.Columns(), columns...), profileColumns...)}
	b.profiles.each(func(name string, p *profile) {
		row := []any{e.o.show(b.key, name)}
		if extra != nil {
			row = append(row, extra(name, p)...)
		}
		t.Rows = append(t.Rows, append(row, p.row()...))
	})
	return t
}

// imagenetBy is the table that Options.By asks for.
func imagenetBy(key string) entry {
	return entry{Entry{Name: "by_" + key, Title: "By " + key, Rules: "I4, I6, I19",
		Definition: "Over the showings of each " + key + ": recall, accuracy of the last valid click of each selected showing on boxed images, where it lies, speed, hesitation, times; and the accuracy of the final clicks of images that are among them."},
		gathers(newGroups)}
}

// groups gathers that table.
type groups struct{ *breakdown }

func newGroups(e *imagenetEngine, _ *stat.Ratios) groups {
	return groups{newBreakdown(e, e.o.By)}
}

func (a groups) Merge(o groups) { a.breakdown.merge(o.breakdown) }

func (a groups) Result(e *imagenetEngine, r *Statistic) {
	r.Tables = append(r.Tables, a.table("by_"+a.key, "Showings by "+a.key, e, nil, nil))
	r.exclude("no "+a.key, "showings", a.without)
}

// hits is what the paper's checks of a HIT say (I17, I18).
type hits struct{ *breakdown }

func newHITs(e *imagenetEngine, _ *stat.Ratios) hits {
	return hits{newBreakdown(e, "hit")}
}

func (a hits) Merge(o hits) { a.breakdown.merge(o.breakdown) }

func (a hits) Result(e *imagenetEngine, r *Statistic) {
	rules := e.o.Rules
	var n, lowRecall, fewSelected, fewPages, flagged, minutes int64
	var recall stat.Sum
	var squares stat.Sum
	var durations, images []int64
	var recalls []float64
	t := a.table("by_hit", "HITs", e, Header{
		{"worker", "", "the annotator"}, {"pages", "count", "distinct pages: a lower bound"}, {"duration", unitMS, "from the first event to submission"},
		{"low_recall", "", "recall below the threshold"}, {"few_selected", "", "selected below the threshold"}, {"few_pages", "", "pages below the threshold"},
	}.Columns(), func(_ string, p *profile) []any {
		share := float64(p.selected) / float64(p.showings)
		n++
		recall.Add(share)
		squares.Add(share * share)
		recalls, images = append(recalls, share), append(images, p.showings)
		var d any
		if ms, ok := p.duration(); ok {
			durations = append(durations, ms)
			d = ms
		}
		low, few, short := share < rules.MinRecall, p.selected < int64(rules.MinSelected), len(p.pages) < rules.MinPages
		for _, f := range []struct {
			yes bool
			n   *int64
		}{{low, &lowRecall}, {few, &fewSelected}, {short, &fewPages}, {low || few || short, &flagged}} {
			if f.yes {
				*f.n++
			}
		}
		worker := p.workerName(e.workers)
		if worker != nil {
			worker = e.o.show("worker", worker.(string))
		}
		return []any{worker, int64(len(p.pages)), d, low, few, short}
	})
	minutes = int64(len(durations))
	middle := stat.Median(durations) // sorts them
	_, std, skew := stat.Moments(recalls)
	byRecall, byImages := tabulated(recalls), tabulated(images) // sorts them
	r.add(count("hits", "HITs, which are assignments", "HITs", n),
		Value{Name: "recall", Title: "mean over HITs of selected / shown", Value: stat.Quotient(recall.Float(), float64(n)), Unit: unitShare, N: n, Of: "HITs",
			Interval: stat.MeanInterval(n, recall.Float(), squares.Float())},
		medianValue("recall_median", "median of the same", unitShare, "HITs", recalls),
		Value{Name: "recall_std", Title: "population standard deviation of the same", Value: stat.Number(std),
			Unit: unitShare, N: n, Of: "HITs"},
		Value{Name: "recall_skew", Title: "skew m3/m2^1.5 of the same", Value: stat.Number(skew), N: n, Of: "HITs"},
		medianValue("images_median", "median number of images shown in a HIT", "count", "HITs", images),
		Value{Name: "duration_median", Title: "median time from the first event to submission", Value: stat.Number(middle), Unit: unitMS, N: minutes, Of: "HITs with known times",
			Interval: stat.MedianInterval(durations)},
		proportion("low_recall", "HITs with a recall below the threshold", "HITs", lowRecall, n),
		proportion("few_selected", "HITs with fewer selections than the threshold", "HITs", fewSelected, n),
		proportion("few_pages", "HITs with fewer pages than the threshold", "HITs", fewPages, n),
		proportion("flagged", "HITs with any of the three", "HITs", flagged, n))
	r.exclude("no assignment_id", "showings", a.without)
	if n > 0 {
		r.warn("Only released images are visible: images, selections and pages are lower bounds, and few_selected and few_pages flag more HITs than the checks of the collection did.")
		r.warn("The paper also rejected by a check of its database and of a hash, which released data cannot tell.")
	}
	if at, _ := slices.BinarySearch(durations, longestHIT+1); at < len(durations) {
		r.warn("duration: %d HITs seem to last more than a day: an event in them has an impossible time, which the check long_before_submission lists.", len(durations)-at)
	}
	r.Tables = append(r.Tables, t, quantileTable("Images shown in a HIT, and its recall", Header{
		{"images", "count", "images shown, of those released"}, {"recall", unitShare, "selected / shown"},
	}.Columns(), byImages, byRecall))
}

// A deed is a showing in the career of a worker.
type deed struct {
	submit, page, slot, seq, toClick int64
	assignment                       int32
	hit                              int8 // 1, 0, −1: the image has no box, or there is no click
}

// annotators is one row for each annotator (I19), with a rank that takes the number of images
// into account, the change over time, and flags.
type annotators struct {
	*breakdown
	deeds [][]deed // by worker
}

func newAnnotators(e *imagenetEngine, _ *stat.Ratios) *annotators {
	return &annotators{breakdown: newBreakdown(e, "worker")}
}

func (a *annotators) showing(s *showing) {
	if s.worker < 0 {
		a.without++
		return
	}
	d := deed{submit: s.submit, page: s.page, slot: s.slot, seq: s.seq, toClick: columnar.Null, assignment: s.assignment, hit: -1}
	var w *way
	if s.clicked() {
		w = s.way(&a.tr)
		if w.timed {
			d.toClick = w.toClick
		}
		if len(s.boxes) > 0 {
			d.hit = 0
			if s.hit {
				d.hit = 1
			}
		}
	}
	a.profiles.at(s.worker).add(s, w)
	for int(s.worker) >= len(a.deeds) {
		a.deeds = append(a.deeds, nil)
	}
	a.deeds[s.worker] = append(a.deeds[s.worker], d)
}

func (a *annotators) Merge(o *annotators) {
	a.breakdown.merge(o.breakdown)
	for w, d := range o.deeds {
		for w >= len(a.deeds) {
			a.deeds = append(a.deeds, nil)
		}
		a.deeds[w] = append(a.deeds[w], d...)
	}
}

// career compares the later half of a worker's showings with the earlier, in order of
// submission, page and slot.
type career struct{ accuracy, logTime stat.Number } // later − earlier; log time is of the time to click

func careerOf(deeds []deed) career {
	slices.SortFunc(deeds, func(a, b deed) int {
		return cmp.Or(cmp.Compare(a.submit, b.submit), cmp.Compare(a.page, b.page), cmp.Compare(a.slot, b.slot), cmp.Compare(a.seq, b.seq))
	})
	half := len(deeds) / 2
	a1, t1 := halfOf(deeds[:half])
	a2, t2 := halfOf(deeds[half:])
	return career{a2 - a1, t2 - t1}
}

func halfOf(deeds []deed) (accuracy, logTime stat.Number) {
	var hits, n, timed int64
	var logs stat.Sum
	for _, d := range deeds {
		if d.hit >= 0 {
			n++
			hits += int64(d.hit)
		}
		if d.toClick > 0 {
			timed++
			logs.Add(math.Log(float64(d.toClick)))
		}
	}
	return stat.Share(hits, n), stat.Quotient(logs.Float(), float64(timed))
}

// When a worker is flagged.
const (
	flagClicks      = 20  // fewer clicks tell nothing
	centreFlagShare = 0.5 // more clicks than this within centreRadius of the middle
	rushFlagTime    = 0.5 // median time to click below this share of the median worker's
	botFlagShare    = 0.2 // more clicks than this without a trace, or with a straight one
)

func (a *annotators) Result(e *imagenetEngine, r *Statistic) {
	var who []int32
	var all []*profile
	for _, id := range e.workers.Sorted() {
		if int(id) < len(a.profiles.list) && a.profiles.list[id] != nil {
			who, all = append(who, id), append(all, a.profiles.list[id])
		}
	}
	var trials []stat.Tally
	for _, p := range all {
		trials = append(trials, stat.Tally{Hits: p.hits, N: p.boxed})
	}
	pool := stat.FitPool(trials)
	usual := usualTime(all)
	ranks := pool.Ranks(trials)
	t := Table{Name: "by_worker", Title: "Annotators", Columns: append(append(Header{{"worker", "", "the worker"}}.Columns(), profileColumns...),
		Column{"hits", "count", "assignments"},
		Column{"pooled_accuracy", unitShare, "accuracy drawn towards that of all, the more the fewer images: posterior mean of a beta-binomial model"},
		Column{"pooled_low", unitShare, "95 % interval of it (posterior)"}, Column{"pooled_high", unitShare, "95 % interval of it (posterior)"},
		Column{"rank", "", "by pooled accuracy, 1 is the best"},
		Column{"accuracy_drift", unitShare, "accuracy in the later half of the showings − in the earlier"},
		Column{"time_drift", "log ratio", "mean of ln(time to click) in the later half − in the earlier"},
		Column{"flag_centre", "", "more than half of 20 clicks or more lie within 0.05 of the centre"},
		Column{"flag_rush", "", "median time to click below half of the median worker's"},
		Column{"flag_bot", "", "more than a fifth of clicks without a mouse sample since entering, or of traces without a bend"})}
	var centre, rush, bot, judged int64
	for i, p := range all {
		c := careerOf(a.deeds[who[i]])
		post := pool.Posterior(trials[i])
		var rank any
		if ranks[i] > 0 {
			rank = ranks[i]
		}
		row := p.row() // sorts the times
		enough := p.clicked >= flagClicks
		isCentre := enough && float64(p.centre) > centreFlagShare*float64(p.clicked)
		isRush := enough && len(p.toClick) > 0 && stat.Quantile(p.toClick, 0.5) < rushFlagTime*usual
		isBot := enough && (float64(p.noTrace) > botFlagShare*float64(p.timed) || p.traces >= flagClicks && float64(p.straight) > botFlagShare*float64(p.traces))
		if enough {
			judged++
		}
		for _, f := range []struct {
			yes bool
			n   *int64
		}{{isCentre, &centre}, {isRush, &rush}, {isBot, &bot}} {
			if f.yes {
				*f.n++
			}
		}
		t.Rows = append(t.Rows, append(append([]any{e.o.show("worker", e.workers.List[who[i]])}, row...),
			a.hitsOf(who[i]), post.Mean, post.Low, post.High, rank, c.accuracy, c.logTime, isCentre, isRush, isBot))
	}
	n := int64(len(all))
	r.add(count("workers", "annotators", "workers", n),
		Value{Name: "showings_median", Title: "median number of showings of a worker", Value: stat.Number(medianOf(all, func(p *profile) (int64, bool) { return p.showings, true })), Unit: "count", N: n, Of: "workers"},
		proportion("flag_centre", "workers who click the centre", "workers with 20 clicks or more", centre, judged),
		proportion("flag_rush", "workers who rush", "workers with 20 clicks or more", rush, judged),
		proportion("flag_bot", "workers with bot-like traces", "workers with 20 clicks or more", bot, judged))
	r.Values = append(r.Values, poolValues(pool, "accuracy", "workers with clicks on boxed images")...)
	r.exclude("no worker_id", "showings", a.without)
	r.Tables = append(r.Tables, t, a.experience(e))
}

func (a *annotators) hitsOf(w int32) int64 {
	seen := map[int32]struct{}{}
	for _, d := range a.deeds[w] {
		if d.assignment >= 0 {
			seen[d.assignment] = struct{}{}
		}
	}
	return int64(len(seen))
}

func medianOf(all []*profile, f func(*profile) (int64, bool)) float64 {
	var v []int64
	for _, p := range all {
		if x, ok := f(p); ok {
			v = append(v, x)
		}
	}
	return stat.Median(v)
}

// usualTime is the median over workers of their median time to click, ms.
func usualTime(all []*profile) float64 {
	var v []float64
	for _, p := range all {
		if p.clicked >= flagClicks && len(p.toClick) > 0 {
			v = append(v, stat.Median(p.toClick))
		}
	}
	return stat.Median(v)
}

// experience is accuracy and time by how many HITs the worker had done before.
func (a *annotators) experience(e *imagenetEngine) Table {
	t := Table{Name: "by_experience", Title: "Accuracy and time by the number of HITs that the worker had submitted before", Columns: Header{
		{"hits_before", "", "HITs submitted before"}, {"workers", "count", "workers"}, {"n", "count", "clicks on images with a box"}, {"hits", "count", "of them, in a box"},
		{"accuracy", unitShare, "hits / n"}, {"low", unitShare, "95 % interval (wilson)"}, {"high", unitShare, "95 % interval (wilson)"}, {"time_to_click", unitMS, "median"},
	}.Columns()}
	bins := []struct {
		name string
		from int
	}{{"0", 0}, {"1", 1}, {"2", 2}, {"3-4", 3}, {"5-9", 5}, {"10-19", 10}, {"20+", 20}}
	type cell struct {
		n, hits, workers int64
		times            []int64
	}
	cells := make([]cell, len(bins))
	for _, deeds := range a.deeds {
		submits := map[int64]int{}
		var order []int64
		for _, d := range deeds {
			if _, ok := submits[d.submit]; !ok && d.submit != columnar.Null {
				submits[d.submit] = 0
				order = append(order, d.submit)
			}
		}
		slices.Sort(order)
		for i, s := range order {
			k := len(bins) - 1
			for bins[k].from > i {
				k--
			}
			submits[s] = k
		}
		seen := make([]bool, len(bins))
		for _, d := range deeds {
			if d.submit == columnar.Null {
				continue
			}
			c := &cells[submits[d.submit]]
			if !seen[submits[d.submit]] {
				seen[submits[d.submit]] = true
				c.workers++
			}
			if d.hit >= 0 {
				c.n++
				c.hits += int64(d.hit)
			}
			if d.toClick != columnar.Null {
				c.times = append(c.times, d.toClick)
			}
		}
	}
	for i, c := range cells {
		low, high := bounds(stat.Wilson(c.hits, c.n))
		t.Rows = append(t.Rows, []any{bins[i].name, c.workers, c.n, c.hits, stat.Share(c.hits, c.n), low, high, stat.Number(stat.Median(c.times))})
	}
	return t
}
