package features

import (
	"context"
	"fmt"
	"math"
	"slices"

	"abtool/byproduct"
	"abtool/byproduct/imagenet"
	"abtool/byproduct/plane"
	"abtool/internal/parallel"
	"abtool/internal/stat"
	"abtool/store"
	"abtool/store/columnar"
)

// Flags of a showing.
const (
	showingSelected = 1 << iota
	showingClicked  // it has a click with a place
	showingAsRead   // its first click, as read, has one
	showingHit      // the last is in a box
)

// A showing is what is kept of a row of annotations: one time an image was shown.
type showing struct {
	submit         int64   // columnar.Null: unknown
	firstX, firstY float64 // first click with a place
	lastX, lastY   float64
	image, worker  int32 // −1: unknown
	time           int32 // ms from entering to the last click, −1: unknown, or not asked for
	flags          uint8
}

func (s *showing) is(flags uint8) bool { return s.flags&flags == flags }

// imagenetSet is what the rules need of the imagenet data set: small facts of every showing and
// image.
type imagenetSet struct {
	o        *Options
	points   []imagenetPoint // of the rules
	table    *columnar.Table
	images   *imagenet.Images
	showings []showing // by row
	next     []int32   // by row: the image's next row, −1: none
	first    []int32   // by image: its first row, −1: none
	anchor   []int32   // by image: the row that its targets stand at, −1: none
	starts   []int32   // by row group: its first row
	workers  *byproduct.Names
	fold     []int32 // by worker: calibrationFold
	trust    *trust  // nil: no boxes
	shift    *calibration
	pace     *pace // nil: not asked for
	splits   *splitter
}

// imageFacts is an image with its showings.
type imageFacts struct {
	set      *imagenetSet
	image    int32
	id       string
	showings []int32 // rows, in document order
	final    int32   // row of the final click; −1: none (I4)

	trustRow int32 // that the next two are of; −1: none
	trust    float64
	trustN   int32
}

// readImageNet reads what the rules need, in one pass over the annotations.
func readImageNet(ctx context.Context, dir string, o *Options) (dataSet, error) {
	images, err := imagenet.ReadImages(ctx, dir, o.Jobs)
	if err != nil {
		return nil, err
	}
	if err := o.checkTruth(len(images.AllBoxes()) > 0); err != nil {
		return nil, err
	}
	t, err := columnar.Open(dir, ImageNet, "annotations")
	if err != nil {
		return nil, err
	}
	s := &imagenetSet{o: o, table: t, images: images, workers: byproduct.NewNames(), showings: make([]showing, t.Rows())}
	at := int32(0)
	for g := range t.Groups() {
		s.starts = append(s.starts, at)
		at += int32(t.GroupRows(g))
	}
	s.starts = append(s.starts, at)
	passes := make([]*imagenetPass, parallel.Workers(o.Jobs))
	err = parallel.Each(ctx, o.Jobs, t.Groups(), func(worker, g int) (err error) {
		if passes[worker] == nil {
			if passes[worker], err = s.newPass(); err != nil {
				return err
			}
		}
		return passes[worker].group(g)
	})
	if err == nil {
		s.link()
		err = s.learn()
	}
	if err != nil {
		t.Close()
		return nil, err
	}
	return s, nil
}

func (s *imagenetSet) close() error { return s.table.Close() }

func (s *imagenetSet) categories() (classes []store.Category) {
	for i, name := range s.images.Classes {
		classes = append(classes, store.Category{ID: int64(i), Name: name})
	}
	return classes
}

// imagenetPass is what one goroutine of the pass has.
type imagenetPass struct {
	set     *imagenetSet
	read    *columnar.Reader
	lists   *imagenet.Lists // nil: times are not asked for
	workers []int32
}

func (s *imagenetSet) newPass() (*imagenetPass, error) {
	columns := []string{"seq", "image_id", "worker_id", "hit_submit_time", "selected"}
	if s.o.wants("difficulty") {
		columns = append(columns, imagenet.EventColumns...)
	} else {
		columns = append(columns, "clicks.x", "clicks.y")
	}
	r, err := s.table.Reader(columns...)
	if err != nil {
		return nil, err
	}
	p := &imagenetPass{set: s, read: r}
	if s.o.wants("difficulty") {
		p.lists = imagenet.NewLists(r, false)
	}
	return p, nil
}

// group takes a row group.
func (p *imagenetPass) group(g int) error {
	if err := p.read.Read(g); err != nil {
		return err
	}
	s, r := p.set, p.read
	seq, image, worker, submit, selected := r.Column("seq").Ints, r.Column("image_id"), r.Column("worker_id"), r.Column("hit_submit_time").Ints, r.Column("selected").Ints
	x, y := r.Column("clicks.x"), r.Column("clicks.y").Floats
	p.workers = s.workers.Number(p.workers[:0], worker.Dict)
	from := s.starts[g]
	near := int32(-1)
	for i := range r.Rows() {
		if seq[i] != int64(from)+int64(i) {
			return fmt.Errorf("row %d of imagenet/annotations has the number %d: the store is damaged, ingest again", int(from)+i, seq[i])
		}
		id, _ := image.Text(i)
		at, ok := s.images.IDs.Find(id, near)
		if !ok {
			return fmt.Errorf("the image %s of annotations is not in images: the store is damaged, ingest again", id)
		}
		near = at
		n := &s.showings[int(from)+i]
		*n = showing{submit: submit[i], image: at, worker: -1, time: -1}
		if k := worker.Index[i]; k >= 0 {
			n.worker = p.workers[k]
		}
		if selected[i] != 1 {
			continue
		}
		n.flags |= showingSelected
		from, to := x.Offsets[i], x.Offsets[i+1]
		xs, ys := x.Floats[from:to], y[from:to]
		first, last := imagenet.FirstClick(xs, ys), imagenet.LastClick(xs, ys)
		if first < 0 {
			continue
		}
		n.flags |= showingClicked
		if first == 0 {
			n.flags |= showingAsRead
		}
		n.firstX, n.firstY, n.lastX, n.lastY = xs[first], ys[first], xs[last], ys[last]
		if plane.InAny(s.images.Boxes(at), n.lastX, n.lastY) {
			n.flags |= showingHit
		}
	}
	if p.lists != nil {
		p.times(p.set.showings[from:])
	}
	return nil
}

// times fills in the time from entering to the last click.
func (p *imagenetPass) times(showings []showing) {
	p.lists.Update()
	for i := range p.read.Rows() {
		n := &showings[i]
		if !n.is(showingClicked) {
			continue
		}
		clicks := p.lists.Clicks(i)
		click := clicks.T[imagenet.LastClick(clicks.X, clicks.Y)]
		if _, enter := p.lists.Hovers(i).Enters(click); enter != columnar.Null && click-enter <= math.MaxInt32 {
			n.time = int32(click - enter)
		}
	}
}

// link strings the showings of each image together, and finds its anchor.
func (s *imagenetSet) link() {
	n := s.images.IDs.Len()
	s.next, s.first, s.anchor = make([]int32, len(s.showings)), make([]int32, n), make([]int32, n)
	for i := range s.first {
		s.first[i] = -1
	}
	for row := len(s.showings) - 1; row >= 0; row-- {
		image := s.showings[row].image
		s.next[row], s.first[image] = s.first[image], int32(row)
	}
	var f imageFacts
	for i := range s.first {
		f.of(s, int32(i))
		if s.anchor[i] = f.final; f.final < 0 {
			s.anchor[i] = s.first[i]
		}
	}
}

// of makes f the facts of an image.
func (f *imageFacts) of(s *imagenetSet, image int32) {
	f.set, f.image, f.id, f.final, f.trustRow, f.showings = s, image, s.images.IDs.At(image), -1, -1, f.showings[:0]
	for row := s.first[image]; row >= 0; row = s.next[row] {
		f.showings = append(f.showings, row)
		if n := &s.showings[row]; n.is(showingSelected|showingClicked) && (f.final < 0 || s.order(row).After(s.order(f.final))) {
			f.final = row
		}
	}
}

// order returns the place of a row in the order of its image's rows.
func (s *imagenetSet) order(row int32) imagenet.Order {
	return imagenet.Order{Submit: s.showings[row].submit, Seq: int64(row)}
}

// learn fits what is fitted over all images.
func (s *imagenetSet) learn() error {
	s.points = pointsOf(s.o.rules, imagenetPoints)
	for _, w := range s.workers.List {
		s.fold = append(s.fold, calibrationFold(w, ""))
	}
	if len(s.images.AllBoxes()) > 0 {
		var parts [trustFolds][]stat.Tally
		for f := range parts {
			parts[f] = make([]stat.Tally, len(s.workers.List))
		}
		fold, of := 0, int32(-1)
		for i := range s.showings {
			n := &s.showings[i]
			if !n.is(showingSelected|showingClicked) || n.worker < 0 || len(s.images.Boxes(n.image)) == 0 {
				continue
			}
			if n.image != of {
				fold, of = trustFold(s.images.IDs.At(n.image)), n.image
			}
			parts[fold][n.worker].Add(n.is(showingHit))
		}
		s.trust = newTrust(&parts, len(s.workers.List), s.o.Jobs)
	}
	if s.o.needs().calibration {
		s.shift = s.calibrate()
	}
	if s.o.wants("difficulty") {
		s.pace = newPace(len(s.workers.List))
		var f imageFacts
		for i := range s.first {
			if f.of(s, int32(i)); f.final >= 0 {
				n := &s.showings[f.final]
				s.pace.add(n.worker, int64(n.time))
			}
		}
		s.pace.fit(s.o.Jobs)
	}
	return s.split()
}

// calibrate fits the displacement to the final clicks of images with a box, in order of the images.
func (s *imagenetSet) calibrate() *calibration {
	fit := newCalibrationFit(len(s.images.Classes), len(s.first))
	var f imageFacts
	for i := range s.first {
		boxes := s.images.Boxes(int32(i))
		if len(boxes) == 0 {
			continue
		}
		if f.of(s, int32(i)); f.final >= 0 {
			n := &s.showings[f.final]
			fit.add(f.foldOf(n.worker), s.images.Class[i], plane.Nearest(boxes, n.lastX, n.lastY), n.lastX, n.lastY)
		}
	}
	return fit.done(s.o.Jobs)
}

// foldOf is the calibration fold of an annotator.
func (f *imageFacts) foldOf(worker int32) int32 {
	if worker < 0 {
		return calibrationFold("", f.id)
	}
	return f.set.fold[worker]
}

// own is what is known of an annotator from the image itself.
func (f *imageFacts) own(worker int32) (t stat.Tally) {
	if len(f.set.images.Boxes(f.image)) == 0 {
		return t
	}
	for _, row := range f.showings {
		if n := &f.set.showings[row]; n.worker == worker && n.is(showingSelected|showingClicked) {
			t.Add(n.is(showingHit))
		}
	}
	return t
}

// confidence is the trust in the annotator of a row, without the image.
func (f *imageFacts) confidence(row int32) (mean float64, n int32) {
	s := f.set
	if s.trust == nil {
		return math.NaN(), 0
	}
	if f.trustRow != row {
		w := s.showings[row].worker
		f.trustRow = row
		f.trust, f.trustN = s.trust.of(w, trustFold(f.id), f.own(w))
	}
	return f.trust, f.trustN
}

// A imagenetPoint sets the point of a rule; false: there is none.
type imagenetPoint func(*imagenetSet, *imageFacts, *Target) bool

// imagenetPoints are the points of the rules, by their name.
var imagenetPoints = map[string]imagenetPoint{
	"final-click":          (*imagenetSet).finalClick,
	"final-click-document": (*imagenetSet).finalClickDocument,
	"first-click":          (*imagenetSet).firstClick,
	"loader-mean":          (*imagenetSet).loaderMean,
	"loader-mean-valid":    (*imagenetSet).loaderMeanValid,
	"random":               (*imagenetSet).random,
	"calibrated":           (*imagenetSet).calibrated,
	"box-centre":           (*imagenetSet).boxCentre,
}

// from says whose the point is.
func (s *imagenetSet) from(f *imageFacts, t *Target, row int32) {
	t.Annotation, t.Worker, t.Points = int64(row), s.workers.Name(s.showings[row].worker), 1
	t.Confidence, _ = f.confidence(row)
}

func (s *imagenetSet) finalClick(f *imageFacts, t *Target) bool {
	if f.final < 0 {
		return false
	}
	n := &s.showings[f.final]
	t.put(n.lastX, n.lastY)
	s.from(f, t, f.final)
	return true
}

func (s *imagenetSet) finalClickDocument(f *imageFacts, t *Target) bool {
	for k := len(f.showings) - 1; k >= 0; k-- {
		if n := &s.showings[f.showings[k]]; n.is(showingSelected | showingClicked) {
			t.put(n.lastX, n.lastY)
			s.from(f, t, f.showings[k])
			return true
		}
	}
	return false
}

func (s *imagenetSet) firstClick(f *imageFacts, t *Target) bool {
	if f.final < 0 {
		return false
	}
	n := &s.showings[f.final]
	t.put(n.firstX, n.firstY)
	s.from(f, t, f.final)
	return true
}

func (s *imagenetSet) loaderMean(f *imageFacts, t *Target) bool {
	for _, row := range f.showings {
		if n := &s.showings[row]; n.is(showingSelected) && !n.is(showingAsRead) {
			return false
		}
	}
	return s.loaderMeanValid(f, t)
}

func (s *imagenetSet) loaderMeanValid(f *imageFacts, t *Target) bool {
	var mean imagenet.FirstMean
	trust, last := 0.0, int32(-1)
	for _, row := range f.showings {
		n := &s.showings[row]
		if !n.is(showingSelected | showingClicked) {
			continue
		}
		mean.Add(n.firstX, n.firstY)
		last = row
		c, _ := f.confidence(row)
		trust += c
	}
	if mean.N == 0 {
		return false
	}
	t.put(mean.Point())
	s.from(f, t, last)
	t.Points, t.Confidence = int32(mean.N), trust/float64(mean.N)
	return true
}

func (s *imagenetSet) random(f *imageFacts, t *Target) bool {
	if f.final < 0 {
		return false
	}
	t.put(Uniform(s.o.Seed, f.id, ""))
	return true
}

func (s *imagenetSet) calibrated(f *imageFacts, t *Target) bool {
	if !s.finalClick(f, t) {
		return false
	}
	x, y, ok := s.shift.apply(f.foldOf(s.showings[f.final].worker), s.images.Class[f.image], t.X, t.Y)
	if ok {
		t.put(x, y)
	}
	return ok
}

func (s *imagenetSet) boxCentre(f *imageFacts, t *Target) bool {
	boxes := s.images.Boxes(f.image)
	if len(boxes) == 0 {
		return false
	}
	t.put(plane.Largest(boxes).Centre())
	t.Confidence = 1
	return true
}

// chunks are the row groups, and after them the images that were never shown, by id.
func (s *imagenetSet) chunks() int {
	return s.table.Groups() + (len(s.first)+unshownChunk-1)/unshownChunk
}

const unshownChunk = 1 << 17

// chunk makes a function that gives the targets of a chunk to emit, for one goroutine. A Target
// is valid during the call.
func (s *imagenetSet) chunk() (func(chunk int, emit func(*Target) error) error, error) {
	var read *columnar.Reader
	var lists *imagenet.Lists
	if s.o.traces() {
		r, err := s.table.Reader(slices.Concat(imagenet.EventColumns, imagenet.MouseColumns)...)
		if err != nil {
			return nil, err
		}
		read, lists = r, imagenet.NewLists(r, true)
	}
	var f imageFacts
	var t Target
	w := newSignaller(s.o)
	return func(chunk int, emit func(*Target) error) error {
		if g := s.table.Groups(); chunk >= g {
			from := (chunk - g) * unshownChunk
			for i := from; i < min(from+unshownChunk, len(s.first)); i++ {
				if s.first[i] >= 0 || s.images.Shown[i] < 0 {
					continue
				}
				f.of(s, int32(i))
				t.Signals.reset()
				if err := s.emit(&f, &t, emit); err != nil {
					return err
				}
			}
			return nil
		}
		if read != nil {
			if err := read.Read(chunk); err != nil {
				return err
			}
			lists.Update()
		}
		from := s.starts[chunk]
		for row := from; row < s.starts[chunk+1]; row++ {
			image := s.showings[row].image
			if s.anchor[image] != row {
				continue
			}
			f.of(s, image)
			t.Signals.reset()
			if f.final == row {
				w.imagenet(s, &f, lists, int(row-from), &t.Signals)
			}
			if err := s.emit(&f, &t, emit); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// emit gives the targets of an image.
func (s *imagenetSet) emit(f *imageFacts, t *Target, emit func(*Target) error) error {
	part, keep := s.splits.imagenet(f)
	if !keep {
		return nil
	}
	for k, r := range s.o.rules {
		t.reset()
		t.rule, t.part = k, part
		t.Rule, t.Image, t.Split = r.Name, f.id, s.o.splitName(part)
		t.Width, t.Height = s.images.Width[f.image], s.images.Height[f.image]
		if c := s.images.Class[f.image]; c >= 0 {
			t.Class, t.ClassIndex = s.images.Classes[c], int(c)
		}
		if !s.points[k](s, f, t) {
			t.none()
			if !s.o.All {
				continue
			}
		}
		if err := emit(t); err != nil {
			return err
		}
	}
	return nil
}
