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
	"abtool/features/targetfile"
	"abtool/internal/stat"
	"abtool/store"
	"abtool/store/columnar"
)

// A cocoSet holds the facts of every page and icon that the rules need.
type cocoSet struct {
	annotations
	points  points[iconFacts]
	classes []store.Category // by id
	class   map[string]int32 // place in classes
	pages   []page           // one for each row of annotations, followed by images without an annotation, sorted by id
	rows    int32            // number of pages that are rows of annotations
	truth   bool             // whether there is ground truth
}

// A page is an image with its annotation, if there is one.
type page struct {
	image         int64
	file          string
	worker        int32 // −1: unknown, or there is no annotation
	width, height int32 // size in the record; −1: null
	gtW, gtH      int32 // size in the ground truth; 0: unknown
	known         bool  // whether the image is in the ground truth
	excluded      bool  // whether a tag leaves it out
	icons         []icon
}

// An icon is a class of a page: its icon was used, or the image has the class, or both.
type icon struct {
	coco.Icon
	time         int32 // ms from the preceding action to the last add; −1: unknown
	present      bool  // whether the image has the class
	hit          bool  // whether the last add is on a mask of the class (C5)
	hasBox       bool
	hasMask      bool
	near         bool    // whether the class has a box, which nearest is
	boxX, boxY   float64 // centre of the largest box
	maskX, maskY float64
	nearest      plane.Box // box of the class that is nearest to the last add
}

// iconFacts are the facts of an icon, with its page.
type iconFacts struct {
	*icon
	set  *cocoSet
	page *page
	row  int32 // −1: there is no annotation
	id   string
	own  stat.Tally // tally of the page's icons
}

// readCOCO reads the data that the rules need, in a pass over the annotations and a pass over the images.
func readCOCO(ctx context.Context, dir string, o *Options, d *store.DataSet) (dataSet, error) {
	a, err := openAnnotations(dir, o, "hit_id")
	if err != nil {
		return nil, err
	}
	s := &cocoSet{annotations: a, class: map[string]int32{}, classes: slices.Clone(coco.CategoriesOf(d)), pages: make([]page, a.table.Rows())}
	slices.SortFunc(s.classes, func(a, b store.Category) int { return cmp.Compare(a.ID, b.ID) })
	for i, c := range s.classes {
		s.class[c.Name] = int32(i)
	}
	s.rows = int32(len(s.pages))
	columns := append([]string{"seq", "image_id", "worker_id", "original_width", "original_height"}, coco.ActionColumns...)
	if err = eachGroup(ctx, o.Jobs, a.table, columns, s.newPass); err == nil {
		if err = s.readTruth(ctx, dir); err == nil {
			err = o.checkTruth(s.truth)
		}
	}
	if err != nil {
		s.close()
		return nil, err
	}
	s.learn()
	return s, nil
}

func (s *cocoSet) categories() []store.Category { return s.classes }

// A cocoPass is the state of one goroutine that reads annotations.
type cocoPass struct {
	set     *cocoSet
	read    *columnar.Reader
	actions *coco.Actions
	workers []int32
}

func (s *cocoSet) newPass(r *columnar.Reader) func(g int) error {
	return (&cocoPass{set: s, read: r, actions: coco.NewActions(r)}).group
}

func (p *cocoPass) group(g int) error {
	s, r := p.set, p.read
	seq, image, worker := r.Column("seq").Ints, r.Column("image_id").Ints, r.Column("worker_id")
	width, height := r.Column("original_width").Ints, r.Column("original_height").Ints
	p.workers = s.workers.Number(p.workers[:0], worker.Dict)
	p.actions.Update(s.class)
	from := s.starts[g]
	for i := range r.Rows() {
		if err := s.checkSeq(from+int32(i), seq[i]); err != nil {
			return err
		}
		n := &s.pages[int(from)+i]
		*n = page{image: image[i], worker: -1, width: -1, height: -1}
		if k := worker.Index[i]; k >= 0 {
			n.worker = p.workers[k]
		}
		if width[i] != columnar.Null && height[i] != columnar.Null {
			n.width, n.height = int32(width[i]), int32(height[i])
		}
		if n.excluded = s.o.excluded(from + int32(i)); !n.excluded {
			p.icons(n, i)
		}
	}
	return nil
}

// icons collects the actions of the page in row i by class.
func (p *cocoPass) icons(n *page, i int) {
	a := p.actions
	before := int64(0) // time of the preceding action
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

// icon returns the page's icon of a class. It adds the icon if the page does not have it.
func (n *page) icon(class int32) *icon {
	for i := range n.icons {
		if n.icons[i].Class == class {
			return &n.icons[i]
		}
	}
	n.icons = append(n.icons, icon{Icon: coco.NewIcon(class), time: -1})
	return &n.icons[len(n.icons)-1]
}

// learn fits the models that need all pages: trust, calibration, pace and splits.
func (s *cocoSet) learn() {
	s.points = pointsOf(s.o.rules, cocoPoints)
	s.begin()
	for i := range s.pages {
		slices.SortFunc(s.pages[i].icons, func(a, b icon) int { return cmp.Compare(a.Class, b.Class) })
	}
	if s.truth {
		parts := newTrustParts(len(s.workers.List))
		for i := range s.pages {
			if n := &s.pages[i]; n.known && n.worker >= 0 {
				t := &parts[trustFold(n.id())][n.worker]
				*t = t.Plus(n.own())
			}
		}
		s.trust = newTrust(parts, s.o.Jobs)
	}
	if s.o.needs("calibration") {
		fit := newCalibrationFit(len(s.classes), len(s.pages))
		for i := range s.pages {
			n := &s.pages[i]
			for k := range n.icons {
				if c := &n.icons[k]; c.near {
					fit.add(s.foldOf(n.worker, n.id()), c.Class, c.nearest, c.X, c.Y)
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
	names := make([]string, len(s.classes))
	for i, c := range s.classes {
		names[i] = c.Name
	}
	s.splits = newSplitter(s.o, s.workers.List, names)
}

func (n *page) id() string { return strconv.FormatInt(n.image, 10) }

// own returns the number of the page's icons, and of its icons on a mask (C4). The tally is empty if the
// image is not in the ground truth.
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

// confidence returns the expected accuracy of the page's annotator on other pages, and the number of icons
// that it is estimated from.
func (f *iconFacts) confidence() (mean float64, n int32) {
	return f.set.confidence(f.page.worker, trustFold(f.id), f.own)
}

// cocoPoints are the functions that compute the points of the rules, by the name of the rule.
var cocoPoints = map[string]point[iconFacts]{
	"final-add":      (*iconFacts).finalAdd,
	"final-position": (*iconFacts).finalPosition,
	"random":         (*iconFacts).random,
	"calibrated":     (*iconFacts).calibrated,
	"box-centre":     (*iconFacts).boxCentre,
	"mask-centroid":  (*iconFacts).maskCentroid,
}

// put sets the point and its whole pixels (L2).
func (f *iconFacts) put(t *Target, x, y float64) {
	t.put(x, y)
	w, h := f.page.width, f.page.height
	if f.set.o.GTSize && (w <= 0 || h <= 0) && f.page.gtW > 0 {
		w, h = f.page.gtW, f.page.gtH
	}
	if w >= 0 {
		t.PixelX, t.PixelY = coco.Pixel(x, y, w, h)
	}
}

func (f *iconFacts) from(t *Target) {
	t.Annotation, t.Worker, t.Points = int64(f.row), f.set.workers.Name(f.page.worker), 1
	t.Confidence, _ = f.confidence()
}

func (f *iconFacts) finalAdd(t *Target) bool {
	if !f.Added() {
		return false
	}
	f.put(t, f.X, f.Y)
	f.from(t)
	return true
}

func (f *iconFacts) finalPosition(t *Target) bool {
	if !f.Ends() {
		return false
	}
	f.put(t, f.EndX, f.EndY)
	f.from(t)
	return true
}

func (f *iconFacts) random(t *Target) bool {
	if !f.Added() {
		return false
	}
	x, y := Uniform(f.set.o.Seed, f.id, f.set.classes[f.Class].Name)
	f.put(t, x, y)
	return true
}

func (f *iconFacts) calibrated(t *Target) bool {
	if !f.Added() {
		return false
	}
	x, y, ok := f.set.shift.apply(f.set.foldOf(f.page.worker, f.id), f.Class, f.X, f.Y)
	if ok {
		f.put(t, x, y)
		f.from(t)
	}
	return ok
}

func (f *iconFacts) boxCentre(t *Target) bool {
	if !f.hasBox {
		return false
	}
	f.put(t, f.boxX, f.boxY)
	t.Confidence = 1
	return true
}

func (f *iconFacts) maskCentroid(t *Target) bool {
	if !f.hasMask {
		return false
	}
	f.put(t, f.maskX, f.maskY)
	t.Confidence = 1
	return true
}

func (s *cocoSet) chunks() int { return s.chunksWith(len(s.pages) - int(s.rows)) }

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
	group := func(g int) error {
		if read == nil {
			return nil
		}
		defer acts.Update(s.class)
		return read.Read(g)
	}
	return func(chunk int, emit func(*Target) error) error {
		return s.visit(chunk, len(s.pages)-int(s.rows), group, func(row int32, at int) error {
			signals := func(f *iconFacts) { w.coco(s, f, read, acts, at, &t.Signals) }
			return s.emit(&s.pages[row], row, &t, signals, emit)
		}, func(i int) error {
			return s.emit(&s.pages[int(s.rows)+i], -1, &t, nil, emit)
		})
	}, nil
}

// emit calls the function emit with the targets of a page's classes.
func (s *cocoSet) emit(n *page, row int32, t *Target, signals func(*iconFacts), emit func(*Target) error) error {
	part, keep := s.split(n)
	if !keep {
		return nil
	}
	f := iconFacts{set: s, page: n, row: row, id: n.id(), own: n.own()}
	base := targetfile.NoPoint
	base.Image, base.File = f.id, n.fileName()
	base.Width, base.Height = n.size()
	base.Split, t.part = s.o.splitName(part), part
	for k := range n.icons {
		f.icon = &n.icons[k]
		t.Signals.reset()
		if f.Added() && signals != nil {
			signals(&f)
		}
		c := &s.classes[f.Class]
		base.Class, base.ClassIndex = c.Name, int(c.ID)
		base.Label = f.present || !n.known && f.Added()
		all := s.o.All && (f.Added() || f.present)
		if err := s.points.emit(s.o.rules, &f, &base, t, all, emit); err != nil {
			return err
		}
	}
	return nil
}

// split returns the split of a page and whether it is kept. The keys are its annotator, or all classes of its
// image.
func (s *cocoSet) split(n *page) (part int, keep bool) {
	if n.excluded || s.o.excludedImage(n.id()) {
		return -1, false
	}
	var keys []int32
	switch {
	case s.o.SplitBy == "worker" && n.worker >= 0:
		keys = []int32{n.worker}
	case s.o.SplitBy == "class":
		for i := range n.icons {
			keys = append(keys, n.icons[i].Class)
		}
	}
	return s.splits.of(0, n.id(), keys)
}

// fileName returns the name of the image's file in the ground truth. If that is unknown, it returns the name
// by the pattern of COCO's training images.
func (n *page) fileName() string {
	if n.file != "" {
		return n.file
	}
	return fmt.Sprintf("COCO_train2014_%012d.jpg", n.image)
}

// size returns the image's size in the ground truth, or else in the record; 0 if both are unknown.
func (n *page) size() (w, h int32) {
	switch {
	case n.gtW > 0 && n.gtH > 0:
		return n.gtW, n.gtH
	case n.width > 0 && n.height > 0:
		return n.width, n.height
	}
	return 0, 0
}
