package coco

import (
	"math"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/stat"
)

// annotators is one row for each annotator.
type annotators struct {
	*breakdown
}

func newAnnotators(e *engine, _ *stat.Ratios) *annotators {
	return &annotators{newBreakdown(e, "worker")}
}

func (a *annotators) Merge(o *annotators) {
	a.breakdown.merge(o.breakdown)
}

func (a *annotators) Result(e *engine, r *result.Statistic) {
	var all []*profile
	var trials []stat.Tally
	a.each(func(_ string, p *profile) {
		all = append(all, p)
		trials = append(trials, stat.Tally{Hits: p.hits, N: p.judged})
	})
	pool := stat.FitPool(trials)
	ranks := pool.Ranks(trials)
	var times []float64
	for _, p := range all {
		if p.icons >= pass.FlagClicks && len(p.spent) > 0 {
			times = append(times, stat.Median(p.spent))
		}
	}
	usual := stat.Median(times)
	var centre, rush, bot, judged int64
	i := 0
	t := a.table("by_worker", "Annotators", e, result.Header{
		{"hits", "count", "HITs"},
		{"pooled_precision", result.UnitShare, "precision drawn towards that of all, the more the fewer icons: posterior mean of a beta-binomial model"},
		{"pooled_low", result.UnitShare, "95 % interval of it (posterior)"}, {"pooled_high", result.UnitShare, "95 % interval of it (posterior)"}, {"rank", "", "by pooled precision, 1 is the best"},
		{"flag_centre", "", "more than half of 20 icons or more lie within 0.05 of the centre"},
		{"flag_rush", "", "median time on a page below half of the median worker's"},
		{"flag_bot", "", "more than a fifth of the pages have an icon but no mouse sample"},
	}.Columns(), func(p *profile) []any {
		post := pool.Posterior(trials[i])
		var rank any
		if ranks[i] > 0 {
			rank = ranks[i]
		}
		i++
		enough := p.icons >= pass.FlagClicks
		isCentre := enough && float64(p.centre) > pass.CentreFlagShare*float64(p.icons)
		isRush := enough && len(p.spent) > 0 && stat.Median(p.spent) < pass.RushFlagTime*usual
		isBot := enough && float64(p.still) > pass.BotFlagShare*float64(p.pages)
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
	r.Add(result.Count("workers", "annotators", "workers", n),
		result.Value{Name: "pages_median", Title: "median number of pages of a worker", Value: stat.Number(stat.Median(pages)), Unit: "count", N: n, Of: "workers"},
		result.Proportion("flag_centre", "workers who put icons in the centre", "workers with 20 icons or more", centre, judged),
		result.Proportion("flag_rush", "workers who rush", "workers with 20 icons or more", rush, judged),
		result.Proportion("flag_bot", "workers with icons but no mouse", "workers with 20 icons or more", bot, judged))
	r.Add(result.PoolValues(pool, "precision", "workers with icons on images of the ground truth")...)
	r.Exclude("no worker_id", "pages", a.without)
	if n > 0 && math.IsNaN(pool.Alpha) {
		r.Warn("The model of annotators cannot be fitted: it needs two annotators with icons on images of the ground truth, and both hits and misses.")
	}
	r.Tables = append(r.Tables, t)
}
