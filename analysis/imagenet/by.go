package imagenet

import (
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct"
	"abtool/internal/stat"
)

// breakdown profiles showings by a key.
type breakdown struct {
	key      string
	profiles profiles
	of       func(*showing) int32 // number of the key, −1: none
	without  int64                // showings without the key
	tr       byproduct.Trace
}

// newBreakdown profiles by worker, class, hit or week.
func newBreakdown(e *engine, key string) *breakdown {
	b := &breakdown{key: key}
	switch key {
	case "worker":
		b.profiles.by, b.of = e.Workers, func(s *showing) int32 { return s.worker }
	case "hit":
		b.profiles.by, b.of = e.HITs, func(s *showing) int32 { return s.assignment }
	case "class":
		b.profiles.by, b.of = e.classes, func(s *showing) int32 { return s.class }
	case "week":
		b.profiles.by, b.of = e.Weeks, func(s *showing) int32 { return e.Week(s.Submit) }
	}
	return b
}

func (b *breakdown) showing(s *showing) {
	id := b.of(s)
	if id < 0 {
		b.without++
		return
	}
	var w *way
	if s.clicked() {
		w = s.way(&b.tr)
	}
	p := b.profiles.at(id)
	p.add(s, w)
	if b.key == "hit" {
		p.ofHIT(s)
	}
}

func (b *breakdown) picture(p *picture) {
	at := func(s *showing) *profile {
		if id := b.of(s); id >= 0 {
			return b.profiles.at(id)
		}
		return nil
	}
	pairUp(p, at, b.key == "worker" || b.key == "hit")
	if !p.clickedBoxed() {
		return
	}
	if q := at(p.final); q != nil {
		q.finals++
		if p.hit {
			q.finalHits++
		}
	}
}

func (b *breakdown) merge(o *breakdown) {
	b.profiles.merge(&o.profiles)
	b.without += o.without
}

// table is the table of profiles. extra gives columns between the key and the others.
func (b *breakdown) table(name, title string, e *engine, columns []result.Column, extra func(name string, p *profile) []any) result.Table {
	t := result.Table{Name: name, Title: title, Columns: append(append(result.Header{{b.key, "", "the " + b.key}}.Columns(), columns...), profileColumns...)}
	b.profiles.each(func(name string, p *profile) {
		row := []any{e.Options.Show(b.key, name)}
		if extra != nil {
			row = append(row, extra(name, p)...)
		}
		t.Rows = append(t.Rows, append(row, p.row()...))
	})
	return t
}

// By is the table that Options.By asks for.
func By(key string) pass.Entry {
	return pass.Entry{Entry: result.Entry{Name: "by_" + key, Title: "By " + key, Rules: "I4, I6, I19",
		Definition: "Over the showings of each " + key + ": recall, accuracy of the last valid click of each selected showing on boxed images, where it lies, speed, hesitation, times; and the accuracy of the final clicks of images that are among them."},
		Make: pass.Gathers(newGroups)}
}

// groups gathers that table.
type groups struct{ *breakdown }

func newGroups(e *engine, _ *stat.Ratios) groups {
	return groups{newBreakdown(e, e.Options.By)}
}

func (a groups) Merge(o groups) { a.breakdown.merge(o.breakdown) }

func (a groups) Result(e *engine, r *result.Statistic) {
	r.Tables = append(r.Tables, a.table("by_"+a.key, "Showings by "+a.key, e, nil, nil))
	r.Exclude("no "+a.key, "showings", a.without)
}
