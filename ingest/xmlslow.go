package ingest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// node is an element of a parsed XML file.
type node struct {
	name     string // local name; prefixed with the name space when there is one
	text     []byte // character data directly within it
	children []*node
}

// parseXML reads a whole file with encoding/xml and gives the verdict on it (R2): the judge
// for every file that the fast scanner does not take.
func parseXML(data []byte, depth int) (*node, *fault) {
	if len(trim(data)) == 0 {
		return nil, &fault{reason: Empty}
	}
	if !utf8.Valid(data) {
		return nil, &fault{reason: NotUTF8}
	}
	dec := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	dec.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) { return nil, encodingError(charset) }
	var root *node
	var stack []*node
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			var enc encodingError
			if errors.As(err, &enc) {
				return nil, faultf(NotUTF8, "declared encoding %s", string(enc))
			}
			return nil, faultf(Malformed, "%v", err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if f := checkAttrs(t); f != nil {
				return nil, f
			}
			n := &node{name: qualified(t.Name)}
			switch {
			case len(stack) > 0:
				top := stack[len(stack)-1]
				top.children = append(top.children, n)
			case root != nil:
				return nil, faultf(Malformed, "a second root element <%s>", n.name)
			default:
				root = n
			}
			if stack = append(stack, n); len(stack) > depth {
				return nil, &fault{reason: TooDeep}
			}
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 0 {
				top := stack[len(stack)-1]
				top.text = append(top.text, t...)
			} else if len(trim(t)) > 0 {
				return nil, faultf(Malformed, "text outside the root element")
			}
		case xml.Directive:
			if bytes.HasPrefix(t, []byte("DOCTYPE")) {
				return nil, &fault{reason: Doctype}
			}
			return nil, faultf(Malformed, "a declaration outside a document type")
		}
	}
	switch {
	case root == nil:
		return nil, faultf(Malformed, "no element")
	case len(stack) > 0:
		return nil, faultf(Malformed, "<%s> is not closed", stack[len(stack)-1].name)
	case root.name != "annotation":
		return nil, faultf(WrongRoot, "<%s>", root.name)
	}
	return root, nil
}

type encodingError string

func (e encodingError) Error() string { return "encoding " + string(e) }

func qualified(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

// checkAttrs refuses what encoding/xml lets pass: an attribute that occurs twice.
func checkAttrs(e xml.StartElement) *fault {
	for i, a := range e.Attr {
		for _, o := range e.Attr[:i] {
			if a.Name == o.Name {
				return faultf(Malformed, "attribute %s twice", a.Name.Local)
			}
		}
	}
	return nil
}

// slowXML reads a file through the tree. It and fastXML make the same rows.
func (b *batch) slowXML(data []byte, kind recordKind, memberBase []byte, d *xmlDoc) *fault {
	root, f := parseXML(data, b.limits.Depth)
	if f != nil {
		return f
	}
	d.reset(len(b.in))
	for _, n := range root.children {
		switch n.name {
		case "folder":
			if !d.seenFolder {
				d.seenFolder, d.folder = true, trim(n.leaf())
			}
		case "filename":
			if !d.seenName {
				d.seenName, d.filename = true, trim(n.leaf())
			}
		case "size":
			if !d.seenSize {
				d.seenSize = true
				for _, c := range n.children {
					d.sizePart(c.name, textValue(c.leaf()))
				}
			}
		case "object":
			b.box(d, boxOf(n))
		case "metadata":
			if f := b.treeMetadata(n); f != nil {
				return f
			}
			b.endMetadata(d)
		}
	}
	return b.endFile(d, kind, memberBase, data)
}

// leaf is the element's text; an element with children has none.
func (n *node) leaf() []byte {
	if len(n.children) > 0 {
		return nil
	}
	return n.text
}

func (d *xmlDoc) sizePart(name string, v value) {
	switch name {
	case "width":
		if !d.seenW {
			d.seenW, d.width = true, v
		}
	case "height":
		if !d.seenH {
			d.seenH, d.height = true, v
		}
	}
}

func boxOf(object *node) (v [4]value) {
	for _, n := range object.children {
		if n.name != "bndbox" {
			continue
		}
		for _, c := range n.children {
			if k := boxSide(c.name); k >= 0 && v[k].state == absent && v[k].raw == nil {
				v[k] = textValue(c.leaf())
			}
		}
		break // the first one
	}
	return v
}

func boxSide(name string) int {
	switch name {
	case "xmin":
		return 0
	case "ymin":
		return 1
	case "xmax":
		return 2
	case "ymax":
		return 3
	}
	return -1
}

func (b *batch) treeMetadata(meta *node) *fault {
	m := &b.show
	m.reset()
	for _, n := range meta.children {
		switch n.name {
		case "mouseTracking", "selectedRecord", "hoveredRecord":
			if f := b.treeEvent(n); f != nil {
				return f
			}
		case "imagePosition":
			if m.once(seenPosition) {
				for _, c := range n.children {
					b.position(c.name, c.leaf())
				}
			}
		default:
			b.scalar(n.name, n.leaf())
		}
	}
	return nil
}

func (b *batch) treeEvent(n *node) *fault {
	if len(n.children) == 0 {
		b.notAList(n.name, n.text)
		return nil
	}
	var e event
	for _, c := range n.children {
		e.part(b, c.name, c.leaf())
	}
	return b.addEvent(n.name, &e)
}

// notAList looks at a list element without children (R9).
func (b *batch) notAList(name string, text []byte) {
	if t := trim(text); len(t) > 0 && string(t) != "None" {
		b.null(strings.Clone(name), WrongType, t)
	}
}

// event is a click, sample or hover being read; the first of a name wins.
type event struct {
	seen    uint8
	t, x, y value
	action  []byte
}

func (e *event) part(b *batch, name string, text []byte) {
	bit := uint8(0)
	switch name {
	case "time":
		bit = 1
	case "x":
		bit = 2
	case "y":
		bit = 4
	case "action":
		bit = 8
	}
	if bit == 0 || e.seen&bit != 0 {
		return
	}
	e.seen |= bit
	switch bit {
	case 1:
		e.t = textValue(text)
	case 2:
		e.x = textValue(text)
	case 4:
		e.y = textValue(text)
	case 8:
		e.action = trim(text)
	}
}

// addEvent appends a list element to its list.
func (b *batch) addEvent(list string, e *event) *fault {
	m := &b.show
	if list == "hoveredRecord" {
		n := len(m.hovers)
		if n >= b.limits.List {
			return faultf(TooLong, "%s has more than %d entries", list, n)
		}
		m.hovers = append(m.hovers, hover{
			T:      b.millis(e.t, true, field{"hoveredRecord", n, "time"}),
			Action: b.hoverAction(e.action),
		})
		return nil
	}
	ps := &m.mouse
	name := "mouseTracking"
	if list == "selectedRecord" {
		ps, name = &m.clicks, "selectedRecord"
	}
	n := len(*ps)
	if n >= b.limits.List {
		return faultf(TooLong, "%s has more than %d entries", name, n)
	}
	*ps = append(*ps, point{
		T: b.millis(e.t, true, field{name, n, "time"}),
		X: b.coord(e.x, field{name, n, "x"}, &m.zeros),
		Y: b.coord(e.y, field{name, n, "y"}, &m.zeros),
	})
	return nil
}
