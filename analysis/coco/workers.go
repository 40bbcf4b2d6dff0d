package coco

import (
	"slices"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/stat"
)

// annotators makes a table of annotators, with ranks and flags.
type annotators struct{ *breakdown }

func newAnnotators(e *engine, r *pass.Counts) annotators {
	return annotators{newBreakdown(e, r, "worker", "worker_id")}
}

func (a annotators) Result(e *engine, r *result.Statistic) {
	_, all := a.Sorted()
	var aims []*pass.Aim
	var times [][]int64
	var pages []int64
	for _, p := range all {
		aims, times, pages = append(aims, &p.aim), append(times, p.spent), append(pages, p.pages)
	}
	people := pass.NewAnnotators("precision", aims, times)
	t := a.table(e, "Annotators", slices.Concat(result.Header{{"hits", "count", "HITs"}},
		people.RankHeader("icons"), result.Header{
			{"flag_centre", "", "20 icons or more, and more than half of them lie within 0.05 of the centre"},
			{"flag_rush", "", "20 icons or more, and a median time on a page below half of the median worker's"},
			{"flag_bot", "", "20 icons or more, and more than a fifth of the pages have an icon but no mouse sample"},
		}), func(i int, p *profile) []any {
		flags := people.Flags(i, p.spent, float64(p.still) > pass.BotShare*float64(p.pages))
		return slices.Concat([]any{int64(len(p.assignments))}, people.Rank(i), flags)
	})
	n := int64(len(all))
	r.Add(result.Count("workers", "annotators", "workers", n),
		result.Value{Name: "pages_median", Title: "median number of pages of a worker",
			Value: stat.Number(stat.Median(pages)), Unit: "count", N: n, Of: "workers"})
	titles := [3]string{"workers who put icons in the centre", "workers who rush",
		"workers with icons but without mouse samples"}
	r.Add(people.Values(titles, "icons", "workers with icons on images of the ground truth")...)
	if n > 0 && !people.Fitted() {
		r.Warn("The model of annotators cannot be fitted: it needs at least two annotators with icons on " +
			"images of the ground truth, and both hits and misses.")
	}
	r.Tables = append(r.Tables, t)
}
