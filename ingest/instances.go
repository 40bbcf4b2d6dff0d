package ingest

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"unicode/utf8"
)

// window reads a JSON stream value by value, holding no more than the largest one.
type window struct {
	r     io.Reader
	buf   []byte
	p     int
	base  int64 // offset of buf in the stream
	eof   bool
	limit int
}

// more reads on; io.EOF when there is nothing more.
func (w *window) more() error {
	if w.eof {
		return io.EOF
	}
	if w.p > 0 {
		w.base += int64(w.p)
		w.buf = w.buf[:copy(w.buf, w.buf[w.p:])]
		w.p = 0
	}
	if len(w.buf) == cap(w.buf) {
		if len(w.buf) > w.limit {
			return fmt.Errorf("a value of more than %d bytes at byte %d: %w", w.limit, w.base, ErrDamaged)
		}
		w.buf = slices.Grow(w.buf, max(1<<20, len(w.buf)))
	}
	for len(w.buf) < cap(w.buf) { // all there is room for: whoever asks will look at all of it again
		n, err := w.r.Read(w.buf[len(w.buf):cap(w.buf)])
		w.buf = w.buf[:len(w.buf)+n]
		if err == io.EOF {
			w.eof = true
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// peek is the next byte that is no white space.
func (w *window) peek() (byte, error) {
	for {
		for ; w.p < len(w.buf); w.p++ {
			if c := w.buf[w.p]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
				return c, nil
			}
		}
		if err := w.more(); err != nil {
			return 0, err
		}
	}
}

func (w *window) take(want byte) error {
	c, err := w.peek()
	if err != nil {
		return err
	}
	if c != want {
		return fmt.Errorf("%q instead of %q at byte %d: %w", c, want, w.base+int64(w.p), ErrDamaged)
	}
	w.p++
	return nil
}

// value is the next value as it stands; valid until the next call.
func (w *window) value() ([]byte, error) {
	if _, err := w.peek(); err != nil {
		return nil, err
	}
	for {
		if n := valueEnd(w.buf[w.p:]); n > 0 {
			v := w.buf[w.p : w.p+n : w.p+n]
			w.p += n
			return trim(v), nil
		}
		if err := w.more(); err != nil {
			return nil, err
		}
	}
}

// readInstances streams COCO's instances file: every image and object goes through the spill,
// so that objects come to their image in whatever order the file has them.
func (r *runner) readInstances(ctx context.Context, s *source, st *stream) error {
	d, err := r.dataset("coco")
	if err != nil {
		return err
	}
	g := &gtReader{r: r, s: s, d: d, w: &window{r: st, limit: r.limits.Member, buf: make([]byte, 0, 1<<20)}, ctx: ctx}
	g.u = r.feeder.unit(s, formReady)
	s.coco, s.told = true, true
	err = g.read()
	if err == nil {
		err = g.trailing()
	}
	if e := r.feeder.emit(ctx, g.ready()); err == nil {
		return e
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case d.spillErr != nil:
		return d.spillErr
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return s.damaged(err, g.w.base+int64(g.w.p))
}

type gtReader struct {
	ctx   context.Context
	r     *runner
	s     *source
	d     *dataset
	w     *window
	u     *unit
	key   []byte
	bytes []byte
}

func (g *gtReader) ready() *unit {
	u := g.u
	u.last = true
	close(u.done)
	return u
}

func (g *gtReader) read() error {
	if err := g.w.take('{'); err != nil {
		return err
	}
	for first := true; ; first = false {
		c, err := g.w.peek()
		if err != nil {
			return err
		}
		if c == '}' {
			return nil
		}
		if !first {
			if err := g.w.take(','); err != nil {
				return err
			}
		}
		raw, err := g.w.value()
		if err != nil {
			return err
		}
		var key string
		if json.Unmarshal(raw, &key) != nil {
			return fmt.Errorf("%s instead of a key at byte %d: %w", snippet(raw), g.w.base+int64(g.w.p), ErrDamaged)
		}
		if err := g.w.take(':'); err != nil {
			return err
		}
		if err := g.section(key); err != nil {
			return err
		}
	}
}

// section reads the value of a top-level key.
func (g *gtReader) section(key string) error {
	var item func([]byte) *fault
	switch key {
	case "images":
		item = g.image
	case "annotations":
		item = g.annotation
	case "categories":
		item = g.category
	}
	if c, err := g.w.peek(); err != nil {
		return err
	} else if c != '[' || item == nil {
		_, err := g.w.value()
		return err
	}
	g.w.p++
	for first := true; ; first = false {
		c, err := g.w.peek()
		if err != nil {
			return err
		}
		if c == ']' {
			g.w.p++
			return g.ctx.Err()
		}
		if !first {
			if err := g.w.take(','); err != nil {
				return err
			}
			if _, err := g.w.peek(); err != nil {
				return err
			}
		}
		if err := g.element(key, item); err != nil {
			return err
		}
	}
}

func (g *gtReader) element(section string, item func([]byte) *fault) error {
	raw, err := g.w.value()
	if err != nil {
		return err
	}
	b := g.u.batch
	b.member, b.offset = section, g.w.base+int64(g.w.p-len(raw))
	m := b.mark()
	if f := item(raw); f != nil {
		b.rewind(m)
		b.rejectRecord(f.reason, f.detail, raw)
	}
	b.count++
	if b.count >= readyCount {
		close(g.u.done)
		if err := g.r.feeder.emit(g.ctx, g.u); err != nil {
			return err
		}
		g.u = g.r.feeder.unit(g.s, formReady)
	}
	return g.spillErr()
}

// readyCount is how many elements one unit counts.
const readyCount = 8192

// trailing rejects what stands behind the closing brace.
func (g *gtReader) trailing() error {
	g.w.p++
	_, err := g.w.peek()
	if err == io.EOF {
		return nil
	}
	if err == nil {
		b := g.u.batch
		b.member, b.offset = "", g.w.base+int64(g.w.p)
		b.rejectRecord(Malformed, "more text behind the object", g.w.buf[g.w.p:])
		b.count++
	}
	return err
}

func (g *gtReader) spillErr() error {
	err := g.d.spillErr
	if err == nil && g.ctx.Err() != nil {
		err = g.ctx.Err()
	}
	return err
}

// fields decodes one object, whatever its order of keys.
func fields(raw []byte) (map[string]json.RawMessage, *fault) {
	if len(raw) == 0 || raw[0] != '{' {
		if json.Valid(raw) {
			return nil, &fault{reason: NotObject}
		}
		return nil, &fault{reason: Malformed}
	}
	var o map[string]json.RawMessage
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, faultf(Malformed, "%v", err)
	}
	return o, nil
}

// scalarOf reads a raw value as a column does.
func scalarOf(raw json.RawMessage) scalar {
	if len(raw) == 0 {
		return scalar{}
	}
	if raw[0] == '"' {
		var t string
		if json.Unmarshal(raw, &t) != nil {
			return scalar{}
		}
		return scalar{kind: jsonString, text: []byte(t)}
	}
	s := jsonScan{d: raw}
	v, ok := s.scalar()
	if !ok {
		return scalar{kind: jsonObject, text: raw}
	}
	return v
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

func (g *gtReader) image(raw []byte) *fault {
	o, f := fields(raw)
	if f != nil {
		return f
	}
	id, ok := wholeID(scalarOf(o["id"]))
	if !ok {
		return &fault{reason: NoImageID}
	}
	if !g.r.known.gt.CheckedAdd(uint64(id)) {
		return &fault{reason: Duplicate}
	}
	b := g.u.batch
	w, h := b.whole(scalarOf(o["width"]).value(), field{name: "images.width"}), b.whole(scalarOf(o["height"]).value(), field{name: "images.height"})
	p := append(g.bytes[:0], gtImage)
	p = appendOpt(p, w)
	p = appendOpt(p, h)
	p = append(p, b.name(scalarOf(o["file_name"]), field{name: "images.file_name"})...)
	g.bytes = p
	g.add(id, p)
	return nil
}

func appendOpt(p []byte, v *int32) []byte {
	if v == nil {
		return append(p, 0)
	}
	return binary.AppendUvarint(p, uint64(*v)+1)
}

func (g *gtReader) category(raw []byte) *fault {
	o, f := fields(raw)
	if f != nil {
		return f
	}
	id, ok := wholeID(scalarOf(o["id"]))
	name := scalarOf(o["name"])
	if !ok || name.kind != jsonString {
		return faultf(NoImageID, "a category without id and name")
	}
	if g.d.categories == nil {
		g.d.categories = map[int64]string{}
	}
	if _, ok := g.d.categories[id]; !ok {
		g.d.categories[id] = string(name.text)
	}
	return nil
}

// object is one annotation of the ground truth.
type object struct {
	image, id, category scalar
	crowd, area         scalar
	bbox                [4]float64
	hasBox              bool
	polygon             []float64
	rings               []int
	rleH, rleW          float64
	counts              []int64
	hasRLE              bool
}

func (g *gtReader) annotation(raw []byte) *fault {
	var o object
	if !o.fast(raw) {
		o = object{}
		if f := o.slow(raw, g.u.batch); f != nil {
			return f
		}
	}
	image, ok := wholeID(o.image)
	if !ok {
		return &fault{reason: NoImageID}
	}
	id, ok1 := wholeID(o.id)
	category, ok2 := wholeID(o.category)
	if !ok1 || !ok2 {
		return faultf(Malformed, "an object without id and category_id")
	}
	if !g.r.known.objects.CheckedAdd(uint64(id)) {
		return faultf(Duplicate, "object %d", id)
	}
	p := append(g.bytes[:0], gtObject)
	p = binary.AppendVarint(p, id)
	p = binary.AppendVarint(p, category)
	crowd := byte(0)
	if o.crowd.num == 1 || o.crowd.yes {
		crowd = 1
	}
	p = append(p, crowd)
	if a := o.area; a.kind == jsonNum && !isInf(a.num) {
		p = appendFloat(append(p, 1), a.num)
	} else {
		p = append(p, 0)
	}
	if o.hasBox {
		p = append(p, 1)
		for _, v := range o.bbox {
			p = appendFloat(p, v)
		}
	} else {
		g.u.batch.null("annotations.bbox", BadBox, raw)
		p = append(p, 0)
	}
	p = binary.AppendUvarint(p, uint64(len(o.rings)))
	for _, n := range o.rings {
		p = binary.AppendUvarint(p, uint64(n))
	}
	for _, v := range o.polygon {
		p = appendFloat(p, v)
	}
	if o.hasRLE {
		p = append(p, 1)
		p = binary.AppendUvarint(p, uint64(o.rleH))
		p = binary.AppendUvarint(p, uint64(o.rleW))
		p = binary.AppendUvarint(p, uint64(len(o.counts)))
		for _, c := range o.counts {
			p = binary.AppendVarint(p, c)
		}
	} else {
		p = append(p, 0)
	}
	g.bytes = p
	if f := g.u.batch.flooded(); f != nil {
		return f
	}
	g.add(image, p)
	return nil
}

// appendFloat keeps two decimals, which most coordinates have, short; others as they are.
func appendFloat(p []byte, v float64) []byte {
	if c := math.Round(v * 100); math.Abs(c) < 1<<40 && c/100 == v && !(v == 0 && math.Signbit(v)) {
		return binary.AppendVarint(p, int64(c)<<1)
	}
	return binary.LittleEndian.AppendUint64(append(p, 2), math.Float64bits(v)) // varint 1
}

// slow reads an annotation with encoding/json.
func (o *object) slow(raw []byte, b *batch) *fault {
	m, f := fields(raw)
	if f != nil {
		return f
	}
	o.image, o.id, o.category = scalarOf(m["image_id"]), scalarOf(m["id"]), scalarOf(m["category_id"])
	o.crowd, o.area = scalarOf(m["iscrowd"]), scalarOf(m["area"])
	if box, ok := numbersOf(m["bbox"]); ok && len(box) == 4 {
		o.bbox, o.hasBox = [4]float64(box), true
	}
	seg := m["segmentation"]
	var polygons []json.RawMessage
	switch {
	case len(seg) == 0 || string(seg) == "null":
	case seg[0] == '{' && o.setRLE(seg):
	case seg[0] == '[' && json.Unmarshal(seg, &polygons) == nil:
		for _, p := range polygons {
			ring, ok := numbersOf(p)
			if !ok || len(ring)%2 != 0 {
				b.null("annotations.segmentation", WrongType, p)
				continue
			}
			o.rings = append(o.rings, len(ring))
			o.polygon = append(o.polygon, ring...)
		}
	default:
		b.null("annotations.segmentation", WrongType, seg)
	}
	return nil
}

// numbersOf reads an array of finite numbers; anything else is none.
func numbersOf(raw json.RawMessage) (list []float64, ok bool) {
	s := jsonScan{d: raw}
	_, ok = s.numbers(func(_ int, v float64) { list = append(list, v) })
	return list, ok
}

// setRLE reads a run-length mask. Its runs must not be longer than the mask.
func (o *object) setRLE(seg json.RawMessage) bool {
	m, f := fields(seg)
	if f != nil {
		return false
	}
	size, ok := numbersOf(m["size"])
	if !ok || len(size) != 2 || !isSide(size[0]) || !isSide(size[1]) {
		return false
	}
	var counts []int64
	if text := scalarOf(m["counts"]); text.kind == jsonString {
		counts, ok = decodeRLE(string(text.text))
	} else {
		var runs []float64
		runs, ok = numbersOf(m["counts"])
		for _, n := range runs {
			ok = ok && isSide(n)
			counts = append(counts, int64(n))
		}
	}
	left := int64(size[0]) * int64(size[1])
	for _, n := range counts {
		if n < 0 || n > left {
			return false
		}
		left -= n
	}
	if ok {
		o.rleH, o.rleW, o.counts, o.hasRLE = size[0], size[1], counts, true
	}
	return ok
}

func isSide(v float64) bool { return v >= 0 && v <= math.MaxInt32 && v == math.Trunc(v) }

// decodeRLE reads COCO's compressed run lengths: each character holds five bits and whether
// the number goes on; from the fourth run on, numbers are differences to the run two before.
func decodeRLE(s string) (counts []int64, ok bool) {
	for i := 0; i < len(s); {
		var v int64
		for shift := 0; ; shift += 5 {
			if i == len(s) || shift > 55 {
				return nil, false
			}
			c := int64(s[i]) - '0'
			if c < 0 || c > 63 {
				return nil, false
			}
			i++
			v |= (c & 31) << shift
			if c&32 == 0 {
				if c&16 != 0 {
					v |= -1 << (shift + 5)
				}
				break
			}
		}
		if n := len(counts); n > 2 {
			v += counts[n-2]
		}
		counts = append(counts, v)
	}
	return counts, true
}

// fast reads an annotation of the usual form; false leaves it to slow.
func (o *object) fast(raw []byte) bool {
	if !utf8.Valid(raw) {
		return false
	}
	s := jsonScan{d: raw}
	if !s.is('{') {
		return false
	}
	var seen [8]bool
	for first := true; ; first = false {
		more, ok := s.next('}', first)
		if !ok {
			return false
		}
		if !more {
			s.space()
			return s.p == len(raw)
		}
		key, ok := s.key()
		if !ok {
			return false
		}
		to, n := o.place(key)
		if n >= 0 {
			if seen[n] {
				return false
			}
			seen[n] = true
		}
		switch {
		case to != nil || n < 0:
			var v scalar
			if v, ok = s.scalar(); ok && to != nil {
				*to = v
			}
		case n == 5:
			ok = o.fastBox(&s)
		default:
			ok = o.fastPolygons(&s)
		}
		if !ok {
			return false
		}
	}
}

func (o *object) place(key []byte) (*scalar, int) {
	switch view(key) {
	case "image_id":
		return &o.image, 0
	case "id":
		return &o.id, 1
	case "category_id":
		return &o.category, 2
	case "iscrowd":
		return &o.crowd, 3
	case "area":
		return &o.area, 4
	case "bbox":
		return nil, 5
	case "segmentation":
		return nil, 6
	}
	return nil, -1
}

func (o *object) fastBox(s *jsonScan) bool {
	n, ok := s.numbers(func(i int, v float64) {
		if i < 4 {
			o.bbox[i] = v
		}
	})
	o.hasBox = n == 4
	return ok && n == 4
}

func (o *object) fastPolygons(s *jsonScan) bool {
	if !s.is('[') {
		return false
	}
	for first := true; ; first = false {
		more, ok := s.next(']', first)
		if !ok || !more {
			return ok
		}
		n, ok := s.numbers(func(_ int, v float64) { o.polygon = append(o.polygon, v) })
		if !ok || n%2 != 0 {
			return false
		}
		o.rings = append(o.rings, n)
	}
}

// numbers reads an array of finite numbers.
func (s *jsonScan) numbers(each func(i int, v float64)) (n int, ok bool) {
	if !s.is('[') {
		return 0, false
	}
	for ; ; n++ {
		more, ok := s.next(']', n == 0)
		if !ok || !more {
			return n, ok
		}
		v, size := number(s.d[s.p:], jsonNumber)
		if size == 0 || isInf(v) {
			return n, false
		}
		s.p += size
		each(n, v)
	}
}
