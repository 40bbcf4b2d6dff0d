package analysis

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"runtime"
	"slices"

	"abtool/byproduct/coco"
	"abtool/internal/stat"
	"abtool/store/columnar"
)

// An Example is one image as it was annotated: what a person did, in time.
type Example struct {
	Set     string   `json:"data_set"`
	Image   string   `json:"image"`
	Class   string   `json:"class,omitempty"` // ImageNet: that was asked for
	Worker  string   `json:"worker,omitempty"`
	Width   float64  `json:"width"` // displayed, px; 0: unknown
	Height  float64  `json:"height"`
	Boxes   []Box    `json:"boxes"`
	Samples []Sample `json:"samples"` // of the mouse, with a place and a time, in order
	Events  []Event  `json:"events"`  // in order of time
	Hits    int64    `json:"hits"`    // clicks in a box, or icons on a mask; 0 as Misses without ground truth
	Misses  int64    `json:"misses"`
}

// A Box is a ground-truth box in fractions of the image; y points down.
type Box struct {
	Name string  `json:"name,omitempty"`
	X0   float64 `json:"x0"`
	Y0   float64 `json:"y0"`
	X1   float64 `json:"x1"`
	Y1   float64 `json:"y1"`
}

// A Sample is a place of the mouse, in fractions of the image, at a time in ms.
type Sample struct {
	T int64   `json:"t"`
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// An Event is a click, or a step with an icon.
type Event struct {
	Sample
	Kind string `json:"kind"` // click, add, move, remove
	Icon string `json:"icon,omitempty"`
	Last bool   `json:"last,omitempty"` // it is the final click, or the icon's point (C3)
	Hit  bool   `json:"hit,omitempty"`  // of it: whether it is in a box, or on a mask
}

// ExampleOptions say which examples to take.
type ExampleOptions struct {
	N      int      // of each data set; 0 with Images: all of them
	Images []string // take no others; none: any image
	Seed   uint64   // of the choice
	Hide   bool     // replace worker ids by pseudonyms
	Jobs   int
}

// takesExample reports whether an image with that many samples of the mouse can be an example.
func takesExample(o *ExampleOptions, image string, samples int) bool {
	if len(o.Images) > 0 {
		return samples > 0 && slices.Contains(o.Images, image)
	}
	return samples >= fewestSamples
}

// fewestSamples is the number of mouse samples that an example of any image has at least.
const fewestSamples = 8

// Examples takes images by a hash of their ids: of ImageNet with a box, a final click and a
// trace, every third of them a miss if there are enough; of COCO pages with icons. Of the images
// that options name, those without these are left out.
func Examples(ctx context.Context, store string, o ExampleOptions) ([]Example, error) {
	if o.N == 0 {
		o.N = len(o.Images)
	}
	sets, err := setsOf(store)
	if err != nil {
		return nil, err
	}
	var out []Example
	for _, set := range sets {
		mine, err := set.examples(ctx, store, o)
		if err != nil {
			return nil, err
		}
		out = append(out, mine...)
	}
	return out, nil
}

// exampleOptions returns the options of a pass for examples.
func exampleOptions(o *ExampleOptions) Options {
	jobs := o.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	return Options{Jobs: jobs, Hide: o.Hide}
}

func chance(seed uint64, id string) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%s", seed, id)
	v := h.Sum64()
	v ^= v >> 32 // FNV's high bits are the better ones
	return v * 0x9e3779b97f4a7c15
}

// candidates keeps the n examples of the least chance.
type candidates struct {
	list []candidate
}

type candidate struct {
	chance uint64
	id     string
	done   *Example
}

func (c *candidates) wants(n int, chance uint64) bool {
	return len(c.list) < n || n > 0 && chance < c.list[len(c.list)-1].chance
}

func (c *candidates) add(n int, x candidate) {
	c.list = append(c.list, x)
	slices.SortFunc(c.list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.chance, b.chance), cmp.Compare(a.id, b.id))
	})
	c.list = c.list[:min(n, len(c.list))]
}

// imagenetExamplesOf returns examples of a store.
func imagenetExamplesOf(ctx context.Context, store string, o ExampleOptions) (out []Example, err error) {
	_, err = runImageNet(ctx, store, exampleOptions(&o), []entry{{make: gathers(func(e *imagenetEngine, _ *stat.Ratios) *imagenetExamples {
		return &imagenetExamples{e: e, o: o, out: &out}
	})}})
	return out, err
}

type imagenetExamples struct {
	e            *imagenetEngine
	o            ExampleOptions
	out          *[]Example
	hits, misses candidates
}

func (a *imagenetExamples) picture(p *picture) {
	if !p.clickedBoxed() || p.t == columnar.Null || !(p.final.width > 0 && p.final.height > 0) {
		return
	}
	id := a.e.images.IDs.At(p.image)
	if !takesExample(&a.o, id, p.trace.Segment.Len()) {
		return
	}
	to, c := &a.hits, chance(a.o.Seed, id)
	if !p.hit {
		to = &a.misses
	}
	if !to.wants(a.o.N, c) {
		return
	}
	x := Example{Set: "imagenet", Image: id, Width: p.final.width, Height: p.final.height}
	if p.final.class >= 0 {
		x.Class = a.e.images.Classes[p.final.class]
	}
	if p.final.worker >= 0 {
		x.Worker = a.e.o.show("worker", a.e.workers.List[p.final.worker])
	}
	for _, b := range p.boxes {
		x.Boxes = append(x.Boxes, Box{"", b.X0, b.Y0, b.X1, b.Y1})
	}
	start := p.trace.Segment.T[0]
	for i := range p.trace.Segment.T {
		x.Samples = append(x.Samples, Sample{p.trace.Segment.T[i] - start, p.trace.Segment.X[i], p.trace.Segment.Y[i]})
	}
	x.Events = []Event{{Sample{p.t - start, p.x, p.y}, "click", "", true, p.hit}}
	x.Hits, x.Misses = b2i(p.hit), b2i(!p.hit)
	to.add(a.o.N, candidate{chance: c, id: id, done: &x})
}

func (a *imagenetExamples) Merge(o *imagenetExamples) {
	for _, c := range o.hits.list {
		a.hits.add(a.o.N, c)
	}
	for _, c := range o.misses.list {
		a.misses.add(a.o.N, c)
	}
}

func (a *imagenetExamples) Result(*imagenetEngine, *Statistic) {
	var out []Example
	for i, m := 0, 0; len(out) < a.o.N && (i < len(a.hits.list) || m < len(a.misses.list)); {
		if m < len(a.misses.list) && (len(out)%3 == 2 || i == len(a.hits.list)) {
			out = append(out, *a.misses.list[m].done)
			m++
		} else {
			out = append(out, *a.hits.list[i].done)
			i++
		}
	}
	*a.out = out
}

// cocoExamplesOf returns examples of a store.
func cocoExamplesOf(ctx context.Context, store string, o ExampleOptions) (out []Example, err error) {
	all := exampleOptions(&o)
	all.Jobs = 1 // a page's lists and its ground truth come to one goroutine then
	_, err = runCOCO(ctx, store, all, []entry{{make: gathers(func(e *cocoEngine, _ *stat.Ratios) *cocoExamples {
		return &cocoExamples{e: e, o: o, out: &out, kept: map[int64]*Example{}}
	})}})
	return out, err
}

type cocoExamples struct {
	e    *cocoEngine
	o    ExampleOptions
	out  *[]Example
	best candidates
	kept map[int64]*Example
}

// fewestIcons is the number of icons that an example has at least.
const fewestIcons = 2

func (a *cocoExamples) row(r *cocoRow) {
	p := r.page
	icons := int64(0)
	for i := range p.icons {
		icons += b2i(p.icons[i].Added() && p.icons[i].Placed)
	}
	id := fmt.Sprint(p.image)
	c := chance(a.o.Seed, id)
	if icons < fewestIcons || !takesExample(&a.o, id, r.mouse.Len()) || !(p.width > 0 && p.height > 0) || !a.best.wants(a.o.N, c) {
		return
	}
	x := &Example{Set: "coco", Image: id, Width: p.width, Height: p.height}
	if p.worker >= 0 {
		x.Worker = a.e.o.show("worker", a.e.workers.List[p.worker])
	}
	for i, t := range r.mouse.T {
		if t != columnar.Null && r.mouse.Valid(i) {
			x.Samples = append(x.Samples, Sample{t, r.mouse.X[i], r.mouse.Y[i]})
		}
	}
	for i, kind := range r.kind {
		if kind == coco.Unknown || r.class[i] < 0 || r.t[i] == columnar.Null {
			continue
		}
		v := Event{Sample: Sample{r.t[i], r.toX[i], r.toY[i]}, Kind: kind.String(), Icon: a.e.categories[r.class[i]]}
		if kind == coco.Remove {
			v.X, v.Y = r.fromX[i], r.fromY[i]
		}
		if v.X != v.X || v.Y != v.Y {
			continue
		}
		x.Events = append(x.Events, v)
	}
	slices.SortStableFunc(x.Samples, func(a, b Sample) int { return cmp.Compare(a.T, b.T) })
	slices.SortStableFunc(x.Events, func(a, b Event) int { return cmp.Compare(a.T, b.T) })
	a.best.add(a.o.N, candidate{chance: c, id: id, done: x})
	a.kept[p.image] = x
}

// page adds what the ground truth says.
func (a *cocoExamples) page(p *page) {
	x := a.kept[p.image]
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
			x.Hits += b2i(k.onMask)
			x.Misses += b2i(!k.onMask)
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

// boxes adds the boxes of the classes that have an icon.
func (a *cocoExamples) boxes(x *Example, p *page) {
	for i := range p.truth.Instances {
		o := &p.truth.Instances[i]
		if b, ok := o.Box(p.truth); ok && o.Class >= 0 && slices.ContainsFunc(p.icons, func(k icon) bool { return k.Class == o.Class }) {
			x.Boxes = append(x.Boxes, Box{a.e.categories[o.Class], b.X0, b.Y0, b.X1, b.Y1})
		}
	}
}

func (a *cocoExamples) Merge(*cocoExamples) {
	panic("analysis: examples of coco are for one goroutine")
}

func (a *cocoExamples) Result(*cocoEngine, *Statistic) {
	for _, c := range a.best.list {
		*a.out = append(*a.out, *c.done)
	}
}
