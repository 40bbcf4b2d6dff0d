package ingest

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"abtool/ingest/decode"
	"abtool/store"
	"abtool/store/columnar"
)

// particular is what is particular to a data set.
type particular interface {
	// groups returns the rows of a row group. Groups are what is held in memory while it is encoded, and
	// what later stages read side by side.
	groups() (annotations, images int)
	// begin is called once, before anything is added; dir is for what does not fit into memory.
	begin(dir string)
	// add notes a record of a batch. It reports whether the record is new (R4).
	add(b *decode.Batch, x *decode.Record) bool
	// take takes what a record says of its image.
	take(x *decode.Record) error
	writeImages(ctx context.Context, d *dataset) error
	categories() []store.Category
	// notes are for people, on the data set as a whole.
	notes(sources []*input) []string
	close()
}

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
	ann     *table[columnar.Span] // annotations
	seq     int64                 // of the next row
}

func newDataset(set decode.Set, of particular, parent string, sources []string, o *Options) (d *dataset, err error) {
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
		return newColumnSink(w, set, d.table("annotations"), sources, o.Jobs)
	})
	if err != nil {
		return nil, err
	}
	return d, nil
}

// table returns the name of a table within the store.
func (d *dataset) table(name string) string { return d.set.String() + "/" + name }

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

// abort closes what is open; the folder is removed by the caller.
func (d *dataset) abort() {
	if d.ann != nil {
		d.ann.abandon()
	}
	if d.rej != nil {
		d.rej.abandon()
	}
	d.close()
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

// writeImages writes the images that each visits.
func writeImages[R shaped](ctx context.Context, d *dataset, each func(visit func(R) error) error) error {
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
