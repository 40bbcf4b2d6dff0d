package imagenet

import (
	"slices"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/stat"
)

// hits computes the paper's checks of HITs (I17, I18).
type hits struct{ *breakdown }

func newHITs(e *engine, r *pass.Counts) hits {
	return hits{newBreakdown(e, r, "hit", "assignment_id")}
}

func (a hits) Result(e *engine, r *result.Statistic) {
	rules := e.Options.Rules
	var n, lowRecall, fewSelected, fewPages, flagged int64
	var recall stat.Mean
	var durations, images []int64
	var recalls []float64
	t := a.Table(&e.Base, "HITs", result.Header{
		{"worker", "", "the annotator"}, {"pages", "count", "distinct pages, a lower bound"},
		{"duration", result.UnitMS, "time from the first event to submission"},
		{"low_recall", "", "whether recall is below the threshold; null where recall is undefined"},
		{"few_selected", "", "whether selected is below the threshold"},
		{"few_pages", "", "whether pages is below the threshold"},
	}, profileHeader, func(_ int, p *profile) []any {
		n++
		images = append(images, p.showings)
		share := p.hit.Recall()
		if share == share {
			recall.Add(share)
			recalls = append(recalls, share)
		}
		var d any
		if ms, ok := p.hit.Duration(); ok {
			durations = append(durations, ms)
			d = ms
		}
		low, few, short := p.hit.Flags(rules.MinRecall, rules.MinSelected, rules.MinPages)
		lowRecall += stat.One(low)
		fewSelected += stat.One(few)
		fewPages += stat.One(short)
		flagged += stat.One(low || few || short)
		var lowCell any // null without a recall
		if share == share {
			lowCell = low
		}
		return []any{e.Worker(p.workers), int64(len(p.hit.Pages)), d, lowCell, few, short}
	})
	slices.Sort(durations)
	_, std, skew := stat.Moments(recalls)
	byRecall, byImages := result.Quantiles(recalls), result.Quantiles(images) // sorts them
	r.Add(result.Count("hits", "HITs (assignments)", "HITs", n),
		result.MeanOf("recall", "mean over HITs of recall, selected / shown", result.UnitShare, "HITs with a recall", &recall)[0],
		result.Median("recall_median", "median of the same recalls", result.UnitShare, "HITs with a recall", recalls),
		result.Value{Name: "recall_std", Title: "population standard deviation of the same recalls",
			Value: stat.Number(std),
			Unit:  result.UnitShare, N: recall.N, Of: "HITs with a recall"},
		result.Value{Name: "recall_skew", Title: "skew m3/m2^1.5 of the same recalls",
			Value: stat.Number(skew), N: recall.N, Of: "HITs with a recall"},
		result.Median("images_median", "median number of images shown in a HIT", "count", "HITs", images),
		result.Median("duration_median", "median time from the first event to submission", result.UnitMS,
			"HITs with known times", durations),
		result.Proportion("low_recall", "HITs with a recall below the threshold", "HITs with a recall", lowRecall, recall.N),
		result.Proportion("few_selected", "HITs with fewer selections than the threshold", "HITs", fewSelected, n),
		result.Proportion("few_pages", "HITs with fewer pages than the threshold", "HITs", fewPages, n),
		result.Proportion("flagged", "HITs with at least one of these flags", "HITs", flagged, n))
	if n > 0 {
		r.Warn("Only released images are known, so images, selections and pages are lower bounds, and " +
			"few_selected and few_pages flag more HITs than the checks during the collection did.")
		r.Warn("The paper also rejected HITs by checks of its database and of a hash, which cannot be " +
			"computed from released data.")
	}
	if at, _ := slices.BinarySearch(durations, longestHIT+1); at < len(durations) {
		r.Warn("duration: %d HITs seem to last more than a day, because an event in them has an impossible "+
			"time. The check long_before_submission of the statistic quality lists these events.", len(durations)-at)
	}
	r.Tables = append(r.Tables, t, result.QuantileTable("Images shown in a HIT, and recall of the HIT", result.Header{
		{"images", "count", "released images that were shown"}, {"recall", result.UnitShare, "selected / shown"},
	}.Columns(), byImages, byRecall))
}
