package decode

import (
	"slices"

	"abtool/ingest/scan"
)

// fast reads files as the release has them: elements without attributes, and plain text, in any order and
// with any white space. For any other file, with comments, entities, prefixes or faults, it returns false,
// and slow reads the file. It must never read a file that slow rejects, or read it with another result.
// Faults of syntax are therefore left to slow. A fuzz test compares the two readers.
func (r *xmlReader) fast(data []byte, kind RecordKind, memberBase []byte) (ok bool, f *Fault) {
	if r.out.limits.Depth < scan.MaxDepth+4 {
		return false, nil
	}
	s := xmlScan{d: data}
	s.is(xmlDeclaration)
	s.space()
	if !s.is("<annotation>") {
		return false, nil
	}
	r.doc.reset(r.show.rows.Len())
	for {
		s.space()
		name, open := s.open()
		if !open {
			break
		}
		if ok, f = r.fastPart(&s, name); !ok || f != nil {
			return false, nil // a list is too long, but slow may find a worse fault after it
		}
	}
	if !s.is("</annotation>") {
		return false, nil
	}
	s.space()
	if s.p != len(s.d) {
		return false, nil
	}
	return true, r.endFile(kind, memberBase, data)
}

const xmlDeclaration = `<?xml version="1.0" encoding="UTF-8"?>`

// fastPart reads a child of the root, whose opening tag has been read.
func (r *xmlReader) fastPart(s *xmlScan, name []byte) (ok bool, f *Fault) {
	e := element{name: "metadata"}
	if view(name) == e.name {
		ok, f = r.fastMetadata(s)
	} else {
		ok = r.fastElement(s, name, 0, &e)
	}
	if ok && f == nil {
		r.part(&e)
	}
	return ok, f
}

// fastMetadata reads a <metadata>, whose opening tag has been read.
func (r *xmlReader) fastMetadata(s *xmlScan) (bool, *Fault) {
	m := r.show
	m.begin()
	for {
		s.space()
		if f := r.template.fastSamples(s, &m.mouse); f != nil {
			return true, f
		}
		start := s.p
		name, open := s.open()
		if !open {
			return s.is("</metadata>"), nil
		}
		k := keyOf(name)
		if !k.rule.isList() && k.rule != position { // nearly all children
			t, ok := s.leaf(name)
			if !ok {
				return false, nil
			}
			r.scalar(k, t)
			continue
		}
		var e element
		if !r.fastElement(s, name, 0, &e) {
			return false, nil
		}
		if f := r.metadataPart(k, &e); f != nil {
			return true, f
		}
		if k.rule == mouse {
			r.template.learnSample(s, start, &r.event)
		}
	}
}

// fastElement reads an element whose opening tag has been read into e. Its children are in r.levels, and are
// valid until the next element of depth 0 is read.
func (r *xmlReader) fastElement(s *xmlScan, name []byte, depth int, e *element) (ok bool) {
	if depth == scan.MaxDepth {
		return false
	}
	e.name = view(name)
	start := s.p
	s.space()
	child, open := s.open()
	if !open {
		s.p = start
		e.text, ok = s.leaf(name)
		return ok
	}
	if depth == 0 {
		for i := range r.levels {
			if len(r.levels[i]) == 0 {
				break
			}
			r.levels[i] = r.levels[i][:0]
		}
	}
	level := &r.levels[depth]
	from := len(*level)
	for open {
		*level = append(*level, element{})
		if !r.fastElement(s, child, depth+1, &(*level)[len(*level)-1]) {
			return false
		}
		s.space()
		child, open = s.open()
	}
	e.children = slices.Clip((*level)[from:])
	return s.closes(name)
}

// xmlScan is a position in plain XML.
type xmlScan struct {
	d []byte
	p int
}

// space steps over white space.
func (s *xmlScan) space() {
	p := s.p
	for p < len(s.d) && (s.d[p] == ' ' || s.d[p] == '\n' || s.d[p] == '\t' || s.d[p] == '\r') {
		p++
	}
	s.p = p
}

// is steps over a literal. If another text follows, it returns false and leaves the position.
func (s *xmlScan) is(lit string) bool {
	if len(s.d)-s.p < len(lit) || string(s.d[s.p:s.p+len(lit)]) != lit {
		return false
	}
	s.p += len(lit)
	return true
}

// open steps over an opening tag and returns its name. If another text follows, it returns false and leaves
// the position.
func (s *xmlScan) open() ([]byte, bool) {
	d, p := s.d, s.p
	if p+2 >= len(d) || d[p] != '<' || !isLetter(d[p+1]) {
		return nil, false
	}
	p++
	start := p
	for p < len(d) && (isLetter(d[p]) || d[p]-'0' <= 9) {
		p++
	}
	if p == len(d) || d[p] != '>' {
		return nil, false
	}
	s.p = p + 1
	return d[start:p:p], true
}

func isLetter(c byte) bool { return c|0x20-'a' < 26 || c == '_' }

// closes steps over the closing tag of name. If another text follows, it returns false and leaves the
// position.
func (s *xmlScan) closes(name []byte) bool {
	p, n := s.p, len(name)
	if len(s.d)-p < n+3 || s.d[p] != '<' || s.d[p+1] != '/' || s.d[p+2+n] != '>' || string(s.d[p+2:p+2+n]) != string(name) {
		return false
	}
	s.p += n + 3
	return true
}

// leaf reads the text of an element without children, and its closing tag.
func (s *xmlScan) leaf(name []byte) ([]byte, bool) {
	start := s.p
	p := start
	for p < len(s.d) && plain[s.d[p]] {
		p++
	}
	s.p = p
	return s.d[start:p], s.closes(name)
}

// plain marks the characters that stand for themselves in a text. A carriage return does not: XML makes it a
// line feed.
var plain = func() (t [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		t[c] = true
	}
	t['\t'], t['\n'] = true, true
	t['<'], t['&'], t['>'] = false, false, false
	return t
}()
