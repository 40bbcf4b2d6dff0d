package truth

import (
	"encoding/binary"
	"math"

	"abtool/ingest/decode"
	"abtool/schema"
)

// Facts gathers the facts about images in records of ImageNet-AB and in the files given with --boxes.
type Facts struct {
	spill   *spill
	payload []byte
}

// NewFacts returns Facts without images. dir is the folder for facts that do not fit into memory.
func NewFacts(dir string) *Facts { return &Facts{spill: newSpill(dir)} }

// Add adds the facts about its image in a record.
func (f *Facts) Add(x *decode.Record) error {
	tag := byte(fromRecord)
	if x.Kind == decode.VOCRecord {
		tag = fromBoxes
	}
	f.payload = appendFact(f.payload[:0], tag, &x.Fact)
	return f.spill.add([]byte(x.ID), f.payload)
}

// Each visits the images in the order of their ids.
func (f *Facts) Each(visit func(ImageNetImage) error) error {
	return f.spill.each(func(id []byte, payloads [][]byte) error { return visit(mergeFacts(id, payloads)) })
}

// Close removes the files on the disk.
func (f *Facts) Close() { f.spill.close() }

// A fact goes through the spill as bytes: a tag, then varints and floats.
const (
	fromRecord = iota // of byproducts
	fromBoxes         // of --boxes
)

func appendFact(p []byte, tag byte, f *decode.ImageFact) []byte {
	p = append(p, tag)
	for _, v := range [...]int32{f.SizeW, f.SizeH, f.ShownW, f.OrigH, f.Shown} {
		p = binary.AppendUvarint(p, uint64(v))
	}
	p = binary.AppendUvarint(p, uint64(len(f.Class)))
	p = append(p, f.Class...)
	p = binary.AppendUvarint(p, uint64(len(f.Boxes)))
	for _, x := range f.Boxes {
		for _, v := range [...]float64{x.XMin, x.YMin, x.XMax, x.YMax} {
			p = binary.LittleEndian.AppendUint64(p, math.Float64bits(v))
		}
	}
	return p
}

// readFact decodes a fact. It checks nothing, because this package has encoded the bytes.
func readFact(p []byte) (tag byte, f decode.ImageFact) {
	tag, p = p[0], p[1:]
	next := func() uint64 {
		v, n := binary.Uvarint(p)
		p = p[n:]
		return v
	}
	for _, to := range [...]*int32{&f.SizeW, &f.SizeH, &f.ShownW, &f.OrigH, &f.Shown} {
		*to = int32(next())
	}
	n := next()
	f.Class, p = string(p[:n]), p[n:]
	f.Boxes = make([]schema.Box, next())
	for i := range f.Boxes {
		for _, to := range [...]*float64{&f.Boxes[i].XMin, &f.Boxes[i].YMin, &f.Boxes[i].XMax, &f.Boxes[i].YMax} {
			*to = math.Float64frombits(binary.LittleEndian.Uint64(p))
			p = p[8:]
		}
	}
	return tag, f
}

// mergeFacts makes the row of an image from all facts about it. Boxes in records go before boxes of --boxes,
// and <size> before the original size in a showing (R10).
func mergeFacts(id []byte, payloads [][]byte) ImageNetImage {
	row := ImageNetImage{ImageID: string(id)}
	var own, given decode.ImageFact
	known := false
	for _, p := range payloads {
		tag, f := readFact(p)
		if tag == fromBoxes {
			if len(given.Boxes) == 0 {
				given = f
			}
			continue
		}
		known = true
		own.Shown += f.Shown
		if own.Class == "" {
			own.Class = f.Class
		}
		if own.SizeW == 0 {
			own.SizeW, own.SizeH = f.SizeW, f.SizeH
		}
		if own.ShownW == 0 {
			own.ShownW, own.OrigH = f.ShownW, f.OrigH
		}
		if len(own.Boxes) == 0 {
			own.Boxes = f.Boxes
		}
	}
	w, h := own.SizeW, own.SizeH
	row.Boxes = own.Boxes
	if len(own.Boxes) == 0 && len(given.Boxes) > 0 {
		row.Boxes = given.Boxes
		if given.SizeW > 0 {
			w, h = given.SizeW, given.SizeH
		}
	}
	switch {
	case w > 0:
	case own.ShownW > 0:
		w, h = own.ShownW, own.OrigH
	default:
		w, h = given.SizeW, given.SizeH
	}
	if w > 0 && h > 0 {
		row.Width, row.Height = &w, &h
	}
	row.Class = own.Class
	if row.Class == "" {
		row.Class = given.Class
	}
	if known {
		row.Shown = &own.Shown
	}
	return row
}
