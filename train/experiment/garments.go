package experiment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/image/draw"

	"abtool/eval/cam"
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
// There are several sets for evaluation. validation is composed like the training images, with other garments
// of Fashion-MNIST's training images. The other sets have garments of its test images:
//
//	same      composed like the training images
//	shifted   on textures that do not depend on the class
//	own       on the texture of the class (the Backgrounds Challenge's mixed_same)
//	other     the garments and places of own, on the texture of another class (mixed_rand)
//	size      of sides of 14, 20, 28 and 40 pixels, equally often, on textures as in shifted (SI-Score's size)
//	location  at 16 places of a grid, equally often, on textures as in shifted (SI-Score's location)
//	occluded  as in same, with the middle quarter of the image filled with grey
//
// Simulated annotators of package synth annotate the training images on the pages of the front end, as they
// would photographs. Package ingest reads their byproducts and package features makes the targets, as for
// real data. Their clicks are of one or two kinds:
//
//	simulated  of annotators who aim with two clicks of three, each more or less often
//	precise    of annotators who aim with 93 clicks of 100, so that 83 % are in the garment's box, as in ImageNet-AB
type Garments struct {
	Folder      string  `toml:"folder"`      // folder with Fashion-MNIST's four files
	Images      int     `toml:"images"`      // training images
	Validation  int     `toml:"validation"`  // validation images
	Test        int     `toml:"test"`        // images in each of same and shifted
	Correlation float64 `toml:"correlation"` // share of the images with the texture of their class; the others have a random one
	Amplitude   float64 `toml:"amplitude"`   // of the texture, around a grey of 0.5
	Rule        string  `toml:"rule"`        // rule of the targets

	Sets   []string `toml:"sets,omitempty"`   // for evaluation; none: validation, same and shifted
	Clicks []string `toml:"clicks,omitempty"` // luab is trained with each kind; none: simulated
	CAM    bool     `toml:"cam,omitempty"`    // whether to compare class activation maps on same with the garments' boxes
}

// FashionMNIST is the folder in which Debian's package dataset-fashion-mnist installs its files.
const FashionMNIST = "/usr/share/datasets/fashion-mnist"

// Names of the sets of images.
const (
	trainingSet   = "train"
	validationSet = "validation"
	sameSet       = "same"
	shiftedSet    = "shifted"
	ownSet        = "own"
	otherSet      = "other"
	sizeSet       = "size"
	locationSet   = "location"
	occludedSet   = "occluded"
)

var garmentSets = []string{validationSet, sameSet, shiftedSet, ownSet, otherSet, sizeSet, locationSet, occludedSet}

// preciseDiligence is the chance that a precise click is aimed. It was chosen by the accuracy of the clicks
// alone: with 1, they are in the box in 76 to 97 % of the images of eight seeds, 87 % on average.
const preciseDiligence = 0.93

// Kinds of clicks.
const (
	Simulated = "simulated"
	Precise   = "precise"
)

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

func (g *Garments) sets() []string {
	if len(g.Sets) == 0 {
		return garmentSets[:3]
	}
	return g.Sets
}

func (g *Garments) check() error {
	for _, c := range []struct {
		bad  bool
		text string
	}{
		{g.Images < 100, "images: at least 100 are needed"},
		{g.Validation < 10 || g.Test < 10, "validation and test: at least 10 are needed"},
		{!(g.Correlation >= 0 && g.Correlation <= 1), "correlation: must be from 0 to 1"},
		{repeats(g.Sets) || !within(g.Sets, garmentSets), "sets: give some of " + strings.Join(garmentSets, ", ") + ", each once"},
		{repeats(g.Clicks) || !within(g.Clicks, []string{Simulated, Precise}), "clicks: give simulated or precise, each once"},
		{g.CAM && !slices.Contains(g.sets(), sameSet), "cam: the maps are compared on the set same, which sets lacks"},
		{!(g.Amplitude >= 0 && g.Amplitude <= 0.5), "amplitude: must be from 0 to 0.5"},
	} {
		if c.bad {
			return fmt.Errorf("checking [garments] of the experiment: %s", c.text)
		}
	}
	return nil
}

// within reports whether all names are in a list.
func within(names, list []string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(list, n) })
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
	ids         string // ids are those of this set: images of sets with the same ids have the same garments at the same places
	seed        uint64
	source      data.Source
	byClass     [][]int
	correlation float64
	amplitude   float64
}

func (g *Garments) composer(w *wardrobe, set string, seed uint64) *composer {
	c := &composer{set: set, ids: set, seed: seed, source: w.source, byClass: w.first, correlation: g.Correlation, amplitude: g.Amplitude}
	switch set {
	case trainingSet:
		return c
	case validationSet:
		c.byClass = w.last
		return c
	case shiftedSet, sizeSet, locationSet:
		c.correlation = 0
	case ownSet, otherSet:
		c.ids = ownSet
	}
	c.source, c.byClass = w.tests, w.test
	return c
}

// composed describes an image before it is drawn. It depends only on the set, its seed and the image's
// number.
type composed struct {
	id      string
	garment *image.Gray // a square
	x, y    int         // position of the garment
	texture int
	rng     *rand.Rand
	box     [4]int
}

func (c *composer) at(i, class int) composed {
	m := composed{id: fmt.Sprintf("%s-%06d", c.ids, i)}
	m.rng = features.Rand(c.seed, m.id, 0)
	list := c.byClass[class]
	img, err := c.source.Image(list[m.rng.IntN(len(list))])
	if err != nil {
		panic(err) // cannot happen: an idx file is in memory
	}
	m.garment = img.(*image.Gray)
	if c.set == sizeSet {
		m.garment = scaled(m.garment, garmentSides[i/len(garmentClasses)%len(garmentSides)])
	}
	free := photo - m.garment.Rect.Dx()
	m.x, m.y = m.rng.IntN(free+1), m.rng.IntN(free+1)
	if c.set == locationSet {
		at := i / len(garmentClasses) % (placesASide * placesASide)
		m.x, m.y = at%placesASide*free/(placesASide-1), at/placesASide*free/(placesASide-1)
	}
	m.texture = class
	switch {
	case c.ids == ownSet:
		if away := 1 + m.rng.IntN(len(garmentClasses)-1); c.set == otherSet {
			m.texture = (class + away) % len(garmentClasses)
		}
	case m.rng.Float64() >= c.correlation:
		m.texture = m.rng.IntN(len(garmentClasses))
	}
	m.box = extent(m.garment)
	for k := range m.box {
		m.box[k] += [2]int{m.x, m.y}[k%2]
	}
	return m
}

// garmentSides are the sides of the garments in the set size, in pixels.
var garmentSides = [...]int{14, 20, garment, 40}

// placesASide is the number of places in a row and in a column of the set location.
const placesASide = 4

// scaled returns a garment with another side.
func scaled(m *image.Gray, side int) *image.Gray {
	if side == m.Rect.Dx() {
		return m
	}
	to := image.NewGray(image.Rect(0, 0, side, side))
	draw.BiLinear.Scale(to, to.Rect, m, m.Rect, draw.Src, nil)
	return to
}

// inked is the smallest grey of a pixel that belongs to a garment.
const inked = 16

// extent returns the box of a garment's pixels. Its right and lower edges lie beyond the last pixel.
func extent(m *image.Gray) [4]int {
	side := m.Rect.Dx()
	b := [4]int{side, side, 0, 0}
	for y := range side {
		for x := range side {
			if m.Pix[y*m.Stride+x] >= inked {
				b = [4]int{min(b[0], x), min(b[1], y), max(b[2], x+1), max(b[3], y+1)}
			}
		}
	}
	if b[2] == 0 {
		return [4]int{0, 0, side, side}
	}
	return b
}

// scene returns the image as annotators see it.
func (c *composer) scene(i, class int) synth.Scene {
	m := c.at(i, class)
	return synth.Scene{ID: m.id, Width: photo, Height: photo, Box: m.box}
}

// meanGrey fills the middle of an occluded image. It is close to what networks see as zero.
const meanGrey = 114

// pixelNoise is the standard deviation of the grain.
const pixelNoise = 0.03

// draw draws the image.
func (c *composer) draw(i, class int) *image.Gray {
	m := c.at(i, class)
	side := m.garment.Rect.Dx()
	ground := newTexture(m.texture, m.rng)
	out := image.NewGray(image.Rect(0, 0, photo, photo))
	for y := range photo {
		for x := range photo {
			v := 0.5 + c.amplitude*ground.at(float64(x), float64(y)) + pixelNoise*m.rng.NormFloat64()
			if gx, gy := x-m.x, y-m.y; gx >= 0 && gx < side && gy >= 0 && gy < side {
				ink := float64(m.garment.Pix[gy*m.garment.Stride+gx]) / 255
				cover := min(1, ink*255/64)
				v += (ink - v) * cover
			}
			out.Pix[y*out.Stride+x] = uint8(math.Round(255 * max(0, min(1, v))))
		}
	}
	if c.set == occludedSet {
		for y := photo / 4; y < 3*photo/4; y++ {
			for x := photo / 4; x < 3*photo/4; x++ {
				out.Pix[y*out.Stride+x] = meanGrey
			}
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
	train := g.composer(w, trainingSet, seed)
	targets := map[string][]targetfile.Target{}
	for _, clicks := range g.clicks() {
		folder := dir
		if clicks != Simulated {
			folder = filepath.Join(dir, clicks)
		}
		if targets[clicks], err = g.annotate(ctx, folder, train, clicks, o); err != nil {
			return nil, fmt.Errorf("annotating the garments of seed %d: %w", seed, err)
		}
	}
	classOf := synth.ClassOf(synth.Options{Images: g.Images, Classes: garmentClasses})
	source, _, err := train.gallery(ctx, g.Images, o.Jobs, classOf)
	if err != nil {
		return nil, err
	}
	m := &material{}
	m.train = func(a Arm) (*data.Set, error) {
		clicks := cmp.Or(a.Clicks, g.clicks()[0])
		return data.NewSet(source, targets[clicks], data.SetOptions{Supervision: a.Supervision, Classes: garmentClasses, Seed: seed})
	}
	for _, name := range g.sets() {
		n := g.Test
		if name == validationSet {
			n = g.Validation
		}
		c := g.composer(w, name, seed)
		label := func(i int) int { return i % len(garmentClasses) }
		images, truth, err := c.gallery(ctx, n, o.Jobs, label)
		if err != nil {
			return nil, err
		}
		set, err := data.NewSet(images, nil, data.SetOptions{Classes: garmentClasses})
		if err != nil {
			return nil, err
		}
		e := evaluation{name: name, set: set, truth: truth}
		if g.CAM && name == sameSet {
			e.boxes = func(i int) []cam.Box {
				b := c.at(i, label(i)).box
				return []cam.Box{{X0: b[0], Y0: b[1], X1: b[2] - 1, Y1: b[3] - 1}}
			}
		}
		m.evaluations = append(m.evaluations, e)
	}
	return m, nil
}

// clicks returns the kinds of clicks.
func (g *Garments) clicks() []string {
	if len(g.Clicks) == 0 {
		return []string{Simulated}
	}
	return g.Clicks
}

// targetsName is the file of a seed's targets. It is written last, so that the other files of a folder that
// has it are complete.
const targetsName = "targets.parquet"

// annotate simulates the annotators, ingests their byproducts into a store, and makes the targets.
func (g *Garments) annotate(ctx context.Context, dir string, c *composer, clicks string, o Options) ([]targetfile.Target, error) {
	file := filepath.Join(dir, targetsName)
	if _, err := os.Stat(file); err == nil {
		return targetfile.Read(file)
	}
	sim, store := filepath.Join(dir, "sim"), filepath.Join(dir, "store")
	how := synth.Options{Images: g.Images, Seed: c.seed, Out: sim, Boxes: true, Classes: garmentClasses, Scene: c.scene, Workers: o.Jobs, Force: true}
	if clicks == Precise {
		how.Diligence = preciseDiligence
	}
	if _, err := synth.ImageNet(ctx, how); err != nil {
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
