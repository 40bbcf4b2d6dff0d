package decode

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"unicode/utf8"

	"abtool/ingest/scan"
	"abtool/schema"
)

// node is an element whose closing tag has not been read.
type node struct {
	element  // its name is tag, except in a name space, which no element of a record is in
	tag      string
	space    string   // default name space within it
	declares []string // prefixes that it declares
}

// keep adds a child whose name is read, and the first child of any name, which shows that the element has
// children. It leaves out all others, so that the tree stays small for every file.
func (n *node) keep(e element) {
	if len(n.children) == 0 || isPart[e.name] && n.child(e.name) == nil {
		n.children = append(n.children, e)
	}
}

// isPart lists the names of elements that are read as children of other elements. If two children have the
// same name, the first counts.
var isPart = map[string]bool{"bndbox": true, "xmin": true, "ymin": true, "xmax": true, "ymax": true, "width": true, "height": true,
	"time": true, "x": true, "y": true, "action": true}

// treeReader reads a file with encoding/xml, and rejects files that encoding/xml accepts although they are
// not well-formed. It gives elements to the xmlReader as soon as they are closed.
type treeReader struct {
	to       *xmlReader
	data     []byte
	root     *node
	stack    []*node
	prefixes map[string]int // number of declarations in the open elements
	tooLong  *Fault         // for the first list that is too long; a later fault of the file goes before it
}

// slow reads any file, and decides whether it is a record (R2). It gives the same rows as fast for every file
// that fast reads.
func (r *xmlReader) slow(data []byte, kind RecordKind, memberBase []byte) *Fault {
	if len(scan.Trim(data)) == 0 {
		return &Fault{Reason: schema.Empty}
	}
	if !utf8.Valid(data) {
		return notUTF8(data)
	}
	text := bytes.TrimPrefix(data, scan.BOM)
	if i := badChar(text); i >= 0 {
		return Faultf(schema.Malformed, "a character at byte %d that XML does not allow", i)
	}
	r.doc.reset(r.show.rows.Len())
	t := &treeReader{to: r, data: text, prefixes: map[string]int{"xml": 1}}
	if f := t.read(); f != nil {
		return f
	}
	switch {
	case t.root == nil:
		return Faultf(schema.Malformed, "no element")
	case len(t.stack) > 0:
		return Faultf(schema.Malformed, "<%s> is not closed", t.stack[len(t.stack)-1].tag)
	case t.root.name != "annotation":
		return Faultf(schema.WrongRoot, "<%s>", t.root.tag)
	case t.tooLong != nil:
		return t.tooLong
	}
	return r.endFile(kind, memberBase, data)
}

// notUTF8 returns the fault for bytes that are not UTF-8, with their place and the encoding that the file
// declares.
func notUTF8(data []byte) *Fault {
	at := 0
	for at < len(data) {
		c, n := utf8.DecodeRune(data[at:])
		if c == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	head := data[:min(len(data), 200)]
	if _, after, ok := bytes.Cut(head, []byte(`encoding="`)); ok && bytes.HasPrefix(bytes.TrimPrefix(head, scan.BOM), []byte("<?xml")) {
		name, _, _ := bytes.Cut(after, []byte{'"'})
		return Faultf(schema.NotUTF8, "at byte %d; the file declares %s: save it as UTF-8", at, scan.Snippet(name))
	}
	return Faultf(schema.NotUTF8, "at byte %d: save it as UTF-8", at)
}

// read reads all tokens of the file.
func (r *treeReader) read() *Fault {
	dec := xml.NewDecoder(bytes.NewReader(r.data))
	dec.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) { return nil, encodingError(charset) }
	for {
		from := dec.InputOffset()
		tok, err := dec.RawToken()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			var enc encodingError
			if errors.As(err, &enc) {
				return Faultf(schema.NotUTF8, "declared encoding %s", string(enc))
			}
			return Faultf(schema.Malformed, "%v", err)
		}
		if f := r.token(tok, r.data[from:dec.InputOffset()], from == 0); f != nil {
			return f
		}
	}
}

// token reads the next token. raw is its text in the file, and first says that the file begins with it.
func (r *treeReader) token(tok xml.Token, raw []byte, first bool) *Fault {
	switch t := tok.(type) {
	case xml.StartElement:
		return r.start(t, raw)
	case xml.EndElement:
		return r.end(spelled(t.Name))
	case xml.CharData:
		if len(r.stack) == 0 {
			if len(scan.Trim(raw)) > 0 {
				return Faultf(schema.Malformed, "text outside the root element")
			}
			return nil
		}
		if !bytes.HasPrefix(raw, []byte("<![CDATA[")) && badReference(raw) {
			return Faultf(schema.Malformed, "a reference to a character that XML does not allow")
		}
		top := r.stack[len(r.stack)-1]
		top.text = append(top.text, t...)
	case xml.ProcInst:
		return checkInstruction(t, raw, first)
	case xml.Directive:
		if bytes.HasPrefix(t, []byte("DOCTYPE")) {
			return &Fault{Reason: schema.Doctype}
		}
		return Faultf(schema.Malformed, "a declaration outside a document type")
	}
	return nil
}

// start opens an element.
func (r *treeReader) start(t xml.StartElement, raw []byte) *Fault {
	n := &node{tag: spelled(t.Name)}
	if len(r.stack) > 0 {
		n.space = r.stack[len(r.stack)-1].space
	} else if r.root != nil {
		return Faultf(schema.Malformed, "a second root element <%s>", n.tag)
	} else {
		r.root = n
	}
	if r.stack = append(r.stack, n); len(r.stack) > r.to.out.limits.Depth {
		return &Fault{Reason: schema.TooDeep}
	}
	if len(t.Attr) > 0 {
		if f := r.attributes(n, t.Attr, raw); f != nil {
			return f
		}
	}
	if n.name = n.tag; n.space != "" {
		n.name = n.space + " " + n.tag
	}
	if len(r.stack) == 2 && n.name == "metadata" {
		r.to.show.begin()
	}
	return r.bound(t.Name)
}

// bound returns a fault if the prefix of a name is not declared in an open element.
func (r *treeReader) bound(n xml.Name) *Fault {
	if n.Space != "" && r.prefixes[n.Space] == 0 {
		return Faultf(schema.Malformed, "prefix %s is not declared", n.Space)
	}
	return nil
}

// attributes checks the attributes of a tag, and keeps the name spaces that they declare. No attribute has a
// value that is read.
func (r *treeReader) attributes(n *node, attrs []xml.Attr, raw []byte) *Fault {
	if !spacedAttributes(raw) {
		return Faultf(schema.Malformed, "no space between two attributes of <%s>", n.tag)
	}
	if badReference(raw) {
		return Faultf(schema.Malformed, "a reference to a character that XML does not allow")
	}
	seen := make(map[xml.Name]bool, len(attrs))
	for _, a := range attrs {
		if seen[a.Name] {
			return Faultf(schema.Malformed, "attribute %s twice", spelled(a.Name))
		}
		seen[a.Name] = true
		switch {
		case a.Name.Space == "xmlns":
			if a.Value == "" {
				return Faultf(schema.Malformed, "prefix %s is declared as nothing", a.Name.Local)
			}
			r.prefixes[a.Name.Local]++
			n.declares = append(n.declares, a.Name.Local)
		case a.Name.Space == "" && a.Name.Local == "xmlns":
			n.space = a.Value
		}
	}
	for _, a := range attrs {
		if a.Name.Space == "xmlns" {
			continue
		}
		if f := r.bound(a.Name); f != nil {
			return f
		}
	}
	return nil
}

// end closes an element.
func (r *treeReader) end(tag string) *Fault {
	if len(r.stack) == 0 {
		return Faultf(schema.Malformed, "</%s> closes nothing", tag)
	}
	top := r.stack[len(r.stack)-1]
	if top.tag != tag {
		return Faultf(schema.Malformed, "<%s> is closed by </%s>", top.tag, tag)
	}
	for _, p := range top.declares {
		r.prefixes[p]--
	}
	r.stack = r.stack[:len(r.stack)-1]
	if n := len(r.stack); n > 0 {
		r.stack[n-1].keep(top.element)
	}
	if r.root.name == "annotation" && r.tooLong == nil {
		r.tooLong = r.closed(top)
	}
	return nil
}

// closed gives a complete child of the root or of <metadata> to the xmlReader.
func (r *treeReader) closed(n *node) *Fault {
	switch {
	case len(r.stack) == 1:
		r.to.part(&n.element)
	case len(r.stack) == 2 && r.stack[1].name == "metadata":
		return r.to.metadataPart(keyOf([]byte(n.name)), &n.element)
	}
	return nil
}
