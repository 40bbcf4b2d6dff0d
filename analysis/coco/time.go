package coco

import (
	"abtool/analysis/result"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// pageTime is the time on a page (C14).
type pageTime struct {
	r       *stat.Ratios
	mean    stat.RatioID
	spent   []int64
	bins    stat.LogHistogram
	without int64
}

func newPageTime(_ *engine, r *stat.Ratios) *pageTime {
	return &pageTime{r: r, mean: r.Declare(1)}
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

func (a *pageTime) Merge(o *pageTime) {
	a.spent = append(a.spent, o.spent...)
	a.bins.Merge(&o.bins)
	a.without += o.without
}

func (a *pageTime) Result(e *engine, r *result.Statistic) {
	quantiles := result.Quantiles(a.spent) // sorts the times
	n := int64(len(a.spent))
	r.Add(e.Ratio("mean", "mean time on a page", result.UnitMS, "pages with a time", a.mean),
		result.Value{Name: "median", Title: "median time on a page", Value: stat.Number(stat.Quantile(a.spent, 0.5)), Unit: result.UnitMS, N: n, Of: "pages with a time", Interval: stat.MedianInterval(a.spent)})
	r.WarnFew(r.Values[0])
	t := result.QuantileTable("Time on a page", result.Header{
		{"time", result.UnitMS, "time, interpolated linearly between ranks"},
	}.Columns(), quantiles)
	r.Tables = append(r.Tables, t, result.LogTable(&a.bins, "time_spent", "Time on a page", result.UnitMS, "pages"))
	r.Exclude("no time_spent", "pages", a.without)
	if n > 0 && n < 100 {
		r.Warn("quantile: %d pages are too few for the 1 %% and 99 %% quantiles.", n)
	}
}
