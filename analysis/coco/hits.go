package coco

import (
	"slices"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/stat"
)

// hits computes the paper's checks of HITs (C9).
type hits struct{ *breakdown }

func newHITs(e *engine, r *pass.Counts) hits {
	return hits{newBreakdown(e, r, "hit", "hit_id")}
}

func (a hits) Result(e *engine, r *result.Statistic) {
	rules := e.Options.Rules
	var n, lowRecall, lowPrecision, fewPages, flagged int64
	var recall, precision stat.Mean
	var durations, pages []int64
	var recalls, precisions []float64
	t := a.table(e, "HITs", result.Header{
		{"worker", "", "the annotator"}, {"distinct_pages", "count", "distinct page numbers"},
		{"duration", result.UnitMS, "sum of the times of its pages"},
		{"low_recall", "", "whether recall is below the threshold; null where recall is undefined"},
		{"low_precision", "", "whether precision is below the threshold; null where precision is undefined"},
		{"few_pages", "", "whether distinct_pages is below the threshold"},
	}, func(_ int, p *profile) []any {
		n++
		pages = append(pages, p.pages)
		low, wrong, short := p.hit.Flags(rules.MinRecall, rules.MinPrecision, rules.MinCOCOPages)
		lowRecall += stat.One(low)
		lowPrecision += stat.One(wrong)
		fewPages += stat.One(short)
		flagged += stat.One(low || wrong || short)
		var lowCell, wrongCell any
		if p.hit.Recall.N > 0 {
			v := float64(p.hit.Recall.Value())
			recall.Add(v)
			recalls, lowCell = append(recalls, v), low
		}
		if p.hit.Icons > 0 {
			v := p.hit.Precision()
			precision.Add(v)
			precisions, wrongCell = append(precisions, v), wrong
		}
		var d any
		if ms, ok := p.hit.Duration(); ok {
			durations = append(durations, ms)
			d = ms
		}
		return []any{e.Worker(p.workers), int64(len(p.hit.Pages)), d, lowCell, wrongCell, short}
	})
	slices.Sort(durations)
	_, _, skew := stat.Moments(recalls)
	byPages, byRecall, byPrecision := result.Quantiles(pages), result.Quantiles(recalls), result.Quantiles(precisions) // sorts them
	const withClass = "HITs with a page whose image has a class"
	r.Add(result.Count("hits", "HITs", "HITs", n))
	r.Add(result.MeanOf("recall", "mean over HITs of the mean recall of their pages", result.UnitShare,
		withClass, &recall)...)
	r.Add(result.Median("recall_median", "median of the same recalls", result.UnitShare, withClass, recalls),
		result.Value{Name: "recall_skew", Title: "skew m3/m2^1.5 of the same recalls",
			Value: stat.Number(skew), N: recall.N, Of: withClass},
		result.Median("pages_median", "median number of pages of a HIT in the data", "count", "HITs", pages))
	r.Add(result.MeanOf("precision", "mean over HITs of the share of icons on a mask of their class",
		result.UnitShare, "HITs with an icon on an image of the ground truth", &precision)...)
	r.Add(result.Median("duration_median", "median over HITs of the sum of the times of pages", result.UnitMS,
		"HITs with known times", durations),
		result.Proportion("low_recall", "HITs with a recall below the threshold", "HITs with a recall",
			lowRecall, recall.N),
		result.Proportion("low_precision", "HITs with a precision below the threshold",
			"HITs with a precision", lowPrecision, precision.N),
		result.Proportion("few_pages", "HITs with fewer pages than the threshold", "HITs", fewPages, n),
		result.Proportion("flagged", "HITs with at least one of these flags", "HITs", flagged, n))
	r.WarnFew(r.Values[0])
	if n > 0 {
		r.Warn("The release has only approved HITs, and of these only the pages whose image was kept, so " +
			"few_pages flags more HITs than the checks during the collection did.")
	}
	r.Tables = append(r.Tables, t, result.QuantileTable("Pages, recall and precision of a HIT", result.Header{
		{"pages", "count", "pages in the data"},
		{"recall", result.UnitShare, "mean recall of the HIT's pages, over HITs with a recall"},
		{"precision", result.UnitShare, "hits / icons of the HIT, over HITs with a precision"},
	}.Columns(), byPages, byRecall, byPrecision))
}
