package pass

import (
	"math"
	"slices"

	"abtool/analysis/result"
	"abtool/internal/stat"
)

// Annotators rank and flag those who did the rows.
type Annotators struct {
	what   string // accuracy or precision
	aims   []*Aim
	trials []stat.Tally
	pool   stat.BetaBinomial
	ranks  []int64
	usual  float64 // median over annotators of their median time

	judged int64
	flags  [3]int64
}

// When an annotator is flagged.
const (
	FlagPoints  = 20  // fewer clicks or icons than this say nothing
	centreShare = 0.5 // more of them than this near the centre
	rushShare   = 0.5 // median time below this share of the median annotator's
	BotShare    = 0.2 // more than this without a trace, or straight
)

// NewAnnotators returns annotators by their points and times, ms, which it sorts. what is the share of points
// that hit, accuracy or precision.
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

// RankHeader names the cells of Rank. units are what is judged, images or icons.
func (a *Annotators) RankHeader(units string) result.Header {
	return result.Header{
		{"pooled_" + a.what, result.UnitShare, a.what + " drawn towards that of all, the more the fewer " + units +
			": posterior mean of a beta-binomial model"},
		{"pooled_low", result.UnitShare, "95 % interval of it (posterior)"},
		{"pooled_high", result.UnitShare, "95 % interval of it (posterior)"},
		{"rank", "", "by pooled " + a.what + ", 1 is the best"},
	}
}

// Rank returns the cells of the i-th annotator's pooled share and rank, null without points.
func (a *Annotators) Rank(i int) []any {
	post := a.pool.Posterior(a.trials[i])
	row := []any{post.Mean, post.Low, post.High, nil}
	if a.ranks[i] > 0 {
		row[3] = a.ranks[i]
	}
	return row
}

// Flags returns the cells of the i-th annotator's flags: points near the centre, times in a rush, and traces
// as of a bot, which the caller decides. An annotator of few points has none.
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

// Values returns the shares of annotators with each flag, and what the model says of all.
func (a *Annotators) Values(titles [3]string, points, of string) (values []result.Value) {
	for k, name := range []string{"flag_centre", "flag_rush", "flag_bot"} {
		values = append(values, result.Proportion(name, titles[k], "workers with 20 "+points+" or more", a.flags[k], a.judged))
	}
	total := a.pool.Alpha + a.pool.Beta
	mean := a.pool.Alpha / total
	add := func(name, title, unit string, v float64) {
		values = append(values, result.Value{Name: name, Title: title, Value: stat.Number(v), Unit: unit, N: a.pool.N, Of: of})
	}
	add("pool_mean", "mean "+a.what+" of annotators in the beta-binomial model", result.UnitShare, mean)
	add("pool_sd", "standard deviation of "+a.what+" between annotators, chance taken out", result.UnitShare,
		math.Sqrt(mean*(1-mean)/(total+1)))
	add("pool_size", "α + β: how many units weigh as much as the others' "+a.what, "count", total)
	return values
}

// Fitted reports whether the model could be fitted.
func (a *Annotators) Fitted() bool { return !math.IsNaN(a.pool.Alpha) }

// Unite appends to to what it does not have yet of from.
func Unite[T comparable](to, from []T) []T {
	for _, v := range from {
		if !slices.Contains(to, v) {
			to = append(to, v)
		}
	}
	return to
}

// Worker returns the cell of who did a HIT: of several, which is a fault of the data, the first by name; null
// if nobody is known.
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
