package ingest

import (
	"bytes"
	"cmp"
	"strings"

	"abtool/schema"
)

// chunk is a piece of input: whole files, whole lines, or elements of a JSON array from one
// element's beginning on.
type chunk struct {
	form    form
	kind    recordKind // of XML files
	coco    bool       // JSON records that do not tell are of COCO
	buf     []byte
	base    int64    // offset of buf in the uncompressed source
	members []member // of form members
	name    string   // member name of a file that is a stream of its own
	last    bool     // the source ends here
	unsure  bool     // buf probably does not begin with a record: glue reads it
}

type form uint8

const (
	formMembers  form = iota // XML or JSON files
	formLines                // JSON Lines
	formElements             // elements of a JSON array, separated by commas
	formValues               // JSON values one after the other
)

func (f form) words() string {
	switch f {
	case formLines:
		return "Lines"
	case formElements:
		return "array"
	}
	return "values"
}

// member is a file within a unit. A member that could not be taken has a fault and no bytes.
type member struct {
	name   string
	off, n int
	at     int64 // offset of its data in the source, 0 in a folder
	fault  *fault
}

// read reads a chunk.
func (b *batch) read(u *chunk) {
	if u.unsure {
		return
	}
	switch u.form {
	case formMembers:
		for _, m := range u.members {
			b.readMember(u, m, u.buf[m.off:m.off+m.n:m.off+m.n])
		}
		b.used = len(u.buf)
	case formLines:
		b.readLines(u)
	default:
		b.readElements(u)
	}
}

func (b *batch) readMember(u *chunk, m member, data []byte) {
	b.member, b.offset = m.name, m.at
	if m.fault != nil {
		b.rejectRecord(m.fault.reason, m.fault.detail, data)
		b.count++
		return
	}
	if low := strings.ToLower(m.name); strings.HasSuffix(low, ".json") || strings.HasSuffix(low, ".jsonl") {
		b.readDocument(u.coco, data)
		return
	}
	base := m.name[strings.LastIndexByte(m.name, '/')+1:]
	b.readXML(data, u.kind, strings.TrimSuffix(strings.TrimSuffix(base, ".gz"), ".xml"))
}

// readXML reads one annotation file.
func (b *batch) readXML(data []byte, kind recordKind, base string) {
	var f *fault
	if len(data) > b.limits.Member {
		f = faultf(schema.TooLarge, "%d bytes", len(data))
	} else {
		m := b.mark()
		var ok bool
		if ok, f = b.fastXML(data, kind, []byte(base), &b.doc); !ok {
			b.rewind(m)
			f = b.slowXML(data, kind, []byte(base), &b.doc)
		}
		if f != nil {
			b.rewind(m)
		}
	}
	if f != nil {
		b.rejectRecord(f.reason, cmp.Or(otherFile(data), f.detail), data)
	}
	b.count++
}

// readDocument reads a whole JSON file: an object, an array, or values one a line.
func (b *batch) readDocument(coco bool, data []byte) {
	if !opensJSON(data) {
		if kind := otherFile(data); kind != "" {
			b.rejectRecord(schema.Malformed, kind, data)
			b.count++
			return
		}
	}
	if what := resultsIn(bytes.TrimPrefix(data, bom)); what != "" {
		b.rejectRecord(schema.Malformed, what, data)
		b.count++
		return
	}
	u := chunk{coco: coco, form: formValues, buf: bytes.TrimPrefix(data, bom), name: b.member, last: true}
	u.base = b.offset + int64(len(data)-len(u.buf))
	s := jsonScan{d: u.buf}
	s.space()
	switch {
	case s.p == len(u.buf):
		b.readValue(&s, coco, data)
		return
	case s.is('['):
		u.form, u.buf, u.base = formElements, u.buf[s.p:], u.base+int64(s.p)
		b.ended = false
	case isLines(b.member) || formOfObjects(u.buf) == formLines:
		b.readLines(&u)
		return
	}
	b.readElements(&u)
	rest := bytes.TrimLeft(u.buf[b.used:], " \t\r\n")
	b.offset = u.base + int64(len(u.buf)-len(rest))
	switch {
	case u.form == formElements && !b.ended:
		b.rejectRecord(schema.Cut, "the array does not end", rest)
		b.count++
	case len(rest) > 0 && b.ended:
		b.rejectRecord(schema.Malformed, "more text behind the array", rest)
		b.count++
	case len(rest) > 0:
		b.rejectRecord(schema.Cut, "the file ends within a value", rest)
		b.count++
	}
	b.ended = false
}

// readLines reads JSON Lines. schema.Empty lines are no records (R11).
func (b *batch) readLines(u *chunk) {
	d := u.buf
	s := jsonScan{}
	for at := 0; at < len(d); {
		end := bytes.IndexByte(d[at:], '\n')
		if end < 0 {
			end = len(d) - at
		}
		line := d[at : at+end : at+end]
		if len(trim(line)) > 0 {
			b.member, b.offset = u.name, u.base+int64(at)
			s.d, s.p = line, 0
			b.readValue(&s, u.coco, line)
		}
		at += end + 1
	}
	b.used = len(d)
}

// readValue reads the one value that s.d holds.
func (b *batch) readValue(s *jsonScan, coco bool, whole []byte) {
	if len(whole) > b.limits.Member {
		b.rejectRecord(schema.TooLarge, "", whole)
		b.count++
		return
	}
	m := b.mark()
	s.space()
	ok, f := b.fastJSON(s, coco)
	if ok {
		s.space()
		ok = s.p == len(s.d)
	}
	b.settle(m, ok, f, coco, whole)
}

// settle ends the fast reading of a value: it is counted, rejected, or read again slowly.
func (b *batch) settle(m mark, ok bool, f *fault, coco bool, raw []byte) {
	switch {
	case !ok:
		b.rewind(m)
		b.slowJSON(raw, coco)
	case f != nil:
		b.rewind(m)
		b.rejectRecord(f.reason, f.detail, raw)
		b.count++
	default:
		b.count++
	}
}

// readElements reads elements until the unit's bytes or the array end. An element that does
// not end within the unit is left: b.used says where it begins.
func (b *batch) readElements(u *chunk) {
	s := jsonScan{d: u.buf}
	b.member = u.name
	for {
		s.space()
		b.used = s.p
		if s.p == len(s.d) {
			return
		}
		if u.form == formElements && s.is(']') {
			b.ended = true
			s.space()
			b.used = s.p
			return
		}
		m, start, count, headers := b.mark(), s.p, b.count, b.headers
		b.offset = u.base + int64(start)
		if !b.readElement(&s, u.coco) {
			return
		}
		s.space()
		if u.form == formElements && !s.is(',') {
			if s.p == len(s.d) && !u.last { // the comma or bracket is in the next unit: read it again there
				b.rewind(m)
				b.count, b.headers = count, headers
				return
			}
			if s.p < len(s.d) && s.d[s.p] != ']' {
				b.offset = u.base + int64(s.p)
				b.rejectRecord(schema.Malformed, "no comma between two elements", s.d[s.p:])
				b.count++
			}
		}
	}
}

// readElement reads the value at s.p; false, with nothing read, when it does not end in s.d.
func (b *batch) readElement(s *jsonScan, coco bool) bool {
	m, start := b.mark(), s.p
	ok, f := b.fastJSON(s, coco)
	if !ok || f != nil {
		n := valueEnd(s.d[start:])
		if n < 0 {
			b.rewind(m)
			s.p = start
			return false
		}
		s.p = start + n
	}
	raw := s.d[start:s.p:s.p]
	if len(raw) > b.limits.Member {
		b.rewind(m)
		b.rejectRecord(schema.TooLarge, "", raw)
		b.count++
		return true
	}
	b.settle(m, ok, f, coco, raw)
	return true
}
