package decode

import (
	"fmt"

	"abtool/schema"
	"abtool/store"
	"abtool/store/columnar"
)

// Batch is what a worker makes of one chunk of input. Its memory is used again when the rows have been
// encoded.
type Batch struct {
	output
	xml   xmlReader
	json  jsonReader
	ended bool // an array's closing bracket was met
	used  int  // bytes of the chunk that were read
}

// NewBatch makes an empty batch.
func NewBatch(limits store.Limits) *Batch {
	b := &Batch{output: output{limits: limits}}
	for _, set := range Sets {
		b.rows[set] = columnar.NewRows(set.Schema())
	}
	show := newShowing(&b.output)
	b.xml = xmlReader{out: &b.output, show: show}
	b.json = jsonReader{out: &b.output, show: show, page: newPage(&b.output)}
	return b
}

// Reset empties the batch.
func (b *Batch) Reset() {
	b.output.reset()
	b.ended, b.used = false, 0
}

// Pair returns what says in which showing a row of ImageNet's was made (R4).
func (b *Batch) Pair(row int) (pair string, slot int32) { return b.json.show.pair(row) }

// output is where the readers of a batch put what they read.
type output struct {
	Log
	limits store.Limits
	rows   [COCO + 1]*columnar.Rows
	text   text
	boxes  arena[schema.Box]
}

// Rows returns the rows of a data set.
func (o *output) Rows(s Set) *columnar.Rows { return o.rows[s] }

func (o *output) reset() {
	o.Log.reset()
	for _, set := range Sets {
		o.rows[set].Cut(0)
	}
	o.boxes.reset()
	o.text.bytes.reset()
}

// mark remembers how far the output was filled, so that a fast path can give up.
type mark struct {
	records, rejects, headers int
	rows                      [COCO + 1]int
}

func (o *output) Mark() (m mark) {
	o.nulls = 0
	m.records, m.rejects, m.headers = len(o.Records), len(o.Rejects), o.Headers
	for _, set := range Sets {
		m.rows[set] = o.rows[set].Len()
	}
	return m
}

func (o *output) Rewind(m mark) {
	o.nulls = 0
	o.Records, o.Rejects, o.Headers = o.Records[:m.records], o.Rejects[:m.rejects], m.headers
	for _, set := range Sets {
		o.rows[set].Cut(m.rows[set])
	}
}

// Record is one input record that was read: an XML file, or a JSON record. Whether it is a
// duplicate is decided later, in input order.
type Record struct {
	Kind       RecordKind
	ID         string // image id
	Num        int64  // COCO image id
	Pair       string // of a JSON record: what says in which showing it was made (R4)
	Slot       int32  // and the image's place on the page, noSlot where that does not count
	First, End int    // rows of its data set
	Fact       ImageFact
	At         int // record number within the chunk
	Member     string
	Offset     int64
	Data       []byte // what a snippet is taken from; valid until the chunk is reused
}

// Name is the image of a record, for people.
func (x *Record) Name() string {
	if x.Kind == COCORecord {
		return fmt.Sprintf("image %d", x.Num)
	}
	return "image " + x.ID
}

type RecordKind uint8

const (
	XMLRecord  RecordKind = iota // an image with all its showings
	JSONRecord                   // one showing
	VOCRecord                    // ground-truth boxes only
	COCORecord
)

// Set returns the data set of records of the kind.
func (k RecordKind) Set() Set {
	if k == COCORecord {
		return COCO
	}
	return ImageNet
}

// ImageFact is what one record says of an image.
type ImageFact struct {
	Class         string
	SizeW, SizeH  int32 // <size>, 0 when missing
	ShownW, OrigH int32 // first positive original size among the showings, 0 when missing
	Boxes         []schema.Box
	Shown         int32
}
