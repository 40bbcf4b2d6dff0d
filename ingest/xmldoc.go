package ingest

import (
	"fmt"

	"abtool/schema"
)

// xmlDoc gathers one <annotation> file: what stands outside of its <metadata>s.
type xmlDoc struct {
	folder, filename     []byte
	seenFolder, seenName bool
	seenSize             bool
	seenW, seenH         bool
	width, height        scalar
	boxes                []schema.Box
	objects              int
	firstRow             int
	imageID              []byte // of the first metadata that has one
	origW, origH         int32
	shown                int
}

// endMetadata makes a row of the showing that was gathered.
func (b *batch) endMetadata(d *xmlDoc) {
	if d.shown++; d.shown > maxPerFile {
		return
	}
	m := &b.show
	if len(d.imageID) == 0 {
		d.imageID = m.imageID
	}
	if d.origW == 0 && m.origW != nil && m.origH != nil && *m.origW > 0 && *m.origH > 0 {
		d.origW, d.origH = *m.origW, *m.origH
	}
	b.addRow("", b.text.keep(classIn(m.imageID)))
}

// maxPerFile is how many <metadata> or <object> elements one file may have.
const maxPerFile = 10_000

// box is the <bndbox> of one <object>: xmin, ymin, xmax, ymax.
func (b *batch) box(d *xmlDoc, v [4]scalar) {
	i := d.objects
	if d.objects++; d.objects > maxPerFile {
		return
	}
	for k, name := range sideNames {
		if v[k].kind != jsonNum || isInf(v[k].num) {
			b.drop(entry("object", i, name), schema.BadBox, "a number is wanted", v[k].text)
			return
		}
	}
	x := schema.Box{XMin: v[0].num, YMin: v[1].num, XMax: v[2].num, YMax: v[3].num}
	if x.XMax <= x.XMin || x.YMax <= x.YMin {
		b.drop(entry("object", i, "bndbox"), schema.BadBox, fmt.Sprintf("%v to %v by %v to %v has no area", x.XMin, x.XMax, x.YMin, x.YMax), v[2].text)
		return
	}
	d.boxes = append(d.boxes, x)
}

// endFile makes the record of an annotation file; raw is the file.
func (b *batch) endFile(d *xmlDoc, kind recordKind, memberBase []byte, raw []byte) *fault {
	if n := max(d.shown, d.objects); n > maxPerFile {
		return faultf(schema.TooLong, "%d <metadata> or <object> elements; the limit is %d", n, maxPerFile)
	}
	id := imageIDIn(d.filename)
	if own := imageIDIn(memberBase); kind == vocRecord && len(own) > 0 {
		id = own // R10 finds boxes by the name of their file
	}
	if len(id) == 0 {
		id = imageIDIn(d.imageID)
	}
	if len(id) == 0 {
		id = imageIDIn(memberBase)
	}
	if len(id) == 0 {
		return faultf(schema.NoImageID, "neither filename nor imageID is given")
	}
	imageID := b.text.keep(id)
	class := b.text.keep(d.folder)
	if class == "" {
		class = b.text.keep(prefixClass(id))
	}
	for i := d.firstRow; i < len(b.in); i++ {
		r := &b.in[i]
		r.ImageID = imageID
		if r.Class == "" {
			r.Class = class
		}
	}
	if c := classIn(d.imageID); c != nil {
		class = b.text.keep(c)
	}
	rec := record{
		kind: kind, id: imageID, first: d.firstRow, end: len(b.in),
		at: b.count, member: b.member, offset: b.offset, data: raw,
		fact: imageFact{class: class, shownW: d.origW, origH: d.origH, boxes: b.boxes.keep(d.boxes), shown: int32(d.shown)},
	}
	rec.fact.sizeW, rec.fact.sizeH = b.size(d.width, "size.width"), b.size(d.height, "size.height")
	if rec.fact.sizeW == 0 || rec.fact.sizeH == 0 {
		rec.fact.sizeW, rec.fact.sizeH = 0, 0
	}
	b.records = append(b.records, rec)
	return b.flooded()
}

func (b *batch) size(v scalar, name string) int32 {
	p := b.whole(v, field{name: name})
	if p == nil {
		return 0
	}
	return *p
}

func (d *xmlDoc) reset(firstRow int) { *d = xmlDoc{boxes: d.boxes[:0], firstRow: firstRow} }
