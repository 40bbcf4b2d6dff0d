package coco

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct/coco"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// Examples returns examples of COCO pages from a store.
func Examples(ctx context.Context, store string, o result.ExampleOptions) (out []result.Example, err error) {
	all := pass.ExampleOptions(&o)
	all.Jobs = 1 // so that a page's lists and its ground truth reach the same goroutine
	s, err := Gather(ctx, store, all, []pass.Entry{{Make: pass.Gathers(func(e *engine, _ *pass.Counts) *examples {
		return &examples{e: e, o: o, out: &out, kept: map[int64]*result.Example{}}
	})}}, false)
	if err == nil {
		s.Result()
	}
	return out, err
}

// examples gathers the examples with the smallest chance.
type examples struct {
	e    *engine
	o    result.ExampleOptions
	out  *[]result.Example
	best pass.Candidates
	kept map[int64]*result.Example // by row
}

// fewestIcons is the least number of icons of an example.
const fewestIcons = 2

func (a *examples) row(r *record) {
	p := r.page
	icons := int64(0)
	for i := range p.icons {
		icons += stat.One(p.icons[i].Added() && p.icons[i].Placed)
	}
	id := fmt.Sprint(p.image)
	c := pass.Chance(a.o.Seed, id)
	if icons < fewestIcons || !pass.TakesExample(&a.o, id, r.mouse.Len()) || !(p.width > 0 && p.height > 0) ||
		!a.best.Wants(a.o.N, c) {
		return
	}
	x := &result.Example{Set: "coco", Image: id, Width: p.width, Height: p.height}
	if p.worker >= 0 {
		x.Worker = a.e.Options.Show("worker", a.e.Workers.List[p.worker])
	}
	for i, t := range r.mouse.T {
		if t != columnar.Null && r.mouse.Valid(i) {
			x.Samples = append(x.Samples, result.Sample{T: t, X: r.mouse.X[i], Y: r.mouse.Y[i]})
		}
	}
	for i, kind := range r.kind {
		if kind == coco.Unknown || r.class[i] < 0 || r.t[i] == columnar.Null {
			continue
		}
		v := result.Event{Sample: result.Sample{T: r.t[i], X: r.toX[i], Y: r.toY[i]}, Kind: kind.String(),
			Icon: a.e.categories[r.class[i]]}
		if kind == coco.Remove {
			v.X, v.Y = r.fromX[i], r.fromY[i]
		}
		if v.X != v.X || v.Y != v.Y {
			continue
		}
		x.Events = append(x.Events, v)
	}
	slices.SortStableFunc(x.Samples, func(a, b result.Sample) int { return cmp.Compare(a.T, b.T) })
	slices.SortStableFunc(x.Events, func(a, b result.Event) int { return cmp.Compare(a.T, b.T) })
	a.best.Add(a.o.N, pass.Candidate{Chance: c, ID: id, Done: x})
	a.kept[p.seq] = x
}

// page adds the boxes, hits and misses of an example.
func (a *examples) page(p *page) {
	x := a.kept[p.seq]
	if x == nil {
		return
	}
	if p.truth != nil {
		a.boxes(x, p)
	}
	for _, k := range p.icons {
		if !k.Added() || !k.Placed {
			continue
		}
		if p.truth != nil {
			x.Hits += stat.One(k.onMask)
			x.Misses += stat.One(!k.onMask)
		}
		last := -1
		for i := range x.Events {
			if v := &x.Events[i]; v.Icon == a.e.categories[k.Class] && v.Kind == "add" && v.X == k.X && v.Y == k.Y {
				last = i
			}
		}
		if last >= 0 {
			x.Events[last].Last, x.Events[last].Hit = true, k.onMask
		}
	}
}

// boxes adds the ground-truth boxes of the classes that have an icon.
func (a *examples) boxes(x *result.Example, p *page) {
	for i := range p.truth.Instances {
		o := &p.truth.Instances[i]
		if b, ok := o.Box(p.truth); ok && o.Class >= 0 && slices.ContainsFunc(p.icons, func(k icon) bool { return k.Class == o.Class }) {
			x.Boxes = append(x.Boxes, result.Box{Name: a.e.categories[o.Class], X0: b.X0, Y0: b.Y0,
				X1: b.X1, Y1: b.Y1})
		}
	}
}

// Merge adds what was gathered from the ground truth, which is nothing.
func (a *examples) Merge(o *examples) {
	if len(o.kept) > 0 {
		panic("analysis: examples of coco are for one goroutine")
	}
}

func (a *examples) Result(*engine, *result.Statistic) {
	for _, c := range a.best.List {
		*a.out = append(*a.out, *c.Done)
	}
}
