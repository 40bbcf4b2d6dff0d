package imagenet

import (
	"context"
	"fmt"
	"slices"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct"
	"abtool/byproduct/imagenet"
	"abtool/byproduct/plane"
	"abtool/store"
	"abtool/store/columnar"
)

// An engine computes statistics of a store's imagenet data set in one pass.
type engine struct {
	pass.Base
	images  *imagenet.Images
	classes *byproduct.Names // numbered as in images
	inBC    []bool           // by image
}

// rowColumns has the columns that are read.
type rowColumns struct {
	seq, image, worker, assignment, submit, page, slot, positionX, positionY, width, height *columnar.Values
	origWidth, origHeight, selected, selectedCount, hovered, estimate, t0                   *columnar.Values
	arm                                                                                     *columnar.Values // nil unless arms are asked for
	known, gold                                                                             *columnar.Values // nil without a study
	pages, images                                                                           pass.Shares
}

// bind opens a reader of the columns and points the fields to them.
func (c *rowColumns) bind(t *columnar.Table, arms bool) (*columnar.Reader, error) {
	to := map[string]**columnar.Values{
		"seq": &c.seq, "image_id": &c.image, "worker_id": &c.worker, "assignment_id": &c.assignment,
		"hit_submit_time": &c.submit,
		"page_idx":        &c.page, "image_idx": &c.slot, "position_x": &c.positionX,
		"position_y": &c.positionY, "image_width": &c.width,
		"image_height": &c.height, "original_width": &c.origWidth, "original_height": &c.origHeight,
		"selected":       &c.selected,
		"selected_count": &c.selectedCount, "hovered_count": &c.hovered, "estimate_time": &c.estimate, "t0": &c.t0,
	}
	if arms {
		to["arm"] = &c.arm
	}
	if t.Has("known") {
		to["known"], to["gold"] = &c.known, &c.gold
	}
	c.pages.Ask(t, "pages", to)
	c.images.Ask(t, "images", to)
	return pass.Bind(t, to, slices.Concat(imagenet.EventColumns, imagenet.MouseColumns)...)
}

// doubtful reports whether row i is of a study that does not know that the image shows the class (I17). Only rows of
// studies have gold.
func (c *rowColumns) doubtful(i int) bool {
	return c.known != nil && c.gold.Ints[i] != columnar.Null && c.known.Ints[i] != 1
}

// A worker has the state of one goroutine of an engine.
type worker struct {
	e     *engine
	read  *columnar.Reader
	col   rowColumns
	lists *imagenet.Lists
	pass.Gathering
	onShowing []interface{ showing(*showing) } // get every row, in no particular order
	onPicture []interface{ picture(*picture) } // get every image of I1 once; some have no showing
	pending   map[int32]*picture
	run       []showing // rows of the image at hand, one after the other
	one       picture   // the image at hand
	near      int32     // image of the previous row
	people    pass.People
}

// Gather passes over a store. Each goroutine gathers its own part of the statistics.
func Gather(ctx context.Context, dir string, o result.Options, entries []pass.Entry, _ bool) (pass.State, error) {
	images, err := imagenet.ReadImages(ctx, dir, o.Jobs)
	if err != nil {
		return nil, err
	}
	t, err := store.Open(dir, "imagenet", "annotations")
	if err != nil {
		return nil, err
	}
	defer t.Close()
	e := &engine{
		Base: pass.New(o), images: images, classes: byproduct.NewNames(images.Classes...),
		inBC: make([]bool, images.Len()),
	}
	var workers []*worker
	for range max(1, min(o.Jobs, t.Groups())) {
		w := &worker{e: e, pending: map[int32]*picture{}}
		w.Gathering = pass.Gather(e, entries)
		w.onShowing = pass.With[interface{ showing(*showing) }](w.Gathering)
		w.onPicture = pass.With[interface{ picture(*picture) }](w.Gathering)
		if w.read, err = w.col.bind(t, o.By == "arm"); err != nil {
			return nil, err
		}
		w.lists = imagenet.NewLists(w.read, true)
		w.people = pass.People{Base: &e.Base, Worker: w.col.worker, HIT: w.col.assignment, Arm: w.col.arm}
		workers = append(workers, w)
	}
	if err := pass.EachGroup(ctx, t, len(workers), o.Progress, func(worker, group int) error { return workers[worker].group(group) }); err != nil {
		return nil, err
	}
	first := workers[0]
	for _, w := range workers[1:] {
		first.takePending(w)
		first.Merge(w.Gathering)
	}
	first.finishPending()
	first.finishUnshown()
	return &state{engine: e, entries: entries, gathering: first.Gathering, rows: t.Rows()}, nil
}

// group reads a row group and divides it into runs of rows of one image.
func (w *worker) group(g int) error {
	if err := w.read.Read(g); err != nil {
		return err
	}
	w.lists.Update()
	w.people.Update()
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

// endRun passes the run's showings to the statistics, and its image if all of its showings are in the run.
func (w *worker) endRun() {
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

// pend keeps the showings of an image until its other showings have been read. It keeps only the lists of
// the showing with the latest click.
func (w *worker) pend(p *picture) {
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

func (w *worker) take(p *picture) {
	have := w.pending[p.image]
	if have == nil {
		w.pending[p.image] = p
		return
	}
	have.byproduct = have.byproduct || p.byproduct
	have.showings = append(have.showings, p.showings...)
	if p.final != nil && (have.final == nil || p.final.After(have.final.Order)) {
		have.final, p.final = p.final, have.final
	}
	if p.final != nil {
		p.final.own(false)
	}
}

func (w *worker) takePending(o *worker) {
	for _, p := range o.pending {
		w.take(p)
	}
}

func (w *worker) finishPending() {
	for _, p := range w.pending {
		w.finish(p)
	}
	w.pending = nil
}

// finishUnshown finishes the images that have no row because their file had no showing.
func (w *worker) finishUnshown() {
	for i, n := range w.e.images.Shown {
		if n == 0 {
			w.one.reset(int32(i), w.e.images.Boxes(int32(i)))
			w.one.cluster = w.e.Anonymous(w.e.images.IDs.At(int32(i)))
			w.finish(&w.one)
		}
	}
}

// finish passes a complete image to the statistics.
func (w *worker) finish(p *picture) {
	slices.SortFunc(p.showings, func(a, b *showing) int {
		if a.After(b.Order) {
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
		w.e.inBC[p.image] = p.clickedBoxed()
		p.final.trace(&p.trace)
	}
	for _, st := range w.onPicture {
		st.picture(p)
	}
}

// showing returns the i-th row of the row group that was read.
func (w *worker) showing(i int) (showing, error) {
	c := &w.col
	id, _ := c.image.Text(i)
	image, ok := w.e.images.IDs.Find(id, w.near)
	if !ok {
		return showing{}, fmt.Errorf("annotations.parquet has the image %s, which images.parquet does not "+
			"have: the store is damaged, ingest again", id)
	}
	w.near = image
	worker, assignment, cluster := w.people.Of(i, func() string { return id })
	s := showing{
		Showing: imagenet.Showing{
			Order: imagenet.Order{Submit: c.submit.Ints[i], Seq: c.seq.Ints[i]},
			Page:  c.page.Ints[i], Selected: c.selected.Ints[i], T0: c.t0.Ints[i],
			Doubtful: c.doubtful(i), OfPages: c.pages.At(i), OfImages: c.images.At(i),
			Clicks: w.lists.Clicks(i), Mouse: w.lists.Mouse(i), Hovers: w.lists.Hovers(i),
		},
		image: image, worker: worker, assignment: assignment, arm: w.people.ArmOf(i), class: w.e.images.Class[image], cluster: cluster,
		slot: c.slot.Ints[i], estimate: c.estimate.Ints[i], selectedCount: c.selectedCount.Ints[i],
		hovered: c.hovered.Ints[i],
		width:   c.width.Floats[i], height: c.height.Floats[i], origWidth: c.origWidth.Ints[i],
		origHeight: c.origHeight.Ints[i],
		positionX:  c.positionX.Floats[i], positionY: c.positionY.Floats[i],
		boxes: w.e.images.Boxes(image),
	}
	s.first, s.last = imagenet.FirstClick(s.Clicks.X, s.Clicks.Y), imagenet.LastClick(s.Clicks.X, s.Clicks.Y)
	if s.last >= 0 {
		s.hit = plane.InAny(s.boxes, s.Clicks.X[s.last], s.Clicks.Y[s.last])
	}
	return s, nil
}

// warnings returns a warning if the records and the boxes have no image in common.
func (e *engine) warnings() []string {
	record, box, apart := e.images.Apart()
	if !apart {
		return nil
	}
	return []string{fmt.Sprintf("The records and the boxes share no image: one record is of %s, one box is of %s. "+
		"So accuracies cannot be computed. Ingest again with the boxes of the annotated images: "+
		"--boxes Annotations/CLS-LOC/train.", record, box)}
}
