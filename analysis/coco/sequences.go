package coco

import (
	"cmp"
	"math"
	"slices"

	"abtool/analysis/internal/partial"
	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/stat"
)

// sequences counts the sequences of actions with icons that stay on the image (C10).
type sequences struct {
	r        *pass.Counts
	one      stat.RatioID // share of icons that were added and never touched again
	counts   map[int32]int64
	longest  []longIcon // the icons with the most actions
	unplaced int64
}

// A longIcon is an icon with many actions.
type longIcon struct {
	actions  int
	sequence int32
	class    class
	seq      int64
	image    int64
}

func (k *longIcon) columns(c *partial.Columns) {
	partial.Small(c, "actions", &k.actions)
	c.Ref("sequence", partial.Sequences, &k.sequence)
	c.Ref("class", partial.Classes, &k.class)
	c.Seq("seq", &k.seq)
	c.Int("image", &k.image)
}

func newSequences(_ *engine, r *pass.Counts) *sequences {
	a := &sequences{r: r, one: r.Declare(1), counts: map[int32]int64{}}
	pass.Map(r, "by_sequence", &a.counts, func(to *int64, n int64) { *to += n }, func(k *int32, n *int64, c *partial.Columns) {
		c.Ref("sequence", partial.Sequences, k)
		c.Int("icons", n)
	})
	pass.Keeps(r, "longest", &a.longest, a.keep, (*longIcon).columns)
	r.Excludes(&a.unplaced, "the last action is remove", "icons")
	return a
}

func (a *sequences) row(r *record) {
	p := r.page
	for i := range p.icons {
		k := &p.icons[i]
		if !k.Placed {
			a.unplaced++
			continue
		}
		a.counts[k.sequence]++
		a.r.Count(p.cluster, a.one, k.actions == 1 && k.AnyAdd)
		a.keep(longIcon{k.actions, k.sequence, k.Class, p.seq, p.image})
	}
}

// keep keeps an icon if no other icon so far has more actions.
func (a *sequences) keep(k longIcon) {
	if len(a.longest) > 0 && k.actions < a.longest[0].actions {
		return
	}
	if len(a.longest) > 0 && k.actions > a.longest[0].actions {
		a.longest = a.longest[:0]
	}
	a.longest = append(a.longest, k)
}

func (a *sequences) Result(e *engine, r *result.Statistic) {
	type entry struct {
		text string
		n    int64
	}
	var list []entry
	var total int64
	for id, n := range a.counts {
		list = append(list, entry{text: e.sequences.List[id], n: n})
		total += n
	}
	slices.SortFunc(list, func(a, b entry) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.text, b.text)) })
	longest := stat.Number(math.NaN())
	if len(a.longest) > 0 {
		longest = stat.Number(a.longest[0].actions)
	}
	r.Add(result.Count("icons", "icons that stay on the image", "icons", total),
		e.Ratio("add_only", "icons that were added and never touched again", result.UnitShare,
			"icons that stay", a.one),
		result.Value{Name: "longest_actions", Title: "number of actions in the longest sequence",
			Value: longest, Unit: "count", N: total, Of: "icons that stay"})
	t := result.Table{Name: "by_sequence", Title: "Sequences of actions with an icon that stays",
		Columns: result.Header{
			{"sequence", "", "types of the actions, in list order"}, {"n", "count", "icons"},
			{"share", result.UnitShare, "n / all icons that stay"},
			{"low", result.UnitShare, "95 % interval (wilson)"}, {"high", result.UnitShare, "95 % interval (wilson)"},
			{"published", "count", "the paper's count for its own data (figure J)"},
		}.Columns()}
	for _, s := range list {
		var published any
		if n, ok := publishedSequences[s.text]; ok {
			published = n
		}
		t.Rows = append(t.Rows, slices.Concat([]any{s.text, s.n}, pass.Share(s.n, total), []any{published}))
	}
	r.Tables = append(r.Tables, t)
	r.Tables = append(r.Tables, a.longestTable(e))
}

// longestTable returns the table with the icon of the most actions. Ties are broken by the sequence's text,
// then by the row.
func (a *sequences) longestTable(e *engine) result.Table {
	t := result.Table{Name: "longest", Title: "The longest sequence", Columns: result.Header{
		{"sequence", "", "types of the actions"}, {"actions", "count", "number of actions"},
		{"icon", "", "class of the icon"}, {"image_id", "", "the image"}, {"seq", "", "the row of coco_annotations"},
	}.Columns()}
	if len(a.longest) == 0 {
		return t
	}
	first := slices.MinFunc(a.longest, func(x, y longIcon) int {
		return cmp.Or(
			cmp.Compare(e.sequences.List[x.sequence], e.sequences.List[y.sequence]),
			cmp.Compare(x.seq, y.seq), cmp.Compare(x.class, y.class))
	})
	t.Rows = append(t.Rows, []any{e.sequences.List[first.sequence], int64(first.actions),
		e.categories[first.class], first.image, first.seq})
	return t
}
