package decode

import (
	"fmt"
	"strconv"
	"strings"

	"abtool/ingest/scan"
	"abtool/schema"
	"abtool/store"
)

// Batch is what a worker makes of one unit of input. Everything in it lives in its arenas and
// is reused once the rows have been encoded.
type Batch struct {
	Limits   store.Limits
	Records  []Record
	ImageNet []ImageNetRow
	COCO     []COCORow
	Rejects  []Reject // Record counts from the unit's first one; Source is filled in later
	Asides   int      // values next to the records of containers
	Headers  int      // front-end headers: ids and times of a HIT, no annotation
	ended    bool     // an array's closing bracket was met
	used     int      // bytes of the unit that were read
	Count    int      // records met, the rejected included
	nulls    int      // fields of the record being read that were set to null

	points arena[point]
	hovers arena[hover]
	acts   arena[action]
	steps  arena[browse]
	names  arena[string]
	i32    arena[int32]
	i64    arena[int64]
	f64    arena[float64]
	boxes  arena[schema.Box]
	text   text

	Member string // of the record being read
	Offset int64

	show showing
	page cocoPage
	doc  xmlDoc

	template template // of XML
	shapes   shapes
	event    rawEvent
}

// Record is one input record that was read: an XML file, or a JSON record. Whether it is a
// duplicate is decided later, in input order.
type Record struct {
	Kind       RecordKind
	ID         string // image id
	Num        int64  // COCO image id
	Pair       string // of a JSON record: what says in which showing it was made (R4)
	Slot       int32  // and the image's place on the page, noSlot where that does not count
	First, End int    // rows in batch.in or batch.co
	Fact       ImageFact
	At         int // record number within the unit
	Member     string
	Offset     int64
	Data       []byte // what a snippet is taken from; valid until the unit is reused
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

func (b *Batch) Reset() {
	clear(b.Records)
	clear(b.ImageNet)
	clear(b.COCO)
	b.Records, b.ImageNet, b.COCO, b.Rejects = b.Records[:0], b.ImageNet[:0], b.COCO[:0], b.Rejects[:0]
	b.Asides, b.Headers, b.ended, b.used, b.Count = 0, 0, false, 0, 0
	b.points.reset()
	b.hovers.reset()
	b.acts.reset()
	b.steps.reset()
	b.names.reset()
	b.i32.reset()
	b.i64.reset()
	b.f64.reset()
	b.boxes.reset()
	b.text.bytes.reset()
}

// mark remembers how far the batch was filled, so that a fast path can give up.
type mark struct{ records, in, co, rejects, headers int }

func (b *Batch) Mark() mark {
	b.nulls = 0
	return mark{len(b.Records), len(b.ImageNet), len(b.COCO), len(b.Rejects), b.Headers}
}

func (b *Batch) Rewind(m mark) {
	b.nulls = 0
	b.Records, b.ImageNet, b.COCO, b.Rejects = b.Records[:m.records], b.ImageNet[:m.in], b.COCO[:m.co], b.Rejects[:m.rejects]
	b.Headers = m.headers
}

// RejectRecord notes that the record being read is left out.
func (b *Batch) RejectRecord(r schema.Reason, detail string, data []byte) {
	b.Rejects = append(b.Rejects, Reject{
		Kind: "record", Member: b.Member, Offset: b.Offset, Record: int64(b.Count),
		Reason: string(r), Detail: detail, Snippet: scan.Snippet(data),
	})
}

// maxNulls is how many fields of one record may be unusable: beyond, the record is.
const maxNulls = 10_000

// flooded rejects a record of which too many fields are unusable.
func (b *Batch) flooded() *Fault {
	if b.nulls <= maxNulls {
		return nil
	}
	return Faultf(schema.TooLong, "%d fields are unusable", b.nulls)
}

// null notes that a field of the record being read is set to null.
func (b *Batch) null(field string, r schema.Reason, found []byte) { b.Drop(field, r, "", found) }

// Drop is null with the reason in words.
func (b *Batch) Drop(field string, r schema.Reason, detail string, found []byte) {
	if b.nulls++; b.nulls > maxNulls {
		return
	}
	b.Rejects = append(b.Rejects, Reject{
		Kind: "field", Member: b.Member, Offset: b.Offset, Record: int64(b.Count),
		Field: strings.Clone(field), Reason: string(r), Detail: detail, Snippet: scan.Snippet(found),
	})
}

// entry names a field of a list's entry, for example mouseTracking[3].x.
func entry(list string, i int, field string) string {
	return list + "[" + strconv.Itoa(i) + "]." + field
}
