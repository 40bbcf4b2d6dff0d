package features

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

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

	open func(*output, *job) (encoder, error)
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

	make    func(source, *job) ([]column, source, error)
	prepare func(*WriteOptions) // what it needs of Options
}

// Tables are the tables, in the order of docs/reference/targets.md.
func Tables() []Table { return slices.Clone(tables) }

var tables = []Table{
	{
		Name: "targets", What: "A row for each image (COCO: image and class) and rule.", Note: "What abtool train learns from.",
		make: func(s source, j *job) ([]column, source, error) { return columnsOf(&j.Options), s, nil },
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

// job is what an encoder is told.
type job struct {
	WriteOptions
	unsized atomic.Int64 // rows without the image's size
	cols    []column
	sources []string
	classes []store.Category // COCO's, by id; ImageNet's by place
	sum     *Summary
}

// An encoder writes a table. encode can be called from several goroutines; append is called in
// order, with what encode made.
type encoder interface {
	encode(*batch) (any, error)
	append(any) error
	close() error // writes what is left
}

// A streamer is an encoder that can be given the rows of a batch a few at a time, so that they are in the processor's cache.
type streamer interface {
	encoder
	begin() stream // can be called from several goroutines
}

// A stream is given rows, and makes of all of them what encode would.
type stream interface {
	add(*batch)
	encode() (any, error)
}

// whole is the stream of an encoder that is none: it is given all rows at once.
type whole struct {
	to   encoder
	made any
	err  error
}

func (w *whole) add(b *batch)         { w.made, w.err = w.to.encode(b) }
func (w *whole) encode() (any, error) { return w.made, w.err }

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
	j.classes = classesOf(s)
	for _, src := range sum.DataSet(o.Set).Sources {
		j.sources = append(j.sources, src.Name)
	}
	from := s
	if j.cols, from, err = table.make(s, j); err != nil {
		return nil, err
	}
	enc, err := format.open(place, j)
	if err != nil {
		return nil, err
	}
	if err := j.run(ctx, from, enc); err != nil {
		return nil, interrupted(ctx, out, fmt.Errorf("writing %s: %w", out, err))
	}
	if err := enc.close(); err != nil {
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
	if n := j.unsized.Load(); n > 0 {
		j.sum.LeftOut = append(j.sum.LeftOut, Count{"rows of images whose size is unknown", n})
	}
	j.sum.LeftOut = slices.Concat(j.sum.LeftOut, s.left(), o.without)
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

// Rows are encoded some at a time: batchRows, or fewer so that lists make no more than batchValues. All of an image are in the
// same batch. A stream is given them streamRows at a time.
const (
	batchRows   = 1 << 17
	batchValues = 4 << 20
	streamRows  = 1 << 10
)

func batchSize(cols []column) int {
	values := 0
	for i := range cols {
		values += max(1, cols[i].width)
	}
	return max(1024, min(batchRows, batchValues/values))
}

// A counted batch comes with what it counts.
type countedBatch struct {
	made   []any
	rows   int64
	images int64
	weight int64
	rules  []int64 // rows by place in Options
	splits []int64
}

// run derives the rows and hands them to the encoder.
func (j *job) run(ctx context.Context, s source, enc encoder) error {
	workers := parallel.Workers(j.Jobs)
	gives := make([]func(int, func(*Target) error) error, workers)
	batches := make([]batch, workers)
	n, size := s.chunks(), batchSize(j.cols)
	begin, some := func() stream { return &whole{to: enc} }, size
	if s, ok := enc.(streamer); ok {
		begin, some = s.begin, streamRows
	}
	return parallel.InOrder(ctx, workers, n, func(w, chunk int) (c countedBatch, err error) {
		if gives[w] == nil {
			if gives[w], err = s.chunk(); err != nil {
				return c, err
			}
		}
		b := &batches[w]
		c.rules, c.splits = make([]int64, len(j.rules)), make([]int64, len(j.Shares))
		b.reset(len(j.cols))
		var to stream
		given := 0 // rows
		give := func() {
			if to == nil {
				to = begin()
			}
			to.add(b)
			given += b.rows
			b.reset(len(j.cols))
		}
		encode := func() error {
			give()
			made, err := to.encode()
			c.made, c.rows = append(c.made, made), c.rows+int64(given)
			to, given = nil, 0
			return err
		}
		before := ""
		err = gives[w](chunk, func(t *Target) error {
			if t.Image != before {
				c.images++
				before = t.Image
				if given+b.rows >= size {
					if err := encode(); err != nil {
						return err
					}
				} else if b.rows >= some {
					give()
				}
			}
			b.add(j.cols, t)
			c.count(t)
			return nil
		})
		if err == nil && given+b.rows > 0 {
			err = encode()
		}
		return c, err
	}, func(chunk int, c countedBatch) error {
		j.sum.add(&c)
		if j.Progress != nil {
			j.Progress(int64(chunk+1), int64(n))
		}
		for _, made := range c.made {
			if err := enc.append(made); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *countedBatch) count(t *Target) {
	c.rules[t.rule]++
	if t.part >= 0 {
		c.splits[t.part]++
	}
	if t.Weight > 0 {
		c.weight++
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

func (s *Summary) add(c *countedBatch) {
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

// classesOf are the classes of a data set.
func classesOf(s source) (classes []store.Category) {
	switch s := s.(type) {
	case *cocoSet:
		return s.classes
	case *imagenetSet:
		for i, name := range s.images.Classes {
			classes = append(classes, store.Category{ID: int64(i), Name: name})
		}
	}
	return classes
}

func openParquet(o *output, j *job) (encoder, error) {
	f, err := o.create("")
	if err != nil {
		return nil, err
	}
	return newParquet(f, j.cols, parquetMetadata(j))
}
