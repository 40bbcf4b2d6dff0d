package imagenet

import (
	"cmp"
	"slices"

	"abtool/analysis/internal/partial"
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// timeEdges are the lower edges of the bins of the time to the click, in ms.
var timeEdges = []int64{0, 250, 500, 1000, 2000, 4000, 8000}

// difficulty compares the time from entering the image to the final click between clicks that hit and clicks
// that miss.
type difficulty struct {
	r               *pass.Counts
	byTime          stat.RatioID
	clicks          []timedClick
	noTime, noEnter int64
}

// A timedClick is a final click whose time is known.
type timedClick struct {
	cluster int32
	toClick int64
	hit     bool
}

func (k *timedClick) columns(c *partial.Columns) {
	c.Ref("cluster", partial.Clusters, &k.cluster)
	c.Int("to_click", &k.toClick)
	c.Bool("hit", &k.hit)
}

func newDifficulty(_ *engine, r *pass.Counts) *difficulty {
	a := &difficulty{r: r, byTime: r.Declare(len(timeEdges))}
	const of = "images with a box and a final click"
	pass.Rows(r, "clicks", &a.clicks, (*timedClick).columns)
	r.Excludes(&a.noTime, "the click has no time", of)
	r.Excludes(&a.noEnter, "no enter is recorded at or before the click", of)
	return a
}

func (a *difficulty) picture(p *picture) {
	if !p.clickedBoxed() {
		return
	}
	switch {
	case p.t == columnar.Null:
		a.noTime++
		return
	case p.trace.From == columnar.Null:
		a.noEnter++
		return
	}
	c := timedClick{p.final.cluster, p.t - p.trace.From, p.hit}
	a.clicks = append(a.clicks, c)
	k := len(timeEdges) - 1
	for timeEdges[k] > c.toClick {
		k--
	}
	a.r.Count(c.cluster, a.byTime+stat.RatioID(k), c.hit)
}

// relativeBins is the number of parts into which the clicks of one annotator are divided by time.
const relativeBins = 5

func (a *difficulty) Result(e *engine, r *result.Statistic) {
	slices.SortFunc(a.clicks, func(x, y timedClick) int {
		return cmp.Or(cmp.Compare(x.cluster, y.cluster), cmp.Compare(x.toClick, y.toClick))
	})
	rs := &stat.Ratios{}
	relative, auc := rs.Declare(relativeBins), rs.Declare(1)
	var pooled [2][]int64 // times of misses and of hits
	for from := 0; from < len(a.clicks); {
		to := from
		var times [2][]int64
		for ; to < len(a.clicks) && a.clicks[to].cluster == a.clicks[from].cluster; to++ {
			c := a.clicks[to]
			times[stat.One(c.hit)] = append(times[stat.One(c.hit)], c.toClick)
		}
		mine := a.clicks[from:to]
		first := 0
		for i, c := range mine {
			if c.toClick != mine[first].toClick {
				first = i
			}
			// Clicks of equal time share the bin of the first of them.
			rs.Count(c.cluster, relative+stat.RatioID(relativeBins*first/len(mine)), c.hit)
		}
		if slower, pairs := stat.MannWhitney(times[0], times[1]); pairs > 0 {
			at := rs.At(mine[0].cluster, auc)
			at.Num.Add(slower)
			at.Den += pairs
		}
		pooled[0], pooled[1] = append(pooled[0], times[0]...), append(pooled[1], times[1]...)
		from = to
	}
	own := e.Sample(rs)
	within := own.Mean("auc_within", "share of pairs of a miss and a hit of one annotator in which the "+
		"miss took longer, ties as half; 0.5 means no relation",
		"pairs of a miss and a hit of one annotator", auc)
	for i := range pooled {
		slices.Sort(pooled[i])
	}
	slower, pairs := stat.MannWhitney(pooled[0], pooled[1])
	r.Add(within, result.Value{Name: "auc", Title: "the same over pairs of any annotators; annotators who " +
		"are slow and careful lower it", Value: stat.Quotient(slower, float64(pairs)), Unit: result.UnitShare,
		N: pairs, Of: "pairs of a miss and a hit"},
		result.Median("median_hit", "median time from entering to the click, of clicks that hit",
			result.UnitMS, "clicks that hit", pooled[1]),
		result.Median("median_miss", "median time from entering to the click, of clicks that miss",
			result.UnitMS, "clicks that miss", pooled[0]))
	r.WarnFew(r.Values[0])
	t := curve(e.Sampled, "by_time", "Accuracy by the time from entering to the click", "from",
		"lower edge of the bin, ms", a.byTime, len(timeEdges))
	for k := range t.Rows {
		t.Rows[k][0] = timeEdges[k]
	}
	t.Columns[0].Unit = result.UnitMS
	byRank := curve(own, "by_fifth", "Accuracy by fifths of each annotator's clicks, from the quickest to the slowest", "fifth",
		"fifth of the annotator's clicks by time; 0 has the quickest", relative, relativeBins)
	r.Tables = append(r.Tables, t, byRank)
}
