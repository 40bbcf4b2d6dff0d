package features

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"abtool/byproduct"
	"abtool/byproduct/coco"
	"abtool/byproduct/plane"
	"abtool/internal/parallel"
	"abtool/internal/stat"
	"abtool/store"
	"abtool/store/columnar"
)

// cocoSet is what the rules need of the coco data set.
type cocoSet struct {
	o       *Options
	points  []cocoPoint // of the rules
	table   *columnar.Table
	classes []store.Category // by id
	class   map[string]int32 // place in classes
	pages   []page           // by row of annotations, then images without one, by id
	starts  []int32          // by row group: its first page
	rows    int32            // pages that are rows
	workers *byproduct.Names
	fold    []int32
	truth   bool // there is ground truth
	trust   *trust
	shift   *calibration
	pace    *pace
	splits  *splitter
}

// A page is an image with the annotation of it, if there is one.
type page struct {
	image         int64
	file          string
	worker        int32 // −1: unknown or none
	width, height int32 // of the record; −1: null
	gtW, gtH      int32 // of the ground truth; 0: unknown
	known         bool  // the image is in the ground truth
	icons         []icon
}

// An icon is a class of a page: placed, or on the image, or both.
type icon struct {
	coco.Icon
	time         int32 // ms from the action before to the last add; −1: unknown, or not asked for
	present      bool  // the image has the class
	hit          bool  // the last add is on a mask of it (C5)
	hasBox       bool
	hasMask      bool
	near         bool    // the last add can be held against a box
	boxX, boxY   float64 // centre of the largest box
	maskX, maskY float64
	nearest      plane.Box // of the last add
}

// iconFacts is an icon with its page.
type iconFacts struct {
	*icon
	page *page
	row  int32 // −1: no row of annotations
	id   string
	own  stat.Tally // of the page's icons
}

// readCOCO reads what the rules need: a pass over the annotations, and one over the images.
func readCOCO(ctx context.Context, dir string, o *Options, d *store.DataSet) (dataSet, error) {
	s := &cocoSet{o: o, class: map[string]int32{}, workers: byproduct.NewNames(), classes: slices.Clone(coco.CategoriesOf(d))}
	slices.SortFunc(s.classes, func(a, b store.Category) int { return cmp.Compare(a.ID, b.ID) })
	for i, c := range s.classes {
		s.class[c.Name] = int32(i)
	}
	t, err := columnar.Open(dir, COCO, "annotations")
	if err != nil {
		return nil, err
	}
	s.table = t
	if err = s.readPages(ctx); err == nil {
		if err = s.readTruth(ctx, dir); err == nil {
			if err = o.checkTruth(s.truth); err == nil {
				err = s.learn()
			}
		}
	}
	if err != nil {
		t.Close()
		return nil, err
	}
	return s, nil
}

func (s *cocoSet) close() error { return s.table.Close() }

func (s *cocoSet) categories() []store.Category { return s.classes }

func (s *cocoSet) readPages(ctx context.Context) error {
	s.pages = make([]page, s.table.Rows())
	s.rows = int32(len(s.pages))
	at := int32(0)
	for g := range s.table.Groups() {
		s.starts = append(s.starts, at)
		at += int32(s.table.GroupRows(g))
	}
	s.starts = append(s.starts, at)
	passes := make([]*cocoPass, parallel.Workers(s.o.Jobs))
	return parallel.Each(ctx, s.o.Jobs, s.table.Groups(), func(worker, g int) (err error) {
		if passes[worker] == nil {
			if passes[worker], err = s.newPass(); err != nil {
				return err
			}
		}
		return passes[worker].group(g)
	})
}

type cocoPass struct {
	set     *cocoSet
	read    *columnar.Reader
	actions *coco.Actions
	workers []int32
}

func (s *cocoSet) newPass() (*cocoPass, error) {
	r, err := s.table.Reader(append([]string{"seq", "image_id", "worker_id", "original_width", "original_height"}, coco.ActionColumns...)...)
	if err != nil {
		return nil, err
	}
	return &cocoPass{set: s, read: r, actions: coco.NewActions(r)}, nil
}

func (p *cocoPass) group(g int) error {
	if err := p.read.Read(g); err != nil {
		return err
	}
	s, r := p.set, p.read
	seq, image, worker := r.Column("seq").Ints, r.Column("image_id").Ints, r.Column("worker_id")
	width, height := r.Column("original_width").Ints, r.Column("original_height").Ints
	p.workers = s.workers.Number(p.workers[:0], worker.Dict)
	p.actions.Update(s.class)
	from := s.starts[g]
	for i := range r.Rows() {
		if seq[i] != int64(from)+int64(i) {
			return fmt.Errorf("row %d of coco/annotations has the number %d: the store is damaged, ingest again", int(from)+i, seq[i])
		}
		n := &s.pages[int(from)+i]
		*n = page{image: image[i], worker: -1, width: -1, height: -1}
		if k := worker.Index[i]; k >= 0 {
			n.worker = p.workers[k]
		}
		if width[i] != columnar.Null && height[i] != columnar.Null {
			n.width, n.height = int32(width[i]), int32(height[i])
		}
		p.icons(n, i)
	}
	return nil
}

// icons takes the actions of a page together, by class.
func (p *cocoPass) icons(n *page, i int) {
	a := p.actions
	before := int64(0) // the time of the action before
	for k, to := a.Of(i); k < to; k++ {
		class, kind := a.At(k)
		t := a.T.Ints[k]
		if class >= 0 {
			c := n.icon(class)
			x, y := a.X.Floats[k], a.Y.Floats[k]
			c.Take(kind, x, y)
			if kind == coco.Add && byproduct.Placed(x, y) {
				c.time = -1
				if t != columnar.Null && before != columnar.Null && t >= before {
					c.time = int32(min(t-before, 1<<31-1))
				}
			}
		}
		before = t
	}
}

// icon is the page's icon of a class, a new one if there is none.
func (n *page) icon(class int32) *icon {
	for i := range n.icons {
		if n.icons[i].Class == class {
			return &n.icons[i]
		}
	}
	n.icons = append(n.icons, icon{Icon: coco.NewIcon(class), time: -1})
	return &n.icons[len(n.icons)-1]
}

// learn fits what is fitted over all pages.
func (s *cocoSet) learn() error {
	s.points = pointsOf(s.o.rules, cocoPoints)
	for _, w := range s.workers.List {
		s.fold = append(s.fold, calibrationFold(w, ""))
	}
	for i := range s.pages {
		slices.SortFunc(s.pages[i].icons, func(a, b icon) int { return cmp.Compare(a.Class, b.Class) })
	}
	if s.truth {
		var parts [trustFolds][]stat.Tally
		for f := range parts {
			parts[f] = make([]stat.Tally, len(s.workers.List))
		}
		for i := range s.pages {
			if n := &s.pages[i]; n.known && n.worker >= 0 {
				t := &parts[trustFold(n.id())][n.worker]
				*t = t.Plus(n.own())
			}
		}
		s.trust = newTrust(&parts, len(s.workers.List), s.o.Jobs)
	}
	if s.o.needs().calibration {
		fit := newCalibrationFit(len(s.classes), len(s.pages))
		for i := range s.pages {
			n := &s.pages[i]
			for k := range n.icons {
				if c := &n.icons[k]; c.near {
					fit.add(s.foldOf(n), c.Class, c.nearest, c.X, c.Y)
				}
			}
		}
		s.shift = fit.done(s.o.Jobs)
	}
	if s.o.wants("difficulty") {
		s.pace = newPace(len(s.workers.List))
		for i := range s.pages {
			for k := range s.pages[i].icons {
				if c := &s.pages[i].icons[k]; c.Added() {
					s.pace.add(s.pages[i].worker, int64(c.time))
				}
			}
		}
		s.pace.fit(s.o.Jobs)
	}
	return s.split()
}

func (n *page) id() string { return strconv.FormatInt(n.image, 10) }

// own counts the page's icons and those on their masks (C4), of an image in the ground truth.
func (n *page) own() (t stat.Tally) {
	if !n.known {
		return t
	}
	for i := range n.icons {
		if n.icons[i].Added() {
			t.Add(n.icons[i].hit)
		}
	}
	return t
}

func (s *cocoSet) foldOf(n *page) int32 {
	if n.worker < 0 {
		return calibrationFold("", n.id())
	}
	return s.fold[n.worker]
}

// confidence is the trust in the page's annotator, without the page.
func (s *cocoSet) confidence(f *iconFacts) (mean float64, n int32) {
	if s.trust == nil {
		return nan, 0
	}
	return s.trust.of(f.page.worker, trustFold(f.id), f.own)
}

// A cocoPoint sets the point of a rule; false: there is none.
type cocoPoint func(*cocoSet, *iconFacts, *Target) bool

// cocoPoints are the points of the rules, by their name.
var cocoPoints = map[string]cocoPoint{
	"final-add":      (*cocoSet).finalAdd,
	"final-position": (*cocoSet).finalPosition,
	"random":         (*cocoSet).random,
	"calibrated":     (*cocoSet).calibrated,
	"box-centre":     (*cocoSet).boxCentre,
	"mask-centroid":  (*cocoSet).maskCentroid,
}

// put sets the point, its whole pixels (L2) and whose it is.
func (s *cocoSet) put(f *iconFacts, t *Target, x, y float64) {
	t.put(x, y)
	w, h := f.page.width, f.page.height
	if s.o.GTSize && (w <= 0 || h <= 0) && f.page.gtW > 0 {
		w, h = f.page.gtW, f.page.gtH
	}
	if w >= 0 {
		t.PixelX, t.PixelY = coco.Pixel(x, y, w, h)
	}
}

func (s *cocoSet) from(f *iconFacts, t *Target) {
	t.Annotation, t.Worker, t.Points = int64(f.row), s.workers.Name(f.page.worker), 1
	t.Confidence, _ = s.confidence(f)
}

func (s *cocoSet) finalAdd(f *iconFacts, t *Target) bool {
	if !f.Added() {
		return false
	}
	s.put(f, t, f.X, f.Y)
	s.from(f, t)
	return true
}

func (s *cocoSet) finalPosition(f *iconFacts, t *Target) bool {
	if !f.Ends() {
		return false
	}
	s.put(f, t, f.EndX, f.EndY)
	s.from(f, t)
	return true
}

func (s *cocoSet) random(f *iconFacts, t *Target) bool {
	if !f.Added() {
		return false
	}
	x, y := Uniform(s.o.Seed, f.id, s.classes[f.Class].Name)
	s.put(f, t, x, y)
	return true
}

func (s *cocoSet) calibrated(f *iconFacts, t *Target) bool {
	if !f.Added() {
		return false
	}
	x, y, ok := s.shift.apply(s.foldOf(f.page), f.Class, f.X, f.Y)
	if ok {
		s.put(f, t, x, y)
		s.from(f, t)
	}
	return ok
}

func (s *cocoSet) boxCentre(f *iconFacts, t *Target) bool {
	if !f.hasBox {
		return false
	}
	s.put(f, t, f.boxX, f.boxY)
	t.Confidence = 1
	return true
}

func (s *cocoSet) maskCentroid(f *iconFacts, t *Target) bool {
	if !f.hasMask {
		return false
	}
	s.put(f, t, f.maskX, f.maskY)
	t.Confidence = 1
	return true
}

// chunks are the row groups, and after them the images without a page, by id.
func (s *cocoSet) chunks() int {
	return s.table.Groups() + (len(s.pages)-int(s.rows)+unshownChunk-1)/unshownChunk
}

func (s *cocoSet) chunk() (func(chunk int, emit func(*Target) error) error, error) {
	var read *columnar.Reader
	var acts *coco.Actions
	if s.o.traces() {
		r, err := s.table.Reader(append([]string{"mouse.t", "mouse.x", "mouse.y"}, coco.ActionColumns...)...)
		if err != nil {
			return nil, err
		}
		read, acts = r, coco.NewActions(r)
	}
	var t Target
	w := newSignaller(s.o)
	return func(chunk int, emit func(*Target) error) error {
		if g := s.table.Groups(); chunk >= g {
			from := int(s.rows) + (chunk-g)*unshownChunk
			for i := from; i < min(from+unshownChunk, len(s.pages)); i++ {
				if err := s.emit(&s.pages[i], -1, &t, nil, emit); err != nil {
					return err
				}
			}
			return nil
		}
		if read != nil {
			if err := read.Read(chunk); err != nil {
				return err
			}
			acts.Update(s.class)
		}
		from := s.starts[chunk]
		for row := from; row < s.starts[chunk+1]; row++ {
			signals := func(f *iconFacts) { w.coco(s, f, read, acts, int(row-from), &t.Signals) }
			if err := s.emit(&s.pages[row], row, &t, signals, emit); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// emit gives the targets of a page's classes.
func (s *cocoSet) emit(n *page, row int32, t *Target, signals func(*iconFacts), emit func(*Target) error) error {
	part, keep := s.splits.coco(n)
	if !keep {
		return nil
	}
	f := iconFacts{page: n, row: row, id: n.id(), own: n.own()}
	file := n.fileName()
	for k := range n.icons {
		f.icon = &n.icons[k]
		t.Signals.reset()
		if f.Added() && signals != nil {
			signals(&f)
		}
		for i, r := range s.o.rules {
			t.reset()
			t.rule, t.part = i, part
			t.Rule, t.Image, t.Split, t.File = r.Name, f.id, s.o.splitName(part), file
			t.Width, t.Height = n.size()
			c := &s.classes[f.Class]
			t.Class, t.ClassIndex = c.Name, int(c.ID)
			t.Label = f.present || !n.known && f.Added()
			if !s.points[i](s, &f, t) {
				t.none()
				if !s.o.All || !f.Added() && !f.present {
					continue
				}
			}
			if err := emit(t); err != nil {
				return err
			}
		}
	}
	return nil
}

// fileName is the image's in the ground truth, else the name that COCO's training images have.
func (n *page) fileName() string {
	if n.file != "" {
		return n.file
	}
	return fmt.Sprintf("COCO_train2014_%012d.jpg", n.image)
}

// size is the image's in the ground truth, else that of the record; 0: unknown.
func (n *page) size() (w, h int32) {
	switch {
	case n.gtW > 0 && n.gtH > 0:
		return n.gtW, n.gtH
	case n.width > 0 && n.height > 0:
		return n.width, n.height
	}
	return 0, 0
}
