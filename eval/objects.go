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
	"abtool/train/data"
)

// ObjectOptions choose how a network is compared with the objects of COCO's images.
type ObjectOptions struct {
	Store   string // with the ground truth
	Workers int    // goroutines; 0: one per processor

	// Unreadable counts images that cannot be read as wrong; otherwise the first one is an error. It is not for Remove.
	Unreadable bool

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
		if err != nil {
			return fmt.Errorf("image %s cannot be read: %w. Get the file again, or leave it out of the images", id, err)
		}
		list[i], err = editors[w].Rows(id, data.PixelsOf(picture), m, known.numbers, score)
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
	type worker struct {
		viewer *view.Viewer
		masks  cam.Masks
		count  *cam.ClassPrecision

		without, empty, unreadable int64
	}
	workers := make([]worker, parallel.Workers(with.Workers))
	for i := range workers {
		workers[i] = worker{viewer: view.NewViewer(v), count: cam.NewClassPrecision(len(m.Classes))}
	}
	var engine sync.Mutex
	done := with.progress(len(set.Images))
	err = parallel.Each(ctx, len(workers), len(set.Images), func(w, i int) error {
		defer done()
		k, id := &workers[w], set.Images[i].ID
		truth := known.truth.Image(id)
		if truth == nil || !truth.Sized() {
			k.without++
			return nil
		}
		var list []int // classes of the image
		for class, number := range known.numbers {
			if number >= 0 && truth.Has(number, len(truth.Instances)) {
				list = append(list, class)
			}
		}
		if len(list) == 0 {
			k.empty++
			return nil
		}
		look := func(int) *cam.Map {
			return &cam.Map{Width: v.Size, Height: v.Size, Values: make([]float64, v.Size*v.Size)}
		}
		pixels := make([]byte, 3*v.Size*v.Size)
		picture, err := set.Picture(i)
		if err == nil {
			err = k.viewer.Image(picture, pixels)
		}
		switch {
		case err != nil && !with.Unreadable:
			return fmt.Errorf("image %s cannot be read: %w. An image that is left out changes the number: "+
				"get the file again, or count such images as wrong with --unreadable", id, err)
		case err != nil:
			k.unreadable++
		default:
			engine.Lock()
			views, err := m.maps.Look(m.input(pixels, &v))
			engine.Unlock()
			if err != nil {
				return err
			}
			look = func(class int) *cam.Map { return views[0].Map(m.output(int32(class)), v.Size, v.Size) }
		}
		for _, class := range list {
			mask, _ := k.masks.Of(truth, known.numbers[class], v.Size)
			seen := look(class)
			k.count.Add(id, class, seen, mask)
			if err == nil && with.Each != nil {
				engine.Lock()
				with.Each(Looked{Image: i, Size: v.Size, Class: int32(class), Map: seen, Mask: mask})
				engine.Unlock()
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	all := &workers[0]
	for i := range workers[1:] {
		w := &workers[i+1]
		all.count.Merge(w.count)
		all.without, all.empty, all.unreadable = all.without+w.without, all.empty+w.empty, all.unreadable+w.unreadable
	}
	return &Masked{
		ClassPxAP: all.count.Result(), Network: m.column(m.maps.Engine()), View: v.String(),
		Without: all.without, Empty: all.empty, Unreadable: all.unreadable,
	}, nil
}
