package analysis

import (
	"context"
	"fmt"
	"slices"

	"abtool/byproduct"
	"abtool/byproduct/imagenet"
	"abtool/byproduct/plane"
	"abtool/store/columnar"
)

// A showing is one time an image was shown to an annotator, with what follows from the row
// alone. Its lists are valid during the call that it is passed to.
type showing struct {
	seq                    int64
	image                  int32 // place in imagenet.Images
	worker, assignment     int32 // numbers of names; −1: unknown
	class, cluster         int32
	submit, page, slot     int64 // columnar.Null: unknown
	selected               int64 // 1, 0, columnar.Null
	estimate, t0           int64
	selectedCount, hovered int64
	width, height          float64 // displayed, CSS px; NaN: unknown
	origWidth, origHeight  int64
	positionX, positionY   float64
	clicks, mouse          byproduct.Points
	hovers                 imagenet.Hovers

	first, last int // valid clicks, −1: none
	boxes       []plane.Box
	hit         bool // the last click is in a box
	toClick     way  // of way
	hasWay      bool
}

func (s *showing) isSelected() bool { return s.selected == 1 }

// clicked tells whether it counts for clicks: selected, with a valid click (I4).
func (s *showing) clicked() bool { return s.selected == 1 && s.last >= 0 }

// click is the last valid click.
func (s *showing) click() (x, y float64, t int64) {
	return s.clicks.X[s.last], s.clicks.Y[s.last], s.clicks.T[s.last]
}

// trace reads the trace to the last valid click into tr, and returns the number of entries at or before it.
func (s *showing) trace(tr *byproduct.Trace) (visits int64) {
	_, _, click := s.click()
	visits, enter := s.hovers.Enters(click)
	tr.Of(s.mouse, click, enter)
	return visits
}

// anyByproduct tells whether there is a click, a sample or a hover (I2).
func (s *showing) anyByproduct() bool {
	return s.clicks.Len()+s.mouse.Len()+len(s.hovers.T) > 0
}

// order returns the place of the showing in the order of its image's showings (I3).
func (s *showing) order() imagenet.Order { return imagenet.Order{Submit: s.submit, Seq: s.seq} }

// own makes the lists the showing's own; without keep they are dropped, but for the first and
// last click.
func (s *showing) own(keep bool) {
	if !keep {
		s.mouse = byproduct.Points{}
		s.hovers = imagenet.Hovers{}
	}
	s.clicks, s.mouse = s.clicks.Clone(), s.mouse.Clone()
	s.hovers = s.hovers.Clone()
}

// A picture is an image with all of its showings, in order of time (I3), and what follows.
type picture struct {
	image     int32
	boxes     []plane.Box // usable ground truth, in fractions; none: not boxed
	showings  []*showing  // lists are there for final alone
	byproduct bool
	cluster   int32    // of its last showing; for images that were never shown one by hash
	final     *showing // that of the final click (I4); nil: none
	x, y      float64  // the final click
	t         int64    // its time, columnar.Null: unknown
	hit       bool     // it is in a box (I6)
	centre    bool     // (0.5, 0.5) is

	trace byproduct.Trace // of the final showing
}

// clickedBoxed tells whether the image is in BC (I5).
func (p *picture) clickedBoxed() bool { return p.final != nil && len(p.boxes) > 0 }

// An imagenetEngine runs statistics over the imagenet data set of a store, in one pass.
type imagenetEngine struct {
	engine
	images  *imagenet.Images
	classes *byproduct.Names // numbered as in images
	inBC    []bool           // by image
}

// imagenetRows are the columns that are read.
type imagenetRows struct {
	seq, image, worker, assignment, submit, page, slot, positionX, positionY, width, height *columnar.Values
	origWidth, origHeight, selected, selectedCount, hovered, estimate, t0                   *columnar.Values
}

// bind opens a reader of the columns.
func (c *imagenetRows) bind(t *columnar.Table) (*columnar.Reader, error) {
	to := map[string]**columnar.Values{
		"seq": &c.seq, "image_id": &c.image, "worker_id": &c.worker, "assignment_id": &c.assignment, "hit_submit_time": &c.submit,
		"page_idx": &c.page, "image_idx": &c.slot, "position_x": &c.positionX, "position_y": &c.positionY, "image_width": &c.width,
		"image_height": &c.height, "original_width": &c.origWidth, "original_height": &c.origHeight, "selected": &c.selected,
		"selected_count": &c.selectedCount, "hovered_count": &c.hovered, "estimate_time": &c.estimate, "t0": &c.t0,
	}
	return bind(t, to, slices.Concat(imagenet.EventColumns, imagenet.MouseColumns)...)
}

// An imagenetWorker is what one goroutine of an engine has.
type imagenetWorker struct {
	e     *imagenetEngine
	read  *columnar.Reader
	col   imagenetRows
	lists *imagenet.Lists
	gathering
	onShowing []interface{ showing(*showing) } // every row, in no particular order
	onPicture []interface{ picture(*picture) } // every image of the universe (I1), once; some have no showing
	pending   map[int32]*picture
	run       []showing
	one       picture // the image at hand
	near      int32   // the image of the row before
	people    people
}

// runImageNet runs statistics over a store, one set of them for each goroutine.
func runImageNet(ctx context.Context, store string, o Options, entries []entry) (DataSet, error) {
	images, err := imagenet.ReadImages(ctx, store, o.Jobs)
	if err != nil {
		return DataSet{}, err
	}
	t, err := columnar.Open(store, "imagenet", "annotations")
	if err != nil {
		return DataSet{}, err
	}
	defer t.Close()
	e := &imagenetEngine{
		engine: newEngine(o), images: images, classes: byproduct.NewNames(images.Classes...), inBC: make([]bool, images.Len()),
	}
	var workers []*imagenetWorker
	for range max(1, min(o.Jobs, t.Groups())) {
		w := &imagenetWorker{e: e, pending: map[int32]*picture{}}
		w.gathering = newGathering(e, entries)
		w.onShowing = that[interface{ showing(*showing) }](w.gathering)
		w.onPicture = that[interface{ picture(*picture) }](w.gathering)
		if w.read, err = w.col.bind(t); err != nil {
			return DataSet{}, err
		}
		w.lists = imagenet.NewLists(w.read, true)
		w.people = people{engine: &e.engine, worker: w.col.worker, hit: w.col.assignment}
		workers = append(workers, w)
	}
	if err := eachGroup(ctx, t, len(workers), o.Progress, func(worker, group int) error { return workers[worker].group(group) }); err != nil {
		return DataSet{}, err
	}
	first := workers[0]
	for _, w := range workers[1:] {
		first.takePending(w)
		first.merge(w.gathering)
	}
	first.finishPending()
	first.finishUnshown()
	return DataSet{Name: "imagenet", Statistics: e.results(first.gathering, entries, imagenetPublished), Warnings: e.warnings()}, nil
}

// group takes a row group: runs of rows of one image at a time.
func (w *imagenetWorker) group(g int) error {
	if err := w.read.Read(g); err != nil {
		return err
	}
	w.lists.Update()
	w.people.update()
	w.run = w.run[:0]
	for i := range w.read.Rows() {
		s, err := w.showing(i)
		if err != nil {
			return err
		}
		if len(w.run) > 0 && w.run[0].image != s.image {
			w.endRun()
		}
		w.run = append(w.run, s)
	}
	w.endRun()
	return nil
}

// endRun gives the run's showings to the statistics, and its image when it is complete.
func (w *imagenetWorker) endRun() {
	if len(w.run) == 0 {
		return
	}
	for i := range w.run {
		for _, st := range w.onShowing {
			st.showing(&w.run[i])
		}
	}
	image := w.run[0].image
	p := &w.one
	p.reset(image, w.e.images.Boxes(image))
	for i := range w.run {
		p.add(&w.run[i])
	}
	if len(w.run) == int(w.e.images.Shown[image]) {
		w.finish(p)
	} else {
		w.pend(p)
	}
	w.run = w.run[:0]
}

// reset empties the picture for another image, keeping its memory.
func (p *picture) reset(image int32, boxes []plane.Box) {
	*p = picture{image: image, boxes: boxes, showings: p.showings[:0], trace: p.trace}
}

// add adds a showing, in any order.
func (p *picture) add(s *showing) {
	p.showings = append(p.showings, s)
	p.byproduct = p.byproduct || s.anyByproduct()
	if s.clicked() && (p.final == nil || s.order().After(p.final.order())) {
		p.final = s
	}
}

// pend keeps showings until the others of the image have come. Their lists are dropped, but
// for those of the latest click.
func (w *imagenetWorker) pend(p *picture) {
	kept := &picture{image: p.image, boxes: p.boxes, byproduct: p.byproduct}
	for _, s := range p.showings {
		mine := *s
		mine.own(s == p.final)
		if s == p.final {
			kept.final = &mine
		}
		kept.showings = append(kept.showings, &mine)
	}
	w.take(kept)
}

func (w *imagenetWorker) take(p *picture) {
	have := w.pending[p.image]
	if have == nil {
		w.pending[p.image] = p
		return
	}
	have.byproduct = have.byproduct || p.byproduct
	have.showings = append(have.showings, p.showings...)
	if p.final != nil && (have.final == nil || p.final.order().After(have.final.order())) {
		have.final, p.final = p.final, have.final
	}
	if p.final != nil {
		p.final.own(false)
	}
}

func (w *imagenetWorker) takePending(o *imagenetWorker) {
	for _, p := range o.pending {
		w.take(p)
	}
}

func (w *imagenetWorker) finishPending() {
	for _, p := range w.pending {
		w.finish(p)
	}
	w.pending = nil
}

// finishUnshown finishes the images of the universe that no row speaks of: their file had no
// showing.
func (w *imagenetWorker) finishUnshown() {
	for i, n := range w.e.images.Shown {
		if n == 0 {
			w.one.reset(int32(i), w.e.images.Boxes(int32(i)))
			w.one.cluster = w.e.anonymous(w.e.images.IDs.At(int32(i)))
			w.finish(&w.one)
		}
	}
}

// finish gives a complete image to the statistics.
func (w *imagenetWorker) finish(p *picture) {
	slices.SortFunc(p.showings, func(a, b *showing) int {
		if a.order().After(b.order()) {
			return 1
		}
		return -1
	})
	p.centre = plane.InAny(p.boxes, 0.5, 0.5)
	if n := len(p.showings); n > 0 {
		p.cluster = p.showings[n-1].cluster
	}
	if p.final != nil {
		p.x, p.y, p.t = p.final.click()
		p.hit = p.final.hit
		w.e.inBC[p.image] = len(p.boxes) > 0
		p.final.trace(&p.trace)
	}
	for _, st := range w.onPicture {
		st.picture(p)
	}
}

// showing is the i-th row of the group that was read.
func (w *imagenetWorker) showing(i int) (showing, error) {
	c := &w.col
	id, _ := c.image.Text(i)
	image, ok := w.e.images.IDs.Find(id, w.near)
	if !ok {
		return showing{}, fmt.Errorf("the image %s of annotations.parquet is not in images.parquet: the store is damaged, ingest again", id)
	}
	w.near = image
	worker, assignment, cluster := w.people.of(i, func() string { return id })
	s := showing{
		seq: c.seq.Ints[i], image: image, worker: worker, assignment: assignment, class: w.e.images.Class[image], cluster: cluster,
		submit: c.submit.Ints[i], page: c.page.Ints[i], slot: c.slot.Ints[i], selected: c.selected.Ints[i],
		estimate: c.estimate.Ints[i], t0: c.t0.Ints[i], selectedCount: c.selectedCount.Ints[i], hovered: c.hovered.Ints[i],
		width: c.width.Floats[i], height: c.height.Floats[i], origWidth: c.origWidth.Ints[i], origHeight: c.origHeight.Ints[i],
		positionX: c.positionX.Floats[i], positionY: c.positionY.Floats[i],
		boxes:  w.e.images.Boxes(image),
		clicks: w.lists.Clicks(i), mouse: w.lists.Mouse(i), hovers: w.lists.Hovers(i),
	}
	s.first, s.last = imagenet.FirstClick(s.clicks.X, s.clicks.Y), imagenet.LastClick(s.clicks.X, s.clicks.Y)
	if s.last >= 0 {
		s.hit = plane.InAny(s.boxes, s.clicks.X[s.last], s.clicks.Y[s.last])
	}
	return s, nil
}

// warnings returns a sentence if the records and the boxes share no image.
func (e *imagenetEngine) warnings() []string {
	record, box, apart := e.images.Apart()
	if !apart {
		return nil
	}
	return []string{fmt.Sprintf("The records and the boxes share no image: a record is of %s, a box of %s. "+
		"So nothing can be said of accuracy. Ingest again with the boxes of the images that were annotated: "+
		"--boxes Annotations/CLS-LOC/train.", record, box)}
}
