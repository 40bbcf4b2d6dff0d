package decode

import (
	"bytes"
	"cmp"
	"strings"

	"abtool/ingest/scan"
	"abtool/schema"
)

// A Chunk is a piece of input: whole files, whole lines, or elements of a JSON array. It begins with an
// element, but its last element need not end in it.
type Chunk struct {
	Form   Form
	Kind   RecordKind // of XML files
	Set    Set        // of JSON records that do not show it; zero means ImageNet
	Buf    []byte
	Base   int64  // offset of Buf in the uncompressed source
	Files  []File // for the form Files
	Name   string // name of a file that fills the source or the chunk alone
	Last   bool   // the source ends here
	Unsure bool   // Buf probably does not begin with a record: the Joiner reads it
}

func (u *Chunk) set() Set { return cmp.Or(u.Set, ImageNet) }

// Form says how records stand in a chunk.
type Form uint8

const (
	Files    Form = iota // XML or JSON files
	Lines                // JSON Lines
	Elements             // elements of a JSON array, separated by commas
	Values               // JSON values in sequence, without commas
)

// Words returns the form as people read it, after the word JSON.
func (f Form) Words() string {
	switch f {
	case Lines:
		return "Lines"
	case Elements:
		return "array"
	}
	return "values"
}

// A File is a file within a chunk. A file that could not be read has a fault and no bytes.
type File struct {
	Name   string
	Off, N int
	At     int64 // offset of its data in the source, 0 in a folder
	Fault  *Fault
}

// Read reads the records of a chunk into the batch, which has to be empty. It leaves an unsure chunk to the
// Joiner.
func (b *Batch) Read(u *Chunk) {
	if u.Unsure {
		return
	}
	switch u.Form {
	case Files:
		for _, m := range u.Files {
			b.readMember(u, m, u.Buf[m.Off:m.Off+m.N:m.Off+m.N])
		}
		b.used = len(u.Buf)
	case Lines:
		b.readLines(u)
	default:
		b.readElements(u)
	}
}

// readMember reads a file of a folder or archive: JSON by its name, otherwise XML.
func (b *Batch) readMember(u *Chunk, m File, data []byte) {
	b.Member, b.Offset = m.Name, m.At
	if m.Fault != nil {
		b.refuse(m.Fault, data)
		return
	}
	if low := strings.ToLower(m.Name); strings.HasSuffix(low, ".json") || strings.HasSuffix(low, ".jsonl") {
		b.readDocument(u.set(), data)
		return
	}
	base := m.Name[strings.LastIndexByte(m.Name, '/')+1:]
	b.readXML(data, u.Kind, strings.TrimSuffix(strings.TrimSuffix(base, ".gz"), ".xml"))
}

// readXML reads an annotation file. base is its name without folder and extension.
func (b *Batch) readXML(data []byte, kind RecordKind, base string) {
	var f *Fault
	if len(data) > b.limits.Member {
		f = Faultf(schema.TooLarge, "%d bytes", len(data))
	} else {
		m := b.Mark()
		var ok bool
		if ok, f = b.xml.fast(data, kind, []byte(base)); !ok {
			b.Rewind(m)
			f = b.xml.slow(data, kind, []byte(base))
		}
		if f != nil {
			b.Rewind(m)
		}
	}
	if f != nil {
		f.Detail = cmp.Or(otherFile(data), f.Detail)
		b.refuse(f, data)
		return
	}
	b.Count++
}

// readDocument reads a whole JSON file: an object, an array, or values in sequence.
func (b *Batch) readDocument(set Set, data []byte) {
	if !scan.OpensJSON(data) {
		if kind := otherFile(data); kind != "" {
			b.refuse(&Fault{schema.Malformed, kind}, data)
			return
		}
	}
	if what := ResultsIn(bytes.TrimPrefix(data, scan.BOM)); what != "" {
		b.refuse(&Fault{schema.Malformed, what}, data)
		return
	}
	u := Chunk{Set: set, Form: Values, Buf: bytes.TrimPrefix(data, scan.BOM), Name: b.Member, Last: true}
	u.Base = b.Offset + int64(len(data)-len(u.Buf))
	s := scan.Scanner{Data: u.Buf}
	s.Space()
	switch {
	case s.Pos == len(u.Buf):
		b.readValue(&s, set, data)
		return
	case s.Is('['):
		u.Form, u.Buf, u.Base = Elements, u.Buf[s.Pos:], u.Base+int64(s.Pos)
		b.ended = false
	case IsLines(b.Member) || formOfObjects(u.Buf) == Lines:
		b.readLines(&u)
		return
	}
	b.readElements(&u)
	rest := bytes.TrimLeft(u.Buf[b.used:], " \t\r\n")
	b.Offset = u.Base + int64(len(u.Buf)-len(rest))
	switch {
	case u.Form == Elements && !b.ended:
		b.refuse(&Fault{schema.Cut, "the file ends within the array"}, rest)
	case len(rest) > 0 && b.ended:
		b.refuse(&Fault{schema.Malformed, moreText}, rest)
	case len(rest) > 0:
		b.refuse(&Fault{schema.Cut, "the file ends within a value"}, rest)
	}
	b.ended = false
}

// moreText is the detail of a reject of text that follows an array.
const moreText = "more text after the array"

// readLines reads JSON Lines, and ignores empty lines (R11).
func (b *Batch) readLines(u *Chunk) {
	d := u.Buf
	s := scan.Scanner{}
	for at := 0; at < len(d); {
		end := bytes.IndexByte(d[at:], '\n')
		if end < 0 {
			end = len(d) - at
		}
		line := d[at : at+end : at+end]
		if len(scan.Trim(line)) > 0 {
			b.Member, b.Offset = u.Name, u.Base+int64(at)
			s.Data, s.Pos = line, 0
			b.readValue(&s, u.set(), line)
		}
		at += end + 1
	}
	b.used = len(d)
}

// readValue reads the only value in s.Data. whole is the text for the reject.
func (b *Batch) readValue(s *scan.Scanner, set Set, whole []byte) {
	if len(whole) > b.limits.Member {
		b.refuse(&Fault{schema.TooLarge, ""}, whole)
		return
	}
	m := b.Mark()
	s.Space()
	ok, f := b.json.fast(s, set)
	if ok {
		s.Space()
		ok = s.Pos == len(s.Data)
	}
	b.settle(m, ok, f, set, whole)
}

// slowJSON reads a value that the fast reader did not read.
func (b *Batch) slowJSON(data []byte, set Set) {
	if text := scan.Trim(data); b.json.slow(text, set) {
		b.unpack(text, set)
	}
}

// settle completes a value after the fast reader: it counts or rejects the value, or reads it again slowly.
func (b *Batch) settle(m mark, ok bool, f *Fault, set Set, raw []byte) {
	switch {
	case !ok:
		b.Rewind(m)
		b.slowJSON(raw, set)
	case f != nil:
		b.Rewind(m)
		b.refuse(f, raw)
	default:
		b.Count++
	}
}

// readElements reads elements up to the end of the chunk or of the array. It does not read an element that
// does not end in the chunk: b.used is the place where that element begins.
func (b *Batch) readElements(u *Chunk) {
	s := scan.Scanner{Data: u.Buf}
	b.Member = u.Name
	for {
		s.Space()
		b.used = s.Pos
		if s.Pos == len(s.Data) {
			return
		}
		if u.Form == Elements && s.Is(']') {
			b.ended = true
			s.Space()
			b.used = s.Pos
			return
		}
		m, start, count, headers := b.Mark(), s.Pos, b.Count, b.Headers
		b.Offset = u.Base + int64(start)
		if !b.readElement(&s, u.set()) {
			return
		}
		s.Space()
		if u.Form == Elements && !s.Is(',') {
			if s.Pos == len(s.Data) && !u.Last { // the comma or bracket is in the next chunk: read the element again there
				b.Rewind(m)
				b.Count, b.Headers = count, headers
				return
			}
			if s.Pos < len(s.Data) && s.Data[s.Pos] != ']' {
				b.Offset = u.Base + int64(s.Pos)
				b.refuse(&Fault{schema.Malformed, "no comma between two elements"}, s.Data[s.Pos:])
			}
		}
	}
}

// readElement reads the value at s.Pos. If the value does not end in s.Data, it reads nothing and returns
// false.
func (b *Batch) readElement(s *scan.Scanner, set Set) bool {
	m, start := b.Mark(), s.Pos
	ok, f := b.json.fast(s, set)
	if !ok || f != nil {
		n := scan.ValueEnd(s.Data[start:])
		if n < 0 {
			b.Rewind(m)
			s.Pos = start
			return false
		}
		s.Pos = start + n
	}
	raw := s.Data[start:s.Pos:s.Pos]
	if len(raw) > b.limits.Member {
		b.Rewind(m)
		b.refuse(&Fault{schema.TooLarge, ""}, raw)
		return true
	}
	b.settle(m, ok, f, set, raw)
	return true
}
