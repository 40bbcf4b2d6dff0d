package decode

import (
	"fmt"

	"abtool/ingest/scan"
	"abtool/schema"
)

// xmlDoc gathers one <annotation> file: what stands outside of its <metadata>s.
type xmlDoc struct {
	folder, filename     []byte
	seenFolder, seenName bool
	seenSize             bool
	seenW, seenH         bool
	width, height        scan.Value
	boxes                []schema.Box
	objects              int
	firstRow             int
	imageID              []byte // of the first metadata that has one
	origW, origH         int32
	shown                int
}

// endMetadata makes a row of the showing that was gathered.
func (b *Batch) endMetadata(d *xmlDoc) {
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
func (b *Batch) box(d *xmlDoc, v [4]scan.Value) {
	i := d.objects
	if d.objects++; d.objects > maxPerFile {
		return
	}
	for k, name := range sideNames {
		if v[k].Kind != scan.Numeric || scan.IsInf(v[k].Num) {
			b.Drop(entry("object", i, name), schema.BadBox, "a number is wanted", v[k].Text)
			return
		}
	}
	x := schema.Box{XMin: v[0].Num, YMin: v[1].Num, XMax: v[2].Num, YMax: v[3].Num}
	if x.XMax <= x.XMin || x.YMax <= x.YMin {
		b.Drop(entry("object", i, "bndbox"), schema.BadBox, fmt.Sprintf("%v to %v by %v to %v has no area", x.XMin, x.XMax, x.YMin, x.YMax), v[2].Text)
		return
	}
	d.boxes = append(d.boxes, x)
}

// endFile makes the record of an annotation file; raw is the file.
func (b *Batch) endFile(d *xmlDoc, kind RecordKind, memberBase []byte, raw []byte) *Fault {
	if n := max(d.shown, d.objects); n > maxPerFile {
		return Faultf(schema.TooLong, "%d <metadata> or <object> elements; the limit is %d", n, maxPerFile)
	}
	id := imageIDIn(d.filename)
	if own := imageIDIn(memberBase); kind == VOCRecord && len(own) > 0 {
		id = own // R10 finds boxes by the name of their file
	}
	if len(id) == 0 {
		id = imageIDIn(d.imageID)
	}
	if len(id) == 0 {
		id = imageIDIn(memberBase)
	}
	if len(id) == 0 {
		return Faultf(schema.NoImageID, "neither filename nor imageID is given")
	}
	imageID := b.text.keep(id)
	class := b.text.keep(d.folder)
	if class == "" {
		class = b.text.keep(prefixClass(id))
	}
	for i := d.firstRow; i < len(b.ImageNet); i++ {
		r := &b.ImageNet[i]
		r.ImageID = imageID
		if r.Class == "" {
			r.Class = class
		}
	}
	if c := classIn(d.imageID); c != nil {
		class = b.text.keep(c)
	}
	rec := Record{
		Kind: kind, ID: imageID, First: d.firstRow, End: len(b.ImageNet),
		At: b.Count, Member: b.Member, Offset: b.Offset, Data: raw,
		Fact: ImageFact{Class: class, ShownW: d.origW, OrigH: d.origH, Boxes: b.boxes.keep(d.boxes), Shown: int32(d.shown)},
	}
	rec.Fact.SizeW, rec.Fact.SizeH = b.side(d.width, "size.width"), b.side(d.height, "size.height")
	if rec.Fact.SizeW == 0 || rec.Fact.SizeH == 0 {
		rec.Fact.SizeW, rec.Fact.SizeH = 0, 0
	}
	b.Records = append(b.Records, rec)
	return b.flooded()
}

func (b *Batch) side(v scan.Value, name string) int32 {
	p := b.Whole(v, Field{Name: name})
	if p == nil {
		return 0
	}
	return *p
}

func (d *xmlDoc) reset(firstRow int) { *d = xmlDoc{boxes: d.boxes[:0], firstRow: firstRow} }
