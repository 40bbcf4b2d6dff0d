package experiment

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"abtool/features"
	"abtool/features/format"
	"abtool/features/targetfile"
	"abtool/internal/synth"
	"abtool/train/data"
	"abtool/train/run"
)

// Garments describe photographs that the program composes: a garment of Fashion-MNIST (28 × 28 pixels,
// grey) at a random place on a texture. In the training images the texture correlates with the class, as
// backgrounds do in photographs. A network that learns the texture is right more often than chance on such
// images, and is misled where textures are shuffled.
//
// There are three sets for evaluation. validation and same are composed like the training images, but with
// other garments (validation: of Fashion-MNIST's training images; same: of its test images). shifted has
// test garments on textures that do not depend on the class.
//
// Simulated annotators of package synth annotate the training images on the pages of the front end, as they
// would photographs. Package ingest reads their byproducts and package features makes the targets, as for
// real data.
type Garments struct {
	Folder      string  `toml:"folder"`      // folder with Fashion-MNIST's four files
	Images      int     `toml:"images"`      // training images
	Validation  int     `toml:"validation"`  // validation images
	Test        int     `toml:"test"`        // images in each of same and shifted
	Correlation float64 `toml:"correlation"` // share of the images with the texture of their class; the others have a random one
	Amplitude   float64 `toml:"amplitude"`   // of the texture, around a grey of 0.5
	Rule        string  `toml:"rule"`        // rule of the targets
}

// FashionMNIST is the folder in which Debian's package dataset-fashion-mnist installs its files.
const FashionMNIST = "/usr/share/datasets/fashion-mnist"

// Names of the sets of images for evaluation.
const (
	validationSet = "validation"
	sameSet       = "same"
	shiftedSet    = "shifted"
)

var garmentSets = []string{validationSet, sameSet, shiftedSet}

// garmentClasses are Fashion-MNIST's classes, by label.
var garmentClasses = []string{"t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot"}

// Sizes in pixels of images and garments.
const (
	photo   = 64
	garment = 28
)

// validationShare is the share of Fashion-MNIST's training images, at their end, that only validation uses.
const validationShare = 1. / 6

func (g *Garments) defaults() {
	if g.Folder == "" {
		g.Folder = FashionMNIST
	}
	if g.Rule == "" {
		g.Rule = features.DefaultRule(features.ImageNet)
	}
}

func (g *Garments) check() error {
	for _, c := range []struct {
		bad  bool
		text string
	}{
		{g.Images < 100, "images: at least 100 are needed"},
		{g.Validation < 10 || g.Test < 10, "validation and test: at least 10 are needed"},
		{!(g.Correlation >= 0 && g.Correlation <= 1), "correlation: must be from 0 to 1"},
		{!(g.Amplitude >= 0 && g.Amplitude <= 0.5), "amplitude: must be from 0 to 0.5"},
	} {
		if c.bad {
			return fmt.Errorf("checking [garments] of the experiment: %s", c.text)
		}
	}
	return nil
}

// wardrobe has the images of Fashion-MNIST by class.
type wardrobe struct {
	source            data.Source
	first, last, test [][]int // images of a class: training images before validationShare, the rest of them, test images
	tests             data.Source
}

func openWardrobe(folder string) (*wardrobe, error) {
	open := func(name string) (data.Source, error) {
		images, labels := filepath.Join(folder, name+"-images-idx3-ubyte"), filepath.Join(folder, name+"-labels-idx1-ubyte")
		if _, err := os.Stat(images); errors.Is(err, os.ErrNotExist) {
			images, labels = images+".gz", labels+".gz"
		}
		s, err := data.OpenIDX(images, labels)
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%w: Fashion-MNIST was not found. On Debian and Ubuntu, apt-get install dataset-fashion-mnist puts it into %s; elsewhere give the folder of its four files with --data", err, FashionMNIST)
		}
		return s, err
	}
	w := &wardrobe{}
	var err error
	if w.source, err = open("train"); err != nil {
		return nil, err
	}
	if w.tests, err = open("t10k"); err != nil {
		return nil, err
	}
	border := int(float64(w.source.Len()) * (1 - validationShare))
	for _, x := range []struct {
		to       *[][]int
		s        data.Source
		from, up int
	}{{&w.first, w.source, 0, border}, {&w.last, w.source, border, w.source.Len()}, {&w.test, w.tests, 0, w.tests.Len()}} {
		if *x.to, err = byClass(x.s, x.from, x.up); err != nil {
			return nil, fmt.Errorf("%s: %w", folder, err)
		}
	}
	return w, nil
}

func byClass(s data.Source, from, to int) ([][]int, error) {
	out := make([][]int, len(garmentClasses))
	for i := from; i < to; i++ {
		label, err := strconv.Atoi(s.Item(i).Class)
		if err != nil || label >= len(out) {
			return nil, fmt.Errorf("image %d has the label %q, but Fashion-MNIST has labels 0 to %d", i, s.Item(i).Class, len(out)-1)
		}
		out[label] = append(out[label], i)
	}
	for c, list := range out {
		if len(list) == 0 {
			return nil, fmt.Errorf("no garment of class %d is among images %d to %d", c, from, to-1)
		}
	}
	return out, nil
}

// A composer composes the images of a set.
type composer struct {
	set         string
	seed        uint64
	source      data.Source
	byClass     [][]int
	correlation float64
	amplitude   float64
}

func (g *Garments) composer(w *wardrobe, set string, seed uint64) *composer {
	c := &composer{set: set, seed: seed, source: w.source, byClass: w.first, correlation: g.Correlation, amplitude: g.Amplitude}
	switch set {
	case validationSet:
		c.byClass = w.last
	case sameSet:
		c.source, c.byClass = w.tests, w.test
	case shiftedSet:
		c.source, c.byClass, c.correlation = w.tests, w.test, 0
	}
	return c
}

// composed describes an image before it is drawn. It depends only on the set, its seed and the image's
// number.
type composed struct {
	id      string
	garment *image.Gray
	x, y    int // position of the garment
	texture int
	rng     *rand.Rand
	box     [4]int
}

func (c *composer) at(i, class int) composed {
	m := composed{id: fmt.Sprintf("%s-%06d", c.set, i)}
	m.rng = features.Rand(c.seed, m.id, 0)
	list := c.byClass[class]
	img, err := c.source.Image(list[m.rng.IntN(len(list))])
	if err != nil {
		panic(err) // cannot happen: an idx file is in memory
	}
	m.garment = img.(*image.Gray)
	m.x, m.y = m.rng.IntN(photo-garment+1), m.rng.IntN(photo-garment+1)
	m.texture = class
	if m.rng.Float64() >= c.correlation {
		m.texture = m.rng.IntN(len(garmentClasses))
	}
	m.box = extent(m.garment)
	for k := range m.box {
		m.box[k] += [2]int{m.x, m.y}[k%2]
	}
	return m
}

// inked is the smallest grey of a pixel that belongs to a garment.
const inked = 16

// extent returns the box of a garment's pixels. Its right and lower edges lie beyond the last pixel.
func extent(m *image.Gray) [4]int {
	b := [4]int{garment, garment, 0, 0}
	for y := range garment {
		for x := range garment {
			if m.Pix[y*m.Stride+x] >= inked {
				b = [4]int{min(b[0], x), min(b[1], y), max(b[2], x+1), max(b[3], y+1)}
			}
		}
	}
	if b[2] == 0 {
		return [4]int{0, 0, garment, garment}
	}
	return b
}

// scene returns the image as annotators see it.
func (c *composer) scene(i, class int) synth.Scene {
	m := c.at(i, class)
	return synth.Scene{ID: m.id, Width: photo, Height: photo, Box: m.box}
}

// pixelNoise is the standard deviation of the grain.
const pixelNoise = 0.03

// draw draws the image.
func (c *composer) draw(i, class int) *image.Gray {
	m := c.at(i, class)
	ground := newTexture(m.texture, m.rng)
	out := image.NewGray(image.Rect(0, 0, photo, photo))
	for y := range photo {
		for x := range photo {
			v := 0.5 + c.amplitude*ground.at(float64(x), float64(y)) + pixelNoise*m.rng.NormFloat64()
			if gx, gy := x-m.x, y-m.y; gx >= 0 && gx < garment && gy >= 0 && gy < garment {
				ink := float64(m.garment.Pix[gy*m.garment.Stride+gx]) / 255
				cover := min(1, ink*255/64)
				v += (ink - v) * cover
			}
			out.Pix[y*out.Stride+x] = uint8(math.Round(255 * max(0, min(1, v))))
		}
	}
	return out
}

// A texture is one of five patterns, coarse or fine, which look the same in a mirror.
type texture struct {
	pattern int
	wave    float64 // radians per pixel
	u, v    float64 // phases; the centre of rings
}

func newTexture(k int, r *rand.Rand) texture {
	t := texture{pattern: k % 5, wave: 2 * math.Pi / 11}
	if k >= 5 {
		t.wave = 2 * math.Pi / 5
	}
	t.u, t.v = photo*r.Float64(), photo*r.Float64()
	return t
}

// at returns the texture's value at a pixel, from −1 to 1.
func (t texture) at(x, y float64) float64 {
	x, y = t.wave*(x-t.u), t.wave*(y-t.v)
	switch t.pattern {
	case 0: // horizontal stripes
		return math.Sin(y)
	case 1: // vertical stripes
		return math.Sin(x)
	case 2: // checks
		return math.Sin(x) * math.Sin(y)
	case 3: // checks rotated by 45 degrees
		return math.Sin((x+y)/math.Sqrt2) * math.Sin((x-y)/math.Sqrt2)
	default: // rings
		return math.Sin(math.Hypot(x, y))
	}
}

// gallery draws n images of a set. classOf(i) is the class of the i-th.
func (c *composer) gallery(ctx context.Context, n, jobs int, classOf func(int) int) (*data.Memory, run.Truth, error) {
	images := make([]*image.Gray, n)
	var wg sync.WaitGroup
	for j := range jobs {
		wg.Go(func() {
			for i := j; i < n && ctx.Err() == nil; i += jobs {
				images[i] = c.draw(i, classOf(i))
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	m := &data.Memory{}
	boxes := make(map[string][4]int, n)
	for i, img := range images {
		at := c.at(i, classOf(i))
		m.Add(data.Item{ID: at.id, Class: garmentClasses[classOf(i)]}, img)
		boxes[at.id] = at.box
	}
	return m, func(id, _ string, x, y float64) (hit, known bool) {
		b, known := boxes[id]
		x, y = x*photo, y*photo
		return x >= float64(b[0]) && x <= float64(b[2]) && y >= float64(b[1]) && y <= float64(b[3]), known
	}, nil
}

// material composes the images of a seed, has them annotated, and makes the targets.
func (g *Garments) material(ctx context.Context, dir string, seed uint64, o Options) (*material, error) {
	w, err := openWardrobe(g.Folder)
	if err != nil {
		return nil, err
	}
	train := g.composer(w, "train", seed)
	targets, err := g.annotate(ctx, dir, train, o)
	if err != nil {
		return nil, fmt.Errorf("annotating the garments of seed %d: %w", seed, err)
	}
	classOf := synth.ClassOf(synth.Options{Images: g.Images, Classes: garmentClasses})
	source, _, err := train.gallery(ctx, g.Images, o.Jobs, classOf)
	if err != nil {
		return nil, err
	}
	m := &material{}
	m.train = func(s data.Supervision) (*data.Set, error) {
		return data.NewSet(source, targets, data.SetOptions{Supervision: s, Classes: garmentClasses, Seed: seed})
	}
	for _, name := range garmentSets {
		n := g.Test
		if name == validationSet {
			n = g.Validation
		}
		images, truth, err := g.composer(w, name, seed).gallery(ctx, n, o.Jobs, func(i int) int { return i % len(garmentClasses) })
		if err != nil {
			return nil, err
		}
		set, err := data.NewSet(images, nil, data.SetOptions{Classes: garmentClasses})
		if err != nil {
			return nil, err
		}
		m.evaluations = append(m.evaluations, evaluation{name, set, truth})
	}
	return m, nil
}

// targetsName is the file of a seed's targets. It is written last, so that the other files of a folder that
// has it are complete.
const targetsName = "targets.parquet"

// annotate simulates the annotators, ingests their byproducts into a store, and makes the targets.
func (g *Garments) annotate(ctx context.Context, dir string, c *composer, o Options) ([]targetfile.Target, error) {
	file := filepath.Join(dir, targetsName)
	if _, err := os.Stat(file); err == nil {
		return targetfile.Read(file)
	}
	sim, store := filepath.Join(dir, "sim"), filepath.Join(dir, "store")
	if _, err := synth.ImageNet(ctx, synth.Options{Images: g.Images, Seed: c.seed, Out: sim, Boxes: true, Classes: garmentClasses, Scene: c.scene, Workers: o.Jobs, Force: true}); err != nil {
		return nil, err
	}
	if err := o.Ingest(ctx, filepath.Join(sim, "imagenet_ab.tar.gz"), filepath.Join(sim, "boxes.tar.gz"), store); err != nil {
		return nil, err
	}
	if err := g.examples(dir, c); err != nil {
		return nil, err
	}
	if _, err := features.Write(ctx, store, file, features.WriteOptions{Options: features.Options{Set: features.ImageNet, Rules: []string{g.Rule}, Jobs: o.Jobs, Tool: o.Tool}, Output: format.Options{Force: true}}); err != nil {
		return nil, err
	}
	return targetfile.Read(file)
}

// examples writes some of the training images as PNG files for people to look at.
func (g *Garments) examples(dir string, c *composer) error {
	folder := filepath.Join(dir, "examples")
	classOf := synth.ClassOf(synth.Options{Images: g.Images, Classes: garmentClasses})
	const n = 40
	for k := range n {
		i := k * g.Images / n
		name := c.at(i, classOf(i)).id + "-" + garmentClasses[classOf(i)] + ".png"
		if err := savePNG(filepath.Join(folder, name), c.draw(i, classOf(i))); err != nil {
			return err
		}
	}
	return nil
}

func savePNG(path string, m image.Image) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, m), f.Close())
}
