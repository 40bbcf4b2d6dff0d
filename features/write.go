package features

import (
	"context"
	"fmt"
	"slices"

	"abtool/features/format"
	"abtool/features/targetfile"
	"abtool/internal/parallel"
	"abtool/internal/usage"
	"abtool/store"
)

// WriteOptions say which table to write, and how.
type WriteOptions struct {
	Options
	Output format.Options

	Table    string      // name of one of Tables; "": targets
	Crops    int         // table crops: number of crops of each image
	Crop     CropOptions // table crops: how crops are drawn
	Partners int         // table pairs: number of partners for each image and relation; 0: DefaultPartners
}

// A Table is one of the tables that Write can write.
type Table struct {
	Name string `json:"name"`
	What string `json:"what"`
	Note string `json:"note"`

	make    func(dataSet, *WriteOptions) (rows, error)
	prepare func(*WriteOptions) // changes options that the table requires; can be nil
}

// Tables returns the tables, in the order of docs/reference/targets.md.
func Tables() []Table { return slices.Clone(tables) }

var tables = []Table{
	{
		Name: "targets", What: "A row for each image (COCO: image and class) and rule.", Note: "abtool train learns from this table.",
		make: targetTable,
	},
	{
		Name: "crops", What: "The rows of targets, once for each random crop and flip of the image, with the place of the point in the crop.",
		Note: "Training with the same seed takes the same crops. COCO: label keeps the class, label_published follows the published rule.", make: cropTable,
	},
	{
		Name: "pairs", What: "For each image, other images of the same page, of the same HIT and of the same annotator.",
		Note: "Drawn by --seed, as many as asked for of each relation. With --split, both images are in the same split. Join with targets on image_id.", make: pairTable,
		prepare: onePoint,
	},
	{
		Name: "classes", What: "A row for each class: images, points, accuracy, place, time, difficulty.",
		Note: "Computed over the images that --fraction keeps.", make: classTable,
		prepare: func(o *WriteOptions) { onePoint(o); o.Signals = []string{"difficulty"} },
	},
}

// onePoint selects the default rule only, for a table of images or classes.
func onePoint(o *WriteOptions) { o.Rules, o.Signals, o.All = nil, nil, false }

// A Summary describes the files that Write wrote.
type Summary struct {
	Out    string         `json:"out"`
	Format string         `json:"format"`
	Table  string         `json:"table"` // targets, crops, pairs or classes
	Set    string         `json:"data_set"`
	Rows   int64          `json:"rows"`
	Images int64          `json:"images,omitempty"` // images that have a row
	Weight int64          `json:"weight_1,omitempty"`
	Rules  []format.Count `json:"rules,omitempty"`
	Splits []format.Count `json:"splits,omitempty"`
	format.Account
}

// Write derives the targets of a store, or another table, and writes them to out. The output appears at out
// only when it is complete. An existing output is replaced only with Output.Force; without it, the error
// wraps format.ErrExists. The bytes depend only on the store and the options.
func Write(ctx context.Context, store, out string, o WriteOptions) (*Summary, error) {
	table, err := chooseTable(&o)
	if err != nil {
		return nil, err
	}
	place, err := format.Create(out, o.Output) // first, so that an existing output is reported before the work is done
	if err != nil {
		return nil, err
	}
	defer place.Discard()
	s, account, err := open(ctx, store, &o.Options)
	if err != nil {
		return nil, interrupted(ctx, out, err)
	}
	defer s.close()
	from, err := table.make(s, &o)
	if err != nil {
		return nil, err
	}
	to, err := place.Begin(o.about(s, from, account.DataSet(o.Set)))
	if err != nil {
		return nil, err
	}
	sum := &Summary{Out: out, Format: place.Format(), Table: o.Table, Set: o.Set}
	sum.name(&o.Options)
	if err := from.write(ctx, &o, sum, to); err != nil {
		return nil, interrupted(ctx, out, fmt.Errorf("writing %s: %w", out, err))
	}
	written, err := place.Close()
	if err != nil {
		return nil, err
	}
	sum.Account = *written
	sum.LeftOut = slices.Concat(sum.LeftOut, o.counted(), from.left(), o.without)
	return sum, nil
}

// about returns the description of the table that formats write into their files.
func (o *WriteOptions) about(s dataSet, from rows, d *store.DataSet) *format.Table {
	t := &format.Table{Classes: s.categories()}
	t.About = targetfile.About{Table: o.Table, Set: o.Set, Columns: from.columns(), Rules: []Rule{}, Options: o.settings()}
	for _, r := range o.rules {
		t.Rules = append(t.Rules, r.Rule)
	}
	for _, share := range o.Shares {
		t.Splits = append(t.Splits, share.Name)
	}
	for _, src := range d.Sources {
		t.Sources = append(t.Sources, src.Name)
	}
	return t
}

// interrupted returns err, or an error that says that the work was interrupted if ctx was cancelled.
func interrupted(ctx context.Context, out string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted, nothing was written to %s: %w", out, ctx.Err())
	}
	return err
}

// chooseTable returns the table that the options name, and prepares the options for it.
func chooseTable(o *WriteOptions) (*Table, error) {
	if o.Table == "" {
		o.Table = tables[0].Name
	}
	if o.Partners == 0 {
		o.Partners = DefaultPartners
	}
	i := slices.IndexFunc(tables, func(t Table) bool { return t.Name == o.Table })
	if i < 0 {
		return nil, usage.Errorf("no such table %q: the tables are targets, crops, pairs and classes", o.Table)
	}
	if prepare := tables[i].prepare; prepare != nil {
		prepare(o)
	}
	return &tables[i], nil
}

// settings returns the options that the output depends on, for JSON.
func (o *WriteOptions) settings() any {
	out := struct {
		Table string `json:"table"`
		Options
		Crops    int          `json:"crops,omitempty"`
		Crop     *CropOptions `json:"crop,omitempty"`
		Partners int          `json:"pairs,omitempty"`

		Excluded []format.Count `json:"excluded,omitempty"` // by the tags of Exclude
	}{Table: o.Table, Options: o.Options, Excluded: o.counted()}
	switch o.Table {
	case "crops":
		crop, _ := o.Crop.defaults()
		out.Crops, out.Crop = o.Crops, &crop
	case "pairs":
		out.Partners = o.Partners
	}
	return out
}

// A part of a file has partRows rows, or fewer if lists would exceed partValues values. An encoder receives
// the rows in batches of about batchRows, which fit into the processor's cache. All rows of an image are in
// the same batch.
const (
	partRows   = 1 << 17
	partValues = 4 << 20
	batchRows  = 1 << 10
)

func partSize(cols []targetfile.Column) int {
	values := 0
	for i := range cols {
		values += max(1, cols[i].Width)
	}
	return max(1024, min(partRows, partValues/values))
}

// A table has rows of type R.
type table[R any] struct {
	source[R]
	cols   []targetfile.Column
	put    func(to []targetfile.Values, r *R) // appends a row to its columns
	origin func(r *R) origin
}

// An origin says under which image, rule and split a row is counted.
type origin struct {
	image      string
	rule, part int  // indices in Options of the rule and the split (−1: none)
	weighted   bool // whether it has a point of weight 1
}

// rows is a table with rows of any type.
type rows interface {
	columns() []targetfile.Column
	write(context.Context, *WriteOptions, *Summary, targetfile.Writer) error
	left() []format.Count
}

func (t *table[R]) columns() []targetfile.Column { return t.cols }

// A part holds the encoded rows of a chunk of a source, with counts.
type part struct {
	made   []targetfile.Encoder
	rows   int64
	images int64
	weight int64
	rules  []int64 // number of rows by index in Options
	splits []int64
}

// write derives the rows and passes them to the writer. Chunks are derived in parallel and written in order.
func (t *table[R]) write(ctx context.Context, o *WriteOptions, sum *Summary, to targetfile.Writer) error {
	workers := parallel.Workers(o.Jobs)
	gives := make([]func(int, func(*R) error) error, workers)
	batches := make([]targetfile.Batch, workers)
	n, size := t.chunks(), partSize(t.cols)
	return parallel.InOrder(ctx, workers, n, func(w, chunk int) (p part, err error) {
		if gives[w] == nil {
			if gives[w], err = t.chunk(); err != nil {
				return p, err
			}
		}
		p.rules, p.splits = make([]int64, len(o.rules)), make([]int64, len(o.Shares))
		f := filler{to: to, batch: &batches[w], columns: len(t.cols), size: size}
		f.batch.Reset(f.columns)
		before := ""
		err = gives[w](chunk, func(r *R) error {
			from := t.origin(r)
			if from.image != before {
				p.images++
				before = from.image
				if err := f.between(); err != nil {
					return err
				}
			}
			f.batch.Rows++
			t.put(f.batch.Cols, r)
			p.count(&from)
			return nil
		})
		if err == nil {
			err = f.finish()
		}
		p.made, p.rows = f.made, f.rows
		return p, err
	}, func(chunk int, p part) error {
		sum.add(&p)
		if o.Progress != nil {
			o.Progress(int64(chunk+1), int64(n))
		}
		for _, e := range p.made {
			if err := e.Write(); err != nil {
				return err
			}
		}
		return nil
	})
}

// A filler collects rows in batches, and batches in parts of a file.
type filler struct {
	to            targetfile.Writer
	batch         *targetfile.Batch
	columns, size int                // size: rows of a part
	part          targetfile.Encoder // the part being filled, nil: none
	given         int                // number of rows in it
	made          []targetfile.Encoder
	rows          int64 // number of rows in made
}

// between finishes the part or passes on the batch if they are full. It is called between two images.
func (f *filler) between() error {
	switch {
	case f.given+f.batch.Rows >= f.size:
		return f.finish()
	case f.batch.Rows >= batchRows:
		return f.give()
	}
	return nil
}

// give adds the batch to the part, and empties the batch.
func (f *filler) give() error {
	if f.part == nil {
		f.part = f.to.Begin()
	}
	err := f.part.Add(f.batch)
	f.given += f.batch.Rows
	f.batch.Reset(f.columns)
	return err
}

// finish finishes the part, if it has rows.
func (f *filler) finish() error {
	if f.given+f.batch.Rows == 0 {
		return nil
	}
	if err := f.give(); err != nil {
		return err
	}
	err := f.part.Finish()
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

// name adds a count of 0 for every rule and split of the options.
func (s *Summary) name(o *Options) {
	if s.Table == "targets" || s.Table == "crops" {
		for _, r := range o.rules {
			s.Rules = append(s.Rules, format.Count{Name: r.Name})
		}
	}
	for _, x := range o.Shares {
		s.Splits = append(s.Splits, format.Count{Name: x.Name})
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
