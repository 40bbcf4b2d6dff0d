package decode

import (
	"bufio"
	"bytes"
	"io"
	"slices"

	"abtool/ingest/scan"
)

// A container is a JSON value that is not a record and holds records: lists of records under some keys, as in
// {"records": [...]}, or records keyed by id. It is read as a single list of these records. Wrappers of the
// front ends are not containers, because they have values for their records.
//
// A container that streams in has to become a list without holding it in memory, and rejects need offsets in
// the original. Therefore the unpacker goes through it byte by byte and replaces what is not a record with as
// many blanks. It only looks at brackets and quotes: faults in records are left to their reader.

// isContainer reports whether an object is a container.
func isContainer(o map[string]any) bool {
	found := false
	for key, v := range o {
		if isOwnKey(key) {
			return false
		}
		if record, ok := v.(map[string]any); ok {
			found = found || dataSetOf(record) != 0
		}
		found = found || holdsRecords(v)
	}
	return found
}

// isOwnKey reports whether a key belongs to records, or to wrappers and headers of the front ends.
func isOwnKey(key string) bool {
	return keyOf([]byte(key)) != &unknown || key == "startedAt" || key == "annotatorID"
}

// holdsRecords reports whether a value is a list that begins with a record.
func holdsRecords(v any) bool {
	list, _ := v.([]any)
	if len(list) == 0 {
		return false
	}
	record, ok := list[0].(map[string]any)
	if !ok {
		return false
	}
	return dataSetOf(record) != 0
}

// BeginsContainer reports whether an object that begins in d, and does not end in it, is a container as far
// as d shows.
func BeginsContainer(d []byte) bool {
	d = scan.Trim(d)
	if len(d) == 0 || d[0] != '{' || scan.ValueEnd(d) >= 0 {
		return false
	}
	keys := firstKeys(d)
	return DataSetIn(d) != 0 && len(keys) > 0 && !slices.ContainsFunc(keys, isOwnKey)
}

// unpack reads the records of a container.
func (b *Batch) unpack(raw []byte, set Set) {
	base := b.Offset
	if raw[0] == '{' {
		raw, _ = io.ReadAll(NewUnpacker(bufio.NewReader(bytes.NewReader(raw)), func() { b.Asides++ }))
	}
	u := Chunk{Set: set, Form: Elements, Buf: raw[1:], Base: base + 1, Name: b.Member, Last: true}
	b.readElements(&u)
	b.ended = false
}

// unpacker rewrites a container as a list of its records. Every byte keeps its place: the outer braces become
// the brackets of the list, and everything that is not a record becomes blanks.
type unpacker struct {
	r      *bufio.Reader
	aside  func() // called for every value that is not a record
	region region
	inner  scan.Skipper // of a record, or of a value that is left out
	blanks int          // blanks since the last record that are not in out yet
	begun  bool         // a record has been in out
	out    []byte       // bytes for Read
	err    error
}

// region is where in a container an unpacker is.
type region uint8

const (
	beforeAll  region = iota
	atKey             // or a comma, or the closing brace
	inKey             // within its quotes
	inKeySlash        // after a backslash in a key
	atValue           // or the colon before it
	inAside           // in a value that is not a record
	inList            // between the records of a list
	inRecord          // in a record of a list
	inValue           // a record that is the value of a key
	afterAll
)

// NewUnpacker returns a reader of the list that has the records of the container in r. It calls aside for
// every value that is not a record.
func NewUnpacker(r *bufio.Reader, aside func()) *unpacker { return &unpacker{r: r, aside: aside} }

// Read implements io.Reader.
func (p *unpacker) Read(to []byte) (int, error) {
	for len(p.out) == 0 {
		if p.err != nil {
			if p.blanks > 0 { // the container is cut off: no record follows that would need a comma
				p.out = append(p.out, bytes.Repeat([]byte{' '}, p.blanks)...)
				p.blanks = 0
				break
			}
			return 0, p.err
		}
		for len(p.out) < 4096 && p.err == nil {
			p.step()
		}
	}
	n := copy(to, p.out)
	p.out = p.out[:copy(p.out, p.out[n:])]
	return n, nil
}

// step reads one byte of the container.
func (p *unpacker) step() {
	c, err := p.r.ReadByte()
	if err != nil {
		p.err = err
		return
	}
	space := scan.IsSpace(c)
	switch p.region {
	case beforeAll:
		if c == '{' {
			c, p.region = '[', atKey
		}
		p.out = append(p.out, c)
	case atKey:
		switch c {
		case '"':
			p.region = inKey
		case '}':
			p.close()
			return
		}
		p.blanks++
	case inKey:
		switch c {
		case '\\':
			p.region = inKeySlash
		case '"':
			p.region = atValue
		}
		p.blanks++
	case inKeySlash:
		p.region = inKey
		p.blanks++
	case atValue:
		if space || c == ':' {
			p.blanks++
			return
		}
		p.value(c)
	case inAside:
		p.leaveOut(c)
	case inList:
		switch {
		case c == ']':
			p.region = atKey
			p.blanks++
		case space || c == ',':
			p.blanks++
		default:
			p.region = inRecord
			p.begin(c)
		}
	case inRecord:
		p.record(c, inList)
	case inValue:
		p.record(c, atKey)
	case afterAll:
		p.out = append(p.out, c)
	}
}

// value starts the value of a key: a record, a list of records, or a value that is left out.
func (p *unpacker) value(c byte) {
	ahead, _ := p.r.Peek(4096)
	switch {
	case c == '{' && beginsRecord(append([]byte{c}, ahead...)):
		p.region = inValue
		p.begin(c)
	case c == '[' && beginsRecord(ahead):
		p.region = inList
		p.blanks++
	default:
		p.aside()
		p.region, p.inner = inAside, scan.Skipper{}
		p.leaveOut(c)
	}
}

// beginsRecord reports whether d begins with an object that has a key of a record. The object need not end in
// d.
func beginsRecord(d []byte) bool {
	d = bytes.TrimLeft(d, " \t\r\n")
	if len(d) == 0 || d[0] != '{' {
		return false
	}
	if n := scan.ValueEnd(d); n > 0 {
		d = d[:n]
	}
	return DataSetIn(d) != 0
}

// leaveOut replaces a byte of a value that is not a record with a blank.
func (p *unpacker) leaveOut(c byte) {
	if p.inner.Depth == 0 && !p.inner.Quoted && c == '}' {
		p.close()
		return
	}
	p.blanks++
	if _, done := p.inner.Skip([]byte{c}); done {
		p.region = atKey
	}
}

// begin adds the first byte of a record to out, after a comma if it is not the first record. The comma takes
// the place of the first blank.
func (p *unpacker) begin(c byte) {
	for i := range p.blanks {
		if i == 0 && p.begun {
			p.out = append(p.out, ',')
		} else {
			p.out = append(p.out, ' ')
		}
	}
	p.blanks, p.begun, p.inner = 0, true, scan.Skipper{}
	p.out = append(p.out, c)
	if _, done := p.inner.Skip([]byte{c}); done { // a stray comma or bracket
		p.region = inList
	}
}

// record adds a byte of a record to out. After the record, the region is next.
func (p *unpacker) record(c byte, next region) {
	ends := p.inner.Depth == 0 && !p.inner.Quoted // a number or a word, which no bracket ends
	if ends && (c == ',' || c == ']') {
		p.blanks++
		p.region = next
		if c == ']' {
			p.region = atKey
		}
		return
	}
	p.out = append(p.out, c)
	if _, done := p.inner.Skip([]byte{c}); done {
		p.region = next
	}
}

// close adds the bracket for the last brace of the container to out.
func (p *unpacker) close() {
	p.out = append(p.out, bytes.Repeat([]byte{' '}, p.blanks)...)
	p.out = append(p.out, ']')
	p.blanks, p.region = 0, afterAll
}
