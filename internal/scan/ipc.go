package scan

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
)

// An Arrow IPC file, as far as it is read here, has its record batches in blocks: a message, a
// flatbuffer that lists lengths and null counts of the fields and places of the buffers, and
// the buffers as its body. The footer, a flatbuffer too, has the schema and lists the blocks:
//
//	ARROW1 … block … block … footer, its length (int32), ARROW1
//
// What they refer to has to be within the file, or it is damaged; what they say of values is
// checked where those are read.

// Slots of the fields of the flatbuffers, from Arrow's Schema.fbs, File.fbs and Message.fbs.
const (
	footerSchema, footerBatches = 1, 3

	schemaEndianness, schemaFields = 0, 1

	fieldName, fieldTypeIs, fieldType, fieldDictionary, fieldChildren = 0, 2, 3, 4, 5

	messageType, messageHeader = 1, 2

	batchLength, batchFields, batchBuffers, batchPacking = 0, 1, 2, 3

	packingCodec = 0

	intBits, floatPrecision = 0, 0
)

// Values of such fields.
const (
	typeInt, typeFloat, typeUTF8, typeBool, typeList, typeStruct = 2, 3, 5, 6, 12, 13

	messageBatch = 3 // of messageType
	packingZstd  = 1 // of packingCodec
	floatDouble  = 2 // of floatPrecision
)

const (
	magic      = "ARROW1"
	blockBytes = 24 // offset int64, message int32, 4 of padding, body int64
	pairBytes  = 16 // of two int64: a field's length and nulls, a buffer's place and length
)

// footer is the footer of a file.
type footer struct {
	flat
	from io.ReaderAt
	at   int64
}

func readFooter(from io.ReaderAt, size int64) (*footer, error) {
	end := make([]byte, 4+len(magic))
	f := &footer{from: from, at: size - int64(len(end))}
	if f.at < int64(len(magic)) {
		return nil, fmt.Errorf("%d bytes are no Arrow file: %w", size, errDamaged)
	}
	if _, err := from.ReadAt(end, f.at); err != nil {
		return nil, err
	}
	if string(end[4:]) != magic {
		return nil, fmt.Errorf("it does not end with %s, as Arrow files do: %w", magic, errDamaged)
	}
	n := int64(binary.LittleEndian.Uint32(end))
	if f.at -= n; f.at < int64(len(magic)) {
		return nil, fmt.Errorf("a footer of %d bytes: %w", n, errDamaged)
	}
	f.b = make([]byte, n)
	if _, err := from.ReadAt(f.b, f.at); err != nil {
		return nil, err
	}
	return f, nil
}

// arrowType is a type that columns of a store have.
type arrowType uint8

const (
	arrowNone arrowType = iota
	arrowBool
	arrowInt32
	arrowInt64
	arrowReal
	arrowText
	arrowList
	arrowStruct
)

// schema walks over the fields of the schema.
func (f *footer) schema(w *leafWalk) error {
	s := f.table(f.root(), footerSchema)
	if at := f.field(s, schemaEndianness); at > 0 && f.u16(at) != 0 {
		return fmt.Errorf("its numbers are big-endian, which a store's are not: ingest again")
	}
	if err := f.fields(w, "", s, schemaFields, arrowLeaf{}); err != nil {
		return err
	}
	if f.bad {
		return fmt.Errorf("its schema cannot be read: %w", errDamaged)
	}
	return nil
}

const maxFields = 1000 // more than any table has

// fields enters the fields that a slot of a table lists.
func (f *footer) fields(w *leafWalk, prefix string, table, slot int, around arrowLeaf) error {
	at, n := f.vector(table, slot, 4)
	for i := range n {
		field := f.ref(at + 4*i)
		name := f.str(field, fieldName)
		if prefix != "" {
			name = prefix + "." + name
		}
		t := f.typeOf(field)
		switch {
		case f.bad || w.fields == maxFields:
			return fmt.Errorf("its schema cannot be read: %w", errDamaged)
		case t == arrowNone:
			return fmt.Errorf("its column %s is of a type that a store has not: ingest again", name)
		}
		inside := name
		if around.typ == arrowList { // the element of a list has no name of its own
			name, inside = prefix, prefix
		}
		err := w.field(name, t, around, func(l arrowLeaf) error { return f.fields(w, inside, field, fieldChildren, l) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *footer) typeOf(field int) arrowType {
	if f.field(field, fieldDictionary) > 0 {
		return arrowNone
	}
	t := f.table(field, fieldType)
	switch f.u8(f.field(field, fieldTypeIs)) {
	case typeBool:
		return arrowBool
	case typeUTF8:
		return arrowText
	case typeList:
		return arrowList
	case typeStruct:
		return arrowStruct
	case typeFloat:
		if at := f.field(t, floatPrecision); at > 0 && f.u16(at) == floatDouble {
			return arrowReal
		}
	case typeInt:
		switch at := f.field(t, intBits); {
		case at > 0 && f.u32(at) == 32:
			return arrowInt32
		case at > 0 && f.u32(at) == 64:
			return arrowInt64
		}
	}
	return arrowNone
}

// batchPlace is a block of the file.
type batchPlace struct {
	at         int64
	meta, body int64 // bytes of message and body
	rows       int64
}

// batches finds the record batches.
func (f *footer) batches() ([]batchPlace, error) {
	at, count := f.vector(f.root(), footerBatches, blockBytes)
	places := make([]batchPlace, 0, count)
	var b batch
	for i := range count {
		k := at + i*blockBytes
		p := batchPlace{at: f.i64(k), meta: int64(int32(f.u32(k + 8))), body: f.i64(k + 16)}
		if f.bad || p.at < int64(len(magic)) || p.meta < 8 || p.body < 0 || p.at > f.at || p.meta > f.at-p.at || p.body > f.at-p.at-p.meta {
			return nil, fmt.Errorf("record batch %d is said to be at byte %d: %w", i, p.at, errDamaged)
		}
		if err := b.read(f.from, p); err != nil {
			return nil, fmt.Errorf("record batch %d: %w", i, err)
		}
		p.rows = b.rows
		places = append(places, p)
	}
	if f.bad {
		return nil, fmt.Errorf("its footer cannot be read: %w", errDamaged)
	}
	return places, nil
}

// batch is the message of a record batch.
type batch struct {
	place  batchPlace
	rows   int64
	packed bool // buffers are compressed, with zstd

	data              []byte // with 8 bytes before the message
	f                 flat   // in data
	fields, buffers   int    // places in f
	nFields, nBuffers int
}

// read reads a batch's message; the memory is used again.
func (b *batch) read(from io.ReaderAt, p batchPlace) error {
	*b = batch{place: p, data: slices.Grow(b.data[:0], int(p.meta))[:p.meta]}
	if _, err := from.ReadAt(b.data, p.at); err != nil {
		return err
	}
	if mark := binary.LittleEndian.Uint32(b.data); mark != math.MaxUint32 {
		return fmt.Errorf("no message at byte %d: %w", p.at, errDamaged)
	}
	b.f.b = b.data[8:]
	f := &b.f
	root := f.root()
	header := f.table(root, messageHeader)
	if kind := f.u8(f.field(root, messageType)); f.bad || kind != messageBatch {
		return fmt.Errorf("the message at byte %d is no record batch: %w", p.at, errDamaged)
	}
	if at := f.field(header, batchLength); at > 0 {
		b.rows = f.i64(at)
	}
	b.fields, b.nFields = f.vector(header, batchFields, pairBytes)
	b.buffers, b.nBuffers = f.vector(header, batchBuffers, pairBytes)
	if f.field(header, batchPacking) > 0 {
		b.packed = true
		if codec := f.field(f.table(header, batchPacking), packingCodec); codec == 0 || f.u8(codec) != packingZstd {
			return fmt.Errorf("it is compressed with another codec than zstd: ingest again")
		}
	}
	if f.bad || b.rows < 0 || b.rows >= math.MaxInt32 {
		return fmt.Errorf("the message at byte %d cannot be read: %w", p.at, errDamaged)
	}
	return nil
}

// fieldNode is what a message says of a field.
type fieldNode struct{ length, nulls int64 }

func (b *batch) field(i int) (n fieldNode, err error) {
	if i >= b.nFields {
		return n, fmt.Errorf("its record batch has %d fields: %w", b.nFields, errDamaged)
	}
	at := b.fields + i*pairBytes
	return fieldNode{b.f.i64(at), b.f.i64(at + 8)}, nil
}

// span is where a buffer is in the file.
type span struct {
	from   int64
	length int
}

func (b *batch) buffer(i int) (s span, err error) {
	if i >= b.nBuffers {
		return s, fmt.Errorf("its record batch has %d buffers: %w", b.nBuffers, errDamaged)
	}
	at := b.buffers + i*pairBytes
	from, n := b.f.i64(at), b.f.i64(at+8)
	if from < 0 || n < 0 || from > b.place.body || n > b.place.body-from {
		return s, fmt.Errorf("values at byte %d of the %d of its record batch: %w", from, b.place.body, errDamaged)
	}
	return span{b.place.at + b.place.meta + from, int(n)}, nil
}
