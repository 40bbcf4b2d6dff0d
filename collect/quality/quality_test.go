package quality

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"abtool/collect"
	"abtool/collect/derive"
	"abtool/collect/recording"
	"abtool/collect/storage"
)

// browseWork returns a work at HITs of pages with known images, of which it selects the first chosen of each page.
func browseWork(state string, pages, done, slots, known, chosen int) *Work {
	w := &Work{Assignment: storage.Assignment{ID: "a", State: state}, Level: "full"}
	w.HIT.Task = collect.Browse
	yes := true
	for p := range pages {
		page := collect.Page{Class: "robin"}
		for i := range slots {
			s := collect.Slot{Image: fmt.Sprintf("m%d_%d", p, i)}
			if i < known {
				s.Known = &yes
			}
			page.Slots = append(page.Slots, s)
		}
		w.HIT.Pages = append(w.HIT.Pages, page)
		if p >= done {
			continue
		}
		b := &derive.BrowsePage{Number: p}
		for i := range slots {
			b.Annotations = append(b.Annotations, &derive.Showing{Selected: i < chosen, ImageID: page.Slots[i].Image})
		}
		w.Pages = append(w.Pages, Page{Number: p, Plan: page, Browse: b, Attempts: []*recording.Page{{}}})
	}
	return w
}

// A rule holds as soon as nothing can break it, and is lost as soon as nothing can mend it; it fails only when
// nothing more will come.
func TestRules(t *testing.T) {
	paper := Thresholds{Recall: 0.333, Selected: 30, Place: 0.75, Pages: 9}
	for _, c := range []struct {
		name                 string
		w                    *Work
		recall, amount, page string
	}{
		{"all found", browseWork(storage.Submitted, 10, 10, 48, 12, 12), "holds", "holds", "holds"},
		{"a third is enough", browseWork(storage.Submitted, 10, 10, 48, 12, 4), "holds", "holds", "holds"},
		{"a quarter is not", browseWork(storage.Submitted, 10, 10, 48, 12, 3), "fails", "holds", "holds"},
		{"20 of 480", browseWork(storage.Submitted, 10, 10, 48, 4, 2), "holds", "fails", "holds"},
		{"nothing known", browseWork(storage.Submitted, 10, 10, 48, 0, 4), "open", "holds", "holds"},
		{"just begun", browseWork(storage.Working, 10, 1, 48, 12, 12), "open", "open", "open"},
		{"half, all found", browseWork(storage.Working, 10, 5, 48, 12, 12), "holds", "holds", "open"},
		{"seven pages without a find", browseWork(storage.Working, 10, 7, 48, 12, 0), "lost", "open", "open"},
		{"six pages without a find", browseWork(storage.Working, 10, 6, 48, 12, 0), "open", "open", "open"},
		{"too few left", browseWork(storage.Working, 10, 9, 20, 4, 1), "lost", "lost", "holds"},
		{"left after eight", browseWork(storage.Returned, 10, 8, 48, 12, 12), "holds", "holds", "fails"},
		{"left at once", browseWork(storage.Abandoned, 10, 0, 48, 12, 0), "open", "fails", "fails"},
	} {
		rules := Judge(c.w, paper, nil)
		got := []string{rules[0].String(), rules[1].String(), rules[2].String()}
		if want := []string{c.recall, c.amount, c.page}; !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v: %+v", c.name, got, want, rules)
		}
	}
	if r := Judge(browseWork(storage.Abandoned, 10, 0, 48, 12, 0), paper, nil)[3]; r.Name != "record" || r.Value != Open {
		t.Errorf("nothing is stored: %+v", r)
	}
}

// The last HIT of a plan has fewer pages, and needs the same share.
func TestThresholds(t *testing.T) {
	s := collect.Defaults(collect.Browse)
	for _, c := range []struct{ pages, slots, selected, need int }{{10, 48, 30, 9}, {3, 48, 9, 2}, {1, 48, 3, 0}, {10, 24, 15, 9}, {12, 48, 30, 9}} {
		w := browseWork(storage.Working, c.pages, 0, c.slots, 0, 0)
		if got := ThresholdsFor(&s, &w.HIT); got.Selected != c.selected || got.Pages != c.need || got.Recall != 0.333 {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	tag := collect.Defaults(collect.Tag)
	if tag.Quality.Pages != 16 || tag.Quality.Place != 0.75 {
		t.Errorf("%+v", tag.Quality)
	}
}

// Who had the rest of a HIT is judged by the pages of the rest.
func TestRest(t *testing.T) {
	s := collect.Defaults(collect.Browse)
	w := browseWork(storage.Submitted, 10, 10, 48, 12, 6)
	w.Pages, w.Left = w.Pages[6:], map[int]bool{0: true, 1: true, 2: true, 3: true, 4: true, 5: true}
	a := Assess(w, &s, Durations{}, nil)
	if a.Pages != 4 || a.Of != 4 || len(a.Failing()) > 0 {
		t.Errorf("%d of %d pages, %+v", a.Pages, a.Of, a.Rules)
	}
	w.Left = nil
	if a := Assess(w, &s, Durations{}, nil); a.Of != 10 || !slices.Contains(a.Failing(), "pages") {
		t.Errorf("%d of %d pages, %+v", a.Pages, a.Of, a.Rules)
	}
}

func names(signals []Signal) string {
	var all []string
	for _, s := range signals {
		all = append(all, s.Name)
	}
	return strings.Join(all, " ")
}

// moves returns movements of 10 samples each. bend is how far their middle is from the line, in tenths of a
// pixel; jitter is added to the time of every other sample.
func moves(n int, bend int32, jitter int64) (all []recording.Sample) {
	t := int64(0)
	for range n {
		t += 500_000
		for i := range int32(10) {
			t += 8000 + jitter*int64(i%2)
			s := recording.Sample{T: t, X: 100 * i, Y: 1000}
			if i == 5 {
				s.Y += bend
			}
			all = append(all, s)
		}
	}
	return all
}

// Every signal is seen in a work that has it, and not in one that falls just short of it.
func TestScreen(t *testing.T) {
	with := func(change func(w *Work)) *Work {
		w := browseWork(storage.Submitted, 4, 4, 6, 0, 3)
		w.Pages[0].Attempts[0].Samples = moves(30, 40, 700)
		change(w)
		return w
	}
	place := func(n int, x, step float64) func(*Work) {
		return func(w *Work) {
			for i := range n {
				px, y := x+step*float64(i), 0.5
				r := w.Pages[0].Browse.Annotations[0]
				r.SelectedRecord = append(r.SelectedRecord, derive.Point{X: &px, Y: &y})
			}
		}
	}
	known := func(gold, selected, yes bool) func(*Work) {
		return func(w *Work) {
			a := w.Pages[1].Browse.Annotations[0]
			a.Gold, a.Known, a.Selected = &gold, &yes, selected
		}
	}
	all := func(pages int) func(*Work) {
		return func(w *Work) {
			for _, p := range w.Pages[:pages] {
				for _, a := range p.Browse.Annotations {
					a.Selected = true
				}
			}
		}
	}
	repeat := func(selected bool) func(*Work) {
		return func(w *Work) {
			w.Pages[1].Plan.Slots[0].Image = w.Pages[0].Plan.Slots[0].Image
			w.Pages[1].Browse.Annotations[0].Selected = selected
		}
	}
	for _, c := range []struct {
		name string
		w    *Work
		want string
	}{
		{"nothing", with(func(*Work) {}), ""},
		{"no samples", with(func(w *Work) { w.Pages[0].Attempts[0].Samples = nil }), "no-pointer"},
		{"no samples were asked for", with(func(w *Work) { w.Pages[0].Attempts[0].Samples, w.Level = nil, "events" }), ""},
		{"straight", with(func(w *Work) { w.Pages[0].Attempts[0].Samples = moves(10, 4, 700) }), "straight"},
		{"few are straight", with(func(w *Work) { w.Pages[0].Attempts[0].Samples = moves(9, 0, 700) }), ""},
		{"bent by 0.7 px", with(func(w *Work) { w.Pages[0].Attempts[0].Samples = moves(20, 7, 700) }), ""},
		{"even", with(func(w *Work) { w.Pages[0].Attempts[0].Samples = moves(23, 40, 0) }), "even"},
		{"few are even", with(func(w *Work) { w.Pages[0].Attempts[0].Samples = moves(22, 40, 0) }), ""},
		{"one place", with(place(10, 0.4, 0)), "one-place"},
		{"nine choices", with(place(9, 0.4, 0)), ""},
		{"spread", with(place(10, 0.1, 0.05)), ""},
		{"all selected on two of four", with(all(2)), "select-all"},
		{"all selected on one of four", with(all(1)), ""},
		{"absent and selected", with(known(true, true, false)), "gold"},
		{"present and not selected", with(known(true, false, true)), "gold"},
		{"right", with(known(true, true, true)), ""},
		{"no check", with(known(false, true, false)), ""},
		{"repeated", with(repeat(true)), ""},
		{"repeated with another answer", with(repeat(false)), "repeats"},
	} {
		if got := names(Screen(c.w, Durations{})); got != c.want {
			t.Errorf("%s: signals %q, want %q", c.name, got, c.want)
		}
	}
}

// Twenty assignments of 10 min and one of 1 min: its distance from the mean is 4.36 standard deviations of the sample.
func TestFast(t *testing.T) {
	var all []storage.Assignment
	add := func(ms int64) {
		from, to := int64(1000), 1000+ms
		all = append(all, storage.Assignment{State: storage.Submitted, Started: &from, Submitted: &to})
	}
	for range 20 {
		add(600_000)
	}
	add(60_000)
	all = append(all, storage.Assignment{State: storage.Working})
	d := DurationsOf(all)
	if d.N != 21 || !d.Fast(60_000) || d.Fast(600_000) || d.Mean < 574_285 || d.Mean > 574_286 {
		t.Errorf("%+v", d)
	}
	// Of ten, none can be three standard deviations away.
	if few := DurationsOf(all[11:]); few.N != 10 || few.Fast(60_000) {
		t.Errorf("%+v", few)
	}
	if (Durations{}).Fast(0) || DurationsOf(all[:1]).Fast(0) {
		t.Error("one assignment is fast")
	}
}
