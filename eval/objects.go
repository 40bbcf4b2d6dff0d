package eval

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"abtool/byproduct/coco"
	"abtool/eval/cam"
	"abtool/eval/removal"
	"abtool/eval/table"
	"abtool/eval/view"
	"abtool/internal/parallel"
	"abtool/internal/stat"
	"abtool/train/data"
)

// ObjectOptions choose how a network is compared with the objects of COCO's images.
type ObjectOptions struct {
	Store   string // with the ground truth
	Workers int    // goroutines; 0: one per processor

	Unreadable bool // count images that cannot be read as wrong; otherwise the first one is an error

	Each     func(Looked)          // of Masks: gets every map, in any order, from one goroutine at a time; may be nil
	Progress func(done, total int) // may be nil
}

// objects has the ground truth of a set, by the network's classes.
type objects struct {
	truth   *coco.Truth
	numbers []int32 // of the network's classes; -1: the store does not have it
}

func (n *Network) objects(set *data.Set, store string) (*objects, error) {
	want := map[string]bool{}
	for _, im := range set.Images {
		want[im.ID] = true
	}
	truth, err := coco.ReadTruth(store, func(id string) bool { return want[id] })
	if err != nil {
		return nil, err
	}
	o := &objects{truth: truth, numbers: make([]int32, len(n.Classes))}
	for k, name := range n.Classes {
		o.numbers[k] = truth.Class(name)
	}
	if slices.Max(o.numbers) < 0 {
		return nil, fmt.Errorf("%s has none of the classes of the objects in %s: its classes are %s", n.Name, store, n.first())
	}
	return o, nil
}

// of returns the network's classes that an image has.
func (o *objects) of(m *coco.Image) (list []int) {
	for class, number := range o.numbers {
		if number >= 0 && m.Has(number, len(m.Instances)) {
			list = append(list, class)
		}
	}
	return list
}

// progress returns a function that counts images, for several goroutines.
func (o *ObjectOptions) progress(total int) func() {
	var mu sync.Mutex
	done := 0
	return func() {
		mu.Lock()
		defer mu.Unlock()
		if done++; o.Progress != nil {
			o.Progress(done, total)
		}
	}
}

// A Removed has what Remove measured, and how.
type Removed struct {
	*removal.Result

	Network table.Network
	View    string
	How     removal.Options
	Without int64 // images without ground truth, or without two of the network's classes
}

// Remove removes the objects of each class from each image of a set and measures what the network's scores depend on.
// how.Seen is set to what the view shows of an image.
func Remove(ctx context.Context, o NetworkOptions, set *data.Set, how removal.Options, with ObjectOptions) (*Removed, error) {
	n, err := OpenNetwork(o)
	if err != nil {
		return nil, err
	}
	defer n.Close()
	known, err := n.objects(set, with.Store)
	if err != nil {
		return nil, err
	}
	how.Seen = n.View.Seen
	list := make([][]removal.Row, len(set.Images))
	editors := make([]removal.Editor, parallel.Workers(with.Workers))
	for i := range editors {
		editors[i].Options = how
	}
	var engine sync.Mutex
	score := func(versions []*data.Pixels) ([][]float32, error) {
		engine.Lock()
		defer engine.Unlock()
		return n.Scores(versions)
	}
	done := with.progress(len(set.Images))
	err = parallel.Each(ctx, len(editors), len(set.Images), func(w, i int) error {
		defer done()
		id := set.Images[i].ID
		m := known.truth.Image(id)
		if m == nil || !m.Sized() {
			return nil
		}
		picture, err := set.Picture(i)
		switch {
		case err == nil:
			list[i], err = editors[w].Rows(id, data.PixelsOf(picture), m, known.numbers, score)
		case with.Unreadable:
			list[i], err = editors[w].Unreadable(id, m, known.numbers)
		default:
			err = refused("image "+id, err)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	r := &Removed{Result: removal.Reduce(slices.Concat(list...)), Network: n.column(n.engine.Name()), View: n.View.String(), How: how}
	r.Without = int64(len(set.Images)) - r.Images
	return r, nil
}

// A Masked has what Masks measured, and how.
type Masked struct {
	*cam.ClassPxAP

	Network    table.Network
	View       string
	Without    int64 // images without ground truth in the store, which are left out
	Empty      int64 // images with none of the network's classes, which are left out
	Unreadable int64 // of Images: they could not be read, and count with a map of zeros
}

// Masks compares maps of each class of each image with the masks of its objects. The network sees each image
// squashed to a square (view.Squash), with the filter of its view.
func Masks(ctx context.Context, o NetworkOptions, set *data.Set, with ObjectOptions) (*Masked, error) {
	m, err := openMaps(o)
	if err != nil {
		return nil, err
	}
	defer m.maps.Close()
	known, err := m.objects(set, with.Store)
	if err != nil {
		return nil, err
	}
	v := m.View
	v.Geometry, v.Border = view.Squash, 0
	type found struct {
		image   int // in the set
		truth   *coco.Image
		classes []int // of the network, that the image has
	}
	r := &Masked{View: v.String()}
	var list []found
	for i, im := range set.Images {
		f := found{image: i, truth: known.truth.Image(im.ID)}
		if f.truth == nil || !f.truth.Sized() {
			r.Without++
			continue
		}
		if f.classes = known.of(f.truth); len(f.classes) == 0 {
			r.Empty++
			continue
		}
		list = append(list, f)
	}
	load := loader{images: len(list), batch: batchImages, workers: with.Workers, read: func(w *worker, i int, to []byte) error {
		picture, err := set.Picture(list[i].image)
		if err == nil {
			err = w.viewer.Image(picture, to)
		}
		return err
	}}
	if !with.Unreadable {
		load.refuse = func(i int, err error) error { return refused("image "+set.Images[list[i].image].ID, err) }
	}
	masks, counts := make([]cam.Masks, parallel.Workers(with.Workers)), make([]*cam.ClassPrecision, parallel.Workers(with.Workers))
	for i := range counts {
		counts[i] = cam.NewClassPrecision(len(m.Classes))
	}
	var each sync.Mutex
	err = load.load(ctx, v, func(b *batch) error {
		views, err := m.maps.Look(m.input(b.pixels[:b.n*3*v.Size*v.Size], &v))
		if err != nil {
			return err
		}
		for _, err := range b.errs[:b.n] {
			r.Unreadable += stat.One(err != nil)
		}
		err = parallel.Each(ctx, len(counts), b.n, func(w, i int) error {
			f := &list[b.first+i]
			for _, class := range f.classes {
				mask, _ := masks[w].Of(f.truth, known.numbers[class], v.Size)
				seen := &cam.Map{Width: v.Size, Height: v.Size, Values: make([]float64, v.Size*v.Size)}
				if b.errs[i] == nil {
					seen = views[i].Map(m.output(int32(class)), v.Size, v.Size)
				}
				counts[w].Add(set.Images[f.image].ID, class, seen, mask)
				if b.errs[i] == nil && with.Each != nil {
					each.Lock()
					with.Each(Looked{Image: f.image, Size: v.Size, Class: int32(class), Map: seen, Mask: mask})
					each.Unlock()
				}
			}
			return nil
		})
		if with.Progress != nil {
			with.Progress(b.first+b.n, len(list))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, c := range counts[1:] {
		counts[0].Merge(c)
	}
	r.ClassPxAP, r.Network = counts[0].Result(), m.column(m.maps.Engine())
	return r, nil
}
