package ingest

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"abtool/ingest/decode"
	"abtool/store/columnar"
)

// Rows of a row group. Groups are what is held in memory while it is encoded, and what later
// stages read side by side.
const (
	imagenetGroup = 16384
	cocoGroup     = 4096
	imagesGroup   = 65536
	cocoGTGroup   = 2048
	rejectsGroup  = 65536
)

// dataset writes the tables of one data set into a folder.
type dataset struct {
	name    string
	dir     string
	sources []string
	jobs    int
	rows    map[string]int64
	rejects tally
	nulled  tally

	rej        *table[slice[decode.Reject]]
	ann        *table[columnar.Span] // annotations
	images     *spill
	spillErr   error
	categories map[int64]string // COCO's names by id
	notes      []string         // for people, on the data set as a whole
	nameless   map[int64]bool   // categories that were rejected for their name
	truth      []*truthFile     // COCO's ground truth, in the order of reading
	late       []decode.Reject  // faults of objects that were found with their image
	seq        int64            // of the next row
}

func newDataset(name, parent string, sources []string, jobs, groupRows int) (d *dataset, err error) {
	rows := func(usual int) int {
		if groupRows > 0 {
			return groupRows
		}
		return usual
	}
	d = &dataset{name: name, dir: filepath.Join(parent, name), sources: sources, jobs: jobs,
		rows: map[string]int64{}, rejects: tally{}, nulled: tally{}, nameless: map[int64]bool{}}
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return nil, fmt.Errorf("creating the store: %w", err)
	}
	d.images = newSpill(d.dir)
	defer func() {
		if err != nil {
			d.abort()
		}
	}()
	d.rej, err = newTable(d.path("rejects"), name+"/rejects", rejectsGroup, 1, func(w io.Writer) sink[slice[decode.Reject]] {
		return newRowSink(w, name+"/rejects", sources, shapeOfReject)
	})
	if err != nil {
		return nil, err
	}
	set, group := decode.SetOf(name), imagenetGroup
	if set == decode.COCO {
		group = cocoGroup
	}
	d.ann, err = newTable(d.path("annotations"), name+"/annotations", rows(group), jobs, func(w io.Writer) sink[columnar.Span] {
		return newColumnSink(w, set, name+"/annotations", sources, jobs)
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

func (d *dataset) path(table string) string { return filepath.Join(d.dir, table+".parquet") }

// finish writes the images and closes all files.
func (d *dataset) finish(ctx context.Context) (err error) {
	note := func(e error) {
		if err == nil {
			err = e
		}
	}
	if d.ann != nil {
		note(d.ann.close())
		d.rows["annotations"] = d.ann.rows
		d.ann = nil
	}
	if err == nil {
		if d.name == "imagenet" {
			err = writeImages(ctx, d, imagesGroup, (*imagenetImageRow).shape, mergeImage)
		} else {
			err = writeImages(ctx, d, cocoGTGroup, (*cocoImageRow).shape, d.mergeObjects)
		}
	}
	d.images.close()
	if d.rej != nil {
		note(d.settleLate())
		note(d.rej.close())
		d.rows["rejects"] = d.rej.rows
		d.rej = nil
	}
	return err
}

// abort closes what is open; the folder is removed by the caller.
func (d *dataset) abort() {
	if d.ann != nil {
		d.ann.abandon()
	}
	if d.rej != nil {
		d.rej.abandon()
	}
	d.images.close()
}

// reject writes rejects; sources and record numbers are final.
func (d *dataset) reject(rows []decode.Reject) error {
	for i := range rows {
		r := &rows[i]
		if r.Kind == "record" {
			d.rejects[[2]string{"", r.Reason}]++
		} else {
			d.nulled[[2]string{column(r.Field), r.Reason}]++
		}
	}
	done := make(chan struct{})
	err := d.rej.write(rows, func() { close(done) })
	if err == nil && len(rows) > 0 {
		<-done
	}
	return err
}

// imagesBatch is the number of images handed to the writer at once; with their instances they
// can be large.
const imagesBatch = 128

// writeImages makes a row of what was said of each image, in the order of their keys.
func writeImages[R any](ctx context.Context, d *dataset, group int, shape func(*R) uint8, merge func(key []byte, payloads [][]byte) (R, bool, error)) error {
	name := d.name + "/images"
	t, err := newTable(d.path("images"), name, group, d.jobs, func(w io.Writer) sink[slice[R]] {
		return newRowSink(w, name, d.sources, shape)
	})
	if err != nil {
		return err
	}
	rows := make([]R, 0, imagesBatch)
	flush := func() error {
		full := rows
		rows = make([]R, 0, imagesBatch)
		if err := ctx.Err(); err != nil {
			return err
		}
		return t.write(full, nil)
	}
	err = d.images.each(func(key []byte, payloads [][]byte) error {
		row, keep, err := merge(key, payloads)
		if err != nil || !keep {
			return err
		}
		rows = append(rows, row)
		if len(rows) == imagesBatch {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		t.abandon()
		return err
	}
	d.rows["images"] = t.rows
	return t.close()
}
