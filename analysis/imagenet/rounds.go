package imagenet

import (
	"slices"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/stat"
)

// rounds counts the showing at which images are selected (I3). The data do not record the rounds of the
// collection, so the k-th showing stands for the k-th round.
type rounds struct {
	r                              *pass.Counts
	firstRound                     stat.RatioID // first selected at the first showing, at the second showing
	twice                          stat.RatioID // selected in two showings or more
	shown, selected, firstSelected []int64
	times                          []int64 // images by the number of showings that selected them
}

func newRounds(_ *engine, r *pass.Counts) *rounds {
	a := &rounds{r: r, firstRound: r.Declare(2), twice: r.Declare(1)}
	r.Tallies("shown selected first_selected times", &a.shown, &a.selected, &a.firstSelected, &a.times)
	return a
}

func (a *rounds) picture(p *picture) {
	a.grow(len(p.showings))
	first := slices.IndexFunc(p.showings, (*showing).IsSelected)
	times := 0
	for k, s := range p.showings {
		a.shown[k]++
		if s.IsSelected() {
			a.selected[k]++
			times++
		}
		if k == first {
			a.firstSelected[k]++
		}
	}
	for k := range 2 {
		cluster := p.cluster
		if k < len(p.showings) {
			cluster = p.showings[k].cluster
		}
		a.r.Count(cluster, a.firstRound+stat.RatioID(k), k == first)
	}
	a.times[times]++
	a.r.Count(p.cluster, a.twice, times >= 2)
}

func (a *rounds) grow(n int) {
	for len(a.shown) < n {
		a.shown, a.selected, a.firstSelected = append(a.shown, 0), append(a.selected, 0), append(a.firstSelected, 0)
	}
	for len(a.times) < n+1 {
		a.times = append(a.times, 0)
	}
}

func (a *rounds) Result(e *engine, r *result.Statistic) {
	images, _, _ := e.images.Universe()
	t := result.Table{Name: "by_showing", Title: "Showings of an image, in order of submission",
		Columns: result.Header{
			{"showing", "", "number k of the showing of an image"},
			{"shown", "count", "images shown at least k times"},
			{"selected", "count", "images selected at that showing"},
			{"selected_share", result.UnitShare, "selected / shown"},
			{"first_selected", "count", "images first selected at that showing"},
			{"share_of_images", result.UnitShare, "first_selected / all images"},
		}.Columns()}
	for k := range a.shown {
		t.Rows = append(t.Rows, []any{int64(k + 1), a.shown[k], a.selected[k],
			stat.Share(a.selected[k], a.shown[k]), a.firstSelected[k], stat.Share(a.firstSelected[k], images)})
	}
	times := result.Table{
		Name: "by_times_selected", Title: "Images by the number of showings in which they were selected",
		Columns: result.Header{
			{"times", "count", "showings in which the image was selected"},
			{"images", "count", "images selected that often"},
			{"share", result.UnitShare, "images / all images"},
		}.Columns(),
	}
	for k, n := range a.times {
		times.Rows = append(times.Rows, []any{int64(k), n, stat.Share(n, images)})
	}
	r.Tables = append(r.Tables, t, times)
	r.Add(e.Ratio("first_round", "images selected at the first showing", result.UnitShare, "images", a.firstRound),
		e.Ratio("second_round", "images first selected at the second showing", result.UnitShare,
			"images", a.firstRound+1),
		e.Ratio("selected_twice", "images selected in two showings or more", result.UnitShare, "images", a.twice))
}
