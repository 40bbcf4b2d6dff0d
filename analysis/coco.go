package analysis

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"abtool/byproduct"
	"abtool/byproduct/coco"
	"abtool/store"
	"abtool/store/columnar"
)

// A class is the number of a known category; −1: unknown (C2).
type class = int32

// An icon is what a page did with the icon of one known class.
type icon struct {
	coco.Icon
	sequence  int32 // number of the types of its actions, joined by - (C10)
	firstKind coco.Action
	actions   int // their number

	// With the ground truth of the image:
	present                        bool // the image has the class
	onMask, onBox, continuous      bool // of the point (C5, C6); continuous: the point itself in the polygons
	endMask, endBox, endContinuous bool // the same of where the icon ended
	nearest, single                bool // u, v are known; and the class has one box on the image
	u, v                           float64
}

// A page is a row of annotations, and what its image says of it.
type page struct {
	seq, image            int64
	worker, hit           int32 // numbers of names; −1: unknown
	cluster               int32
	index, spent          int64 // columnar.Null: unknown
	started               int64
	width, height         float64
	origWidth, origH      int64
	icons                 []icon // known classes alone, in order of their first action
	actions, samples      int64
	unknownType           int64 // actions (C2)
	unknownIcon           int64
	steps, distinct       int64 // through the superclasses (C13)
	keyboard, keyUnknown  int64
	reached               bool // the last superclass
	truth                 *coco.Image
	classes               int64 // on the image
	retrieved, retrieved2 int64 // of them, placed; ever added
	found                 []found
}

// A found says what became of a class that the page's image has. A page's list of them is valid
// during the call that the page is passed to.
type found struct {
	class          class
	placed, anyAdd bool // C7, and its variant
}

// recall is of the page's classes; ok is false where the image has none or is not known (C8).
func (p *page) recall(anyAdd bool) (r float64, ok bool) {
	if p.truth == nil || p.classes == 0 {
		return 0, false
	}
	if anyAdd {
		return float64(p.retrieved2) / float64(p.classes), true
	}
	return float64(p.retrieved) / float64(p.classes), true
}

// cocoRow is a row of annotations with its lists; it lives during the call.
type cocoRow struct {
	page  *page
	mouse byproduct.Points
	// actions, by place in the list
	kind            []coco.Action
	class           []class
	toX, toY        []float64
	fromX, fromY    []float64
	t               []int64
	browse, browseT []int64
	keyboard        []int64
}

// A cocoEngine runs statistics over the coco data set of a store, in one pass over each table.
type cocoEngine struct {
	engine
	categories []string // known classes, by name
	class      map[string]class
	sequences  *byproduct.Names
	pages      map[int64]*page // by image
	hasTruth   bool
}

func newCOCOEngine(dir string, o Options) (*cocoEngine, error) {
	sum, err := store.Read(dir)
	if err != nil {
		return nil, err
	}
	e := &cocoEngine{engine: newEngine(o), sequences: byproduct.NewNames(), pages: map[int64]*page{}, class: map[string]class{}}
	d := sum.DataSet("coco")
	e.hasTruth = d.Rows["images"] > 0
	known := map[string]bool{}
	for _, c := range coco.CategoriesOf(d) {
		known[c.Name] = true
	}
	e.categories = slices.Sorted(maps.Keys(known))
	for i, name := range e.categories {
		e.class[name] = class(i)
	}
	return e, nil
}

// runCOCO runs statistics over a store, one set of them for each goroutine.
func runCOCO(ctx context.Context, store string, o Options, entries []entry) (DataSet, error) {
	e, err := newCOCOEngine(store, o)
	if err != nil {
		return DataSet{}, err
	}
	annotations, err := columnar.Open(store, "coco", "annotations")
	if err != nil {
		return DataSet{}, err
	}
	defer annotations.Close()
	images, err := columnar.Open(store, "coco", "images")
	if err != nil {
		return DataSet{}, err
	}
	defer images.Close()
	var workers []*cocoWorker
	for range max(1, min(o.Jobs, max(annotations.Groups(), images.Groups()))) {
		w := &cocoWorker{e: e, gathering: newGathering(e, entries)}
		w.onRow = that[interface{ row(*cocoRow) }](w.gathering)
		w.onPage = that[interface{ page(*page) }](w.gathering)
		w.onTruth = that[interface{ truth(*coco.Image) }](w.gathering)
		if w.readRows, err = w.col.bind(annotations); err != nil {
			return DataSet{}, err
		}
		if w.readImages, err = images.Reader(coco.ImageColumns...); err != nil {
			return DataSet{}, err
		}
		w.img = coco.NewImages(w.readImages)
		w.actions = coco.NewActions(w.readRows)
		w.people = people{engine: &e.engine, worker: w.col.worker, hit: w.col.hit}
		workers = append(workers, w)
	}
	total := annotations.Rows() + images.Rows()
	step := func(from int64) func(done, _ int64) {
		if o.Progress == nil {
			return nil
		}
		return func(done, _ int64) { o.Progress(from+done, total) }
	}
	if err := eachGroup(ctx, annotations, len(workers), step(0), func(worker, group int) error { return workers[worker].rows(group) }); err != nil {
		return DataSet{}, err
	}
	for _, w := range workers {
		for _, p := range w.pages {
			if was := e.pages[p.image]; was != nil {
				return DataSet{}, fmt.Errorf("the image %d is twice in coco/annotations.parquet: the store is damaged, ingest again", p.image)
			}
			e.pages[p.image] = p
		}
	}
	if err := eachGroup(ctx, images, len(workers), step(annotations.Rows()), func(worker, group int) error { return workers[worker].images(group) }); err != nil {
		return DataSet{}, err
	}
	first := workers[0]
	for _, p := range e.pages {
		if p.truth == nil {
			first.page(p)
		}
	}
	for _, w := range workers[1:] {
		first.merge(w.gathering)
	}
	return DataSet{Name: "coco", Statistics: e.results(first.gathering, entries, cocoPublished), Warnings: e.warnings(workers)}, nil
}

// cocoRows are the columns of annotations that are read.
type cocoRows struct {
	seq, image, worker, hit, index, started, width, height, origWidth, origHeight, spent *columnar.Values
	fromX, fromY, browse, keyboard, browseT, mouseT, mouseX, mouseY                      *columnar.Values
}

func (c *cocoRows) bind(t *columnar.Table) (*columnar.Reader, error) {
	return bind(t, map[string]**columnar.Values{
		"seq": &c.seq, "image_id": &c.image, "worker_id": &c.worker, "hit_id": &c.hit, "page_idx": &c.index, "page_started": &c.started,
		"image_width": &c.width, "image_height": &c.height, "original_width": &c.origWidth, "original_height": &c.origHeight, "time_spent": &c.spent,
		"actions.from_x": &c.fromX, "actions.from_y": &c.fromY,
		"browsing.category_idx": &c.browse, "browsing.keyboard": &c.keyboard, "browsing.t": &c.browseT,
		"mouse.t": &c.mouseT, "mouse.x": &c.mouseX, "mouse.y": &c.mouseY,
	}, coco.ActionColumns...)
}

// A cocoWorker is what one goroutine of an engine has.
type cocoWorker struct {
	e                    *cocoEngine
	readRows, readImages *columnar.Reader
	col                  cocoRows
	img                  *coco.Images
	actions              *coco.Actions
	gathering
	onRow      []interface{ row(*cocoRow) }      // every row, before its image is known
	onPage     []interface{ page(*page) }        // every row, with its image's ground truth if there is one
	onTruth    []interface{ truth(*coco.Image) } // every image of the ground truth
	pages      []*page
	leastImage int64 // of the ground truth; valid where sawImages
	sawImages  bool
	found      []found // of the page at hand

	people people

	// of the row group, by action
	kindOf   []coco.Action
	classOf  []class
	sequence []byte
	image    coco.Image
}

// lastSuperclass is the number of the superclass that is reached before submitting.
const lastSuperclass = 10

// rows takes a row group of annotations.
func (w *cocoWorker) rows(group int) error {
	if err := w.readRows.Read(group); err != nil {
		return err
	}
	w.people.update()
	w.nameActions()
	for i := range w.readRows.Rows() {
		row := w.row(i)
		w.pages = append(w.pages, row.page)
		for _, st := range w.onRow {
			st.row(row)
		}
	}
	return nil
}

func (w *cocoWorker) nameActions() {
	w.actions.Update(w.e.class)
	w.kindOf, w.classOf = w.kindOf[:0], w.classOf[:0]
	for k := range w.actions.Len() {
		cl, kind := w.actions.At(k)
		w.kindOf, w.classOf = append(w.kindOf, kind), append(w.classOf, cl)
	}
}

func (w *cocoWorker) row(i int) *cocoRow {
	c := &w.col
	p := &page{
		seq: c.seq.Ints[i], image: c.image.Ints[i], index: c.index.Ints[i], spent: c.spent.Ints[i], started: c.started.Ints[i],
		width: c.width.Floats[i], height: c.height.Floats[i], origWidth: c.origWidth.Ints[i], origH: c.origHeight.Ints[i],
	}
	p.worker, p.hit, p.cluster = w.people.of(i, func() string { return fmt.Sprint(p.image) })
	from, to := w.actions.Of(i)
	bFrom, bTo := c.browse.Offsets[i], c.browse.Offsets[i+1]
	row := &cocoRow{
		page: p, mouse: byproduct.PointsAt(c.mouseT, c.mouseX, c.mouseY, i),
		kind: w.kindOf[from:to], class: w.classOf[from:to], toX: w.actions.X.Floats[from:to], toY: w.actions.Y.Floats[from:to],
		fromX: c.fromX.Floats[from:to], fromY: c.fromY.Floats[from:to], t: w.actions.T.Ints[from:to],
		browse: c.browse.Ints[bFrom:bTo], browseT: c.browseT.Ints[bFrom:bTo], keyboard: c.keyboard.Ints[bFrom:bTo],
	}
	p.actions, p.samples = int64(len(row.kind)), int64(row.mouse.Len())
	w.icons(p, row)
	for k, b := range row.browse {
		p.steps++
		if b != columnar.Null && !slices.Contains(row.browse[:k], b) {
			p.distinct++
		}
		p.reached = p.reached || b == lastSuperclass
		switch row.keyboard[k] {
		case columnar.Null:
			p.keyUnknown++
		case 1:
			p.keyboard++
		}
	}
	return row
}

// icons takes the actions of known type with icons of known classes together, by class, in list
// order (C2).
func (w *cocoWorker) icons(p *page, row *cocoRow) {
	for i, kind := range row.kind {
		switch {
		case kind == coco.Unknown:
			p.unknownType++
		case row.class[i] < 0:
			p.unknownIcon++
		case !slices.ContainsFunc(p.icons, func(k icon) bool { return k.Class == row.class[i] }):
			p.icons = append(p.icons, w.icon(row, i))
		}
	}
}

// icon is the icon that first appears in action i.
func (w *cocoWorker) icon(row *cocoRow, i int) icon {
	k := icon{Icon: coco.NewIcon(row.class[i]), firstKind: row.kind[i]}
	w.sequence = w.sequence[:0]
	for ; i < len(row.kind); i++ {
		if row.class[i] != k.Class {
			continue
		}
		if k.actions++; k.actions > 1 {
			w.sequence = append(w.sequence, '-')
		}
		w.sequence = append(w.sequence, row.kind[i].String()...)
		k.Take(row.kind[i], row.toX[i], row.toY[i])
	}
	k.sequence = w.e.sequences.ID(string(w.sequence))
	return k
}

// page gives a row and its image to the statistics.
func (w *cocoWorker) page(p *page) {
	for _, st := range w.onPage {
		st.page(p)
	}
}
