package data

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"abtool/features"
	"abtool/train/arch"
	"abtool/train/loss"
)

// LoaderOptions choose how a Loader makes batches of images.
type LoaderOptions struct {
	Size    int    // height and width of the network's input in pixels
	Batch   int    // images in a batch; the last batch of an epoch of evaluation can have fewer, in training it is left out
	Train   bool   // shuffle and augment
	Seed    uint64 // for order and augmentation
	Workers int    // goroutines that decode; 0: one per processor
	Ahead   int    // batches decoded ahead; 0: 2

	Crops       features.CropOptions // of training
	CropRatio   float64              // of evaluation, which takes the centre, Size / CropRatio of the shorter side; 0: 0.875
	Jitter      Jitter
	RandAugment RandAugment
	Erase       Erase
	Mix         Mix
	// Reduced decodes a JPEG of which training needs less than its resolution at half, a quarter or an eighth of
	// its size, which is faster for large images and changes pixels a little. It needs libjpeg-turbo.
	Reduced bool
	// Repeat is the number of times that an epoch has an image, next to one another and each time with
	// another crop and augmentation. An epoch then has a Repeat-th of the images. 0: 1.
	Repeat      int
	LabelRule   string // multi label: what a crop does to labels, features.LabelsKept or LabelsPublished; "": kept
	PointOutput int    // outputs of the point head: 0, 2, or 2 per class
}

// Jitter changes brightness, contrast and saturation in random order, each by a factor drawn from 1 ± its
// value (torchvision's ColorJitter without hue).
type Jitter struct{ Brightness, Contrast, Saturation float64 }

// Erase fills a random rectangle with noise, with the given probability (Zhong et al. 2020). The rectangle
// has 2 to 33 % of the area and an aspect ratio of 0.3 to 3.3. A point inside it is still learned from,
// because most of its object remains visible.
type Erase struct{ Probability float64 }

// A Batch has N images with their targets.
type Batch struct {
	N      int
	Size   int
	Pixels []byte // N × Size × Size × 3
	Target loss.Target
	IDs    []string
	Images []int // indexes in the set; −1: could not be read
	Crops  []features.Crop
	Index  int // of the batch in its epoch

	memory memory
}

// Picture returns the i-th image as the network sees it. The image shares the batch's memory.
func (b *Batch) Picture(i int) image.Image {
	n := 3 * b.Size * b.Size
	return &Pixels{W: b.Size, H: b.Size, Pix: b.Pixels[i*n : (i+1)*n]}
}

// A Loader makes batches of a Set.
type Loader struct {
	set *Set
	o   LoaderOptions

	corrupt atomic.Int64
	mu      sync.Mutex
	faults  map[int]string // why images could not be read, by their index in the set
	free    []*Batch       // given back

	decoded atomic.Int64 // images
	busy    atomic.Int64 // ns of decoding, all workers
	waited  atomic.Int64 // ns that the consumer waited
}

// NewLoader returns a loader of a set. It fails if the options do not fit the set.
func NewLoader(set *Set, o LoaderOptions) (*Loader, error) {
	if o.Size < 1 || o.Batch < 1 {
		return nil, fmt.Errorf("batches of %d images of %d pixels: both numbers must be positive", o.Batch, o.Size)
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Ahead <= 0 {
		o.Ahead = 2
	}
	if o.CropRatio == 0 {
		o.CropRatio = 0.875
	}
	if !(o.CropRatio > 0 && o.CropRatio <= 1) {
		return nil, fmt.Errorf("crop ratio %v: it must be above 0 and at most 1", o.CropRatio)
	}
	if o.LabelRule == "" {
		o.LabelRule = features.LabelsKept
	}
	if _, err := features.RandomCrop(rand.New(rand.NewPCG(0, 0)), 64, 64, o.Crops); err != nil {
		return nil, err
	}
	if want := 2 * len(set.Classes); o.PointOutput != 0 && o.PointOutput != map[bool]int{false: 2, true: want}[set.Multi] {
		return nil, fmt.Errorf("%d outputs of the point head do not fit: a single label needs 2, several labels need %d", o.PointOutput, want)
	}
	if o.Repeat == 0 {
		o.Repeat = 1
	}
	if err := o.checkChanges(); err != nil {
		return nil, err
	}
	if o.Train && len(set.Images) < o.Batch {
		return nil, fmt.Errorf("%d images are fewer than a batch of %d: give a smaller batch (--batch), or more images", len(set.Images), o.Batch)
	}
	return &Loader{set: set, o: o}, nil
}

// checkChanges returns an error if RandAugment, Mix or Repeat is out of range.
func (o LoaderOptions) checkChanges() error {
	a, m := o.RandAugment, o.Mix
	switch {
	case !(a.Magnitude >= 0 && a.Magnitude <= 10) || !(a.Std >= 0) || math.IsInf(a.Std, 0) || a.Ops < 0:
		return fmt.Errorf("RandAugment of magnitude %v ± %v, %d operations: the magnitude must be 0 to 10, the others at least 0", a.Magnitude, a.Std, a.Ops)
	case !(m.Mixup >= 0) || !(m.Cutmix >= 0) || math.IsInf(m.Mixup+m.Cutmix, 0) || !(m.Switch >= 0 && m.Switch <= 1):
		return fmt.Errorf("mixup %v, cutmix %v, cutmix with probability %v: each must be at least 0, and the probability at most 1", m.Mixup, m.Cutmix, m.Switch)
	case o.Reduced && o.Train && !reduces:
		return errors.New("decoding at a reduced size needs libjpeg-turbo: build the program with -tags turbojpeg, or set reduced_decoding = false")
	case o.Repeat < 0:
		return fmt.Errorf("each image %d times in an epoch: at least once is needed", o.Repeat)
	}
	return nil
}

// Batches returns the number of batches of an epoch.
func (l *Loader) Batches() int {
	if l.o.Train {
		return len(l.set.Images) / l.o.Batch
	}
	return (len(l.set.Images) + l.o.Batch - 1) / l.o.Batch
}

// Corrupt returns how many times an image could not be read so far. Training then uses another image of the
// set, evaluation leaves the image out. reasons lists why, the most frequent reason first, with the number
// of images and one of them. Damage in a JPEG below the part that a crop needs is not noticed, and not
// counted.
func (l *Loader) Corrupt() (times int64, reasons []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	type group struct{ images, first int }
	groups := map[string]*group{}
	for i, reason := range l.faults {
		g := groups[reason]
		if g == nil {
			g = &group{first: i}
			groups[reason] = g
		}
		g.images++
		g.first = min(g.first, i)
	}
	order := slices.SortedFunc(maps.Keys(groups), func(a, b string) int {
		return cmp.Or(cmp.Compare(groups[b].images, groups[a].images), cmp.Compare(groups[a].first, groups[b].first))
	})
	for i, reason := range order {
		g := groups[reason]
		switch {
		case i == mostReasons:
			return l.corrupt.Load(), append(reasons, fmt.Sprintf("and %d other reasons", len(order)-i))
		case g.images == 1:
			reasons = append(reasons, l.set.name(g.first)+": "+reason)
		default:
			reasons = append(reasons, fmt.Sprintf("%d images such as %s: %s", g.images, l.set.name(g.first), reason))
		}
	}
	return l.corrupt.Load(), reasons
}

// Fault returns why an image could not be read, or "" if it was read or was not tried yet.
func (l *Loader) Fault(image int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.faults[image]
}

// mostReasons is the largest number of reasons that Corrupt lists.
const mostReasons = 5

// Rate describes the speed of a loader so far.
type Rate struct {
	Images int64
	PerCPU float64       // images per second of one worker's time
	Waited time.Duration // time that the consumer waited for batches
}

// Rate returns how fast images were decoded so far.
func (l *Loader) Rate() Rate {
	r := Rate{Images: l.decoded.Load(), Waited: time.Duration(l.waited.Load())}
	if busy := l.busy.Load(); busy > 0 {
		r.PerCPU = float64(r.Images) / (float64(busy) / 1e9)
	}
	return r
}

// order returns the indexes of an epoch's images in their order.
func (l *Loader) order(epoch int) []int {
	if l.o.Train {
		order := rand.New(rand.NewPCG(l.o.Seed, uint64(epoch)<<1|1)).Perm(len(l.set.Images))
		if l.o.Repeat == 1 {
			return order
		}
		repeated := make([]int, len(order))
		for i := range repeated {
			repeated[i] = order[i/l.o.Repeat]
		}
		return repeated
	}
	order := make([]int, len(l.set.Images))
	for i := range order {
		order[i] = i
	}
	return order
}

// Epoch yields the batches of an epoch, beginning with batch number from. The loader uses a batch again only if
// Reuse gives it back. The sequence ends early if ctx ends.
func (l *Loader) Epoch(ctx context.Context, epoch, from int) iter.Seq[*Batch] {
	return func(yield func(*Batch) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		order := l.order(epoch)
		type job struct {
			b    *Batch
			slot int
			item int
			time int // which repetition of the image this is, over all epochs
			done *sync.WaitGroup
		}
		jobs := make(chan job)
		type started struct {
			b    *Batch
			done *sync.WaitGroup
		}
		ready := make(chan started, l.o.Ahead)
		for range l.o.Workers {
			wg.Go(func() {
				w := &loaderWorker{l: l}
				for j := range jobs {
					if ctx.Err() == nil {
						began := time.Now()
						w.time = epoch*l.o.Repeat + j.time
						w.load(j.b, j.slot, j.item)
						l.busy.Add(int64(time.Since(began)))
					}
					j.done.Done()
				}
			})
		}
		wg.Go(func() {
			defer close(jobs)
			defer close(ready)
			for k := from; k < l.Batches(); k++ {
				items := order[k*l.o.Batch : min((k+1)*l.o.Batch, len(order))]
				b := l.batch(len(items), k)
				done := &sync.WaitGroup{}
				done.Add(len(items))
				select {
				case ready <- started{b, done}:
				case <-ctx.Done():
					return
				}
				for slot, item := range items {
					jobs <- job{b, slot, item, (k*l.o.Batch + slot) % l.o.Repeat, done}
				}
			}
		})
		for {
			began := time.Now()
			s, ok := <-ready
			if !ok || ctx.Err() != nil {
				break
			}
			s.done.Wait()
			l.waited.Add(int64(time.Since(began)))
			s.b.compact(l.set, l.o)
			if l.o.Train && l.o.Mix.on() && s.b.N > 0 {
				l.o.Mix.apply(features.Rand(l.o.Seed, "mix", epoch<<20|s.b.Index), s.b, len(l.set.Classes), l.o.PointOutput)
			}
			if ctx.Err() != nil || s.b.N > 0 && !yield(s.b) {
				break
			}
		}
		cancel()
		for s := range ready { // wait for batches that were begun: their workers still write to them
			_ = s
		}
	}
}

// batch returns an empty batch, in the memory of one that Reuse gave back if there is any.
func (l *Loader) batch(n, k int) *Batch {
	b := &Batch{}
	l.mu.Lock()
	if last := len(l.free) - 1; last >= 0 {
		b, l.free = l.free[last], l.free[:last]
	}
	l.mu.Unlock()
	*b = Batch{N: n, Size: l.o.Size, Index: k, memory: b.memory}
	m := &b.memory
	m.pixels = grow(m.pixels, n*3*l.o.Size*l.o.Size)
	b.Pixels, b.IDs, b.Images, b.Crops = m.pixels, cleared(&m.ids, n), cleared(&m.images, n), cleared(&m.crops, n)
	b.Target.N = n
	if l.set.Multi {
		b.Target.Classes = cleared(&m.classes, n*len(l.set.Classes))
	} else {
		b.Target.Labels = cleared(&m.labels, n)
	}
	if p := l.o.PointOutput; p > 0 {
		b.Target.Points, b.Target.Valid = cleared(&m.points, n*p), cleared(&m.valid, n*p/2)
	}
	return b
}

// Reuse gives the memory of a batch back to the loader, for a later batch. Nothing may refer to the batch or its
// parts any more.
func (l *Loader) Reuse(b *Batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free = append(l.free, b)
}

// memory has the slices of a batch at their full length.
type memory struct {
	pixels                         []byte
	ids                            []string
	images                         []int
	crops                          []features.Crop
	labels                         []int32
	classes, mixed, points, before []float32
	valid, validBefore             []bool
}

// cleared returns n zeros, in the memory of s if it is large enough.
func cleared[T any](s *[]T, n int) []T {
	*s = grow(*s, n)
	clear(*s)
	return *s
}

// compact removes the slots whose image could not be read.
func (b *Batch) compact(set *Set, o LoaderOptions) {
	n := 0
	plane, points := 3*b.Size*b.Size, o.PointOutput
	for i := range b.N {
		if b.Images[i] < 0 {
			continue
		}
		if n != i {
			b.IDs[n], b.Images[n], b.Crops[n] = b.IDs[i], b.Images[i], b.Crops[i]
			copy(b.Pixels[n*plane:(n+1)*plane], b.Pixels[i*plane:(i+1)*plane])
			if set.Multi {
				c := len(set.Classes)
				copy(b.Target.Classes[n*c:(n+1)*c], b.Target.Classes[i*c:(i+1)*c])
			} else {
				b.Target.Labels[n] = b.Target.Labels[i]
			}
			copy(b.Target.Points[n*points:(n+1)*points], b.Target.Points[i*points:(i+1)*points])
			copy(b.Target.Valid[n*points/2:(n+1)*points/2], b.Target.Valid[i*points/2:(i+1)*points/2])
		}
		n++
	}
	if n == b.N {
		return
	}
	b.N, b.Target.N = n, n
	b.IDs, b.Images, b.Crops, b.Pixels = b.IDs[:n], b.Images[:n], b.Crops[:n], b.Pixels[:n*plane]
	if set.Multi {
		b.Target.Classes = b.Target.Classes[:n*len(set.Classes)]
	} else {
		b.Target.Labels = b.Target.Labels[:n]
	}
	if points > 0 {
		b.Target.Points, b.Target.Valid = b.Target.Points[:n*points], b.Target.Valid[:n*points/2]
	}
}

// loaderWorker has what one goroutine of the loader needs.
type loaderWorker struct {
	l    *Loader
	time int // how often the image was augmented before: the epoch, unless images are repeated
	file bytes.Buffer
	jpeg jpegDecoder
	z    resizer
}

// replacements is how many images training tries for one slot of a batch.
const replacements = 8

func (w *loaderWorker) load(b *Batch, slot, item int) {
	for try := range replacements {
		im := &w.l.set.Images[item]
		m, err := openOf(w.l.set.Source, im.Source, &w.file)
		if err == nil {
			err = w.put(b, slot, item, m)
		}
		if err == nil {
			w.l.decoded.Add(1)
			return
		}
		w.l.fault(item, err)
		if !w.l.o.Train {
			break
		}
		// A hash of the image's id chooses the next one, so that the choice does not depend on the worker.
		item = int(features.Rand(w.l.o.Seed+1, im.ID, w.time*replacements+try).Uint64() % uint64(len(w.l.set.Images)))
	}
	b.Images[slot] = -1
}

func (l *Loader) fault(item int, err error) {
	l.corrupt.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.faults == nil {
		l.faults = map[int]string{}
	}
	l.faults[item] = err.Error()
}

func (w *loaderWorker) put(b *Batch, slot, item int, m opened) error {
	o, set := &w.l.o, w.l.set
	im := &set.Images[item]
	r := features.Rand(o.Seed, im.ID, w.time)
	crop, err := w.cropOf(r, m.width, m.height)
	if err != nil {
		return err
	}
	eighths := 8
	if o.Reduced && o.Train {
		eighths = eighthsFor(crop, o.Size)
	}
	pixels, eighths, err := m.above(&w.jpeg, crop.Y+crop.H, eighths)
	if err != nil {
		return err
	}
	out := b.Pixels[slot*3*o.Size*o.Size:][:3*o.Size*o.Size]
	w.z.crop(pixels, eighths, crop, o.Size, out)
	moved := identity
	if o.Train {
		o.Jitter.apply(r, out)
		moved = o.RandAugment.apply(r, out, o.Size)
		o.Erase.apply(r, out, o.Size)
	}
	b.IDs[slot], b.Images[slot], b.Crops[slot] = im.ID, item, crop
	if !set.Multi {
		b.Target.Labels[slot] = int32(im.Label)
	} else {
		w.labels(b, slot, im, crop)
	}
	if o.PointOutput == 0 {
		return nil
	}
	for _, p := range im.Points {
		u, v, weight := crop.Point(p.X, p.Y)
		if moved != identity {
			u, v = moved.point(u, v, o.Size)
		}
		if weight == 0 || !(u >= 0 && u <= 1 && v >= 0 && v <= 1) {
			continue
		}
		at := slot*o.PointOutput/2 + p.Class
		b.Target.Points[2*at], b.Target.Points[2*at+1], b.Target.Valid[at] = float32(u), float32(v), true
	}
	return nil
}

// labels sets the classes of a batch's slot that the label rule leaves in a crop.
func (w *loaderWorker) labels(b *Batch, slot int, im *Image, crop features.Crop) {
	to := b.Target.Classes[slot*len(w.l.set.Classes):][:len(w.l.set.Classes)]
	for _, c := range im.Labels {
		has, weight := false, 0.0
		for _, p := range im.Points {
			if p.Class == c {
				has = true
				_, _, weight = crop.Point(p.X, p.Y)
			}
		}
		if features.Label(w.l.o.LabelRule, true, has, weight) {
			to[c] = 1
		}
	}
}

// cropOf returns a random crop in training, and the centre in evaluation.
func (w *loaderWorker) cropOf(r *rand.Rand, width, height int) (features.Crop, error) {
	if w.l.o.Train {
		return features.RandomCrop(r, width, height, w.l.o.Crops)
	}
	c := features.Whole(width, height)
	side := max(1, int(math.RoundToEven(float64(min(width, height))*w.l.o.CropRatio)))
	c.W, c.H = side, side
	c.X, c.Y = (width-side)/2, (height-side)/2
	return c, nil
}

func (j Jitter) apply(r *rand.Rand, p []byte) {
	if j == (Jitter{}) {
		return
	}
	factor := func(v float64) float64 { return max(0, 1+v*(2*r.Float64()-1)) }
	brightness, contrast, saturation := factor(j.Brightness), factor(j.Contrast), factor(j.Saturation)
	for _, what := range r.Perm(3) {
		switch what {
		case 0:
			blend(p, brightness, func(int) float64 { return 0 })
		case 1:
			mean := meanGrey(p)
			blend(p, contrast, func(int) float64 { return mean })
		case 2:
			blend(p, saturation, func(i int) float64 { return grey(p, i) })
		}
	}
}

func grey(p []byte, i int) float64 {
	return 0.299*float64(p[i]) + 0.587*float64(p[i+1]) + 0.114*float64(p[i+2])
}

// blend moves each pixel away from, or towards, the value that to returns for it.
func blend(p []byte, factor float64, to func(i int) float64) {
	if factor == 1 {
		return
	}
	for i := 0; i+2 < len(p); i += 3 {
		base := to(i) * (1 - factor)
		for c := i; c < i+3; c++ {
			p[c] = byte(max(0, min(255, base+factor*float64(p[c])+0.5)))
		}
	}
}

func (e Erase) apply(r *rand.Rand, p []byte, size int) {
	if e.Probability <= 0 || r.Float64() >= e.Probability {
		return
	}
	for range 10 {
		area := float64(size*size) * (0.02 + 0.31*r.Float64())
		ratio := math.Exp(math.Log(0.3) + (math.Log(3.3)-math.Log(0.3))*r.Float64())
		w, h := int(math.RoundToEven(math.Sqrt(area/ratio))), int(math.RoundToEven(math.Sqrt(area*ratio)))
		if w < 1 || h < 1 || w >= size || h >= size {
			continue
		}
		x, y := r.IntN(size-w+1), r.IntN(size-h+1)
		for row := y; row < y+h; row++ {
			for i := 3 * (row*size + x); i < 3*(row*size+x+w); i++ {
				v := (float64(arch.Mean[i%3]) + float64(arch.Std[i%3])*r.NormFloat64()) * 255
				p[i] = byte(max(0, min(255, v)))
			}
		}
		return
	}
}
