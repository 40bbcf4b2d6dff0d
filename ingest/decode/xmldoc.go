package decode

import (
	"cmp"
	"fmt"

	"abtool/ingest/scan"
	"abtool/schema"
)

// xmlReader reads annotation files in XML. It is what the fast and the slow reader have in common: both give
// it the parts of a file, as elements.
type xmlReader struct {
	out      *output
	show     *showing
	doc      xmlDoc
	template template
	event    xmlEvent
	levels   [scan.MaxDepth][]element // children of elements that the fast reader read, by depth
}

// element is an element of a file, with the parts of it that are needed.
type element struct {
	name     string
	text     []byte // without the text of its children
	children []element
}

// child returns the first child with a name, or nil.
func (e *element) child(name string) *element {
	for i := range e.children {
		if e.children[i].name == name {
			return &e.children[i]
		}
	}
	return nil
}

// leaf returns the text of an element, or nil if it has children.
func (e *element) leaf() []byte {
	if len(e.children) > 0 {
		return nil
	}
	return e.text
}

// xmlDoc gathers the parts of an annotation file that are outside of <metadata>.
type xmlDoc struct {
	folder, filename     []byte
	seenFolder, seenName bool
	seenSize             bool
	width, height        scan.Value
	boxes                []schema.Box
	objects              int
	firstRow             int
	classes              []string // classes of the rows, "" where the metadata does not name it
	imageID              []byte   // the first imageID in a metadata
	origW, origH         int32
	shown                int
}

func (d *xmlDoc) reset(firstRow int) {
	*d = xmlDoc{boxes: d.boxes[:0], classes: d.classes[:0], firstRow: firstRow}
}

// part reads a child of the root.
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
	case "metadata": // its children have been read one by one
		r.endMetadata()
	}
}

// value returns the value of the first child with a name.
func (e *element) value(name string) scan.Value {
	if c := e.child(name); c != nil {
		return scan.TextValue(c.leaf())
	}
	return scan.Value{}
}

// sideNames are the names of the sides of a box.
var sideNames = [4]string{"xmin", "ymin", "xmax", "ymax"}

// metadataPart reads a child of <metadata>.
func (r *xmlReader) metadataPart(k *key, e *element) *Fault {
	switch k.rule {
	case mouse, clicks, hovers:
		return r.entry(k, e)
	case position:
		if r.show.once(k) {
			x, y := e.value("x"), e.value("y")
			r.out.put(offset, r.show.posX, &x, &Field{Name: "imagePosition.x"})
			r.out.put(offset, r.show.posY, &y, &Field{Name: "imagePosition.y"})
		}
	default:
		r.scalar(k, e.leaf())
	}
	return nil
}

// scalar reads the text of a child of <metadata>. It ignores children that have no scalar.
func (r *xmlReader) scalar(k *key, text []byte) {
	if !k.xml || !r.show.once(k) {
		return
	}
	var v scan.Value
	if k.rule.read(text, &v); !r.show.hold(k, &v) {
		r.show.put(k, &v)
	}
}

// entry adds an entry to a list.
func (r *xmlReader) entry(k *key, e *element) *Fault {
	r.event.seen = 0
	clear(r.event.values[:partAction+1]) // entries in XML have only these parts
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

// xmlEvent is an entry of a list being read. If it has two parts of the same name, the first counts.
type xmlEvent struct {
	seen   uint32
	values rawEvent
}

func (e *xmlEvent) take(name string, text []byte) {
	p, ok := xmlPartOf(name)
	if !ok || e.seen&(1<<p) != 0 {
		return
	}
	e.seen |= 1 << p
	if p == partAction {
		word.read(text, &e.values[p])
	} else {
		e.values[p] = scan.TextValue(text)
	}
}

// xmlPartOf returns the part of an entry that an element with this name has.
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

// endMetadata completes the row of the showing that was read.
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

// maxPerFile is the largest number of <metadata>, and of <object>, in a file.
const maxPerFile = 10_000

// box adds the <bndbox> of an <object>, with the sides xmin, ymin, xmax, ymax. It drops an unusable box
// (R10).
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

// endFile adds the record of an annotation file, and completes its rows. raw is the file.
func (r *xmlReader) endFile(kind RecordKind, memberBase []byte, raw []byte) *Fault {
	d, m := &r.doc, r.show
	if n := max(d.shown, d.objects); n > maxPerFile {
		return Faultf(schema.TooLong, "%d <metadata> or <object> elements; the limit is %d", n, maxPerFile)
	}
	id := imageIDIn(d.filename)
	if own := imageIDIn(memberBase); kind == VOCRecord && len(own) > 0 {
		id = own // a boxes file has the name of its image (R10)
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
	w, _ := Whole(&r.out.Log, &d.width, &Field{Name: "size.width"})
	h, _ := Whole(&r.out.Log, &d.height, &Field{Name: "size.height"})
	if w > 0 && h > 0 {
		x.Fact.SizeW, x.Fact.SizeH = w, h
	}
	return r.out.Log.add(x)
}
