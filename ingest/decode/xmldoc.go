package decode

import (
	"cmp"
	"fmt"

	"abtool/ingest/scan"
	"abtool/schema"
)

// xmlReader reads annotation files.
type xmlReader struct {
	out      *output
	show     *showing
	doc      xmlDoc
	template template
}

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
	classes              []string // of the rows, where the record names them
	imageID              []byte   // of the first metadata that has one
	origW, origH         int32
	shown                int
}

func (d *xmlDoc) reset(firstRow int) {
	*d = xmlDoc{boxes: d.boxes[:0], classes: d.classes[:0], firstRow: firstRow}
}

// scalar takes a scalar element of <metadata>; others are passed over.
func (r *xmlReader) scalar(k *key, text []byte) {
	if !k.xml || !r.show.once(k) {
		return
	}
	if v := k.rule.text(text); !r.show.hold(k, v) {
		r.show.put(k, v)
	}
}

// xmlPoint is a point that is being read; the first of a name wins.
type xmlPoint struct {
	x, y         scan.Value
	seenX, seenY bool
}

func (p *xmlPoint) take(name string, text []byte) {
	switch {
	case name == "x" && !p.seenX:
		p.x, p.seenX = scan.TextValue(text), true
	case name == "y" && !p.seenY:
		p.y, p.seenY = scan.TextValue(text), true
	}
}

// position takes an <imagePosition>, of which the first one counts.
func (r *xmlReader) position(k *key, p *xmlPoint) {
	if r.show.once(k) {
		r.out.put(offset, r.show.posX, p.x, Field{Name: "imagePosition.x"})
		r.out.put(offset, r.show.posY, p.y, Field{Name: "imagePosition.y"})
	}
}

// notAList looks at a list element without children (R9).
func (r *xmlReader) notAList(k *key, text []byte) {
	if t := scan.Trim(text); len(t) > 0 && string(t) != "None" {
		r.out.Drop(k.name, schema.WrongType, "", t)
	}
}

// xmlEvent is an entry of a list being read; the first part of a name wins.
type xmlEvent struct {
	seen   uint16
	values rawEvent
}

func (e *xmlEvent) has(p part) bool { return e.seen&(1<<p) != 0 }

func (e *xmlEvent) set(p part, v scan.Value) {
	e.seen |= 1 << p
	e.values[p] = v
}

func (e *xmlEvent) take(name string, text []byte) {
	p, ok := xmlPartOf(name)
	switch {
	case !ok || e.has(p):
	case p == partAction:
		e.set(p, word.text(text))
	default:
		e.set(p, scan.TextValue(text))
	}
}

// xmlPartOf returns the part of an entry that an element is.
func xmlPartOf(name string) (part, bool) {
	switch name {
	case "x":
		return partX, true
	case "y":
		return partY, true
	case "time":
		return partTime, true
	case "action":
		return partAction, true
	}
	return 0, false
}

// addEvent appends a list element to its list.
func (r *xmlReader) addEvent(k *key, e *xmlEvent) *Fault {
	if l := r.show.lists[k.rule]; l.len() >= r.out.limits.List {
		return Faultf(schema.TooLong, "%s has more than %d entries", k.name, l.len())
	}
	return r.show.add(k.rule, &e.values)
}

// endMetadata ends the row of the showing that was read.
func (r *xmlReader) endMetadata() {
	d, m := &r.doc, r.show
	if d.shown++; d.shown > maxPerFile {
		m.rows.Cut(m.rows.Len())
		return
	}
	if len(d.imageID) == 0 {
		d.imageID = m.imageID
	}
	d.classes = append(d.classes, r.out.text.keep(classIn(m.imageID)))
	m.endRow()
	if d.origW == 0 {
		d.origW, d.origH = m.original(m.rows.Len() - 1)
	}
}

// maxPerFile is how many <metadata> or <object> elements one file may have.
const maxPerFile = 10_000

// box is the <bndbox> of one <object>: xmin, ymin, xmax, ymax.
func (r *xmlReader) box(v [4]scan.Value) {
	d := &r.doc
	i := d.objects
	if d.objects++; d.objects > maxPerFile {
		return
	}
	for k, name := range sideNames {
		if v[k].Kind != scan.Numeric || scan.IsInf(v[k].Num) {
			r.out.Drop(entry("object", i, name), schema.BadBox, "a number is wanted", v[k].Text)
			return
		}
	}
	x := schema.Box{XMin: v[0].Num, YMin: v[1].Num, XMax: v[2].Num, YMax: v[3].Num}
	if x.XMax <= x.XMin || x.YMax <= x.YMin {
		r.out.Drop(entry("object", i, "bndbox"), schema.BadBox, fmt.Sprintf("%v to %v by %v to %v has no area", x.XMin, x.XMax, x.YMin, x.YMax), v[2].Text)
		return
	}
	d.boxes = append(d.boxes, x)
}

// endFile makes the record of an annotation file; raw is the file.
func (r *xmlReader) endFile(kind RecordKind, memberBase []byte, raw []byte) *Fault {
	d, m := &r.doc, r.show
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
	imageID := r.out.text.keep(id)
	class := r.out.text.keep(d.folder)
	if class == "" {
		class = r.out.text.keep(prefixClass(id))
	}
	for _, own := range d.classes {
		m.id.AddText(imageID)
		m.setClass(cmp.Or(own, class))
	}
	if c := classIn(d.imageID); c != nil {
		class = r.out.text.keep(c)
	}
	x := Record{Kind: kind, ID: imageID, First: d.firstRow, End: m.rows.Len(), Data: raw}
	x.Fact = ImageFact{Class: class, ShownW: d.origW, OrigH: d.origH, Shown: int32(d.shown)}
	x.Fact.Boxes = r.out.boxes.keep(d.boxes)
	w, _ := Whole(&r.out.Log, d.width, Field{Name: "size.width"})
	h, _ := Whole(&r.out.Log, d.height, Field{Name: "size.height"})
	if w > 0 && h > 0 {
		x.Fact.SizeW, x.Fact.SizeH = w, h
	}
	return r.out.Log.add(x)
}
