package decode

import (
	"abtool/ingest/scan"
)

// fast reads the files of the release: elements without attributes, plain text, in any
// order and with any white space. It gives up (false) on everything else, comments, entities,
// prefixes and faults included; slow then reads the file and is the judge. What it does
// take, slow would take with the same result: a fuzz test holds them together.
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
			return false, nil // a list too long: what follows it can be worse
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

// fastPart reads one child of the root; its opening tag was read.
func (r *xmlReader) fastPart(s *xmlScan, name []byte) (bool, *Fault) {
	d := &r.doc
	switch view(name) {
	case "metadata":
		ok, f := r.fastMetadata(s)
		if ok && f == nil {
			r.endMetadata()
		}
		return ok, f
	case "object":
		var v sides
		seen := false
		ok := s.children("object", func(name []byte) bool {
			if view(name) != "bndbox" || seen {
				return s.skip(name, 1)
			}
			seen = true
			return s.children("bndbox", func(name []byte) bool {
				t, ok := s.leaf(name)
				v.take(view(name), t)
				return ok
			})
		})
		if ok {
			r.box(v.v)
		}
		return ok, nil
	case "size":
		if d.seenSize {
			return s.skip(name, 1), nil
		}
		d.seenSize = true
		return s.children("size", func(name []byte) bool {
			t, ok := s.leaf(name)
			d.sizePart(view(name), scan.TextValue(t))
			return ok
		}), nil
	case "folder", "filename":
		t, ok := s.leaf(name)
		if view(name) == "folder" {
			if !d.seenFolder {
				d.seenFolder, d.folder = true, scan.Trim(t)
			}
		} else if !d.seenName {
			d.seenName, d.filename = true, scan.Trim(t)
		}
		return ok, nil
	}
	return s.skip(name, 1), nil
}

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
		switch k := keyOf(name); k.rule {
		case mouse, clicks, hovers:
			var e xmlEvent
			ok, f := r.fastEvent(s, k, &e)
			if !ok || f != nil {
				return ok, f
			}
			if k.rule == mouse {
				r.template.learnSample(s, start, &e)
			}
		case position:
			var p xmlPoint
			ok := s.children(k.name, func(name []byte) bool {
				t, ok := s.leaf(name)
				p.take(view(name), t)
				return ok
			})
			if !ok {
				return false, nil
			}
			r.position(k, &p)
		default:
			t, ok := s.leaf(name)
			if !ok {
				return false, nil
			}
			r.scalar(k, t)
		}
	}
}

// fastEvent reads one list element.
func (r *xmlReader) fastEvent(s *xmlScan, k *key, e *xmlEvent) (bool, *Fault) {
	start := s.p
	s.space()
	n := 0
	for {
		name, open := s.open()
		if !open {
			break
		}
		n++
		if !s.eventPart(e, name) {
			return false, nil
		}
		s.space()
	}
	if n == 0 {
		s.p = start
		t, ok := s.leaf([]byte(k.name))
		if ok {
			r.notAList(k, t)
		}
		return ok, nil
	}
	if !s.closes([]byte(k.name)) {
		return false, nil
	}
	return true, r.addEvent(k, e)
}

// eventPart reads a part of an event.
func (s *xmlScan) eventPart(e *xmlEvent, name []byte) bool {
	if p, ok := xmlPartOf(view(name)); ok && p != partAction && !e.has(p) {
		if f, n := scan.Number(s.d[s.p:], scan.XML); n > 0 && s.p+n < len(s.d) && s.d[s.p+n] == '<' {
			e.set(p, scan.Value{Kind: scan.Numeric, Num: f, Text: s.d[s.p : s.p+n]})
			s.p += n
			return s.closes(name)
		}
	}
	t, ok := s.leaf(name)
	if ok {
		e.take(view(name), t)
	}
	return ok
}

// xmlScan walks over plain XML.
type xmlScan struct {
	d []byte
	p int
}

func (s *xmlScan) space() {
	p := s.p
	for p < len(s.d) && (s.d[p] == ' ' || s.d[p] == '\n' || s.d[p] == '\t' || s.d[p] == '\r') {
		p++
	}
	s.p = p
}

// is steps over a literal.
func (s *xmlScan) is(lit string) bool {
	if len(s.d)-s.p < len(lit) || string(s.d[s.p:s.p+len(lit)]) != lit {
		return false
	}
	s.p += len(lit)
	return true
}

// open steps over <name> and returns name; false leaves the position.
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

// closes steps over </name>.
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

// plain marks the characters that text can hold without any rule applying to them.
var plain = func() (t [256]bool) {
	for c := ' '; c < 0x7f; c++ {
		t[c] = true
	}
	t['\t'], t['\n'] = true, true
	t['<'], t['&'], t['>'] = false, false, false
	return t
}()

// children calls child for every element up to the closing tag of name.
func (s *xmlScan) children(name string, child func(name []byte) bool) bool {
	for {
		s.space()
		n, open := s.open()
		if !open {
			return s.closes([]byte(name))
		}
		if !child(n) {
			return false
		}
	}
}

// skip steps over the content of an element that nobody reads.
func (s *xmlScan) skip(name []byte, depth int) bool {
	if depth > scan.MaxDepth {
		return false
	}
	for {
		for s.p < len(s.d) && (plain[s.d[s.p]] || s.d[s.p] == '\r') {
			s.p++
		}
		n, open := s.open()
		if !open {
			return s.closes(name)
		}
		if !s.skip(n, depth+1) {
			return false
		}
	}
}
