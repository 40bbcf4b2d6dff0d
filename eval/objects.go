package eval

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"abtool/byproduct/coco"
	"abtool/eval/cam"
	"abtool/eval/removal"
	"abtool/eval/view"
	"abtool/internal/parallel"
	"abtool/train/data"
)

// ObjectOptions choose how a network is compared with the objects of COCO's images.
type ObjectOptions struct {
	Store   string // with the ground truth
	Workers int    // goroutines; 0: one per processor

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

// Remove removes the objects of each class from each image of a set and returns the rows of the network's scores,
// for removal.Reduce, and the view. Images without ground truth, and those with fewer than two classes, have no
// rows. how.Seen is set to what the view shows of an image.
func Remove(ctx context.Context, o NetworkOptions, set *data.Set, how removal.Options, with ObjectOptions) (rows []removal.Row, seen string, err error) {
	n, err := OpenNetwork(o)
	if err != nil {
		return nil, "", err
	}
	defer n.Close()
	known, err := n.objects(set, with.Store)
	if err != nil {
		return nil, "", err
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
		if err != nil {
			return fmt.Errorf("image %s cannot be read: %w", id, err)
		}
		list[i], err = editors[w].Rows(id, data.PixelsOf(picture), m, known.numbers, score)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return slices.Concat(list...), n.View.String(), nil
}

// Masks compares maps of each class of each image with the masks of its objects. The network sees each image
// squashed to a square (view.Squash), with the filter of its view, which is returned.
func Masks(ctx context.Context, o NetworkOptions, set *data.Set, with ObjectOptions) (result cam.ClassPxAP, seen string, err error) {
	m, err := openMaps(o)
	if err != nil {
		return result, "", err
	}
	defer m.maps.Close()
	known, err := m.objects(set, with.Store)
	if err != nil {
		return result, "", err
	}
	v := m.View
	v.Geometry, v.Border = view.Squash, 0
	type worker struct {
		viewer *view.Viewer
		masks  cam.Masks
		count  cam.ClassPrecision
	}
	workers := make([]worker, parallel.Workers(with.Workers))
	for i := range workers {
		workers[i] = worker{viewer: view.NewViewer(v), count: make(cam.ClassPrecision, len(m.Classes))}
	}
	var engine sync.Mutex
	done := with.progress(len(set.Images))
	err = parallel.Each(ctx, len(workers), len(set.Images), func(w, i int) error {
		defer done()
		k, id := &workers[w], set.Images[i].ID
		truth := known.truth.Image(id)
		if truth == nil || !truth.Sized() {
			return nil
		}
		picture, err := set.Picture(i)
		if err != nil {
			return fmt.Errorf("image %s cannot be read: %w", id, err)
		}
		pixels := make([]byte, 3*v.Size*v.Size)
		if err := k.viewer.Image(picture, pixels); err != nil {
			return err
		}
		engine.Lock()
		views, err := m.maps.Look(m.input(pixels, &v))
		engine.Unlock()
		if err != nil {
			return err
		}
		for class, number := range known.numbers {
			if number < 0 || !truth.Has(number, len(truth.Instances)) {
				continue
			}
			mask, _ := k.masks.Of(truth, number, v.Size)
			k.count[class].Add(views[0].Map(m.output(int32(class)), v.Size, v.Size), mask)
		}
		return nil
	})
	if err != nil {
		return result, "", err
	}
	for i := range workers[1:] {
		for class := range workers[0].count {
			workers[0].count[class].Merge(&workers[i+1].count[class])
		}
	}
	return workers[0].count.Result(), v.String(), nil
}
