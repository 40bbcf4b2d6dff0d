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
	event    xmlEvent
	levels   [scan.MaxDepth][]element // of elements that were read fast
}

// element is an element of a file, as far as it is read.
type element struct {
	name     string
	text     []byte // directly within it
	children []element
}

// child returns the first child of a name, nil if there is none.
func (e *element) child(name string) *element {
	for i := range e.children {
		if e.children[i].name == name {
			return &e.children[i]
		}
	}
	return nil
}

// leaf returns the element's text; an element with children has none.
func (e *element) leaf() []byte {
	if len(e.children) > 0 {
		return nil
	}
	return e.text
}

// xmlDoc gathers one <annotation> file: what stands outside of its <metadata>s.
type xmlDoc struct {
	folder, filename     []byte
	seenFolder, seenName bool
	seenSize             bool
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

// part takes a child of the root.
func (r *xmlReader) part(e *element) {
	d := &r.doc
	switch e.name {
	case "folder":
		if !d.seenFolder {
			d.seenFolder, d.folder = true, scan.Trim(e.leaf())
		}
	case "filename":
		if !d.seenName {
			d.seenName, d.filename = true, scan.Trim(e.leaf())
		}
	case "size":
		if !d.seenSize {
			d.seenSize = true
			d.width, d.height = e.value("width"), e.value("height")
		}
	case "object":
		var box [4]scan.Value
		if e = e.child("bndbox"); e != nil {
			for i, name := range sideNames {
				box[i] = e.value(name)
			}
		}
		r.box(box)
	case "metadata": // whose children were taken one by one
		r.endMetadata()
	}
}

// value returns what the first child of a name has.
func (e *element) value(name string) scan.Value {
	if c := e.child(name); c != nil {
		return scan.TextValue(c.leaf())
	}
	return scan.Value{}
}

// The sides of a box.
var sideNames = [4]string{"xmin", "ymin", "xmax", "ymax"}

// metadataPart takes a child of a <metadata>.
func (r *xmlReader) metadataPart(k *key, e *element) *Fault {
	switch k.rule {
	case mouse, clicks, hovers:
		return r.entry(k, e)
	case position:
		if r.show.once(k) {
			r.out.put(offset, r.show.posX, e.value("x"), Field{Name: "imagePosition.x"})
			r.out.put(offset, r.show.posY, e.value("y"), Field{Name: "imagePosition.y"})
		}
	default:
		r.scalar(k, e.leaf())
	}
	return nil
}

// scalar takes the text of a child of <metadata>; others than scalars are passed over.
func (r *xmlReader) scalar(k *key, text []byte) {
	if !k.xml || !r.show.once(k) {
		return
	}
	if v := k.rule.text(text); !r.show.hold(k, v) {
		r.show.put(k, v)
	}
}

// entry takes an entry of a list.
func (r *xmlReader) entry(k *key, e *element) *Fault {
	r.event.seen = 0
	clear(r.event.values[:partAction+1]) // XML has no others
	if len(e.children) == 0 {
		if t := scan.Trim(e.text); len(t) > 0 && string(t) != "None" { // not a list (R9)
			r.out.Drop(k.name, schema.WrongType, "", t)
		}
		return nil
	}
	for i := range e.children {
		r.event.take(e.children[i].name, e.children[i].leaf())
	}
	if l := r.show.lists[k.rule]; l.len() >= r.out.limits.List {
		return Faultf(schema.TooLong, "%s has more than %d entries", k.name, l.len())
	}
	return r.show.add(k.rule, &r.event.values)
}

// xmlEvent is an entry of a list being read; the first part of a name wins.
type xmlEvent struct {
	seen   uint16
	values rawEvent
}

func (e *xmlEvent) take(name string, text []byte) {
	p, ok := xmlPartOf(name)
	if !ok || e.seen&(1<<p) != 0 {
		return
	}
	e.seen |= 1 << p
	if p == partAction {
		e.values[p] = word.text(text)
	} else {
		e.values[p] = scan.TextValue(text)
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
