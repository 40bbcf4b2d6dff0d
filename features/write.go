package features

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"abtool/internal/parallel"
	"abtool/internal/usage"
	"abtool/store"
)

// A Format is a way to write targets.
type Format struct {
	Name   string `json:"name"`
	Ext    string `json:"extension"` // of --out, by which it is told; "": a folder
	What   string `json:"what"`
	Folder bool   `json:"folder"`

	open func(*output, *job) (writer, error)
}

// Formats are the formats, in the order of docs/reference/targets.md.
func Formats() []Format { return slices.Clone(formats) }

var formats = []Format{
	{Name: "parquet", Ext: ".parquet", What: "Parquet with the description of every column in its metadata, for DuckDB, pandas, Polars, Spark.", open: openParquet},
	{Name: "csv", Ext: ".csv", What: "CSV with a header; numbers as exact as they are, lists as JSON.", open: openCSV},
	{Name: "npy", What: "A folder of one NumPy array a column, and columns.json; lists are padded to two dimensions, null is NaN or the least integer.", Folder: true, open: openNPY},
	{Name: "coco-keypoints", Ext: ".json", What: "COCO keypoints JSON: one keypoint an annotation, in pixels. Rows whose image has no known size are left out and counted.", open: openKeypoints},
	{Name: "webdataset", What: "A folder of tar shards, each image with its targets as JSON, from --images. Images that are not found are left out and counted.", Folder: true, open: openWebDataset},
	{Name: "huggingface", What: "A folder with Parquet by split, README.md (a data-set card) and croissant.json (Croissant 1.0).", Folder: true, open: openHuggingFace},
}

// WriteOptions say what is written and how.
type WriteOptions struct {
	Options
	Format string // name of Formats; "": by the extension of out
	Images string // webdataset: the folder of images
	Shard  int    // webdataset: images of a shard; 0: DefaultShard
	Card   Card   // huggingface: what only the publisher knows
	Force  bool   // replaces what is at out

	Table    string      // name of Tables; "": targets
	Crops    int         // table crops: crops of each image
	Crop     CropOptions // how they are drawn
	Partners int         // table pairs: of each image and relation; 0: DefaultPartners
}

// A Table is what can be written instead of targets.
type Table struct {
	Name string `json:"name"`
	What string `json:"what"`
	Note string `json:"note"`

	make    func(dataSet, *job) (rows, error)
	prepare func(*WriteOptions) // what it needs of Options
}

// Tables are the tables, in the order of docs/reference/targets.md.
func Tables() []Table { return slices.Clone(tables) }

var tables = []Table{
	{
		Name: "targets", What: "A row for each image (COCO: image and class) and rule.", Note: "What abtool train learns from.",
		make: targetTable,
	},
	{
		Name: "crops", What: "Each row of targets, with the random crops and flips of its image and where the point is in them.",
		Note: "The crops that training with that seed takes; for COCO the untouched label and that of the published rule.", make: cropTable,
	},
	{
		Name: "pairs", What: "For each image, others of the same page, of the same HIT and of the same annotator.",
		Note: "Drawn by --seed, as many as asked for of each relation; with --split, both are of the same. Join with targets on image_id.", make: pairTable,
		prepare: onePoint,
	},
	{
		Name: "classes", What: "A row for each class: images, points, accuracy, place, time, difficulty.",
		Note: "Over the images that --fraction keeps.", make: classTable,
		prepare: func(o *WriteOptions) { onePoint(o); o.Signals = []string{"difficulty"} },
	},
}

// onePoint takes the default rule alone: the table is of images or classes, not of points.
func onePoint(o *WriteOptions) { o.Rules, o.Signals, o.All = nil, nil, false }

// DefaultShard is the number of images in a WebDataset shard.
const DefaultShard = 10_000

// Summary is the account of what was written.
type Summary struct {
	Out     string   `json:"out"`
	Format  string   `json:"format"`
	Table   string   `json:"table"` // targets, crops, pairs or classes
	Set     string   `json:"data_set"`
	Rows    int64    `json:"rows"`
	Images  int64    `json:"images,omitempty"` // with a row
	Weight  int64    `json:"weight_1,omitempty"`
	Rules   []Count  `json:"rules,omitempty"`
	Splits  []Count  `json:"splits,omitempty"`
	LeftOut []Count  `json:"left_out,omitempty"` // rows or images that the format cannot hold, rules that the store has no ground truth for
	Notes   []string `json:"notes,omitempty"`    // what was found among the images and is not one, in whole sentences
	Files   []File   `json:"files"`
}

// Count is how many rows are of a rule, or in a split.
type Count struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
}

// job is what a writer is told.
type job struct {
	WriteOptions
	cols    []column
	sources []string
	classes []store.Category // COCO's, by id; ImageNet's by place
	sum     *Summary
}

// A writer writes a table.
type writer interface {
	begin() encoder // can be called from several goroutines
	close() error   // writes what is left
}

// An encoder makes a part of a file. Each belongs to one goroutine; parts are written one after the
// other, in their order.
type encoder interface {
	add(*batch) error // some rows more: all of an image at once
	finish() error    // all rows were added
	write() error
}

// pieces is the encoder of a format in which each batch becomes a piece that needs nothing of the others.
type pieces[P any] struct {
	made   []P
	encode func(*batch) (P, error)
	append func(P) error // to the file
}

func (p *pieces[P]) add(b *batch) error {
	made, err := p.encode(b)
	p.made = append(p.made, made)
	return err
}

func (p *pieces[P]) finish() error { return nil }

func (p *pieces[P]) write() error {
	for _, made := range p.made {
		if err := p.append(made); err != nil {
			return err
		}
	}
	return nil
}

// Write derives the targets of a store, or another table, and writes them to out. Nothing is at out
// before all of it is; what is there already is replaced only with Force, else the error wraps
// ErrExists. The bytes depend on the store and the options alone.
func Write(ctx context.Context, store, out string, o WriteOptions) (*Summary, error) {
	format, err := chooseFormat(&o, out)
	if err != nil {
		return nil, err
	}
	table, err := chooseTable(&o)
	if err != nil {
		return nil, err
	}
	place, err := newOutput(out, format.Folder, o.Force) // refuses before the work is done
	if err != nil {
		return nil, err
	}
	done := false
	defer func() {
		if !done {
			place.abandon()
		}
	}()
	s, sum, err := open(ctx, store, &o.Options)
	if err != nil {
		return nil, interrupted(ctx, out, err)
	}
	defer s.close()
	j := &job{WriteOptions: o, sum: &Summary{Out: out, Format: format.Name, Table: o.Table, Set: o.Set}}
	j.sum.name(&o.Options)
	j.classes = s.categories()
	for _, src := range sum.DataSet(o.Set).Sources {
		j.sources = append(j.sources, src.Name)
	}
	from, err := table.make(s, j)
	if err != nil {
		return nil, err
	}
	j.cols = from.columns()
	to, err := format.open(place, j)
	if err != nil {
		return nil, err
	}
	if err := from.write(ctx, j, to); err != nil {
		return nil, interrupted(ctx, out, fmt.Errorf("writing %s: %w", out, err))
	}
	if err := to.close(); err != nil {
		return nil, fmt.Errorf("writing %s: %w", out, err)
	}
	for _, f := range place.files {
		file, err := f.finish()
		if err != nil {
			return nil, fmt.Errorf("writing %s: %w", out, err)
		}
		j.sum.Files = append(j.sum.Files, file)
	}
	if err := place.commit(); err != nil {
		return nil, err
	}
	done = true
	j.sum.LeftOut = slices.Concat(j.sum.LeftOut, from.left(), o.without)
	return j.sum, nil
}

// interrupted is an error, or that the work was stopped.
func interrupted(ctx context.Context, out string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted, nothing was written to %s: %w", out, ctx.Err())
	}
	return err
}

// chooseTable finds the table and prepares the options for it.
func chooseTable(o *WriteOptions) (*Table, error) {
	if o.Table == "" {
		o.Table = tables[0].Name
	}
	if o.Partners == 0 {
		o.Partners = DefaultPartners
	}
	i := slices.IndexFunc(tables, func(t Table) bool { return t.Name == o.Table })
	if i < 0 {
		return nil, usage.Errorf("no such table %q: they are targets, crops, pairs and classes", o.Table)
	}
	if prepare := tables[i].prepare; prepare != nil {
		prepare(o)
	}
	return &tables[i], nil
}

// settings are the options that the file depends on.
func (j *job) settings() any {
	out := struct {
		Table string `json:"table"`
		Options
		Crops    int          `json:"crops,omitempty"`
		Crop     *CropOptions `json:"crop,omitempty"`
		Partners int          `json:"pairs,omitempty"`
	}{Table: j.Table, Options: j.Options}
	switch j.Table {
	case "crops":
		crop, _ := j.Crop.defaults()
		out.Crops, out.Crop = j.Crops, &crop
	case "pairs":
		out.Partners = j.Partners
	}
	return out
}

func chooseFormat(o *WriteOptions, out string) (*Format, error) {
	var names []string
	for i := range formats {
		f := &formats[i]
		names = append(names, f.Name)
		if f.Name == o.Format || o.Format == "" && f.Ext != "" && strings.EqualFold(filepath.Ext(out), f.Ext) {
			if f.Name != "webdataset" && o.Images != "" {
				return nil, usage.Errorf("--images is of --format webdataset, which puts them into its shards")
			}
			return f, nil
		}
	}
	if o.Format == "" {
		return nil, usage.Errorf("the name %s tells no format: end it in .parquet, .csv or .json, or give --format %s", out, strings.Join(names, ", "))
	}
	return nil, usage.Errorf("no such format %q: they are %s", o.Format, strings.Join(names, ", "))
}

// A part of a file has partRows, or fewer so that lists make no more than partValues. An encoder is given them
// batchRows at a time, so that they are in the processor's cache. All of an image are in the same batch.
const (
	partRows   = 1 << 17
	partValues = 4 << 20
	batchRows  = 1 << 10
)

func partSize(cols []column) int {
	values := 0
	for i := range cols {
		values += max(1, cols[i].width)
	}
	return max(1024, min(partRows, partValues/values))
}

// A table has rows of type R.
type table[R any] struct {
	source[R]
	cols   []column
	put    func(to []values, r *R) // appends a row to its columns
	origin func(r *R) origin
}

// An origin says what a row is counted as.
type origin struct {
	image      string
	rule, part int  // places in Options: of the rule and the split (−1: none)
	weighted   bool // it has a point of weight 1
}

// rows is a table, whatever its rows are.
type rows interface {
	columns() []column
	write(context.Context, *job, writer) error
	left() []Count
}

func (t *table[R]) columns() []column { return t.cols }

// A part is what a chunk of a source becomes, with what it counts.
type part struct {
	made   []encoder
	rows   int64
	images int64
	weight int64
	rules  []int64 // rows by place in Options
	splits []int64
}

// write derives the rows and hands them to the writer.
func (t *table[R]) write(ctx context.Context, j *job, to writer) error {
	workers := parallel.Workers(j.Jobs)
	gives := make([]func(int, func(*R) error) error, workers)
	batches := make([]batch, workers)
	n, size := t.chunks(), partSize(t.cols)
	return parallel.InOrder(ctx, workers, n, func(w, chunk int) (p part, err error) {
		if gives[w] == nil {
			if gives[w], err = t.chunk(); err != nil {
				return p, err
			}
		}
		p.rules, p.splits = make([]int64, len(j.rules)), make([]int64, len(j.Shares))
		f := filler{to: to, batch: &batches[w], columns: len(t.cols), size: size}
		f.batch.reset(f.columns)
		before := ""
		err = gives[w](chunk, func(r *R) error {
			o := t.origin(r)
			if o.image != before {
				p.images++
				before = o.image
				if err := f.between(); err != nil {
					return err
				}
			}
			f.batch.rows++
			t.put(f.batch.cols, r)
			p.count(&o)
			return nil
		})
		if err == nil {
			err = f.finish()
		}
		p.made, p.rows = f.made, f.rows
		return p, err
	}, func(chunk int, p part) error {
		j.sum.add(&p)
		if j.Progress != nil {
			j.Progress(int64(chunk+1), int64(n))
		}
		for _, e := range p.made {
			if err := e.write(); err != nil {
				return err
			}
		}
		return nil
	})
}

// A filler cuts rows into batches, and these into parts of a file.
type filler struct {
	to            writer
	batch         *batch
	columns, size int     // of a part, rows
	part          encoder // at hand, nil: none
	given         int     // its rows
	made          []encoder
	rows          int64 // of made
}

// between is called between two images.
func (f *filler) between() error {
	switch {
	case f.given+f.batch.rows >= f.size:
		return f.finish()
	case f.batch.rows >= batchRows:
		return f.give()
	}
	return nil
}

// give adds the batch to the part.
func (f *filler) give() error {
	if f.part == nil {
		f.part = f.to.begin()
	}
	err := f.part.add(f.batch)
	f.given += f.batch.rows
	f.batch.reset(f.columns)
	return err
}

// finish ends the part, if there is one.
func (f *filler) finish() error {
	if f.given+f.batch.rows == 0 {
		return nil
	}
	if err := f.give(); err != nil {
		return err
	}
	err := f.part.finish()
	f.made, f.rows = append(f.made, f.part), f.rows+int64(f.given)
	f.part, f.given = nil, 0
	return err
}

func (p *part) count(o *origin) {
	p.rules[o.rule]++
	if o.part >= 0 {
		p.splits[o.part]++
	}
	if o.weighted {
		p.weight++
	}
}

// name makes counts for the rules and splits of the options.
func (s *Summary) name(o *Options) {
	if s.Table == "targets" || s.Table == "crops" {
		for _, r := range o.rules {
			s.Rules = append(s.Rules, Count{Name: r.Name})
		}
	}
	for _, x := range o.Shares {
		s.Splits = append(s.Splits, Count{Name: x.Name})
	}
}

func (s *Summary) add(c *part) {
	s.Rows += c.rows
	s.Images += c.images
	s.Weight += c.weight
	for i := range s.Rules {
		s.Rules[i].Rows += c.rules[i]
	}
	for i, n := range c.splits {
		s.Splits[i].Rows += n
	}
}

func openParquet(o *output, j *job) (writer, error) {
	f, err := o.create("")
	if err != nil {
		return nil, err
	}
	return newParquet(f, j.cols, parquetMetadata(j))
}
