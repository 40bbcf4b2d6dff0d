package imagenet

import (
	"cmp"
	"math"
	"slices"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

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

func newAnnotators(e *engine, _ *stat.Ratios) *annotators {
	return &annotators{breakdown: newBreakdown(e, "worker")}
}

func (a *annotators) showing(s *showing) {
	if s.worker < 0 {
		a.without++
		return
	}
	d := deed{submit: s.Submit, page: s.Page, slot: s.slot, seq: s.Seq, toClick: columnar.Null, assignment: s.assignment, hit: -1}
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

func (a *annotators) Result(e *engine, r *result.Statistic) {
	var who []int32
	var all []*profile
	for _, id := range e.Workers.Sorted() {
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
	t := result.Table{Name: "by_worker", Title: "Annotators", Columns: append(append(result.Header{{"worker", "", "the worker"}}.Columns(), profileColumns...),
		result.Column{Name: "hits", Unit: "count", Title: "assignments"},
		result.Column{Name: "pooled_accuracy", Unit: result.UnitShare, Title: "accuracy drawn towards that of all, the more the fewer images: posterior mean of a beta-binomial model"},
		result.Column{Name: "pooled_low", Unit: result.UnitShare, Title: "95 % interval of it (posterior)"}, result.Column{Name: "pooled_high", Unit: result.UnitShare, Title: "95 % interval of it (posterior)"},
		result.Column{Name: "rank", Unit: "", Title: "by pooled accuracy, 1 is the best"},
		result.Column{Name: "accuracy_drift", Unit: result.UnitShare, Title: "accuracy in the later half of the showings − in the earlier"},
		result.Column{Name: "time_drift", Unit: "log ratio", Title: "mean of ln(time to click) in the later half − in the earlier"},
		result.Column{Name: "flag_centre", Unit: "", Title: "more than half of 20 clicks or more lie within 0.05 of the centre"},
		result.Column{Name: "flag_rush", Unit: "", Title: "median time to click below half of the median worker's"},
		result.Column{Name: "flag_bot", Unit: "", Title: "more than a fifth of clicks without a mouse sample since entering, or of traces without a bend"})}
	var centre, rush, bot, judged int64
	for i, p := range all {
		c := careerOf(a.deeds[who[i]])
		post := pool.Posterior(trials[i])
		var rank any
		if ranks[i] > 0 {
			rank = ranks[i]
		}
		row := p.row() // sorts the times
		enough := p.clicked >= pass.FlagClicks
		isCentre := enough && float64(p.centre) > pass.CentreFlagShare*float64(p.clicked)
		isRush := enough && len(p.toClick) > 0 && stat.Quantile(p.toClick, 0.5) < pass.RushFlagTime*usual
		isBot := enough && (float64(p.noTrace) > pass.BotFlagShare*float64(p.timed) || p.traces >= pass.FlagClicks && float64(p.straight) > pass.BotFlagShare*float64(p.traces))
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
		t.Rows = append(t.Rows, append(append([]any{e.Options.Show("worker", e.Workers.List[who[i]])}, row...),
			a.hitsOf(who[i]), post.Mean, post.Low, post.High, rank, c.accuracy, c.logTime, isCentre, isRush, isBot))
	}
	n := int64(len(all))
	r.Add(result.Count("workers", "annotators", "workers", n),
		result.Value{Name: "showings_median", Title: "median number of showings of a worker", Value: stat.Number(medianOf(all, func(p *profile) (int64, bool) { return p.showings, true })), Unit: "count", N: n, Of: "workers"},
		result.Proportion("flag_centre", "workers who click the centre", "workers with 20 clicks or more", centre, judged),
		result.Proportion("flag_rush", "workers who rush", "workers with 20 clicks or more", rush, judged),
		result.Proportion("flag_bot", "workers with bot-like traces", "workers with 20 clicks or more", bot, judged))
	r.Values = append(r.Values, result.PoolValues(pool, "accuracy", "workers with clicks on boxed images")...)
	r.Exclude("no worker_id", "showings", a.without)
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
		if p.clicked >= pass.FlagClicks && len(p.toClick) > 0 {
			v = append(v, stat.Median(p.toClick))
		}
	}
	return stat.Median(v)
}

// experience is accuracy and time by how many HITs the worker had done before.
func (a *annotators) experience(e *engine) result.Table {
	t := result.Table{Name: "by_experience", Title: "Accuracy and time by the number of HITs that the worker had submitted before", Columns: result.Header{
		{"hits_before", "", "HITs submitted before"}, {"workers", "count", "workers"}, {"n", "count", "clicks on images with a box"}, {"hits", "count", "of them, in a box"},
		{"accuracy", result.UnitShare, "hits / n"}, {"low", result.UnitShare, "95 % interval (wilson)"}, {"high", result.UnitShare, "95 % interval (wilson)"}, {"time_to_click", result.UnitMS, "median"},
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
		low, high := result.Bounds(stat.Wilson(c.hits, c.n))
		t.Rows = append(t.Rows, []any{bins[i].name, c.workers, c.n, c.hits, stat.Share(c.hits, c.n), low, high, stat.Number(stat.Median(c.times))})
	}
	return t
}
