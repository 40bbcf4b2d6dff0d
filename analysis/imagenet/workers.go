package imagenet

import (
	"cmp"
	"math"
	"slices"

	"abtool/analysis/internal/partial"
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// A deed is a showing in the order of a worker's showings.
type deed struct {
	submit, page, slot, seq, toClick int64
	worker, assignment               int32
	hit                              int8 // 1 hit, 0 miss, −1 if the image has no box or there is no click
}

func (d *deed) columns(c *partial.Columns) {
	c.Ref("worker", partial.Workers, &d.worker)
	c.Int("submit", &d.submit)
	c.Int("page", &d.page)
	c.Int("slot", &d.slot)
	c.Seq("seq", &d.seq)
	c.Int("to_click", &d.toClick)
	c.Ref("hit", partial.HITs, &d.assignment)
	partial.Small(c, "in_box", &d.hit)
}

// annotators makes a table of annotators (I19), with a rank that takes the number of images into account,
// the change over time, and flags.
type annotators struct {
	*breakdown
	deeds []deed
}

func newAnnotators(e *engine, r *pass.Counts) *annotators {
	a := &annotators{breakdown: newBreakdown(e, r, "worker", "worker_id")}
	pass.Rows(r, "showings", &a.deeds, (*deed).columns)
	return a
}

func (a *annotators) showing(s *showing) {
	if s.worker < 0 {
		a.Without++
		return
	}
	d := deed{submit: s.Submit, page: s.Page, slot: s.slot, seq: s.Seq, toClick: columnar.Null,
		worker: s.worker, assignment: s.assignment, hit: -1}
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
	a.At(s.worker).add(s, w)
	a.deeds = append(a.deeds, d)
}

// byWorker returns the deeds of each worker, in the order of careers.
func (a *annotators) byWorker() (lists [][]deed) {
	slices.SortFunc(a.deeds, func(a, b deed) int {
		return cmp.Or(cmp.Compare(a.worker, b.worker), cmp.Compare(a.submit, b.submit), cmp.Compare(a.page, b.page),
			cmp.Compare(a.slot, b.slot), cmp.Compare(a.seq, b.seq))
	})
	for from, to := 0, 0; from < len(a.deeds); from = to {
		for to < len(a.deeds) && a.deeds[to].worker == a.deeds[from].worker {
			to++
		}
		*pass.Place(&lists, int(a.deeds[from].worker)) = a.deeds[from:to]
	}
	return lists
}

// career compares the later half of a worker's showings with the earlier half, in order of submission, page
// and slot.
type career struct{ accuracy, logTime stat.Number } // later − earlier; logTime is the mean log of the time to click

func careerOf(deeds []deed) career {
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
	ids, all := a.Sorted()
	var aims []*pass.Aim
	var times [][]int64
	var showings []int64
	for _, p := range all {
		aims, times, showings = append(aims, &p.clicks), append(times, p.toClick), append(showings, p.showings)
	}
	people := pass.NewAnnotators("accuracy", aims, times)
	t := a.Table(&e.Base, "Annotators", nil, profileHeader, nil)
	t.Columns = append(t.Columns, slices.Concat(result.Header{{"hits", "count", "assignments"}},
		people.RankHeader("images"), result.Header{
			{"accuracy_drift", result.UnitShare, "accuracy in the later half of the showings − accuracy in " +
				"the earlier half"},
			{"time_drift", "log ratio", "mean of ln(time to click) in the later half of the showings − " +
				"mean in the earlier half"},
			{"flag_centre", "", "20 clicks or more, and more than half of them lie within 0.05 of the centre"},
			{"flag_rush", "", "20 clicks or more, and a median time to click below half of the median worker's"},
			{"flag_bot", "", "20 clicks or more, and more than a fifth of clicks have no mouse sample " +
				"since entering, or of traces no bend"},
		}).Columns()...)
	deeds := a.byWorker()
	for i, p := range all {
		mine := *pass.Place(&deeds, int(ids[i]))
		c := careerOf(mine)
		bot := float64(p.noTrace) > pass.BotShare*float64(p.timed) ||
			p.traces >= pass.FlagPoints && float64(p.straight) > pass.BotShare*float64(p.traces)
		t.Rows[i] = slices.Concat(t.Rows[i], []any{hitsOf(mine)}, people.Rank(i), []any{c.accuracy, c.logTime},
			people.Flags(i, p.toClick, bot))
	}
	n := int64(len(all))
	r.Add(result.Count("workers", "annotators", "workers", n),
		result.Value{Name: "showings_median", Title: "median number of showings of a worker",
			Value: stat.Number(stat.Median(showings)), Unit: "count", N: n, Of: "workers"})
	r.Add(people.Values([3]string{"workers who click the centre of images", "workers who rush",
		"workers with bot-like traces"}, "clicks",
		"workers with clicks on boxed images")...)
	r.Tables = append(r.Tables, t, experience(deeds))
}

func hitsOf(deeds []deed) int64 {
	seen := map[int32]struct{}{}
	for _, d := range deeds {
		if d.assignment >= 0 {
			seen[d.assignment] = struct{}{}
		}
	}
	return int64(len(seen))
}

// experience returns a table of accuracy and time by the number of HITs that the worker had submitted before.
func experience(byWorker [][]deed) result.Table {
	t := result.Table{Name: "by_experience", Title: "Accuracy and time by the number of HITs that the " +
		"worker had submitted before", Columns: result.Header{
		{"hits_before", "", "number of HITs submitted before"}, {"workers", "count", "workers"},
		{"n", "count", "clicks on images with a box"}, {"hits", "count", "clicks in a box"},
		{"accuracy", result.UnitShare, "hits / n"}, {"low", result.UnitShare, "95 % interval (wilson)"},
		{"high", result.UnitShare, "95 % interval (wilson)"},
		{"time_to_click", result.UnitMS, "median time from the last entry to the click"},
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
	for _, deeds := range byWorker {
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
		t.Rows = append(t.Rows, slices.Concat(
			[]any{bins[i].name, c.workers, c.n, c.hits}, pass.Share(c.hits, c.n),
			[]any{stat.Number(stat.Median(c.times))}))
	}
	return t
}
