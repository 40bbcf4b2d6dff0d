package ingest

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"abtool/ingest/decode"
	"abtool/ingest/scan"
	"abtool/ingest/source"
	"abtool/schema"
)

// readInstances streams COCO's instances file: every image and object goes through the spill,
// so that objects come to their image in whatever order the file has them.
func (r *runner) readInstances(ctx context.Context, s *source.Source, st *source.Stream) error {
	d, err := r.dataset("coco")
	if err != nil {
		return err
	}
	w := &window{r: st, limit: r.limits.Member, buf: make([]byte, 0, 1<<20)}
	g := &gtReader{r: r, s: s, d: d, w: w, ctx: ctx}
	if head, _ := st.Peek(len(scan.BOM)); bytes.Equal(head, scan.BOM) {
		n, _ := st.Discard(len(scan.BOM))
		g.w.base = int64(n)
	}
	g.file, g.fileIndex = d.beginTruth(r, s)
	g.u = r.feeder.ReadyUnit(s)
	s.Set = decode.COCO
	err = g.read()
	if err == nil {
		g.noteMissing()
		err = g.trailing()
	}
	if e := r.feeder.Emit(ctx, g.ready()); err == nil {
		return e
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case d.spillErr != nil:
		return d.spillErr
	case errors.Is(err, source.ErrUnknownInput):
		return err
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return s.Damaged(err, g.w.base+int64(g.w.p))
}

// gtReader reads one instances file.
type gtReader struct {
	ctx       context.Context
	r         *runner
	s         *source.Source
	d         *dataset
	w         *window
	u         *source.Unit
	file      *truthFile
	fileIndex int
	others    []string // sections that are metadata
	key       []byte
	bytes     []byte
}

func (g *gtReader) ready() *source.Unit {
	u := g.u
	u.Last = true
	close(u.Done)
	return u
}

func (g *gtReader) read() error {
	if err := g.w.take('{'); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := g.w.next('}', first)
		if err != nil || !more {
			return err
		}
		key, err := g.keyText()
		if err != nil {
			return err
		}
		if err := g.section(key); err != nil {
			return err
		}
	}
}

// keyText reads a key and the colon after it.
func (g *gtReader) keyText() (key string, err error) {
	raw, err := g.w.value()
	if err != nil {
		return "", err
	}
	if json.Unmarshal(raw, &key) != nil {
		return "", fmt.Errorf("%s instead of a key at byte %d: %w", scan.Snippet(raw), g.w.base+int64(g.w.p), source.ErrDamaged)
	}
	return key, g.w.take(':')
}

// The sections of an instances file that are read. The others (info, licenses) are metadata.
const (
	imagesSection = iota
	objectsSection
	categoriesSection
	truthSections
)

// sectionTexts say what the sections are called, and what a file lacks without one.
var sectionTexts = [truthSections]struct{ key, without string }{
	{"images", "an image is known by its objects alone, without size and name"},
	{"annotations", "the images have no objects"},
	{"categories", "the objects have no class names"},
}

// section reads the value of a top-level key: a list, or an object that keys what the list would
// hold by id. A section that occurs twice is read both times.
func (g *gtReader) section(key string) error {
	which := 0
	for which < truthSections && sectionTexts[which].key != key {
		which++
	}
	c, err := g.w.peek()
	if err != nil {
		return err
	}
	switch {
	case which == truthSections:
		if len(g.others) < 10 {
			g.others = append(g.others, scan.Snippet([]byte(key)))
		}
		_, err = g.w.value()
		return err
	case c == '[':
		g.file.present[which] = true
		return g.list(which)
	case c == '{':
		g.file.present[which] = true
		return g.keyed(which)
	}
	at := g.w.base + int64(g.w.p)
	raw, err := g.w.value()
	if err != nil || string(raw) == "null" {
		return err
	}
	return fmt.Errorf("%s: %w: its section %s, at byte %d, is %s: %s; wanted a list of objects, "+
		"or an object that holds them by id",
		g.s.Name, source.ErrUnknownInput, key, at, whatIs(raw), scan.Snippet(raw))
}

// list reads the elements of a list.
func (g *gtReader) list(section int) error {
	g.w.p++
	for first := true; ; first = false {
		more, err := g.w.next(']', first)
		if err != nil {
			return err
		}
		if !more {
			return g.ctx.Err()
		}
		if err := g.element(section, ""); err != nil {
			return err
		}
	}
}

// keyed reads an object that holds elements by id, or lists of elements by whatever groups them.
func (g *gtReader) keyed(section int) error {
	g.w.p++
	for first := true; ; first = false {
		more, err := g.w.next('}', first)
		if err != nil {
			return err
		}
		if !more {
			return g.ctx.Err()
		}
		key, err := g.keyText()
		if err != nil {
			return err
		}
		c, err := g.w.peek()
		if err != nil {
			return err
		}
		if c == '[' {
			err = g.list(section)
		} else {
			err = g.element(section, key)
		}
		if err != nil {
			return err
		}
	}
}

// element reads one image, object or category; key is what it stands under where its section is
// an object.
func (g *gtReader) element(section int, key string) error {
	raw, err := g.w.value()
	if err != nil {
		return err
	}
	b := g.u.Batch
	b.Member, b.Offset = sectionTexts[section].key, g.w.base+int64(g.w.p-len(raw))
	m := b.Mark()
	if f := g.take(section, raw, key); f != nil {
		b.Rewind(m)
		b.RejectRecord(f.Reason, f.Detail, raw)
	}
	b.Count++
	g.file.met[section]++
	if b.Count >= readyCount {
		close(g.u.Done)
		if err := g.r.feeder.Emit(g.ctx, g.u); err != nil {
			return err
		}
		g.u = g.r.feeder.ReadyUnit(g.s)
	}
	return g.spillErr()
}

func (g *gtReader) take(section int, raw []byte, key string) *decode.Fault {
	switch section {
	case imagesSection:
		return g.image(raw, key)
	case objectsSection:
		return g.annotation(raw, key)
	}
	return g.category(raw, key)
}

// readyCount is how many elements one unit counts.
const readyCount = 8192

// noteMissing says of each section that the file lacks what follows from that, once a file.
func (g *gtReader) noteMissing() {
	b := g.u.Batch
	b.Mark()
	b.Member, b.Offset = "", 0
	for i, s := range sectionTexts {
		detail := ""
		switch {
		case !g.file.present[i]:
			detail = "the file has no " + s.key
			if len(g.others) > 0 {
				detail += ", but " + strings.Join(g.others, ", ")
			}
		case g.file.met[i] == 0 && g.file.met[objectsSection] > 0:
			detail = s.key + " is empty"
		default:
			continue
		}
		b.Drop(s.key, schema.MissingSection, detail+": "+s.without, nil)
	}
}

// trailing rejects what follows the closing brace.
func (g *gtReader) trailing() error {
	_, err := g.w.peek()
	if err == io.EOF {
		return nil
	}
	if err != nil {
		return err
	}
	rest := g.w.buf[g.w.p:]
	more, err := io.Copy(io.Discard, g.w.r)
	b := g.u.Batch
	b.Member, b.Offset = "", g.w.base+int64(g.w.p)
	b.RejectRecord(schema.Malformed, fmt.Sprintf("%d bytes of more text after the object", int64(len(rest))+more), rest)
	b.Count++
	return err
}

func (g *gtReader) spillErr() error {
	err := g.d.spillErr
	if err == nil && g.ctx.Err() != nil {
		err = g.ctx.Err()
	}
	return err
}

const (
	gtImage = iota
	gtObject
)

func (g *gtReader) add(id int64, payload []byte) {
	g.key = binary.BigEndian.AppendUint64(g.key[:0], uint64(id)^1<<63)
	if err := g.d.images.add(g.key, payload); err != nil {
		g.d.spillErr = err
	}
}

// keyedID returns the id of an element, which may be the key that it stands under.
func keyedID(id scan.Value, key string) scan.Value {
	if id.Kind == scan.Null && scan.AllDigits([]byte(key)) {
		return scan.Value{Kind: scan.String, Text: []byte(key)}
	}
	return id
}

func (g *gtReader) image(raw []byte, key string) *decode.Fault {
	o, f := fields(raw)
	if f != nil {
		return f
	}
	id, wrong := scan.WholeID("id", keyedID(scalarOf(o["id"]), key))
	if wrong != "" {
		return &decode.Fault{Reason: schema.NoImageID, Detail: wrong}
	}
	if !g.r.known.gt.CheckedAdd(uint64(id)) {
		return decode.Faultf(schema.Duplicate, "image %d", id)
	}
	b := g.u.Batch
	p := append(g.bytes[:0], gtImage)
	p = appendOpt(p, side(b, "width", o))
	p = appendOpt(p, side(b, "height", o))
	p = append(p, decode.Name(&b.Log, scalarOf(o["file_name"]), decode.Field{Name: "images.file_name"})...)
	g.bytes = p
	g.add(id, p)
	return nil
}

// side returns the width or height of a ground-truth image in pixels, nil where it is not usable.
func side(b *decode.Batch, key string, o map[string]json.RawMessage) *int32 {
	f := decode.Field{Name: "images." + key}
	v, ok := decode.Whole(&b.Log, scalarOf(o[key]), f)
	switch {
	case !ok:
		return nil
	case v == 0:
		b.Drop(f.String(), schema.BadSize, key+" is 0; wanted 1 pixel or more", o[key])
		return nil
	}
	return &v
}

// category reads a class. Under a key, its name alone will do.
func (g *gtReader) category(raw []byte, key string) *decode.Fault {
	var id, name scan.Value
	if raw[0] == '"' && scan.AllDigits([]byte(key)) {
		name = scalarOf(raw)
	} else {
		o, f := fields(raw)
		if f != nil {
			return f
		}
		id, name = scalarOf(o["id"]), scalarOf(o["name"])
	}
	n, wrong := scan.WholeID("id", keyedID(id, key))
	if wrong != "" {
		return &decode.Fault{Reason: schema.NoID, Detail: wrong}
	}
	if name.Kind != scan.String || len(name.Text) == 0 {
		g.d.nameless[n] = true
		return &decode.Fault{Reason: schema.NoID, Detail: nameFault(name)}
	}
	if first, ok := g.d.categories[n]; ok {
		if first != string(name.Text) {
			return decode.Faultf(schema.Duplicate, "category %d is %s already", n, scan.Snippet([]byte(first)))
		}
		return nil
	}
	if g.d.categories == nil {
		g.d.categories = map[int64]string{}
	}
	g.d.categories[n] = string(name.Text)
	return nil
}

func nameFault(name scan.Value) string {
	switch name.Kind {
	case scan.Null:
		return "name is missing"
	case scan.String:
		return "name is an empty string"
	}
	return "name is " + name.Kind.String()
}

// annotation reads an object of the ground truth. A box or mask that contradicts itself is dropped
// with its reason, and the object stays.
func (g *gtReader) annotation(raw []byte, key string) *decode.Fault {
	var o object
	if !o.fast(raw) {
		o = object{}
		if f := o.slow(raw); f != nil {
			return f
		}
	}
	image, wrong := scan.WholeID("image_id", o.image)
	if wrong != "" {
		return &decode.Fault{Reason: schema.NoImageID, Detail: wrong}
	}
	id, wrong := scan.WholeID("id", keyedID(o.id, key))
	category, wrong2 := scan.WholeID("category_id", o.category)
	switch {
	case wrong != "" && wrong2 != "":
		return &decode.Fault{Reason: schema.NoID, Detail: wrong + "; " + wrong2}
	case wrong+wrong2 != "":
		return &decode.Fault{Reason: schema.NoID, Detail: wrong + wrong2}
	}
	if !g.r.known.objects.CheckedAdd(uint64(id)) {
		return decode.Faultf(schema.Duplicate, "object %d", id)
	}
	b := g.u.Batch
	o.judge(b, raw)
	at := place{g.fileIndex, b.Offset, g.file.count()}
	g.bytes = o.appendTo(append(g.bytes[:0], gtObject), at, id, category)
	g.add(image, g.bytes)
	return nil
}
