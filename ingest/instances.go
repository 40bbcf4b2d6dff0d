package ingest

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
)

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
