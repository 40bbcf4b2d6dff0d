package eval

import (
	"context"
	"fmt"

	"abtool/eval/cam"
	"abtool/eval/sets"
	"abtool/eval/table"
	"abtool/eval/view"
	"abtool/internal/parallel"
	"abtool/train/engine"
)

// LocaliseOptions choose how maps of a network are compared with boxes.
type LocaliseOptions struct {
	Truth   func(path string) (cam.Image, bool) // ground truth of an image of the set, if there is any
	Rollout bool                                // of a transformer: take attention rollout instead of the map of the class
	Batch   int                                 // images; 0: 64
	Workers int                                 // goroutines; 0: one per processor

	Unreadable bool // count images that cannot be read as wrong; otherwise the first one is an error

	Each     func(Looked)          // gets every image that has ground truth, in the set's order; may be nil
	Progress func(done, total int) // may be nil
}

// batchImages is the usual number of images in a batch.
const batchImages = 64

// A Looked has where a network looked in an image, in pixels of its view. Its slices are valid until Each
// returns.
type Looked struct {
	Image    int    // in the set
	Pixels   []byte // size × size × 3
	Size     int
	Class    int32 // whose map it is: the image's label
	Right    bool  // whether the network's answer is right
	Map      *cam.Map
	Truth    []cam.Box
	Overlaps *cam.Overlaps
	Mask     []cam.Pixel // of Masks, in place of Truth and Overlaps
}

// A Localisation has what Localise measured, and how.
type Localisation struct {
	*cam.Localised

	Network     table.Network
	Set, View   string
	Transformer bool // the maps are of the tokens of patches, which the class head was not trained to read
	Rollout     bool // the maps are attention rollout

	counts *cam.Localisation
	maxima *cam.Maxima
}

// Localise compares maps of the classes of images with boxes of ground truth. The network sees each image
// squashed to a square (view.Squash), with the filter of its view. The image's first label says whose map is
// taken; labels say which answers are right.
func Localise(ctx context.Context, o NetworkOptions, s *sets.Set, how LocaliseOptions) (*Localisation, error) {
	m, err := openMaps(o)
	if err != nil {
		return nil, err
	}
	defer m.maps.Close()
	n := m.Network
	var rolled *cam.Rollout
	if how.Rollout {
		if rolled, err = cam.OpenRollout(m.arch, m.set, o.threads()); err != nil {
			return nil, err
		}
		defer rolled.Close()
	}
	for i := range s.Images {
		for _, k := range s.Images[i].Labels {
			if k < 0 || int(k) >= len(n.Classes) {
				return nil, fmt.Errorf("set %s: %s has class %d of %d", s.Name, s.Images[i].Path(), k, len(n.Classes))
			}
		}
	}
	if how.Batch <= 0 {
		how.Batch = batchImages
	}
	v := n.View
	v.Geometry, v.Border = view.Squash, s.Border
	r := &runner{n: n, o: &Options{Batch: how.Batch, Workers: how.Workers, Unreadable: how.Unreadable}}
	cutters := make([]cam.Cutter, parallel.Workers(how.Workers))
	count := new(cam.Localisation)
	found, unread := make([]*Looked, how.Batch), new(Looked)
	err = r.load(ctx, s, v, func(b *batch) error {
		plane := 3 * v.Size * v.Size
		input := m.input(b.pixels[:b.n*plane], &v)
		views, err := m.maps.Look(input)
		if err != nil {
			return err
		}
		var rollouts []*cam.Map
		if rolled != nil {
			if rollouts, err = rolled.Maps(input, v.Size, v.Size); err != nil {
				return err
			}
		}
		err = parallel.Each(ctx, len(cutters), b.n, func(w, i int) error {
			found[i] = nil
			image := &s.Images[b.first+i]
			truth, ok := how.Truth(image.Path())
			if !ok || len(truth.Boxes) == 0 || truth.Width < 1 || truth.Height < 1 || len(image.Labels) == 0 {
				return nil
			}
			if b.errs[i] != nil {
				found[i] = unread
				return nil
			}
			l := &Looked{Image: b.first + i, Pixels: b.pixels[i*plane : (i+1)*plane], Size: v.Size, Class: image.Labels[0], Truth: truth.On(v.Size)}
			best := n.best(views[i].Logits)
			for _, k := range image.Labels {
				l.Right = l.Right || k == best
			}
			if rolled != nil {
				l.Map = rollouts[i]
			} else {
				l.Map = views[i].Map(n.output(l.Class), v.Size, v.Size)
			}
			l.Overlaps = cutters[w].Overlaps(l.Map, l.Truth)
			found[i] = l
			return nil
		})
		if err != nil {
			return err
		}
		for i, l := range found[:b.n] {
			path := s.Images[b.first+i].Path()
			switch l {
			case nil:
				count.Add(path, nil, false)
				continue
			case unread:
				count.Unreadable(path)
				continue
			}
			count.Add(path, l.Overlaps, l.Right)
			if how.Each != nil {
				how.Each(*l)
			}
		}
		if how.Progress != nil {
			how.Progress(b.first+b.n, len(s.Images))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &Localisation{
		Localised: count.Result(), Network: n.column(m.maps.Engine()), Set: s.Name, View: v.String(),
		Transformer: m.maps.Transformer(), Rollout: how.Rollout, counts: count, maxima: count.Maxima(),
	}, nil
}

// mapped is a network that gives maps.
type mapped struct {
	*Network
	*loaded
	maps *cam.Network
}

// openMaps loads a network without its pooling.
func openMaps(o NetworkOptions) (*mapped, error) {
	n, l, err := describe(o)
	if err != nil {
		return nil, err
	}
	maps, err := cam.Open(l.arch, l.set, o.threads())
	if err != nil {
		return nil, err
	}
	return &mapped{n, l, maps}, nil
}

// threads returns New for engines with the wanted number of threads.
func (o *NetworkOptions) threads() func(engine.Config) (engine.Engine, error) {
	return func(c engine.Config) (engine.Engine, error) {
		c.Workers = o.Workers
		return o.New(c)
	}
}

// output returns the network's output for a class.
func (n *Network) output(class int32) int {
	if n.order == nil {
		return int(class)
	}
	return n.order[class]
}

// best returns the class with the largest of the network's outputs; of equal ones the lowest.
func (n *Network) best(outputs []float32) int32 {
	best := int32(0)
	for k := range int32(len(n.Classes)) {
		if outputs[n.output(k)] > outputs[n.output(best)] {
			best = k
		}
	}
	return best
}
