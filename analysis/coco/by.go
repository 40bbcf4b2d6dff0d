package coco

import (
	"slices"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct"
	"abtool/byproduct/coco"
	"abtool/internal/stat"
)

// breakdown profiles pages by a key.
type breakdown struct {
	key     string
	by      *byproduct.Names
	list    []*profile
	of      func(*page) int32 // −1: none
	without int64
}

func newBreakdown(e *engine, key string) *breakdown {
	b := &breakdown{key: key}
	switch key {
	case "worker":
		b.by, b.of = e.Workers, func(p *page) int32 { return p.worker }
	case "hit":
		b.by, b.of = e.HITs, func(p *page) int32 { return p.hit }
	case "week":
		b.by, b.of = e.Weeks, func(p *page) int32 { return e.Week(p.started) }
	case "class":
		b.by = byproduct.NewNames(e.categories...)
	}
	return b
}

func (b *breakdown) at(id int32) *profile {
	for int(id) >= len(b.list) {
		b.list = append(b.list, nil)
	}
	if b.list[id] == nil {
		b.list[id] = &profile{}
		if b.key == "hit" {
			b.list[id].hit = &coco.HIT{}
		}
	}
	return b.list[id]
}

func (b *breakdown) row(r *record) {
	if b.key == "class" {
		for i := range r.page.icons {
			k := &r.page.icons[i]
			p := b.at(k.Class)
			p.pages++
			p.actions += int64(k.actions)
			p.addIcon(k)
		}
		return
	}
	if id := b.of(r.page); id >= 0 {
		b.at(id).addPage(r)
	} else {
		b.without++
	}
}

func (b *breakdown) page(g *page) {
	if g.truth == nil {
		return
	}
	if b.key != "class" {
		if id := b.of(g); id >= 0 {
			b.at(id).judge(g)
		}
		return
	}
	for i := range g.icons {
		b.at(g.icons[i].Class).judgeIcon(&g.icons[i])
	}
	for _, f := range g.found {
		p := b.at(f.Class)
		p.known++
		p.classes++
		p.retrieved += stat.One(f.Placed)
		p.recall.Add(float64(stat.One(f.Placed)))
	}
}

func (b *breakdown) merge(o *breakdown) {
	for id, from := range o.list {
		if from != nil {
			b.at(int32(id)).merge(from)
		}
	}
	b.without += o.without
}

func (b *breakdown) each(f func(name string, p *profile)) {
	for _, id := range b.by.Sorted() {
		if int(id) < len(b.list) && b.list[id] != nil {
			f(b.by.List[id], b.list[id])
		}
	}
}

func (b *breakdown) table(name, title string, e *engine, columns []result.Column, extra func(p *profile) []any) result.Table {
	all := slices.Clone(profileColumns)
	if b.key == "class" { // of a class, a page is one on which its icon was used
		all[0].Title, all[1].Title = "pages on which its icon was used", "annotated images that have it"
	}
	t := result.Table{Name: name, Title: title, Columns: append(append(result.Header{{b.key, "", "the " + b.key}}.Columns(), columns...), all...)}
	b.each(func(name string, p *profile) {
		row := []any{e.Options.Show(b.key, name)}
		if extra != nil {
			row = append(row, extra(p)...)
		}
		t.Rows = append(t.Rows, append(row, p.row()...))
	})
	return t
}

// By is the table that Options.By asks for.
func By(key string) pass.Entry {
	definition := "Over the pages of each " + key + ": recall, precision, where icons are put, actions, time, steps and mouse."
	if key == "class" {
		definition = "Over the icons of each class, and the annotated images that have it: recall, precision, where icons are put, actions."
	}
	return pass.Entry{Entry: result.Entry{Name: "by_" + key, Title: "By " + key, Rules: "C3, C4, C7, C8", Definition: definition}, Make: pass.Gathers(newGroups)}
}

// groups gathers that table.
type groups struct{ *breakdown }

func newGroups(e *engine, _ *stat.Ratios) groups {
	return groups{newBreakdown(e, e.Options.By)}
}

func (a groups) Merge(o groups) { a.breakdown.merge(o.breakdown) }

func (a groups) Result(e *engine, r *result.Statistic) {
	r.Tables = append(r.Tables, a.table("by_"+a.key, "Pages by "+a.key, e, nil, nil))
	r.Exclude("no "+a.key, "pages", a.without)
}
