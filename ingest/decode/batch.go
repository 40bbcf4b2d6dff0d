package decode

import (
	"fmt"

	"abtool/schema"
	"abtool/store"
	"abtool/store/columnar"
)

// A Batch has the rows and the log that a worker made of a chunk of input. Its memory is used again when the
// rows have been encoded.
type Batch struct {
	output
	xml   xmlReader
	json  jsonReader
	ended bool // the closing bracket of an array was read
	used  int  // bytes of the chunk that were read
}

// NewBatch returns an empty batch.
func NewBatch(limits store.Limits, studies Studies) *Batch {
	b := &Batch{output: output{limits: limits}}
	for _, set := range Sets {
		b.rows[set] = columnar.NewRows(set.Schema(studies[set]))
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

// Pair returns the identity of the showing in which a row of ImageNet was made (R4).
func (b *Batch) Pair(row int) (pair string, slot int32) { return b.json.show.pair(row) }

// Place returns the identity of a showing that only its place has: the page and the slot.
func (b *Batch) Place(row int) (page string, slot int32) { return b.json.show.place(row) }

// output takes the rows and rejects from the readers of a batch.
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

// mark is a state of the output to which it can return, for example when the fast reader has read a part of a
// record that it then leaves to the slow one.
type mark struct {
	records, rejects, headers int
	rows                      [COCO + 1]int
}

// Mark returns the current state, before a record is read.
func (o *output) Mark() (m mark) {
	o.nulls = 0
	m.records, m.rejects, m.headers = len(o.Records), len(o.Rejects), o.Headers
	for _, set := range Sets {
		m.rows[set] = o.rows[set].Len()
	}
	return m
}

// Rewind removes everything that was added after the mark.
func (o *output) Rewind(m mark) {
	o.nulls = 0
	o.Records, o.Rejects, o.Headers = o.Records[:m.records], o.Rejects[:m.rejects], m.headers
	for _, set := range Sets {
		o.rows[set].Cut(m.rows[set])
	}
}

// A Record is an XML file or a JSON record that was read. It may be a duplicate: this is found later, in the
// order of the input.
type Record struct {
	Kind       RecordKind
	ID         string // image id
	Num        int64  // COCO image id
	Pair       string // of a JSON record: the identity of its showing (R4); of COCO, its page if it has one
	Slot       int32  // the place of the image on the page, or noSlot if Pair identifies the showing alone
	First, End int    // its rows in the batch: from First to before End
	Fact       ImageFact
	At         int // record number within the chunk
	Member     string
	Offset     int64
	Data       []byte // the text for a snippet; valid until the chunk is used again
}

// Name returns the image of a record in words.
func (x *Record) Name() string {
	if x.Kind == COCORecord {
		return fmt.Sprintf("image %d", x.Num)
	}
	return "image " + x.ID
}

// RecordKind says what a record is of.
type RecordKind uint8

const (
	XMLRecord  RecordKind = iota // an image with all its showings
	JSONRecord                   // one showing
	VOCRecord                    // ground-truth boxes only
	COCORecord                   // one image annotated by one annotator
)

// Set returns the data set of records of the kind.
func (k RecordKind) Set() Set {
	if k == COCORecord {
		return COCO
	}
	return ImageNet
}

// ImageFact has the facts about an image in one record.
type ImageFact struct {
	Class         string
	SizeW, SizeH  int32 // <size>, 0 if missing
	ShownW, OrigH int32 // first positive original size among the showings, 0 if missing
	Boxes         []schema.Box
	Shown         int32 // number of showings
}
