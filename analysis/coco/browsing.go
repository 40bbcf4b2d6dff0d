package coco

import (
	"slices"

	"abtool/analysis/internal/partial"
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// browsing counts the steps of annotators through the superclasses (C13).
type browsing struct {
	r                                 *pass.Counts
	events, distinct, keyboard, reach stat.RatioID
	known                             stat.RatioID // steps by the keyboard, of the steps that record it
	pages                             stat.RatioID // pages with a step by the keyboard
	unknown                           int64
	bySuper                           map[int64]superclass
}

type superclass struct{ events, pages, keyboard, known int64 }

func (s *superclass) columns(c *partial.Columns) {
	c.Ints([]string{"events", "pages", "keyboard", "known"}, &s.events, &s.pages, &s.keyboard, &s.known)
}

func newBrowsing(_ *engine, r *pass.Counts) *browsing {
	id := r.Declare(6)
	a := &browsing{
		r: r, events: id, distinct: id + 1, keyboard: id + 2, reach: id + 3, known: id + 4, pages: id + 5,
		bySuper: map[int64]superclass{},
	}
	r.Numbers("keyboard_unknown", &a.unknown)
	pass.Map(r, "by_superclass", &a.bySuper, func(to *superclass, o superclass) {
		*to = superclass{to.events + o.events, to.pages + o.pages, to.keyboard + o.keyboard, to.known + o.known}
	}, func(super *int64, s *superclass, c *partial.Columns) {
		c.Int("category_idx", super)
		s.columns(c)
	})
	return a
}

func (a *browsing) row(r *record) {
	p, b := r.page, &r.page.browsing
	a.r.Add(p.cluster, a.events, float64(b.Steps))
	a.r.Add(p.cluster, a.distinct, float64(b.Distinct))
	a.r.Count(p.cluster, a.reach, b.Reached)
	a.r.Count(p.cluster, a.pages, b.Keyboard > 0)
	a.r.AddCount(p.cluster, a.keyboard, b.Keyboard, b.Steps)
	a.r.AddCount(p.cluster, a.known, b.Keyboard, b.Steps-b.Unsaid)
	a.unknown += b.Unsaid
	for i, super := range r.browse {
		known, yes := r.keyboard[i] != columnar.Null, r.keyboard[i] == 1
		if super == columnar.Null {
			continue
		}
		s := a.bySuper[super]
		s.events++
		if !slices.Contains(r.browse[:i], super) {
			s.pages++
		}
		if known {
			s.known++
			if yes {
				s.keyboard++
			}
		}
		a.bySuper[super] = s
	}
}

func (a *browsing) Result(e *engine, r *result.Statistic) {
	records := e.Ratios.Total(a.events)
	r.Add(result.Count("events", "steps through the superclasses", "steps", records.Count()),
		e.Ratio("events_mean", "mean number of steps on a page", "count", "pages", a.events),
		e.Ratio("distinct_mean", "mean number of different superclasses on a page; the opening one counts "+
			"only after a return to it", "count", "pages", a.distinct),
		e.Ratio("keyboard_share", "steps by the keyboard", result.UnitShare, "steps", a.keyboard),
		e.Ratio("keyboard_share.known", "variant: steps by the keyboard, of the steps that record the key or button", result.UnitShare,
			"steps that record it", a.known),
		result.CountOf("keyboard_unknown", "steps that do not record whether the key or the button was used",
			"steps", a.unknown, records.Count()),
		e.Ratio("records_with_keyboard", "pages with a step by the keyboard", result.UnitShare, "pages", a.pages),
		e.Ratio("reached_last", "pages on which the last superclass was reached, as a page requires before "+
			"it can be submitted", result.UnitShare, "pages", a.reach))
	t := result.Table{Name: "by_superclass", Title: "Steps by superclass", Columns: result.Header{
		{"category_idx", "", "number of the superclass, 0 to 10"},
		{"events", "count", "steps to the superclass"}, {"pages", "count", "pages with a step to it"},
		{"returns", "count", "steps to it after the first on a page"},
		{"keyboard_share", result.UnitShare, "share of the steps to it that were by the keyboard"},
		{"keyboard_unknown", "count", "steps to it that do not record whether the key or the button was used"},
	}.Columns()}
	var order []int64
	for super := range a.bySuper {
		order = append(order, super)
	}
	slices.Sort(order)
	for _, super := range order {
		s := a.bySuper[super]
		t.Rows = append(t.Rows, []any{super, s.events, s.pages, s.events - s.pages,
			stat.Share(s.keyboard, s.events), s.events - s.known})
	}
	r.Tables = append(r.Tables, t)
	r.WarnFew(r.Values[1])
}
