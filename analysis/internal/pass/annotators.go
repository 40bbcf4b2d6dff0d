package pass

import (
	"math"
	"slices"

	"abtool/analysis/result"
	"abtool/internal/stat"
)

// Annotators ranks and flags annotators.
type Annotators struct {
	what   string // accuracy or precision
	aims   []*Aim
	trials []stat.Tally
	pool   stat.BetaBinomial
	ranks  []int64
	usual  float64 // median, over annotators, of their median time

	judged int64
	flags  [3]int64
}

// Thresholds for flagging an annotator.
const (
	FlagPoints  = 20  // annotators with fewer clicks or icons are not flagged
	centreShare = 0.5 // flagged if a larger share of them lies near the centre
	rushShare   = 0.5 // flagged if the median time is below this share of the median annotator's
	BotShare    = 0.2 // flagged if a larger share has no trace, or a straight one
)

// NewAnnotators returns annotators with their points and times (ms), and sorts the times. what names the
// share of points that hit: accuracy or precision.
func NewAnnotators(what string, aims []*Aim, times [][]int64) *Annotators {
	a := &Annotators{what: what, aims: aims}
	var medians []float64
	for i, aim := range aims {
		a.trials = append(a.trials, aim.Judged)
		slices.Sort(times[i])
		if aim.N >= FlagPoints && len(times[i]) > 0 {
			medians = append(medians, stat.Quantile(times[i], 0.5))
		}
	}
	a.usual = stat.Median(medians)
	a.pool = stat.FitPool(a.trials)
	a.ranks = a.pool.Ranks(a.trials)
	return a
}

// RankHeader names the cells of Rank; units names the judged units, images or icons.
func (a *Annotators) RankHeader(units string) result.Header {
	return result.Header{
		{"pooled_" + a.what, result.UnitShare,
			"posterior mean of " + a.what + " in a beta-binomial model: pulled towards the mean of all " +
				"annotators, the more so the fewer " + units},
		{"pooled_low", result.UnitShare, "95 % interval of pooled_" + a.what + " (posterior)"},
		{"pooled_high", result.UnitShare, "95 % interval of pooled_" + a.what + " (posterior)"},
		{"rank", "", "rank by pooled_" + a.what + "; 1 is the best"},
	}
}

// Rank returns the cells for the i-th annotator's pooled share and rank. The rank is null without points.
func (a *Annotators) Rank(i int) []any {
	post := a.pool.Posterior(a.trials[i])
	row := []any{post.Mean, post.Low, post.High, nil}
	if a.ranks[i] > 0 {
		row[3] = a.ranks[i]
	}
	return row
}

// Flags returns the cells for the i-th annotator's flags: clicks near the centre, short times, and bot-like
// traces, which the caller decides. An annotator with few points is not flagged.
func (a *Annotators) Flags(i int, times []int64, bot bool) []any {
	aim := a.aims[i]
	if aim.N < FlagPoints {
		return []any{false, false, false}
	}
	a.judged++
	flags := [3]bool{
		float64(aim.centre) > centreShare*float64(aim.N),
		len(times) > 0 && stat.Quantile(times, 0.5) < rushShare*a.usual,
		bot,
	}
	for k, yes := range flags {
		a.flags[k] += stat.One(yes)
	}
	return []any{flags[0], flags[1], flags[2]}
}

// Values returns the share of annotators with each flag, and the parameters of the beta-binomial model.
func (a *Annotators) Values(titles [3]string, points, of string) (values []result.Value) {
	for k, name := range []string{"flag_centre", "flag_rush", "flag_bot"} {
		values = append(values, result.Proportion(name, titles[k], "workers with 20 "+points+" or more",
			a.flags[k], a.judged))
	}
	total := a.pool.Alpha + a.pool.Beta
	mean := a.pool.Alpha / total
	add := func(name, title, unit string, v float64) {
		values = append(values, result.Value{Name: name, Title: title, Value: stat.Number(v), Unit: unit,
			N: a.pool.N, Of: of})
	}
	add("pool_mean", "mean "+a.what+" of annotators in the beta-binomial model", result.UnitShare, mean)
	add("pool_sd", "standard deviation of "+a.what+
		" between annotators, without the variation by chance", result.UnitShare,
		math.Sqrt(mean*(1-mean)/(total+1)))
	add("pool_size", "α + β: number of units with which an annotator's own "+a.what+
		" weighs as much as the mean of all", "count", total)
	return values
}

// Fitted reports whether the model could be fitted.
func (a *Annotators) Fitted() bool { return !math.IsNaN(a.pool.Alpha) }

// Unite appends to to the elements of from that it does not have yet.
func Unite[T comparable](to, from []T) []T {
	for _, v := range from {
		if !slices.Contains(to, v) {
			to = append(to, v)
		}
	}
	return to
}

// Worker returns the cell for the annotator of a HIT. Of several annotators, which is a fault of the data,
// it returns the first by name; it returns nil if none is known.
func (e *Base) Worker(workers []int32) any {
	var names []string
	for _, w := range workers {
		names = append(names, e.Workers.List[w])
	}
	if len(names) == 0 {
		return nil
	}
	return e.Options.Show("worker", slices.Min(names))
}
