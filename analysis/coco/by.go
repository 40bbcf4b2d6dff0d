package coco

import (
	"slices"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct"
	"abtool/byproduct/coco"
	"abtool/internal/stat"
)

// A breakdown has a profile of the pages for each value of a key.
type breakdown struct {
	*pass.Groups[profile, *profile]
	of   func(*page) int32 // number of the page's key; −1 if it has none
	arms *pass.Arms        // only of a breakdown by arm
}

// newBreakdown returns a breakdown by the key worker, class, hit, week or arm. id is the column that the key needs.
func newBreakdown(e *engine, r *pass.Counts, key, id string) *breakdown {
	classes := byproduct.NewNames(e.categories...)
	b := &breakdown{Groups: pass.NewGroups[profile](&e.Base, r, key, classes, "pages", id)}
	switch key {
	case "worker":
		b.of = func(p *page) int32 { return p.worker }
	case "hit":
		b.of = func(p *page) int32 { return p.hit }
	case "arm":
		b.of = func(x *page) int32 { return x.arm }
		b.arms = pass.NewArms(r,
			pass.ArmShare{Name: "precision", Title: "the icon is on a mask of its class", Of: "icons on images of the ground truth"},
			pass.ArmShare{Name: "recall", Title: "the class was found", Of: "classes of images of the ground truth"})
	case "week":
		b.of = func(p *page) int32 { return e.Week(p.started) }
	}
	return b
}

// at returns the profile of a page, or nil if it has no key.
func (b *breakdown) at(g *page) *profile {
	p := b.At(b.of(g))
	if p != nil && p.hit == nil && b.Key == "hit" {
		p.hit = &coco.HIT{}
	}
	return p
}

func (b *breakdown) row(r *record) {
	if b.Key == "class" {
		for i := range r.page.icons {
			k := &r.page.icons[i]
			p := b.At(k.Class)
			p.pages++
			p.actions += int64(k.actions)
			p.addIcon(k)
		}
		return
	}
	if p := b.at(r.page); p != nil {
		p.addPage(r)
	} else {
		b.Without++
	}
}

func (b *breakdown) page(g *page) {
	if g.truth == nil {
		return
	}
	if b.Key != "class" {
		if p := b.at(g); p != nil {
			p.addTruth(g)
		}
		if b.arms != nil {
			b.arms.AddCount(g.arm, g.cluster, 1, g.recall.Placed, g.recall.Classes)
			for i := range g.icons {
				if k := &g.icons[i]; k.Added() {
					b.arms.Count(g.arm, g.cluster, 0, k.onMask)
				}
			}
		}
		return
	}
	for i := range g.icons {
		b.At(g.icons[i].Class).addIconTruth(&g.icons[i])
	}
	for _, f := range g.found {
		p := b.At(f.Class)
		p.known++
		p.classes++
		p.retrieved += stat.One(f.Placed)
		p.recall.Add(float64(stat.One(f.Placed)))
	}
}

// table returns a table with a row for each profile, with the extra cells between its name and its own cells.
func (b *breakdown) table(e *engine, title string, extra result.Header,
	cells func(i int, p *profile) []any) result.Table {
	own := profileHeader
	if b.Key == "class" { // the pages of a class are those on which its icon was used
		own = slices.Clone(own)
		own[0][2], own[1][2] = "pages on which its icon was used", "annotated images that have the class"
	}
	return b.Table(&e.Base, title, extra, own, cells)
}

// By returns the table that Options.By asks for.
func By(key string) pass.Entry {
	definition := "Over the pages of each " + key + ": recall, precision, the places of icons, actions, " +
		"time, steps and mouse samples."
	if key == "class" {
		definition = "Over the icons of each class and the annotated images that have it: recall, " +
			"precision, the places of icons and actions."
	}
	if key == "arm" {
		definition += " Values are the shares of icons that are on a mask of their class and of classes that were found in each arm, " +
			"and their differences from the first arm by name; intervals resample annotators."
	}
	return pass.Entry{Entry: result.Entry{Name: "by_" + key, Title: "By " + key, Rules: "C3, C4, C7, C8",
		Definition: definition}, Make: pass.Gathers(newGroups)}
}

// groups gathers the table that By describes.
type groups struct{ *breakdown }

func newGroups(e *engine, r *pass.Counts) groups {
	return groups{newBreakdown(e, r, e.Options.By, e.Options.By)}
}

func (a groups) Result(e *engine, r *result.Statistic) {
	if a.arms != nil {
		r.Add(a.arms.Values(&e.Base)...)
	}
	r.Tables = append(r.Tables, a.table(e, "Pages by "+a.Key, nil, nil))
}
