package ingest

import (
	"fmt"
	"strconv"
	"strings"

	"abtool/schema"
	"abtool/store"
)

// batch is what a worker makes of one unit of input. Everything in it lives in its arenas and
// is reused once the rows have been encoded.
type batch struct {
	limits  store.Limits
	records []record
	in      []imagenetRow
	co      []cocoRow
	rejects []rejectRow // Record counts from the unit's first one; Source is filled in later
	asides  int         // values next to the records of containers
	headers int         // front-end headers: ids and times of a HIT, no annotation
	ended   bool        // an array's closing bracket was met
	used    int         // bytes of the unit that were read
	count   int         // records met, the rejected included
	nulls   int         // fields of the record being read that were set to null

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

	member string // of the record being read
	offset int64

	show showing
	page cocoPage
	doc  xmlDoc

	template xmlTemplate
	shapes   shapes
	event    rawEvent
}

// record is one input record that was read: an XML file, or a JSON record. Whether it is a
// duplicate is decided later, in input order.
type record struct {
	kind       recordKind
	id         string // image id
	num        int64  // COCO image id
	pair       string // of a JSON record: what says in which showing it was made (R4)
	slot       int32  // and the image's place on the page, noSlot where that does not count
	first, end int    // rows in batch.in or batch.co
	fact       imageFact
	at         int // record number within the unit
	member     string
	offset     int64
	data       []byte // what a snippet is taken from; valid until the unit is reused
}

// name is the image of a record, for people.
func (x *record) name() string {
	if x.kind == cocoRecord {
		return fmt.Sprintf("image %d", x.num)
	}
	return "image " + x.id
}

type recordKind uint8

const (
	xmlRecord  recordKind = iota // an image with all its showings
	jsonRecord                   // one showing
	vocRecord                    // ground-truth boxes only
	cocoRecord
)

// imageFact is what one record says of an image.
type imageFact struct {
	class         string
	sizeW, sizeH  int32 // <size>, 0 when missing
	shownW, origH int32 // first positive original size among the showings, 0 when missing
	boxes         []schema.Box
	shown         int32
}

func (b *batch) reset() {
	clear(b.records)
	clear(b.in)
	clear(b.co)
	b.records, b.in, b.co, b.rejects = b.records[:0], b.in[:0], b.co[:0], b.rejects[:0]
	b.asides, b.headers, b.ended, b.used, b.count = 0, 0, false, 0, 0
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

func (b *batch) mark() mark {
	b.nulls = 0
	return mark{len(b.records), len(b.in), len(b.co), len(b.rejects), b.headers}
}

func (b *batch) rewind(m mark) {
	b.nulls = 0
	b.records, b.in, b.co, b.rejects = b.records[:m.records], b.in[:m.in], b.co[:m.co], b.rejects[:m.rejects]
	b.headers = m.headers
}

// rejectRecord notes that the record being read is left out.
func (b *batch) rejectRecord(r schema.Reason, detail string, data []byte) {
	b.rejects = append(b.rejects, rejectRow{
		Kind: "record", Member: b.member, Offset: b.offset, Record: int64(b.count),
		Reason: string(r), Detail: detail, Snippet: snippet(data),
	})
}

// maxNulls is how many fields of one record may be unusable: beyond, the record is.
const maxNulls = 10_000

// flooded rejects a record of which too many fields are unusable.
func (b *batch) flooded() *fault {
	if b.nulls <= maxNulls {
		return nil
	}
	return faultf(schema.TooLong, "%d fields are unusable", b.nulls)
}

// null notes that a field of the record being read is set to null.
func (b *batch) null(field string, r schema.Reason, found []byte) { b.drop(field, r, "", found) }

// drop is null with the reason in words.
func (b *batch) drop(field string, r schema.Reason, detail string, found []byte) {
	if b.nulls++; b.nulls > maxNulls {
		return
	}
	b.rejects = append(b.rejects, rejectRow{
		Kind: "field", Member: b.member, Offset: b.offset, Record: int64(b.count),
		Field: strings.Clone(field), Reason: string(r), Detail: detail, Snippet: snippet(found),
	})
}

// entry names a field of a list's entry, for example mouseTracking[3].x.
func entry(list string, i int, field string) string {
	return list + "[" + strconv.Itoa(i) + "]." + field
}
