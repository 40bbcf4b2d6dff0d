package coco

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// pageTime computes the distribution of the time on a page (C14).
type pageTime struct {
	r       *pass.Counts
	mean    stat.RatioID
	spent   []int64
	bins    stat.LogHistogram
	without int64
}

func newPageTime(_ *engine, r *pass.Counts) *pageTime {
	a := &pageTime{r: r, mean: r.Declare(1)}
	pass.Merges(r, "bins", &a.bins)
	pass.Lists(r, "time_spent", &a.spent)
	r.Excludes(&a.without, "no time_spent", "pages")
	return a
}

func (a *pageTime) row(r *record) {
	if r.page.spent == columnar.Null {
		a.without++
		return
	}
	a.spent = append(a.spent, r.page.spent)
	a.bins.Add(float64(r.page.spent))
	a.r.Add(r.page.cluster, a.mean, float64(r.page.spent))
}

func (a *pageTime) Result(e *engine, r *result.Statistic) {
	quantiles := result.Quantiles(a.spent) // sorts the times
	n := int64(len(a.spent))
	r.Add(e.Ratio("mean", "mean time on a page", result.UnitMS, "pages with a time", a.mean),
		result.Median("median", "median time on a page", result.UnitMS, "pages with a time", a.spent))
	r.WarnFew(r.Values[0])
	t := result.QuantileTable("Time on a page", result.Header{
		{"time", result.UnitMS, "time on a page, interpolated linearly between ranks"},
	}.Columns(), quantiles)
	r.Tables = append(r.Tables, t, result.LogTable(&a.bins, "time_spent", "Time on a page", result.UnitMS, "pages"))
	if n > 0 && n < 100 {
		r.Warn("quantile: there are only %d pages, too few for the 1 %% and 99 %% quantiles.", n)
	}
}
