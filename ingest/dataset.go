package ingest

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"abtool/ingest/decode"
	"abtool/schema"
	"abtool/store"
	"abtool/store/columnar"
)

// A particular does the parts of ingesting that differ between the data sets.
type particular interface {
	// groups returns the number of rows in a row group of each table. A row group is in memory while it is
	// encoded, and commands that read the store read several row groups in parallel.
	groups() (annotations, images int)
	// begin is called once, before the first record; dir is the folder for data that do not fit into memory.
	begin(dir string)
	// add remembers a record of a batch, and reports whether it is new (R4). study says that it is of a study.
	add(b *decode.Batch, x *decode.Record, study bool) bool
	// take keeps the facts about its image that a record has.
	take(x *decode.Record) error
	// writeImages writes the table of images, when all records and ground truth have been read.
	writeImages(ctx context.Context, d *dataset) error
	categories() []store.Category
	// notes returns sentences for people about the data set as a whole.
	notes(sources []*input) []string
	close()
}

// rejectsGroup is the number of rows in a row group of rejects.
const rejectsGroup = 65536

// dataset writes the tables of one data set into a folder.
type dataset struct {
	particular
	set     decode.Set
	dir     string
	sources []string
	options *Options
	rows    map[string]int64
	bytes   map[string]int64 // of files, by table
	rejects tally
	nulled  tally
	remarks []string
	rej     *table[slice[decode.Reject]]
	ann     *table[columnar.Span]             // annotations
	pages   *table[slice[schema.PageAttempt]] // of studies; nil without one, like the next three
	visits  *table[slice[schema.Session]]
	reviews *table[slice[schema.Review]]
	studies []store.Study
	seq     int64 // of the next row
}

// pagesGroup is the number of rows in a row group of pages, which have thousands of samples each.
const pagesGroup = 128

func newDataset(set decode.Set, of particular, parent string, sources []string, study bool, o *Options) (d *dataset, err error) {
	d = &dataset{
		particular: of, set: set, dir: filepath.Join(parent, set.String()), sources: sources, options: o,
		rows: map[string]int64{}, rejects: tally{}, nulled: tally{},
	}
	if err := os.MkdirAll(d.dir, 0o755); err != nil {
		return nil, fmt.Errorf("creating the store: %w", err)
	}
	d.begin(d.dir)
	defer func() {
		if err != nil {
			d.abort()
		}
	}()
	d.rej, err = newTable(d.path("rejects"), d.table("rejects"), rejectsGroup, 1, func(w io.Writer) sink[slice[decode.Reject]] {
		return newRowSink[decode.Reject](w, d.table("rejects"), sources)
	})
	if err != nil {
		return nil, err
	}
	group, _ := of.groups()
	if o.groupRows > 0 {
		group = o.groupRows
	}
	d.ann, err = newTable(d.path("annotations"), d.table("annotations"), group, o.Jobs, func(w io.Writer) sink[columnar.Span] {
		return newColumnSink(w, set, study, d.table("annotations"), sources, o.Jobs)
	})
	if err != nil || !study {
		return d, err
	}
	d.pages, err = newTable(d.path("pages"), d.table("pages"), pagesGroup, o.Jobs, func(w io.Writer) sink[slice[schema.PageAttempt]] {
		return newRowSink[schema.PageAttempt](w, d.table("pages"), sources)
	})
	if err != nil {
		return nil, err
	}
	d.visits, err = newTable(d.path("sessions"), d.table("sessions"), rejectsGroup, 1, func(w io.Writer) sink[slice[schema.Session]] {
		return newRowSink[schema.Session](w, d.table("sessions"), sources)
	})
	if err != nil {
		return nil, err
	}
	d.reviews, err = newTable(d.path("reviews"), d.table("reviews"), rejectsGroup, 1, func(w io.Writer) sink[slice[schema.Review]] {
		return newRowSink[schema.Review](w, d.table("reviews"), sources)
	})
	return d, err
}

// table returns the name of a table within the store.
func (d *dataset) table(name string) string { return d.set.String() + "/" + name }

func (d *dataset) path(table string) string { return filepath.Join(d.dir, table+".parquet") }

// finish writes the table of images and closes all files.
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
	if d.pages != nil {
		note(d.pages.close())
		d.rows["pages"] = d.pages.rows
		d.pages = nil
	}
	if d.visits != nil {
		note(d.visits.close())
		d.rows["sessions"] = d.visits.rows
		d.visits = nil
	}
	if d.reviews != nil {
		note(d.reviews.close())
		d.rows["reviews"] = d.reviews.rows
		d.reviews = nil
	}
	if err == nil {
		err = d.writeImages(ctx, d)
	}
	d.close()
	if d.rej != nil {
		note(d.rej.close())
		d.rows["rejects"] = d.rej.rows
		d.rej = nil
	}
	return err
}

// abort closes the files that are open. The caller removes the folder.
func (d *dataset) abort() {
	if d.ann != nil {
		d.ann.abandon()
	}
	if d.rej != nil {
		d.rej.abandon()
	}
	if d.pages != nil {
		d.pages.abandon()
	}
	if d.visits != nil {
		d.visits.abandon()
	}
	if d.reviews != nil {
		d.reviews.abandon()
	}
	d.close()
}

// reject counts and writes rejects, whose sources and record numbers are final.
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

// imagesBatch is the number of images that the writer gets at once. It is small because images can have many
// instances.
const imagesBatch = 128

// writeImages writes the table of images. It calls each, which calls visit once for every image.
func writeImages[R any](ctx context.Context, d *dataset, each func(visit func(R) error) error) error {
	_, group := d.groups()
	t, err := newTable(d.path("images"), d.table("images"), group, d.options.Jobs, func(w io.Writer) sink[slice[R]] {
		return newRowSink[R](w, d.table("images"), d.sources)
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
	err = each(func(row R) error {
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
