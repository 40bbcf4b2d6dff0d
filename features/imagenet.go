package features

import (
	"context"
	"fmt"
	"math"
	"slices"

	"abtool/byproduct/imagenet"
	"abtool/byproduct/plane"
	"abtool/features/targetfile"
	"abtool/internal/stat"
	"abtool/store"
	"abtool/store/columnar"
)

// Flags of a showing.
const (
	showingSelected = 1 << iota
	showingClicked  // it has a click with a place
	showingAsRead   // its first click in document order has a place
	showingHit      // its last click is in a box
)

// A showing holds the facts of a row of annotations, which is one time that an image was shown.
type showing struct {
	submit         int64   // columnar.Null: unknown
	firstX, firstY float64 // first click with a place
	lastX, lastY   float64
	image, worker  int32 // −1: unknown
	time           int32 // ms from entering to the last click; −1: unknown, or not asked for
	flags          uint8
}

func (s *showing) is(flags uint8) bool { return s.flags&flags == flags }

// An imagenetSet holds the facts of every showing and image that the rules need.
type imagenetSet struct {
	annotations
	points   points[imageFacts]
	images   *imagenet.Images
	showings []showing // by row
	next     []int32   // by row: the next row of the same image, −1: none
	first    []int32   // by image: its first row, −1: none
	anchor   []int32   // by image: the row at which its targets are emitted, −1: none
}

// imageFacts are the facts of one image, with its showings.
type imageFacts struct {
	set      *imagenetSet
	image    int32
	id       string
	showings []int32 // rows, in document order
	final    int32   // row of the final click; −1: none (I4)
	keys     []int32 // memory of split

	trustRow int32 // row that trust and trustN are for; −1: none
	trust    float64
	trustN   int32
}

// readImageNet reads the data that the rules need, in one pass over the annotations.
func readImageNet(ctx context.Context, dir string, o *Options) (dataSet, error) {
	images, err := imagenet.ReadImages(ctx, dir, o.Jobs)
	if err != nil {
		return nil, err
	}
	if err := o.checkTruth(len(images.AllBoxes()) > 0); err != nil {
		return nil, err
	}
	a, err := openAnnotations(dir, o, "assignment_id")
	if err != nil {
		return nil, err
	}
	s := &imagenetSet{annotations: a, images: images, showings: make([]showing, a.table.Rows())}
	columns := []string{"seq", "image_id", "worker_id", "hit_submit_time", "selected"}
	if o.wants("difficulty") {
		columns = append(columns, imagenet.EventColumns...)
	} else {
		columns = append(columns, "clicks.x", "clicks.y")
	}
	if err := eachGroup(ctx, o.Jobs, a.table, columns, s.newPass); err != nil {
		s.close()
		return nil, err
	}
	s.link()
	s.learn()
	return s, nil
}

func (s *imagenetSet) categories() (classes []store.Category) {
	for i, name := range s.images.Classes {
		classes = append(classes, store.Category{ID: int64(i), Name: name})
	}
	return classes
}

// An imagenetPass is the state of one goroutine that reads annotations.
type imagenetPass struct {
	set     *imagenetSet
	read    *columnar.Reader
	lists   *imagenet.Lists // nil if times are not asked for
	workers []int32
}

func (s *imagenetSet) newPass(r *columnar.Reader) func(g int) error {
	p := &imagenetPass{set: s, read: r}
	if s.o.wants("difficulty") {
		p.lists = imagenet.NewLists(r, false)
	}
	return p.group
}

// group reads the showings of a row group.
func (p *imagenetPass) group(g int) error {
	s, r := p.set, p.read
	seq, image, worker, submit, selected := r.Column("seq").Ints, r.Column("image_id"), r.Column("worker_id"), r.Column("hit_submit_time").Ints, r.Column("selected").Ints
	x, y := r.Column("clicks.x"), r.Column("clicks.y").Floats
	p.workers = s.workers.Number(p.workers[:0], worker.Dict)
	from := s.starts[g]
	near := int32(-1)
	for i := range r.Rows() {
		if err := s.checkSeq(from+int32(i), seq[i]); err != nil {
			return err
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
		if selected[i] != 1 || s.o.excluded(from+int32(i)) {
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

// times sets the time from entering to the last click, for the showings of a row group.
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

// link links the rows of each image into a list, and chooses the anchor of each image: the row of its final
// click, or else its first row.
func (s *imagenetSet) link() {
	n := s.images.IDs.Len()
	s.next, s.first, s.anchor = make([]int32, len(s.showings)), make([]int32, n), make([]int32, n)
	for i := range s.first {
		s.first[i] = -1
	}
	for row := len(s.showings) - 1; row >= 0; row-- {
		if s.o.excluded(int32(row)) {
			continue
		}
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

// of sets f to the facts of an image.
func (f *imageFacts) of(s *imagenetSet, image int32) {
	f.set, f.image, f.id, f.final, f.trustRow, f.showings = s, image, s.images.IDs.At(image), -1, -1, f.showings[:0]
	for row := s.first[image]; row >= 0; row = s.next[row] {
		f.showings = append(f.showings, row)
		if n := &s.showings[row]; n.is(showingSelected|showingClicked) && (f.final < 0 || s.order(row).After(s.order(f.final))) {
			f.final = row
		}
	}
}

// order returns the key by which the rows of an image are ordered.
func (s *imagenetSet) order(row int32) imagenet.Order {
	return imagenet.Order{Submit: s.showings[row].submit, Seq: int64(row)}
}

// learn fits the models that need all images: trust, calibration, pace and splits.
func (s *imagenetSet) learn() {
	s.points = pointsOf(s.o.rules, imagenetPoints)
	s.begin()
	if len(s.images.AllBoxes()) > 0 {
		parts := newTrustParts(len(s.workers.List))
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
		s.trust = newTrust(parts, s.o.Jobs)
	}
	if s.o.needs("calibration") {
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
	s.splits = newSplitter(s.o, s.workers.List, s.images.Classes)
	if s.o.Stratify {
		s.splits.stratify(s)
	}
}

// calibrate fits the displacement to the final clicks of images with a box, in the order of the images.
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
			fit.add(s.foldOf(n.worker, f.id), s.images.Class[i], plane.Nearest(boxes, n.lastX, n.lastY), n.lastX, n.lastY)
		}
	}
	return fit.done(s.o.Jobs)
}

// without reports whether tags leave out an image: one of its own, or those of all of its showings.
func (s *imagenetSet) without(image int32) bool {
	return s.o.tagged != nil && (s.first[image] < 0 && s.images.Shown[image] > 0 || s.o.excludedImage(s.images.IDs.At(image)))
}

// split returns the split of the image and whether it is kept. The keys are the annotators of its selected
// showings, or its class.
func (f *imageFacts) split() (part int, keep bool) {
	if f.set.without(f.image) {
		return -1, false
	}
	f.keys = f.keys[:0]
	switch c := f.set.images.Class[f.image]; {
	case f.set.o.SplitBy == "worker":
		for _, row := range f.showings {
			if n := &f.set.showings[row]; n.is(showingSelected) && n.worker >= 0 {
				f.keys = append(f.keys, n.worker)
			}
		}
	case f.set.o.SplitBy == "class" && c >= 0:
		f.keys = append(f.keys, c)
	}
	return f.set.splits.of(f.image, f.id, f.keys)
}

// own returns the tally of an annotator's clicks on the image itself.
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

// confidence returns the expected accuracy of a row's annotator on other images, and the number of points
// that it is estimated from.
func (f *imageFacts) confidence(row int32) (mean float64, n int32) {
	if f.trustRow != row {
		w := f.set.showings[row].worker
		f.trustRow = row
		f.trust, f.trustN = f.set.confidence(w, trustFold(f.id), f.own(w))
	}
	return f.trust, f.trustN
}

// imagenetPoints are the functions that compute the points of the rules, by the name of the rule.
var imagenetPoints = map[string]point[imageFacts]{
	"final-click":          (*imageFacts).finalClick,
	"final-click-document": (*imageFacts).finalClickDocument,
	"first-click":          (*imageFacts).firstClick,
	"loader-mean":          (*imageFacts).loaderMean,
	"loader-mean-valid":    (*imageFacts).loaderMeanValid,
	"random":               (*imageFacts).random,
	"calibrated":           (*imageFacts).calibrated,
	"box-centre":           (*imageFacts).boxCentre,
}

// from sets the annotation, annotator and confidence of the point: those of a row.
func (f *imageFacts) from(t *Target, row int32) {
	s := f.set
	t.Annotation, t.Worker, t.Points = int64(row), s.workers.Name(s.showings[row].worker), 1
	t.Confidence, _ = f.confidence(row)
}

func (f *imageFacts) finalClick(t *Target) bool {
	if f.final < 0 {
		return false
	}
	n := &f.set.showings[f.final]
	t.put(n.lastX, n.lastY)
	f.from(t, f.final)
	return true
}

func (f *imageFacts) finalClickDocument(t *Target) bool {
	for k := len(f.showings) - 1; k >= 0; k-- {
		if n := &f.set.showings[f.showings[k]]; n.is(showingSelected | showingClicked) {
			t.put(n.lastX, n.lastY)
			f.from(t, f.showings[k])
			return true
		}
	}
	return false
}

func (f *imageFacts) firstClick(t *Target) bool {
	if f.final < 0 {
		return false
	}
	n := &f.set.showings[f.final]
	t.put(n.firstX, n.firstY)
	f.from(t, f.final)
	return true
}

func (f *imageFacts) loaderMean(t *Target) bool {
	for _, row := range f.showings {
		if n := &f.set.showings[row]; n.is(showingSelected) && !n.is(showingAsRead) {
			return false
		}
	}
	return f.loaderMeanValid(t)
}

func (f *imageFacts) loaderMeanValid(t *Target) bool {
	var mean imagenet.FirstMean
	trust, last := 0.0, int32(-1)
	for _, row := range f.showings {
		n := &f.set.showings[row]
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
	f.from(t, last)
	t.Points, t.Confidence = int32(mean.N), trust/float64(mean.N)
	return true
}

func (f *imageFacts) random(t *Target) bool {
	if f.final < 0 {
		return false
	}
	t.put(Uniform(f.set.o.Seed, f.id, ""))
	return true
}

func (f *imageFacts) calibrated(t *Target) bool {
	if !f.finalClick(t) {
		return false
	}
	s := f.set
	x, y, ok := s.shift.apply(s.foldOf(s.showings[f.final].worker, f.id), s.images.Class[f.image], t.X, t.Y)
	if ok {
		t.put(x, y)
	}
	return ok
}

func (f *imageFacts) boxCentre(t *Target) bool {
	boxes := f.set.images.Boxes(f.image)
	if len(boxes) == 0 {
		return false
	}
	t.put(plane.Largest(boxes).Centre())
	t.Confidence = 1
	return true
}

func (s *imagenetSet) chunks() int { return s.chunksWith(len(s.first)) }

// chunk returns a function, for one goroutine, that calls emit with the targets of a chunk. A Target is valid
// only during the call.
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
	group := func(g int) error {
		if read == nil {
			return nil
		}
		defer lists.Update()
		return read.Read(g)
	}
	return func(chunk int, emit func(*Target) error) error {
		return s.visit(chunk, len(s.first), group, func(row int32, at int) error {
			image := s.showings[row].image
			if s.anchor[image] != row {
				return nil
			}
			f.of(s, image)
			t.Signals.reset()
			if f.final == row {
				w.imagenet(s, &f, lists, at, &t.Signals)
			}
			return s.emit(&f, &t, emit)
		}, func(i int) error {
			if s.first[i] >= 0 || s.images.Shown[i] < 0 {
				return nil
			}
			f.of(s, int32(i))
			t.Signals.reset()
			return s.emit(&f, &t, emit)
		})
	}, nil
}

// emit calls the function emit with the targets of an image.
func (s *imagenetSet) emit(f *imageFacts, t *Target, emit func(*Target) error) error {
	part, keep := f.split()
	if !keep {
		return nil
	}
	row := targetfile.NoPoint
	row.Image, row.Width, row.Height = f.id, s.images.Width[f.image], s.images.Height[f.image]
	if c := s.images.Class[f.image]; c >= 0 {
		row.Class, row.ClassIndex = s.images.Classes[c], int(c)
	}
	row.Split, t.part = s.o.splitName(part), part
	return s.points.emit(s.o.rules, f, &row, t, s.o.All, emit)
}
