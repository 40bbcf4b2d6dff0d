package imagenet

import (
	"context"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// Examples returns examples of ImageNet images from a store.
func Examples(ctx context.Context, store string, o result.ExampleOptions) (out []result.Example, err error) {
	s, err := Gather(ctx, store, pass.ExampleOptions(&o),
		[]pass.Entry{{Make: pass.Gathers(func(e *engine, _ *pass.Counts) *examples {
			return &examples{e: e, o: o, out: &out}
		})}}, false)
	if err == nil {
		s.Result()
	}
	return out, err
}

// examples gathers the examples with the smallest chance, hits and misses separately.
type examples struct {
	e            *engine
	o            result.ExampleOptions
	out          *[]result.Example
	hits, misses pass.Candidates
}

func (a *examples) picture(p *picture) {
	if !p.clickedBoxed() || p.t == columnar.Null || !(p.final.width > 0 && p.final.height > 0) {
		return
	}
	id := a.e.images.IDs.At(p.image)
	if !pass.TakesExample(&a.o, id, p.trace.Segment.Len()) {
		return
	}
	to, c := &a.hits, pass.Chance(a.o.Seed, id)
	if !p.hit {
		to = &a.misses
	}
	if !to.Wants(a.o.N, c) {
		return
	}
	x := result.Example{Set: "imagenet", Image: id, Width: p.final.width, Height: p.final.height}
	if p.final.class >= 0 {
		x.Class = a.e.images.Classes[p.final.class]
	}
	if p.final.worker >= 0 {
		x.Worker = a.e.Options.Show("worker", a.e.Workers.List[p.final.worker])
	}
	for _, b := range p.boxes {
		x.Boxes = append(x.Boxes, result.Box{Name: "", X0: b.X0, Y0: b.Y0, X1: b.X1, Y1: b.Y1})
	}
	start := p.trace.Segment.T[0]
	for i := range p.trace.Segment.T {
		x.Samples = append(x.Samples, result.Sample{T: p.trace.Segment.T[i] - start, X: p.trace.Segment.X[i],
			Y: p.trace.Segment.Y[i]})
	}
	x.Events = []result.Event{{Sample: result.Sample{T: p.t - start, X: p.x, Y: p.y}, Kind: "click", Icon: "",
		Last: true, Hit: p.hit}}
	x.Hits, x.Misses = stat.One(p.hit), stat.One(!p.hit)
	to.Add(a.o.N, pass.Candidate{Chance: c, ID: id, Done: &x})
}

func (a *examples) Merge(o *examples) {
	for _, c := range o.hits.List {
		a.hits.Add(a.o.N, c)
	}
	for _, c := range o.misses.List {
		a.misses.Add(a.o.N, c)
	}
}

func (a *examples) Result(*engine, *result.Statistic) {
	var out []result.Example
	for i, m := 0, 0; len(out) < a.o.N && (i < len(a.hits.List) || m < len(a.misses.List)); {
		if m < len(a.misses.List) && (len(out)%3 == 2 || i == len(a.hits.List)) {
			out = append(out, *a.misses.List[m].Done)
			m++
		} else {
			out = append(out, *a.hits.List[i].Done)
			i++
		}
	}
	*a.out = out
}
