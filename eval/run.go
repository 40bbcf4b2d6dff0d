package eval

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"abtool/eval/classes"
	"abtool/eval/outputs"
	"abtool/eval/sets"
	"abtool/eval/view"
	"abtool/internal/parallel"
)

// Options choose how a network is run over sets.
type Options struct {
	Out        string // Parquet file to write, as outputs.Open reads it
	Logits     bool   // keep all logits in the file
	Unreadable bool   // count images that cannot be read as wrong; otherwise the first one is an error
	Black      bool   // fill the hole of sets of kind sets.Occlusion with black instead of zeros after normalisation

	// Foregrounds is the number of foregrounds of the Backgrounds Challenge that are put on all backgrounds: −1 is
	// all, 0 leaves the challenge out. A number takes a sample, of which larger numbers take a superset.
	Foregrounds int
	Seed        uint64 // of the sample

	Batch   int // images; 0: 64
	Workers int // goroutines that decode images; 0: one per processor
	Version string

	// Progress reports how far a set is: done of total images, or foregrounds of the challenge. It may be nil.
	Progress func(set string, done, total int)
}

// Run runs a network over sets and writes a row for each image to o.Out, which appears when it is complete. The
// rows depend neither on the number of workers nor on the size of batches, except for what the engine's rounding
// makes of them.
//
// The hole of a set of kind sets.Occlusion is its images' group, in pixels. Sets that follow one another in the
// list and differ only by the hole are read once, and their rows alternate.
//
// The rows of the challenge are in the set of kind sets.Backgrounds, one for each foreground, with group Challenge.
// Path is the mask's. Labels has the foreground's class of IN-9, as in the other rows of the set. The other fields
// are about the image that decides: the first background, in the order of the paths, on which the answer is
// wrong, or the last background if all answers are right.
func Run(ctx context.Context, n *Network, list []*sets.Set, o Options) (*outputs.About, error) {
	if n.Multi {
		return nil, fmt.Errorf("%s finds several classes in an image, but the sets have one for each image", n.Name)
	}
	if o.Batch <= 0 {
		o.Batch = 64
	}
	if o.Progress == nil {
		o.Progress = func(string, int, int) {}
	}
	for i, s := range list {
		if slices.ContainsFunc(list[:i], func(other *sets.Set) bool { return other.Name == s.Name }) {
			return nil, fmt.Errorf("two sets have the name %s, so that their rows would be mixed up: give one another name", s.Name)
		}
		if err := n.check(s); err != nil {
			return nil, err
		}
	}
	about := n.about(&o)
	err := outputs.Write(o.Out, func(w *outputs.Writer) (*outputs.About, error) {
		r := &runner{n: n, o: &o, w: w, about: about}
		for len(list) > 0 {
			same := 1
			for same < len(list) && alike(list[0], list[same]) {
				same++
			}
			if err := r.run(ctx, list[:same]); err != nil {
				return nil, err
			}
			list = list[same:]
		}
		return about, nil
	})
	if err != nil {
		return nil, err
	}
	return about, nil
}

// check returns an error if the network cannot be evaluated on a set.
func (n *Network) check(s *sets.Set) error {
	if len(s.Images) == 0 {
		return fmt.Errorf("set %s has no images", s.Name)
	}
	most := int32(len(n.Classes))
	switch nine := int32(len(classes.IN9())); {
	case s.Kind == sets.Folder:
	case s.Kind == sets.Backgrounds && most == nine:
	case !n.ImageNet:
		return fmt.Errorf("set %s needs a network with the 1,000 classes of ImageNet-1k, but %s has %d others (%s): "+
			"it can be evaluated on a folder with a folder for each of its classes", s.Name, n.Name, len(n.Classes), n.first())
	case s.Kind == sets.Backgrounds:
		most = nine
	}
	for i := range s.Images {
		for _, k := range s.Images[i].Labels {
			if k < 0 || k >= most {
				return fmt.Errorf("set %s: %s has class %d of %d", s.Name, s.Images[i].Path(), k, most)
			}
		}
	}
	return nil
}

// first returns the first names of classes.
func (n *Network) first() string {
	const most = 3
	if len(n.Classes) <= most {
		return strings.Join(n.Classes, ", ")
	}
	return strings.Join(n.Classes[:most], ", ") + ", …"
}

func (n *Network) about(o *Options) *outputs.About {
	a := &outputs.About{
		Version: o.Version, Network: n.Name, Arch: n.Arch, Weights: n.Weights, Engine: n.engine.Name(),
		Classes: len(n.Classes), ClassesHash: classes.Hash(n.Classes), ImageNet: n.ImageNet, Logits: o.Logits,
	}
	if !n.ImageNet {
		a.ClassNames = n.Classes
	}
	return a
}

// alike reports whether two sets differ only by the hole in their views.
func alike(a, b *sets.Set) bool {
	return a.Root == b.Root && a.Geometry == b.Geometry && a.Border == b.Border && (a.Kind == sets.Occlusion || b.Kind == sets.Occlusion) &&
		slices.EqualFunc(a.Images, b.Images, func(x, y sets.Image) bool { return x.Path() == y.Path() })
}

// A runner writes the rows of sets.
type runner struct {
	n     *Network
	o     *Options
	w     *outputs.Writer
	about *outputs.About
}

// viewOf returns the view of a set.
func (n *Network) viewOf(s *sets.Set, o *Options) (view.View, error) {
	v := n.View.Of(s.Geometry, s.Border)
	if s.Kind != sets.Occlusion {
		return v, nil
	}
	hole, err := strconv.Atoi(s.Images[0].Group)
	if err != nil || hole < 0 || hole > v.Size {
		return v, fmt.Errorf("set %s: a hole of %s pixels in an image of %d", s.Name, s.Images[0].Group, v.Size)
	}
	v.Hole, v.Black = hole, o.Black
	return v, nil
}

// run runs the network over sets with the same images.
func (r *runner) run(ctx context.Context, same []*sets.Set) error {
	s := same[0]
	views := make([]view.View, len(same))
	for i, s := range same {
		var err error
		if views[i], err = r.n.viewOf(s, r.o); err != nil {
			return err
		}
	}
	plain := views[0]
	plain.Hole = 0
	with, err := contestOf(s, r.o)
	if err != nil {
		return err
	}
	abouts := make([]outputs.SetAbout, len(same))
	for i, s := range same {
		abouts[i] = outputs.SetAbout{
			Name: s.Name, Kind: s.Kind, Root: filepath.Base(filepath.Clean(s.Root)), View: views[i].String(),
			Images: len(s.Images), Expected: s.Expected, Files: filesHash(s, &with),
			Notes: slices.Concat(s.Notes, with.notes), Protocol: with.protocol,
		}
	}
	r.o.Progress(s.Name, 0, len(s.Images))
	err = r.load(ctx, s, plain, func(b *batch) error {
		for i := range same {
			if err := r.answer(same[i], &views[i], b, &abouts[i]); err != nil {
				return err
			}
		}
		r.o.Progress(s.Name, b.first+b.n, len(s.Images))
		return nil
	})
	if err != nil {
		return err
	}
	if len(with.foregrounds) > 0 {
		if err := r.challenge(ctx, s, &with, plain, &abouts[0]); err != nil {
			return err
		}
	}
	r.about.Sets = append(r.about.Sets, abouts...)
	return nil
}

// answer writes the rows of a batch of a set.
func (r *runner) answer(s *sets.Set, v *view.View, b *batch, about *outputs.SetAbout) error {
	plane := 3 * v.Size * v.Size
	pixels := b.pixels[:b.n*plane]
	if v.Black && v.Hole > 0 {
		b.copied = append(b.copied[:0], pixels...)
		v.Blacken(b.copied)
		pixels = b.copied
	}
	logits, err := r.n.answer(pixels, v)
	if err != nil {
		return err
	}
	for i := range b.n {
		im := &s.Images[b.first+i]
		row := outputs.Row{Set: s.Name, Group: im.Group, Path: im.Path(), Labels: im.Labels}
		if b.errs[i] != nil {
			about.Unreadable++
			unreadable(&row)
		} else if err := r.n.fill(&row, logits[i*r.n.outputs:(i+1)*r.n.outputs], r.o.Logits); err != nil {
			return fmt.Errorf("set %s, %s: %w", s.Name, im.Path(), err)
		}
		if err := r.w.Add(row); err != nil {
			return err
		}
	}
	return nil
}

// A batch has the pixels of n images of a set, beginning with image first.
type batch struct {
	first, n int
	pixels   []byte
	copied   []byte
	errs     []error // nil for images that could be read
}

// ahead is the number of batches that are decoded before the network needs them.
const ahead = 2

// load loads the images of a set.
func (r *runner) load(ctx context.Context, s *sets.Set, v view.View, take func(*batch) error) error {
	l := loader{images: len(s.Images), batch: r.o.Batch, workers: r.o.Workers, read: func(w *worker, i int, to []byte) error { return w.read(s, i, to) }}
	if !r.o.Unreadable {
		l.refuse = func(i int, err error) error {
			return fmt.Errorf("set %s: %w", s.Name, refused(filepath.Join(s.Root, filepath.FromSlash(s.Images[i].Path())), err))
		}
	}
	return l.load(ctx, v, take)
}

// refused returns the error of an image that cannot be read.
func refused(image string, err error) error {
	return fmt.Errorf("%s cannot be read: %w. An image that is left out changes the number: "+
		"get the file again, or count such images as wrong with --unreadable", image, err)
}

// A loader decodes images in several goroutines.
type loader struct {
	images  int                                     // how many
	batch   int                                     // images
	workers int                                     // goroutines; 0: one per processor
	read    func(w *worker, i int, to []byte) error // writes what the network sees of an image
	refuse  func(i int, err error) error            // makes the error of an image that cannot be read; nil: it leaves zeros
}

// load calls take with the batches, in the order of the images.
func (l *loader) load(ctx context.Context, v view.View, take func(*batch) error) error {
	ctx, cancel := context.WithCancel(ctx)
	workers := make([]worker, parallel.Workers(l.workers))
	for i := range workers {
		workers[i].viewer = view.NewViewer(v)
	}
	free, ready := make(chan *batch, ahead+1), make(chan *batch, ahead)
	for range ahead + 1 {
		free <- &batch{pixels: make([]byte, l.batch*3*v.Size*v.Size), errs: make([]error, l.batch)}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(ready)
		for first := 0; first < l.images; first += l.batch {
			var b *batch
			select {
			case b = <-free:
			case <-ctx.Done():
				return
			}
			b.first, b.n = first, min(l.batch, l.images-first)
			parallel.Each(ctx, len(workers), b.n, func(w, i int) error {
				to := b.pixels[i*3*v.Size*v.Size:][:3*v.Size*v.Size]
				if b.errs[i] = l.read(&workers[w], first+i, to); b.errs[i] != nil {
					clear(to)
				}
				return nil
			})
			select {
			case ready <- b:
			case <-ctx.Done():
				return
			}
		}
	}()
	defer func() { <-done }()
	defer cancel()
	for b := range ready {
		if err := ctx.Err(); err != nil {
			return err
		}
		for i, err := range b.errs[:b.n] {
			if err != nil && l.refuse != nil {
				return l.refuse(b.first+i, err)
			}
		}
		if err := take(b); err != nil {
			return err
		}
		free <- b
	}
	return ctx.Err()
}

// A worker decodes images. Only one goroutine may use it.
type worker struct {
	viewer *view.Viewer
	file   bytes.Buffer
}

// read writes what the network sees of an image of a set to to.
func (w *worker) read(s *sets.Set, i int, to []byte) error {
	w.file.Reset()
	err := s.Read(i, &w.file)
	if err == nil && w.file.Len() == 0 {
		err = errors.New("the file is empty")
	}
	if err == nil {
		err = w.viewer.File(w.file.Bytes(), to)
	}
	return err
}
