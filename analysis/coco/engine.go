package coco

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"abtool/analysis/internal/pass"
	"abtool/analysis/result"
	"abtool/byproduct"
	"abtool/byproduct/coco"
	"abtool/store"
	"abtool/store/columnar"
)

// An engine computes statistics of a store's coco data set in one pass over each table.
type engine struct {
	pass.Base
	categories []string // known classes, in order of their names
	class      map[string]class
	sequences  *byproduct.Names
	pages      map[int64][]*page // by image; in a study several annotators can have an image
	study      bool              // a study is among the sources
	travels    bool              // the state has to be merged with others, so that the ground truth needs a digest
}

func newEngine(dir string, o result.Options) (*engine, error) {
	sum, err := store.Read(dir)
	if err != nil {
		return nil, err
	}
	e := &engine{Base: pass.New(o), sequences: byproduct.NewNames(), pages: map[int64][]*page{},
		class: map[string]class{}}
	d := sum.DataSet("coco")
	e.study = len(d.Studies) > 0
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

// Gather passes over a store. Each goroutine gathers a part of the statistics, and others gather the statistics of the ground truth.
func Gather(ctx context.Context, dir string, o result.Options, entries []pass.Entry, travels bool) (pass.State, error) {
	e, err := newEngine(dir, o)
	if err != nil {
		return nil, err
	}
	annotations, err := store.Open(dir, "coco", "annotations")
	if err != nil {
		return nil, err
	}
	defer annotations.Close()
	e.travels = travels
	images, err := store.Open(dir, "coco", "images")
	if err != nil {
		return nil, err
	}
	defer images.Close()
	var workers []*worker
	for range max(1, min(o.Jobs, max(annotations.Groups(), images.Groups()))) {
		w := &worker{e: e, Gathering: pass.Gather(e, entries), ofTruth: pass.Gather(e, entries)}
		w.onRow = pass.With[interface{ row(*record) }](w.Gathering)
		w.onPage = pass.With[interface{ page(*page) }](w.Gathering)
		w.onTruth = pass.With[interface{ truth(*coco.Image) }](w.ofTruth)
		if w.readRows, err = w.col.bind(annotations, o.By == "arm"); err != nil {
			return nil, err
		}
		if w.readImages, err = images.Reader(coco.ImageColumns...); err != nil {
			return nil, err
		}
		w.img = coco.NewImages(w.readImages)
		w.actions = coco.NewActions(w.readRows)
		w.people = pass.People{Base: &e.Base, Worker: w.col.worker, HIT: w.col.hit, Arm: w.col.arm}
		workers = append(workers, w)
	}
	total := annotations.Rows() + images.Rows()
	step := func(from int64) func(done, _ int64) {
		if o.Progress == nil {
			return nil
		}
		return func(done, _ int64) { o.Progress(from+done, total) }
	}
	if err := pass.EachGroup(ctx, annotations, len(workers), step(0), func(worker, group int) error { return workers[worker].rows(group) }); err != nil {
		return nil, err
	}
	for _, w := range workers {
		for _, p := range w.pages {
			if len(e.pages[p.image]) > 0 && !e.study {
				return nil, fmt.Errorf("coco/annotations.parquet has the image %d twice: the "+
					"store is damaged, ingest again", p.image)
			}
			e.pages[p.image] = append(e.pages[p.image], p)
		}
	}
	for _, of := range e.pages {
		slices.SortFunc(of, func(a, b *page) int { return cmp.Compare(a.seq, b.seq) })
	}
	if err := pass.EachGroup(ctx, images, len(workers), step(annotations.Rows()), func(worker, group int) error { return workers[worker].images(group) }); err != nil {
		return nil, err
	}
	first := workers[0]
	for _, of := range e.pages {
		for _, p := range of {
			if p.truth == nil {
				first.page(p)
			}
		}
	}
	for _, w := range workers[1:] {
		first.Merge(w.Gathering)
		first.ofTruth.Merge(w.ofTruth)
		first.truths = append(first.truths, w.truths...)
		first.digest.merge(&w.digest)
	}
	s := &state{engine: e, entries: entries, gathering: first.Gathering, rows: annotations.Rows()}
	for image, of := range e.pages {
		if of[0].truth != nil {
			s.judged = append(s.judged, image)
		} else {
			s.others = append(s.others, image)
		}
	}
	e.pages = nil
	slices.Sort(s.judged)
	slices.Sort(s.others)
	if slices.Sort(first.truths); len(first.truths) > 0 {
		s.truths = []truth{{first.digest.String(), first.truths, first.ofTruth}}
	}
	return s, nil
}

// rowColumns has the columns of annotations that are read.
type rowColumns struct {
	seq, image, worker, hit, index, started, width, height, origWidth, origHeight, spent *columnar.Values
	fromX, fromY, browse, keyboard, browseT, mouseT, mouseX, mouseY                      *columnar.Values
	arm                                                                                  *columnar.Values // nil unless arms are asked for
	pages                                                                                pass.Shares
}

func (c *rowColumns) bind(t *columnar.Table, arms bool) (*columnar.Reader, error) {
	to := map[string]**columnar.Values{
		"seq": &c.seq, "image_id": &c.image, "worker_id": &c.worker, "hit_id": &c.hit, "page_idx": &c.index,
		"page_started": &c.started,
		"image_width":  &c.width, "image_height": &c.height, "original_width": &c.origWidth,
		"original_height": &c.origHeight, "time_spent": &c.spent,
		"actions.from_x": &c.fromX, "actions.from_y": &c.fromY,
		"browsing.category_idx": &c.browse, "browsing.keyboard": &c.keyboard, "browsing.t": &c.browseT,
		"mouse.t": &c.mouseT, "mouse.x": &c.mouseX, "mouse.y": &c.mouseY,
	}
	if arms {
		to["arm"] = &c.arm
	}
	c.pages.Ask(t, "pages", to)
	return pass.Bind(t, to, coco.ActionColumns...)
}

// A worker has the state of one goroutine of an engine.
type worker struct {
	e                    *engine
	readRows, readImages *columnar.Reader
	col                  rowColumns
	img                  *coco.Images
	actions              *coco.Actions
	pass.Gathering
	onRow   []interface{ row(*record) }       // get every row, before the ground truth of its image
	onPage  []interface{ page(*page) }        // get every row, with the ground truth of its image if there is any
	onTruth []interface{ truth(*coco.Image) } // get every image of the ground truth
	pages   []*page
	ofTruth pass.Gathering // what onTruth gathers
	truths  []int64        // images of the ground truth
	digest  digest         // of these
	found   []coco.Found   // classes of the current page's image

	people pass.People

	// by action of the row group
	kindOf   []coco.Action
	classOf  []class
	sequence []byte
	image    coco.Image
}

// rows reads a row group of annotations and passes its rows to the statistics.
func (w *worker) rows(group int) error {
	if err := w.readRows.Read(group); err != nil {
		return err
	}
	w.people.Update()
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

func (w *worker) nameActions() {
	w.actions.Update(w.e.class)
	w.kindOf, w.classOf = w.kindOf[:0], w.classOf[:0]
	for k := range w.actions.Len() {
		cl, kind := w.actions.At(k)
		w.kindOf, w.classOf = append(w.kindOf, kind), append(w.classOf, cl)
	}
}

func (w *worker) row(i int) *record {
	c := &w.col
	p := &page{
		seq: c.seq.Ints[i], image: c.image.Ints[i], index: c.index.Ints[i], spent: c.spent.Ints[i],
		started: c.started.Ints[i], ofPages: c.pages.At(i),
		width: c.width.Floats[i], height: c.height.Floats[i], origWidth: c.origWidth.Ints[i],
		origH: c.origHeight.Ints[i],
	}
	p.worker, p.hit, p.cluster = w.people.Of(i, func() string { return fmt.Sprint(p.image) })
	p.arm = w.people.ArmOf(i)
	from, to := w.actions.Of(i)
	bFrom, bTo := c.browse.Offsets[i], c.browse.Offsets[i+1]
	row := &record{
		page: p, mouse: byproduct.PointsAt(c.mouseT, c.mouseX, c.mouseY, i),
		kind: w.kindOf[from:to], class: w.classOf[from:to], toX: w.actions.X.Floats[from:to],
		toY:   w.actions.Y.Floats[from:to],
		fromX: c.fromX.Floats[from:to], fromY: c.fromY.Floats[from:to], t: w.actions.T.Ints[from:to],
		browse: c.browse.Ints[bFrom:bTo], browseT: c.browseT.Ints[bFrom:bTo], keyboard: c.keyboard.Ints[bFrom:bTo],
	}
	p.actions, p.samples = int64(len(row.kind)), int64(row.mouse.Len())
	w.icons(p, row)
	p.browsing = coco.Browse(row.browse, row.keyboard)
	return row
}

// icons makes the icons of a page: one for each known class, of its actions of known type in list order (C2).
func (w *worker) icons(p *page, row *record) {
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

// icon returns the icon whose first action is i.
func (w *worker) icon(row *record, i int) icon {
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

// page passes a page, with its image's ground truth if there is any, to the statistics.
func (w *worker) page(p *page) {
	for _, st := range w.onPage {
		st.page(p)
	}
}
