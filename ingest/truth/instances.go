package truth

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

// Read reads an instances file as a stream. Every image and object goes through the spill, so that the
// sections can be in any order. Counts and rejects go into units of the feeder. limit is the largest size of
// a value in bytes.
func (o *Objects) Read(ctx context.Context, s *source.Source, st *source.Stream, f *source.Feeder, limit int) error {
	r := &reader{o: o, s: s, feeder: f, w: &window{r: st, limit: limit, buf: make([]byte, 0, 1<<20)}, ctx: ctx}
	if head, _ := st.Peek(len(scan.BOM)); bytes.Equal(head, scan.BOM) {
		n, _ := st.Discard(len(scan.BOM))
		r.w.base = int64(n)
	}
	r.file, r.index = &file{s: s}, len(o.files)
	o.files = append(o.files, r.file)
	r.u = f.ReadyUnit(s)
	s.Set = decode.COCO
	err := r.read()
	if err == nil {
		r.noteMissing()
		err = r.trailing()
	}
	if e := f.Emit(ctx, r.ready()); err == nil {
		return e
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case o.spillErr != nil:
		return o.spillErr
	case errors.Is(err, source.ErrUnknownInput):
		return err
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return s.Damaged(err, r.w.base+int64(r.w.p))
}

// reader reads one instances file.
type reader struct {
	ctx    context.Context
	o      *Objects
	s      *source.Source
	feeder *source.Feeder
	w      *window
	u      *source.Unit
	file   *file
	index  int      // of the file in Objects.files
	others []string // keys of sections that are not read
	key    []byte
	bytes  []byte
}

// ready returns the last unit, which needs no worker.
func (r *reader) ready() *source.Unit {
	u := r.u
	u.Last = true
	close(u.Done)
	return u
}

// read reads the sections of the file.
func (r *reader) read() error {
	if err := r.w.take('{'); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := r.w.next('}', first)
		if err != nil || !more {
			return err
		}
		key, err := r.keyText()
		if err != nil {
			return err
		}
		if err := r.section(key); err != nil {
			return err
		}
	}
}

// keyText reads a key and the colon after it.
func (r *reader) keyText() (key string, err error) {
	raw, err := r.w.value()
	if err != nil {
		return "", err
	}
	if json.Unmarshal(raw, &key) != nil {
		return "", fmt.Errorf("found %s in place of a key at byte %d: %w", scan.Snippet(raw), r.w.base+int64(r.w.p), source.ErrDamaged)
	}
	return key, r.w.take(':')
}

// The sections of an instances file that are read. Other sections, such as info and licenses, are not.
const (
	imagesSection = iota
	objectsSection
	categoriesSection
	sections
)

// sectionTexts has the key of each section, and words for what is missing without it.
var sectionTexts = [sections]struct{ key, without string }{
	{"images", "an image is known by its objects alone, without size and name"},
	{"annotations", "the images have no objects"},
	{"categories", "the objects have no class names"},
}

// section reads the value of a top-level key: a list of elements, or an object with the elements by id. A
// section that occurs twice is read both times.
func (r *reader) section(key string) error {
	which := 0
	for which < sections && sectionTexts[which].key != key {
		which++
	}
	c, err := r.w.peek()
	if err != nil {
		return err
	}
	switch {
	case which == sections:
		if len(r.others) < 10 {
			r.others = append(r.others, scan.Snippet([]byte(key)))
		}
		_, err = r.w.value()
		return err
	case c == '[':
		r.file.present[which] = true
		return r.list(which)
	case c == '{':
		r.file.present[which] = true
		return r.keyed(which)
	}
	at := r.w.base + int64(r.w.p)
	raw, err := r.w.value()
	if err != nil || string(raw) == "null" {
		return err
	}
	return fmt.Errorf("%s: %w: its section %s, at byte %d, is %s: %s; wanted a list of objects, "+
		"or an object with the objects by id",
		r.s.Name, source.ErrUnknownInput, key, at, whatIs(raw), scan.Snippet(raw))
}

// list reads the elements of a list.
func (r *reader) list(section int) error {
	r.w.p++
	for first := true; ; first = false {
		more, err := r.w.next(']', first)
		if err != nil {
			return err
		}
		if !more {
			return r.ctx.Err()
		}
		if err := r.element(section, ""); err != nil {
			return err
		}
	}
}

// keyed reads an object that has elements by id, or lists of elements under any keys.
func (r *reader) keyed(section int) error {
	r.w.p++
	for first := true; ; first = false {
		more, err := r.w.next('}', first)
		if err != nil {
			return err
		}
		if !more {
			return r.ctx.Err()
		}
		key, err := r.keyText()
		if err != nil {
			return err
		}
		c, err := r.w.peek()
		if err != nil {
			return err
		}
		if c == '[' {
			err = r.list(section)
		} else {
			err = r.element(section, key)
		}
		if err != nil {
			return err
		}
	}
}

// element reads an image, object or category. key is its key if its section is an object, otherwise "".
func (r *reader) element(section int, key string) error {
	raw, err := r.w.value()
	if err != nil {
		return err
	}
	b := r.u.Batch
	b.Member, b.Offset = sectionTexts[section].key, r.w.base+int64(r.w.p-len(raw))
	m := b.Mark()
	if f := r.take(section, raw, key); f != nil {
		b.Rewind(m)
		b.RejectRecord(f.Reason, f.Detail, raw)
	} else {
		b.CountRepaired(raw)
	}
	b.Count++
	r.file.met[section]++
	if b.Count >= readyCount {
		close(r.u.Done)
		if err := r.feeder.Emit(r.ctx, r.u); err != nil {
			return err
		}
		r.u = r.feeder.ReadyUnit(r.s)
	}
	return r.spillErr()
}

func (r *reader) take(section int, raw []byte, key string) *decode.Fault {
	switch section {
	case imagesSection:
		return r.image(raw, key)
	case objectsSection:
		return r.annotation(raw, key)
	}
	return r.category(raw, key)
}

// readyCount is the number of elements that are counted in a unit.
const readyCount = 8192

// noteMissing adds a reject for each section that the file does not have, with what follows from that.
func (r *reader) noteMissing() {
	b := r.u.Batch
	b.Mark()
	b.Member, b.Offset = "", 0
	for i, s := range sectionTexts {
		detail := ""
		switch {
		case !r.file.present[i]:
			detail = "the file has no " + s.key
			if len(r.others) > 0 {
				detail += ", but " + strings.Join(r.others, ", ")
			}
		case r.file.met[i] == 0 && r.file.met[objectsSection] > 0:
			detail = s.key + " is empty"
		default:
			continue
		}
		b.Drop(s.key, schema.MissingSection, detail+": "+s.without, nil)
	}
}

// trailing rejects text after the closing brace.
func (r *reader) trailing() error {
	_, err := r.w.peek()
	if err == io.EOF {
		return nil
	}
	if err != nil {
		return err
	}
	rest := r.w.buf[r.w.p:]
	more, err := io.Copy(io.Discard, r.w.r)
	b := r.u.Batch
	b.Member, b.Offset = "", r.w.base+int64(r.w.p)
	b.RejectRecord(schema.Malformed, fmt.Sprintf("%d bytes of more text after the object", int64(len(rest))+more), rest)
	b.Count++
	return err
}

func (r *reader) spillErr() error {
	err := r.o.spillErr
	if err == nil && r.ctx.Err() != nil {
		err = r.ctx.Err()
	}
	return err
}

const (
	imagePayload = iota
	objectPayload
)

func (r *reader) add(id int64, payload []byte) {
	r.key = binary.BigEndian.AppendUint64(r.key[:0], uint64(id)^1<<63)
	if err := r.o.spill.add(r.key, payload); err != nil {
		r.o.spillErr = err
	}
}

// keyedID returns the id of an element. An element without an id has its key as id.
func keyedID(id scan.Value, key string) scan.Value {
	if id.Kind == scan.Null && scan.AllDigits([]byte(key)) {
		return scan.Value{Kind: scan.String, Text: []byte(key)}
	}
	return id
}

func (r *reader) image(raw []byte, key string) *decode.Fault {
	o, f := fields(raw)
	if f != nil {
		return f
	}
	id, wrong := scan.WholeID("id", keyedID(scalarOf(o["id"]), key))
	if wrong != "" {
		return &decode.Fault{Reason: schema.NoImageID, Detail: wrong}
	}
	if !r.o.Images.CheckedAdd(uint64(id)) {
		return decode.Faultf(schema.Duplicate, "image %d", id)
	}
	b := r.u.Batch
	p := append(r.bytes[:0], imagePayload)
	p = appendOpt(p, side(b, "width", o))
	p = appendOpt(p, side(b, "height", o))
	name := scalarOf(o["file_name"])
	p = append(p, decode.Name(&b.Log, &name, &decode.Field{Name: "images.file_name"})...)
	r.bytes = p
	r.add(id, p)
	return nil
}

// side returns the width or height of a ground-truth image in pixels, or nil if it is not usable.
func side(b *decode.Batch, key string, o map[string]json.RawMessage) *int32 {
	f := decode.Field{Name: "images." + key}
	found := scalarOf(o[key])
	v, ok := decode.Whole(&b.Log, &found, &f)
	switch {
	case !ok:
		return nil
	case v == 0:
		b.Drop(f.String(), schema.BadSize, key+" is 0; wanted 1 pixel or more", o[key])
		return nil
	}
	return &v
}

// category reads a class: an object, or the name alone under its id as key.
func (r *reader) category(raw []byte, key string) *decode.Fault {
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
		r.o.nameless[n] = true
		return &decode.Fault{Reason: schema.NoID, Detail: nameFault(name)}
	}
	if first, ok := r.o.categories[n]; ok {
		if first != string(name.Text) {
			return decode.Faultf(schema.Duplicate, "category %d is %s already", n, scan.Snippet([]byte(first)))
		}
		return nil
	}
	r.o.categories[n] = string(name.Text)
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

// annotation reads an object of the ground truth. An unusable box or mask is dropped with its reason, and the
// object stays.
func (r *reader) annotation(raw []byte, key string) *decode.Fault {
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
	if !r.o.objects.CheckedAdd(uint64(id)) {
		return decode.Faultf(schema.Duplicate, "object %d", id)
	}
	b := r.u.Batch
	o.dropUnusable(b, raw)
	at := place{r.index, b.Offset, r.file.count()}
	r.bytes = o.appendTo(append(r.bytes[:0], objectPayload), at, id, category)
	r.add(image, r.bytes)
	return nil
}
