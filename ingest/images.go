package ingest

import (
	"encoding/binary"
	"math"

	"abtool/schema"
)

// What records say of an image goes through the spill as bytes: one tag, then varints and
// floats. fromRecord comes of byproducts, fromBoxes of --boxes.
const (
	fromRecord = iota
	fromBoxes
)

func appendFact(p []byte, tag byte, f *imageFact) []byte {
	p = append(p, tag)
	for _, v := range [...]int32{f.sizeW, f.sizeH, f.shownW, f.origH, f.shown} {
		p = binary.AppendUvarint(p, uint64(v))
	}
	p = binary.AppendUvarint(p, uint64(len(f.class)))
	p = append(p, f.class...)
	p = binary.AppendUvarint(p, uint64(len(f.boxes)))
	for _, x := range f.boxes {
		for _, v := range [...]float64{x.XMin, x.YMin, x.XMax, x.YMax} {
			p = binary.LittleEndian.AppendUint64(p, math.Float64bits(v))
		}
	}
	return p
}

// readFact takes a fact apart again; the bytes are our own, so nothing is checked.
func readFact(p []byte) (tag byte, f imageFact) {
	tag, p = p[0], p[1:]
	next := func() uint64 {
		v, n := binary.Uvarint(p)
		p = p[n:]
		return v
	}
	for _, to := range [...]*int32{&f.sizeW, &f.sizeH, &f.shownW, &f.origH, &f.shown} {
		*to = int32(next())
	}
	n := next()
	f.class, p = string(p[:n]), p[n:]
	f.boxes = make([]schema.Box, next())
	for i := range f.boxes {
		for _, to := range [...]*float64{&f.boxes[i].XMin, &f.boxes[i].YMin, &f.boxes[i].XMax, &f.boxes[i].YMax} {
			*to = math.Float64frombits(binary.LittleEndian.Uint64(p))
			p = p[8:]
		}
	}
	return tag, f
}

// mergeImage is mergeFacts for writeImages: every image has a row.
func mergeImage(id []byte, payloads [][]byte) (row imagenetImageRow, keep bool, err error) {
	return mergeFacts(id, payloads), true, nil
}

// mergeFacts makes the image's row of all that is said of it: its own boxes go before those of
// --boxes, and a stated size before a shown one (R10).
func mergeFacts(id []byte, payloads [][]byte) imagenetImageRow {
	row := imagenetImageRow{ImageID: string(id)}
	var own, given imageFact
	known := false
	for _, p := range payloads {
		tag, f := readFact(p)
		if tag == fromBoxes {
			if len(given.boxes) == 0 {
				given = f
			}
			continue
		}
		known = true
		own.shown += f.shown
		if own.class == "" {
			own.class = f.class
		}
		if own.sizeW == 0 {
			own.sizeW, own.sizeH = f.sizeW, f.sizeH
		}
		if own.shownW == 0 {
			own.shownW, own.origH = f.shownW, f.origH
		}
		if len(own.boxes) == 0 {
			own.boxes = f.boxes
		}
	}
	w, h := own.sizeW, own.sizeH
	row.Boxes = own.boxes
	if len(own.boxes) == 0 && len(given.boxes) > 0 {
		row.Boxes = given.boxes
		if given.sizeW > 0 {
			w, h = given.sizeW, given.sizeH
		}
	}
	switch {
	case w > 0:
	case own.shownW > 0:
		w, h = own.shownW, own.origH
	default:
		w, h = given.sizeW, given.sizeH
	}
	if w > 0 && h > 0 {
		row.Width, row.Height = &w, &h
	}
	row.Class = own.class
	if row.Class == "" {
		row.Class = given.class
	}
	if known {
		row.Shown = &own.shown
	}
	return row
}
