package analysis

import (
	"cmp"
	"math"
	"slices"

	"abtool/byproduct/coco"
	"abtool/internal/stat"
)

// iconPrecision is whether icons lie on what they stand for (C3–C6).
type iconPrecision struct {
	r        *stat.Ratios
	of       [precisionVariants]stat.RatioID
	absent   stat.RatioID // icons on images that have nothing of the class
	unplaced stat.RatioID
	noPoint  int64 // icons of pages with ground truth
	noTruth  int64 // icons with a point
}

const (
	onMask = iota
	onMaskPresent
	onMaskPlaced
	onMaskFinal
	onMaskContinuous
	onBox
	onBoxPresent
	onMaskPresentFinal
	onMaskContinuousFinal
	onBoxFinal
	onBoxPresentFinal
	precisionVariants
)

var precisionNames = [precisionVariants]struct{ name, title, of string }{
	{"on_mask", "the last add lies on a mask of its class", "icons with a point"},
	{"on_mask.class_present", "variant: of classes that the image has", "such icons"},
	{"on_mask.placed", "variant: of icons that stay on the image", "such icons"},
	{"on_mask.final", "variant: of icons that stay, where they were put last", "such icons"},
	{"on_mask.continuous", "variant: the point itself in the polygons, not its pixel", "icons with a point"},
	{"on_box", "the last add lies in a bounding box of its class", "icons with a point"},
	{"on_box.class_present", "variant: of classes that the image has", "such icons"},
	{"on_mask.class_present_final", "variant: of icons that stay, where they were put last, of classes that the image has", "such icons"},
	{"on_mask.continuous_final", "variant: of icons that stay, where they were put last, the point itself in the polygons", "such icons"},
	{"on_box.final", "variant: of icons that stay, where they were put last", "such icons"},
	{"on_box.class_present_final", "variant: of icons that stay, where they were put last, of classes that the image has", "such icons"},
}

func newIconPrecision(_ *cocoEngine, r *stat.Ratios) *iconPrecision {
	a := &iconPrecision{r: r, absent: r.Declare(1), unplaced: r.Declare(1)}
	id := r.Declare(precisionVariants)
	for i := range a.of {
		a.of[i] = id + stat.RatioID(i)
	}
	return a
}

func (a *iconPrecision) page(p *page) {
	for i := range p.icons {
		k := &p.icons[i]
		switch {
		case p.truth == nil:
			if k.Added() {
				a.noTruth++
			}
			continue
		case !k.Added():
			a.noPoint++
		default:
			a.r.Count(p.cluster, a.of[onMask], k.onMask)
			a.r.Count(p.cluster, a.of[onMaskContinuous], k.continuous)
			a.r.Count(p.cluster, a.of[onBox], k.onBox)
			a.r.Count(p.cluster, a.absent, !k.present)
			a.r.Count(p.cluster, a.unplaced, !k.Placed)
			if k.present {
				a.r.Count(p.cluster, a.of[onMaskPresent], k.onMask)
				a.r.Count(p.cluster, a.of[onBoxPresent], k.onBox)
			}
			if k.Placed {
				a.r.Count(p.cluster, a.of[onMaskPlaced], k.onMask)
			}
		}
		if k.Ends() {
			a.final(p.cluster, k)
		}
	}
}

// final counts an icon that stays where it was put last.
func (a *iconPrecision) final(cluster int32, k *icon) {
	a.r.Count(cluster, a.of[onMaskFinal], k.endMask)
	a.r.Count(cluster, a.of[onMaskContinuousFinal], k.endContinuous)
	a.r.Count(cluster, a.of[onBoxFinal], k.endBox)
	if k.present {
		a.r.Count(cluster, a.of[onMaskPresentFinal], k.endMask)
		a.r.Count(cluster, a.of[onBoxPresentFinal], k.endBox)
	}
}

func (a *iconPrecision) Merge(o *iconPrecision) {
	a.noPoint += o.noPoint
	a.noTruth += o.noTruth
}

func (a *iconPrecision) Result(e *cocoEngine, r *Statistic) {
	for i, v := range precisionNames {
		r.add(e.ratio(v.name, v.title, unitShare, v.of, a.of[i]))
	}
	r.add(e.ratio("absent", "icons of classes that the image does not have: they miss", unitShare, "icons with a point", a.absent),
		e.ratio("removed", "icons with a point that do not stay on the image", unitShare, "icons with a point", a.unplaced))
	r.warnFew(r.Values[0])
	r.exclude("no add with a place", "icons", a.noPoint)
	r.exclude("the image is not in the ground truth", "icons with a point", a.noTruth)
}

// cocoCentreBias is where the centres of boxes and the icons are (I10, C12).
type cocoCentreBias struct {
	r                     *stat.Ratios
	middle                stat.RatioID // of icons, of those with ground truth
	centres, icons, known stat.Grid
	noSize                int64
}

func newCOCOCentreBias(_ *cocoEngine, r *stat.Ratios) *cocoCentreBias {
	return &cocoCentreBias{r: r, middle: r.Declare(2)}
}

func (a *cocoCentreBias) row(r *cocoRow) {
	for i := range r.page.icons {
		if k := &r.page.icons[i]; k.Added() {
			a.icons.Add(k.X, k.Y)
			a.r.CountMiddle(r.page.cluster, a.middle, k.X, k.Y)
		}
	}
}

func (a *cocoCentreBias) page(p *page) {
	if p.truth == nil {
		return
	}
	for i := range p.icons {
		if k := &p.icons[i]; k.Added() {
			a.known.Add(k.X, k.Y)
			a.r.CountMiddle(p.cluster, a.middle+1, k.X, k.Y)
		}
	}
}

func (a *cocoCentreBias) truth(m *coco.Image) {
	for i := range m.Instances {
		o := &m.Instances[i]
		if !o.HasBox || !m.Sized() {
			a.noSize++
			continue
		}
		a.centres.Add((o.X+o.W/2)/float64(m.Width), (o.Y+o.H/2)/float64(m.Height))
	}
}

func (a *cocoCentreBias) Merge(o *cocoCentreBias) {
	a.centres.Merge(&o.centres)
	a.icons.Merge(&o.icons)
	a.known.Merge(&o.known)
	a.noSize += o.noSize
}

func (a *cocoCentreBias) Result(e *cocoEngine, r *Statistic) {
	for _, g := range []struct {
		name, title, of string
		grid            *stat.Grid
		middle          stat.RatioID
	}{
		{"gt_centres", "centres of ground-truth boxes", "boxes", &a.centres, -1},
		{"icons", "icons: the last add", "icons with a point", &a.icons, a.middle},
		{"icons_with_gt", "variant: icons on images of the ground truth", "such icons", &a.known, a.middle + 1},
	} {
		r.addGrid(g.name, g.title, g.of, g.grid, e.boot, g.middle)
	}
	r.warnFew(r.Values[0])
	r.exclude("no usable box, or the image's size is unknown", "instances", a.noSize)
}

// iconFrame is where in its box an icon lies (C12, I15).
type iconFrame struct {
	r               *stat.Ratios
	nearest, single stat.Frame
	means           stat.RatioID
	noBox           int64
}

func newIconFrame(_ *cocoEngine, r *stat.Ratios) *iconFrame {
	return &iconFrame{r: r, means: r.Declare(4)}
}

func (a *iconFrame) page(p *page) {
	if p.truth == nil {
		return
	}
	for i := range p.icons {
		k := &p.icons[i]
		switch {
		case !k.Added():
		case !k.nearest:
			a.noBox++
		default:
			a.nearest.Add(k.u, k.v)
			a.r.AddPoint(p.cluster, a.means, k.u, k.v)
			if k.single {
				a.single.Add(k.u, k.v)
				a.r.AddPoint(p.cluster, a.means+2, k.u, k.v)
			}
		}
	}
}

func (a *iconFrame) Merge(o *iconFrame) {
	a.nearest.Merge(&o.nearest)
	a.single.Merge(&o.single)
	a.noBox += o.noBox
}

func (a *iconFrame) Result(e *cocoEngine, r *Statistic) {
	r.addFrame("nearest_box", "in the frame of the nearest box of the class", "icons on images that have a box of the class", &a.nearest, e.boot, a.means)
	r.addFrame("single_box", "variant: where the image has one box of the class", "such icons", &a.single, e.boot, a.means+2)
	r.warnFew(r.Values[0])
	r.exclude("the image has no box of the class", "icons with a point", a.noBox)
}

// sequences is what was done with icons that stay on the image (C10).
type sequences struct {
	r        *stat.Ratios
	one      stat.RatioID // the share of icons that were added and never touched again
	counts   map[int32]int64
	longest  []longIcon // of the most actions
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

func newSequences(_ *cocoEngine, r *stat.Ratios) *sequences {
	return &sequences{r: r, one: r.Declare(1), counts: map[int32]int64{}}
}

func (a *sequences) row(r *cocoRow) {
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

// keep keeps the icons of the most actions.
func (a *sequences) keep(k longIcon) {
	if len(a.longest) > 0 && k.actions < a.longest[0].actions {
		return
	}
	if len(a.longest) > 0 && k.actions > a.longest[0].actions {
		a.longest = a.longest[:0]
	}
	a.longest = append(a.longest, k)
}

func (a *sequences) Merge(o *sequences) {
	for s, n := range o.counts {
		a.counts[s] += n
	}
	for _, k := range o.longest {
		a.keep(k)
	}
	a.unplaced += o.unplaced
}

func (a *sequences) Result(e *cocoEngine, r *Statistic) {
	type entry struct {
		text string
		n    int64
	}
	var list []entry
	var total int64
	for id, n := range a.counts {
		list = append(list, entry{e.sequences.List[id], n})
		total += n
	}
	slices.SortFunc(list, func(a, b entry) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.text, b.text)) })
	longest := stat.Number(math.NaN())
	if len(a.longest) > 0 {
		longest = stat.Number(a.longest[0].actions)
	}
	r.add(count("icons", "icons that stay on the image", "icons", total),
		e.ratio("add_only", "icons that were added and never touched again", unitShare, "icons that stay", a.one),
		Value{Name: "longest_actions", Title: "actions of the longest sequence", Value: longest, Unit: "count", N: total, Of: "icons that stay"})
	t := Table{Name: "by_sequence", Title: "Sequences of actions with an icon that stays", Columns: Header{
		{"sequence", "", "types of the actions, in list order"}, {"n", "count", "icons"}, {"share", unitShare, "of all icons that stay"},
		{"low", unitShare, "95 % interval (wilson)"}, {"high", unitShare, "95 % interval (wilson)"},
		{"published", "count", "the paper's count, of its own data (figure J)"},
	}.Columns()}
	for _, s := range list {
		low, high := bounds(stat.Wilson(s.n, total))
		var published any
		if n, ok := publishedSequences[s.text]; ok {
			published = n
		}
		t.Rows = append(t.Rows, []any{s.text, s.n, stat.Share(s.n, total), low, high, published})
	}
	r.Tables = append(r.Tables, t)
	r.Tables = append(r.Tables, a.longestTable(e))
	r.exclude("the last action is remove", "icons", a.unplaced)
}

// longestTable has the icon of the most actions; ties are broken by the sequence's text, then by
// the row.
func (a *sequences) longestTable(e *cocoEngine) Table {
	t := Table{Name: "longest", Title: "The longest sequence", Columns: Header{
		{"sequence", "", "types of the actions"}, {"actions", "count", "their number"}, {"icon", "", "class of the icon"}, {"image_id", "", "the image"}, {"seq", "", "the row of coco_annotations"},
	}.Columns()}
	if len(a.longest) == 0 {
		return t
	}
	first := slices.MinFunc(a.longest, func(x, y longIcon) int {
		return cmp.Or(
			cmp.Compare(e.sequences.List[x.sequence], e.sequences.List[y.sequence]),
			cmp.Compare(x.seq, y.seq), cmp.Compare(x.class, y.class))
	})
	t.Rows = append(t.Rows, []any{e.sequences.List[first.sequence], int64(first.actions), e.categories[first.class], first.image, first.seq})
	return t
}
