package scene

import (
	"cmp"
	"slices"
)

// Reasons of gaps. Where two hold, the earlier one of the list is given.
const (
	whyReload   = "reload"
	whyLost     = "lost"
	whyLevel    = "level"
	whySleep    = "sleep"
	whyHidden   = "hidden"
	whyOutside  = "outside"
	whyBetween  = "between"
	whySelected = "selected"
	whyFetch    = "fetch"
	whyDrag     = "drag"
	whyUnseen   = "unseen"
	whyStart    = "start"
	whyPlace    = "place"
	whyTime     = "time"
	whyNone     = "none"
)

// reasons explains each reason, in the order of their weight.
var reasons = []struct{ why, text string }{
	{whyReload, "the page was reloaded"},
	{whyLost, "what was recorded is lost"},
	{whyLevel, "the annotator did not agree to samples of the pointer"},
	{whySleep, "the computer was asleep"},
	{whyHidden, "the page was hidden"},
	{whyOutside, "the pointer was not there"},
	{whyBetween, "the pointer was on no image that is in the data"},
	{whySelected, "the image was selected: the front end takes no samples then"},
	{whyFetch, "an icon was fetched: the front end takes no samples off the image, or while an icon is dragged"},
	{whyDrag, "an icon was dragged: the front end takes no samples then"},
	{whyUnseen, "no samples: the pointer was off the image, on an icon, or still"},
	{whyStart, "the pointer had not moved yet"},
	{whyPlace, "samples without a place"},
	{whyTime, "samples without a time"},
	{whyNone, "the pointer was on the image, and no sample was taken"},
}

// Reasons returns the reasons of gaps in words.
func Reasons() map[string]string {
	m := map[string]string{}
	for _, r := range reasons {
		m[r.why] = r.text
	}
	return m
}

var weight = func() map[string]int {
	m := map[string]int{}
	for i, r := range reasons {
		m[r.why] = len(reasons) - i
	}
	return m
}()

// still is the time without samples, in ms, after which a front end that takes samples of a moving pointer must have
// had a reason.
const still = 100

// A gap is a time in which the place of the pointer is not known.
type gap struct {
	from, to float64
	why      string
}

// disjoint returns gaps that do not overlap, ascending. Where several hold, the one of the greatest weight stays.
func disjoint(all []gap) (out []gap) {
	type edge struct {
		at    float64
		why   string
		opens int // 1 or -1
	}
	var edges []edge
	for _, g := range all {
		if g.to > g.from {
			edges = append(edges, edge{g.from, g.why, 1}, edge{g.to, g.why, -1})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Compare(a.at, b.at) })
	open := map[string]int{} // gaps at the time, by reason
	for i := 0; i < len(edges); {
		from := edges[i].at
		for ; i < len(edges) && edges[i].at == from; i++ {
			open[edges[i].why] += edges[i].opens
		}
		why := ""
		for reason, n := range open {
			if n > 0 && (why == "" || weight[reason] > weight[why]) {
				why = reason
			}
		}
		if why == "" {
			continue
		}
		to := edges[i].at
		if n := len(out); n > 0 && out[n-1].why == why && out[n-1].to == from {
			out[n-1].to = to
		} else {
			out = append(out, gap{from, to, why})
		}
	}
	return out
}

// around cuts gaps where there are samples, whose times are ascending: what was recorded is drawn. It returns the
// number of samples within gaps.
func around(gaps []gap, times []float64) (out []gap, within int) {
	for _, g := range gaps {
		i, _ := slices.BinarySearch(times, g.from)
		for i < len(times) && times[i] <= g.from {
			i++
		}
		from := g.from
		for ; i < len(times) && times[i] < g.to; i++ {
			within++
			if t := times[i]; t-from >= still || from == g.from {
				out = append(out, gap{from, t, g.why})
			}
			from = times[i]
		}
		out = append(out, gap{from, g.to, g.why})
	}
	return out, within
}

// common returns the gaps that all of several tracks have. Between the images of a page the pointer is known only
// where it is known on one of them.
func common(tracks [][]gap) []gap {
	var edges []float64
	for _, gaps := range tracks {
		for _, g := range gaps {
			edges = append(edges, g.from, g.to)
		}
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	next := make([]int, len(tracks))
	var out []gap
	for i := 1; i < len(edges); i++ {
		from, to := edges[i-1], edges[i]
		why, known := "", false
		for k, gaps := range tracks {
			for next[k] < len(gaps) && gaps[next[k]].to <= from {
				next[k]++
			}
			if next[k] == len(gaps) || gaps[next[k]].from > from {
				known = true
				break
			}
			w := gaps[next[k]].why
			if w == whyOutside {
				w = whyBetween
			}
			if why == "" || why == whyBetween {
				why = w
			}
		}
		if !known {
			out = append(out, gap{from, to, why})
		}
	}
	return disjoint(out)
}

// within reports whether there is a gap between two times.
func (g *Gaps) within(a, b float64) bool {
	for i := range g.From {
		if g.From[i] < b && g.To[i] > a {
			return true
		}
	}
	return false
}

func gapColumns(all []gap) (g Gaps) {
	slices.SortFunc(all, func(a, b gap) int { return cmp.Compare(a.from, b.from) })
	g = Gaps{Numbers{}, Numbers{}, []string{}}
	for _, v := range all {
		g.From, g.To, g.Why = append(g.From, v.from), append(g.To, v.to), append(g.Why, v.why)
	}
	return g
}
